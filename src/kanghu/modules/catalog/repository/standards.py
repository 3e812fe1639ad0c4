"""SQL of standards, data elements and value domains."""

from typing import Any

from kanghu.kernel.db import Tx, rows
from kanghu.modules.catalog.models import DataElement, DataFlow, Standard, ValueCode, ValueTable
from kanghu.modules.catalog.repository.text_search import matching


async def list_standards(tx: Tx) -> list[Standard]:
    return rows(
        Standard,
        await tx.fetch(
            """SELECT code, family, edition, title, published, effective, lapsed, successor, status, source,
                      confidence, note
                 FROM catalog.standards ORDER BY family, edition"""
        ),
    )


async def list_data_flows(tx: Tx) -> list[DataFlow]:
    """Each flow of the requirement with the standard it names and every edition of that standard."""
    return rows(
        DataFlow,
        await tx.fetch(
            """SELECT f.flow, f.name, f.position, f.standard_family, f.named_in_requirement, f.from_system,
                      ARRAY(SELECT s.code FROM catalog.standards s
                             WHERE s.family = f.standard_family ORDER BY s.edition) AS editions
                 FROM catalog.data_flows f ORDER BY f.position, f.standard_family"""
        ),
    )


async def list_data_elements(
    tx: Tx, term: str, part: str | None, checkup_only: bool, after: tuple[str, str] | None, limit: int
) -> list[DataElement]:
    """Ordered by identifier and standard, after the given key; at most `limit` rows."""
    identifier, standard = after or ("", "")
    return rows(
        DataElement,
        await tx.fetch(
            f"""SELECT identifier, standard, edition, part, name, definition, datatype, format, value_domain, unit,
                       used_in_checkup, other_names, source, confidence, note
                  FROM catalog.data_elements
                 WHERE {matching("search", 1, term)}
                   AND ($2::text IS NULL OR part = $2) AND (NOT $3 OR used_in_checkup)
                   AND (identifier, standard) > ($4, $5)
                 ORDER BY identifier, standard LIMIT $6""",
            term,
            part,
            checkup_only,
            identifier,
            standard,
            limit,
        ),
    )


async def list_data_element_editions(tx: Tx, identifier: str) -> list[DataElement]:
    return rows(
        DataElement,
        await tx.fetch(
            """SELECT identifier, standard, edition, part, name, definition, datatype, format, value_domain, unit,
                      used_in_checkup, other_names, source, confidence, note
                 FROM catalog.data_elements WHERE identifier = $1 ORDER BY standard""",
            identifier,
        ),
    )


async def list_value_codes(
    tx: Tx, term: str, table_id: str | None, after: tuple[str, int] | None, limit: int
) -> list[ValueCode]:
    """Codes of all value domains or of one, ordered by table and position."""
    table, position = after or ("", -1)
    return rows(
        ValueCode,
        await tx.fetch(
            f"""SELECT table_id, table_name, code, meaning, oid, source, confidence, note, position
                  FROM catalog.value_domains
                 WHERE {matching("search", 1, term)} AND ($2::text IS NULL OR table_id = $2)
                   AND (table_id, position) > ($3, $4)
                 ORDER BY table_id, position LIMIT $5""",
            term,
            table_id,
            table,
            position,
            limit,
        ),
    )


async def list_value_tables(tx: Tx) -> list[ValueTable]:
    return rows(
        ValueTable,
        await tx.fetch(
            """SELECT table_id, min(table_name) AS table_name, count(*) AS codes
                 FROM catalog.value_domains GROUP BY table_id ORDER BY table_id"""
        ),
    )


async def list_document(tx: Tx) -> list[dict[str, Any]]:
    return [
        dict(record)
        for record in await tx.fetch(
            """SELECT seq, section, section_loinc, section_confidence, section_display, position, name, de_identifier,
                      legacy_identifier, datatype, format, value_domain, unit, cardinality, note, source, confidence
                 FROM catalog.checkup_document ORDER BY seq"""
        )
    ]


async def list_imaging(tx: Tx) -> list[dict[str, Any]]:
    return [
        dict(record)
        for record in await tx.fetch(
            """SELECT dicom_tag, position, level, name, name_en, keyword, vr, vm, de_identifier, ws538_membership,
                      suggested_tier, source, confidence, note
                 FROM catalog.imaging_elements ORDER BY position"""
        )
    ]


async def last_load(tx: Tx) -> dict[str, Any] | None:
    record = await tx.fetchrow(
        "SELECT version, content_hash, loaded_at FROM catalog.data_loads ORDER BY loaded_at DESC LIMIT 1"
    )
    return dict(record) if record else None
