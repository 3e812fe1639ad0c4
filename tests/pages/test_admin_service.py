"""The desk of customer service: taking a customer, talking, passing on, ending; what supervisors see."""

import base64
import re
import secrets
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.pages import talks
from tests.pages.accessibility import assert_accessible
from tests.pages.elements import choose
from tests.pages.talks import Writer, masked, new_agent, new_writer
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.conftest import Platform, eventually

Visit = Callable[..., Page]


@pytest.fixture
def writer(platform: Platform) -> Writer:
    return new_writer(platform)


@pytest.fixture
def agent(platform: Platform) -> httpx.Client:
    return new_agent(platform, "客服小林")


def desk(conversation: str) -> str:
    return f"/service/desk?open={conversation}"


def served(agent: httpx.Client, writer: Writer, text: str = "你好，请问在吗") -> str:
    writer.say(text)
    talks.claim(agent, writer.conversation)
    return writer.conversation


def talk_of(page: Page):  # type: ignore[no-untyped-def]
    return page.get_by_role("log", name="消息")


def test_a_customer_is_taken_from_the_queue_answered_and_ended(
    staff_page: Visit, platform: Platform, writer: Writer
) -> None:
    agent = new_agent(platform, "客服小周", on_duty=False)
    page = staff_page(agent, "/service/desk")
    page.get_by_text("在线", exact=True).click()
    # Live: the customer writes while the desk is open.
    writer.say("请问体检前要空腹吗", skill="exam")
    queue = page.get_by_role("region", name="排队")
    line = queue.get_by_role("button", name=re.compile(re.escape(masked(writer.name)))).first
    expect(line).to_contain_text("体检预约与报告")
    queue.get_by_role("button", name=f"接入{masked(writer.name)}").click()
    pane = page.get_by_role("region", name="会话", exact=True)
    expect(pane.get_by_role("heading", name=writer.name)).to_be_visible()
    expect(talk_of(page).get_by_text("请问体检前要空腹吗")).to_be_visible()
    field = page.get_by_label("回复内容")
    expect(field).to_be_focused()
    field.fill("需要空腹 8 小时")
    field.press("Enter")
    expect(talk_of(page).get_by_text("需要空腹 8 小时")).to_be_visible()
    expect(field).to_have_value("")
    assert_accessible(page)
    writer.say("好的，谢谢")
    expect(talk_of(page).get_by_text("好的，谢谢")).to_be_visible()
    assert [one["text"] for one in writer.messages() if one["kind"] == "text"] == [
        "请问体检前要空腹吗",
        "需要空腹 8 小时",
        "好的，谢谢",
    ]
    pane.get_by_role("button", name="结束服务").click()
    dialog = page.get_by_role("dialog", name="结束服务")
    dialog.get_by_role("button", name="结束服务").click()
    expect(dialog.get_by_text("请写一句小结")).to_be_visible()
    dialog.get_by_label("小结", exact=True).fill("已告知空腹要求")
    dialog.get_by_role("button", name="结束服务").click()
    expect(talk_of(page).get_by_text(re.compile("本次服务已结束"))).to_be_visible()
    expect(pane.get_by_text("已结束").first).to_be_visible()
    assert writer.state() == "closed"


def test_pictures_voices_and_what_cannot_be_played(
    staff_page: Visit, agent: httpx.Client, writer: Writer
) -> None:
    conversation = served(agent, writer)
    writer.show("image", talks.picture())
    writer.show("voice", talks.AMR)
    # What nobody can play is there to be saved.
    writer.show("voice", b"#!AMR\n" + bytes(20))
    page = staff_page(agent, desk(conversation))
    said = talk_of(page)
    expect(said.get_by_role("img", name="图片，点击放大")).to_be_visible()
    said.get_by_role("button", name=re.compile("^语音.*点击播放")).click()
    expect(said.locator("audio")).to_be_visible()
    expect(said.get_by_text(re.compile("浏览器不能播放这种格式（amr）"))).to_be_visible()
    with page.expect_download() as saved:
        said.get_by_role("button", name="下载").click()
    assert saved.value.suggested_filename.endswith(".amr")
    # A picture is pasted and goes with a word.
    page.get_by_label("回复内容").fill("请看这张图")
    page.evaluate(
        """encoded => {
            const bytes = Uint8Array.from(atob(encoded), (one) => one.charCodeAt(0))
            const data = new DataTransfer()
            data.items.add(new File([bytes], '指引.png', { type: 'image/png' }))
            const paste = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
            document.querySelector('[aria-label="回复内容"]').dispatchEvent(paste)
        }""",
        base64.b64encode(talks.picture(16, 12)).decode(),
    )
    expect(page.get_by_role("list", name="待发送的文件").get_by_role("img", name="指引.png")).to_be_visible()
    page.get_by_role("button", name="发送", exact=True).click()
    expect(said.get_by_role("img", name="图片，点击放大")).to_have_count(2)
    expect(said.get_by_text("请看这张图")).to_be_visible()
    assert [one["kind"] for one in writer.messages() if one["direction"] == "out"][-2:] in (
        ["image", "text"],
        ["text", "image"],
    )
    assert_accessible(page)


def test_a_draft_stays_with_its_conversation_and_quick_replies_are_two_keys_away(
    staff_page: Visit, platform: Platform, agent: httpx.Client, writer: Writer
) -> None:
    other = new_writer(platform)
    first, second = served(agent, writer), served(agent, other)
    agent.post(
        "/api/admin/messaging/quick-replies", json={"title": "工作时间", "body": "周一至周五 8 点到 17 点"}
    )
    page = staff_page(agent, desk(first))
    field = page.get_by_label("回复内容")
    field.fill("还没写完")
    own = page.get_by_role("region", name="我的会话")
    own.get_by_role("button", name=re.compile(re.escape(masked(other.name)))).click()
    expect(page).to_have_url(re.compile(second))
    expect(field).to_have_value("")
    field.press_sequentially("/工作")
    replies = page.get_by_role("listbox", name="快捷回复")
    expect(replies.get_by_role("option", name=re.compile("工作时间"))).to_be_visible()
    field.press("Enter")
    expect(field).to_have_value("周一至周五 8 点到 17 点")
    field.press("Enter")
    expect(talk_of(page).get_by_text("周一至周五 8 点到 17 点")).to_be_visible()
    own.get_by_role("button", name=re.compile(re.escape(masked(writer.name)))).click()
    expect(field).to_have_value("还没写完")


def test_older_messages_come_without_a_jump(staff_page: Visit, agent: httpx.Client, writer: Writer) -> None:
    conversation = served(agent, writer)
    for number in range(70):
        writer.say(f"第 {number} 句")
    page = staff_page(agent, desk(conversation))
    said = talk_of(page)
    expect(said.get_by_text("第 69 句", exact=True)).to_be_in_viewport()
    # What came before is asked for once one is near the top of what is there, and what one reads stays in its place.
    reading = said.get_by_text("第 22 句", exact=True)
    expect(said.get_by_text("第 0 句", exact=True)).to_have_count(0)
    reading.scroll_into_view_if_needed()
    expect(said.get_by_text("第 0 句", exact=True)).to_be_attached()
    expect(reading).to_be_in_viewport()
    expect(said.get_by_text("第 0 句", exact=True)).not_to_be_in_viewport()
    expect(said.get_by_text("没有更早的消息了")).to_be_attached()
    # Who reads above is not torn down by a new one; it is told of.
    writer.say("还在吗")
    page.get_by_role("button", name=re.compile("1 条新消息")).click()
    expect(said.get_by_text("还在吗")).to_be_in_viewport()


def test_a_message_is_withdrawn_on_both_sides(staff_page: Visit, agent: httpx.Client, writer: Writer) -> None:
    conversation = served(agent, writer)
    talks.answer(agent, conversation, "发错了")
    mine = writer.say("我也发错了")
    page = staff_page(agent, desk(conversation))
    said = talk_of(page)
    said.get_by_role("button", name="撤回").click()
    expect(said.get_by_text("客服小林撤回了一条消息")).to_be_visible()
    expect(said.get_by_text("发错了", exact=True)).to_have_count(0)
    writer.client.post(f"/api/patient/messaging/messages/{mine['id']}/withdraw")
    expect(said.get_by_text("客户撤回了一条消息")).to_be_visible()


def test_what_does_not_go_out_is_kept_and_goes_later(
    staff_page: Visit, agent: httpx.Client, writer: Writer, watch: Watch
) -> None:
    conversation = served(agent, writer)
    page = staff_page(agent, desk(conversation))
    watch.expects(503)
    body = {"code": "http.503", "message": "平台暂时没有响应，请稍后重试", "request_id": "x"}
    messages = re.compile(rf"/conversations/{conversation}/messages$")
    page.route(messages, lambda route: route.fulfill(status=503, json=body))
    field = page.get_by_label("回复内容")
    field.fill("只说一次")
    field.press("Enter")
    alert = talk_of(page).get_by_role("alert").filter(has_text="没有发出")
    expect(alert).to_contain_text("平台暂时没有响应")
    page.unroute(messages)
    alert.get_by_role("button", name="重试").click()
    expect(alert).to_have_count(0)
    expect(talk_of(page).get_by_text("正在发送…")).to_have_count(0)
    expect(talk_of(page).get_by_text("只说一次")).to_have_count(1)
    assert [one["text"] for one in writer.messages()].count("只说一次") == 1


def test_a_customer_is_passed_on_with_a_note(
    staff_page: Visit, platform: Platform, agent: httpx.Client, writer: Writer
) -> None:
    conversation = served(agent, writer)
    name = f"何{secrets.token_hex(3)}"
    colleague = new_agent(platform, name)
    page = staff_page(agent, desk(conversation))
    there = staff_page(colleague, "/service/desk")
    page.get_by_role("button", name="转接").click()
    dialog = page.get_by_role("dialog", name="转接客户")
    choose(dialog, "客服", name)
    dialog.get_by_label("交接说明", exact=True).fill("客户想改期，已查过预约")
    assert_accessible(page)
    dialog.get_by_role("button", name="转接").click()
    expect(page.get_by_text(f"由{name}接待，您只能查看。")).to_be_visible()
    expect(page.get_by_label("回复内容")).to_have_count(0)
    own = there.get_by_role("region", name="我的会话")
    own.get_by_role("button", name=re.compile(re.escape(masked(writer.name)))).click()
    expect(there.get_by_role("list", name="交接说明")).to_contain_text("客户想改期，已查过预约")
    expect(there.get_by_label("回复内容")).to_be_visible()


def test_the_faster_of_two_agents_has_the_customer(
    staff_page: Visit, platform: Platform, agent: httpx.Client, writer: Writer, watch: Watch
) -> None:
    writer.say("谁先来")
    page = staff_page(agent, desk(writer.conversation))
    pane = page.get_by_role("region", name="会话", exact=True)
    expect(pane.get_by_role("button", name="接入")).to_be_visible()
    page.route("**/api/live", lambda route: None)
    page.reload()  # no news any more
    expect(pane.get_by_role("button", name="接入")).to_be_visible()
    talks.claim(new_agent(platform, "客服快手"), writer.conversation)
    watch.expects(409)
    pane.get_by_role("button", name="接入").click()
    expect(page.get_by_text("这位客户已由其他客服接待")).to_be_visible()
    expect(page.get_by_text("由客服快手接待，您只能查看。")).to_be_visible()


def test_a_booking_of_the_customer_goes_out_as_a_card(
    staff_page: Visit, platform: Platform, agent: httpx.Client
) -> None:
    writer = new_writer(platform, bind=True)
    booked = writer.client.post(
        "/api/patient/exams/bookings",
        json={
            "vendor_id": hospital.demo_vendor(platform),
            "appointment_date": hospital.in_days(6).isoformat(),
        },
    )
    assert booked.status_code == 201, booked.text
    conversation = served(agent, writer)
    page = staff_page(agent, desk(conversation))
    card = page.get_by_role("region", name="客户资料")
    expect(card.get_by_role("heading", name=writer.name)).to_be_visible()
    expect(card.get_by_text("这是第一次")).to_be_visible()
    expect(card.get_by_role("link", name="客户页")).to_be_visible()
    card.get_by_role("button", name=re.compile("的预约发给客户")).click()
    expect(talk_of(page).get_by_role("link", name="打开体检预约")).to_be_visible()
    sent = eventually(lambda: [one["card"] for one in writer.messages() if one["kind"] == "card"])
    assert sent[0]["subject"] == f"exams.bookings/{booked.json()['id']}"
    assert_accessible(page)


def test_the_workbench_leads_to_the_desk(staff_page: Visit, writer: Writer) -> None:
    writer.say("有人吗")
    page = staff_page("customer_service")
    page.get_by_role("link", name=re.compile("等待接入的客户")).click()
    expect(page).to_have_url(re.compile("/admin/service/desk"))
    queue = page.get_by_role("region", name="排队")
    expect(queue.get_by_role("button", name=re.compile(re.escape(masked(writer.name)))).first).to_be_visible()


def test_a_supervisor_sees_who_waits_and_takes_over(
    staff_page: Visit, platform: Platform, agent: httpx.Client, writer: Writer
) -> None:
    conversation = served(agent, writer, "等了很久")
    page = staff_page(new_agent(platform, "主管", on_duty=False), "/service/overview")
    waiting = page.get_by_role("list", name="排队").get_by_role("listitem")
    expect(waiting.filter(has_text="综合咨询")).to_be_visible()
    expect(page.get_by_role("region", name="客服负荷").get_by_text("客服小林").first).to_be_visible()
    talks_now = page.get_by_role("region", name="进行中的会话")
    row = talks_now.get_by_role("row").filter(has_text=masked(writer.name))
    assert_accessible(page)
    row.get_by_role("button", name=masked(writer.name), exact=True).click()
    drawer = page.get_by_role("dialog", name="会话", exact=True)
    expect(drawer.get_by_text("等了很久")).to_be_visible()
    drawer.get_by_role("button", name=re.compile("^接手")).click()
    sure = page.get_by_role("dialog", name="接手会话")
    sure.get_by_label("接手说明（客户看不到）").fill("客户投诉等待")
    sure.get_by_role("button", name="接手", exact=True).click()
    expect(drawer.get_by_text(re.compile("主管"))).to_be_visible()
    drawer.get_by_role("link", name="在工作台打开").click()
    expect(page.get_by_role("list", name="交接说明")).to_contain_text("客户投诉等待")
    page.get_by_label("回复内容").fill("我是主管，由我为您处理")
    page.get_by_label("回复内容").press("Enter")
    expect(talk_of(page).get_by_text("我是主管，由我为您处理")).to_be_visible()
    found = agent.get(f"/api/admin/messaging/conversations/{conversation}").json()
    assert found["agent_name"] == "主管"


def test_what_ended_is_looked_up_with_its_rating_and_words(
    staff_page: Visit, agent: httpx.Client, writer: Writer
) -> None:
    conversation = served(agent, writer, "请问抽血要预约吗")
    talks.answer(agent, conversation, "抽血不用预约，直接来即可")
    talks.end(agent, conversation, "告知抽血流程")
    writer.rate(4, "回答很快")
    page = staff_page(agent, f"/service/history?state=closed&person_id={writer.customer.person_id}")
    row = page.get_by_role("row").filter(has_text=masked(writer.name))
    expect(row.get_by_role("img", name="满意度 4 分，满分 5 分")).to_be_visible()
    expect(row).to_contain_text("已解决")
    assert_accessible(page)
    row.get_by_text(masked(writer.name)).click()
    drawer = page.get_by_role("dialog", name="会话记录")
    expect(drawer.get_by_text("抽血不用预约，直接来即可")).to_be_visible()
    drawer.get_by_role("tab", name="历次服务").click()
    expect(drawer.get_by_text("告知抽血流程")).to_be_visible()
    expect(drawer.get_by_text("客户说：回答很快")).to_be_visible()
    drawer.get_by_role("tab", name="查找").click()
    drawer.get_by_label("查找的文字").fill("抽血")
    drawer.get_by_role("button", name="查找", exact=True).click()
    found = drawer.get_by_role("list", name="查找结果").get_by_role("listitem")
    expect(found).to_have_count(2)
    expect(found.first.locator("mark")).to_have_text("抽血")
    assert_accessible(page)
