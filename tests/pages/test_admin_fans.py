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


def tag(admin: httpx.Client, account: str, name: str) -> int:
    """The tag with this name, made when it is not there: WeChat has a hundred at most."""
    url = f"/api/admin/wechat/accounts/{account}/tags"
    known = {one["name"]: one["id"] for one in admin.get(url).json()}
    return known.get(name) or int(admin.post(url, json={"name": name}).json()["id"])


def test_a_rule_is_tried_out_saved_and_carried_out(staff_page: Visit, platform: Platform) -> None:
    admin, account = official(platform)
    url = f"/api/admin/wechat/accounts/{account}"
    mark = secrets.token_hex(3)
    tag_id = tag(admin, account, f"扫码{mark}")
    code = admin.post(f"{url}/qr-codes", json={"name": f"活动{mark}", "scene": f"event-{mark}"}).json()
    came, other = (phone(platform, "", nickname="粉丝")["openid"] for _ in range(2))
    phone(platform, f"/{came}/follow", ticket=code["url"])
    phone(platform, f"/{other}/follow")
    eventually(lambda: {came, other} <= {fan["openid"] for fan in admin.get(f"{url}/fans").json()["items"]})

    page = staff_page("admin", "/wechat/fans")
    page.get_by_role("tab", name="标签规则").click()
    expect(page).to_have_url(re.compile(r"tab=rules"))
    page.get_by_role("button", name="新建规则").click()
    form = page.get_by_role("dialog", name="新建标签规则")
    form.get_by_label("名称").fill(f"规则{mark}")
    choose(form, "打上的标签", f"扫码{mark}")
    choose(form, "扫过的二维码", f"活动{mark}（event-{mark}）")
    tried = form.get_by_role("region", name="试算")
    expect(tried.get_by_role("status")).to_contain_text("1 位符合")
    expect(tried).to_contain_text(f"打上 …{came[-8:]}")
    page.keyboard.press("Escape")  # the list of codes
    form.get_by_label("关注满多少天").fill("9")
    expect(tried.get_by_role("status")).to_contain_text("0 位符合")
    form.get_by_label("关注满多少天").fill("")
    expect(tried.get_by_role("status")).to_contain_text("1 位符合")
    assert_accessible(page)
    form.get_by_role("button", name="保存").click()
    expect(form).to_be_hidden()

    row = page.get_by_role("row").filter(has_text=f"规则{mark}")
    expect(row).to_contain_text(f"扫过 event-{mark}")
    expect(row).to_contain_text("1 人")
    expect(page.get_by_role("region", name="规则的执行")).to_contain_text("最近一次")
    expect(page.locator(".table.stale")).to_have_count(0)
    assert_accessible(page)
    worn = {fan["openid"]: fan["tags"] for fan in admin.get(f"{url}/fans?tag_id={tag_id}").json()["items"]}
    assert list(worn) == [came]

    page.get_by_role("button", name="立即执行").click()
    expect(page.get_by_text("已开始执行")).to_be_visible()
    page.get_by_role("switch", name=f"启用规则规则{mark}").locator("xpath=..").click()
    expect(page.get_by_text(f"已停用「规则{mark}」")).to_be_visible()
    row.click()
    shown = page.get_by_role("dialog", name="标签规则")
    shown.get_by_role("button", name="删除").click()
    page.get_by_role("dialog", name=f"删除「规则{mark}」").get_by_role("button", name="删除").click()
    expect(row).to_have_count(0)
