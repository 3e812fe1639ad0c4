"""US-H2: a guide is stored and shown cleaned, the missing booking is made, the customer is told once; 402, 403, 405."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest

from tests.wire.behind import query, refusing
from tests.wire.conftest import Platform, Vendor
from tests.wire.hospital import (
    Customer,
    codes,
    guide_body,
    messages,
    new_exam_no,
    only_message,
    result,
    results_body,
    sign_up,
    staff,
)

HTML = """<h1>体检指引</h1><p style="color: red; position: fixed" onclick="steal()">请空腹</p>
<script>steal()</script><img src="https://tracker.example/x.png"><a href="javascript:steal()">点我</a>
<iframe src="http://169.254.169.254/"></iframe><table><tr><td colspan="2">B 超</td></tr></table>
<style>body{background:url(https://tracker.example/y)}</style><svg onload="steal()"></svg>"""


@pytest.fixture(scope="module")
def customer(platform: Platform) -> Customer:
    return sign_up(platform, "李引路", "2", date(1986, 2, 28))


def test_a_guide_makes_the_missing_booking_and_tells_the_customer_once(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no = new_exam_no()
    before = len(customer.notices("guide_received"))
    body = guide_body(
        customer, exam_no, "请空腹，八点到一楼", exam_date="20261203", items=[{"item_code": "CHO"}]
    )
    envelope = vendor.push("guides", body)
    assert envelope == {**envelope, "accepted": True, "messages": [], "data": {}}
    booking = customer.booking(exam_no)
    assert booking["origin"] == "vendor"
    assert booking["state"] == "booked"
    assert booking["appointment_date"] == "2026-12-03"
    guide = customer.guide(exam_no)
    assert guide is not None
    assert (guide["kind"], guide["content"]) == ("text", "请空腹，八点到一楼")
    told = customer.notices("guide_received")
    assert len(told) == before + 1
    assert told[0]["subject"] == f"exams.bookings/{booking['id']}"
    for _ in range(2):  # the same guide again is no news, whatever its request id
        assert vendor.push("guides", body)["messages"] == []
    assert len(customer.notices("guide_received")) == before + 1
    assert len([found for found in customer.bookings() if found["exam_no"] == exam_no]) == 1
    seen_by_staff = staff(platform, "doctor").get(f"/api/admin/exams/bookings/{booking['id']}/guide").json()
    assert seen_by_staff == guide


def test_a_changed_guide_replaces_the_one_before_and_is_told(vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    vendor.push("guides", guide_body(customer, exam_no, "一楼"))
    before = len(customer.notices("guide_received"))
    vendor.push("guides", guide_body(customer, exam_no, "改到二楼"))
    guide = customer.guide(exam_no)
    assert guide is not None
    assert guide["content"] == "改到二楼"
    assert len(customer.notices("guide_received")) == before + 1


def test_html_is_cleaned_before_anyone_sees_it(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no = new_exam_no()
    assert vendor.push("guides", guide_body(customer, exam_no, HTML, "html"))["accepted"]
    guide = customer.guide(exam_no)
    assert guide is not None
    shown = guide["content"]
    for kept in ("<h1>体检指引</h1>", "请空腹", 'colspan="2"', "B 超", "color:red"):
        assert kept in shown.replace("color: red", "color:red"), kept
    for gone in (
        "script",
        "steal",
        "onclick",
        "onload",
        "tracker",
        "iframe",
        "javascript",
        "position",
        "<style",
        "<a",
        "svg",
    ):
        assert gone not in shown, gone
    stored = query(
        platform, "SELECT encode(sha256, 'hex') AS hash FROM exams.guides WHERE id = $1::uuid", guide["id"]
    )
    assert stored[0]["hash"] == hashlib.sha256(HTML.encode()).hexdigest(), (
        "the original is kept with its hash"
    )


def test_a_guide_of_an_exam_that_has_results_already(vendor: Vendor, customer: Customer) -> None:
    """Late: the guide overtaken by the results still finds its exam."""
    exam_no = new_exam_no()
    vendor.push("results", results_body(customer, exam_no, result("CHO", "5.0")))
    vendor.push("guides", guide_body(customer, exam_no, "请空腹"))
    assert set(customer.results(exam_no)) == {"CHO"}
    assert customer.guide(exam_no) is not None


@pytest.mark.parametrize(
    "url", ["https://exam-centre.example/guides/1", "https://EXAM-CENTRE.example:443/g?id=1&x=%2F#top"]
)
def test_an_address_on_the_vendors_host_is_stored_and_never_fetched(
    vendor: Vendor, customer: Customer, url: str
) -> None:
    exam_no = new_exam_no()
    assert vendor.push("guides", guide_body(customer, exam_no, url, "url"))["messages"] == []
    guide = customer.guide(exam_no)
    assert guide is not None
    assert (guide["kind"], guide["content"]) == ("url", url)


REFUSED_URLS = [
    "https://foreign.example/guide",
    "http://exam-centre.example/guide",
    "HTTP://exam-centre.example/guide",
    "ftp://exam-centre.example/guide",
    "javascript:alert(1)//https://exam-centre.example",
    "data:text/html,https://exam-centre.example",
    "//exam-centre.example/guide",
    "exam-centre.example/guide",
    "/guide",
    "https://",
    "https:///exam-centre.example",
    "https://127.0.0.1/guide",
    "https://localhost/guide",
    "https://[::1]/guide",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.5/guide",
    "https://2130706433/guide",
    "https://0x7f.1/guide",
    "https://exam-centre.example@evil.example/guide",
    "https://exam-centre.example:pw@evil.example/guide",
    "https://user@exam-centre.example/guide",
    "https://@exam-centre.example/guide",
    "https://exam-centre.example:8443/guide",
    "https://exam-centre.example:0/guide",
    "https://exam-centre.example:x/guide",
    "https://exam-centre.example.evil.example/guide",
    "https://evil-exam-centre.example/guide",
    "https://sub.exam-centre.example/guide",
    "https://exam-centre.example./guide",
    "https://evil.example\\@exam-centre.example/guide",
    "https://exam-centre.example\\.evil.example/guide",
    "https:\\\\exam-centre.example/guide",
    "https://evil.example#@exam-centre.example/guide",
    "https://evil.example?@exam-centre.example/guide",
    "https://ｅxam-centre.example/guide",
    "https://exam-centre.exаmple/guide",
    "https://exam-centre。example/guide",
    "https://exam-centre.example\u200b/guide",
    "https://exam-centre.example\u2044evil.example/guide",
    "https://exam-centre.example/\u202egnp.exe",
    "https://exam-centre.example%2eevil.example/guide",
    "https://exam-centre.example/a b",
    "https://exam-centre.example/\nhttps://evil.example",
    "https://exam-centre.example/\t",
    " https://exam-centre.example/guide",
    "\x01https://exam-centre.example/guide",
    "https://[exam-centre.example/guide",
]


@pytest.mark.parametrize("url", REFUSED_URLS, ids=ascii)
def test_402_for_any_other_address(vendor: Vendor, customer: Customer, url: str) -> None:
    exam_no = new_exam_no()
    message = only_message(vendor.push("guides", guide_body(customer, exam_no, url, "url")), "402")
    assert message["level"] == "error"
    assert message["text"].startswith("保存失败。")
    assert exam_no not in [booking["exam_no"] for booking in customer.bookings()]


def test_402_and_nothing_is_fetched(platform: Platform, vendor: Vendor, customer: Customer) -> None:
    """Addresses that point at services of this very machine: neither of them hears anything."""
    calls = vendor.client.get(f"{platform.sandbox}/control/calls").json()
    for url in (f"http://127.0.0.1:{platform.sandbox_port}/control/calls", f"{platform.url}/healthz"):
        assert codes(vendor.push("guides", guide_body(customer, new_exam_no(), url, "url"))) == ["402"]
    assert vendor.client.get(f"{platform.sandbox}/control/calls").json() == calls


def test_402_for_an_exam_number_of_somebody_else_and_it_is_kept(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no, key = new_exam_no(), f"other-{new_exam_no()}"
    vendor.push("guides", guide_body(customer, exam_no, "我的"))
    other = sign_up(platform, "周另人", "1")
    envelope = vendor.push("guides", guide_body(other, exam_no, "别人的"), **{"X-Request-Id": key})
    assert only_message(envelope, "402")["text"] == "保存失败。体检编号已属于其他客户的体检"
    guide = customer.guide(exam_no)
    assert guide is not None
    assert guide["content"] == "我的"
    assert other.bookings() == []
    kept = next(line for line in messages(platform, code="402") if line["request_id"] == key)
    assert kept["state"] == "failed", "kept for another try"


@contextmanager
def wording_of_a_newer_program(platform: Platform) -> Iterator[None]:
    """A template that asks for what this program does not fill, as a program that was rolled back finds it.

    From outside there is no way to 403: a wording that could not be filled is refused when it is saved.
    """
    new_version = """INSERT INTO notices.templates (id, code, version, title, body, placeholders, shipped)
                     SELECT gen_random_uuid(), code, version + 1, title, $1, placeholders, shipped FROM notices.templates
                      WHERE code = 'guide_received' ORDER BY version DESC LIMIT 1"""
    (kept,) = query(
        platform,
        "SELECT body FROM notices.templates WHERE code = 'guide_received' ORDER BY version DESC LIMIT 1",
    )
    query(platform, new_version, "请在 {exam_date} 前往 {hall}")
    try:
        yield
    finally:
        query(platform, new_version, kept["body"])


def test_403_when_the_message_cannot_be_made_and_the_guide_stays(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no = new_exam_no()
    before = len(customer.notices())
    with wording_of_a_newer_program(platform):
        envelope = vendor.push("guides", guide_body(customer, exam_no, "请空腹"))
        shown = staff(platform, "it_staff").get("/api/admin/notices/templates/guide_received")
    message = only_message(envelope, "403")
    assert shown.json()[0]["preview"].endswith("请在 {exam_date} 前往 {hall}"), "staff can see what to reword"
    assert envelope["accepted"], "the guide itself was taken over"
    assert message["level"] == "error"
    assert message["text"].startswith("消息生成失败。")
    guide = customer.guide(exam_no)
    assert guide is not None
    assert guide["content"] == "请空腹"
    assert len(customer.notices()) == before


def test_405_when_the_message_cannot_be_sent_and_the_guide_stays(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no = new_exam_no()
    before = len(customer.notices())
    with refusing(platform, "notices.notices", f"NEW.person_id = '{customer.person_id}'"):
        envelope = vendor.push("guides", guide_body(customer, exam_no, "请空腹"))
    message = only_message(envelope, "405")
    assert envelope["accepted"]
    assert message["text"].startswith("消息发送失败。")
    assert "refused for a test" not in json.dumps(envelope), "the database's words are nobody's business"
    assert customer.guide(exam_no) is not None
    assert len(customer.notices()) == before


def test_402_when_the_guide_cannot_be_saved_and_it_is_stored_later(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no, key = new_exam_no(), f"later-{new_exam_no()}"
    with refusing(platform, "exams.bookings", f"NEW.exam_no = '{exam_no}'"):
        envelope = vendor.push("guides", guide_body(customer, exam_no, "请空腹"), **{"X-Request-Id": key})
        message = only_message(envelope, "402")
        assert message["text"].startswith("保存失败。")
        assert "refused for a test" not in json.dumps(envelope)
        assert exam_no not in [booking["exam_no"] for booking in customer.bookings()]
    line = next(found for found in messages(platform, code="402") if found["request_id"] == key)
    again = staff(platform, "it_staff").post(f"/api/admin/exchange/messages/{line['id']}/replay")
    replayed = again.json()
    envelope = json.loads(replayed.pop("answer"))
    assert replayed == {"state": "done", "codes": [], "data": {}}
    assert envelope == {"accepted": True, "messages": [], "data": {}, "request_id": envelope["request_id"]}
    guide = customer.guide(exam_no)
    assert guide is not None
    assert guide["content"] == "请空腹"
