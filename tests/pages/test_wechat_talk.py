"""Somebody with WeChat in the hand and the desk side by side: words, picture, voice and film both ways, until WeChat takes no more."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, FilePayload, Locator, Page, expect

from tests.messaging import films
from tests.pages import talks
from tests.pages.phone import here
from tests.pages.talks import new_agent
from tests.pages.visitors import Visitors
from tests.pages.watch import Watch
from tests.wire.conftest import Platform, eventually

DESK = "/api/admin/messaging"
FILM = films.film("h264", "mp4", sound_codec="aac")


@pytest.fixture
def fan(platform: Platform) -> str:
    """Somebody who follows the official account of the demonstration."""
    with httpx.Client(base_url=f"{platform.sandbox}/wechat/control", timeout=30, trust_env=False) as wechat:
        openid: str = wechat.post("/fans", json={"nickname": "何微信"}).json()["openid"]
        assert wechat.post(f"/fans/{openid}/follow", json={}).status_code == 200
    return openid


def heard(agent: httpx.Client, text: str) -> str:
    """The conversation in which somebody said so."""

    def found() -> Any:
        for one in agent.get(f"{DESK}/conversations", params={"state": "waiting", "limit": 100}).json()[
            "items"
        ]:
            lines = agent.get(f"{DESK}/conversations/{one['id']}/messages").json()["items"]
            if any(line["text"] == text for line in lines):
                return one["id"]
        return None

    conversation: str = eventually(found)
    return conversation


def say(phone: Page, text: str) -> None:
    field = phone.get_by_label("消息")
    if not field.is_visible():  # an account that has a menu shows it first, as WeChat does
        phone.get_by_role("button", name="切换菜单和键盘").click()
    field.fill(text)
    phone.get_by_role("button", name="发送").click()


def file(name: str, kind: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def served(platform: Platform, phone: Page, text: str, name: str) -> tuple[httpx.Client, str]:
    """An agent who has taken over whoever says so on the phone, and their conversation."""
    say(phone, text)
    agent = new_agent(platform, name)
    conversation = heard(agent, text)
    talks.claim(agent, conversation)
    return agent, conversation


def test_words_pictures_voices_and_films_both_ways_until_wechat_takes_no_more(
    staff_page: Callable[..., Page],
    open_page: Callable[[BrowserContext, str], Page],
    visitors: Visitors,
    platform: Platform,
    watch: Watch,
    fan: str,
) -> None:
    watch.visits(platform.sandbox)
    phone = open_page(visitors.on_phone(), f"{platform.sandbox}/wechat/phone/{fan}")
    chat = phone.get_by_role("log", name="聊天")

    agent, conversation = served(platform, phone, "请问骨折后多久可以活动？", "客服小苏")
    desk = staff_page(agent, f"/service/desk?open={conversation}")
    said = desk.get_by_role("log", name="消息")
    expect(said.get_by_text("请问骨折后多久可以活动？")).to_be_visible()

    # In: each appears on the desk that stands open.
    phone.get_by_label("更多").click()
    phone.locator("[data-file=image]").set_input_files(file("脚.png", "image/png", talks.picture(64, 48)))
    expect(said.get_by_role("img", name="图片，点击放大")).to_be_visible()
    phone.locator("[data-file=voice]").set_input_files(file("话.amr", "audio/amr", films.AMR))
    said.get_by_role("button", name=re.compile("^语音 · 0:02，点击播放")).click()
    expect(said.locator("audio")).to_be_visible()
    phone.locator("[data-file=video]").set_input_files(file("走路.mp4", "video/mp4", FILM))
    said.get_by_role("button", name=re.compile("^视频 · 0:01，点击播放")).click()
    expect(said.locator("video")).to_be_visible()

    # Out: what a browser records or a desk attaches, as WeChat takes it.
    field = desk.get_by_label("回复内容")
    field.fill("请先拍片复查")
    field.press("Enter")
    expect(chat.get_by_text("请先拍片复查")).to_be_visible()
    for attached, shown in (
        (file("示意.png", "image/png", talks.picture(40, 30)), ".account img.picture"),
        (file("说明.m4a", "audio/mp4", films.sound(2, "aac", "mp4", 44_100)), ".account audio"),
        (file("示范.mp4", "video/mp4", FILM), ".account video"),
    ):
        desk.get_by_label("选择文件").set_input_files(attached)
        desk.get_by_role("button", name="发送", exact=True).click()
        expect(chat.locator(shown)).to_have_count(1)

    # WeChat takes a few answers for each time that somebody writes.
    closed = desk.get_by_text(re.compile("微信的回复窗口已关闭"))
    for number in range(12):
        if closed.is_visible():
            break
        field.fill(f"第 {number + 1} 条补充")
        field.press("Enter")
        expect(chat.get_by_text(f"第 {number + 1} 条补充")).to_be_visible()
        expect(closed.or_(desk.get_by_text(re.compile("还可回复"))).first).to_be_visible()
    expect(closed).to_be_visible()
    field.fill("还有一句")
    field.press("Enter")
    expect(said.get_by_text(re.compile("未送达：.*条数已用完.*无法另发通知"))).to_be_visible()
    assert chat.get_by_text("还有一句").count() == 0

    # The customer writes again, and it goes out.
    say(phone, "还在吗？")
    expect(said.get_by_text("还在吗？")).to_be_visible()
    said.get_by_role("button", name=re.compile("重新发送|重发")).click()
    expect(chat.get_by_text("还有一句")).to_be_visible()


def test_an_agent_on_the_phone_reads_when_wechat_takes_no_more_and_sends_again(
    customer_page: Callable[..., Page],
    open_page: Callable[[BrowserContext, str], Page],
    visitors: Visitors,
    platform: Platform,
    watch: Watch,
    fan: str,
) -> None:
    watch.visits(platform.sandbox)
    phone = open_page(visitors.on_phone(), f"{platform.sandbox}/wechat/phone/{fan}")
    chat = phone.get_by_role("log", name="聊天")
    agent, conversation = served(platform, phone, "请问抽血要空腹吗？", "客服小施")
    desk = here(customer_page(agent, f"/pkg-desk/talk?conversation={conversation}"))
    left, closed = (
        desk.get_by_text(re.compile(r"还可回复 \d+ 条")),
        desk.get_by_text(re.compile("已关闭|已用完")),
    )
    expect(left).to_be_visible()
    for number in range(12):
        if closed.first.is_visible():
            break
        answer(desk, f"第 {number + 1} 条")
        expect(chat.get_by_text(f"第 {number + 1} 条")).to_be_visible()
        expect(closed.or_(left).first).to_be_visible()
    answer(desk, "还有一句")
    failed = desk.get_by_role("alert").filter(has_text="未送达")
    expect(failed).to_contain_text("条数已用完")
    say(phone, "我还在")
    expect(desk.get_by_text("我还在")).to_be_visible()
    failed.get_by_role("button", name="重新发送").click()
    expect(chat.get_by_text("还有一句")).to_be_visible()
    expect(failed).to_have_count(0)


def answer(desk: Locator, text: str) -> None:
    desk.get_by_label("消息", exact=True).fill(text)
    desk.get_by_role("button", name="发送", exact=True).click()
