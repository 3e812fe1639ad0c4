"""Which exam a push belongs to, made when the vendor tells of one that we never asked for."""

from datetime import date
from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange.errors import Malformed
from kanghu.modules.exchange.repository import vendors
from kanghu.modules.exchange.service.receive import Context, NotSaved


async def exam_of(
    tx: Tx, context: Context, exam_account: str, exam_no: str | None, day: date | None = None
) -> UUID | None:
    """The booking of `exam_no`; without a number the person's only open one, and None when that is not clear.

    Raises `Malformed` when the number is missing and this vendor must send it, `NotSaved` when it is somebody else's.
    """
    opening = context.opening
    assert opening.person_id is not None
    assert opening.institution_id is not None
    if exam_no is None:
        return await _only_open(tx, context.vendor_id, opening.person_id)
    if opening.booking_id is not None and opening.booking_person_id == opening.person_id:
        return opening.booking_id
    try:
        return await exams.ensure_booking(
            tx,
            vendor_id=context.vendor_id,
            institution_id=opening.institution_id,
            person_id=opening.person_id,
            exam_account=exam_account,
            exam_no=exam_no,
            day=day,
        )
    except exams.ExamNoOfAnother as error:
        raise NotSaved("体检编号已属于其他客户的体检") from error


async def _only_open(tx: Tx, vendor_id: UUID, person_id: UUID) -> UUID | None:
    vendor = await vendors.get(tx, vendor_id)
    if vendor is None or not vendor.exam_no_optional:
        raise Malformed("缺少体检编号 exam_no")
    booking = await exams.only_open_booking(tx, vendor_id, person_id)
    return None if booking is None else booking.id
