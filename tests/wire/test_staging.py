"""What does not match waits, is seen, and goes to its exam when a person has finished the mapping (decision 9)."""

import json
from datetime import date
from typing import Any

import pytest

from tests.wire.behind import query
from tests.wire.conftest import Platform, Vendor, eventually
from tests.wire.hospital import (
    Customer,
    codes,
    map_items,
    messages,
    new_exam_no,
    only_message,
    result,
    results_body,
    sign_up,
    staff,
)
from tests.wire.scripted import ScriptedVendor, scripted_vendor


@pytest.fixture(scope="module")
def script(platform: Platform) -> Any:
    """A vendor of the test's own: what is mapped here would change the lists that other tests send to the sandbox."""
    with scripted_vendor(platform) as found:
        yield found


@pytest.fixture
def vendor(script: ScriptedVendor) -> Vendor:
    return script.vendor()


@pytest.fixture(scope="module")
def customer(platform: Platform, script: ScriptedVendor) -> Customer:
    return bound(platform, script, "褚待配")


def bound(platform: Platform, script: ScriptedVendor, name: str) -> Customer:
    made = sign_up(platform, name, "1", date(1985, 3, 3), bind=False)
    script.say({"exam_account": f"P{made.person_id[-12:]}"})
    assert made.bind(script.vendor_id).status_code == 201
    return made


def waiting(platform: Platform, **wanted: str) -> list[dict[str, Any]]:
    answer = staff(platform, "it_staff").get(
        "/api/admin/exchange/staged-results", params={"limit": 100, **wanted}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def values(customer: Customer, exam_no: str) -> dict[str, str]:
    return {code: one["raw_value"] for code, one in customer.results(exam_no).items()}


def test_a_finished_mapping_releases_what_waited(
    platform: Platform, script: ScriptedVendor, vendor: Vendor, customer: Customer
) -> None:
    code, other = f"WAIT-{new_exam_no()}", bound(platform, script, "卫同项")
    first, second = new_exam_no(), new_exam_no()
    key = f"wait-{first}"
    one = result(code, "61", unit="U/L", item_name="待配项目", sequence=1)
    vendor.push("results", results_body(customer, first, one), **{"X-Request-Id": key})
    vendor.push("results", results_body(other, second, result(code, "62", unit="U/L", item_name="待配项目")))
    vendor.push("results", results_body(customer, first, one))  # doubled with a new request id: waits once
    assert len(waiting(platform, vendor_item_code=code)) == 2
    desk = staff(platform, "it_staff")
    asked = {"vendor_id": customer.vendor_id, "vendor_item_codes": [code]}
    preview = desk.post("/api/admin/exchange/staged-results/preview", json=asked).json()
    assert (preview["results"], preview["persons"]) == (2, 2)
    assert preview["items"][0]["item_name"] == "待配项目"
    by_item = desk.get("/api/admin/exchange/staged-results/by-item").json()
    assert next(one for one in by_item if one["vendor_item_code"] == code)["waiting"] == 2
    map_items(platform, {code: "LAB.ALT"}, customer.vendor_id)
    eventually(lambda: values(customer, first) == {code: "61"} and values(other, second) == {code: "62"})
    assert waiting(platform, vendor_item_code=code) == []
    assert customer.results(first)[code]["item_code"] == "LAB.ALT"
    again = desk.post("/api/admin/exchange/staged-results/preview", json=asked).json()
    assert (again["results"], again["persons"]) == (0, 0)
    line = next(found for found in messages(platform, code="501") if found["request_id"] == key)
    assert line["state"] == "done", "the message that waited is settled"
    following = vendor.push("results", results_body(customer, new_exam_no(), result(code, "63", unit="U/L")))
    assert following["messages"] == []


def test_what_waits_is_released_in_its_newest_version(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    """Two versions wait, and a third exam's result was deleted while it waited."""
    code, changed, deleted = f"VER-{new_exam_no()}", new_exam_no(), new_exam_no()
    for sequence, value in ((2, "new"), (1, "old")):
        vendor.push("results", results_body(customer, changed, result(code, value, sequence=sequence)))
    vendor.push("results", results_body(customer, deleted, result(code, "5", sequence=1)))
    gone = results_body(customer, deleted, {"item_code": code, "sequence": 2}, change="3")
    assert vendor.push("results", gone)["messages"] == []
    map_items(platform, {code: "EXAM.CAROTID_US"}, customer.vendor_id)
    eventually(lambda: values(customer, changed) == {code: "new"})
    eventually(lambda: waiting(platform, vendor_item_code=code) == [])
    assert values(customer, deleted) == {}


def test_an_item_renamed_under_the_same_code_waits(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    code, exam_no = f"NAME-{new_exam_no()}", new_exam_no()
    named = {"item_name": "谷丙转氨酶(试剂甲)", "unit": "U/L"}
    vendor.push("results", results_body(customer, exam_no, result(code, "30", **named)))
    map_items(platform, {code: "LAB.ALT"}, customer.vendor_id)
    eventually(lambda: values(customer, exam_no) == {code: "30"})
    spelt = {**named, "item_name": " 谷丙转氨酶（试剂甲） "}
    same = vendor.push("results", results_body(customer, exam_no, result(code, "31", sequence=1, **spelt)))
    assert same["messages"] == [], "another spelling is the same name"
    renamed = {**named, "item_name": "血清肌酐"}
    envelope = vendor.push(
        "results", results_body(customer, exam_no, result(code, "99", sequence=2, **renamed))
    )
    message = only_message(envelope, "501")
    assert message["details"]["reasons"] == [{"code": code, "name": "血清肌酐", "reason": "项目改名待确认"}]
    assert values(customer, exam_no) == {code: "31"}, "what was known stays"
    later = vendor.push("results", results_body(customer, new_exam_no(), result(code, "32", **named)))
    assert codes(later) == ["501"], "until a person has looked, the old name is no longer sure either"
    map_items(platform, {code: "LAB.ALT"}, customer.vendor_id)
    eventually(lambda: values(customer, exam_no) == {code: "99"})


def test_a_unit_that_was_explained_releases_too(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    code, exam_no = f"UNIT-{new_exam_no()}", new_exam_no()
    vendor.push("results", results_body(customer, exam_no, result(code, "90", unit="旧单位")))
    map_items(platform, {code: "LAB.FPG"}, customer.vendor_id, assumed_unit="mg/dL")
    found = eventually(lambda: customer.results(exam_no).get(code))
    assert found["numeric_value"] == pytest.approx(4.9957, rel=1e-3)
    assert (found["unit"], found["raw_unit"]) == ("mmol/L", "旧单位")


def test_a_person_may_drop_what_waits_with_a_reason(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    code, exam_no, key = f"DROP-{new_exam_no()}", new_exam_no(), f"drop-{new_exam_no()}"
    vendor.push("results", results_body(customer, exam_no, result(code, "1")), **{"X-Request-Id": key})
    (line,) = waiting(platform, vendor_item_code=code)
    desk = staff(platform, "it_staff")
    address = f"/api/admin/exchange/staged-results/{line['id']}/drop"
    assert desk.post(address, json={"why": ""}).status_code == 422
    assert desk.post(address, json={"why": "厂家测试数据"}).status_code == 204
    assert desk.post(address, json={"why": "厂家测试数据"}).status_code == 404, "once"
    map_items(platform, {code: "EXAM.CAROTID_US"}, customer.vendor_id)
    sent = next(found for found in messages(platform, code="501") if found["request_id"] == key)
    assert sent["state"] == "done"
    body = desk.get(f"/api/admin/exchange/messages/{sent['id']}").json()["body"]
    assert code in body, "the raw message stays"
    assert values(customer, exam_no) == {}


def test_a_push_without_an_exam_number_is_looked_at_and_given_its_exam(
    platform: Platform, script: ScriptedVendor, vendor: Vendor
) -> None:
    """Of two exams only a person knows which one is meant; the whole push goes there."""
    made, code = bound(platform, script, "蒋两次"), f"EXAM-{new_exam_no()}"
    exams = [new_exam_no(), new_exam_no()]
    known = f"OF-{exams[0]}"
    for exam_no in exams:
        vendor.push("results", results_body(made, exam_no, result(known, "1")))
    map_items(platform, {known: "EXAM.CAROTID_US"}, made.vendor_id)
    optional(platform, script.vendor_id, True)
    try:
        vendor.push("results", results_body(made, None, result(code, "7"), result(known, "8")))
    finally:
        optional(platform, script.vendor_id, False)
    line = next(one for one in waiting(platform, vendor_item_code=known) if one["reason"] == "exam_unknown")
    desk = staff(platform, "it_staff")
    seen = desk.get(f"/api/admin/exchange/staged-results/{line['id']}").json()
    assert seen["same_push"] == 2
    assert [exam["exam_no"] for exam in seen["exams"]] == exams[::-1]
    chosen = next(exam["id"] for exam in seen["exams"] if exam["exam_no"] == exams[1])
    address = f"/api/admin/exchange/staged-results/{line['id']}/exam"
    assert desk.post(address, json={"booking_id": chosen}).status_code == 204
    assert values(made, exams[1]) == {known: "8"}
    (rest,) = waiting(platform, vendor_item_code=code)
    assert desk.get(f"/api/admin/exchange/staged-results/{rest['id']}").json()["exams"] == []


def optional(platform: Platform, vendor_id: str, wanted: bool) -> None:
    """Whether this vendor may leave the exam number out."""
    desk = staff(platform, "it_staff")
    known = desk.get(f"/api/admin/exchange/vendors/{vendor_id}").json()
    del known["id"], known["institution_id"]
    changed = desk.put(f"/api/admin/exchange/vendors/{vendor_id}", json={**known, "exam_no_optional": wanted})
    assert changed.status_code == 200, changed.text


def test_a_replayed_message_does_nothing_twice(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    code, exam_no, key = f"REPLAY-{new_exam_no()}", new_exam_no(), f"replay-{new_exam_no()}"
    known = f"KNOWN-{exam_no}"
    vendor.push("results", results_body(customer, new_exam_no(), result(known, "1")))
    map_items(platform, {known: "EXAM.CAROTID_US"}, customer.vendor_id)
    body = results_body(customer, exam_no, result(code, "1"), result(known, "5.1"))
    assert vendor.push("results", body, **{"X-Request-Id": key})["data"]["stored"] == 1
    line = next(found for found in messages(platform, interface="H3") if found["request_id"] == key)
    desk = staff(platform, "it_staff")
    for _ in range(2):
        again = desk.post(f"/api/admin/exchange/messages/{line['id']}/replay")
        assert again.json()["data"] == {"stored": 0, "staged": 1, "unchanged": 1}, again.text
        assert json.loads(again.json()["answer"])["messages"][0]["code"] == "501"
    assert len(waiting(platform, vendor_item_code=code)) == 1
    assert customer.results(exam_no)[known]["revision"] == 1


# ---- a vendor that cannot send exam numbers yet (decision 4) ----------------------------------------------------


@pytest.fixture(scope="module")
def plain_vendor(platform: Platform) -> Any:
    with scripted_vendor(platform, exam_no_optional=True) as script:
        yield script


def test_without_a_number_the_only_open_exam_is_meant(
    platform: Platform, plain_vendor: ScriptedVendor
) -> None:
    customer, vendor = bound(platform, plain_vendor, "蒋独次"), plain_vendor.vendor()
    exam_no, code = new_exam_no(), f"P-{new_exam_no()}"
    vendor.push("results", results_body(customer, exam_no, result(code, "1")))
    envelope = vendor.push("results", results_body(customer, None, result(code, "2", sequence=1)))
    assert codes(envelope) == ["501"]
    map_items(platform, {code: "EXAM.CAROTID_US"}, plain_vendor.vendor_id)
    eventually(lambda: values(customer, exam_no) == {code: "2"})
    assert len(customer.bookings()) == 1


def test_without_a_number_and_without_one_open_exam_all_of_it_waits_for_a_person(
    platform: Platform, plain_vendor: ScriptedVendor
) -> None:
    customer, vendor = bound(platform, plain_vendor, "沈两次"), plain_vendor.vendor()
    known, unknown = f"K-{new_exam_no()}", f"U-{new_exam_no()}"
    one, other = new_exam_no(), new_exam_no()
    for exam_no in (one, other):
        vendor.push("results", results_body(customer, exam_no, result(known, "0")))
    map_items(platform, {known: "EXAM.CAROTID_US"}, plain_vendor.vendor_id)
    eventually(lambda: values(customer, one) == {known: "0"})
    push = results_body(customer, None, result(known, "7", sequence=1), result(unknown, "8"))
    envelope = vendor.push("results", push)
    message = only_message(envelope, "501")
    assert envelope["data"] == {"stored": 0, "staged": 2, "unchanged": 0}
    assert {reason["reason"] for reason in message["details"]["reasons"]} == {"无法确定属于哪次体检"}
    line = waiting(platform, vendor_item_code=known, reason="exam_unknown")[0]
    desk = staff(platform, "it_staff")
    address = f"/api/admin/exchange/staged-results/{line['id']}/exam"
    nobody = desk.post(address, json={"booking_id": line["id"]})
    assert nobody.status_code == 404
    assert desk.post(address, json={"booking_id": customer.booking(one)["id"]}).status_code == 204
    assert values(customer, one) == {known: "7"}
    assert values(customer, other) == {known: "0"}
    (left,) = waiting(platform, vendor_item_code=unknown)
    assert left["reason_text"] == "未建立对照", "the exam is known now, the item is not"
    map_items(platform, {unknown: "EXAM.CAROTID_US"}, plain_vendor.vendor_id)
    eventually(lambda: values(customer, one) == {known: "7", unknown: "8"})


def test_results_of_another_persons_exam_cannot_be_assigned(
    platform: Platform, plain_vendor: ScriptedVendor
) -> None:
    customer, other = bound(platform, plain_vendor, "杨甲方"), bound(platform, plain_vendor, "朱乙方")
    vendor, code, exam_no = plain_vendor.vendor(), f"X-{new_exam_no()}", new_exam_no()
    vendor.push("results", results_body(other, exam_no, result(code, "0")))
    vendor.push("results", results_body(customer, None, result(code, "1")))
    line = waiting(platform, vendor_item_code=code, reason="exam_unknown")[0]
    desk = staff(platform, "it_staff")
    refused = desk.post(
        f"/api/admin/exchange/staged-results/{line['id']}/exam",
        json={"booking_id": other.booking(exam_no)["id"]},
    )
    assert refused.status_code == 404
    assert values(other, exam_no) == {}


def test_what_waits_for_an_exam_already_waits_once(platform: Platform, plain_vendor: ScriptedVendor) -> None:
    customer, vendor = bound(platform, plain_vendor, "秦重复"), plain_vendor.vendor()
    code, one, other = f"D-{new_exam_no()}", new_exam_no(), new_exam_no()
    same = result(code, "5")
    for exam_no in (one, other, None):
        vendor.push("results", results_body(customer, exam_no, same))
    line = waiting(platform, vendor_item_code=code, reason="exam_unknown")[0]
    answer = staff(platform, "it_staff").post(
        f"/api/admin/exchange/staged-results/{line['id']}/exam",
        json={"booking_id": customer.booking(one)["id"]},
    )
    assert answer.status_code == 204, answer.text
    assert len(waiting(platform, vendor_item_code=code)) == 2
    map_items(platform, {code: "EXAM.CAROTID_US"}, plain_vendor.vendor_id)
    eventually(lambda: values(customer, one) == values(customer, other) == {code: "5"})
    assert waiting(platform, vendor_item_code=code) == []


def test_results_that_go_on_waiting_do_not_block_the_later_ones(
    platform: Platform, vendor: Vendor, customer: Customer
) -> None:
    """More than a batch waits in a unit that nobody can convert; behind them comes one that can be filed."""
    code, blocked, filed = f"BLOCK-{new_exam_no()}", new_exam_no(), new_exam_no()
    vendor.push("results", results_body(customer, new_exam_no(), result(code, "80", unit="mg/dL")))
    vendor.push("results", results_body(customer, blocked, result(code, "1", unit="瓶")))
    query(
        platform,
        """INSERT INTO exchange.staged_results (id, vendor_id, message_id, person_id, institution_id, booking_id, change,
                  vendor_item_code, item_name, result, content_sha256, reason)
           SELECT (left(id::text, 24) || lpad(to_hex(number), 12, '0'))::uuid, vendor_id, message_id, person_id,
                  institution_id, booking_id, change, vendor_item_code, item_name, result, number::text::bytea, reason
             FROM exchange.staged_results, generate_series(1, 600) AS number
            WHERE vendor_item_code = $1 AND result ->> 'unit' = '瓶'""",
        code,
    )
    vendor.push("results", results_body(customer, filed, result(code, "90", unit="mg/dL")))
    map_items(platform, {code: "LAB.FPG"}, customer.vendor_id)
    eventually(lambda: values(customer, filed) == {code: "90"})
    found = waiting(platform, vendor_item_code=code)
    assert {line["reason_text"] for line in found} == {"单位无法换算"}
    query(platform, "DELETE FROM exchange.staged_results WHERE vendor_item_code = $1", code)
