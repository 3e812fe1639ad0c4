"""What higher floors may call."""

from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Scope
from kanghu.kernel.waiting import Waiting
from kanghu.modules.health.models import ListItem
from kanghu.modules.health.repository import checklists, findings
from kanghu.modules.health.service import lists

__all__ = [
    "ListItem",
    "checklist_for_booking",
    "confirmed_or_draft_list",
    "waiting_checklists",
    "waiting_findings",
]


async def confirmed_or_draft_list(tx: Tx, person_id: UUID, institution_id: UUID) -> list[ListItem]:
    """The taken lines of the personalised list that holds now at this institution (US-H1).

    Made on demand from the latest facts when there is no open list; a draft that no doctor has touched is brought up to
    date. The caller answers for the right to read and audits. Raises `people.person_not_found`.
    """
    return await lists.standing(tx, person_id, institution_id)


async def checklist_for_booking(tx: Tx, booking_id: UUID) -> list[ListItem]:
    """The taken lines of the list of this booking, confirmed or not; empty when there is none. The caller audits."""
    return await lists.of_booking(tx, booking_id)


async def waiting_checklists(tx: Tx, scope: Scope) -> Waiting:
    """Lists that a doctor has to confirm."""
    return await checklists.count_drafts(tx, scope)


async def waiting_findings(tx: Tx, scope: Scope) -> dict[str, Waiting]:
    """Important abnormal results that are not closed: class `a`, class `b`, and those told to nobody in time (`overdue`)."""
    return await findings.count_unclosed(tx, scope, clock.now())
