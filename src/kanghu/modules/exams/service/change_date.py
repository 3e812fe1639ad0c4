"""Another day for a booking that has not been sent to the vendor yet."""

from datetime import date
from uuid import UUID

from kanghu.kernel import audit, clock, live
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.exams import policy
from kanghu.modules.exams.errors import BookingNotChangeable, BookingOver, DateNotAllowed, DayFull
from kanghu.modules.exams.events import BookingMoved
from kanghu.modules.exams.models import Booking
from kanghu.modules.exams.repository import bookings
from kanghu.modules.exams.service import book


async def change_date(tx: Tx, caller: Caller, booking_id: UUID, day: date, scope: Scope) -> Booking:
    """The place of the old day goes back. The same day again changes nothing.

    Raises `BookingNotFound`, `DateNotAllowed` (201), `BookingNotChangeable`, `BookingOver`, `DayFull`.
    """
    today = clock.today()
    if not policy.is_bookable(day, today):
        hint = policy.date_hint(today)
        raise DateNotAllowed(hint, fields={"appointment_date": hint})
    await book.get_booking(tx, booking_id, scope)
    kept = await bookings.lock_booking(tx, booking_id)
    if kept.state in ("cancelled", "failed"):
        raise BookingOver
    if kept.state != "requested":
        raise BookingNotChangeable
    if kept.appointment_date == day:
        return kept
    await _swap_places(tx, kept, day)
    moved = await bookings.set_date(tx, booking_id, day)
    await publish(
        tx,
        BookingMoved(
            booking_id=booking_id,
            person_id=moved.person_id,
            institution_id=moved.institution_id,
            appointment_date=day,
        ),
    )
    await audit.record(
        tx,
        caller,
        "exams.booking.move",
        subject=f"exams.bookings/{booking_id}",
        person_id=moved.person_id,
        institution_id=moved.institution_id,
        detail={"day": str(day)},
    )
    await live.tell(tx, "exams.bookings", person_id=moved.person_id, institution_id=moved.institution_id)
    return moved


async def _swap_places(tx: Tx, kept: Booking, day: date) -> None:
    """In the order of the days: two who swap with each other must not wait for each other."""
    old = kept.appointment_date
    for one in sorted({day} if old is None else {day, old}):
        if one == old:
            await bookings.give_place_back(tx, kept.vendor_id, one)
        elif not await bookings.take_place(tx, kept.vendor_id, one):
            raise DayFull
