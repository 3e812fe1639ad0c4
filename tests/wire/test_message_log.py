"""The message log: every message of the requirement is found by its code, opened masked, and its reading leaves a trace."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.wire.appointments import book
from tests.wire.behind import refusing
from tests.wire.conftest import Platform, eventually
from tests.wire.hospital import (
    Customer,
    about,
    guide_body,
    in_days,
    messages,
    new_exam_no,
    report_body,
    result,
    results_body,
    sign_up,
    staff,
)
from tests.wire.scripted import ScriptedVendor, scripted_vendor

ADDRESS = "江苏省苏州市姑苏区平江路九十九号"


@pytest.fixture(scope="module")
def script(platform: Platform) -> Any:
    with scripted_vendor(platform) as found:
        yield found


@pytest.fixture(scope="module")
def customer(platform: Platform, script: ScriptedVendor) -> Customer:
    """Bound with 103: the vendor repeats the person's data in its hint, as the requirement's text asks for."""
    made = sign_up(platform, "皇甫留痕", "2", date(1978, 8, 18), bind=False, address=ADDRESS)
    hint = f"{made.person['name']}，2，19780818，{made.person['id_number']}，查无账号"
    script.say(
        {"exam_account": f"L{made.person_id[-12:]}"},
        messages=[{"code": "103", "level": "info", "text": hint}],
    )
    assert made.bind(script.vendor_id).status_code == 201
    return made


def opened(platform: Platform, message_id: str, **query: Any) -> dict[str, Any]:
    answer = staff(platform, "it_staff").get(f"/api/admin/exchange/messages/{message_id}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def provoked(
    platform: Platform, script: ScriptedVendor, customer: Customer
) -> dict[str, Callable[[], object]]:
    """What brings each code about."""
    vendor, exam_no = script.vendor(), new_exam_no()
    stranger = {**guide_body(customer, exam_no, "x"), "person": {**customer.person, "name": "别人"}}
    broken = refusing(platform, "exams.bookings", f"NEW.exam_no = '{exam_no}'")

    def while_broken(interface: str, body: dict[str, Any]) -> object:
        with broken:
            return vendor.push(interface, body)

    def told_in_vain() -> object:
        with refusing(platform, "notices.notices", f"NEW.person_id = '{customer.person_id}'"):
            return vendor.push("guides", guide_body(customer, new_exam_no(), "请空腹"))

    def dictionary_broken() -> object:
        with refusing(platform, "catalog.vendor_items", f"NEW.code = '{exam_no}'"):
            return vendor.push(
                "item-changes", {"items": [{"item_code": exam_no, "name": "x"}], "change": "1"}
            )

    def refused_binding() -> object:
        script.say({}, accepted=False)
        return customer.bind(script.vendor_id)

    def refused_booking(code: str) -> object:
        script.say({}, accepted=False, messages=[{"code": code, "level": "error", "text": "不行"}])
        return book(platform, customer, in_days(2))

    return {
        "103": lambda: None,
        "104": refused_binding,
        "201": lambda: refused_booking("201"),
        "202": lambda: refused_booking("202"),
        "301": lambda: vendor.push("checklist-queries", {"exam_account": "NOBODY"}),
        "401": lambda: vendor.push("guides", stranger),
        "402": lambda: vendor.push("guides", guide_body(customer, exam_no, "http://10.0.0.1/", "url")),
        "405": told_in_vain,
        "501": lambda: vendor.push("results", results_body(customer, new_exam_no(), result("NONE", "1"))),
        "502": lambda: while_broken("results", results_body(customer, exam_no, result("NONE", "1"))),
        "601": lambda: vendor.push("reports", report_body(customer, exam_no, "no pdf", "pdf")),
        "701": dictionary_broken,
    }


INTERFACE = {
    "103": "K1",
    "104": "K1",
    "201": "K2",
    "202": "K2",
    "301": "H1",
    "401": "H2",
    "402": "H2",
    "405": "H2",
    "501": "H3",
    "502": "H3",
    "601": "H4",
    "701": "H5",
}


@pytest.mark.parametrize("code", INTERFACE)
def test_a_message_is_found_by_its_code_and_opened_masked(
    platform: Platform, script: ScriptedVendor, customer: Customer, code: str
) -> None:
    """403 needs a template of another program version; test_guides brings it about."""
    known = (
        {line["id"] for line in messages(platform, vendor_id=script.vendor_id, code=code)}
        if code != "103"
        else set()
    )
    provoked(platform, script, customer)[code]()
    line = eventually(
        lambda: next(
            (
                one
                for one in messages(platform, vendor_id=script.vendor_id, code=code)
                if one["id"] not in known
            ),
            None,
        )
    )
    assert line["interface"] == INTERFACE[code]
    assert code in line["codes"]
    assert line["received_at"]
    view = opened(platform, line["id"])
    assert view["masked"] is True
    shown = view["body"] + view["answer"]
    for field in ("name", "id_number", "phone", "address"):
        assert customer.person[field] not in shown, field
    assert "平江路" not in shown
    if INTERFACE[code] in ("H2", "H3", "H4"):
        assert json.loads(view["body"])["person"]["id_number"].endswith(customer.person["id_number"][-4:])
    if view["answer"]:
        assert (
            code in [message["code"] for message in json.loads(view["answer"]).get("messages", [])]
            or code == "104"
        )


def test_personal_values_are_covered_wherever_they_stand(
    platform: Platform, script: ScriptedVendor, customer: Customer
) -> None:
    """In fields that the contract does not know, in free text, one level deeper."""
    key, person = f"deep-{new_exam_no()}", customer.person
    deep = {**person, "contact": {"name": "皇甫家人", "phone": "13711112222", "address": ADDRESS}}
    body = {
        **about(customer, new_exam_no()),
        "person": deep,
        "change": "1",
        "results": [result("NONE", "1", item_name="未知项目", operator="技师甲")],
        "remark": f"{person['name']}（{person['phone']}）本人",
        "applicant": {"id_number": person["id_number"], "phone": "13733334444", "name": "检验科"},
    }
    script.vendor().push("results", body, **{"X-Request-Id": key})
    line = next(one for one in messages(platform, interface="H3") if one["request_id"] == key)
    shown = opened(platform, line["id"])["body"]
    for hidden in (
        *[person[name] for name in ("name", "id_number", "phone")],
        "皇甫家人",
        "13711112222",
        "13733334444",
    ):
        assert hidden not in shown, hidden
    assert "平江路" not in shown
    assert "未知项目" in shown
    assert "检验科" in shown, "a name of something else is readable"


def test_documents_are_left_out_of_the_masked_view(
    platform: Platform, script: ScriptedVendor, customer: Customer
) -> None:
    for interface, body in (
        ("guides", guide_body(customer, new_exam_no(), "只给本人看")),
        ("reports", report_body(customer, new_exam_no(), "只给本人看")),
    ):
        key = f"document-{new_exam_no()}"
        script.vendor().push(interface, body, **{"X-Request-Id": key})
        line = next(one for one in messages(platform) if one["request_id"] == key)
        assert "只给本人看" not in opened(platform, line["id"])["body"]
        assert "只给本人看" in opened(platform, line["id"], masked=False)["body"]


def test_the_whole_message_shows_everything_and_leaves_a_trace(
    platform: Platform, script: ScriptedVendor, customer: Customer
) -> None:
    exam_no, key = new_exam_no(), f"trace-{new_exam_no()}"
    body = results_body(customer, exam_no, result("NONE", "<0.01"))
    envelope = script.vendor().push("results", body, **{"X-Request-Id": key})
    line = next(one for one in messages(platform, interface="H3") if one["request_id"] == key)
    view = opened(platform, line["id"], masked=False)
    assert json.loads(view["body"]) == body
    assert json.loads(view["answer"]) == envelope
    admin = staff(platform, "admin")

    def trace() -> list[dict[str, Any]]:
        answer = admin.get(
            "/api/admin/accounts/audit", params={"action": "exchange.message.open", "limit": 100}
        )
        assert answer.status_code == 200, answer.text
        subject = f"exchange.messages/{line['id']}"
        return [entry for entry in answer.json()["items"] if entry["subject"] == subject]

    (entry,) = eventually(trace)
    assert entry["person_id"] == customer.person_id


@pytest.mark.parametrize("role", ["doctor", "customer_service", "finance", "admin"])
def test_others_do_not_open_messages(platform: Platform, customer: Customer, role: str) -> None:
    line = messages(platform, person_id=customer.person_id)[0]
    answer = staff(platform, role).get(f"/api/admin/exchange/messages/{line['id']}")
    assert answer.status_code == 403
    assert customer.client.get(f"/api/admin/exchange/messages/{line['id']}").status_code == 403


def test_the_log_is_searched_by_person_state_vendor_and_time(
    platform: Platform, script: ScriptedVendor, customer: Customer
) -> None:
    mine = messages(platform, person_id=customer.person_id)
    assert mine
    assert {line["person_id"] for line in mine} == {customer.person_id}
    assert messages(platform, message_id=mine[0]["id"]) == [mine[0]]
    named = next(line for line in mine if line["request_id"])
    assert messages(platform, request_id=named["request_id"]) == [named]
    staged = messages(platform, state="staged", vendor_id=script.vendor_id)
    assert {line["state"] for line in staged} == {"staged"}
    first = mine[-1]["received_at"]
    assert mine[0]["id"] not in [line["id"] for line in messages(platform, until=first)]
    assert mine[-1]["id"] in [
        line["id"] for line in messages(platform, person_id=customer.person_id, since=first)
    ]
    desk = staff(platform, "it_staff")
    pages, cursor = [], None
    for _ in range(3):
        query: dict[str, Any] = {
            "limit": 2,
            "vendor_id": script.vendor_id,
            **({"cursor": cursor} if cursor else {}),
        }
        page = desk.get("/api/admin/exchange/messages", params=query).json()
        pages += [line["id"] for line in page["items"]]
        cursor = page["next"]
    assert len(set(pages)) == 6
    assert pages == sorted(pages, reverse=True)


def test_the_health_of_a_vendor_is_told_by_interface_and_by_the_hour(
    platform: Platform, script: ScriptedVendor, customer: Customer
) -> None:
    desk = staff(platform, "it_staff")
    address = f"/api/admin/exchange/vendors/{script.vendor_id}/health"

    def counted(lines: list[dict[str, Any]]) -> Counter[tuple[str, str, str]]:
        found: Counter[tuple[str, str, str]] = Counter()
        for line in lines:
            for what in ("calls", "failed"):
                found[line["interface"], line["direction"], what] += line[what]
        return found

    def agree() -> bool:
        """Calls that end between the two questions count in one of them only."""
        whole, hours = desk.get(address).json(), desk.get(f"{address}/hours").json()
        return bool(whole) and counted(whole) == counted(hours)

    eventually(agree)
