"""What vendors say of their items: the dictionary they push (US-H5), and codes that turn up in results."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from uuid import UUID

from kanghu.kernel import clock, live
from kanghu.kernel.db import Tx
from kanghu.modules.catalog import repository, units
from kanghu.modules.catalog.names import fold

Change = Literal["1", "2", "3"]
ADD, MODIFY, DELETE = "1", "2", "3"


@dataclass(frozen=True, slots=True)
class VendorItem:
    """One line of a vendor's dictionary (体检项目明细字典数据集); everything but code and name may be empty."""

    code: str
    name: str
    category_code: str = ""
    category_name: str = ""
    department: str = ""
    result_type: str = ""
    unit: str = ""
    specimen: str = ""
    reference_ranges: list[dict[str, Any]] = field(default_factory=list)
    sex_limit: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class SeenItem:
    """An item as a pushed result names it."""

    code: str
    name: str
    unit: str = ""
    specimen: str = ""
    department: str = ""
    result_type: str = ""


@dataclass(frozen=True, slots=True)
class ItemChangeCounts:
    """What one change of the dictionary really did; a repeated push counts nothing."""

    added: int = 0
    updated: int = 0
    retired: int = 0
    removed: int = 0


async def apply_item_changes(
    tx: Tx, vendor_id: UUID, change: Change, items: Sequence[VendorItem]
) -> ItemChangeCounts:
    """US-H5, set-based: 1 and 2 add or update, 3 retires what is in use and removes what is not.

    An item that comes under another name, or in another unit, keeps its mapping but waits for a person (`needs_review`):
    its results are staged rather than misfiled. Of an item named twice in one push the last line counts. Pushes of one
    vendor are applied one after the other.
    """
    latest = {item.code: item for item in items}
    if not latest:
        return ItemChangeCounts()
    await repository.vendor_items.lock(tx, vendor_id)
    await show_mappings(tx, vendor_id)
    if change == DELETE:
        return await _retire(tx, vendor_id, list(latest))
    return await _save(tx, vendor_id, list(latest.values()))


async def _retire(tx: Tx, vendor_id: UUID, codes: list[str]) -> ItemChangeCounts:
    retired = await repository.vendor_items.retire_used(tx, vendor_id, codes, clock.now())
    removed = await repository.vendor_items.remove_unused(tx, vendor_id, codes)
    if removed:
        await repository.mappings.renew_version(tx, vendor_id)
    return ItemChangeCounts(retired=retired, removed=removed)


async def _save(tx: Tx, vendor_id: UUID, items: list[VendorItem]) -> ItemChangeCounts:
    rows = [_row(item) for item in items]
    codes, names, unit_keys = ([row[key] for row in rows] for key in ("code", "name_key", "unit_key"))
    touched = await repository.vendor_items.mark_for_review(tx, vendor_id, codes, names, unit_keys)
    touched += await repository.vendor_items.forget_rejections_of_renamed(tx, vendor_id, codes, names)
    saved = await repository.vendor_items.upsert(tx, vendor_id, rows, clock.now())
    if touched or saved.updated:
        await repository.mappings.renew_version(tx, vendor_id)
    return ItemChangeCounts(added=saved.added, updated=saved.updated)


def _row(item: VendorItem) -> dict[str, Any]:
    return {**asdict(item), "name_key": fold(item.name), "unit_key": unit_key(item.unit)}


def unit_key(printed: str) -> str:
    """The form in which two spellings of a unit are compared: UCUM where it is known, else as printed."""
    return units.normalise(printed) or printed.strip()


async def see_vendor_items(tx: Tx, vendor_id: UUID, items: Iterable[SeenItem]) -> int:
    """Records items of a push that could not be filed, so that a person can map them.

    Unknown codes become vendor items; a known code under a name that nobody accepted sends its mapping to review. Cheap for
    codes seen within the hour. To be called with what `MappingIndex.match` did not match, in the transaction that stages it.

    Returns the mapping version as it is now, and until this transaction ends nobody confirms a mapping of this vendor. Is it
    not the version of the index that was used, a mapping changed meanwhile and what was staged must be looked at once more.
    """
    latest = {item.code: item for item in items if item.code}
    if not latest:
        return await repository.mappings.version(tx, vendor_id)
    rows = [
        {**asdict(item), "name_key": fold(item.name), "unit_key": unit_key(item.unit)}
        for item in latest.values()
    ]
    codes, names = ([row[key] for row in rows] for key in ("code", "name_key"))
    await repository.vendor_items.ensure(tx, vendor_id)
    # Locks are taken in one order everywhere: the vendor, its mappings, its items; and the stronger one at once.
    renamed = await repository.vendor_items.are_renamed(tx, vendor_id, codes, names)
    if renamed:
        await repository.vendor_items.lock(tx, vendor_id)
        await repository.vendor_items.mark_renamed(tx, vendor_id, codes, names)
    else:
        await repository.vendor_items.share(tx, vendor_id)
    version = await repository.mappings.version(tx, vendor_id)
    if renamed:
        await repository.mappings.renew_version(tx, vendor_id)
    if await repository.vendor_items.see(tx, vendor_id, rows, clock.now()):
        await show_mappings(tx, vendor_id)
    return version


async def show_mappings(tx: Tx, vendor_id: UUID) -> None:
    """To whoever has the vendor's items on a screen."""
    vendor = await repository.vendor_items.get_vendor(tx, vendor_id)
    if vendor is not None:
        await live.tell(tx, "catalog.mappings", institution_id=vendor.institution_id)
