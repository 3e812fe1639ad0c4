"""Tells the customer when results or a report have come; unbinds who withdraws the agreement."""

from kanghu.kernel import audit, live
from kanghu.kernel.db import Tx
from kanghu.kernel.events import on
from kanghu.kernel.security import SYSTEM
from kanghu.modules.exams.events import ReportReceived, ResultsChanged
from kanghu.modules.exams.repository import bookings
from kanghu.modules.notices import public as notices
from kanghu.modules.people.events import ConsentRevoked


@on(ConsentRevoked)
async def unbind(tx: Tx, event: ConsentRevoked) -> None:
    """Without the data-use agreement the exam accounts at this institution are unbound: its vendors' pushes meet 301."""
    if event.kind == "data_use_agreement":
        await bookings.unbind_at(tx, event.person_id, event.institution_id)
        await audit.record(
            tx, SYSTEM, "exams.account.unbind", person_id=event.person_id, institution_id=event.institution_id
        )


@on(ResultsChanged)
async def tell_results(tx: Tx, event: ResultsChanged) -> None:
    """Once an exam: sixty pushes of one exam are one piece of news. Pages that show results hear of each."""
    await live.tell(tx, "exams.results", person_id=event.person_id, institution_id=event.institution_id)
    await notices.notify(
        tx,
        "results_received",
        person_id=event.person_id,
        data={},
        subject=f"exams.bookings/{event.exam_id}",
        once=True,
    )


@on(ReportReceived)
async def tell_report(tx: Tx, event: ReportReceived) -> None:
    await notices.notify(
        tx, "report_received", person_id=event.person_id, data={}, subject=f"exams.bookings/{event.exam_id}"
    )
