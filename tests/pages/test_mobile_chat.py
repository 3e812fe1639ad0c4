"""A customer talks with the hospital: writes, shows, speaks, is answered, says how content they were."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.pages import talks
from tests.pages.accessibility import assert_accessible
from tests.pages.phone import here
from tests.pages.talks import Writer, new_agent, new_writer
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.conftest import Platform, eventually

Visit = Callable[..., Page]
CHAT = "/pkg-chat/chat"


@pytest.fixture
def writer(platform: Platform) -> Writer:
    return new_writer(platform)


@pytest.fixture
def agent(platform: Platform) -> httpx.Client:
    return new_agent(platform, "客服小秦")


def talk_of(page: Page) -> Locator:
    return here(page).get_by_role("log", name="对话")


def say(page: Page, text: str) -> None:
    here(page).get_by_label("消息", exact=True).fill(text)
    here(page).get_by_role("button", name="发送", exact=True).click()


def test_a_customer_asks_is_served_and_rates(
    customer_page: Visit, agent: httpx.Client, writer: Writer
) -> None:
    page = customer_page(writer.client, "/pages/mine")
    here(page).locator(".row", has_text="联系医院").click()
    expect(here(page).get_by_text(re.compile("发消息即可咨询人工客服"))).to_be_visible()
    here(page).get_by_role("radio", name="体检预约与报告").click()
    say(page, "我想改体检日期")
    expect(talk_of(page).get_by_text("我想改体检日期")).to_be_visible()
    expect(here(page).get_by_text(re.compile("正在为您接入人工客服"))).to_be_visible()
    assert_accessible(page)
    conversation = writer.conversation
    talks.claim(agent, conversation)
    expect(here(page).get_by_text(re.compile("人工客服正在为您服务"))).to_be_visible()
    talks.answer(agent, conversation, "好的，您想改到哪天？")
    expect(talk_of(page).get_by_text("好的，您想改到哪天？")).to_be_visible()
    seen = f"/api/admin/messaging/conversations/{conversation}"
    eventually(lambda: agent.get(seen).json()["customer_read_up_to"] >= 3)
    talks.end(agent, conversation, "改期咨询")
    card = here(page).locator(".card", has_text="您对这次服务满意吗")
    card.locator(".big-action").click()
    expect(card.get_by_text("请先选满意程度")).to_be_visible()
    card.get_by_role("radio", name="满意", exact=True).click()
    card.get_by_label("还想说的话（可不填）", exact=True).fill("很耐心")
    assert_accessible(page)
    card.locator(".big-action").click()
    expect(card).to_have_count(0)
    spells = agent.get(f"{seen}/service-sessions").json()["items"]
    assert (spells[0]["skill"], spells[0]["satisfaction"], spells[0]["comment"]) == ("exam", 4, "很耐心")


def test_a_picture_and_a_voice_are_sent_and_an_answer_is_played(
    customer_page: Visit, agent: httpx.Client, writer: Writer
) -> None:
    writer.say("请看")
    page = customer_page(writer.client, CHAT)
    here(page).get_by_role("button", name="发图片或视频").click()
    with page.expect_file_chooser() as chooser:
        here(page).get_by_role("button", name="选图片").click()
    files = [{"name": "药盒.png", "mimeType": "image/png", "buffer": talks.picture()}]
    chooser.value.set_files(files)  # type: ignore[arg-type]
    expect(talk_of(page).get_by_role("button", name="图片，点开放大")).to_be_visible()
    here(page).get_by_role("button", name="改用语音").click()
    # By keyboard: the first press begins, the second one sends.
    here(page).get_by_role("button", name="按住说话").press("Enter")
    speaking = here(page).get_by_role("button", name="松开发送")
    expect(speaking).to_contain_text("1 秒")
    speaking.press("Enter")
    expect(talk_of(page).get_by_text(re.compile("^语音.*点这里播放"))).to_be_visible()
    kinds = [one["kind"] for one in writer.messages() if one["direction"] == "in"]
    assert kinds == ["text", "image", "voice"]
    assert_accessible(page)


def test_a_card_opens_what_it_names_and_a_notice_leads_to_the_talk(
    customer_page: Visit, platform: Platform, agent: httpx.Client
) -> None:
    writer = new_writer(platform, bind=True)
    booked = writer.client.post(
        "/api/patient/exams/bookings",
        json={
            "vendor_id": hospital.demo_vendor(platform),
            "appointment_date": hospital.in_days(8).isoformat(),
        },
    ).json()
    writer.say("我的预约成功了吗")
    conversation = writer.conversation
    talks.claim(agent, conversation)
    sent = agent.post(
        f"/api/admin/messaging/conversations/{conversation}/messages",
        json={
            "client_key": "card-of-booking",
            "kind": "card",
            "card": {"kind": "booking", "id": booked["id"]},
        },
    )
    assert sent.status_code == 201, sent.text
    page = customer_page(writer.client, "/pages/notices")
    expect(here(page).locator(".row", has_text="联系医院")).to_contain_text("1 条新回复")
    here(page).locator(".row", has_text="联系医院").click()
    card = talk_of(page).get_by_role("button", name=re.compile("体检预约"))
    card.click()
    expect(page).to_have_url(re.compile("/pkg-exam/bookings"))


def test_what_does_not_go_out_is_kept_and_a_slip_is_withdrawn(
    customer_page: Visit, writer: Writer, watch: Watch
) -> None:
    writer.say("第一句")
    page = customer_page(writer.client, CHAT)
    expect(talk_of(page).get_by_text("第一句")).to_be_visible()
    watch.expects(503)
    body = {"code": "http.503", "message": "平台暂时没有响应", "request_id": "x"}
    sending = re.compile(r"/messages$")

    def refuse(route):  # type: ignore[no-untyped-def]
        if route.request.method == "POST":
            route.fulfill(status=503, json=body)
        else:
            route.continue_()

    page.route(sending, refuse)
    say(page, "只说一次")
    alert = talk_of(page).get_by_role("alert")
    expect(alert).to_contain_text("平台暂时没有响应")
    page.unroute(sending)
    alert.get_by_role("button", name="重试").click()
    expect(alert).to_have_count(0)
    expect(talk_of(page).get_by_text("正在发送…")).to_have_count(0)
    expect(talk_of(page).get_by_text("只说一次")).to_have_count(1)
    assert [one["text"] for one in writer.messages()].count("只说一次") == 1
    talk_of(page).get_by_role("button", name="撤回").last.click()
    expect(talk_of(page).get_by_text("您撤回了一条消息")).to_be_visible()
    expect(talk_of(page).get_by_text("只说一次")).to_have_count(0)


def test_elders_have_large_letters_and_fewer_choices(customer_page: Visit, writer: Writer) -> None:
    page = customer_page(writer.client, CHAT, elder=True)
    expect(here(page).get_by_text(re.compile("发消息即可咨询人工客服"))).to_be_visible()
    expect(here(page).get_by_role("radiogroup")).to_have_count(0)
    say(page, "字大一点")
    word = talk_of(page).get_by_text("字大一点")
    expect(word).to_have_css("font-size", "20px")
    assert_accessible(page)
