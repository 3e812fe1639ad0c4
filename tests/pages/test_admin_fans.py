"""粉丝与标签, 二维码: a fan follows by a code, is found, and gets a tag."""

import re
import secrets
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.elements import choose
from tests.wire import hospital
from tests.wire.conftest import Platform, eventually

Visit = Callable[..., Page]


def phone(platform: Platform, path: str, **body: Any) -> Any:
    """What somebody does in WeChat."""
    answer = httpx.post(
        f"{platform.sandbox}/wechat/control/fans{path}", json=body, trust_env=False, timeout=30
    )
    assert answer.status_code < 300, answer.text
    return answer.json()


def official(platform: Platform) -> tuple[httpx.Client, str]:
    admin = hospital.staff(platform, "admin")
    accounts = admin.get("/api/admin/wechat/accounts").json()
    return admin, next(one["id"] for one in accounts if one["kind"] == "official")


def follower(platform: Platform) -> str:
    openid: str = phone(platform, "", nickname="粉丝")["openid"]
    phone(platform, f"/{openid}/follow")
    return openid


def test_fans_get_a_tag_and_are_found_by_it(staff_page: Visit, platform: Platform) -> None:
    admin, account = official(platform)
    one, two = follower(platform), follower(platform)
    place = f"/api/admin/wechat/accounts/{account}/fans"
    eventually(lambda: {one, two} <= {fan["openid"] for fan in admin.get(place).json()["items"]})
    name = f"会员{secrets.token_hex(3)}"

    page = staff_page("admin", "/wechat/fans")
    page.get_by_role("button", name="管理标签").click()
    drawer = page.get_by_role("dialog", name="标签")
    drawer.get_by_label("新标签的名称").fill(name)
    drawer.get_by_role("button", name="新建").click()
    expect(drawer.get_by_role("list", name="标签").get_by_text(name)).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")

    for openid in (one, two):
        page.get_by_role("row").filter(has_text=openid[-8:]).locator(".el-checkbox").click()
    page.get_by_role("button", name="打标签或取下标签").click()
    dialog = page.get_by_role("dialog", name="2 位粉丝的标签")
    choose(dialog, "选择标签", f"{name}（0 人）")
    dialog.get_by_role("button", name="打上").click()
    expect(page.get_by_text("已给 2 人打上标签")).to_be_visible()

    choose(page, "标签", name)
    expect(page).to_have_url(re.compile(r"tag_id=\d+"))
    expect(page.get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("row").nth(1)).to_contain_text(name)
    expect(page.locator(".table.stale")).to_have_count(0)
    assert_accessible(page)


def test_a_code_is_made_shown_and_counted(staff_page: Visit, platform: Platform) -> None:
    admin, account = official(platform)
    scene = f"desk-{secrets.token_hex(3)}"
    page = staff_page("admin", "/wechat/qr-codes")
    page.get_by_role("button", name="生成二维码").click()
    form = page.get_by_role("dialog", name="生成二维码")
    form.get_by_label("名称").fill("体检中心前台")
    form.get_by_label("参数").fill(scene)
    form.get_by_role("button", name="生成", exact=True).click()
    shown = page.get_by_role("dialog", name="二维码")
    expect(shown.get_by_role("img", name="体检中心前台的二维码")).to_be_visible()
    assert_accessible(page)
    with page.expect_download() as saved:
        shown.get_by_role("button", name="下载图片").click()
    assert saved.value.suggested_filename == "体检中心前台.png"

    place = f"/api/admin/wechat/accounts/{account}/qr-codes"
    made = next(one for one in admin.get(place).json() if one["scene"] == scene)
    openid = phone(platform, "", nickname="路人")["openid"]
    phone(platform, f"/{openid}/scan", ticket=made["url"])
    phone(platform, f"/{openid}/scan", ticket=made["url"])
    eventually(
        lambda: (
            [(one["follows"], one["scans"]) for one in admin.get(place).json() if one["scene"] == scene]
            == [(1, 1)]
        )
    )
    page.reload()
    expect(shown.get_by_text("1 次")).to_have_count(2)
