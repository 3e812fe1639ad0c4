"""Standards, data elements, value domains."""

from typing import Annotated, Any

from fastapi import Query

from kanghu.kernel.pagination import Cursor, Limit, Page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.catalog.models import DataElement, DataFlow, Standard, ValueCode, ValueTable
from kanghu.modules.catalog.schemas import DataVersion
from kanghu.modules.catalog.service import standards as service

admin = Router(prefix="/api/admin/catalog", tags=["catalog"])

Reader = Annotated[Caller, can("catalog.standard.read")]
Term = Annotated[str, Query(max_length=50, description="编码、名称或其中的连续文字")]


@admin.get("/standards", operation_id="catalog_list_standards")
async def list_standards(caller: Reader, tx: Transaction) -> list[Standard]:
    """标准及其新旧版本"""
    return await service.list_standards(tx)


@admin.get("/data-flows", operation_id="catalog_list_data_flows")
async def list_data_flows(caller: Reader, tx: Transaction) -> list[DataFlow]:
    """数据流与标准的对应"""
    return await service.list_data_flows(tx)


@admin.get("/data-elements", operation_id="catalog_list_data_elements")
async def list_data_elements(
    caller: Reader,
    tx: Transaction,
    q: Term = "",
    part: Annotated[str | None, Query(max_length=20, description="标准的部分，如 WS 363.9")] = None,
    checkup_only: Annotated[bool, Query(description="只看体检用到的")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[DataElement]:
    """数据元目录"""
    return await service.list_data_elements(tx, q, part, checkup_only, cursor, limit)


@admin.get("/data-elements/{identifier}", operation_id="catalog_get_data_element")
async def get_data_element(identifier: str, caller: Reader, tx: Transaction) -> list[DataElement]:
    """一个数据元的各版本"""
    return await service.get_data_element(tx, identifier)


@admin.get("/value-domains", operation_id="catalog_list_value_codes")
async def list_value_codes(
    caller: Reader,
    tx: Transaction,
    q: Term = "",
    table_id: Annotated[str | None, Query(max_length=50, description="值域代码表")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ValueCode]:
    """值域代码"""
    return await service.list_value_codes(tx, q, table_id, cursor, limit)


@admin.get("/value-tables", operation_id="catalog_list_value_tables")
async def list_value_tables(caller: Reader, tx: Transaction) -> list[ValueTable]:
    """值域代码表及其代码数"""
    return await service.list_value_tables(tx)


@admin.get("/checkup-document", operation_id="catalog_list_checkup_document")
async def list_checkup_document(caller: Reader, tx: Transaction) -> list[dict[str, Any]]:
    """成人健康体检共享文档（WS/T 483.16）的章节与条目"""
    return await service.list_document(tx)


@admin.get("/imaging-elements", operation_id="catalog_list_imaging_elements")
async def list_imaging_elements(caller: Reader, tx: Transaction) -> list[dict[str, Any]]:
    """医学数字影像通信基本数据集（WS 538）"""
    return await service.list_imaging(tx)


@admin.get("/data-version", operation_id="catalog_get_data_version")
async def get_data_version(caller: Reader, tx: Transaction) -> DataVersion | None:
    """已装载的标准数据版本"""
    return await service.data_version(tx)
