"""What a body may be: size, type, form. Nothing malformed is stored, nothing unknown is an error."""

import base64
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.wire.conftest import Platform, Vendor
from tests.wire.hospital import (
    Customer,
    guide_body,
    messages,
    new_exam_no,
    report_body,
    result,
    results_body,
    sign_up,
    staff,
)
from tests.wire.scripted import scripted_vendor

MIB = 1024 * 1024
RESULTS, REPORTS, GUIDES = "/open/v1/exam/results", "/open/v1/exam/reports", "/open/v1/exam/guides"


@pytest.fixture(scope="module")
def customer(platform: Platform) -> Customer:
    return sign_up(platform, "孙大件")


def padded(body: dict[str, Any], size: int) -> bytes:
    """The body with an unknown field that brings it to `size` bytes."""
    bare = json.dumps({**body, "padding": ""}, ensure_ascii=False).encode()
    whole = json.dumps({**body, "padding": "x" * (size - len(bare))}, ensure_ascii=False).encode()
    assert len(whole) == size
    return whole


def too_large(answer: Any) -> None:
    assert answer.status_code == 413, answer.text
    assert answer.json()["code"] == "request.too_large"
    assert "MiB" in answer.json()["message"]


def test_a_body_of_one_mebibyte_passes_and_one_byte_more_does_not(vendor: Vendor, customer: Customer) -> None:
    body = results_body(customer, new_exam_no(), result("CHO", "5.1"))
    assert vendor.post(RESULTS, padded(body, MIB)).json()["data"]["stored"] == 1
    too_large(vendor.post(RESULTS, padded(body, MIB + 1)))


def test_a_report_of_eight_mebibytes_passes_and_one_byte_more_does_not(
    vendor: Vendor, customer: Customer
) -> None:
    exam_no = new_exam_no()
    pdf = base64.b64encode(b"%PDF-1.7\n" + bytes(range(256)) * 20_000).decode()
    body = report_body(customer, exam_no, pdf, "pdf")
    assert vendor.post(REPORTS, padded(body, 8 * MIB)).json()["messages"] == []
    too_large(vendor.post(REPORTS, padded(body, 8 * MIB + 1)))
    assert customer.reports(exam_no)[0]["content"] == pdf


def chunks(whole: bytes) -> Iterator[bytes]:
    for start in range(0, len(whole), 64 * 1024):
        yield whole[start : start + 64 * 1024]


@pytest.mark.parametrize(("path", "limit"), [(RESULTS, MIB), (REPORTS, 8 * MIB)])
def test_a_body_without_a_length_is_counted_while_it_comes(
    vendor: Vendor, customer: Customer, path: str, limit: int
) -> None:
    whole = padded(report_body(customer, new_exam_no(), "无异常"), limit + 1)
    too_large(
        vendor.client.post(vendor.url + path, content=chunks(whole), headers=vendor.headers(path, whole))
    )


def test_a_small_body_in_chunks_passes(vendor: Vendor, customer: Customer) -> None:
    whole = json.dumps(results_body(customer, new_exam_no(), result("CHO", "5.1"))).encode()
    answer = vendor.client.post(
        vendor.url + RESULTS, content=chunks(whole), headers=vendor.headers(RESULTS, whole)
    )
    assert answer.json()["data"]["stored"] == 1


def test_a_push_that_is_cut_off_changes_nothing(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    exam_no = new_exam_no()
    whole = json.dumps(results_body(customer, exam_no, result("CHO", "5.1"))).encode()
    headers = {**vendor.headers(RESULTS, whole), "Host": "x", "Content-Length": str(len(whole))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", platform.port)) as line:
        line.sendall(f"POST {RESULTS} HTTP/1.1\r\n{head}\r\n".encode() + whole[: len(whole) // 2])
    answer = vendor.client.post(vendor.url + RESULTS, content=whole, headers=headers)
    assert answer.json()["data"]["stored"] == 1, "the same signed call, nonce and all, is still good"
    assert len([booking for booking in customer.bookings() if booking["exam_no"] == exam_no]) == 1


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "", "multipart/form-data; boundary=x", "text/json"]
)
def test_another_content_type_is_refused(vendor: Vendor, customer: Customer, content_type: str) -> None:
    answer = vendor.post(
        RESULTS, results_body(customer, "x", result("CHO", "5")), **{"Content-Type": content_type}
    )
    assert answer.status_code == 415, answer.text
    assert answer.json()["code"] == "exchange.not_json"


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON;charset=UTF-8"])
def test_spellings_of_the_content_type_pass(vendor: Vendor, customer: Customer, content_type: str) -> None:
    body = results_body(customer, new_exam_no(), result("CHO", "5"))
    assert vendor.post(RESULTS, body, **{"Content-Type": content_type}).status_code == 200


def malformed(answer: Any) -> None:
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "exchange.body_malformed"
    assert answer.json()["message"]


DEEP = 5_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"null",
        b"[]",
        b"{",
        b'{"exam_account": "x"',
        b"{'exam_account': 'x'}",
        b"\xff\xfe{}",
        b'{"exam_account": "\xc3\x28"}',
        b'{"exam_account": "a\\ud800"}',
        b'{"exam_account": "a\\u0000"}',
        b'{"exam_account": "a\x00"}',
        b'{"exam_account": NaN}',
        b'{"a": ' * DEEP + b"1" + b"}" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
    ],
    ids=lambda body: body[:28].decode("latin-1"),
)
@pytest.mark.parametrize("interface", ["checklist-queries", "guides", "results", "reports", "item-changes"])
def test_what_is_no_json_of_the_contract_is_refused(vendor: Vendor, interface: str, body: bytes) -> None:
    malformed(vendor.post(f"/open/v1/exam/{interface}", body))


WRONG = [
    {"exam_account": 5},
    {"exam_account": None},
    {"exam_account": ""},
    {"exam_account": "x" * 65},
    {"exam_no": ""},
    {"exam_no": 7},
    {"change": "4"},
    {"change": 1},
    {"change": None},
    {"person": None},
    {"person": {"name": "甲"}},
    {"results": {}},
    {"results": None},
    {"results": ["x"]},
    {"results": [{"value": "1"}]},
    {"results": [result("", "1")]},
    {"results": [result("x" * 65, "1")]},
    {"results": [result("CHO", "5", performed_at="yesterday")]},
    {"results": [result("CHO", "5", performed_at="2026-02-30T08:00:00")]},
    {"results": [result("CHO", "5", performed_at="")]},
    {"results": [result("CHO", "5", value_type="number")]},
    {"results": [result("CHO", "5", abnormal_flag="X")]},
    {"results": [{**result("CHO", "5.1"), "value": 5.1}]},
    {"results": [result("CHO", "5", sequence=-1)]},
    {"results": [result("CHO", "5", sequence="1")]},
    {"results": [result("CHO", "5", sequence=2**63)]},
    {"results": [result("CHO", "5", sub_findings="x")]},
    {"results": [result("CHO", "x" * 8001)]},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: json.dumps(wrong)[:50])
def test_a_wrong_field_is_refused_and_nothing_is_stored(
    vendor: Vendor, customer: Customer, wrong: dict[str, Any]
) -> None:
    exam_no = new_exam_no()
    malformed(vendor.post(RESULTS, {**results_body(customer, exam_no, result("CHO", "5")), **wrong}))
    assert exam_no not in [booking["exam_no"] for booking in customer.bookings()]


@pytest.mark.parametrize(
    "person",
    [
        {"sex": "男"},
        {"sex": "3"},
        {"birth_date": "1979-05-17"},
        {"birth_date": "19790230"},
        {"birth_date": "１９７９０５１７"},
        {"birth_date": "00000101"},
        {"name": ""},
        {"name": 5},
        {"name": "x" * 101},
    ],
    ids=str,
)
def test_a_wrong_field_of_the_person_is_refused(
    vendor: Vendor, customer: Customer, person: dict[str, Any]
) -> None:
    body = guide_body(customer, new_exam_no(), "请空腹")
    malformed(vendor.post(GUIDES, {**body, "person": {**customer.person, **person}}))


@pytest.mark.parametrize(
    "changes",
    [
        {"guide": {"kind": "pdf", "content": "x"}},
        {"guide": {"kind": "text", "content": ""}},
        {"guide": {"kind": "text"}},
        {"guide": "请空腹"},
        {"exam_date": "20260230"},
        {"exam_date": "2026-01-01"},
        {"items": "x"},
    ],
    ids=str,
)
def test_a_wrong_guide_is_refused(vendor: Vendor, customer: Customer, changes: dict[str, Any]) -> None:
    malformed(vendor.post(GUIDES, {**guide_body(customer, new_exam_no(), "请空腹"), **changes}))


def test_2000_results_pass_and_2001_do_not(platform: Platform) -> None:
    """At a vendor of its own: 2,000 unknown items would bury what others look for."""
    with scripted_vendor(platform) as script:
        customer, vendor = sign_up(platform, "孙两千", bind=False), script.vendor()
        script.say({"exam_account": "MANY"})
        assert customer.bind(script.vendor_id).status_code == 201
    exam_no = new_exam_no()
    many = [result(f"Q{number:04d}", "1") for number in range(2_000)]
    envelope = vendor.push("results", results_body(customer, exam_no, *many))
    assert envelope["data"] == {"stored": 0, "staged": 2_000, "unchanged": 0}
    assert len(envelope["messages"][0]["details"]["items"]) == 2_000
    malformed(vendor.post(RESULTS, results_body(customer, exam_no, *many, result("Q9999", "1"))))


def test_an_empty_push_is_accepted(vendor: Vendor, customer: Customer) -> None:
    envelope = vendor.push("results", results_body(customer, new_exam_no()))
    assert envelope["accepted"]
    assert envelope["data"] == {"stored": 0, "staged": 0, "unchanged": 0}


def test_unknown_fields_are_ignored_and_kept_in_the_raw_message(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    nested = {"deep": [{"deeper": {"deepest": 1}}] * 3}
    body = {
        **results_body(customer, new_exam_no(), result("CHO", "5.1", vendor_extra=nested, flag2=None)),
        "trace": nested,
        "change_reason": "复核",
    }
    key = f"unknown-{new_exam_no()}"
    envelope = vendor.push("results", body, **{"X-Request-Id": key})
    assert envelope["data"]["stored"] == 1
    kept = next(line for line in messages(platform, interface="H3") if line["request_id"] == key)
    opened = staff(platform, "it_staff").get(f"/api/admin/exchange/messages/{kept['id']}").json()
    raw = json.loads(opened["body"])
    assert raw["trace"] == nested
    assert raw["results"][0]["vendor_extra"] == nested


@pytest.mark.parametrize("key", ["x" * 65, ""])
def test_a_request_id_of_another_length_is_refused(vendor: Vendor, customer: Customer, key: str) -> None:
    answer = vendor.post(RESULTS, results_body(customer, new_exam_no()), **{"X-Request-Id": key})
    malformed(answer)


@pytest.mark.parametrize("value", ["1e400", "-1e400", "9" * 400, "1e-400", "0x10", "∞", "NaN", "inf"])
def test_a_number_that_no_column_holds_stays_readable(vendor: Vendor, customer: Customer, value: str) -> None:
    exam_no = new_exam_no()
    assert vendor.push("results", results_body(customer, exam_no, result("CHO", value, unit="mmol/L")))[
        "accepted"
    ]
    assert customer.results(exam_no)["CHO"]["raw_value"] == value


def test_other_methods_and_addresses_are_not_there(vendor: Vendor) -> None:
    assert vendor.client.get(vendor.url + RESULTS).status_code == 405
    assert vendor.post("/open/v1/exam/nothing", {}).status_code == 404
    assert vendor.post("/open/v2/exam/results", {}).status_code == 404


def test_the_request_id_of_the_answer_is_the_callers(vendor: Vendor, customer: Customer) -> None:
    key = f"echo-{new_exam_no()}"
    answer = vendor.post(RESULTS, results_body(customer, new_exam_no()), **{"X-Request-Id": key})
    assert answer.json()["request_id"] == key
    assert answer.headers["X-Request-Id"] == key
    assert vendor.push("results", results_body(customer, new_exam_no()))["request_id"], "made when not given"
