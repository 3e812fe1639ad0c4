"""Rows of the schema `exams`; field names are column names."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec


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


class NewResult(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """One matched result of a push, as the one statement that stores a push takes it.

    A push goes to PostgreSQL as one JSON text: encoding 60 × 23 values as arrays costs seven times the client CPU and more
    than what `json_to_recordset` costs there.
    """

    vendor_item_code: str
    item_code: str
    item_name: str
    value_type: str
    raw_value: str
    raw_unit: str = ""
    numeric_value: float | None = None
    comparator: str = ""
    ordinal_rank: int | None = None
    coded_value: str = ""
    unit: str = ""
    reference_text: str = ""
    vendor_abnormal_flag: str = ""
    specimen: str = ""
    method: str = ""
    performed_at: datetime
    department: str = ""
    operator: str = ""
    reviewer: str = ""
    sub_findings: Any = None
    images: Any = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class ReportHead:
    """A version of a report without its content."""

    id: UUID
    booking_id: UUID
    person_id: UUID
    institution_id: UUID
    version: int
    received_at: datetime


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
