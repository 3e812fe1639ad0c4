"""US-K2: a confirmed list becomes an appointment message in the log, which is sent until the vendor says yes or no.

The message is written in the transaction that confirms the list, so a crash at any point loses nothing; the request id is the
message's id, so a vendor that gets it twice books once.
"""

from hashlib import sha256
from uuid import UUID

import msgspec

from kanghu.kernel import audit, clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.http import PeerFailed
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import TryAgain, enqueue
from kanghu.kernel.security import SYSTEM
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange.events import AppointmentReady
from kanghu.modules.exchange.models import MessageContent, Vendor
from kanghu.modules.exchange.repository import messages, vendors
from kanghu.modules.exchange.service import vendor_client
from kanghu.modules.exchange.service.query_checklist import in_vendor_codes
from kanghu.modules.exchange.service.receive import ANSWER, open_body, seal_body
from kanghu.modules.exchange.wire.datasets import Appointment, AppointmentData, Person
from kanghu.modules.health import public as health
from kanghu.modules.notices import public as notices
from kanghu.modules.people import public as people

# Growing delays of at most five minutes: a vendor may be away for a night and a morning.
MAX_TRIES = 250


async def prepare_appointment(tx: Tx, booking_id: UUID) -> None:
    """Writes the appointment message and asks for its sending; does nothing when the booking no longer waits."""
    booking = await exams.mark_sending(tx, booking_id)
    if booking is None:
        return
    vendor = await vendors.get(tx, booking.vendor_id)
    assert vendor is not None
    assert booking.appointment_date is not None
    lines = await health.checklist_for_booking(tx, booking_id)
    person = msgspec.convert(await people.wire_person(tx, booking.person_id), Person)
    body = msgspec.json.encode(
        Appointment(
            exam_account=booking.exam_account,
            person=person,
            appointment_date=f"{booking.appointment_date:%Y%m%d}",
            items=await in_vendor_codes(tx, vendor.id, lines, person.sex),
        )
    )
    message_id = new_id()
    await messages.insert(
        tx,
        message_id=message_id,
        vendor_id=vendor.id,
        direction="out",
        interface="K2",
        app_id=vendor.call_app_id,
        request_id=str(message_id),
        body_sha256=sha256(body).digest(),
        body=seal_body(body, message_id),
        answer=None,
        state="sending",
        codes=[],
        person_id=booking.person_id,
        booking_id=booking_id,
        duration_ms=None,
    )
    await enqueue(
        tx, "exchange.send_appointment", AppointmentReady(message_id=message_id, booking_id=booking_id)
    )


async def send_appointment(database: Database, ready: AppointmentReady) -> None:
    """One try. Raises `TryAgain` while the vendor does not answer; the person who waits is told once."""
    async with database.transaction() as tx:
        kept = await messages.content(tx, ready.message_id)
        if kept is None or kept.state != "sending":
            return
        vendor = await vendors.get(tx, kept.vendor_id)
        assert vendor is not None
        booking = await exams.get_booking(tx, ready.booking_id)
        body = open_body(kept.body, kept.id)
    if booking.appointment_date is not None and booking.appointment_date < clock.today():
        await _give_up(database, kept, ["201"], "预约日期已过，体检机构仍未应答", tried=False)
        return
    try:
        answered = await vendor_client.call(vendor, "K2", body, str(kept.id))
    except PeerFailed as error:
        await _not_answered(database, kept, error)
        return
    await _settle(database, kept, vendor, answered)


async def _settle(
    database: Database, kept: MessageContent, vendor: Vendor, answered: vendor_client.VendorAnswer
) -> None:
    sealed = vault.seal(answered.raw, ANSWER, kept.id)
    if not answered.envelope.accepted:
        await _give_up(database, kept, answered.codes(), answered.text("202", "201"), sealed)
        return
    try:
        exam_no = msgspec.json.decode(answered.envelope.data, type=AppointmentData).exam_no
    except (msgspec.ValidationError, msgspec.DecodeError):
        exam_no = None
    assert kept.booking_id is not None
    async with database.transaction() as tx:
        await messages.settle(tx, kept.id, state="done", codes=answered.codes(), answer=sealed)
        await _audit(tx, kept, vendor.institution_id, "done")
        booking = await exams.mark_booked(tx, kept.booking_id, exam_no or None)
        if booking is not None:  # else the guide was faster, and told of it
            await _tell(tx, "booking_confirmed", booking)


async def _not_answered(database: Database, kept: MessageContent, error: PeerFailed) -> None:
    """Raises `TryAgain`, unless another try is pointless."""
    if not error.passing or kept.attempts >= MAX_TRIES:
        await _give_up(database, kept, ["202"], error.reason)
        return
    assert kept.booking_id is not None
    async with database.transaction() as tx:
        tries = await messages.settle(tx, kept.id, state="sending", codes=[])
        if tries == 2:
            await _tell(tx, "booking_waiting", await exams.get_booking(tx, kept.booking_id))
    raise TryAgain(error.reason)


async def _give_up(
    database: Database,
    kept: MessageContent,
    codes: list[str],
    reason: str,
    answer: bytes | None = None,
    *,
    tried: bool = True,
) -> None:
    assert kept.booking_id is not None
    async with database.transaction() as tx:
        await messages.settle(
            tx,
            kept.id,
            state="refused" if answer else "dead",
            codes=codes or ["202"],
            answer=answer,
            tried=tried,
        )
        institution_id = (await exams.get_booking(tx, kept.booking_id)).institution_id
        await _audit(tx, kept, institution_id, "refused")
        booking = await exams.mark_failed(tx, kept.booking_id, reason)
        if booking is not None:
            await _tell(tx, "booking_failed", booking)


async def _tell(tx: Tx, template: str, booking: exams.Booking) -> None:
    """The reason of a failure is read in the booking itself."""
    day = booking.appointment_date
    await notices.notify(
        tx,
        template,
        person_id=booking.person_id,
        data={"appointment_date": f"{day.year}年{day.month}月{day.day}日" if day else ""},
        subject=f"exams.bookings/{booking.id}",
    )


async def _audit(tx: Tx, kept: MessageContent, institution_id: UUID, state: str) -> None:
    await audit.record(
        tx,
        SYSTEM,
        "exchange.k2.send",
        subject=f"exchange.messages/{kept.id}",
        person_id=kept.person_id,
        institution_id=institution_id,
        detail={"state": state},
    )
