"""US-H4: reports in text, HTML and PDF, versions, 601."""

import base64
from datetime import date

import pytest

from tests.wire.behind import refusing
from tests.wire.conftest import Platform, Vendor, eventually
from tests.wire.hospital import Customer, messages, new_exam_no, only_message, report_body, sign_up

PDF = base64.b64encode(b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF").decode()


@pytest.fixture(scope="module")
def customer(platform: Platform) -> Customer:
    return sign_up(platform, "吴总检", "1", date(1970, 12, 31))


@pytest.mark.parametrize(
    ("kind", "content", "shown"),
    [
        ("text", "未见明显异常。\n<b>注意</b>饮食", "未见明显异常。\n<b>注意</b>饮食"),
        (
            "html",
            "<h2>总检</h2><script>x()</script><p onclick='x()'>血脂偏高</p>",
            "<h2>总检</h2><p>血脂偏高</p>",
        ),
        ("pdf", PDF, PDF),
    ],
)
def test_a_report_of_each_kind_is_shown_to_the_customer(
    vendor: Vendor, customer: Customer, kind: str, content: str, shown: str
) -> None:
    exam_no = new_exam_no()
    conclusions = ["血脂偏高", {"code": "E78.5", "text": "高脂血症", "level": 2}]
    envelope = vendor.push("reports", report_body(customer, exam_no, content, kind, conclusions=conclusions))
    assert envelope == {**envelope, "accepted": True, "messages": [], "data": {}}
    (report,) = customer.reports(exam_no)
    assert (report["kind"], report["content"], report["version"]) == (kind, shown, 1)
    assert report["conclusions"] == conclusions
    assert customer.booking(exam_no)["origin"] == "vendor", "the missing booking is made"


def test_the_newest_version_is_shown_first_however_they_arrive(vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    for version in (2, 1, 3):
        vendor.push("reports", report_body(customer, exam_no, f"第{version}版", version=version))
    vendor.push("reports", report_body(customer, exam_no, "第2版", version=2))
    assert [report["content"] for report in customer.reports(exam_no)] == ["第3版", "第2版", "第1版"]


def test_versions_are_counted_when_the_vendor_does_not(vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    for text in ("初稿", "定稿", "定稿"):
        vendor.push("reports", report_body(customer, exam_no, text))
    assert [(one["version"], one["content"]) for one in customer.reports(exam_no)] == [
        (2, "定稿"),
        (1, "初稿"),
    ]


def test_the_customer_is_told_once_a_version(vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    for _ in range(2):
        vendor.push("reports", report_body(customer, exam_no, "报告", version=1))
    subject = f"exams.bookings/{customer.booking(exam_no)['id']}"

    def told() -> int:
        return len([one for one in customer.notices("report_received") if one["subject"] == subject])

    eventually(told)
    vendor.push("reports", report_body(customer, exam_no, "更正的报告", version=2))
    eventually(lambda: told() == 2)


@pytest.mark.parametrize("content", ["not base64!", "aGVsbG8=", PDF[:-3], PDF + "\n"])
def test_601_for_what_is_no_pdf(vendor: Vendor, customer: Customer, content: str) -> None:
    exam_no = new_exam_no()
    envelope = vendor.push("reports", report_body(customer, exam_no, content, "pdf"))
    message = only_message(envelope, "601")
    assert not envelope["accepted"]
    assert message["level"] == "error"
    assert message["text"].startswith("保存失败。")
    assert message["details"] == {"alias": "602"}, "the requirement's prose says 602 (decision 2)"
    assert all(
        customer.reports(exam_no) == [] for found in customer.bookings() if found["exam_no"] == exam_no
    )


def test_601_when_it_cannot_be_saved_and_the_kept_message_is_tried_again(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no, key = new_exam_no(), f"report-{new_exam_no()}"
    with refusing(platform, "exams.bookings", f"NEW.exam_no = '{exam_no}'"):
        envelope = vendor.push("reports", report_body(customer, exam_no, "报告"), **{"X-Request-Id": key})
        assert only_message(envelope, "601")["details"] == {"alias": "602"}
        assert envelope["accepted"], "kept durably"
        line = next(found for found in messages(platform, code="601") if found["request_id"] == key)
        assert line["state"] == "failed"

    def stored() -> bool:
        found = [booking for booking in customer.bookings() if booking["exam_no"] == exam_no]
        return bool(found) and [one["content"] for one in customer.reports(exam_no)] == ["报告"]

    eventually(stored, seconds=60)
    assert (
        next(one for one in messages(platform, interface="H4") if one["id"] == line["id"])["state"] == "done"
    )


def test_601_for_an_exam_number_of_somebody_else(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no = new_exam_no()
    vendor.push("reports", report_body(customer, exam_no, "我的"))
    other = sign_up(platform, "郑他人", "2")
    envelope = vendor.push("reports", report_body(other, exam_no, "他的"))
    assert "其他客户" in only_message(envelope, "601")["text"]
    assert [one["content"] for one in customer.reports(exam_no)] == ["我的"]
