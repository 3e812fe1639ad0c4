"""Results, reports and answers are judged; a requested booking gets its list; the person is told."""

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.events import on
from kanghu.modules.accounts import public as accounts
from kanghu.modules.exams.events import (
    BookingEnded,
    BookingMoved,
    BookingRequested,
    ReportReceived,
    ResultsChanged,
)
from kanghu.modules.forms.events import QuestionnaireCompleted
from kanghu.modules.health.events import AbnormalFound, FindingOverdue, ListConfirmed
from kanghu.modules.health.repository import checklists
from kanghu.modules.health.service import assess, lists, monitor
from kanghu.modules.notices import public as notices

HANDLE = "health.finding.handle"


@on(ResultsChanged)
async def judge_results(tx: Tx, event: ResultsChanged) -> None:
    await monitor.results_changed(tx, event.person_id, event.exam_id, event.institution_id, event.item_codes)
    await lists.refresh_drafts(tx, event.person_id)


@on(ReportReceived)
async def judge_report(tx: Tx, event: ReportReceived) -> None:
    """The report ends the exam: all its items are judged once more, and its list is history."""
    await monitor.results_changed(tx, event.person_id, event.exam_id, event.institution_id, None)
    await checklists.mark_used(tx, event.person_id, event.institution_id, event.exam_id, clock.now())
    await lists.show(tx, event.person_id, event.institution_id)


@on(QuestionnaireCompleted)
async def judge_answers(tx: Tx, event: QuestionnaireCompleted) -> None:
    await assess.from_answers(tx, event.person_id)
    await lists.refresh_drafts(tx, event.person_id)


@on(BookingRequested)
async def make_list(tx: Tx, event: BookingRequested) -> None:
    await lists.for_booking(tx, event.booking_id, event.person_id)


@on(BookingMoved)
async def move_list(tx: Tx, event: BookingMoved) -> None:
    await lists.follow_booking(tx, event.booking_id, event.person_id)


@on(AbnormalFound)
async def tell_person(tx: Tx, event: AbnormalFound) -> None:
    """Class A goes to the person at once; of class B a member of staff tells them."""
    if event.finding_class == "A":
        await notices.notify(
            tx,
            "abnormal_result",
            person_id=event.person_id,
            data={},
            subject=f"health.findings/{event.finding_id}",
            once=True,
        )


@on(AbnormalFound)
async def tell_staff(tx: Tx, event: AbnormalFound) -> None:
    await _tell_who_handles(tx, "abnormal_found", event)


@on(FindingOverdue)
async def tell_overdue(tx: Tx, event: FindingOverdue) -> None:
    await _tell_who_handles(tx, "finding_overdue", event)


async def _tell_who_handles(tx: Tx, template: str, event: AbnormalFound | FindingOverdue) -> None:
    for account_id in await accounts.accounts_with_permission(tx, HANDLE, event.institution_id):
        await notices.notify(
            tx,
            template,
            account_id=account_id,
            data={"finding_class": event.finding_class},
            subject=f"health.findings/{event.finding_id}",
            once=True,
        )


@on(ListConfirmed)
async def tell_list_ready(tx: Tx, event: ListConfirmed) -> None:
    await notices.notify(
        tx,
        "checklist_ready",
        person_id=event.person_id,
        data={},
        subject=f"health.checklists/{event.checklist_id}",
        once=True,
    )


@on(BookingEnded)
async def drop_list(tx: Tx, event: BookingEnded) -> None:
    await checklists.drop_drafts(tx, event.booking_id)
    await lists.show(tx, event.person_id, event.institution_id)
