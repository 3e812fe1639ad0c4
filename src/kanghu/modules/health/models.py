"""Rows of the schema `health`; field names are column names."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    id: UUID
    person_id: UUID
    model: str
    version: str
    title: str
    status: str
    value: float | None
    exact: float | None
    unit: str | None
    level: str | None
    level_label: str | None
    advice: str | None
    missing: list[str]
    reason: str | None
    inputs: Any
    notes: list[str]
    details: Any
    source: str
    confidence: str
    reviewed: bool
    exam_id: UUID | None
    assessed_at: datetime
    superseded_at: datetime | None


@dataclass(frozen=True, slots=True)
class FindingRow:
    id: UUID
    person_id: UUID
    institution_id: UUID
    exam_id: UUID | None
    result_id: UUID | None
    item_code: str
    rule_id: str
    rules_version: str
    finding_class: str
    title: str
    text: str
    evidence: Any
    evidence_now: Any
    result_changed_at: datetime | None
    source: str
    basis: str
    confidence: str
    needs_confirmation: bool
    needs_remeasure: bool
    state: str
    due_at: datetime
    found_at: datetime
    notified_at: datetime | None
    acknowledged_at: datetime | None
    followed_up_at: datetime | None
    closed_at: datetime | None
    escalated_at: datetime | None
    replaced_by: UUID | None


@dataclass(frozen=True, slots=True)
class StepRow:
    id: UUID
    finding_id: UUID
    action: str
    at: datetime
    actor_kind: str
    account_id: UUID | None
    channel: str | None
    said: str
    detail: Any


@dataclass(frozen=True, slots=True)
class ChecklistRow:
    id: UUID
    person_id: UUID
    institution_id: UUID
    booking_id: UUID | None
    appointment_date: date | None
    state: str
    rules_version: str
    revision: int
    touched: bool
    facts: Any
    removed: Any
    undecided: Any
    suggestions: Any
    cautions: list[str]
    fingerprint: bytes
    generated_at: datetime
    confirmed_at: datetime | None
    confirmed_by: UUID | None


@dataclass(frozen=True, slots=True)
class ChecklistHead:
    """A list in the queue of lists that wait for a doctor."""

    id: UUID
    person_id: UUID
    institution_id: UUID
    booking_id: UUID | None
    appointment_date: date | None
    state: str
    revision: int
    generated_at: datetime
    confirmed_at: datetime | None
    ticked: int
    x_items: int


@dataclass(frozen=True, slots=True)
class LineRow:
    checklist_id: UUID
    item_code: str
    name: str
    category: str
    position: int
    group_name: str
    origin: str
    optional: bool
    ticked: bool
    reasons: Any
    cautions: list[str]
    changed_by: UUID | None
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListItem:
    """One taken line of a list as `exchange` sends it. `reasons` are Chinese sentences, cautions among them."""

    item_code: str
    name: str
    category: str
    optional: bool
    reasons: tuple[str, ...]
