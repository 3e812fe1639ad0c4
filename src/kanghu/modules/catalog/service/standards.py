"""Looking up standards, data elements and value domains."""

from typing import Any

from kanghu.kernel.db import Tx
from kanghu.kernel.pagination import Page, decode_cursor, split_page
from kanghu.modules.catalog import repository
from kanghu.modules.catalog.errors import StandardNotFound
from kanghu.modules.catalog.models import DataElement, DataFlow, Standard, ValueCode, ValueTable
from kanghu.modules.catalog.schemas import DataVersion


async def list_standards(tx: Tx) -> list[Standard]:
    return await repository.standards.list_standards(tx)


async def list_data_flows(tx: Tx) -> list[DataFlow]:
    return await repository.standards.list_data_flows(tx)


async def list_data_elements(
    tx: Tx, term: str, part: str | None, checkup_only: bool, cursor: str | None, limit: int
) -> Page[DataElement]:
    after = decode_cursor(cursor, str, str)
    found = await repository.standards.list_data_elements(
        tx, term, part, checkup_only, (after[0], after[1]) if after else None, limit + 1
    )
    items, following = split_page(found, limit, lambda one: (one.identifier, one.standard))
    return Page(items=items, next=following)


async def get_data_element(tx: Tx, identifier: str) -> list[DataElement]:
    """Every edition of one data element. Raises `StandardNotFound`."""
    editions = await repository.standards.list_data_element_editions(tx, identifier)
    if not editions:
        raise StandardNotFound
    return editions


async def list_value_codes(
    tx: Tx, term: str, table_id: str | None, cursor: str | None, limit: int
) -> Page[ValueCode]:
    after = decode_cursor(cursor, str, int)
    found = await repository.standards.list_value_codes(
        tx, term, table_id, (after[0], after[1]) if after else None, limit + 1
    )
    items, following = split_page(found, limit, lambda one: (one.table_id, one.position))
    return Page(items=items, next=following)


async def list_value_tables(tx: Tx) -> list[ValueTable]:
    return await repository.standards.list_value_tables(tx)


async def list_document(tx: Tx) -> list[dict[str, Any]]:
    return await repository.standards.list_document(tx)


async def list_imaging(tx: Tx) -> list[dict[str, Any]]:
    return await repository.standards.list_imaging(tx)


async def data_version(tx: Tx) -> DataVersion | None:
    found = await repository.standards.last_load(tx)
    return DataVersion(**found) if found else None
