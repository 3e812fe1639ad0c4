"""What other modules may call of the catalogue."""

from collections.abc import Collection, Sequence
from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller, Scope
from kanghu.kernel.waiting import Waiting
from kanghu.modules.catalog import mapping_index as index
from kanghu.modules.catalog import policy, repository
from kanghu.modules.catalog.mapping_index import MappedItem, MappingIndex, Match, Unmatched
from kanghu.modules.catalog.models import ItemTree, ReferenceRange, StandardItem
from kanghu.modules.catalog.seed import load_standards
from kanghu.modules.catalog.service.vendor_items import (
    Change,
    ItemChangeCounts,
    SeenItem,
    VendorItem,
    apply_item_changes,
    see_vendor_items,
)
from kanghu.modules.catalog.units import Conversion, convert
from kanghu.modules.catalog.units import normalise as normalise_unit
from kanghu.modules.catalog.units import printed as printed_unit
from kanghu.modules.catalog.values import Value
from kanghu.modules.catalog.values import parse as parse_value

__all__ = [
    "Change",
    "Conversion",
    "ItemChangeCounts",
    "ItemTree",
    "MappedItem",
    "MappingIndex",
    "Match",
    "ReferenceRange",
    "SeenItem",
    "StandardItem",
    "Unmatched",
    "Value",
    "VendorItem",
    "apply_item_changes",
    "approved_trees",
    "convert",
    "get_items",
    "list_standard_items",
    "load_standards",
    "mapping_index",
    "mapping_version",
    "normalise_unit",
    "package_items",
    "parse_value",
    "printed_unit",
    "reference_ranges",
    "register_vendor",
    "see_vendor_items",
    "vendor_institution",
    "vendor_items_for",
    "vendor_names",
    "waiting_items",
    "waiting_trees",
]


async def register_vendor(tx: Tx, vendor_id: UUID, institution_id: UUID | None, name: str) -> None:
    """Tells the catalogue whose vendor this is: staff of that institution may then maintain its mapping."""
    await repository.vendor_items.register(tx, vendor_id, institution_id, name)


async def vendor_institution(tx: Tx, vendor_id: UUID) -> UUID | None:
    """Whose vendor this is; None for one that the catalogue does not know or that belongs to nobody."""
    known = await repository.vendor_items.get_vendor(tx, vendor_id)
    return None if known is None else known.institution_id


async def vendor_names(tx: Tx, vendor_ids: Collection[UUID]) -> dict[UUID, str]:
    """Vendor id → name, for those that the catalogue knows."""
    return await repository.vendor_items.vendor_names(tx, vendor_ids)


async def mapping_version(tx: Tx, vendor_id: UUID) -> int:
    """Changes whenever the vendor's mapping changes; 0 for a vendor that the catalogue has not met."""
    return await repository.mappings.version(tx, vendor_id)


async def mapping_index(tx: Tx, vendor_id: UUID, version: int | None = None) -> MappingIndex:
    """The vendor's mapping in memory, kept per process; costs one indexed lookup, or none with `version` from
    `mapping_version` in the same transaction."""
    return await index.current(tx, vendor_id, version)


async def list_standard_items(tx: Tx, kind: str | None = None) -> list[StandardItem]:
    """Every item in use, in catalogue order; `kind` is lab or exam."""
    return await repository.items.list_all(tx, kind)


async def get_items(tx: Tx, codes: Collection[str]) -> dict[str, StandardItem]:
    """Items by code, retired ones too; unknown codes are missing."""
    return {item.code: item for item in await repository.items.get_many(tx, sorted(codes))}


async def reference_ranges(
    tx: Tx, codes: Collection[str] | None = None, *, usable_only: bool = True
) -> dict[str, list[ReferenceRange]]:
    """Reference ranges by item. Ranges from memory only come with `usable_only=False` and must never classify a result."""
    found: dict[str, list[ReferenceRange]] = {}
    for one in await repository.items.ranges(tx, None if codes is None else sorted(codes), usable_only):
        found.setdefault(one.item_code, []).append(one)
    return found


async def package_items(tx: Tx, institution_id: UUID | None, package: str) -> list[StandardItem]:
    """The items in use of the institution's package of this code, or of the shipped template; empty when there is none."""
    return await repository.packages.items_of(tx, institution_id, package)


async def vendor_items_for(
    tx: Tx, vendor_id: UUID, item_codes: Sequence[str], sex: str = ""
) -> dict[str, tuple[str, ...]]:
    """Standard item → the vendor's own codes for it (left and right arm are two), for lists sent to the vendor.

    Only confirmed mappings of items active at the vendor, and open to `sex` (GB/T 2261.1) when it is given; a standard item
    the vendor cannot do is missing.
    """
    found: dict[str, tuple[str, ...]] = {}
    for item_code, vendor_code, sex_limit in await repository.mappings.vendor_codes(
        tx, vendor_id, item_codes
    ):
        if sex and not policy.admits_sex(sex_limit, sex):
            continue
        found[item_code] = (*found.get(item_code, ()), vendor_code)
    return found


async def approved_trees(tx: Tx, item_codes: Sequence[str]) -> dict[str, ItemTree]:
    """The approved structured sub-elements (语义扩展) of the given items; items without an approved version are missing."""
    return {tree.item_code: tree for tree in await repository.trees.approved(tx, item_codes)}


async def waiting_items(tx: Tx, scope: Scope) -> Waiting:
    """Vendors' items that wait to be mapped, or to be mapped again."""
    return await repository.vendor_items.count_unmapped(tx, scope.institutions, scope.everything)


async def waiting_trees(tx: Tx, caller: Caller) -> Waiting:
    """Item trees that wait for this caller's approval."""
    return await repository.trees.count_submitted(tx, caller.account_id)
