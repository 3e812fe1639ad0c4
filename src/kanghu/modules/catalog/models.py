"""Row types of the catalogue."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Standard:
    code: str
    family: str
    edition: str
    title: str
    published: date | None
    effective: date | None
    lapsed: date | None
    successor: str | None
    status: str
    source: str
    confidence: str
    note: str


@dataclass(frozen=True, slots=True)
class DataFlow:
    flow: str
    name: str
    position: int
    standard_family: str
    named_in_requirement: str
    from_system: str
    editions: list[str]


@dataclass(frozen=True, slots=True)
class DataElement:
    identifier: str
    standard: str
    edition: str
    part: str
    name: str
    definition: str
    datatype: str
    format: str
    value_domain: str
    unit: str
    used_in_checkup: bool
    other_names: str
    source: str
    confidence: str
    note: str


@dataclass(frozen=True, slots=True)
class ValueTable:
    table_id: str
    table_name: str
    codes: int


@dataclass(frozen=True, slots=True)
class ValueCode:
    table_id: str
    table_name: str
    code: str
    meaning: str
    oid: str
    source: str
    confidence: str
    note: str
    position: int


@dataclass(frozen=True, slots=True)
class StandardItem:
    """A standard lab or exam item. `unit` is UCUM, '' without one; `sex_limit` is '', M or F."""

    code: str
    origin: str
    kind: str
    name: str
    abbreviation: str
    name_en: str
    department: str
    category: str
    specimen: str
    unit: str
    result_type: str
    value_domain: str
    loinc: str
    de_identifier: str
    ws_t_886_code: str
    package_1x: str
    x_risk: str
    sex_limit: str
    age_min: int | None
    age_max: int | None
    source: str
    confidence: str
    note: str
    position: int
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemCategory:
    kind: str
    category: str
    items: int


@dataclass(frozen=True, slots=True)
class ReferenceRange:
    """Bounds are inclusive, in `unit` (UCUM). Only `is_usable` ranges may classify a result; few are `is_national`."""

    item_code: str
    position: int
    sex: str
    age_text: str
    age_min: int | None
    age_max: int | None
    low: Decimal | None
    high: Decimal | None
    text: str
    unit: str
    is_national: bool
    is_usable: bool
    source: str
    confidence: str
    note: str


@dataclass(frozen=True, slots=True)
class ItemTree:
    """One version of an item's structured sub-elements (语义扩展)."""

    id: UUID
    item_code: str
    version: int
    status: str
    nodes: list[dict[str, Any]]
    change_note: str
    author_id: UUID | None
    author_name: str
    created_at: datetime
    submitted_at: datetime | None
    decided_by: UUID | None
    decided_by_name: str
    decided_at: datetime | None
    decision_note: str
    revision: int


@dataclass(frozen=True, slots=True)
class ItemTreeHead:
    """A version of an item's tree in a list; `elements` is how many it has."""

    id: UUID
    item_code: str
    item_name: str
    version: int
    status: str
    elements: int
    change_note: str
    author_id: UUID | None
    author_name: str
    created_at: datetime
    submitted_at: datetime | None
    decided_by_name: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Package:
    """A set of items of an institution; `institution_id` None is a shipped template."""

    id: UUID
    institution_id: UUID | None
    code: str
    name: str
    description: str
    sex_limit: str
    age_min: int | None
    age_max: int | None
    package_1x: str
    x_risk: str
    basis: str
    source: str
    confidence: str
    revision: int
    updated_at: datetime
    retired_at: datetime | None
    item_codes: list[str]


@dataclass(frozen=True, slots=True)
class Vendor:
    vendor_id: UUID
    institution_id: UUID | None
    name: str
    mapping_version: int


@dataclass(frozen=True, slots=True)
class VendorItemRow:
    """A vendor's item with its mapping, as the mapping page shows it; `status` is unmapped without a mapping."""

    code: str
    name: str
    category_code: str
    category_name: str
    department: str
    result_type: str
    unit: str
    specimen: str
    sex_limit: str
    active: bool
    from_dictionary: bool
    first_seen: datetime
    last_in_results: datetime | None
    name_in_results: str
    changed_at: datetime
    status: str
    review_reason: str
    item_code: str | None
    item_name: str | None
    assumed_unit: str
    confirmed_by: UUID | None
    confirmed_at: datetime | None
