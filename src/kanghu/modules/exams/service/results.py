"""Storing and reading results."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel import audit
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.security import Caller
from kanghu.modules.exams.events import ResultsChanged
from kanghu.modules.exams.models import NewResult, ResultRow, ResultVersion
from kanghu.modules.exams.repository import results
from kanghu.modules.exams.service import book


async def store_results(
    tx: Tx,
    *,
    booking_id: UUID,
    person_id: UUID,
    institution_id: UUID,
    message_id: UUID,
    batch: list[NewResult],
) -> int:
    """Adds or updates the results of one exam, newest version wins; returns how many changed."""
    if not batch:
        return 0
    codes = await results.store(tx, booking_id, person_id, institution_id, message_id, batch)
    await _tell(tx, booking_id, person_id, institution_id, codes)
    return len(codes)


async def delete_results(
    tx: Tx,
    *,
    booking_id: UUID,
    person_id: UUID,
    institution_id: UUID,
    message_id: UUID,
    versions: list[tuple[str, datetime, int | None]],
) -> int:
    """Soft delete by (vendor item code, time, sequence); returns how many visible results went."""
    codes = await results.delete(
        tx,
        booking_id,
        person_id,
        institution_id,
        message_id,
        codes=[code for code, _, _ in versions],
        performed_at=[performed_at for _, performed_at, _ in versions],
        sequences=[sequence for _, _, sequence in versions],
    )
    await _tell(tx, booking_id, person_id, institution_id, codes)
    return len(codes)


async def _tell(tx: Tx, booking_id: UUID, person_id: UUID, institution_id: UUID, codes: list[str]) -> None:
    if codes:
        changed = tuple(sorted(set(codes)))
        await publish(
            tx,
            ResultsChanged(
                person_id=person_id, exam_id=booking_id, institution_id=institution_id, item_codes=changed
            ),
        )


async def page_of_person(
    tx: Tx,
    caller: Caller,
    person_id: UUID,
    permission: str,
    *,
    item_code: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ResultRow]:
    """A person's results, newest first, within the caller's scope; the reading is audited."""
    found = await results.page_of_person(
        tx, person_id, caller.scope(permission), item_code=item_code, before=before, limit=limit
    )
    await audit.record(
        tx, caller, "exams.result.read", subject=f"exams.results/{person_id}", person_id=person_id
    )
    return found


async def of_booking(tx: Tx, caller: Caller, booking_id: UUID, permission: str) -> list[ResultRow]:
    """All results of one exam. Raises `BookingNotFound` outside the scope."""
    booking = await book.get_booking(tx, booking_id, caller.scope(permission))
    await audit.record(
        tx, caller, "exams.result.read", subject=f"exams.bookings/{booking_id}", person_id=booking.person_id
    )
    return await results.of_booking(tx, booking_id)


async def history(
    tx: Tx, caller: Caller, booking_id: UUID, vendor_item_code: str, permission: str
) -> list[ResultVersion]:
    """Every version of one result. Raises `BookingNotFound` outside the scope."""
    booking = await book.get_booking(tx, booking_id, caller.scope(permission))
    await audit.record(
        tx, caller, "exams.result.read", subject=f"exams.bookings/{booking_id}", person_id=booking.person_id
    )
    return await results.history(tx, booking_id, vendor_item_code)
