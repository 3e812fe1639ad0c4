"""The exam loop on both screens at once: a phone beside the hospital's PCs, the sandbox's exam centre in between.

No page is loaded again to see what the others did.
"""

import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from kanghu.main.tour.mapping import ADDED_ITEM
from tests.pages.phone import day_cell, fill_the_questionnaire, here, press, read_and_sign
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.conftest import Platform
from tests.wire.hospital import sign_up

Visit = Callable[..., Page]
SOON = 30_000
"""What the worker and the exam centre do in between."""


def at_the_centre(platform: Platform, path: str, **told: Any) -> Any:
    """Its own desk: what its people enter there goes to the platform over the wire."""
    answer = httpx.post(f"{platform.sandbox}/control/{path}", json=told, timeout=60, trust_env=False)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_the_whole_loop(customer_page: Visit, staff_page: Visit, platform: Platform, watch: Watch) -> None:
    watch.expects(422)  # the questionnaire is handed in too early once
    customer = sign_up(platform, "上官同行", bind=False)
    phone = customer_page(customer.client)
    press(phone, "去签约")
    here(phone).get_by_role("button", name=re.compile("康护示范医院体检中心.*读协议并签约")).click()
    read_and_sign(phone)
    press(phone, "下一步")
    press(phone, "开始填写")
    fill_the_questionnaire(phone)
    press(phone, "去预约")
    day_cell(phone, hospital.in_days(2)).click()
    press(phone, "确认预约")
    expect(here(phone).get_by_text("预约已提交")).to_be_visible()

    desk = staff_page("doctor", f"/health/customers/{customer.person_id}")
    lists = staff_page("doctor", "/health/checklists")
    lists.get_by_role("button", name=re.compile("上官同行")).first.click()
    lists.get_by_role("button", name="确认并发送").click()
    lists.get_by_role("dialog").get_by_role("button", name="确认并发送").click()
    expect(lists.get_by_text(re.compile("已由王医生于 .* 确认发送"))).to_be_visible()

    expect(here(phone).get_by_role("listitem", name=re.compile("预约成功，已完成，体检编号"))).to_be_visible(
        timeout=SOON
    )
    exam_no = customer.bookings()[0]["exam_no"]
    at_the_centre(platform, "exams", exam_no=exam_no, steps=["guide"])
    press(phone, "看体检指引单")
    expect(here(phone).get_by_text(exam_no, exact=True)).to_be_visible()

    at_the_centre(platform, "exams", exam_no=exam_no, steps=["results", "report"])
    expect(desk.get_by_role("button", name=re.compile("^体检结果 .* 项"))).to_be_visible(timeout=SOON)
    expect(desk.get_by_role("button", name=re.compile("收到体检报告第 1 版"))).to_be_visible()
    booking = customer.bookings()[0]["id"]
    phone.goto(f"/m/pkg-health/results?booking={booking}")
    expect(here(phone).get_by_role("heading", name=re.compile("项中有 .* 项需要留意"))).to_be_visible()

    # An item that nobody mapped: it waits, is mapped at the desk, and stands on the open phone.
    added = at_the_centre(platform, "results", exam_no=exam_no, change="1", values={ADDED_ITEM: "25.4"})
    assert added["deliveries"][0]["envelope"]["messages"][0]["code"] == "501"
    it = staff_page("it_staff", f"/exchange/mappings?vendor={hospital.demo_vendor(platform)}&q={ADDED_ITEM}")
    expect(it.get_by_text("对照后将释放 1 条等待中的结果")).to_be_visible()
    expect(here(phone).get_by_text("25.4", exact=True)).to_have_count(0)
    it.get_by_role("listbox").press("Enter")
    expect(it.get_by_role("status").filter(has_text="已释放 1 条结果")).to_be_visible(timeout=SOON)
    expect(here(phone).get_by_text(re.compile("25.4"))).to_be_visible(timeout=SOON)

    phone.goto("/m/pkg-health/risks")
    expect(here(phone).get_by_text(re.compile("心血管")).first).to_be_visible()
    phone.goto(f"/m/pkg-health/report?booking={booking}")
    expect(here(phone).get_by_text("报告全文")).to_be_visible()
