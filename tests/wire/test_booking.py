"""US-K2 from the customer's side: 201, 202, and an exam centre that is slow, wrong or away."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from tests.wire.appointments import appointments, book, booking_in, calls, request_booking, set_faults
from tests.wire.conftest import Platform, eventually
from tests.wire.hospital import Customer, guide_body, in_days, messages, new_exam_no, sign_up, staff
from tests.wire.scripted import ScriptedVendor, scripted_vendor


@pytest.fixture(autouse=True)
def behaving(platform: Platform) -> Iterator[None]:
    yield
    set_faults(platform)


@pytest.fixture(scope="module")
def script(platform: Platform) -> Any:
    with scripted_vendor(platform) as found:
        yield found


def bound(platform: Platform, script: ScriptedVendor, name: str) -> Customer:
    made = sign_up(platform, name, "1", date(1977, 7, 7), bind=False)
    script.say({"exam_account": f"B{made.person_id[-12:]}"})
    assert made.bind(script.vendor_id).status_code == 201
    return made


def log(platform: Platform, customer: Customer) -> dict[str, Any]:
    """The line of the customer's one appointment message."""
    (line,) = eventually(lambda: messages(platform, interface="K2", person_id=customer.person_id))
    found: dict[str, Any] = line
    return found


def told(customer: Customer) -> list[str]:
    """What the customer was told of the booking, in order."""
    return [one["template_code"] for one in reversed(customer.notices()) if "booking" in one["template_code"]]


def test_from_the_chosen_day_to_the_exam_number(platform: Platform) -> None:
    customer, day = sign_up(platform, "邹预约", "2", date(1982, 2, 2)), in_days(5)
    booking_id = book(platform, customer, day)
    booking = booking_in(customer, booking_id, "booked")
    (made,) = appointments(platform, customer.exam_account)
    assert made["exam_no"] == booking["exam_no"]
    assert made["appointment_date"] == f"{day:%Y%m%d}"
    assert made["items"], "in the vendor's codes"
    assert eventually(lambda: told(customer)) == ["booking_confirmed"]
    line = log(platform, customer)
    assert (line["state"], line["codes"], line["direction"]) == ("done", [], "out")
    sent = json.loads(
        next(one for one in calls(platform, "K2") if customer.exam_account in one["request"])["request"]
    )
    assert sent["exam_account"] == customer.exam_account
    assert {name: sent["person"][name] for name in customer.person} == customer.person
    assert {item["item_code"] for item in sent["items"]} - {""} == set(made["items"])
    desk = staff(platform, "doctor")
    asked = {"vendor_id": customer.vendor_id, "day": day.isoformat(), "person_id": customer.person_id}
    (shown,) = desk.get("/api/admin/exams/bookings", params=asked).json()["items"]
    assert (shown["id"], shown["person_name"]) == (booking_id, "邹预约")
    assert shown["vendor_name"]
    days = desk.get("/api/admin/exams/days", params={"vendor_id": customer.vendor_id}).json()
    assert len(days) == 15
    assert next(one for one in days if one["day"] == day.isoformat())["taken"] >= 1
    other_day = {**asked, "day": in_days(6).isoformat()}
    assert desk.get("/api/admin/exams/bookings", params=other_day).json()["items"] == []


@pytest.mark.parametrize("days", [-1, 15, 365])
def test_201_for_a_day_outside_the_two_weeks(platform: Platform, days: int) -> None:
    customer = sign_up(platform, "喻选日", "1")
    answer = request_booking(customer, in_days(days))
    assert answer.status_code == 422
    fault = answer.json()
    assert fault["code"] == "exams.date_not_allowed"
    assert fault["message"] == f"请输入{in_days(0):%Y%m%d}至{in_days(14):%Y%m%d}的任意日期。"
    assert customer.bookings() == []
    assert messages(platform, interface="K2", person_id=customer.person_id) == []


@pytest.mark.parametrize("days", [0, 14])
def test_the_first_and_the_last_day_are_allowed(platform: Platform, days: int) -> None:
    customer = sign_up(platform, "柏首末", "1")
    booking_id = book(platform, customer, in_days(days))
    assert booking_in(customer, booking_id, "booked")["appointment_date"] == in_days(days).isoformat()


def test_201_of_the_vendor_is_told_with_its_words(platform: Platform, script: ScriptedVendor) -> None:
    customer, text = bound(platform, script, "水拒日"), "请输入20300101至20300115的任意日期。"
    script.say({}, accepted=False, messages=[{"code": "201", "level": "error", "text": text}])
    booking = booking_in(customer, book(platform, customer, in_days(3)), "failed")
    assert booking["failure"] == text
    assert log(platform, customer)["codes"] == ["201"]
    assert log(platform, customer)["state"] == "refused"
    assert told(customer) == ["booking_failed"]


def test_202_when_the_day_is_full_at_the_vendor(platform: Platform) -> None:
    customer, day = sign_up(platform, "窦约满", "1"), in_days(9)
    full = f"{platform.sandbox}/control/days/{day:%Y%m%d}"
    httpx.put(full, json={"capacity": 0}, trust_env=False)
    days = {"vendor_id": customer.vendor_id}
    before = customer.client.get("/api/patient/exams/days", params=days).json()[9]["taken"]
    booking = booking_in(customer, book(platform, customer, day), "failed")
    assert booking["failure"] == f"体检预约失败。{day:%Y%m%d}已约满"
    assert (log(platform, customer)["state"], log(platform, customer)["codes"]) == ("refused", ["202"])
    assert told(customer) == ["booking_failed"]
    assert customer.client.get("/api/patient/exams/days", params=days).json()[9]["taken"] == before, (
        "free again"
    )
    httpx.put(full, json={"capacity": 60}, trust_env=False)
    again = book(platform, customer, day)
    booking_in(customer, again, "booked")
    assert len(appointments(platform, customer.exam_account)) == 1


@pytest.mark.parametrize(
    ("status", "content", "reason"),
    [
        (200, {"accepted": False, "messages": []}, "对方系统未说明原因"),
        (200, {"accepted": False, "messages": [{"code": "E9", "level": "error", "text": "停诊"}]}, "停诊"),
        (400, {"accepted": False}, "对方系统返回 HTTP 400"),
        (409, b"", "对方系统返回 HTTP 409"),
        (422, b"", "对方系统返回 HTTP 422"),
    ],
    ids=str,
)
def test_202_for_every_final_no(
    platform: Platform, script: ScriptedVendor, status: int, content: Any, reason: str
) -> None:
    customer = bound(platform, script, "章终否")
    script.answer = lambda _path, _body: (status, content)
    booking = booking_in(customer, book(platform, customer, in_days(2)), "failed")
    assert booking["failure"] == reason
    assert log(platform, customer)["state"] in ("refused", "dead")
    assert log(platform, customer)["codes"]
    assert told(customer) == ["booking_failed"]


def test_202_for_a_day_that_is_full_here(platform: Platform) -> None:
    """The place is counted before the vendor is asked."""
    with scripted_vendor(platform) as small:
        customer = bound(platform, small, "云满员")
        capacity = {"vendor_id": small.vendor_id, "day": in_days(4).isoformat(), "capacity": 0}
        staff(platform, "doctor").put("/api/admin/exams/capacity", json=capacity)
        answer = request_booking(customer, in_days(4))
        assert answer.status_code == 409
        assert answer.json()["code"] == "exams.day_full"
        assert customer.bookings() == []


def test_an_exam_centre_that_fails_is_asked_again_and_the_customer_told_once(platform: Platform) -> None:
    customer = sign_up(platform, "苏重试", "2", date(1995, 5, 5))
    set_faults(platform, status=500)
    booking_id = book(platform, customer, in_days(6))
    eventually(lambda: "booking_waiting" in told(customer), seconds=60)
    eventually(lambda: log(platform, customer)["attempts"] >= 3, seconds=60)
    assert booking_in(customer, booking_id, "sending")["exam_no"] is None
    assert log(platform, customer)["state"] == "sending"
    assert appointments(platform, customer.exam_account) == []
    set_faults(platform)
    booking = booking_in(customer, booking_id, "booked", seconds=90)
    assert [one["exam_no"] for one in appointments(platform, customer.exam_account)] == [booking["exam_no"]]
    assert told(customer) == ["booking_waiting", "booking_confirmed"], "each once"
    assert log(platform, customer)["state"] == "done"


def test_an_answer_of_garbage_books_once(platform: Platform) -> None:
    """The exam centre has booked, but says so unreadably."""
    customer = sign_up(platform, "潘乱码", "1")
    set_faults(platform, garbage_body=True)
    booking_id = book(platform, customer, in_days(7))
    eventually(lambda: appointments(platform, customer.exam_account))
    eventually(lambda: log(platform, customer)["attempts"] >= 1)
    set_faults(platform)
    booking = booking_in(customer, booking_id, "booked")
    assert [one["exam_no"] for one in appointments(platform, customer.exam_account)] == [booking["exam_no"]]


def test_an_answer_after_the_deadline_books_once(platform: Platform) -> None:
    """The appointment was made; we had gone. The same request id brings the first answer, not a second appointment."""
    customer = sign_up(platform, "葛超时", "1")
    set_faults(platform, delay_ms=11_000)
    booking_id = book(platform, customer, in_days(8))
    eventually(lambda: log(platform, customer)["attempts"] == 1, seconds=30)
    set_faults(platform)
    booking = booking_in(customer, booking_id, "booked")
    eventually(
        lambda: len([one for one in calls(platform, "K2") if customer.exam_account in one["request"]]) == 2
    )
    assert [one["exam_no"] for one in appointments(platform, customer.exam_account)] == [booking["exam_no"]]
    assert told(customer) == ["booking_confirmed"], "one silent try is no news"


def test_an_exam_centre_that_says_nothing_at_all(platform: Platform) -> None:
    customer = sign_up(platform, "奚沉默", "2")
    set_faults(platform, down=True)
    booking_id = book(platform, customer, in_days(10))
    eventually(lambda: log(platform, customer)["attempts"] == 1, seconds=30)
    set_faults(platform)
    booking_in(customer, booking_id, "booked")
    assert len(appointments(platform, customer.exam_account)) == 1


def test_a_slow_exam_centre_is_waited_for(platform: Platform) -> None:
    """Ten seconds are its due, whatever the HTTP library would grant."""
    customer = sign_up(platform, "范缓慢", "1")
    set_faults(platform, delay_ms=6_000)
    booking_in(customer, book(platform, customer, in_days(11)), "booked")
    assert log(platform, customer)["attempts"] == 1


def test_a_booking_without_a_number_takes_the_one_of_the_guide(
    platform: Platform, script: ScriptedVendor
) -> None:
    customer, exam_no = bound(platform, script, "彭无号"), new_exam_no()
    script.say({"exam_no": None})
    booking_id = book(platform, customer, in_days(1))
    assert booking_in(customer, booking_id, "booked")["exam_no"] is None
    script.vendor().push("guides", guide_body(customer, exam_no, "请空腹"))
    assert [(one["id"], one["exam_no"]) for one in customer.bookings()] == [(booking_id, exam_no)]


def test_a_guide_that_is_faster_than_the_answer(platform: Platform, script: ScriptedVendor) -> None:
    """The vendor sends the guide before it has answered the appointment."""
    customer, exam_no = bound(platform, script, "郎抢先"), new_exam_no()
    pushed: list[dict[str, Any]] = []

    def answer(_path: str, _body: dict[str, Any]) -> tuple[int, Any]:
        pushed.append(script.vendor().push("guides", guide_body(customer, exam_no, "请空腹")))
        return 200, {"accepted": True, "messages": [], "data": {"exam_no": exam_no}, "request_id": ""}

    script.answer = answer
    booking_id = book(platform, customer, in_days(1))
    eventually(lambda: log(platform, customer)["state"] == "done")
    assert pushed[0]["messages"] == []
    assert [(one["id"], one["exam_no"], one["state"]) for one in customer.bookings()] == [
        (booking_id, exam_no, "booked")
    ]
    assert customer.guide(exam_no) is not None


def test_a_person_has_one_open_request_at_a_vendor(platform: Platform) -> None:
    customer = sign_up(platform, "鲁一次", "1")
    first = request_booking(customer, in_days(3))
    assert first.status_code == 201
    assert request_booking(customer, in_days(4)).status_code == 409
    cancelled = customer.client.post(f"/api/patient/exams/bookings/{first.json()['id']}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    assert request_booking(customer, in_days(4)).status_code == 201
    assert messages(platform, interface="K2", person_id=customer.person_id) == []


def test_without_an_exam_account_nothing_is_booked(platform: Platform) -> None:
    customer = sign_up(platform, "韦未绑", "1", bind=False)
    customer.vendor_id = platform.info["vendor"]["vendor_id"]
    answer = request_booking(customer, in_days(3))
    assert answer.status_code == 409
    assert answer.json()["code"] == "exams.exam_account_missing"
