"""通知渠道 and 发送记录: what goes out by which way, and why a message went the way it went."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.pages import talks
from tests.pages.accessibility import assert_accessible
from tests.pages.elements import choose
from tests.pages.visitors import SMALL_DESK
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.appointments import book, booking_in
from tests.wire.conftest import Platform, eventually

Visit = Callable[..., Page]
PLACE = "/api/admin/notices"


@pytest.fixture
def admin(platform: Platform) -> httpx.Client:
    return hospital.staff(platform, "admin")


def set_rules(admin: httpx.Client, **wanted: Any) -> None:
    known = admin.get(f"{PLACE}/settings").json()
    kept = {
        name: known[name]
        for name in ("channels", "quiet_from", "quiet_until", "caps", "sms_order", "version")
    }
    changed = admin.put(f"{PLACE}/settings", json={**kept, **wanted})
    assert changed.status_code == 200, changed.text


def map_sms(admin: httpx.Client, code: str, external_id: str) -> None:
    """To a template of Tencent's."""
    used = admin.get(f"{PLACE}/channel-templates").json()
    known = [one for one in used if (one["code"], one["sender"]) == (code, "tencent")]
    body = {
        "version": known[0]["version"] if known else 0,
        "kind": "sms",
        "external_id": external_id,
        "fields": [{"name": "day", "value": "{appointment_date}"}],
    }
    saved = admin.put(f"{PLACE}/channel-templates/{code}/sms/tencent", json=body)
    assert saved.status_code == 200, saved.text


def test_a_message_that_no_channel_delivered_is_explained_and_sent_again(
    staff_page: Visit, platform: Platform, admin: httpx.Client
) -> None:
    set_rules(admin, quiet_from="00:00", quiet_until="00:00")
    map_sms(admin, "booking_confirmed", "9999999")
    customer = hospital.sign_up(platform, talks.new_name())
    booking_in(customer, book(platform, customer, hospital.in_days(3)), "booked")
    where = {"person_id": customer.person_id, "dead": True, "template_code": "booking_confirmed"}
    eventually(lambda: admin.get(f"{PLACE}/deliveries", params=where).json()["items"])

    page = staff_page("admin", f"/notices/deliveries?person_id={customer.person_id}")
    expect(page.get_by_role("row").filter(has_text="客户没有绑定微信").first).to_be_visible()
    page.get_by_text("只看全部渠道都未送达的").click()
    expect(page).to_have_url(re.compile("dead=true"))
    row = page.get_by_role("row").filter(has_text="未送达").first
    expect(row).to_contain_text(talks.masked(customer.person["name"]))
    expect(row).to_contain_text("短信")
    assert customer.person["phone"] not in page.content()
    row.click()
    detail = page.get_by_role("dialog", name="发送记录")
    expect(
        detail.get_by_text(re.compile("微信未发送（客户没有绑定微信） → 改发短信，未送达"))
    ).to_be_visible()
    expect(
        detail.get_by_role("list", name="每一次发送").get_by_text(re.compile("^第 1 次：被拒绝"))
    ).to_be_visible()
    assert_accessible(page)
    # The reason is mended, then it goes out.
    map_sms(admin, "booking_confirmed", "9999998")
    detail.get_by_role("button", name="重新发送").click()
    expect(page.get_by_text("已重新排队").first).to_be_visible()
    eventually(
        lambda: [
            one for one in admin.get(f"{PLACE}/deliveries", params=where).json()["items"] if one["tries"] > 1
        ]
    )


def test_the_hospital_says_which_channels_in_which_order(staff_page: Visit, admin: httpx.Client) -> None:
    set_rules(admin, channels=["wechat", "sms", "email"])
    page = staff_page("admin", "/notices/channels")
    order = page.get_by_role("list", name="渠道与先后")
    expect(order.get_by_role("listitem")).to_have_count(3)
    order.get_by_role("button", name="把短信提前").click()
    expect(order.get_by_role("listitem").first).to_contain_text("短信")
    page.get_by_label("短信每 24 小时上限").fill("6")
    page.get_by_label("短信每 24 小时上限").blur()
    assert_accessible(page)
    page.get_by_role("button", name="保存设置").click()
    expect(page.get_by_text("已保存，立即生效")).to_be_visible()
    saved = admin.get(f"{PLACE}/settings").json()
    assert (saved["channels"], saved["caps"]["sms"]["day"]) == (["sms", "wechat", "email"], 6)
    page.reload()
    expect(order.get_by_role("listitem").first).to_contain_text("短信")
    set_rules(admin, channels=["wechat", "sms", "email"])


def test_a_template_of_wechat_is_filled_or_says_what_is_missing(staff_page: Visit, watch: Watch) -> None:
    watch.expects(422)
    page = staff_page("admin", "/notices/channels?view=templates", SMALL_DESK)
    page.get_by_role("row").filter(has_text="体检预约").filter(has_text="预约").first.wait_for()
    page.goto(page.url + "&open=booking_waiting")
    panel = page.get_by_role("dialog", name="渠道模板")
    panel.get_by_role("button", name="的模板").first.click()
    choose(panel, "模板编号", "预约成功通知")
    expect(panel.get_by_label("第 1 个参数的名称")).to_have_value("thing1")
    panel.get_by_role("button", name="保存").click()
    expect(panel.get_by_role("alert").or_(panel.locator(".bad")).first).to_be_visible()


def test_who_may_only_read_sees_no_way_to_change(staff_page: Visit, watch: Watch) -> None:
    page = staff_page("customer_service", "/notices/channels")
    expect(page.get_by_role("list", name="渠道与先后")).to_be_visible()
    expect(page.get_by_role("button", name="保存设置")).to_have_count(0)
