"""US-H3: printed values become comparable ones, the printed text is kept, and 501 and 502 lose nothing."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.wire.behind import refusing
from tests.wire.conftest import Platform, Vendor, eventually
from tests.wire.hospital import (
    Customer,
    messages,
    new_exam_no,
    only_message,
    result,
    results_body,
    sign_up,
    staff,
)

# code, printed unit, printed value → type, number, comparator, word, unit of the number
VALUES = [
    ("CHO", "mmol/L", "5.18", "numeric", 5.18, "", "", "mmol/L"),
    ("CHO", "mmol/L", " 5.18 ", "numeric", 5.18, "", "", "mmol/L"),
    ("CHO", None, "5.18", "numeric", 5.18, "", "", "mmol/L"),
    ("CHO", "mmol/L", "5.18 ↑", "numeric", 5.18, "", "", "mmol/L"),
    ("GLU0", "mg/dL", "100", "numeric", 5.5507, "", "", "mmol/L"),
    ("GLU0", "mmol/L", "5.6", "numeric", 5.6, "", "", "mmol/L"),
    ("CR-X", "mg/dL", "1.0", "numeric", 88.4, "", "", "umol/L"),
    ("CR-X", "µmol/L", "88.4", "numeric", 88.4, "", "", "umol/L"),
    ("XCG03", "g/dL", "14.2", "numeric", 142, "", "", "g/L"),
    ("AFP-D", "μg/L", "<0.01", "numeric", 0.01, "<", "", "ng/mL"),
    ("AFP-D", "ng/mL", "＜０.０１", "numeric", 0.01, "<", "", "ng/mL"),
    ("TSH-U", "μIU/mL", "＞１００", "numeric", 100, ">", "", "m[IU]/L"),
    ("XCG01", "10^9/L", "６．５", "numeric", 6.5, "", "", "10*9/L"),
    ("XCG01", "10^9/L", "1.2×10^9", "numeric", 1.2, "", "", "10*9/L"),
    ("XCG01", "/L", "1.2×10^9", "numeric", 1.2, "", "", "10*9/L"),
    ("XCG01", "/L", "1.2×10⁹", "numeric", 1.2, "", "", "10*9/L"),
    ("HB1", None, "阴性(-)", "ordinal", None, "", "阴性", ""),
    ("HB1", None, "（＋）", "ordinal", None, "", "+", ""),
    ("RF-X", None, "1:160", "ordinal", 160, "", "1:160", ""),
    ("CS-JDM", None, "颈动脉内膜增厚，见斑块 2.1×1.5mm", "text", None, "", "", ""),
    ("CS-JDM", None, "", "text", None, "", "", ""),
]


@pytest.fixture(scope="module")
def customer(platform: Platform) -> Customer:
    return sign_up(platform, "王化验", "2", date(1988, 1, 9))


@pytest.mark.parametrize(
    ("code", "printed_unit", "printed", "kind", "number", "comparator", "word", "unit"), VALUES, ids=str
)
def test_a_printed_value(
    vendor: Vendor,
    customer: Customer,
    code: str,
    printed_unit: str | None,
    printed: str,
    kind: str,
    number: float | None,
    comparator: str,
    word: str,
    unit: str,
) -> None:
    exam_no = new_exam_no()
    envelope = vendor.push(
        "results", results_body(customer, exam_no, result(code, printed, unit=printed_unit))
    )
    assert envelope["messages"] == []
    assert envelope["data"] == {"stored": 1, "staged": 0, "unchanged": 0}
    stored = customer.results(exam_no)[code]
    assert stored["raw_value"] == printed, "as printed, to the letter"
    assert stored["raw_unit"] == (printed_unit or "")
    assert (stored["value_type"], stored["comparator"], stored["coded_value"]) == (kind, comparator, word)
    assert stored["numeric_value"] == (None if number is None else pytest.approx(number, rel=1e-4))
    assert stored["unit"] == unit


def test_everything_the_vendor_says_is_kept(vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    findings = [
        {"site": "右肺上叶", "kind": "结节", "size_mm": 6.5, "marks": ["磨玻璃", {"density": "纯"}]},
        {"site": "左肺", "none": True, "nothing": None},
    ]
    images = [
        {
            "study_uid": "1.2.840.1",
            "series_uid": "1.2.840.1.1",
            "instance_uid": "1.2.840.1.1.1",
            "modality": "DX",
            "body_part": "CHEST",
            "url": "https://pacs.example/1",
        }
    ]
    sent = result(
        "DR-CHEST",
        "右肺上叶磨玻璃结节",
        item_name="胸部正位DR",
        value_type="text",
        reference_range="未见异常",
        abnormal_flag="A",
        specimen="",
        method="DR",
        department="放射科",
        operator="技师甲",
        reviewer="医师乙",
        sequence=3,
        sub_findings=findings,
        images=images,
        performed_at="20261120093015",
    )
    assert vendor.push("results", results_body(customer, exam_no, sent))["data"]["stored"] == 1
    stored = customer.results(exam_no)["DR-CHEST"]
    assert stored["sub_findings"] == findings
    assert stored["images"] == images
    assert stored["item_code"] == "EXAM.CHEST_XRAY"
    assert stored["item_name"] == "胸部正位DR"
    assert stored["vendor_abnormal_flag"] == "A"
    assert stored["reference_text"] == "未见异常"
    assert stored["department"] == "放射科"
    at = datetime.fromisoformat(stored["performed_at"])
    assert at == datetime(2026, 11, 20, 1, 30, 15, tzinfo=UTC), "a time without zone is Asia/Shanghai"


@pytest.mark.parametrize("unit", ["kg", "mg/dL/h", "瓶"])
def test_501_for_a_unit_that_cannot_be_converted(vendor: Vendor, customer: Customer, unit: str) -> None:
    exam_no = new_exam_no()
    envelope = vendor.push("results", results_body(customer, exam_no, result("CHO", "5.2", unit=unit)))
    message = only_message(envelope, "501")
    assert message["details"]["reasons"][0]["reason"] == "单位无法换算"
    assert customer.results(exam_no) == {}


def test_501_names_every_unmatched_item_and_stores_the_others_at_once(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no = new_exam_no()
    strange = [f"STRANGE-{number}-{exam_no}" for number in range(3)]
    envelope = vendor.push(
        "results",
        results_body(
            customer,
            exam_no,
            result(strange[0], "1.5", item_name="奇异项目甲"),
            result("CHO", "5.2"),
            result(strange[1], "阴性", item_name="奇异项目乙"),
            result("GLU0", "5.1", unit="mmol/L"),
            result(strange[2], "7"),
        ),
    )
    message = only_message(envelope, "501")
    assert envelope["accepted"], "taken over durably, also while a part waits"
    assert envelope["data"] == {"stored": 2, "staged": 3, "unchanged": 0}
    assert message["level"] == "error"
    assert (
        message["text"] == f"无法匹配项目。奇异项目甲({strange[0]})、奇异项目乙({strange[1]})、{strange[2]}"
    )
    assert message["details"]["items"] == strange
    assert {one["reason"] for one in message["details"]["reasons"]} == {"未建立对照"}
    assert set(customer.results(exam_no)) == {"CHO", "GLU0"}
    waiting = staff(platform, "it_staff").get(
        "/api/admin/exchange/staged-results", params={"vendor_item_code": strange[0]}
    )
    (line,) = waiting.json()["items"]
    assert (line["item_name"], line["reason_text"]) == ("奇异项目甲", "未建立对照")
    assert line["result"]["value"] == "1.5"


def test_502_for_an_exam_number_of_somebody_else(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no, key = new_exam_no(), f"other-{new_exam_no()}"
    vendor.push("results", results_body(customer, exam_no, result("CHO", "5.0")))
    other = sign_up(platform, "冯他人", "2", date(1999, 9, 9))
    body = results_body(other, exam_no, result("CHO", "9.9"), result("GLU0", "30"))
    envelope = vendor.push("results", body, **{"X-Request-Id": key})
    message = only_message(envelope, "502")
    assert message["level"] == "error"
    assert message["text"] == "保存失败。体检编号已属于其他客户的体检"
    assert envelope["accepted"], "kept for another try"
    assert {code: one["raw_value"] for code, one in customer.results(exam_no).items()} == {"CHO": "5.0"}
    assert other.bookings() == []
    line = next(found for found in messages(platform, code="502") if found["request_id"] == key)
    assert line["state"] == "failed"
    assert line["interface"] == "H3"
    again = staff(platform, "it_staff").post(f"/api/admin/exchange/messages/{line['id']}/replay")
    assert again.status_code == 409
    assert again.json()["message"] == "仍无法保存：体检编号已属于其他客户的体检"


def test_502_when_results_cannot_be_saved_and_they_are_stored_later(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no, key = new_exam_no(), f"later-{new_exam_no()}"
    body = results_body(customer, exam_no, result("CHO", "4.4"), result(f"NEW-{exam_no}", "1"))
    with refusing(platform, "exams.results", "NEW.raw_value = '4.4'"):
        envelope = vendor.push("results", body, **{"X-Request-Id": key})
        message = only_message(envelope, "502")
        assert message["text"].startswith("保存失败。")
        assert "refused for a test" not in json.dumps(envelope)
        assert exam_no not in [found["exam_no"] for found in customer.bookings()], "all or nothing"
        first = vendor.push("results", body, **{"X-Request-Id": key})
        assert first == envelope, "a repeated delivery gets the first answer"

    def line() -> dict[str, Any]:
        return next(found for found in messages(platform, interface="H3") if found["request_id"] == key)

    kept = eventually(lambda: line() if line()["state"] != "failed" else None, seconds=90)
    assert (kept["state"], kept["codes"]) == ("staged", ["502", "501"])
    assert set(customer.results(exam_no)) == {"CHO"}
    assert vendor.push("results", body, **{"X-Request-Id": key}) == envelope, "the first answer, for good"


def test_a_customer_is_told_of_results_once_an_exam(vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    for number in range(4):
        vendor.push("results", results_body(customer, exam_no, result("CHO", f"5.{number}", sequence=number)))
    subject = f"exams.bookings/{customer.booking(exam_no)['id']}"

    def told() -> list[Any]:
        return [one for one in customer.notices("results_received") if one["subject"] == subject]

    eventually(told)
    vendor.push("results", results_body(customer, exam_no, result("GLU0", "5", unit="mmol/L")))
    assert len(told()) == 1


def test_one_item_twice_in_a_push_counts_in_its_newest_version(vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    envelope = vendor.push(
        "results",
        results_body(
            customer,
            exam_no,
            result("CHO", "2", sequence=2),
            result("CHO", "3", sequence=3),
            result("CHO", "1", sequence=1),
        ),
    )
    assert envelope["data"] == {"stored": 1, "staged": 0, "unchanged": 0}
    assert customer.results(exam_no)["CHO"]["raw_value"] == "3"
