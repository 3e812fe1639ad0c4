"""What the catalogue knows about items: names and reference ranges."""

from collections.abc import Sequence

from kanghu.kernel.db import Tx
from kanghu.modules.catalog import public as catalog
from kanghu.modules.health.monitoring import Range


async def items_of(tx: Tx, codes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Item code → (name, category), for the items that exist and are in use."""
    found = await catalog.get_items(tx, codes)
    return {code: (item.name, item.category) for code, item in found.items() if item.retired_at is None}


async def ranges_of(tx: Tx, codes: Sequence[str]) -> dict[str, list[Range]]:
    """Item code → reference ranges that may be used automatically, in the item's standard unit."""
    found = await catalog.reference_ranges(tx, codes)
    return {code: [_range(row) for row in rows] for code, rows in found.items()}


def _range(row: catalog.ReferenceRange) -> Range:
    return Range(
        low=None if row.low is None else float(row.low),
        high=None if row.high is None else float(row.high),
        sex=row.sex or None,
        age_min=row.age_min,
        age_max=row.age_max,
        text=row.text or None,
    )
