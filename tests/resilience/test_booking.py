"""US-K2 against a vendor that is down, and through the death of the worker right when the vendor says yes."""

import os
import signal
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kanghu.kernel import clock
from tests.resilience.battered import Battered
from tests.wire.conftest import eventually

pytestmark = pytest.mark.timeout(240)

SENDING = "SELECT true FROM pgqueuer WHERE entrypoint = 'exchange.send_appointment' AND status = 'picked'"
DAY = clock.today() + timedelta(days=3)


def _book(platform: Battered, place: int) -> str:
    """A customer picks a day, the doctor sends the list; the booking's id."""
    account = [known for known in platform.info["accounts"] if known["role"] == "customer"][place]
    customer = httpx.Client(base_url=platform.url, timeout=30, trust_env=False)
    token = customer.post(
        "/api/session/login", json={"login": account["username"], "password": account["password"]}
    ).json()["token"]
    asked = {"vendor_id": platform.info["vendor"]["vendor_id"], "appointment_date": DAY.isoformat()}
    answer = customer.post(
        "/api/patient/exams/bookings", json=asked, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 201, answer.text
    booking: str = answer.json()["id"]
    ((checklist, revision),) = eventually(
        lambda: platform.rows(
            "SELECT id, revision FROM health.checklists WHERE booking_id = $1::uuid", booking
        )
    )
    sent = platform.sign_in("doctor").post(
        f"/api/admin/health/checklists/{checklist}/confirm", json={"revision": revision}
    )
    assert sent.status_code == 200, sent.text
    return booking


def _booking(platform: Battered, booking: str) -> Any:
    (found,) = platform.rows(
        """SELECT booking.state, booking.exam_no, message.state AS message, message.attempts,
                  (SELECT count(*) FROM exchange.messages WHERE booking_id = booking.id AND direction = 'out') AS messages,
                  (SELECT array_agg(template_code ORDER BY id) FROM notices.notices
                    WHERE subject = 'exams.bookings/' || booking.id) AS told
             FROM exams.bookings AS booking
             LEFT JOIN exchange.messages AS message ON message.booking_id = booking.id AND message.direction = 'out'
            WHERE booking.id = $1::uuid""",
        booking,
    )
    return found


def _at_vendor(platform: Battered, place: int) -> list[dict[str, Any]]:
    account = platform.info["customers"][place]["exam_account"]
    found = httpx.get(f"{platform.sandbox}/control/appointments", trust_env=False).json()
    return [made for made in found if made["origin"] == "K2" and made["exam_account"] == account]


def test_a_vendor_that_is_down_gets_the_appointment_when_it_is_back(platform: Battered) -> None:
    platform.faults(status=503)
    try:
        booking = _book(platform, 0)
        eventually(lambda: (_booking(platform, booking)["attempts"] or 0) >= 3)
        waiting = _booking(platform, booking)
        assert (waiting["state"], waiting["message"]) == ("sending", "sending")
        assert waiting["told"] == ["booking_waiting"]
        platform.kill_one("kanghu.main.worker")
        assert _at_vendor(platform, 0) == []
    finally:
        platform.faults()
    eventually(lambda: _booking(platform, booking)["state"] == "booked")
    (made,) = _at_vendor(platform, 0)
    booked = _booking(platform, booking)
    assert (booked["exam_no"], booked["message"], booked["messages"]) == (made["exam_no"], "done", 1)
    assert booked["told"] == ["booking_waiting", "booking_confirmed"]


def test_a_worker_killed_when_the_vendor_says_yes_books_once(platform: Battered) -> None:
    """The vendor takes three seconds, and books although nobody listens any more."""
    platform.faults(delay_ms=3000)
    try:
        booking = _book(platform, 1)
        eventually(lambda: platform.value(SENDING))
        time.sleep(1)  # the message is with the vendor, who thinks
        os.kill(platform.pid("kanghu.main.worker"), signal.SIGKILL)
        eventually(lambda: _at_vendor(platform, 1))
        lost = _booking(platform, booking)
        assert (lost["state"], lost["message"]) == ("sending", "sending"), "the answer was not lost"
    finally:
        platform.faults()
    eventually(lambda: _booking(platform, booking)["state"] == "booked", seconds=60)
    platform.await_idle()
    (made,) = _at_vendor(platform, 1)
    booked = _booking(platform, booking)
    assert (booked["exam_no"], booked["message"], booked["messages"]) == (made["exam_no"], "done", 1)
    assert booked["told"] == ["booking_confirmed"]
    assert platform.dead_letters() == 0
