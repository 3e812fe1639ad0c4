"""Customers sign in by WeChat on the H5: away to WeChat and back, bound once, released again. The stand-in plays WeChat."""

import secrets
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.phone import here, press
from tests.pages.visitors import Visitors
from tests.pages.watch import Watch
from tests.wire.conftest import Platform
from tests.wire.hospital import Customer, sign_up

Open = Callable[[BrowserContext, str], Page]
SIGN_IN = "/m/pages/sign-in"


@pytest.fixture
def watch(platform: Platform) -> Watch:
    """WeChat is another host, by its nature; here it is the stand-in, and nothing else is let through."""
    watch = Watch(platform.url)
    watch.visits(platform.sandbox)
    return watch


@pytest.fixture
def wechat(platform: Platform) -> Iterator[httpx.Client]:
    """The control desk of WeChat's stand-in."""
    with httpx.Client(base_url=f"{platform.sandbox}/wechat", timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def phone(visitors: Visitors, platform: Platform, wechat: httpx.Client) -> Callable[..., BrowserContext]:
    """phone(who): a phone on which somebody with a new WeChat reads; `who` has signed in to the app."""

    def make(who: httpx.Client | str = "") -> BrowserContext:
        person = wechat.post("/control/fans", json={"nickname": f"微信{secrets.token_hex(2)}"}).json()
        context = visitors.on_phone(who)
        cookie = {"name": "wechat_phone", "value": person["openid"], "url": f"{platform.sandbox}/wechat"}
        context.add_cookies([cookie])  # type: ignore[list-item]
        return context

    return make


@pytest.fixture
def customer(platform: Platform) -> Customer:
    return sign_up(platform, "慕容微信")


@pytest.fixture
def demo(platform: Platform) -> Iterator[tuple[str, str, str]]:
    """User name, password and name of a customer of the demonstration, whose WeChat is released afterwards."""
    account = next(one for one in platform.info["accounts"] if one["username"] == "demo-zhang")
    client = httpx.Client(base_url=platform.url, timeout=30, trust_env=False)
    body = {"login": account["username"], "password": account["password"]}
    client.headers["Authorization"] = f"Bearer {client.post('/api/session/login', json=body).json()['token']}"
    yield account["username"], account["password"], client.get("/api/session/me").json()["display_name"]
    for one in client.get("/api/session/wechat/bindings").json():
        client.delete(f"/api/session/wechat/bindings/{one['account_id']}")


def fill(page: Page, label: str, value: str) -> None:
    here(page).get_by_label(label, exact=True).fill(value)


def test_a_strangers_wechat_is_bound_by_signing_in_once_and_then_is_enough(
    open_page: Open, phone: Callable[..., BrowserContext], demo: tuple[str, str, str]
) -> None:
    username, password, name = demo
    page = open_page(phone(), f"{SIGN_IN}?back=%2Fpages%2Fmine")
    press(page, "微信登录")
    expect(here(page).get_by_role("heading", name="这个微信还没有绑定账号")).to_be_visible()
    assert_accessible(page)
    press(page, "登录并绑定")
    expect(here(page).get_by_text("登录后会绑定您的微信")).to_be_visible()
    assert_accessible(page)
    fill(page, "手机号或用户名", username)
    fill(page, "密码", password)
    press(page, "登录")
    expect(here(page).get_by_text(name, exact=True)).to_be_visible()
    press(page, "退出登录")
    page.get_by_text("退出", exact=True).last.click()
    press(page, "微信登录")
    expect(here(page).get_by_text(f"{name}，您好")).to_be_visible()


def test_wechat_is_bound_and_released_in_ones_account(
    open_page: Open, phone: Callable[..., BrowserContext], customer: Customer
) -> None:
    page = open_page(phone(customer.client), "/m/pkg-account/settings")
    press(page, "绑定微信")
    release = here(page).get_by_role("button", name="解除绑定：")
    expect(release).to_be_visible()
    assert len(customer.client.get("/api/session/wechat/bindings").json()) == 1
    expect(page.get_by_text("微信已绑定")).to_be_hidden()
    assert_accessible(page)
    release.click()
    expect(here(page).get_by_text("解除后，这个微信不能再登录您的账号")).to_be_visible()
    here(page).locator(".big-action", has_text="解除绑定").click()
    expect(here(page).get_by_text("已解除绑定")).to_be_visible()
    assert customer.client.get("/api/session/wechat/bindings").json() == []


def test_a_wechat_of_somebody_else_is_not_taken_over(
    open_page: Open, phone: Callable[..., BrowserContext], customer: Customer, platform: Platform
) -> None:
    first = phone(customer.client)
    page = open_page(first, "/m/pkg-account/settings")
    press(page, "绑定微信")
    expect(here(page).get_by_role("button", name="解除绑定：")).to_be_visible()
    another = sign_up(platform, "诸葛后来")
    token = another.client.headers["Authorization"].removeprefix("Bearer ")
    page.evaluate(
        """token => localStorage.setItem('kanghu.identity', JSON.stringify(
               {type: 'object', data: {token, account: '', kind: 'customer', forPerson: '', forName: ''}}))""",
        token,
    )
    page.reload()
    press(page, "绑定微信")
    expect(here(page).get_by_role("alert")).to_contain_text("已经绑定了另一个账号")
    assert_accessible(page)
    press(page, "返回账号与安全")
    expect(here(page).get_by_role("button", name="绑定微信")).to_be_visible()
    assert another.client.get("/api/session/wechat/bindings").json() == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "您没有同意微信登录"),
        ("&code=made-up&state=made-up", "不是在本机发起的"),
    ],
)
def test_what_comes_from_elsewhere_is_refused_and_says_what_to_do(
    open_page: Open,
    phone: Callable[..., BrowserContext],
    wechat: httpx.Client,
    platform: Platform,
    watch: Watch,
    query: str,
    told: str,
) -> None:
    watch.expects(403)
    choices = httpx.get(f"{platform.url}/api/session/wechat/accounts", trust_env=False).json()
    official = next(one["id"] for one in choices if one["kind"] == "official")
    page = open_page(phone(), f"/m/sign-in/wechat?account_id={official}{query}")
    expect(here(page).get_by_role("alert")).to_contain_text(told)
    assert_accessible(page)
    press(page, "再试一次")
    expect(here(page).get_by_role("heading", name="这个微信还没有绑定账号")).to_be_visible()
    press(page, "注册并绑定")
    expect(here(page).get_by_role("heading", name="验证手机号")).to_be_visible()
