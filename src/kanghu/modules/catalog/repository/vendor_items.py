"""SQL of the vendors' items: what US-H5 says of them and what turns up in results."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.waiting import Waiting
from kanghu.modules.catalog.models import Vendor, VendorItemRow
from kanghu.modules.catalog.repository.seed import affected
from kanghu.modules.catalog.repository.text_search import matching


class Saved(NamedTuple):
    added: int
    updated: int


async def register(tx: Tx, vendor_id: UUID, institution_id: UUID | None, name: str) -> None:
    await tx.execute(
        """INSERT INTO catalog.vendors AS v (vendor_id, institution_id, name) VALUES ($1, $2, $3)
           ON CONFLICT (vendor_id) DO UPDATE SET institution_id = excluded.institution_id, name = excluded.name
            WHERE (v.institution_id, v.name) IS DISTINCT FROM (excluded.institution_id, excluded.name)""",
        vendor_id,
        institution_id,
        name,
    )


async def ensure(tx: Tx, vendor_id: UUID) -> None:
    """The vendor's row, made when the catalogue meets the vendor for the first time."""
    await tx.execute("INSERT INTO catalog.vendors (vendor_id) VALUES ($1) ON CONFLICT DO NOTHING", vendor_id)


async def lock(tx: Tx, vendor_id: UUID) -> None:
    """Lets changes of one vendor's dictionary and mapping happen one after the other."""
    await ensure(tx, vendor_id)
    await tx.execute("SELECT 1 FROM catalog.vendors WHERE vendor_id = $1 FOR NO KEY UPDATE", vendor_id)


async def share(tx: Tx, vendor_id: UUID) -> None:
    """Waits for a change of this vendor's mapping that is under way, and makes the next one wait for this transaction."""
    await tx.execute("SELECT 1 FROM catalog.vendors WHERE vendor_id = $1 FOR SHARE", vendor_id)


async def get_vendor(tx: Tx, vendor_id: UUID) -> Vendor | None:
    return row(
        Vendor,
        await tx.fetchrow(
            "SELECT vendor_id, institution_id, name, mapping_version FROM catalog.vendors WHERE vendor_id = $1",
            vendor_id,
        ),
    )


async def vendor_names(tx: Tx, vendor_ids: Collection[UUID]) -> dict[UUID, str]:
    found = await tx.fetch(
        "SELECT vendor_id, name FROM catalog.vendors WHERE vendor_id = ANY ($1)", list(vendor_ids)
    )
    return {record["vendor_id"]: record["name"] for record in found}


async def list_vendors(tx: Tx, institutions: Sequence[UUID], everything: bool) -> list[dict[str, Any]]:
    """Vendors in reach, with how many of their items are in which state."""
    records = await tx.fetch(
        """SELECT v.vendor_id, v.institution_id, v.name,
                  count(i.code) FILTER (WHERE m.status IS NULL AND i.active) AS unmapped,
                  count(*) FILTER (WHERE m.status = 'confirmed') AS confirmed,
                  count(*) FILTER (WHERE m.status = 'needs_review') AS needs_review,
                  count(*) FILTER (WHERE m.status = 'rejected') AS rejected,
                  count(*) FILTER (WHERE m.status = 'disabled') AS disabled
             FROM catalog.vendors v
             LEFT JOIN catalog.vendor_items i USING (vendor_id)
             LEFT JOIN catalog.mappings m ON m.vendor_id = i.vendor_id AND m.vendor_item_code = i.code
            WHERE $2 OR v.institution_id = ANY($1)
            GROUP BY v.vendor_id ORDER BY v.name, v.vendor_id""",
        list(institutions),
        everything,
    )
    return [dict(record) for record in records]


async def count_unmapped(tx: Tx, institutions: Sequence[UUID], everything: bool) -> Waiting:
    """Items in use that nobody has decided about, or whose mapping has to be looked at again."""
    found = await tx.fetchrow(
        """SELECT count(*) AS count, min(i.first_seen) AS oldest_at
             FROM catalog.vendors v
             JOIN catalog.vendor_items i USING (vendor_id)
             LEFT JOIN catalog.mappings m ON m.vendor_id = i.vendor_id AND m.vendor_item_code = i.code
            WHERE ($2 OR v.institution_id = ANY($1))
              AND ((m.status IS NULL AND i.active) OR m.status = 'needs_review')""",
        list(institutions),
        everything,
    )
    return Waiting.counted(found)


async def upsert(tx: Tx, vendor_id: UUID, items: Sequence[dict[str, Any]], now: datetime) -> Saved:
    """Adds or changes items of the dictionary in one statement; equal ones are not touched."""
    records = await tx.fetch(
        """INSERT INTO catalog.vendor_items AS t
               (vendor_id, code, name, name_key, unit_key, category_code, category_name, department, result_type, unit,
                specimen, reference_ranges, sex_limit, active, from_dictionary, first_seen, changed_at)
           SELECT $1, code, name, name_key, unit_key, category_code, category_name, department, result_type, unit,
                  specimen, reference_ranges, sex_limit, active, true, $3, $3
             FROM jsonb_populate_recordset(NULL::catalog.vendor_items, $2) ORDER BY code
           ON CONFLICT (vendor_id, code) DO UPDATE
              SET name = excluded.name, name_key = excluded.name_key, unit_key = excluded.unit_key,
                  category_code = excluded.category_code, category_name = excluded.category_name,
                  department = excluded.department, result_type = excluded.result_type, unit = excluded.unit,
                  specimen = excluded.specimen, reference_ranges = excluded.reference_ranges,
                  sex_limit = excluded.sex_limit, active = excluded.active, from_dictionary = true, changed_at = $3
            WHERE (t.name, t.unit, t.category_code, t.category_name, t.department, t.result_type, t.specimen,
                   t.reference_ranges, t.sex_limit, t.active, t.from_dictionary)
                  IS DISTINCT FROM
                  (excluded.name, excluded.unit, excluded.category_code, excluded.category_name, excluded.department,
                   excluded.result_type, excluded.specimen, excluded.reference_ranges, excluded.sex_limit,
                   excluded.active, true)
           RETURNING (xmax = 0) AS is_new""",
        vendor_id,
        list(items),
        now,
    )
    added = sum(record["is_new"] for record in records)
    return Saved(added, len(records) - added)


async def mark_for_review(
    tx: Tx, vendor_id: UUID, codes: Sequence[str], name_keys: Sequence[str], unit_keys: Sequence[str]
) -> int:
    """Confirmed mappings whose item is now called something else, or measured in another unit, wait for a person.

    To be called before `upsert`: the unit is compared with the one stored so far. Returns how many.
    """
    status = await tx.execute(
        """WITH due AS (
               SELECT m.vendor_item_code,
                      CASE WHEN g.name_key = ANY(m.accepted_names) THEN 'unit_changed' ELSE 'renamed' END AS reason
                 FROM unnest($2::text[], $3::text[], $4::text[]) AS g (code, name_key, unit_key)
                 JOIN catalog.vendor_items i ON i.vendor_id = $1 AND i.code = g.code
                 JOIN catalog.mappings m ON m.vendor_id = $1 AND m.vendor_item_code = g.code
                WHERE m.status = 'confirmed'
                  AND (g.name_key <> ALL(m.accepted_names)
                       OR (g.unit_key <> '' AND g.unit_key <> i.unit_key AND g.unit_key <> m.assumed_unit))
                ORDER BY m.vendor_item_code FOR NO KEY UPDATE OF m)
           UPDATE catalog.mappings m SET status = 'needs_review', review_reason = due.reason
             FROM due WHERE m.vendor_id = $1 AND m.vendor_item_code = due.vendor_item_code""",
        vendor_id,
        list(codes),
        list(name_keys),
        list(unit_keys),
    )
    return affected(status)


async def forget_rejections_of_renamed(
    tx: Tx, vendor_id: UUID, codes: Sequence[str], name_keys: Sequence[str]
) -> int:
    """An item that was found to have no counterpart, and is now called something else, is open again."""
    status = await tx.execute(
        """DELETE FROM catalog.mappings m
            USING unnest($2::text[], $3::text[]) AS g (code, name_key), catalog.vendor_items i
            WHERE m.vendor_id = $1 AND m.vendor_item_code = g.code AND m.status = 'rejected'
              AND i.vendor_id = $1 AND i.code = g.code AND i.name_key <> g.name_key""",
        vendor_id,
        list(codes),
        list(name_keys),
    )
    return affected(status)


async def retire_used(tx: Tx, vendor_id: UUID, codes: Sequence[str], now: datetime) -> int:
    """Items in use (mapped, or seen in results) are kept and marked inactive."""
    status = await tx.execute(
        """UPDATE catalog.vendor_items i SET active = false, changed_at = $3
            WHERE i.vendor_id = $1 AND i.code = ANY($2) AND i.active
              AND (i.last_in_results IS NOT NULL
                   OR EXISTS (SELECT FROM catalog.mappings m
                               WHERE m.vendor_id = i.vendor_id AND m.vendor_item_code = i.code AND m.status <> 'rejected'))""",
        vendor_id,
        list(codes),
        now,
    )
    return affected(status)


async def remove_unused(tx: Tx, vendor_id: UUID, codes: Sequence[str]) -> int:
    """Items never used go away, and with them the note that they have no counterpart."""
    unused = """i.vendor_id = $1 AND i.code = ANY($2) AND i.last_in_results IS NULL
                AND NOT EXISTS (SELECT FROM catalog.mappings m
                                 WHERE m.vendor_id = i.vendor_id AND m.vendor_item_code = i.code AND m.status <> 'rejected')"""
    await tx.execute(
        f"""DELETE FROM catalog.mappings r USING catalog.vendor_items i
             WHERE r.vendor_id = $1 AND r.vendor_item_code = i.code AND r.status = 'rejected' AND {unused}""",
        vendor_id,
        list(codes),
    )
    status = await tx.execute(
        f"DELETE FROM catalog.vendor_items i WHERE {unused}",
        vendor_id,
        list(codes),
    )
    return affected(status)


_OFTEN: Final = "interval '1 hour'"


async def see(tx: Tx, vendor_id: UUID, items: Sequence[dict[str, Any]], now: datetime) -> bool:
    """Records items that came with results: new ones are added, known ones get the time (at most hourly) and a new name.

    Whether anything had to be written."""
    status = await tx.execute(
        f"""INSERT INTO catalog.vendor_items AS t
                (vendor_id, code, name, name_key, unit_key, unit, specimen, department, result_type, from_dictionary,
                 first_seen, last_in_results, changed_at)
            SELECT $1, code, name, name_key, unit_key, unit, specimen, department, result_type, false, $3, $3, $3
              FROM jsonb_populate_recordset(NULL::catalog.vendor_items, $2) ORDER BY code
            ON CONFLICT (vendor_id, code) DO UPDATE
               SET last_in_results = $3,
                   name_in_results = CASE WHEN excluded.name_key <> t.name_key THEN excluded.name ELSE t.name_in_results END,
                   changed_at = CASE WHEN excluded.name_key <> t.name_key AND excluded.name <> t.name_in_results
                                     THEN $3 ELSE t.changed_at END
             WHERE t.last_in_results IS NULL OR t.last_in_results < $3 - {_OFTEN}
                OR (excluded.name_key <> t.name_key AND excluded.name <> t.name_in_results)""",
        vendor_id,
        list(items),
        now,
    )
    return affected(status) > 0


_RENAMED: Final = """FROM unnest($2::text[], $3::text[]) AS g (code, name_key)
             JOIN catalog.mappings m ON m.vendor_id = $1 AND m.vendor_item_code = g.code
            WHERE m.status = 'confirmed' AND g.name_key <> '' AND g.name_key <> ALL(m.accepted_names)"""


async def are_renamed(tx: Tx, vendor_id: UUID, codes: Sequence[str], name_keys: Sequence[str]) -> bool:
    """Whether a confirmed mapping is among these whose item comes under a name that nobody accepted."""
    found: bool = await tx.fetchval(
        f"SELECT EXISTS (SELECT {_RENAMED})", vendor_id, list(codes), list(name_keys)
    )
    return found


async def mark_renamed(tx: Tx, vendor_id: UUID, codes: Sequence[str], name_keys: Sequence[str]) -> int:
    """Sends those mappings to review. Returns how many."""
    status = await tx.execute(
        f"""WITH due AS (SELECT m.vendor_item_code {_RENAMED} ORDER BY m.vendor_item_code FOR NO KEY UPDATE OF m)
            UPDATE catalog.mappings m SET status = 'needs_review', review_reason = 'renamed'
              FROM due WHERE m.vendor_id = $1 AND m.vendor_item_code = due.vendor_item_code""",
        vendor_id,
        list(codes),
        list(name_keys),
    )
    return affected(status)


VIEW: Final = """i.code, i.name, i.category_code, i.category_name, i.department, i.result_type, i.unit, i.specimen,
    i.sex_limit, i.active, i.from_dictionary, i.first_seen, i.last_in_results, i.name_in_results, i.changed_at,
    coalesce(m.status, 'unmapped') AS status, coalesce(m.review_reason, '') AS review_reason, m.item_code,
    s.name AS item_name, coalesce(m.assumed_unit, '') AS assumed_unit, m.confirmed_by, m.confirmed_at"""


async def names(tx: Tx, vendor_id: UUID) -> list[tuple[str, str]]:
    """(code, name) of all items of the vendor."""
    found = await tx.fetch("SELECT code, name FROM catalog.vendor_items WHERE vendor_id = $1", vendor_id)
    return [(record["code"], record["name"]) for record in found]


async def search(
    tx: Tx, vendor_id: UUID, term: str, status: str | None, after: str, limit: int, spoken: Sequence[str]
) -> list[VendorItemRow]:
    """A vendor's items with their mapping, by code: those that contain the term and those in `spoken`.

    `status` may be unmapped or a mapping's status.
    """
    return rows(
        VendorItemRow,
        await tx.fetch(
            f"""SELECT {VIEW}
                  FROM catalog.vendor_items i
                  LEFT JOIN catalog.mappings m ON m.vendor_id = i.vendor_id AND m.vendor_item_code = i.code
                  LEFT JOIN catalog.items s ON s.code = m.item_code
                 WHERE i.vendor_id = $2 AND ({matching("i.search", 1, term)} OR i.code = ANY ($6))
                   AND ($3::text IS NULL OR coalesce(m.status, 'unmapped') = $3) AND i.code > $4
                 ORDER BY i.code LIMIT $5""",
            term,
            vendor_id,
            status,
            after,
            limit,
            list(spoken),
        ),
    )


async def get_many(tx: Tx, vendor_id: UUID, codes: Sequence[str]) -> dict[str, VendorItemRow]:
    found = rows(
        VendorItemRow,
        await tx.fetch(
            f"""SELECT {VIEW}
                  FROM catalog.vendor_items i
                  LEFT JOIN catalog.mappings m ON m.vendor_id = i.vendor_id AND m.vendor_item_code = i.code
                  LEFT JOIN catalog.items s ON s.code = m.item_code
                 WHERE i.vendor_id = $1 AND i.code = ANY($2) ORDER BY i.code""",
            vendor_id,
            list(codes),
        ),
    )
    return {item.code: item for item in found}
