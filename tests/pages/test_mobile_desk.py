"""Customer service and nurses on the phone: take somebody from the queue, talk, pass on, end, look up; nurses only their own."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.pages import talks
from tests.pages.accessibility import assert_accessible
from tests.pages.phone import here, press
from tests.pages.talks import PASSWORD, Writer, masked, new_agent, new_writer
from tests.pages.visitors import Visitors
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.conftest import Platform, eventually

Visit = Callable[..., Page]
TALKS = "/pkg-desk/talks"
VOICE = re.compile("^语音.*点这里播放")


@pytest.fixture
def writer(platform: Platform) -> Writer:
    return new_writer(platform)


@pytest.fixture
def agent(platform: Platform) -> httpx.Client:
    return new_agent(platform, "客服小秦", on_duty=False)


def log_of(page: Page) -> Locator:
    return here(page).get_by_role("log", name="对话")


def say(page: Page, text: str) -> None:
    here(page).get_by_label("消息", exact=True).fill(text)
    here(page).get_by_role("button", name="发送", exact=True).click()


def passed_on(agent: httpx.Client, conversation: str, colleague: httpx.Client, note: str) -> None:
    account = colleague.get("/api/session/me").json()["account_id"]
    answer = agent.post(
        f"/api/admin/messaging/conversations/{conversation}/transfer",
        json={"to_account_id": account, "note": note},
    )
    assert answer.status_code == 204, answer.text


def test_an_agent_takes_a_customer_answers_and_ends(
    customer_page: Visit, agent: httpx.Client, writer: Writer
) -> None:
    writer.say("请问几点可以抽血？", skill="exam")
    agent.post(
        "/api/admin/messaging/quick-replies", json={"title": "抽血时间", "body": "早上七点到九点半抽血。"}
    )
    page = customer_page(agent, TALKS)
    here(page).get_by_role("radio", name="在线").click()
    expect(here(page).get_by_role("radio", name="在线")).to_be_checked()
    name = masked(writer.name)
    assert_accessible(page)
    here(page).get_by_role("button", name=f"接入{name}").click()
    expect(here(page).get_by_role("heading", name=writer.name)).to_be_visible()
    expect(log_of(page).get_by_text("请问几点可以抽血？")).to_be_visible()
    here(page).get_by_role("button", name="发图片或视频").click()
    here(page).get_by_role("button", name="快捷回复").click()
    here(page).get_by_role("button", name="抽血时间").click()
    expect(here(page).get_by_label("消息", exact=True)).to_have_value("早上七点到九点半抽血。")
    here(page).get_by_role("button", name="发送", exact=True).click()
    expect(log_of(page).get_by_text("早上七点到九点半抽血。")).to_be_visible()
    expect(log_of(page).get_by_text("客服小秦 · 未读")).to_be_visible()
    assert_accessible(page)
    writer.say("谢谢，知道了")
    expect(log_of(page).get_by_text("谢谢，知道了")).to_be_visible()
    eventually(
        lambda: agent.get(f"/api/admin/messaging/conversations/{writer.conversation}").json()["unread"] == 0
    )
    log_of(page).get_by_role("button", name="撤回").last.click()
    expect(log_of(page).get_by_text("客服小秦撤回了一条消息")).to_be_visible()
    press(page, "结束")
    press(page, "结束服务")
    expect(here(page).get_by_text("请写一句小结，便于以后查看")).to_be_visible()
    assert_accessible(page)
    here(page).get_by_label("小结").fill("告知抽血时间")
    press(page, "结束服务")
    expect(here(page).get_by_text("没有正在接待的客户")).to_be_visible()
    here(page).locator(".row", has_text="历史会话").click()
    expect(here(page).get_by_role("button", name=re.compile(re.escape(name)))).to_be_visible()
    spells = agent.get(f"/api/admin/messaging/conversations/{writer.conversation}/service-sessions").json()
    assert (spells["items"][0]["end_reason"], spells["items"][0]["summary"]) == ("solved", "告知抽血时间")


def test_a_picture_and_a_voice_go_out_and_come_in(
    customer_page: Visit, agent: httpx.Client, writer: Writer
) -> None:
    talks.report(agent, "online")
    writer.say("请看")
    writer.show("image", talks.picture())
    writer.show("voice", talks.voice())
    talks.claim(agent, writer.conversation)
    page = customer_page(agent, f"/pkg-desk/talk?conversation={writer.conversation}")
    expect(log_of(page).get_by_role("button", name="图片，点开放大")).to_be_visible()
    expect(log_of(page).get_by_text(VOICE)).to_be_visible()
    here(page).get_by_role("button", name="发图片或视频").click()
    with page.expect_file_chooser() as chooser:
        here(page).get_by_role("button", name="选图片").click()
    chooser.value.set_files([{"name": "指引.png", "mimeType": "image/png", "buffer": talks.picture()}])  # type: ignore[list-item]
    expect(log_of(page).get_by_role("button", name="图片，点开放大")).to_have_count(2)
    here(page).get_by_role("button", name="改用语音").click()
    here(page).get_by_role("button", name="按住说话").press("Enter")
    speaking = here(page).get_by_role("button", name="松开发送")
    expect(speaking).to_contain_text("1 秒")
    speaking.press("Enter")
    expect(log_of(page).get_by_text(VOICE)).to_have_count(2)
    sent = [one["kind"] for one in writer.messages() if one["direction"] == "out" and one["kind"] != "system"]
    assert sent == ["image", "voice"]


def test_a_customer_is_passed_on_with_a_note_and_found_by_the_last_four_digits(
    customer_page: Visit, platform: Platform, agent: httpx.Client, writer: Writer
) -> None:
    talks.report(agent, "online")
    colleague = new_agent(platform, "客服小汤")
    writer.say("我要改约")
    talks.claim(agent, writer.conversation)
    page = customer_page(agent, "/pkg-desk/contacts")
    expect(here(page).locator(".row", has_text=masked(writer.name))).to_be_visible()
    here(page).get_by_label("查找客户").fill(writer.customer.person["phone"][-4:])
    press(page, "查找")
    expect(here(page).get_by_text(re.compile(r"找到 \d+ 位"))).to_be_visible()
    expect(here(page).get_by_text(writer.customer.person["phone"])).to_have_count(0)
    assert_accessible(page)
    here(page).locator(".row", has_text=masked(writer.name)).first.click()
    press(page, "转接")
    press(page, "转接")
    expect(here(page).get_by_text("请选择转给谁")).to_be_visible()
    expect(here(page).get_by_text("请写明交接说明")).to_be_visible()
    here(page).get_by_role("radio", name=re.compile("客服小汤")).click()
    here(page).get_by_label("交接说明").fill("改到下周，已核对身份")
    assert_accessible(page)
    press(page, "转接")
    expect(here(page).get_by_text("没有正在接待的客户")).to_be_visible()
    held = colleague.get(f"/api/admin/messaging/conversations/{writer.conversation}").json()
    assert held["agent_name"] == "客服小汤"
    assert held["transfers"][-1]["note"] == "改到下周，已核对身份"


def test_a_booking_is_shown_to_the_customer_as_a_card(
    customer_page: Visit, platform: Platform, agent: httpx.Client
) -> None:
    writer = new_writer(platform, bind=True)
    wanted = {
        "vendor_id": hospital.demo_vendor(platform),
        "appointment_date": hospital.in_days(9).isoformat(),
    }
    assert writer.client.post("/api/patient/exams/bookings", json=wanted).status_code in (200, 201)
    writer.say("我约上了吗")
    talks.report(agent, "online")
    talks.claim(agent, writer.conversation)
    page = customer_page(agent, f"/pkg-desk/talk?conversation={writer.conversation}")
    press(page, "资料")
    expect(here(page).get_by_text(writer.name)).to_be_visible()
    assert_accessible(page)
    press(page, "发给客户")
    expect(log_of(page).get_by_text("体检预约")).to_be_visible()


def test_a_nurse_sees_and_answers_only_what_was_passed_on(
    customer_page: Visit, platform: Platform, agent: httpx.Client, writer: Writer
) -> None:
    nurse = new_agent(platform, "护士小葛", role="nurse", scope="own")
    talks.report(agent, "online")
    writer.say("换药后能洗澡吗？", skill="nursing")
    page = customer_page(nurse, TALKS)
    expect(here(page).get_by_text("没有正在接待的客户")).to_be_visible()
    expect(here(page).get_by_text(re.compile("^排队"))).to_have_count(0)
    talks.claim(agent, writer.conversation)
    passed_on(agent, writer.conversation, nurse, "请护士答复")
    here(page).get_by_role("button", name=re.compile(re.escape(masked(writer.name)))).click()
    expect(here(page).get_by_text("请护士答复")).to_be_visible()
    say(page, "两天内不要沾水")
    expect(log_of(page).get_by_text("两天内不要沾水")).to_be_visible()
    assert_accessible(page)
    eventually(lambda: "两天内不要沾水" in [one["text"] for one in writer.messages()])


def test_staff_sign_in_by_the_same_page_and_change_to_their_own_account_as_a_customer(
    platform: Platform, visitors: Visitors, open_page: Callable[..., Page], agent: httpx.Client
) -> None:
    username = username_of(platform, agent)
    page = open_page(visitors.on_phone(), "/m/pages/sign-in")
    here(page).get_by_label("手机号或用户名", exact=True).fill(username)
    here(page).get_by_label("密码", exact=True).fill(PASSWORD)
    press(page, "登录")
    expect(here(page).get_by_role("radiogroup", name="我的状态")).to_be_visible()
    here(page).get_by_role("tab", name="我的").click()
    expect(here(page).get_by_role("heading", name="客服小秦")).to_be_visible()
    assert_accessible(page)
    here(page).locator(".row", has_text="切换到客户端").click()
    demo = next(one for one in platform.info["accounts"] if one["username"] == "demo-zhang")
    here(page).get_by_label("手机号或用户名", exact=True).fill(demo["username"])
    here(page).get_by_label("密码", exact=True).fill(demo["password"])
    press(page, "登录")
    expect(here(page).get_by_text(re.compile("，您好$"))).to_be_visible()
    here(page).get_by_role("tab", name="我的").click()
    here(page).locator(".row", has_text="切换到工作端").click()
    expect(here(page).get_by_role("radiogroup", name="我的状态")).to_be_visible()


def username_of(platform: Platform, agent: httpx.Client) -> str:
    account = agent.get("/api/session/me").json()["account_id"]
    admin = hospital.staff(platform, "admin")
    found: str = admin.get(f"/api/admin/accounts/accounts/{account}").json()["username"]
    return found


def test_who_serves_nobody_is_told_where_to_work(
    platform: Platform, customer_page: Visit, watch: Watch
) -> None:
    watch.expects(403)
    page = customer_page(hospital.staff(platform, "doctor"), TALKS)
    expect(here(page).get_by_text("您的账号没有客服权限")).to_be_visible()
    assert_accessible(page)
