"""What happened in health."""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ListConfirmed(Event):
    """A doctor confirmed and sent the personalised list of a booking. (A list without a booking waits for the vendor's
    query and is not announced.)"""

    checklist_id: UUID
    booking_id: UUID
    person_id: UUID
    institution_id: UUID


@dataclass(frozen=True, kw_only=True)
class AbnormalFound(Event):
    """An important abnormal result was found; `finding_class` is A or B."""

    finding_id: UUID
    person_id: UUID
    institution_id: UUID
    finding_class: str


@dataclass(frozen=True, kw_only=True)
class FindingOverdue(Event):
    """An abnormal result was not told to the person in time; said once per finding."""

    finding_id: UUID
    person_id: UUID
    institution_id: UUID
    finding_class: str
