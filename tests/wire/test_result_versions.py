"""Add, modify, delete: late, doubled, reordered, for two exams of one day (decision 8)."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from tests.wire.conftest import Platform, Vendor
from tests.wire.hospital import Customer, new_exam_no, result, results_body, sign_up, staff

ADD, MODIFY, DELETE = "1", "2", "3"


@pytest.fixture(scope="module")
def customer(platform: Platform) -> Customer:
    return sign_up(platform, "陈复查", "1", date(1966, 6, 6))


def at(minute: int) -> str:
    return f"2026-11-20T09:{minute:02d}:00+08:00"


def send(
    vendor: Vendor, customer: Customer, exam_no: str, change: str, value: str, **more: Any
) -> dict[str, int]:
    body = results_body(customer, exam_no, result("CHO", value, **more), change=change)
    envelope = vendor.push("results", body)
    assert envelope["accepted"]
    assert envelope["messages"] == []
    data: dict[str, int] = envelope["data"]
    return data


def visible(customer: Customer, exam_no: str) -> str | None:
    found = customer.results(exam_no).get("CHO")
    return None if found is None else str(found["raw_value"])


def history(platform: Platform, customer: Customer, exam_no: str) -> list[tuple[str, str]]:
    booking = customer.booking(exam_no)["id"]
    answer = staff(platform, "doctor").get(f"/api/admin/exams/bookings/{booking}/results/CHO/history")
    return [(version["change"], version["raw_value"]) for version in answer.json()]


def test_add_modify_delete_and_their_history(platform: Platform, vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    assert send(vendor, customer, exam_no, ADD, "5.1", sequence=1)["stored"] == 1
    assert send(vendor, customer, exam_no, MODIFY, "5.2", sequence=2)["stored"] == 1
    assert visible(customer, exam_no) == "5.2"
    assert send(vendor, customer, exam_no, DELETE, "", sequence=3)["stored"] == 1
    assert visible(customer, exam_no) is None
    assert send(vendor, customer, exam_no, ADD, "5.3", sequence=4)["stored"] == 1
    assert visible(customer, exam_no) == "5.3"
    assert history(platform, customer, exam_no) == [("1", "5.1"), ("2", "5.2"), ("3", "5.2"), ("2", "5.3")]


@pytest.mark.parametrize(
    ("last", "expected"),
    [((MODIFY, "5.3"), "5.3"), ((DELETE, ""), None)],
    ids=["ends with a change", "ends with a delete"],
)
@pytest.mark.parametrize("by", ["sequence", "time"])
def test_any_order_and_any_double_ends_the_same(
    vendor: Vendor, customer: Customer, by: str, last: tuple[str, str], expected: str | None
) -> None:
    versions = [(ADD, "5.1"), (MODIFY, "5.2"), last]
    for order in permutations(range(3)):
        exam_no = new_exam_no()
        for place in (*order, *order):
            change, value = versions[place]
            more = {"sequence": place + 1} if by == "sequence" else {"performed_at": at(place)}
            send(vendor, customer, exam_no, change, value, **more)
        assert visible(customer, exam_no) == expected, order


def test_the_sequence_beats_the_time(vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    send(vendor, customer, exam_no, ADD, "new", sequence=2, performed_at=at(1))
    send(vendor, customer, exam_no, MODIFY, "old", sequence=1, performed_at=at(50))
    assert visible(customer, exam_no) == "new"


def test_a_doubled_push_changes_nothing(platform: Platform, vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    assert send(vendor, customer, exam_no, ADD, "5.1", sequence=1)["stored"] == 1
    for _ in range(3):
        assert send(vendor, customer, exam_no, ADD, "5.1", sequence=1) == {
            "stored": 0,
            "staged": 0,
            "unchanged": 1,
        }
    assert customer.results(exam_no)["CHO"]["revision"] == 1
    assert history(platform, customer, exam_no) == [("1", "5.1")]


def test_a_modify_of_something_unknown_adds_it(vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    assert send(vendor, customer, exam_no, MODIFY, "5.1")["stored"] == 1
    assert visible(customer, exam_no) == "5.1"


def test_a_delete_of_something_unknown_is_accepted_and_does_nothing(
    vendor: Vendor, customer: Customer
) -> None:
    exam_no = new_exam_no()
    assert send(vendor, customer, exam_no, DELETE, "", sequence=5) == {
        "stored": 0,
        "staged": 0,
        "unchanged": 1,
    }
    assert customer.results(exam_no) == {}
    send(vendor, customer, exam_no, ADD, "late", sequence=4)
    assert visible(customer, exam_no) is None, "the add that the delete overtook does not come to life"
    send(vendor, customer, exam_no, ADD, "again", sequence=6)
    assert visible(customer, exam_no) == "again"


def test_a_delete_needs_no_time(vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    send(vendor, customer, exam_no, ADD, "5.1")
    body = results_body(customer, exam_no, {"item_code": "CHO"}, change=DELETE)
    assert vendor.push("results", body)["data"]["stored"] == 1
    assert visible(customer, exam_no) is None


def test_a_delete_of_an_unmapped_item_is_no_501(vendor: Vendor, customer: Customer) -> None:
    exam_no = new_exam_no()
    body = results_body(customer, exam_no, {"item_code": f"GONE-{exam_no}"}, change=DELETE)
    assert vendor.push("results", body)["messages"] == []


def test_two_exams_of_one_person_on_one_day_never_mix(vendor: Vendor, customer: Customer) -> None:
    one, other = new_exam_no(), new_exam_no()
    send(vendor, customer, one, ADD, "5.1", sequence=1)
    send(vendor, customer, other, ADD, "6.1", sequence=1)
    send(vendor, customer, one, MODIFY, "5.2", sequence=2)
    send(vendor, customer, other, DELETE, "", sequence=2)
    assert (visible(customer, one), visible(customer, other)) == ("5.2", None)
    assert customer.booking(one)["id"] != customer.booking(other)["id"]


def test_a_late_version_between_two_loses_also_when_the_newest_said_the_same(
    vendor: Vendor, customer: Customer
) -> None:
    exam_no = new_exam_no()
    send(vendor, customer, exam_no, ADD, "5.1", sequence=1)
    send(vendor, customer, exam_no, MODIFY, "5.1", sequence=3)
    send(vendor, customer, exam_no, MODIFY, "5.2", sequence=2)
    assert visible(customer, exam_no) == "5.1"
