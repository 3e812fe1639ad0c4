"""SQL of the standard items."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.catalog.models import ItemCategory, ReferenceRange, StandardItem
from kanghu.modules.catalog.repository.text_search import matching
from kanghu.modules.catalog.suggest import StandardName

COLUMNS: Final = """code, origin, kind, name, abbreviation, name_en, department, category, specimen, unit, result_type,
    value_domain, loinc, de_identifier, ws_t_886_code, package_1x, x_risk, sex_limit, age_min, age_max, source,
    confidence, note, position, retired_at"""


async def search(
    tx: Tx,
    term: str,
    kind: str | None,
    category: str | None,
    retired: bool,
    after: tuple[int, str] | None,
    limit: int,
    spoken: Sequence[str],
) -> list[StandardItem]:
    """Items whose code, names, abbreviation or synonyms contain the term, and those in `spoken`, in catalogue order."""
    position, code = after or (-1, "")
    return rows(
        StandardItem,
        await tx.fetch(
            f"""SELECT {COLUMNS} FROM catalog.items
                 WHERE ({matching("search", 1, term)} OR code IN (
                           SELECT item_code FROM catalog.item_synonyms WHERE {matching("synonym", 1, term)})
                        OR code = ANY($8))
                   AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR category = $3)
                   AND ($4 OR retired_at IS NULL) AND (position, code) > ($5, $6)
                 ORDER BY position, code LIMIT $7""",
            term,
            kind,
            category,
            retired,
            position,
            code,
            limit,
            list(spoken),
        ),
    )


async def all_names(tx: Tx) -> list[tuple[str, str]]:
    """(code, name) of every item, once for its name and once for every synonym."""
    return [
        (record["code"], record["name"])
        for record in await tx.fetch(
            """SELECT code, name FROM catalog.items
                UNION ALL SELECT item_code, synonym FROM catalog.item_synonyms"""
        )
    ]


async def categories(tx: Tx) -> list[ItemCategory]:
    """The categories of the items in use, in catalogue order."""
    return rows(
        ItemCategory,
        await tx.fetch(
            """SELECT kind, category, count(*) AS items FROM catalog.items
                WHERE retired_at IS NULL AND category <> ''
                GROUP BY kind, category ORDER BY min(position), category"""
        ),
    )


async def get(tx: Tx, code: str) -> StandardItem | None:
    return row(
        StandardItem,
        await tx.fetchrow(f"SELECT {COLUMNS} FROM catalog.items WHERE code = $1", code),
    )


async def get_many(tx: Tx, codes: Sequence[str]) -> list[StandardItem]:
    return rows(
        StandardItem,
        await tx.fetch(
            f"SELECT {COLUMNS} FROM catalog.items WHERE code = ANY($1) ORDER BY position, code",
            list(codes),
        ),
    )


async def list_all(tx: Tx, kind: str | None) -> list[StandardItem]:
    """Every item in use, in catalogue order."""
    return rows(
        StandardItem,
        await tx.fetch(
            f"""SELECT {COLUMNS} FROM catalog.items
                 WHERE retired_at IS NULL AND ($1::text IS NULL OR kind = $1) ORDER BY position, code""",
            kind,
        ),
    )


async def synonyms(tx: Tx, code: str) -> list[str]:
    return [
        record["synonym"]
        for record in await tx.fetch(
            "SELECT synonym FROM catalog.item_synonyms WHERE item_code = $1 ORDER BY synonym", code
        )
    ]


async def ranges(tx: Tx, codes: Sequence[str] | None, usable_only: bool) -> list[ReferenceRange]:
    """Reference ranges of the given items, or of all."""
    return rows(
        ReferenceRange,
        await tx.fetch(
            """SELECT item_code, position, sex, age_text, age_min, age_max, low, high, text, unit, is_national,
                      is_usable, source, confidence, note
                 FROM catalog.reference_ranges
                WHERE ($1::text[] IS NULL OR item_code = ANY($1)) AND (is_usable OR NOT $2)
                ORDER BY item_code, position""",
            None if codes is None else list(codes),
            usable_only,
        ),
    )


async def names(tx: Tx) -> tuple[StandardName, ...]:
    """What the search for suggestions needs of every item in use."""
    records = await tx.fetch(
        """SELECT i.code, i.name, i.kind, i.abbreviation, i.unit, i.specimen,
                  coalesce(array_agg(s.synonym ORDER BY s.synonym) FILTER (WHERE s.synonym IS NOT NULL), '{}') AS synonyms
             FROM catalog.items i LEFT JOIN catalog.item_synonyms s ON s.item_code = i.code
            WHERE i.retired_at IS NULL GROUP BY i.code ORDER BY i.position, i.code"""
    )
    return tuple(
        StandardName(
            record["code"],
            record["name"],
            record["kind"],
            record["abbreviation"],
            record["unit"],
            record["specimen"],
            tuple(record["synonyms"]),
        )
        for record in records
    )


async def insert_local(tx: Tx, item: dict[str, Any]) -> bool:
    """False when the code is taken."""
    return bool(
        await tx.fetchval(
            """INSERT INTO catalog.items (origin, source, confidence, code, kind, name, abbreviation, department, category,
                                          specimen, unit, result_type, sex_limit, age_min, age_max, note)
               SELECT 'local', '医院自建', 'local', code, kind, name, abbreviation, department, category, specimen, unit,
                      result_type, sex_limit, age_min, age_max, note
                 FROM jsonb_populate_record(NULL::catalog.items, $1)
               ON CONFLICT (code) DO NOTHING RETURNING true""",
            item,
        )
    )


async def update_local(tx: Tx, item: dict[str, Any]) -> bool:
    """Changes an item that the hospital made; what it measures (kind, result type, unit) cannot change. False if absent."""
    status = await tx.execute(
        """UPDATE catalog.items i
              SET name = g.name, abbreviation = g.abbreviation, department = g.department, category = g.category,
                  specimen = g.specimen, sex_limit = g.sex_limit, age_min = g.age_min, age_max = g.age_max, note = g.note
             FROM jsonb_populate_record(NULL::catalog.items, $1) g
            WHERE i.code = g.code AND i.origin = 'local'""",
        item,
    )
    return status == "UPDATE 1"


async def set_retired(tx: Tx, code: str, at: datetime | None) -> None:
    await tx.execute("UPDATE catalog.items SET retired_at = $2 WHERE code = $1", code, at)
