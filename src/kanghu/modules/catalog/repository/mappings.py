"""SQL of the mapping between vendor items and standard items (项目对照)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.modules.catalog.repository.seed import affected


async def version(tx: Tx, vendor_id: UUID) -> int:
    """The number that changes whenever anything changes that the vendor's mapping index holds; 0 for an unknown vendor."""
    found: int | None = await tx.fetchval(
        "SELECT mapping_version FROM catalog.vendors WHERE vendor_id = $1", vendor_id
    )
    return found or 0


async def renew_version(tx: Tx, vendor_id: UUID) -> None:
    """From a sequence: a rolled-back change never shares its number with a committed one."""
    await tx.execute(
        """UPDATE catalog.vendors SET mapping_version = nextval('catalog.mapping_version_seq') WHERE vendor_id = $1""",
        vendor_id,
    )


async def renew_versions_of_item(tx: Tx, item_code: str) -> None:
    """For every vendor that maps to the item, in one order so that two of these cannot block each other."""
    await tx.execute(
        """WITH touched AS (
               SELECT v.vendor_id FROM catalog.vendors v
                WHERE v.vendor_id IN (SELECT m.vendor_id FROM catalog.mappings m WHERE m.item_code = $1)
                ORDER BY v.vendor_id FOR NO KEY UPDATE)
           UPDATE catalog.vendors v SET mapping_version = nextval('catalog.mapping_version_seq')
             FROM touched t WHERE v.vendor_id = t.vendor_id""",
        item_code,
    )


async def load(tx: Tx, vendor_id: UUID) -> list[dict[str, Any]]:
    """Everything the mapping index holds of one vendor."""
    return [
        dict(record)
        for record in await tx.fetch(
            """SELECT m.vendor_item_code, m.status, m.review_reason, m.accepted_names, m.assumed_unit,
                      v.unit AS vendor_unit, i.code AS item_code, i.name, i.kind, i.result_type, i.unit, i.department,
                      i.category, i.specimen, i.retired_at IS NOT NULL AS is_retired
                 FROM catalog.mappings m
                 JOIN catalog.vendor_items v ON v.vendor_id = m.vendor_id AND v.code = m.vendor_item_code
                 LEFT JOIN catalog.items i ON i.code = m.item_code
                WHERE m.vendor_id = $1""",
            vendor_id,
        )
    ]


async def mapped_to(tx: Tx, vendor_id: UUID, item_codes: Sequence[str]) -> list[tuple[str, str, str]]:
    """(standard item, vendor item, the vendor's name of it) of the confirmed mappings to these standard items."""
    return [
        (record["item_code"], record["code"], record["name"])
        for record in await tx.fetch(
            """SELECT m.item_code, v.code, v.name
                 FROM catalog.mappings m
                 JOIN catalog.vendor_items v ON v.vendor_id = m.vendor_id AND v.code = m.vendor_item_code
                WHERE m.vendor_id = $1 AND m.item_code = ANY($2) AND m.status = 'confirmed'
                ORDER BY m.item_code, v.code""",
            vendor_id,
            list(item_codes),
        )
    ]


async def confirm(
    tx: Tx, vendor_id: UUID, mappings: Sequence[dict[str, Any]], confirmed_by: UUID | None, now: datetime
) -> None:
    """Writes confirmed mappings; the item's present names are accepted together with those accepted before.

    A name accepted for another standard item is not carried over.
    """
    await tx.execute(
        """INSERT INTO catalog.mappings AS t
               (vendor_id, vendor_item_code, item_code, status, accepted_names, assumed_unit, confirmed_by, confirmed_at)
           SELECT $1, g.vendor_item_code, g.item_code, 'confirmed', g.accepted_names, g.assumed_unit, $3, $4
             FROM jsonb_populate_recordset(NULL::catalog.mappings, $2) g ORDER BY g.vendor_item_code
           ON CONFLICT (vendor_id, vendor_item_code) DO UPDATE
              SET item_code = excluded.item_code, status = 'confirmed', review_reason = '',
                  accepted_names = CASE WHEN t.item_code = excluded.item_code
                                        THEN ARRAY(SELECT DISTINCT unnest(t.accepted_names || excluded.accepted_names))
                                        ELSE excluded.accepted_names END,
                  assumed_unit = excluded.assumed_unit, confirmed_by = excluded.confirmed_by,
                  confirmed_at = excluded.confirmed_at""",
        vendor_id,
        list(mappings),
        confirmed_by,
        now,
    )
    await tx.execute(
        "UPDATE catalog.vendor_items SET name_in_results = '' WHERE vendor_id = $1 AND code = ANY($2)",
        vendor_id,
        [mapping["vendor_item_code"] for mapping in mappings],
    )


async def reject(tx: Tx, vendor_id: UUID, codes: Sequence[str]) -> int:
    """Notes that these items have no counterpart. Returns how many changed."""
    status = await tx.execute(
        """INSERT INTO catalog.mappings AS t (vendor_id, vendor_item_code, status)
           SELECT vendor_id, code, 'rejected' FROM catalog.vendor_items
            WHERE vendor_id = $1 AND code = ANY($2) ORDER BY code
           ON CONFLICT (vendor_id, vendor_item_code) DO UPDATE
              SET item_code = NULL, status = 'rejected', review_reason = '', accepted_names = '{}', assumed_unit = '',
                  confirmed_by = NULL, confirmed_at = NULL
            WHERE t.status <> 'rejected'""",
        vendor_id,
        list(codes),
    )
    return affected(status)


async def disable(tx: Tx, vendor_id: UUID, codes: Sequence[str]) -> int:
    status = await tx.execute(
        """UPDATE catalog.mappings SET status = 'disabled', review_reason = ''
            WHERE vendor_id = $1 AND vendor_item_code = ANY($2) AND status IN ('confirmed', 'needs_review')""",
        vendor_id,
        list(codes),
    )
    return affected(status)


async def remove(tx: Tx, vendor_id: UUID, codes: Sequence[str]) -> int:
    status = await tx.execute(
        "DELETE FROM catalog.mappings WHERE vendor_id = $1 AND vendor_item_code = ANY($2)",
        vendor_id,
        list(codes),
    )
    return affected(status)


async def vendor_codes(tx: Tx, vendor_id: UUID, item_codes: Sequence[str]) -> list[tuple[str, str, str]]:
    """(standard item, vendor item, the vendor's sex limit) that can be booked: confirmed, and active at the vendor."""
    return [
        (record["item_code"], record["vendor_item_code"], record["sex_limit"])
        for record in await tx.fetch(
            """SELECT m.item_code, m.vendor_item_code, v.sex_limit
                 FROM catalog.mappings m
                 JOIN catalog.vendor_items v ON v.vendor_id = m.vendor_id AND v.code = m.vendor_item_code
                WHERE m.item_code = ANY($2) AND m.vendor_id = $1 AND m.status = 'confirmed' AND v.active
                ORDER BY m.item_code, m.vendor_item_code""",
            vendor_id,
            list(item_codes),
        )
    ]
