"""Signing up by a code on the phone, the family, consents, account."""

import re
from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.phone import here
from tests.pages.visitors import Visitors
from tests.pages.watch import Watch
from tests.wire.conftest import Platform, eventually
from tests.wire.hospital import sign_up

NEWCOMER_PHONE = "13911112222"


def _code_sent_to(platform: Platform, phone: str) -> str:
    """Read where a person at the demonstration reads it: in the inbox of the SMS stand-in."""
    sandbox = f"http://127.0.0.1:{platform.sandbox_port}"

    def newest() -> str | None:
        sent = httpx.get(f"{sandbox}/sms/messages", params={"phone": phone}).text
        found = re.findall(r"\b(\d{6})\b", sent)
        return found[0] if found else None

    found: str = eventually(newest)
    return found


def _fill(page: Page, label: str, value: str) -> None:
    here(page).get_by_label(label, exact=True).fill(value)


def test_a_newcomer_signs_up_by_a_code_on_the_phone(
    platform: Platform, visitors: Visitors, open_page: Callable[..., Page]
) -> None:
    page = open_page(visitors.on_phone(), "/m/pkg-account/sign-up")
    shown = here(page)
    _fill(page, "手机号", NEWCOMER_PHONE)
    shown.get_by_role("button", name="获取验证码").click()
    _fill(page, "短信验证码", _code_sent_to(platform, NEWCOMER_PHONE))
    _fill(page, "姓名", "欧阳新来")
    _fill(page, "身份证号码", "110101199003070070")
    expect(shown.get_by_text("男 · 1990-03-07 出生")).to_be_visible()
    here(page).locator(".big-action", has_text="注册").click()
    expect(shown.get_by_text("请阅读并逐项勾选同意")).to_be_visible()
    assert_accessible(page)


def test_a_child_joins_the_family_and_is_acted_for(
    platform: Platform, customer_page: Callable[..., Page]
) -> None:
    parent = sign_up(platform, "钟离家长", "1")
    page = customer_page(parent.client, "/pkg-account/family")
    shown = here(page)
    shown.locator(".big-action", has_text="添加家庭成员").click()
    shown.get_by_role("radio", name="子女").click()
    _fill(page, "姓名", "钟离小朋友")
    shown.locator(".big-action", has_text="添加").first.click()
    expect(shown.get_by_text("请选择性别")).to_be_visible()
    assert_accessible(page)
    family = parent.client.post(
        "/api/patient/people/family",
        json={
            "relation": "child",
            "person": {"name": "钟离小朋友", "sex": "2", "birth_date": "2019-05-01"},
        },
    )
    assert family.status_code == 201, family.text
    page.reload()
    here(page).locator(".big-action", has_text="为其办理").click()
    expect(here(page).get_by_text("钟离小朋友，您好")).to_be_visible()


def test_a_withdrawn_agreement_says_what_follows(
    platform: Platform, customer_page: Callable[..., Page]
) -> None:
    customer = sign_up(platform, "令狐撤回", "2")
    page = customer_page(customer.client, "/pkg-account/consents")
    card = here(page).locator(".card", has_text="数据使用授权协议")
    card.get_by_role("button", name="撤回同意").click()
    expect(card.get_by_text(re.compile("会与体检机构解除绑定"))).to_be_visible()
    assert_accessible(page)
    card.locator(".big-action", has_text="确定撤回").click()
    expect(here(page).locator(".card", has_text="已撤回")).to_be_visible()
    assert eventually(lambda: customer.client.get("/api/patient/exchange/bindings").json() == [])


def test_one_chooses_which_messages_come_by_which_way(
    platform: Platform, customer_page: Callable[..., Page]
) -> None:
    customer = sign_up(platform, "宇文设置")
    page = customer_page(customer.client, "/pages/mine")
    here(page).locator(".row", has_text="消息设置").click()
    choice = here(page).get_by_role("switch", name="体检预约，短信")
    expect(choice).to_be_checked()
    choice.click()
    expect(choice).not_to_be_checked()
    fixed = here(page).get_by_role("switch", name="重要异常结果，短信")
    expect(fixed).to_be_checked()
    expect(fixed).to_be_disabled()
    assert_accessible(page)
    here(page).locator(".big-action", has_text="发送验证码").click()
    expect(here(page).get_by_text("请输入邮箱，例如")).to_be_visible()
    known = customer.client.get("/api/patient/notices/preferences").json()
    booking = next(one for one in known["topics"] if one["topic"] == "booking")
    assert {one["channel"]: one["on"] for one in booking["channels"]}["sms"] is False


def test_an_email_is_confirmed_by_its_code_and_every_refusal_is_told(
    platform: Platform, customer_page: Callable[..., Page], watch: Watch
) -> None:
    watch.expects(422, 503)
    customer = sign_up(platform, "宇文邮箱")
    page = customer_page(customer.client, "/pkg-account/notice-settings")
    _fill(page, "邮箱", "yuwen@example.com")
    here(page).locator(".big-action", has_text="发送验证码").click()
    # The demonstration sends no mail.
    expect(here(page).get_by_role("alert")).to_contain_text("邮件")
    preferences = "**/api/patient/notices/preferences"
    page.route(
        preferences,
        lambda route: route.fulfill(json={**route.fetch().json(), "pending_email": "y***n@example.com"}),
    )
    page.reload()
    expect(here(page).get_by_text("待确认：y***n@example.com")).to_be_visible()
    _fill(page, "邮件中的验证码", "123456")
    here(page).locator(".big-action", has_text="确认邮箱").click()
    expect(here(page).get_by_role("alert")).to_contain_text("验证码")
    assert_accessible(page)
