"""X-Request-Id: the same message twice has one effect and one answer, also when both arrive at once."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.wire.behind import query
from tests.wire.conftest import Platform, Vendor, eventually
from tests.wire.hospital import (
    Customer,
    demo_vendor,
    guide_body,
    messages,
    new_exam_no,
    report_body,
    result,
    results_body,
    sign_up,
)
from tests.wire.scripted import new_app


@pytest.fixture(scope="module")
def customer(platform: Platform) -> Customer:
    return sign_up(platform, "孔重发", "1")


def bodies(customer: Customer) -> dict[str, dict[str, Any]]:
    exam_no = new_exam_no()
    item = {"item_code": f"H5-{exam_no}", "name": "新项目"}
    return {
        "checklist-queries": {"exam_account": customer.exam_account},
        "guides": guide_body(customer, exam_no, "请空腹"),
        "results": results_body(customer, exam_no, result("CHO", "5.1"), result(f"S-{exam_no}", "1")),
        "reports": report_body(customer, exam_no, "报告"),
        "item-changes": {"items": [item], "change": "1"},
    }


INTERFACES = ["checklist-queries", "guides", "results", "reports", "item-changes"]


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_repeated_delivery_gets_the_first_answer_to_the_byte(
    platform: Platform, vendor: Vendor, customer: Customer, interface: str
) -> None:
    body, key = bodies(customer)[interface], f"key-{new_exam_no()}"
    answers = [vendor.post(f"/open/v1/exam/{interface}", body, **{"X-Request-Id": key}) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["request_id"] == key
    logged = [line for line in messages(platform) if line["request_id"] == key]
    assert len(logged) == 1, "one message"


@pytest.mark.parametrize("interface", INTERFACES)
def test_the_same_key_with_another_body_is_a_conflict(
    vendor: Vendor, customer: Customer, interface: str
) -> None:
    body, key = bodies(customer)[interface], f"key-{new_exam_no()}"
    vendor.push(interface, body, **{"X-Request-Id": key})
    answer = vendor.post(f"/open/v1/exam/{interface}", {**body, "more": 1}, **{"X-Request-Id": key})
    assert answer.status_code == 409
    assert answer.json()["code"] == "exchange.request_id_reused"


def test_a_refused_answer_is_repeated_too(vendor: Vendor) -> None:
    body, key = {"exam_account": "TJ-NOBODY"}, f"key-{new_exam_no()}"
    first = vendor.post("/open/v1/exam/checklist-queries", body, **{"X-Request-Id": key})
    assert first.json()["accepted"] is False
    assert (
        vendor.post("/open/v1/exam/checklist-queries", body, **{"X-Request-Id": key}).content == first.content
    )


def test_a_malformed_message_does_not_use_up_its_key(vendor: Vendor, customer: Customer) -> None:
    key, body = f"key-{new_exam_no()}", results_body(customer, new_exam_no(), result("CHO", "5.1"))
    bad = {**body, "results": [result("CHO", "5.1", performed_at="never")]}
    assert vendor.post("/open/v1/exam/results", bad, **{"X-Request-Id": key}).status_code == 422
    assert vendor.push("results", body, **{"X-Request-Id": key})["data"]["stored"] == 1


def test_the_first_answer_is_given_again_also_after_the_facts_changed(
    vendor: Vendor, customer: Customer
) -> None:
    exam_no, key = new_exam_no(), f"key-{new_exam_no()}"
    body = results_body(customer, exam_no, result("CHO", "5.1", sequence=1))
    first = vendor.push("results", body, **{"X-Request-Id": key})
    vendor.push("results", results_body(customer, exam_no, result("CHO", "6.2", sequence=2), change="2"))
    assert vendor.push("results", body, **{"X-Request-Id": key}) == first
    assert customer.results(exam_no)["CHO"]["raw_value"] == "6.2"


def test_keys_of_two_apps_do_not_meet(platform: Platform, vendor: Vendor, customer: Customer) -> None:
    other, key = new_app(platform, demo_vendor(platform)), f"key-{new_exam_no()}"
    one = vendor.push(
        "results", results_body(customer, new_exam_no(), result("CHO", "5.1")), **{"X-Request-Id": key}
    )
    two = other.push(
        "results", results_body(customer, new_exam_no(), result("CHO", "5.2")), **{"X-Request-Id": key}
    )
    assert one["data"] == two["data"] == {"stored": 1, "staged": 0, "unchanged": 0}


def at_once(count: int, send: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """The answers of `count` calls that leave together."""
    gate = threading.Barrier(count)

    def one(number: int) -> httpx.Response:
        gate.wait()
        return send(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.parametrize("interface", INTERFACES)
def test_ten_deliveries_at_once_have_one_effect(
    platform: Platform, vendor: Vendor, customer: Customer, interface: str
) -> None:
    body, key = bodies(customer)[interface], f"key-{new_exam_no()}"
    clients = [platform.vendor() for _ in range(10)]
    answers = at_once(
        10, lambda n: clients[n].post(f"/open/v1/exam/{interface}", body, **{"X-Request-Id": key})
    )
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    assert len({answer.content for answer in answers}) == 1
    assert len([line for line in messages(platform) if line["request_id"] == key]) == 1
    if interface == "guides":
        booking = customer.booking(body["exam_no"])
        told = [one for one in customer.notices("guide_received") if booking["id"] in one["subject"]]
        assert len(told) == 1
    if interface == "results":
        assert customer.results(body["exam_no"])["CHO"]["revision"] == 1
        booking_id = customer.booking(body["exam_no"])["id"]
        stored = query(
            platform,
            """SELECT (SELECT count(*) FROM exams.result_history WHERE booking_id = $1) AS versions,
                      (SELECT count(*) FROM exchange.staged_results WHERE booking_id = $1) AS staged""",
            booking_id,
        )
        assert dict(stored[0]) == {"versions": 1, "staged": 1}
    if interface == "reports":
        assert len(customer.reports(body["exam_no"])) == 1


def test_ten_different_messages_of_one_exam_at_once_make_one_booking(
    platform: Platform, customer: Customer
) -> None:
    """None of them has a key; the booking is missing for all of them."""
    exam_no = new_exam_no()
    items = ["CHO", "TRIG", "HDL", "LDL", "TP-S", "ALB-S", "ALT-S", "AST-S", "UA-X", "K-X"]
    clients = [platform.vendor() for _ in items]

    def send(number: int) -> httpx.Response:
        return clients[number].post(
            "/open/v1/exam/results", results_body(customer, exam_no, result(items[number], "5"))
        )

    answers = at_once(len(items), send)
    assert [answer.json()["data"]["stored"] for answer in answers] == [1] * len(items)
    assert len([found for found in customer.bookings() if found["exam_no"] == exam_no]) == 1
    assert set(customer.results(exam_no)) == set(items)


def test_ten_versions_of_one_result_at_once_end_with_the_newest(
    platform: Platform, customer: Customer
) -> None:
    exam_no = new_exam_no()
    clients = [platform.vendor() for _ in range(10)]

    def send(number: int) -> httpx.Response:
        body = results_body(customer, exam_no, result("CHO", str(number), sequence=number), change="2")
        return clients[number].post("/open/v1/exam/results", body)

    assert {answer.status_code for answer in at_once(10, send)} == {200}
    assert customer.results(exam_no)["CHO"]["raw_value"] == "9"


def test_ten_failing_deliveries_at_once_are_kept_once(platform: Platform, customer: Customer) -> None:
    """The effect cannot be stored for any of them: one message is kept, all get the same answer."""
    exam_no, other, key = new_exam_no(), sign_up(platform, "曹占号", "2"), f"key-{new_exam_no()}"
    platform.vendor().push("guides", guide_body(other, exam_no, "别人的体检"))
    body = results_body(customer, exam_no, result("CHO", "5.1"))
    clients = [platform.vendor() for _ in range(10)]
    answers = at_once(10, lambda n: clients[n].post("/open/v1/exam/results", body, **{"X-Request-Id": key}))
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    assert len({answer.content for answer in answers}) == 1
    assert [message["code"] for message in answers[0].json()["messages"]] == ["502"]
    assert len([line for line in messages(platform, code="502") if line["request_id"] == key]) == 1


def test_one_nonce_in_ten_calls_at_once_passes_once(platform: Platform, vendor: Vendor) -> None:
    path, body = "/open/v1/exam/checklist-queries", b'{"exam_account": "TJ-NOBODY"}'
    headers = vendor.headers(path, body)
    clients = [platform.vendor() for _ in range(10)]
    answers = at_once(10, lambda n: clients[n].client.post(vendor.url + path, content=body, headers=headers))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 9


def test_a_vendor_that_gives_up_and_sends_again_is_served_once(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    """The answer of the first call is never read."""
    body, key = results_body(customer, new_exam_no(), result("CHO", "7.7")), f"key-{new_exam_no()}"
    path = "/open/v1/exam/results"
    raw = httpx.Request("POST", vendor.url, json=body).content
    headers = {**vendor.headers(path, raw), "X-Request-Id": key, "Host": "127.0.0.1"}
    head = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]

    def logged() -> list[dict[str, Any]]:
        return [line for line in messages(platform) if line["request_id"] == key]

    with socket.create_connection(("127.0.0.1", platform.port)) as line:
        line.sendall("\r\n".join([*head, f"Content-Length: {len(raw)}", "", ""]).encode() + raw)
        eventually(logged)
    again = vendor.post(path, raw, **{"X-Request-Id": key})
    assert again.json()["data"] == {"stored": 1, "staged": 0, "unchanged": 0}
    assert len(logged()) == 1
    assert customer.results(body["exam_no"])["CHO"]["revision"] == 1
