"""What the interfaces and screens of exams give back of what was put in."""

from datetime import UTC, datetime, timedelta

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.modules.exams import public as exams
from kanghu.modules.exams.repository import bookings
from kanghu.modules.exams.repository import results as rows
from tests.results import new_result


async def test_structured_findings_and_images_of_some_results_are_kept(tx: Tx) -> None:
    booking, at = new_id(), datetime(2026, 11, 20, tzinfo=UTC)
    batch: list[exams.NewResult] = []
    findings = [{"code": "texture", "value": "韧"}, {"code": "size", "value": "1.0", "unit": "cm"}]
    for code, sub_findings, images in (
        ("A", None, None),
        ("B", findings, [{"study_uid": "1.2.3"}]),
        ("C", [], None),
    ):
        batch.append(
            new_result(code, "见描述", at, item_code="EXAM.BREAST", sub_findings=sub_findings, images=images)
        )
    await exams.store_results(
        tx, booking_id=booking, person_id=new_id(), institution_id=new_id(), message_id=new_id(), batch=batch
    )
    kept = {found.vendor_item_code: found for found in await rows.of_booking(tx, booking)}
    assert [kept[code].sub_findings for code in "ABC"] == [None, findings, []]
    assert kept["B"].images == [{"study_uid": "1.2.3"}]


async def test_free_days_count_what_is_taken(tx: Tx) -> None:
    vendor, today = new_id(), clock.today()
    await exams.set_daily_capacity(tx, vendor, 2)
    assert await bookings.take_place(tx, vendor, today)
    found = await bookings.days(tx, vendor, today, today + timedelta(days=1))
    assert [(day.day, day.capacity, day.taken) for day in found] == [
        (today, 2, 1),
        (today + timedelta(days=1), 2, 0),
    ]
