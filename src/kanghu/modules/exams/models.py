"""Rows of the schema `exams`; field names are column names."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Booking:
    id: UUID
    person_id: UUID
    institution_id: UUID
    vendor_id: UUID
    exam_account: str
    exam_no: str | None
    origin: str
    state: str
    appointment_date: date | None
    failure: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ExamAccount:
    id: UUID
    vendor_id: UUID
    institution_id: UUID
    person_id: UUID
    exam_account: str
    bound_at: datetime


@dataclass(frozen=True, slots=True)
class FreeDay:
    day: date
    capacity: int
    taken: int


@dataclass(frozen=True, slots=True)
class ResultRow:
    """The current version of one result. `numeric_value` is in `unit` (UCUM, the standard item's)."""

    result_id: UUID
    exam_id: UUID
    vendor_item_code: str
    item_code: str
    item_name: str
    value_type: str
    raw_value: str
    raw_unit: str
    numeric_value: float | None
    comparator: str
    ordinal_rank: int | None
    coded_value: str
    unit: str
    reference_text: str
    vendor_abnormal_flag: str
    specimen: str
    department: str
    performed_at: datetime
    sub_findings: Any
    images: Any
    revision: int


@dataclass(frozen=True, slots=True)
class ResultVersion:
    revision: int
    change: str
    raw_value: str
    raw_unit: str
    numeric_value: float | None
    unit: str
    vendor_abnormal_flag: str
    reference_text: str
    performed_at: datetime
    sequence: int | None
    recorded_at: datetime


@dataclass(slots=True)
class ResultBatch:
    """Matched results of one push as columns, as the one statement that stores them takes them.

    All lists have the same length; `add` keeps them so.
    """

    vendor_item_codes: list[str] = field(default_factory=list)
    ids: list[UUID] = field(default_factory=list)
    item_codes: list[str] = field(default_factory=list)
    item_names: list[str] = field(default_factory=list)
    value_types: list[str] = field(default_factory=list)
    raw_values: list[str] = field(default_factory=list)
    raw_units: list[str] = field(default_factory=list)
    numeric_values: list[float | None] = field(default_factory=list)
    comparators: list[str] = field(default_factory=list)
    ordinal_ranks: list[int | None] = field(default_factory=list)
    coded_values: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    reference_texts: list[str] = field(default_factory=list)
    abnormal_flags: list[str] = field(default_factory=list)
    specimens: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    performed_at: list[datetime] = field(default_factory=list)
    departments: list[str] = field(default_factory=list)
    operators: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    sub_findings: list[Any] = field(default_factory=list)
    images: list[Any] = field(default_factory=list)
    sequences: list[int | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.vendor_item_codes)

    def add(self, *values: Any) -> None:
        """One result; `values` in the order of the fields."""
        for name, value in zip(self.__slots__, values, strict=True):
            getattr(self, name).append(value)

    def columns(self) -> list[list[Any]]:
        return [getattr(self, name) for name in self.__slots__]


@dataclass(frozen=True, slots=True)
class Document:
    """A guide or a report as stored; contents are sealed."""

    id: UUID
    booking_id: UUID
    kind: str
    content: bytes
    received_at: datetime
    version: int = 1
    conclusions: Any = None
