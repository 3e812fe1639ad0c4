"""What the customer reads on the phone after the exam: results, their course, risks, the report."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.phone import here
from tests.wire.conftest import Platform, Vendor, eventually
from tests.wire.hospital import Customer, new_exam_no, report_body, result, results_body, sign_up


@pytest.fixture(scope="module")
def customer(platform: Platform) -> Customer:
    return sign_up(platform, "赫连看结果", "1")


@pytest.fixture(scope="module")
def exam(platform: Platform, customer: Customer) -> str:
    """The booking of an exam with two results, one of them high, and a report."""
    vendor: Vendor = platform.vendor()
    exam_no = new_exam_no()
    sent = results_body(
        customer,
        exam_no,
        result("CHO", "7.6", abnormal_flag="H", reference_range="2.8-5.2"),
        result("BUN-X", "5.0", abnormal_flag="N"),
    )
    assert vendor.post("/open/v1/exam/results", sent).json()["data"]["stored"] == 2
    written = report_body(
        customer, exam_no, "<h1>体检报告</h1><p>血脂偏高，建议复查。</p>", "html", conclusions=["血脂偏高"]
    )
    assert vendor.post("/open/v1/exam/reports", written).json()["accepted"]
    found = eventually(lambda: customer.client.get("/api/patient/exams/bookings").json()["items"])
    booking: str = found[0]["id"]
    return booking


def test_the_conclusion_comes_first_then_what_is_abnormal(
    customer: Customer, exam: str, customer_page: Callable[..., Page]
) -> None:
    page = customer_page(customer.client, f"/pkg-health/results?booking={exam}")
    shown = here(page)
    expect(shown.get_by_role("heading", name="2 项中有 1 项需要留意")).to_be_visible()
    expect(shown.get_by_text("1. 血脂偏高")).to_be_visible()
    expect(shown.get_by_text(re.compile("单次偏高不等于患病")).first).to_be_visible()
    assert_accessible(page)
    shown.locator(".result", has_text="7.6").first.click()
    expect(here(page).get_by_role("img", name=re.compile("共 1 次"))).to_be_visible()
    here(page).get_by_text("看数值").click()
    expect(here(page).locator(".trend__line", has_text="7.6")).to_be_visible()


def test_a_corrected_result_shows_without_reload(
    platform: Platform, customer: Customer, exam: str, customer_page: Callable[..., Page]
) -> None:
    page = customer_page(customer.client, f"/pkg-health/results?booking={exam}")
    expect(here(page).get_by_text("5.0", exact=True)).to_be_visible()
    exam_no = customer.client.get("/api/patient/exams/bookings").json()["items"][0]["exam_no"]
    sent = results_body(
        customer,
        exam_no,
        result("BUN-X", "5.9", abnormal_flag="N", sequence=2),
        change="2",
    )
    assert platform.vendor().post("/open/v1/exam/results", sent).json()["data"]["stored"] == 1
    expect(here(page).get_by_text("5.9", exact=True)).to_be_visible()


def test_the_report_is_read_and_risks_say_what_is_missing(
    customer: Customer, exam: str, customer_page: Callable[..., Page]
) -> None:
    page = customer_page(customer.client, f"/pkg-health/report?booking={exam}")
    expect(here(page).get_by_text("血脂偏高，建议复查。")).to_be_visible()
    assert_accessible(page)
    page.goto("/m/pkg-health/risks")
    expect(here(page).get_by_text(re.compile("还不能评估，缺少：")).first).to_be_visible()
    assert_accessible(page)
