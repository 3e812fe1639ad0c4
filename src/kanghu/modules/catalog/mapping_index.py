"""A vendor's mapping in memory: the hot path of pushed results asks it for every single value.

The index of a vendor is kept per process and renewed when the vendor's mapping version in the database is another one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.modules.catalog import repository, units
from kanghu.modules.catalog.names import fold
from kanghu.modules.catalog.units import IDENTITY, Conversion
from kanghu.modules.catalog.values import Value


class Unmatched(StrEnum):
    """Why a result cannot be filed; the value is what a person reads."""

    NOT_MAPPED = "未建立对照"
    REJECTED = "已确认无对应标准项目"
    DISABLED = "对照已停用"
    RENAMED = "项目改名待确认"
    UNIT_CHANGED = "单位变更待确认"
    UNIT = "单位无法换算"


@dataclass(frozen=True, slots=True)
class MappedItem:
    """A standard item as one vendor's item maps to it. `unit` is UCUM, '' for none.

    `vendor_unit` is the unit text in the vendor's dictionary; `assumed_unit` (UCUM) is what a person confirmed it to mean.
    It holds for results that repeat that text or say no unit at all.
    """

    item_code: str
    name: str
    kind: str
    result_type: str
    unit: str
    department: str
    category: str
    specimen: str
    vendor_unit: str
    assumed_unit: str
    accepted_names: frozenset[str]

    def conversion(self, printed_unit: str) -> Conversion | None:
        """How a number printed in `printed_unit` becomes one in `unit`; None when that cannot be said."""
        if not self.unit:
            return IDENTITY
        ucum = units.normalise(printed_unit)
        if not printed_unit.strip() or printed_unit == self.vendor_unit:
            ucum = self.assumed_unit or ucum
        if not ucum:
            return IDENTITY if ucum == "" and not needs_unit(self.unit) else None
        return units.conversion(ucum, self.unit, self.item_code)


def needs_unit(standard_unit: str) -> bool:
    """Whether a number without a unit is unusable for an item of this unit: ratios and pH are printed bare."""
    return standard_unit not in {"", "1", "[pH]"}


@dataclass(frozen=True, slots=True)
class Match:
    """The standard item and how to bring a number into its unit. `unit_power` is the n of a printed unit 10^n/L."""

    item: MappedItem
    conversion: Conversion
    unit_power: int = 0

    def number(self, value: Value) -> Decimal | None:
        """The value's number in the item's unit; None without a number.

        A power of ten that stands in the value and in the unit (`1.2×10^9` with `10^9/L`) is one power written twice.
        """
        if value.number is None:
            return None
        doubled = value.power != 0 and value.power == self.unit_power
        return self.conversion.apply(value.number.scaleb(-value.power) if doubled else value.number)


class MappingIndex:
    """vendor item code → standard item, or the reason why not. Immutable."""

    __slots__ = ("_entries", "version")

    def __init__(self, version: int, entries: Mapping[str, MappedItem | Unmatched]) -> None:
        self.version = version
        self._entries = dict(entries)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, vendor_item_code: str) -> MappedItem | Unmatched:
        return self._entries.get(vendor_item_code, Unmatched.NOT_MAPPED)

    def match(
        self, vendor_item_code: str, *, name: str = "", unit: str = "", numeric: bool = True
    ) -> Match | Unmatched:
        """Files one result.

        `name` is the item name in the push: one that nobody accepted for this code makes the result wait. `unit` is the
        printed unit; it only matters for a `numeric` value.
        """
        found = self._entries.get(vendor_item_code, Unmatched.NOT_MAPPED)
        if isinstance(found, Unmatched):
            return found
        if name and fold(name) not in found.accepted_names:
            return Unmatched.RENAMED
        if not numeric:
            return Match(found, IDENTITY)
        conversion = found.conversion(unit)
        return Unmatched.UNIT if conversion is None else Match(found, conversion, _power(unit))


def _power(printed_unit: str) -> int:
    match = _COUNT.match(units.normalise(printed_unit) or "")
    return int(match[1]) if match else 0


_COUNT: Final = re.compile(r"10\*(\d+)/")
_REVIEW: Final = {"renamed": Unmatched.RENAMED, "unit_changed": Unmatched.UNIT_CHANGED}


def build(version: int, rows: Iterable[Mapping[str, Any]]) -> MappingIndex:
    """The index from the rows of `repository.mappings.load`."""
    return MappingIndex(version, {row["vendor_item_code"]: _entry(row) for row in rows})


def _entry(row: Mapping[str, Any]) -> MappedItem | Unmatched:
    if row["status"] == "rejected":
        return Unmatched.REJECTED
    if row["status"] == "needs_review":
        return _REVIEW[row["review_reason"]]
    if row["status"] == "disabled" or row["is_retired"]:
        return Unmatched.DISABLED
    kept = ("item_code", "name", "kind", "result_type", "unit", "department", "category", "specimen")
    return MappedItem(
        **{name: row[name] for name in kept},
        vendor_unit=row["vendor_unit"],
        assumed_unit=row["assumed_unit"],
        accepted_names=frozenset(row["accepted_names"]),
    )


_indexes: dict[UUID, MappingIndex] = {}
_MOST: Final = 256


async def current(tx: Tx, vendor_id: UUID, version: int | None = None) -> MappingIndex:
    """The vendor's index at the mapping version that `tx` sees (or that the caller read in the same transaction)."""
    if version is None:
        version = await repository.mappings.version(tx, vendor_id)
    known = _indexes.get(vendor_id)
    if known is not None and known.version == version:
        return known
    # The version was read before the rows: should they be newer, the next call reads them once more.
    index = build(version, await repository.mappings.load(tx, vendor_id))
    if len(_indexes) >= _MOST:
        _indexes.pop(next(iter(_indexes)))
    _indexes[vendor_id] = index
    return index
