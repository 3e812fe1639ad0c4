"""The ground of the pages: signing in, first loads and their weight, no other host, nothing that shuts people out."""

import re
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.visitors import Visitors
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.conftest import Platform

KIB = 1024
ADMIN_BUDGET = 250 * KIB
MOBILE_BUDGET = 200 * KIB

Opener = Callable[[BrowserContext, str], Page]
Visit = Callable[..., Page]


def account(platform: Platform, username: str) -> dict[str, Any]:
    return next(found for found in platform.info["accounts"] if found["username"] == username)


def test_the_start_page_leads_to_both_apps(visitors: Visitors, open_page: Opener) -> None:
    page = open_page(visitors.at_desk(), "/")
    assert_accessible(page)
    page.get_by_role("link", name="管理端").click()
    expect(page).to_have_url(re.compile("/admin/sign-in$"))
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    page.goto("/")
    page.get_by_role("link", name="客户端").click()
    expect(page).to_have_url(re.compile("/m/pages/sign-in$"))
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()


def test_staff_sign_in_and_out(
    visitors: Visitors, open_page: Opener, platform: Platform, watch: Watch
) -> None:
    watch.expects(401)
    known = account(platform, "demo-doctor")
    page = open_page(visitors.at_desk(), "/admin/exchange/vendors")
    page.get_by_label("用户名").fill(known["username"])
    page.get_by_label("密码", exact=True).fill("不是这个密码")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("密码")
    assert_accessible(page)
    page.get_by_label("密码", exact=True).fill(known["password"])
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("王医生"))).to_be_visible()
    expect(page).to_have_url(re.compile("/admin/exchange/vendors$"))
    page.get_by_role("button", name=re.compile("王医生")).click()
    page.get_by_role("menuitem", name="退出登录").click()
    expect(page.get_by_label("用户名")).to_be_visible()


def test_an_administrator_gives_the_second_factor(
    visitors: Visitors, open_page: Opener, platform: Platform, watch: Watch
) -> None:
    # Whoever asked first has used the present code up, and the next one is already good.
    hospital.staff(platform, "admin")
    watch.expects(401)
    known = account(platform, "demo-admin")
    page = open_page(visitors.at_desk(), "/admin/")
    page.get_by_label("用户名").fill(known["username"])
    page.get_by_label("密码", exact=True).fill(known["password"])
    page.get_by_role("button", name="登录", exact=True).click()
    code = page.get_by_label("动态口令")
    expect(code).to_be_focused()
    code.fill(pyotp.TOTP(known["totp_secret"]).at(_now(page) + 30))
    page.get_by_role("button", name="验证并登录").click()
    expect(page.get_by_role("button", name=re.compile("系统管理员"))).to_be_visible()


def _now(page: Page) -> int:
    return int(page.evaluate("Date.now()")) // 1000


def test_a_customer_signs_in(visitors: Visitors, open_page: Opener, platform: Platform) -> None:
    known = account(platform, "demo-zhang")
    page = open_page(visitors.on_phone(), "/m/")
    page.get_by_label("手机号或用户名").fill(known["username"])
    page.get_by_label("密码").fill(known["password"])
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("tab", name="首页")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("张建国，您好")).to_be_visible()


@pytest.mark.parametrize("path", ["/sign-in", "/"])
def test_the_first_page_of_the_console_is_light(visitors: Visitors, open_page: Opener, path: str) -> None:
    context = visitors.at_desk("doctor" if path == "/" else "")
    assert weight(context, open_page, f"/admin{path}") <= ADMIN_BUDGET


@pytest.mark.parametrize("path", ["/pages/sign-in", "/pages/home"])
def test_the_first_page_of_the_app_is_light(visitors: Visitors, open_page: Opener, path: str) -> None:
    context = visitors.on_phone("demo-zhang" if path.endswith("home") else "")
    assert weight(context, open_page, f"/m{path}") <= MOBILE_BUDGET


def weight(context: BrowserContext, open_page: Opener, path: str) -> int:
    """The bytes of all files that the page fetches until it stands, as they come over the wire."""
    got: list[Response] = []
    context.on("response", lambda answer: got.append(answer))
    page = open_page(context, path)
    page.get_by_role("button").first.wait_for()
    files = [answer for answer in got if "/api/" not in answer.url]
    return sum(answer.request.sizes()["responseBodySize"] for answer in files)


@pytest.mark.parametrize("role", ["doctor", "it_staff"])
def test_the_workbench_shuts_nobody_out(staff_page: Visit, role: str) -> None:
    page = staff_page(role)
    expect(page.get_by_role("main")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("tab", ["home", "service", "notices", "health", "mine"])
def test_the_tabs_of_the_app_shut_nobody_out(customer_page: Visit, tab: str) -> None:
    page = customer_page("demo-zhang", f"/pages/{tab}")
    page.get_by_role("tab", name="首页").wait_for()
    assert_accessible(page)


def test_elders_read_large_letters(customer_page: Visit) -> None:
    page = customer_page("demo-zhang", elder=True)
    greeting = page.get_by_text("张建国，您好")
    assert greeting.evaluate("element => parseFloat(getComputedStyle(element).fontSize)") >= 20
    assert_accessible(page)
