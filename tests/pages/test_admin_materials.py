"""素材库: files are uploaded, looked at, sent by a reply and a menu, and cannot be deleted while they are."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.messaging import films
from tests.pages import talks
from tests.pages.accessibility import assert_accessible
from tests.pages.elements import choose
from tests.pages.test_admin_wechat import (
    about,
    account,
    console,
    fan_of,
    fresh,
    new_rule,
    phone,
    publish,
    sure,
)
from tests.pages.watch import Watch
from tests.wire.conftest import Platform, eventually

__all__ = ["account", "console", "fresh"]

Visit = Callable[..., Page]
MATERIALS = "/api/admin/wechat/materials"
FILM = films.film("libx264", "mp4", sound_codec="aac")
MAP, OTHER = talks.picture(320, 200), talks.picture(200, 320)


@pytest.fixture
def bare(fresh: None, console: httpx.Client, account: str) -> Iterator[None]:
    """Nothing in the library, before and after, and no menu that uses any of it."""
    _clear(console, account)
    yield
    for rule in console.get(f"{account}/replies").json():
        console.delete(f"{account}/replies/{rule['id']}")
    _clear(console, account)


def _clear(console: httpx.Client, account: str) -> None:
    publish(console, account, {"buttons": [{"name": "首页", "type": "click", "key": "HOME"}]})
    query = {"wechat_account_id": account.rpartition("/")[2], "limit": 200}
    for one in console.get(MATERIALS, params=query).json()["items"]:
        assert console.delete(f"{MATERIALS}/{one['id']}").status_code == 204


def add(console: httpx.Client, account: str, kind: str, title: str, content: bytes) -> str:
    query = {"wechat_account_id": account.rpartition("/")[2], "kind": kind, "title": title}
    answer = console.post(MATERIALS, params=query, content=content)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


def file(name: str, mime: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": mime, "buffer": content}


def upload(page: Page, given: FilePayload) -> Locator:
    """The dialog, with the file in it."""
    page.get_by_role("button", name="上传素材").last.click()
    form = page.get_by_role("dialog", name="上传素材")
    with page.expect_file_chooser() as asked:
        form.get_by_role("button", name="选择文件").click()
    asked.value.set_files(given)
    return form


def received(platform: Platform, openid: str) -> list[tuple[str, Any]]:
    """Kind and content of what the account sent to the fan."""
    found = httpx.get(f"{platform.sandbox}/wechat/control/fans/{openid}/messages", trust_env=False).json()
    return [(one["kind"], one["content"]) for one in found if one["sender"] == "account"]


def test_files_are_uploaded_played_renamed_and_deleted(
    staff_page: Visit, account: str, bare: None, watch: Watch
) -> None:
    page = staff_page("it_staff", f"/wechat/materials?{about(account)}")
    expect(page.get_by_text("素材库是空的")).to_be_visible()
    assert_accessible(page)
    form = upload(page, file("院区地图.png", "image/png", MAP))
    expect(form.get_by_label("标题")).to_have_value("院区地图")
    expect(form.get_by_role("radio", name="图片")).to_be_checked()
    assert_accessible(page)
    form.get_by_role("button", name="上传", exact=True).click()
    drawer = page.get_by_role("dialog", name="素材", exact=True)
    expect(drawer.get_by_role("img", name="院区地图，点击放大")).to_be_visible()
    expect(drawer.get_by_text("还没有使用")).to_be_visible()
    drawer.get_by_label("标题").fill("院区平面图")
    drawer.get_by_role("button", name="改名").click()
    expect(page.get_by_role("row").filter(has_text="院区平面图")).to_be_visible()
    page.keyboard.press("Escape")

    upload(page, file("问候.amr", "audio/amr", films.AMR)).get_by_role(
        "button", name="上传", exact=True
    ).click()
    voice = drawer.get_by_label("语音：问候")
    expect(voice).to_be_visible()
    assert voice.evaluate(
        "one => new Promise((done) => { one.onloadedmetadata = () => done(true); one.load() })"
    )
    page.keyboard.press("Escape")
    upload(page, file("流程.mp4", "video/mp4", FILM)).get_by_role("button", name="上传", exact=True).click()
    expect(drawer.get_by_label("视频：流程")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("row")).to_have_count(4)
    assert_accessible(page)
    choose(page, "种类", "视频")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page).to_have_url(re.compile("kind=video"))
    page.get_by_role("button", name="清除筛选").click()

    # What cannot be is told at the field: what is seen before it is sent, and what only the server sees.
    form = upload(page, file("长.amr", "audio/amr", films.AMR + bytes(2 * 2**20)))
    expect(form.get_by_text(re.compile("2 MB 以内"))).to_be_visible()
    form.get_by_role("button", name="返回").click()
    form = upload(page, file("不是图.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(80)))
    watch.expects(409, 422)
    form.get_by_role("button", name="上传", exact=True).click()
    expect(form.get_by_text("这张图片打不开，请换一个文件")).to_be_visible()
    form.get_by_role("button", name="返回").click()
    form = upload(page, file("又是地图.png", "image/png", MAP))
    form.get_by_role("button", name="上传", exact=True).click()
    expect(form.get_by_text(re.compile("已有这个文件：「院区平面图」"))).to_be_visible()
    form.get_by_role("button", name="返回").click()

    page.get_by_role("row").filter(has_text="问候").get_by_text("问候").click()
    drawer.get_by_role("button", name="删除").click()
    sure(page, "^删除「问候」", "删除")
    expect(page.get_by_role("row")).to_have_count(3)


def test_a_reply_sends_it_and_it_stays_while_it_does(
    staff_page: Visit, platform: Platform, console: httpx.Client, account: str, bare: None, watch: Watch
) -> None:
    add(console, account, "image", "院区地图", MAP)
    page = staff_page("it_staff", f"/wechat/replies?{about(account)}")
    form = new_rule(page, "地图")
    form.get_by_label("第 1 个关键词", exact=True).fill("地图")
    form.get_by_label("第 1 条回复", exact=True).fill("请看")
    form.get_by_role("button", name="加图片、语音、视频").click()
    picker = page.get_by_role("dialog", name="从素材库选择")
    expect(picker.get_by_role("list", name="素材").get_by_role("button")).to_have_count(1)
    assert_accessible(page)
    # What is not there yet is added on the way.
    upload(page, file("流程.mp4", "video/mp4", FILM)).get_by_role("button", name="上传", exact=True).click()
    expect(form.get_by_role("group", name="第 2 条回复")).to_contain_text("流程")
    form.get_by_role("button", name="加图片、语音、视频").click()
    picker.get_by_role("button", name=re.compile("院区地图")).click()
    expect(form.get_by_role("group", name="第 3 条回复")).to_contain_text("院区地图")
    assert_accessible(page)
    form.get_by_role("button", name="保存").click()
    row = page.get_by_role("row").filter(has_text="［视频］流程 ＋ ［图片］院区地图")
    expect(row).to_be_visible()
    box = page.get_by_role("region", name="试答")
    box.get_by_label("粉丝发来的文字").fill("地图在哪")
    box.get_by_role("button", name="试一试").click()
    expect(box.get_by_role("list", name="回复")).to_contain_text("［图片］院区地图")

    fan = fan_of(platform)
    phone(platform, f"/fans/{fan}/say", {"content": "地图在哪"})
    eventually(lambda: [kind for kind, _ in received(platform, fan)] == ["text", "video", "image"])
    shown = received(platform, fan)[-1][1]["media_id"]
    assert httpx.get(f"{platform.sandbox}/wechat/mmbiz/{shown}", trust_env=False).content == MAP

    page.goto(page.url.replace("/replies", "/materials"))
    page.get_by_role("row").filter(has_text="院区地图").get_by_text("院区地图").click()
    drawer = page.get_by_role("dialog", name="素材", exact=True)
    expect(drawer.get_by_role("region", name="在微信").get_by_text("可用")).to_be_visible()
    expect(drawer.get_by_role("list", name="用在何处")).to_have_text("自动回复「地图」")
    watch.expects(409)
    drawer.get_by_role("button", name="删除").click()
    sure(page, "^删除「院区地图」", "删除")
    expect(drawer.get_by_text(re.compile("正用于自动回复「地图」，请先在那里换掉再删除"))).to_be_visible()
    assert_accessible(page)
    drawer.get_by_role("link", name="自动回复「地图」").click()
    rule = page.get_by_role("dialog", name="自动回复")
    rule.get_by_role("button", name="删除第 3 条回复").click()
    rule.get_by_role("button", name="保存").click()
    expect(page.get_by_role("row").filter(has_text="［视频］流程")).not_to_contain_text("院区地图")
    page.goto(page.url.replace("/replies", "/materials"))
    page.get_by_role("row").filter(has_text="院区地图").get_by_text("院区地图").click()
    drawer.get_by_role("button", name="删除").click()
    sure(page, "^删除「院区地图」", "删除")
    expect(page.get_by_role("row").filter(has_text="院区地图")).to_have_count(0)


def test_a_failure_says_why_and_what_to_do(
    staff_page: Visit, platform: Platform, console: httpx.Client, account: str, bare: None, watch: Watch
) -> None:
    made = add(console, account, "image", "院区地图", MAP)
    faults = f"{platform.sandbox}/wechat/control/faults"
    httpx.put(faults, json={"errcodes": {"/cgi-bin/media/upload": 45009}}, trust_env=False)
    body = {"name": "图", "trigger": "follow", "answers": [{"material_id": made}], "enabled": True}
    console.post(f"{account}/replies", json=body)
    page = staff_page("it_staff", f"/wechat/materials?{about(account)}")
    try:
        row = page.get_by_role("row").filter(has_text="院区地图")
        expect(row).to_contain_text("上传失败")
        row.get_by_text("院区地图").click()
        drawer = page.get_by_role("dialog", name="素材", exact=True)
        expect(drawer.get_by_text(re.compile("没有传上去：该接口今天的调用次数已用完"))).to_be_visible()
        assert_accessible(page)
    finally:
        httpx.put(faults, json={}, trust_env=False)
    drawer.get_by_role("button", name="重新上传到微信").click()
    expect(drawer.get_by_text(re.compile("有效至"))).to_be_visible()
    expect(row).to_contain_text("可用")


def test_a_menu_sends_it(
    staff_page: Visit, platform: Platform, console: httpx.Client, account: str, bare: None
) -> None:
    add(console, account, "image", "院区地图", MAP)
    page = staff_page("it_staff", f"/wechat/menus?{about(account)}")
    frame = page.get_by_role("region", name="手机预览")
    frame.get_by_role("button", name="首页").click()
    choose(page, "点击后", "发送素材")
    expect(page.get_by_text("请选择素材")).to_be_visible()
    chosen = page.get_by_role("group", name="素材", exact=True)
    chosen.get_by_role("button", name="从素材库选择").click()
    page.get_by_role("dialog", name="从素材库选择").get_by_role("button", name=re.compile("院区地图")).click()
    expect(chosen).to_contain_text("院区地图")
    expect(page.get_by_text("请选择素材")).to_have_count(0)
    expect(page.get_by_text("已保存")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="发布…").click()
    sure(page, "^发布菜单", "发布")
    expect(page.get_by_text(re.compile("与第 .* 版相同"))).to_be_visible()
    fan = fan_of(platform)
    phone(platform, f"/fans/{fan}/menu", {"place": [0]})
    ((kind, content),) = received(platform, fan)
    assert kind == "image"
    sent = httpx.get(f"{platform.sandbox}/wechat/mmbiz/{content['media_id']}", trust_env=False).content
    assert sent == MAP


def test_who_may_not_see_it_is_told_so(staff_page: Visit) -> None:
    page = staff_page("doctor", "/wechat/materials")
    expect(page.get_by_text("您没有权限查看这里")).to_be_visible()
