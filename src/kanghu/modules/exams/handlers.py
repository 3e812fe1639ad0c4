"""Tells the customer when results or a report have come."""

from kanghu.kernel.db import Tx
from kanghu.kernel.events import on
from kanghu.modules.exams.events import ReportReceived, ResultsChanged
from kanghu.modules.notices import public as notices


@on(ResultsChanged)
async def tell_results(tx: Tx, event: ResultsChanged) -> None:
    """Once an exam: sixty pushes of one exam are one piece of news."""
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
