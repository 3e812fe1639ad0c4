"""US-H5: the vendor's dictionary grows, changes, shrinks (decision 10); 701 is kept and tried again."""

import json
from typing import Any

import pytest

from tests.wire.behind import refusing
from tests.wire.conftest import Platform, Vendor, eventually
from tests.wire.hospital import (
    map_items,
    messages,
    new_exam_no,
    only_message,
    result,
    results_body,
    sign_up,
    staff,
    timed,
)
from tests.wire.scripted import ScriptedVendor, scripted_vendor

ADD, MODIFY, DELETE = "1", "2", "3"
NOTHING = {"added": 0, "updated": 0, "retired": 0, "removed": 0}


@pytest.fixture(scope="module")
def script(platform: Platform) -> Any:
    """A vendor with a dictionary of its own."""
    with scripted_vendor(platform) as found:
        yield found


def item(code: str, name: str = "总胆固醇测定", **more: Any) -> dict[str, Any]:
    return {
        "item_code": code,
        "name": name,
        "category_code": "SH",
        "category_name": "生化检查",
        "department": "检验科",
        "result_type": "numeric",
        "unit": "mmol/L",
        "active": True,
        **more,
    }


def push(script: ScriptedVendor, change: str, *items: dict[str, Any]) -> dict[str, int]:
    envelope = script.vendor().push("item-changes", {"items": list(items), "change": change})
    assert envelope["accepted"]
    assert envelope["messages"] == []
    counts: dict[str, int] = envelope["data"]
    return counts


def listed(platform: Platform, script: ScriptedVendor, code: str) -> dict[str, Any] | None:
    answer = staff(platform, "it_staff").get(
        f"/api/admin/catalog/vendors/{script.vendor_id}/items", params={"q": code}
    )
    found: dict[str, Any] | None = next((one for one in answer.json()["items"] if one["code"] == code), None)
    return found


def test_add_update_and_no_op(platform: Platform, script: ScriptedVendor) -> None:
    code = f"A-{new_exam_no()}"
    ranges = [{"sex": "1", "age": "18-60", "low": "3.1", "high": "5.2"}, {"sex": "2", "high": "5.0"}]
    full = item(code, specimen="血清", reference_ranges=ranges, sex_limit="2")
    assert push(script, ADD, full) == {**NOTHING, "added": 1}
    found = listed(platform, script, code)
    assert found is not None
    assert found["from_dictionary"]
    for name in ("name", "category_code", "category_name", "department", "result_type", "unit", "specimen"):
        assert found[name] == full[name], name
    assert (found["sex_limit"], found["active"], found["status"]) == ("2", True, "unmapped")
    assert push(script, ADD, full) == NOTHING, "the same again is no change"
    assert push(script, MODIFY, full) == NOTHING
    assert push(script, ADD, {**full, "department": "生化室"}) == {**NOTHING, "updated": 1}, (
        "1 of a known one"
    )
    assert push(script, MODIFY, item(f"{code}-2")) == {**NOTHING, "added": 1}, "2 of an unknown one"
    assert push(script, MODIFY, {**full, "active": False}) == {**NOTHING, "updated": 1}
    found = listed(platform, script, code)
    assert found is not None
    assert found["active"] is False


def test_delete_retires_what_is_used_and_removes_what_is_not(
    platform: Platform, script: ScriptedVendor
) -> None:
    unused, mapped, unknown = (f"{kind}-{new_exam_no()}" for kind in ("UNUSED", "MAPPED", "UNKNOWN"))
    push(script, ADD, item(unused), item(mapped))
    map_items(platform, {mapped: "LAB.TC"}, script.vendor_id)
    gone = push(script, DELETE, item(unused), item(mapped), item(unknown))
    assert gone == {**NOTHING, "removed": 1, "retired": 1}
    assert listed(platform, script, unused) is None
    kept = listed(platform, script, mapped)
    assert kept is not None
    assert kept["active"] is False
    assert kept["item_code"] == "LAB.TC"
    assert push(script, DELETE, item(unused), item(mapped), item(unknown)) == NOTHING, "doubled"
    assert push(script, ADD, item(mapped)) == {**NOTHING, "updated": 1}, "back in use"


def test_a_delete_needs_code_and_name_only(script: ScriptedVendor) -> None:
    code = f"D-{new_exam_no()}"
    push(script, ADD, item(code))
    assert push(script, DELETE, {"item_code": code, "name": "总胆固醇测定"}) == {**NOTHING, "removed": 1}


def test_an_item_twice_in_a_push_counts_as_its_last_mention(
    platform: Platform, script: ScriptedVendor
) -> None:
    code = f"T-{new_exam_no()}"
    assert push(script, ADD, item(code, "甲"), item(code, "乙"), item(code, "丙")) == {**NOTHING, "added": 1}
    found = listed(platform, script, code)
    assert found is not None
    assert found["name"] == "丙"


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"name": "高密度脂蛋白"}, "项目改名待确认"), ({"unit": "mg/dL"}, "单位变更待确认")],
    ids=["renamed", "unit changed"],
)
def test_a_changed_meaning_makes_results_wait_until_somebody_looked(
    platform: Platform, script: ScriptedVendor, change: dict[str, str], reason: str
) -> None:
    code, exam_no = f"R-{new_exam_no()}", new_exam_no()
    customer = sign_up(platform, "尤改名", "1", bind=False)
    script.say({"exam_account": f"D{customer.person_id[-12:]}"})
    assert customer.bind(script.vendor_id).status_code == 201
    push(script, ADD, item(code))
    map_items(platform, {code: "LAB.TC"}, script.vendor_id)
    vendor = script.vendor()
    assert vendor.push("results", results_body(customer, exam_no, result(code, "5.1")))["messages"] == []
    assert push(script, MODIFY, {**item(code), **change}) == {**NOTHING, "updated": 1}
    found = listed(platform, script, code)
    assert found is not None
    assert found["status"] == "needs_review"
    envelope = vendor.push("results", results_body(customer, exam_no, result(code, "5.2", sequence=1)))
    assert only_message(envelope, "501")["details"]["reasons"][0]["reason"] == reason
    map_items(platform, {code: "LAB.TC"}, script.vendor_id)
    eventually(lambda: customer.results(exam_no)[code]["raw_value"] == "5.2")


def test_ten_thousand_items_in_one_push(
    platform: Platform, script: ScriptedVendor, record_property: Any
) -> None:
    """The largest change the contract allows, within its body of 1 MiB."""
    many = [
        {"item_code": f"M{number:05d}", "name": f"项目{number}", "unit": "g/L"} for number in range(10_000)
    ]
    body = json.dumps({"items": many, "change": ADD}, ensure_ascii=False, separators=(",", ":")).encode()
    assert len(body) < 1024 * 1024
    vendor = script.vendor()
    answer, seconds = timed(lambda: vendor.post("/open/v1/exam/item-changes", body))
    assert answer.json()["data"] == {**NOTHING, "added": 10_000}
    record_property("add_10000_items_seconds", round(seconds, 2))
    assert seconds < 20, "a vendor waits for the answer"
    again, repeated = timed(lambda: vendor.post("/open/v1/exam/item-changes", body))
    assert again.json()["data"] == NOTHING
    record_property("repeat_10000_items_seconds", round(repeated, 2))
    gone, removed = timed(lambda: push(script, DELETE, *many[:5_000]))
    assert gone == {**NOTHING, "removed": 5_000}
    record_property("remove_5000_items_seconds", round(removed, 2))
    too_many = vendor.post("/open/v1/exam/item-changes", {"items": [*many, many[0]], "change": ADD})
    assert too_many.status_code == 422
    assert listed(platform, script, "M09999") is not None
    assert listed(platform, script, "M00001") is None


def test_an_empty_change_is_accepted(script: ScriptedVendor) -> None:
    assert push(script, MODIFY) == NOTHING


def test_701_is_kept_and_tried_again(platform: Platform, script: ScriptedVendor) -> None:
    code, key = f"K-{new_exam_no()}", f"kept-{new_exam_no()}"
    body = {"items": [item(code), item(f"{code}-2")], "change": ADD}
    vendor = script.vendor()
    with refusing(platform, "catalog.vendor_items", f"NEW.code = '{code}'"):
        envelope = vendor.push("item-changes", body, **{"X-Request-Id": key})
        message = only_message(envelope, "701")
        assert envelope["accepted"], "taken over, and tried again"
        assert (message["level"], message["text"]) == ("error", "保存失败。")
        assert listed(platform, script, f"{code}-2") is None, "all or nothing"
        line = next(found for found in messages(platform, code="701") if found["request_id"] == key)
        assert (line["state"], line["interface"]) == ("failed", "H5")
        assert vendor.push("item-changes", body, **{"X-Request-Id": key}) == envelope
    eventually(lambda: listed(platform, script, code), seconds=60)
    settled = next(found for found in messages(platform, interface="H5") if found["id"] == line["id"])
    assert (settled["state"], settled["codes"]) == ("done", ["701"])
    assert listed(platform, script, f"{code}-2") is not None
    assert vendor.push("item-changes", body, **{"X-Request-Id": key}) == envelope, (
        "the first answer, for good"
    )


def test_one_vendors_dictionary_is_not_anothers(
    platform: Platform, script: ScriptedVendor, vendor: Vendor
) -> None:
    code = f"O-{new_exam_no()}"
    push(script, ADD, item(code))
    other = vendor.push("item-changes", {"items": [item(code)], "change": DELETE})
    assert other["data"] == NOTHING
    assert listed(platform, script, code) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"item_code": ""},
        {"item_code": "x" * 65},
        {"name": ""},
        {"name": "x" * 201},
        {"name": None},
        {"unit": "x" * 65},
        {"active": "yes"},
        {"reference_ranges": [{"sex": "男"}]},
    ],
    ids=str,
)
def test_a_wrong_item_is_refused(script: ScriptedVendor, wrong: dict[str, Any]) -> None:
    answer = script.vendor().post(
        "/open/v1/exam/item-changes", {"items": [item("ok"), {**item("x"), **wrong}], "change": ADD}
    )
    assert answer.status_code == 422
