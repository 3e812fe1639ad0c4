"""301 and 401: who is meant, and whether it is the same person (decisions 4, 5 and 7)."""

import json
from datetime import date
from typing import Any

import pytest

from tests.wire.conftest import Platform, Vendor
from tests.wire.hospital import (
    Customer,
    guide_body,
    new_exam_no,
    only_message,
    report_body,
    result,
    results_body,
    sign_up,
)

BORN_15 = date(1961, 4, 9)


@pytest.fixture(scope="module")
def customer(platform: Platform) -> Customer:
    return sign_up(platform, "钱守一", "1", BORN_15, address="河北省保定市竞秀区某某路一号")


def pushes(customer: Customer, exam_no: str) -> dict[str, dict[str, Any]]:
    """One push of every interface that carries a person."""
    return {
        "guides": guide_body(customer, exam_no, "请空腹"),
        "results": results_body(customer, exam_no, result("CHO", "5.1")),
        "reports": report_body(customer, exam_no, "未见明显异常"),
    }


def test_301_account_unknown_on_every_interface(vendor: Vendor, customer: Customer) -> None:
    bodies = {"checklist-queries": {}, **pushes(customer, new_exam_no())}
    for interface, body in bodies.items():
        envelope = vendor.push(interface, {**body, "exam_account": "TJ-NOBODY"})
        message = only_message(envelope, "301")
        assert not envelope["accepted"]
        assert message["level"] == "info"
        assert message["text"] == "查无记录。TJ-NOBODY"
        assert message["details"] == {"reason": "account_unknown"}


def test_301_questionnaire_missing_and_the_list_after_it(platform: Platform, vendor: Vendor) -> None:
    missing = platform.customer(questionnaire=False)
    message = only_message(vendor.push("checklist-queries", {"exam_account": missing["exam_account"]}), "301")
    assert message["text"] == f"查无记录。{missing['exam_account']}"
    assert message["details"] == {"reason": "questionnaire_missing"}
    answered = platform.customer()
    envelope = vendor.push("checklist-queries", {"exam_account": answered["exam_account"]})
    assert envelope["accepted"]
    assert envelope["messages"] == []


@pytest.mark.parametrize("interface", ["guides", "results", "reports"])
@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("name", "钱守二", "姓名"),
        ("sex", "2", "性别"),
        ("birth_date", "19610410", "出生日期"),
        ("id_number", "130681196104090038", "证件号码"),
    ],
)
def test_401_names_the_field_and_nothing_else(
    vendor: Vendor, customer: Customer, interface: str, field: str, value: str, word: str
) -> None:
    exam_no = new_exam_no()
    body = pushes(customer, exam_no)[interface]
    envelope = vendor.push(interface, {**body, "person": {**customer.person, field: value}})
    message = only_message(envelope, "401")
    assert not envelope["accepted"]
    assert message["level"] == "error"
    assert message["text"] == f"客户信息不符。{word}"
    assert message["details"] == {"fields": [field]}
    said = json.dumps(envelope, ensure_ascii=False)
    stored = [text for key, text in customer.person.items() if key not in ("sex", "id_type")]
    assert not [text for text in stored if text in said]
    assert exam_no not in [booking["exam_no"] for booking in customer.bookings()], "nothing is made of it"


def test_401_names_every_field_that_differs(vendor: Vendor, customer: Customer) -> None:
    other = {"name": "别人", "sex": "9", "birth_date": "19990101", "id_number": "11010119990101001X"}
    body = {**guide_body(customer, new_exam_no(), "请空腹"), "person": other}
    message = only_message(vendor.push("guides", body), "401")
    assert message["details"]["fields"] == ["name", "sex", "birth_date", "id_number"]
    assert message["text"] == "客户信息不符。姓名、性别、出生日期、证件号码"


@pytest.mark.parametrize("name", ["钱3", "钱" * 80, "·", "　"])
def test_401_for_a_text_that_can_be_nobodys_name(vendor: Vendor, customer: Customer, name: str) -> None:
    body = {**guide_body(customer, new_exam_no(), "请空腹"), "person": {**customer.person, "name": name}}
    assert only_message(vendor.push("guides", body), "401")["details"] == {"fields": ["name"]}


def test_an_id_number_that_was_not_sent_is_not_compared(vendor: Vendor, customer: Customer) -> None:
    person = {key: customer.person[key] for key in ("name", "sex", "birth_date")}
    body = guide_body(customer, new_exam_no(), "请空腹")
    assert vendor.push("guides", {**body, "person": person})["messages"] == []
    assert vendor.push("guides", {**body, "person": {**person, "id_number": None}})["messages"] == []


def test_15_and_18_digits_are_the_same_id_number(vendor: Vendor, customer: Customer) -> None:
    number = customer.person["id_number"]
    old = number[:6] + number[8:17]
    assert len(old) == 15
    body = guide_body(customer, new_exam_no(), "请空腹")
    for printed in (old, f" {number} ", number.lower()):
        envelope = vendor.push("guides", {**body, "person": {**customer.person, "id_number": printed}})
        assert envelope["messages"] == [], printed
    wrong = old[:-1] + ("1" if old[-1] != "1" else "3")
    envelope = vendor.push("guides", {**body, "person": {**customer.person, "id_number": wrong}})
    assert only_message(envelope, "401")["details"] == {"fields": ["id_number"]}


@pytest.mark.parametrize(
    ("stored", "printed"),
    [
        (
            "阿卜杜拉·买买提",
            [
                "阿卜杜拉•买买提",
                "阿卜杜拉・买买提",
                "阿卜杜拉．买买提",
                "阿卜杜拉 · 买买提",
                "阿卜杜拉⋅买买提",
            ],
        ),
        ("𠮷野㛃", ["𠮷野㛃", " 𠮷野㛃 ", "𠮷 野㛃"]),
        ("Ａnna Li", ["Anna Li", "anna  li", "ANNA LI"]),
    ],
)
def test_spellings_of_one_name_are_equal(
    platform: Platform, vendor: Vendor, stored: str, printed: list[str]
) -> None:
    known = sign_up(platform, stored, "2", date(1993, 8, 1))
    body = guide_body(known, new_exam_no(), "请空腹")
    for name in printed:
        envelope = vendor.push("guides", {**body, "person": {**known.person, "name": name}})
        assert envelope["messages"] == [], name
    other = {**known.person, "name": stored.replace("买", "卖").replace("㛃", "姐").replace("L", "D")}
    assert only_message(vendor.push("guides", {**body, "person": other}), "401")


def test_an_exam_number_is_required(vendor: Vendor, customer: Customer) -> None:
    """Decision 4: H2 by the contract, H3 and H4 because this vendor is configured to send it."""
    for interface, body in pushes(customer, "x").items():
        del body["exam_no"]
        answer = vendor.post(f"/open/v1/exam/{interface}", body)
        assert answer.status_code == 422, (interface, answer.text)
        assert "exam_no" in answer.json()["message"]


def test_the_person_data_set_takes_every_field_of_the_contract(vendor: Vendor, customer: Customer) -> None:
    more = {
        "nation": "01",
        "marital_status": "20",
        "education": "20",
        "occupation": "职员",
        "address": customer.person["address"],
        "blood_type_abo": "1",
        "blood_type_rh": "2",
        "a_field_of_the_vendor": {"kept": ["in", "the", "raw", "message"]},
    }
    body = {**guide_body(customer, new_exam_no(), "请空腹"), "person": {**customer.person, **more}}
    assert vendor.push("guides", body)["messages"] == []
