"""What happened to a person's exams."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kanghu.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class BookingRequested(Event):
    """A customer picked a day; the personalised list is to be made and confirmed."""

    booking_id: UUID
    person_id: UUID
    institution_id: UUID
    appointment_date: date


@dataclass(frozen=True, kw_only=True)
class BookingMoved(Event):
    """The customer chose another day before the list was sent."""

    booking_id: UUID
    person_id: UUID
    institution_id: UUID
    appointment_date: date


@dataclass(frozen=True, kw_only=True)
class BookingEnded(Event):
    """A requested booking was cancelled or failed: nothing waits for it any more."""

    booking_id: UUID
    person_id: UUID
    institution_id: UUID


@dataclass(frozen=True, kw_only=True)
class ResultsChanged(Event):
    """Results of an exam were added, changed or deleted; `item_codes` are standard codes."""

    person_id: UUID
    exam_id: UUID
    institution_id: UUID
    item_codes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ReportReceived(Event):
    person_id: UUID
    exam_id: UUID
    institution_id: UUID
