"""What higher floors may call."""

from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.kernel.security import Scope
from kanghu.modules.exams.errors import ExamAccountTaken
from kanghu.modules.exams.models import Booking, ExamAccount, NewResult, ReportHead, ResultRow
from kanghu.modules.exams.policy import date_hint, first_and_last_day, is_bookable
from kanghu.modules.exams.repository import bookings, documents, results
from kanghu.modules.exams.service.book import (
    EVERYONE,
    ExamNoOfAnother,
    bind_account,
    ensure_booking,
    get_booking,
    mark_booked,
    mark_failed,
    mark_sending,
    request_booking,
)
from kanghu.modules.exams.service.documents import DocumentRefused, store_guide, store_report
from kanghu.modules.exams.service.results import delete_results, store_results

__all__ = [
    "Booking",
    "DocumentRefused",
    "ExamAccount",
    "ExamAccountTaken",
    "ExamNoOfAnother",
    "NewResult",
    "ReportHead",
    "ResultRow",
    "accounts_of",
    "bind_account",
    "bookings_at",
    "date_hint",
    "delete_results",
    "ensure_booking",
    "first_and_last_day",
    "get_booking",
    "is_bookable",
    "latest_results",
    "mark_booked",
    "mark_failed",
    "mark_sending",
    "only_open_booking",
    "report_head",
    "request_booking",
    "reseal",
    "set_daily_capacity",
    "store_guide",
    "store_report",
    "store_results",
]


async def latest_results(tx: Tx, person_id: UUID) -> list[ResultRow]:
    """The latest result of each standard item of a person, from whichever exam; the caller audits."""
    return await results.latest_of_person(tx, person_id)


async def accounts_of(tx: Tx, person_id: UUID) -> list[ExamAccount]:
    """The exam accounts a person is bound to."""
    return await bookings.accounts_of(tx, person_id, EVERYONE)


async def report_head(tx: Tx, report_id: UUID, scope: Scope) -> ReportHead | None:
    """A version of a report without its content, None outside the scope; the caller audits."""
    return await documents.report_head(tx, report_id, scope)


async def reseal(tx: Tx, limit: int) -> int:
    """Seals up to `limit` guides and reports again under the current key; how many. Call it until it says 0."""
    return await documents.reseal(tx, limit)


async def bookings_at(tx: Tx, vendor_id: UUID, person_id: UUID) -> list[Booking]:
    """The person's exams at this vendor that results may belong to, newest first."""
    return await bookings.bookings_at(tx, vendor_id, person_id)


async def only_open_booking(tx: Tx, vendor_id: UUID, person_id: UUID) -> Booking | None:
    """The person's booking at this vendor if exactly one is under way, for vendors that send no exam number."""
    return await bookings.only_open_booking(tx, vendor_id, person_id)


async def set_daily_capacity(tx: Tx, vendor_id: UUID, capacity: int) -> None:
    """How many places a day has at this vendor unless the day says otherwise."""
    await bookings.set_daily_capacity(tx, vendor_id, capacity)
