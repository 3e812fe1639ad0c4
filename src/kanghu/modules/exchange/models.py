"""Rows of the schema `exchange`; field names are column names."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Vendor:
    id: UUID
    name: str
    institution_id: UUID
    base_url: str
    url_hosts: list[str]
    call_app_id: str
    call_secret: bytes
    sign_type: str
    exam_no_optional: bool
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What one look-up at the start of a call finds: replay, first answer, account with identity, booking."""

    fresh: bool
    prior_sha256: bytes | None
    prior_answer: bytes | None
    prior_id: UUID | None
    person_id: UUID | None
    institution_id: UUID | None
    name_index: bytes | None
    sex: str | None
    birth_date: date | None
    id_number_index: bytes | None
    booking_id: UUID | None
    booking_person_id: UUID | None
    mapping_version: int


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One line of the message log, without content."""

    id: UUID
    vendor_id: UUID
    direction: str
    interface: str
    app_id: str
    request_id: str | None
    state: str
    codes: list[str]
    person_id: UUID | None
    booking_id: UUID | None
    attempts: int
    duration_ms: int | None
    received_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageContent:
    id: UUID
    vendor_id: UUID
    direction: str
    interface: str
    app_id: str
    state: str
    body: bytes
    answer: bytes | None
    person_id: UUID | None
    booking_id: UUID | None
    attempts: int


@dataclass(frozen=True, slots=True)
class StagedRow:
    id: UUID
    vendor_id: UUID
    message_id: UUID
    person_id: UUID
    institution_id: UUID
    booking_id: UUID | None
    vendor_item_code: str
    item_name: str
    change: str
    result: Any
    reason: str
    state: str
    staged_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """How many results wait for one vendor item."""

    vendor_id: UUID
    vendor_item_code: str
    item_name: str
    reason: str
    waiting: int
    persons: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class VendorHour:
    """The calls of one interface in one hour."""

    hour: datetime
    interface: str
    direction: str
    calls: int
    failed: int
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class VendorHealth:
    interface: str
    direction: str
    calls: int
    failed: int
    last_at: datetime | None
    p50_ms: float | None
    p95_ms: float | None
