"""The centre's own items: codes, names and units of its own, as every vendor has them.

Shipped in `data/catalogue.csv` (the columns typical_* and drift_per_decade only drive the simulation and mean nothing
medically) and `data/reference_ranges.csv` (each range with its source). Names, units and activity may change at run time;
those live in the store.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from . import data, repository
from .store import Tx


@dataclass(frozen=True, slots=True)
class Range:
    """One reference range: `sex` 1, 2 or empty for both; `age` like 20-59 or 18-; low and high as printed, empty if open."""

    sex: str
    age: str
    low: str
    high: str
    text: str
    source: str

    def fits(self, sex: str, age: int) -> bool:
        """Whether the range is meant for such a person."""
        first, _, last = self.age.partition("-")
        return self.sex in ("", sex) and int(first or 0) <= age <= int(last or 200)

    def printed(self) -> str:
        """As it stands on the report."""
        if self.text:
            return self.text
        if self.low and self.high:
            return f"{self.low}-{self.high}"
        return f"≤{self.high}" if self.high else f"≥{self.low}"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the catalogue."""

    item_code: str
    name: str
    category_code: str
    category_name: str
    department: str
    result_type: str
    unit: str
    specimen: str
    sex_limit: str
    decimals: int
    typical_male: str
    typical_female: str
    drift_per_decade: float
    print_as: str
    detection_limit: str
    normal_values: str
    other_values: tuple[str, ...]
    method: str
    ranges: tuple[Range, ...]
    active: bool = True

    def range_for(self, sex: str, age: int) -> Range | None:
        """The first reference range that fits a person."""
        return next((one for one in self.ranges if one.fits(sex, age)), None)

    def is_for(self, sex: str) -> bool:
        """Whether the item can be done for a person of that sex."""
        return self.sex_limit in ("", sex)


@cache
def shipped() -> dict[str, Item]:
    """Every shipped item by code, in the order of the file."""
    ranges: dict[str, list[Range]] = {}
    for row in data.rows("reference_ranges.csv"):
        ranges.setdefault(row["item_code"], []).append(
            Range(row["sex"], row["age"], row["low"], row["high"], row["text"], row["source"])
        )
    return {
        row["item_code"]: _item(row, tuple(ranges.get(row["item_code"], ())))
        for row in data.rows("catalogue.csv")
    }


def seed(tx: Tx) -> None:
    """Bring shipped items into the store; what was renamed or retired there stays so."""
    for item in shipped().values():
        repository.seed_item(tx, item.item_code, item.name, item.unit)


def current(tx: Tx) -> dict[str, Item]:
    """The catalogue as it is now."""
    states = repository.item_states(tx)
    return {
        code: replace(item, name=states[code][0], unit=states[code][1], active=states[code][2])
        for code, item in shipped().items()
        if code in states
    }


def dictionary_entry(item: Item) -> dict[str, Any]:
    """An item as US-H5 carries it (体检项目明细字典)."""
    entry: dict[str, Any] = {
        "item_code": item.item_code,
        "name": item.name,
        "category_code": item.category_code,
        "category_name": item.category_name,
        "department": item.department,
        "result_type": item.result_type,
        "active": item.active,
    }
    optional = {"unit": item.unit, "specimen": item.specimen, "sex_limit": item.sex_limit}
    entry |= {name: value for name, value in optional.items() if value}
    if item.ranges:
        entry["reference_ranges"] = [_range_entry(one) for one in item.ranges]
    return entry


def _range_entry(one: Range) -> dict[str, str]:
    fields = {"sex": one.sex, "age": one.age, "low": one.low, "high": one.high, "text": one.text}
    return {name: value for name, value in fields.items() if value}


def _item(row: dict[str, str], ranges: tuple[Range, ...]) -> Item:
    return Item(
        item_code=row["item_code"],
        name=row["name"],
        category_code=row["category_code"],
        category_name=row["category_name"],
        department=row["department"],
        result_type=row["result_type"],
        unit=row["unit"],
        specimen=row["specimen"],
        sex_limit=row["sex_limit"],
        decimals=int(row["decimals"] or 0),
        typical_male=row["typical_male"],
        typical_female=row["typical_female"],
        drift_per_decade=float(row["drift_per_decade"] or 0),
        print_as=row["print_as"],
        detection_limit=row["detection_limit"],
        normal_values=row["normal_values"],
        other_values=tuple(row["other_values"].split("|")) if row["other_values"] else (),
        method=row["method"],
        ranges=ranges,
    )
