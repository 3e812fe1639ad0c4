"""The customer's way on the phone: signing, questionnaire, booking, list and guide; without network and on a full day."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from playwright.sync_api import Page, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.phone import answer_all, day_cell, fill_the_questionnaire, here, press, read_and_sign
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.appointments import confirm_list, request_booking, set_faults
from tests.wire.conftest import Platform
from tests.wire.hospital import Customer, guide_body, sign_up

Visit = Callable[..., Page]
MOOD = "/pkg-exam/questionnaire?code=phq9"
SOON = 30_000
"""What the worker and the exam centre do in between."""


def test_signing_with_the_exam_centre(customer_page: Visit, platform: Platform) -> None:
    newcomer = sign_up(platform, bind=False)
    page = customer_page(newcomer.client)
    press(page, "去签约")
    here(page).get_by_role("button", name=re.compile("康护示范医院体检中心.*读协议并签约")).click()
    agree = here(page).get_by_role("button", name="请先读到最后")
    expect(agree).to_have_attribute("aria-disabled", "true")
    read_and_sign(page)
    expect(here(page).get_by_text("签约成功")).to_be_visible()
    expect(here(page).get_by_text("已为您新建")).to_be_visible()
    assert_accessible(page)
    press(page, "下一步")
    press(page, "开始填写")
    expect(here(page).get_by_text("一、基本情况")).to_be_visible()


def test_the_exam_centre_does_not_bind(customer_page: Visit, platform: Platform, watch: Watch) -> None:
    watch.expects(502)
    newcomer = sign_up(platform, bind=False)
    set_faults(platform, status=500)
    try:
        page = customer_page(newcomer.client, f"/pkg-exam/sign?vendor={hospital.demo_vendor(platform)}")
        read_and_sign(page)
        expect(here(page).get_by_role("alert")).to_contain_text("您的同意已经保存")
        expect(here(page).get_by_role("button", name="重新试一次")).to_be_visible()
    finally:
        set_faults(platform)


def test_from_the_questionnaire_to_the_guide(customer_page: Visit, platform: Platform, watch: Watch) -> None:
    watch.expects(422)
    customer = sign_up(platform)
    page = customer_page(customer.client)
    press(page, "开始填写")
    fill_the_questionnaire(page)
    expect(here(page).get_by_text("已提交，谢谢")).to_be_visible()
    press(page, "去预约")

    day = hospital.in_days(3)
    day_cell(page, day).click()
    assert_accessible(page)
    press(page, "确认预约")
    expect(here(page).get_by_text("预约已提交")).to_be_visible()
    expect(here(page).get_by_role("listitem", name=re.compile("医生确认清单，进行中"))).to_be_visible()

    # Each step shows itself on the open page.
    confirm_list(platform, customer)
    expect(here(page).get_by_role("listitem", name=re.compile("预约成功，已完成，体检编号"))).to_be_visible(
        timeout=SOON
    )
    booking = customer.bookings()[0]
    press(page, "看体检指引单")
    expect(here(page).get_by_text(booking["exam_no"])).to_be_visible()
    pushed = platform.vendor().push("guides", guide_body(customer, booking["exam_no"], "请空腹，八点到一楼"))
    assert pushed["accepted"]
    expect(here(page).get_by_text("请空腹，八点到一楼")).to_be_visible()
    assert_accessible(page)

    page.goto("/m/pkg-exam/checklist")
    expect(page.get_by_text("医生已确认")).to_be_visible()
    assert_accessible(page)


def test_a_draft_without_network_is_sent_later(
    customer_page: Visit, platform: Platform, watch: Watch
) -> None:
    customer = sign_up(platform)
    page = customer_page(customer.client, MOOD)
    expect(page.get_by_text("做事时提不起劲或没有兴趣")).to_be_visible()
    page.route("**/api/patient/forms/**", lambda route: route.abort())
    first = page.get_by_role("radiogroup").first
    first.get_by_role("radio", name="好几天").click()
    expect(page.get_by_text("已存在手机上，联网后自动保存")).to_be_visible()
    # A question that only now is asked: branching needs no network.
    expect(
        page.get_by_role(
            "radiogroup", name="如果您有以上任何一种困扰，它给您的工作、家务或与人相处带来多大困难？"
        )
    ).to_be_visible()
    page.reload()
    expect(page.get_by_role("radiogroup").first.get_by_role("radio", name="好几天")).to_be_checked()
    page.unroute("**/api/patient/forms/**")
    page.reload()
    expect(page.get_by_text("已保存")).to_be_visible()
    assert mood_answers(customer) == {"phq9_1": "1"}
    # What was cut off here on purpose is no fault of the page.
    watch.faults[:] = [fault for fault in watch.faults if "ERR_FAILED" not in fault]


def test_newer_answers_from_another_device_are_not_lost(
    customer_page: Visit, platform: Platform, watch: Watch
) -> None:
    watch.expects(409)
    customer = sign_up(platform)
    page = customer_page(customer.client, MOOD)
    page.get_by_role("radiogroup").first.get_by_role("radio", name="好几天").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    save_elsewhere(customer, {"phq9_1": "3"})
    page.get_by_role("radiogroup").nth(1).get_by_role("radio", name="完全不会").click()
    expect(page.get_by_role("alert")).to_contain_text("在别的设备上填过更新的内容")
    press(page, "用别的设备上的")
    expect(page.get_by_role("radiogroup").first.get_by_role("radio", name="几乎每天")).to_be_checked()
    assert mood_answers(customer) == {"phq9_1": "3"}


def mood_answers(customer: Customer) -> dict[str, Any]:
    found: dict[str, Any] = customer.client.get("/api/patient/forms/phq9").json()["answers"]
    return found


def save_elsewhere(customer: Customer, answers: dict[str, Any]) -> None:
    sheet = customer.client.get("/api/patient/forms/phq9").json()
    body = {"version": sheet["version"], "revision": sheet["revision"], "answers": answers}
    answer = customer.client.put(f"/api/patient/forms/phq9/responses/{sheet['response_id']}", json=body)
    assert answer.status_code == 200, answer.text


def test_a_scale_says_what_its_score_means(customer_page: Visit, platform: Platform) -> None:
    page = customer_page(sign_up(platform).client, MOOD, elder=True)
    expect(page.get_by_text("做事时提不起劲或没有兴趣")).to_be_visible()
    answer_all(page, "一半以上的天数")
    here(page).get_by_role("radiogroup").last.get_by_role("radio").nth(1).click()
    press(page, "提交")
    expect(here(page).get_by_text("18 分")).to_be_visible()
    expect(here(page).get_by_text("中重度")).to_be_visible()
    expect(here(page).get_by_text("12356")).to_be_visible()
    assert_accessible(page)


@contextmanager
def places(platform: Platform, day: date, left: int) -> Iterator[None]:
    """So many places are left on that day; afterwards it has again as many as it had."""
    desk = hospital.staff(platform, "doctor")
    vendor = hospital.demo_vendor(platform)
    listed = desk.get("/api/admin/exams/days", params={"vendor_id": vendor}).json()
    known = next(found for found in listed if found["day"] == day.isoformat())

    def set_capacity(capacity: int) -> None:
        body = {"vendor_id": vendor, "day": day.isoformat(), "capacity": capacity}
        assert desk.put("/api/admin/exams/capacity", json=body).status_code == 204

    set_capacity(known["taken"] + left)
    try:
        yield
    finally:
        set_capacity(known["capacity"])


def test_a_full_day_another_day_and_cancelling(
    customer_page: Visit, platform: Platform, watch: Watch
) -> None:
    watch.expects(409)
    full, free, later = (hospital.in_days(days) for days in (9, 10, 11))
    customer = sign_up(platform)
    with places(platform, full, left=1):
        page = customer_page(customer.client, "/pkg-exam/booking")
        day_cell(page, full).click()
        # Somebody else takes the last place while one still thinks.
        assert request_booking(sign_up(platform), full).status_code == 201
        press(page, "确认预约")
        expect(here(page).get_by_role("alert")).to_contain_text("已满")
        expect(day_cell(page, full)).to_have_attribute("aria-disabled", "true")
        expect(day_cell(page, full)).to_contain_text("已满")

    day_cell(page, free).click()
    press(page, "确认预约")
    press(page, "改日期")
    day_cell(page, later).click()
    press(page, "确认改期")
    expect(here(page).get_by_text("日期已改好")).to_be_visible()
    expect(here(page).get_by_text(f"{later.month}月{later.day}日")).to_be_visible()
    assert customer.bookings()[0]["appointment_date"] == later.isoformat()

    press(page, "取消预约")
    here(page).get_by_role("alertdialog").get_by_role("button", name="取消预约").click()
    expect(here(page).get_by_text("您已取消，名额已让出")).to_be_visible()
    assert_accessible(page)


def test_withdrawing_the_agreement(customer_page: Visit, platform: Platform) -> None:
    customer = sign_up(platform)
    page = customer_page(customer.client, "/pkg-exam/binding")
    press(page, "撤回授权")
    here(page).get_by_role("alertdialog").get_by_role("button", name="撤回授权").click()
    expect(here(page).get_by_text("可签约的机构")).to_be_visible()
