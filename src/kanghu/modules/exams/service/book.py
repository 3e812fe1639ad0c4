"""From a customer's chosen day to a booking at the vendor, and bookings that the vendor made itself."""

from datetime import date
from uuid import UUID

from kanghu.kernel import audit, clock, live
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller, Scope
from kanghu.modules.catalog import public as catalog
from kanghu.modules.exams import policy
from kanghu.modules.exams.errors import (
    BookingAlreadyOpen,
    BookingNotCancellable,
    BookingNotFound,
    CapacityTaken,
    DateNotAllowed,
    DayFull,
    ExamAccountMissing,
    ExamAccountTaken,
    VendorNotFound,
)
from kanghu.modules.exams.events import BookingEnded, BookingRequested
from kanghu.modules.exams.models import Booking, ExamAccount, FreeDay
from kanghu.modules.exams.repository import bookings

EVERYONE = Scope(everything=True)


async def bind_account(
    tx: Tx, caller: Caller, vendor_id: UUID, institution_id: UUID, person_id: UUID, exam_account: str
) -> None:
    """Binds the person to the account that the vendor named; the same binding again changes nothing.

    Raises `ExamAccountTaken` when the account or the person is bound otherwise.
    """
    account_id = new_id()
    if not await bookings.insert_account(tx, account_id, vendor_id, institution_id, person_id, exam_account):
        known = await bookings.find_account(tx, vendor_id, person_id)
        if known is None or known.exam_account != exam_account:
            raise ExamAccountTaken
        return
    await audit.record(
        tx, caller, "exams.account.bind", subject=f"exams.exam_accounts/{account_id}", person_id=person_id
    )


async def accounts_of(tx: Tx, caller: Caller, person_id: UUID, permission: str) -> list[ExamAccount]:
    """The exam accounts of a person within the caller's scope, nothing outside of it; the reading is audited."""
    found = await bookings.accounts_of(tx, person_id, caller.scope(permission))
    await audit.record(
        tx, caller, "exams.account.read", subject=f"exams.exam_accounts/{person_id}", person_id=person_id
    )
    return found


async def request_booking(tx: Tx, caller: Caller, person_id: UUID, vendor_id: UUID, day: date) -> Booking:
    """US-K2 steps 1–3: takes a place of the day and asks for the personalised list.

    Raises `ExamAccountMissing`, `DateNotAllowed` (201), `BookingAlreadyOpen`, `DayFull`.
    """
    account = await bookings.find_account(tx, vendor_id, person_id)
    if account is None:
        raise ExamAccountMissing
    today = clock.today()
    if not policy.is_bookable(day, today):
        hint = policy.date_hint(today)
        raise DateNotAllowed(hint, fields={"appointment_date": hint})
    booking_id = new_id()
    opened = await bookings.insert_booking(
        tx,
        booking_id,
        person_id=person_id,
        institution_id=account.institution_id,
        vendor_id=vendor_id,
        exam_account=account.exam_account,
        exam_no=None,
        origin="platform",
        state="requested",
        day=day,
    )
    if not opened:
        raise BookingAlreadyOpen
    if not await bookings.take_place(tx, vendor_id, day):
        raise DayFull
    await publish(
        tx,
        BookingRequested(
            booking_id=booking_id,
            person_id=person_id,
            institution_id=account.institution_id,
            appointment_date=day,
        ),
    )
    await audit.record(
        tx,
        caller,
        "exams.booking.request",
        subject=f"exams.bookings/{booking_id}",
        person_id=person_id,
        institution_id=account.institution_id,
    )
    booked = await get_booking(tx, booking_id)
    await _show(tx, booked)
    return booked


async def set_capacity(tx: Tx, caller: Caller, vendor_id: UUID, day: date | None, capacity: int) -> None:
    """How many places the day has, or every day without places of its own (`day` None).

    Raises `VendorNotFound`, also for another institution's vendor, and `CapacityTaken`.
    """
    institution_id = await _institution_in_reach(tx, caller, vendor_id, "exams.booking.write")
    if day is None:
        await bookings.set_daily_capacity(tx, vendor_id, capacity)
    elif not await bookings.set_day_capacity(tx, vendor_id, day, capacity):
        raise CapacityTaken(fields={"capacity": "少于已预约人数"})
    await audit.record(
        tx,
        caller,
        "exams.capacity.write",
        subject=f"exams.booking_days/{vendor_id}",
        institution_id=institution_id,
        detail={"day": str(day) if day else None, "capacity": capacity},
    )


async def get_booking(tx: Tx, booking_id: UUID, scope: Scope = EVERYONE) -> Booking:
    """Raises `BookingNotFound`, also when it exists outside the scope."""
    found = await bookings.get_booking(tx, booking_id, scope)
    if found is None:
        raise BookingNotFound
    return found


async def cancel_booking(tx: Tx, caller: Caller, booking_id: UUID, scope: Scope) -> Booking:
    """Before it was sent to the vendor. Raises `BookingNotFound`, `BookingNotCancellable`."""
    await get_booking(tx, booking_id, scope)
    cancelled = await _move(tx, booking_id, "cancelled")
    if cancelled is None:
        raise BookingNotCancellable
    await _end(tx, cancelled)
    await audit.record(
        tx,
        caller,
        "exams.booking.cancel",
        subject=f"exams.bookings/{booking_id}",
        person_id=cancelled.person_id,
        institution_id=cancelled.institution_id,
    )
    return cancelled


async def mark_sending(tx: Tx, booking_id: UUID) -> Booking | None:
    """The list is confirmed. None when the booking no longer waits for it (cancelled meanwhile, or sent already)."""
    return await _move(tx, booking_id, "sending")


async def mark_booked(tx: Tx, booking_id: UUID, exam_no: str | None) -> Booking | None:
    """The vendor took it. An exam number that another booking carries already (the guide was faster) is left there."""
    if exam_no is not None:
        current = await get_booking(tx, booking_id)
        holder = await bookings.booking_by_exam_no(tx, current.vendor_id, exam_no)
        if holder is not None and holder.id != booking_id:
            exam_no = None
    return await _moved(tx, await _move(tx, booking_id, "booked", exam_no=exam_no))


async def mark_failed(tx: Tx, booking_id: UUID, reason: str) -> Booking | None:
    """The vendor refused (202), or waiting ended; the day's place is free again."""
    failed = await _move(tx, booking_id, "failed", failure=reason)
    if failed is not None:
        await _end(tx, failed)
    return await _moved(tx, failed)


async def _move(
    tx: Tx, booking_id: UUID, state: str, *, exam_no: str | None = None, failure: str = ""
) -> Booking | None:
    """None when the state may not follow the one that the booking is in."""
    moved = await bookings.move_booking(tx, booking_id, state, exam_no=exam_no, failure=failure)
    if moved is not None:
        await _show(tx, moved)
    return moved


async def _show(tx: Tx, booking: Booking) -> None:
    """To whoever has it on a screen."""
    await live.tell(tx, "exams.bookings", person_id=booking.person_id, institution_id=booking.institution_id)


async def _moved(tx: Tx, booking: Booking | None) -> Booking | None:
    if booking is not None:
        await audit.record(
            tx,
            SYSTEM,
            f"exams.booking.{booking.state}",
            subject=f"exams.bookings/{booking.id}",
            person_id=booking.person_id,
            institution_id=booking.institution_id,
        )
    return booking


async def _end(tx: Tx, booking: Booking) -> None:
    """The day's place is free again, and whoever prepares for the booking hears of it."""
    ended = BookingEnded(
        booking_id=booking.id, person_id=booking.person_id, institution_id=booking.institution_id
    )
    await publish(tx, ended)
    if booking.appointment_date is not None:
        await bookings.give_place_back(tx, booking.vendor_id, booking.appointment_date)


async def ensure_booking(
    tx: Tx,
    *,
    vendor_id: UUID,
    institution_id: UUID,
    person_id: UUID,
    exam_account: str,
    exam_no: str,
    day: date | None = None,
) -> UUID:
    """The booking of an exam number, made when the vendor tells of one that we never asked for (H2–H4, 替代).

    The person's one booking that still has no number is taken for it first.
    """
    booking_id = await bookings.adopt_or_make(
        tx,
        new_id(),
        person_id=person_id,
        institution_id=institution_id,
        vendor_id=vendor_id,
        exam_account=exam_account,
        exam_no=exam_no,
        day=day,
    )
    if booking_id is not None:
        await live.tell(tx, "exams.bookings", person_id=person_id, institution_id=institution_id)
        return booking_id
    known = await bookings.booking_by_exam_no(tx, vendor_id, exam_no)
    if known is None or known.person_id != person_id:
        raise ExamNoOfAnother
    return known.id


class ExamNoOfAnother(Exception):
    """The exam number belongs to another person's exam: nothing may be stored under it."""


async def free_days_for_staff(tx: Tx, caller: Caller, vendor_id: UUID) -> list[FreeDay]:
    """As `free_days`. Raises `VendorNotFound`, also for another institution's vendor."""
    await _institution_in_reach(tx, caller, vendor_id, "exams.booking.read")
    return await free_days(tx, vendor_id)


async def _institution_in_reach(tx: Tx, caller: Caller, vendor_id: UUID, permission: str) -> UUID:
    scope = caller.scope(permission)
    institution_id = await catalog.vendor_institution(tx, vendor_id)
    if institution_id is None or not (scope.everything or institution_id in scope.institutions):
        raise VendorNotFound
    return institution_id


async def free_days(tx: Tx, vendor_id: UUID) -> list[FreeDay]:
    """Today … today + 14 with capacity and what is taken."""
    first, last = policy.first_and_last_day(clock.today())
    return await bookings.days(tx, vendor_id, first, last)
