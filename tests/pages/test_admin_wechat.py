"""微信管理: an account registered and tested, automatic replies written and tried, a menu published, rolled back and matched."""

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.pages.accessibility import assert_accessible
from tests.pages.elements import choose
from tests.pages.watch import Watch
from tests.wire import hospital
from tests.wire.conftest import Platform, eventually

Visit = Callable[..., Page]


@pytest.fixture
def console(platform: Platform) -> httpx.Client:
    return hospital.staff(platform, "it_staff")


@pytest.fixture
def account(console: httpx.Client) -> str:
    """The demonstration's official account."""
    found = console.get("/api/admin/wechat/accounts").json()
    return (
        f"/api/admin/wechat/accounts/{next(one['id'] for one in found if one['appid'] == 'wx00000000demo01')}"
    )


@pytest.fixture
def fresh(console: httpx.Client, account: str) -> Iterator[None]:
    """No automatic replies, before and after: they would answer in other tests, too."""
    _clear(console, account)
    yield
    _clear(console, account)


def _clear(console: httpx.Client, account: str) -> None:
    for rule in console.get(f"{account}/replies").json():
        console.delete(f"{account}/replies/{rule['id']}")


def about(account: str) -> str:
    return f"account={account.rpartition('/')[2]}"


def phone(platform: Platform, path: str, body: Any = None) -> Any:
    """The customer's phone at WeChat."""
    answer = httpx.post(f"{platform.sandbox}/wechat/control{path}", json=body, trust_env=False)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def fan_of(platform: Platform) -> str:
    openid: str = phone(platform, "/fans", {"nickname": f"粉丝{secrets.token_hex(2)}"})["openid"]
    phone(platform, f"/fans/{openid}/follow", {})
    return openid


def sure(page: Page, question: str, action: str) -> None:
    asked = page.get_by_role("dialog", name=re.compile(question))
    asked.get_by_role("button", name=action, exact=True).click()


# --- accounts ------------------------------------------------------------------------------------------------------


def test_an_account_is_registered_and_its_keys_are_shown_to_be_entered_at_wechat(
    staff_page: Visit, console: httpx.Client, watch: Watch
) -> None:
    page = staff_page("it_staff", "/wechat/accounts")
    page.get_by_role("button", name="登记账号").click()
    form = page.get_by_role("dialog", name="登记公众号或小程序")
    watch.expects(422)
    form.get_by_role("button", name="登记").click()
    expect(form.get_by_text("格式不正确").first).to_be_visible()
    assert_accessible(page)
    appid, name = f"wx{secrets.token_hex(8)}", f"分院公众号{secrets.token_hex(2)}"
    form.get_by_label("AppID", exact=True).fill(appid)
    form.get_by_label("名称", exact=True).fill(name)
    form.get_by_label("AppSecret", exact=True).fill(secrets.token_hex(16))
    for label in ("Token", "EncodingAESKey"):
        field = form.get_by_label(label, exact=True).last
        form.get_by_role("button", name="生成").nth(0 if label == "Token" else 1).click()
        expect(field).to_have_value(re.compile("^[0-9A-Za-z]{32,43}$"))
    token = form.get_by_label("Token", exact=True).last.input_value()
    form.get_by_role("button", name="登记").click()
    setup = page.get_by_role("dialog", name="请填写到公众平台")
    expect(setup.get_by_text(token)).to_be_visible()
    expect(setup.get_by_text(re.compile(r"^http://[^/]+/open/wechat/[0-9a-f-]{36}$"))).to_be_visible()
    expect(setup.get_by_role("button", name="复制令牌（Token）")).to_be_visible()
    assert_accessible(page)
    setup.get_by_role("button", name="已填好").click()
    drawer = page.get_by_role("dialog", name="公众号与小程序")
    expect(drawer.get_by_text(name)).to_be_visible()
    expect(drawer.get_by_text(token)).to_have_count(0)
    expect(drawer.get_by_text(re.compile("已加密保存，不再显示")).first).to_be_visible()
    drawer.get_by_role("button", name="停用…").click()
    sure(page, "^停用「", "停用")
    expect(drawer.get_by_text("停用", exact=True)).to_be_visible()
    (made,) = [one for one in console.get("/api/admin/wechat/accounts").json() if one["appid"] == appid]
    assert made["active"] is False


def test_the_self_test_says_what_is_wrong_and_how_to_mend_it(
    staff_page: Visit, platform: Platform, console: httpx.Client, account: str
) -> None:
    mine = console.get(account).json()
    body = {"institution_id": mine["institution_id"], "kind": "official", "appid": f"wx{secrets.token_hex(8)}", "name": "没配好的",
            "mode": "plain", "api_url": mine["api_url"], "secret": "s" * 32, "token": "t" * 32}  # fmt: skip
    made = console.post("/api/admin/wechat/accounts", json=body).json()
    page = staff_page("it_staff", f"/wechat/self-test?account={made['id']}")
    expect(page.get_by_text("还没有检查")).to_be_visible()
    page.get_by_role("button", name="开始自检").click()
    expect(page.get_by_text(re.compile("项有误，请按下面的提示改正"))).to_be_visible()
    checks = page.get_by_role("list", name="检查结果")
    expect(checks.get_by_role("heading", name="接收消息（服务器配置）")).to_be_visible()
    expect(checks.get_by_text("从未收到微信推送的消息")).to_be_visible()
    expect(checks.get_by_text(re.compile("AppID 不正确"))).to_be_visible()
    expect(checks.get_by_text("怎样改正：").first).to_be_visible()
    assert_accessible(page)
    # The demonstration's own is fine once somebody has written.
    fan = fan_of(platform)
    phone(platform, f"/fans/{fan}/say", {"content": "在吗"})
    choose(page, "公众号或小程序", "康护示范医院（公众号）")
    page.get_by_role("button", name="开始自检").click()
    expect(page.get_by_text("各项正常")).to_be_visible()
    retired = {
        **{key: made[key] for key in ("name", "mode", "api_url", "connect_url", "version")},
        "active": False,
    }
    assert console.put(f"/api/admin/wechat/accounts/{made['id']}", json=retired).status_code == 200


def test_what_is_left_of_the_days_calls_is_shown_and_set_back(staff_page: Visit, account: str) -> None:
    page = staff_page("it_staff", f"/wechat/accounts?open={account.rpartition('/')[2]}")
    drawer = page.get_by_role("dialog", name="公众号与小程序")
    drawer.get_by_role("tab", name="调用次数").click()
    row = drawer.get_by_role("row").filter(has_text="发布默认菜单")
    expect(row).to_contain_text("2,000")
    assert_accessible(page)
    drawer.get_by_role("button", name="清零调用次数…").click()
    sure(page, "^清零", "清零")
    expect(page.get_by_text("调用次数已清零")).to_be_visible()


# --- automatic replies -----------------------------------------------------------------------------------------------


def new_rule(page: Page, name: str) -> Locator:
    page.get_by_role("button", name="新建规则").click()
    form = page.get_by_role("dialog", name="新建自动回复")
    form.get_by_label("名称", exact=True).fill(name)
    return form


def test_rules_are_written_tried_and_answer_a_fan_the_same(
    staff_page: Visit, platform: Platform, account: str, fresh: None, watch: Watch
) -> None:
    page = staff_page("it_staff", f"/wechat/replies?{about(account)}")
    expect(page.get_by_text("还没有自动回复")).to_be_visible()
    form = new_rule(page, "体检价格")
    form.get_by_label("第 1 个关键词", exact=True).fill("体检价格")
    form.get_by_label("第 1 条回复", exact=True).fill("请在首页查看各套餐的价格")
    form.get_by_role("button", name="保存").click()
    expect(page.get_by_role("row").filter(has_text="体检价格")).to_be_visible()

    form = new_rule(page, "问价")
    choose(form, "第 1 个关键词的匹配方式", "正则表达式")
    form.get_by_label("第 1 个关键词", exact=True).fill("(?=体检)")
    form.get_by_label("第 1 条回复", exact=True).fill("稍后由客服报价")
    form.get_by_text("回复后转人工").click()
    watch.expects(422)
    form.get_by_role("button", name="保存").click()
    expect(form.get_by_text(re.compile("前瞻"))).to_be_visible()
    form.get_by_label("第 1 个关键词", exact=True).fill("体检.*(价格|多少钱)")
    example = form.get_by_role("combobox", name="第 1 个表达式的例句")
    example.fill("体检多少钱")
    example.press("Enter")
    form.get_by_label("优先级").fill("1")
    assert_accessible(page)
    form.get_by_role("button", name="保存").click()
    expect(page.get_by_role("row").filter(has_text="稍后由客服报价")).to_be_visible()

    # What the expression may take from the other rule is told there, and no more than is known.
    row = page.get_by_role("row").filter(has_text="请在首页查看")
    expect(row.get_by_role("img", name="有冲突")).to_be_visible()
    row.get_by_text("体检价格").first.click()
    drawer = page.get_by_role("dialog", name="自动回复")
    expect(drawer.get_by_text("这条规则可能轮不到")).to_be_visible()
    expect(drawer.get_by_text(re.compile("其他文字是否也如此无法判断"))).to_be_visible()
    drawer.get_by_role("button", name="返回").click()

    box = page.get_by_role("region", name="试答")
    box.get_by_label("粉丝发来的文字").fill("请问体检大概多少钱？")
    box.get_by_role("button", name="试一试").click()
    expect(box.get_by_role("button", name="问价")).to_be_visible()
    expect(box.get_by_text("文字符合正则表达式「体检.*(价格|多少钱)」")).to_be_visible()
    expect(box.get_by_role("list", name="回复")).to_contain_text("稍后由客服报价")
    expect(box.get_by_text("进入客服队列，由客服答复")).to_be_visible()
    assert_accessible(page)

    fan = fan_of(platform)
    phone(platform, f"/fans/{fan}/say", {"content": "请问体检大概多少钱？"})
    eventually(lambda: "稍后由客服报价" in said_to(platform, fan))


def said_to(platform: Platform, openid: str) -> list[str]:
    found = httpx.get(f"{platform.sandbox}/wechat/control/fans/{openid}/messages", trust_env=False).json()
    return [one["content"].get("content", "") for one in found if one["sender"] == "account"]


def test_a_rule_is_changed_kept_as_a_draft_and_deleted(
    staff_page: Visit, console: httpx.Client, account: str, fresh: None
) -> None:
    body = {"name": "欢迎", "trigger": "follow", "visit": "first", "answers": ["欢迎关注"], "enabled": True}
    made = console.post(f"{account}/replies", json=body).json()
    page = staff_page("it_staff", f"/wechat/replies?{about(account)}&open={made['id']}")
    drawer = page.get_by_role("dialog", name="自动回复")
    drawer.get_by_role("button", name="再加一条").click()
    drawer.get_by_label("第 2 条回复", exact=True).fill("回复「人工」可转客服")
    drawer.get_by_text(re.compile("^启用")).click()
    drawer.get_by_role("button", name="保存").click()
    expect(page.get_by_role("row").filter(has_text="欢迎关注 ＋ 回复「人工」")).to_contain_text("草稿")
    box = page.get_by_role("region", name="试答")
    choose(box, "粉丝做什么", "关注")
    box.get_by_role("button", name="试一试").click()
    expect(box.get_by_text("没有规则适用", exact=True)).to_be_visible()
    box.get_by_text("连同草稿一起").click()
    box.get_by_role("button", name="试一试").click()
    expect(box.get_by_text("首次关注公众号")).to_be_visible()
    box.get_by_role("button", name="欢迎").click()
    drawer.get_by_role("button", name="删除", exact=True).click()
    sure(page, "^删除「", "删除")
    expect(page.get_by_text("还没有自动回复")).to_be_visible()
    assert console.get(f"{account}/replies").json() == []


def test_the_desks_hours_are_set(staff_page: Visit, console: httpx.Client, account: str) -> None:
    before = console.get(f"{account}/desk-hours").json()
    page = staff_page("it_staff", f"/wechat/replies?{about(account)}")
    page.get_by_role("button", name="修改").click()
    form = page.get_by_role("dialog", name="客服时间")
    form.get_by_text("周日").click()
    assert_accessible(page)
    form.get_by_role("button", name="保存").click()
    expect(page.get_by_text("周一至周六全天")).to_be_visible()
    assert console.get(f"{account}/desk-hours").json()["days"] == [1, 2, 3, 4, 5, 6]
    console.put(f"{account}/desk-hours", json=before)


# --- menus -----------------------------------------------------------------------------------------------------------


def test_a_menu_is_built_on_the_phone_published_compared_and_rolled_back(
    staff_page: Visit, platform: Platform, console: httpx.Client, account: str
) -> None:
    publish(console, account, {"buttons": [_leaf("从前", key="OLD")]})
    page = staff_page("it_staff", f"/wechat/menus?{about(account)}")
    frame = page.get_by_role("region", name="手机预览")
    frame.get_by_role("button", name="添加菜单").click()
    page.get_by_label("名称", exact=True).fill("预约体检和上门护理")
    expect(page.get_by_text(re.compile("名称最多 16 字节"))).to_be_visible()
    expect(page.get_by_role("button", name="发布…")).to_be_disabled()
    page.get_by_label("名称", exact=True).fill("预约")
    page.get_by_role("button", name="改为展开子菜单").click()
    page.get_by_label("名称", exact=True).fill("体检")
    page.get_by_label("链接").fill("ftp://h.cn")
    expect(page.get_by_text("链接须以 http:// 或 https:// 开头")).to_be_visible()
    page.get_by_label("链接").fill("https://h.example.cn/m/book")
    expect(page.get_by_text("链接须以 http:// 或 https:// 开头")).to_have_count(0)
    expect(page.get_by_text("已保存")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="发布…").click()
    sure(page, "^发布菜单", "发布")
    expect(page.get_by_text(re.compile("与第 .* 版相同"))).to_be_visible()

    fan = fan_of(platform)
    assert [one["name"] for one in seen_by(platform, fan)] == ["从前", "预约"]
    page.get_by_role("button", name="与微信比较").click()
    expect(page.get_by_text("没有不同")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("button", name="历史版本").click()
    drawer = page.get_by_role("dialog", name="历史版本")
    drawer.get_by_role("list", name="发布过的版本").get_by_role("button").nth(1).click()
    expect(drawer.get_by_role("region", name="手机预览").get_by_role("button", name="从前")).to_be_visible()
    assert_accessible(page)
    drawer.get_by_role("button", name=re.compile("^恢复第")).click()
    sure(page, "^恢复第", "恢复并发布")
    expect(page.get_by_text(re.compile("已恢复，成为第"))).to_be_visible()
    expect(frame.get_by_role("button", name="预约")).to_have_count(0)
    assert [one["name"] for one in seen_by(platform, fan)] == ["从前"]


def test_who_has_a_tag_sees_a_menu_of_their_own(
    staff_page: Visit, platform: Platform, console: httpx.Client, account: str
) -> None:
    publish(console, account, {"buttons": [_leaf("大家", key="ALL")]})
    name = f"会员{secrets.token_hex(2)}"
    tag = console.post(f"{account}/tags", json={"name": name}).json()["id"]
    fan, other = fan_of(platform), fan_of(platform)
    assert console.post(f"{account}/tags/{tag}/fans", json={"openids": [fan]}).status_code < 300
    page = staff_page("it_staff", f"/wechat/menus?{about(account)}")
    menus = page.get_by_role("navigation", name="菜单", exact=True)
    choose(menus, "标签", f"{name}（1 人）")
    menus.get_by_role("button", name="添加").click()
    expect(menus.get_by_role("button", name=f"1. {name}")).to_have_attribute("aria-current", "true")
    frame = page.get_by_role("region", name="手机预览")
    frame.get_by_role("button", name="大家").click()
    page.get_by_label("名称", exact=True).fill("会员专享")
    expect(page.get_by_text("已保存")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="发布…").click()
    sure(page, "^发布菜单", "发布")
    expect(page.get_by_text(re.compile("与第 .* 版相同"))).to_be_visible()
    page.get_by_role("button", name="谁看到哪份…").click()
    dialog = page.get_by_role("dialog", name="谁看到哪份菜单")
    for openid, told, button in (
        (fan, f"看到标签 {tag} 的个性化菜单", "会员专享"),
        (other, "看到默认菜单", "大家"),
    ):
        dialog.get_by_label("粉丝的 OpenID 或微信号").fill(openid)
        dialog.get_by_role("button", name="查询").click()
        expect(dialog.get_by_text(told)).to_be_visible()
        expect(dialog.get_by_role("button", name=button)).to_be_visible()
    assert_accessible(page)
    publish(console, account, {"buttons": [_leaf("大家", key="ALL")]})


def _leaf(name: str, **more: str) -> dict[str, str]:
    return {"name": name, "type": "click", **more}


def publish(console: httpx.Client, account: str, content: dict[str, Any]) -> None:
    draft = next((one for one in console.get(f"{account}/menus").json() if one["state"] == "draft"), None)
    saved = console.put(
        f"{account}/menus/draft", json={"revision": draft["revision"] if draft else 0, "content": content}
    ).json()
    done = console.post(f"{account}/menus/publish", json={"revision": saved["revision"]})
    assert done.status_code == 200, done.text


def seen_by(platform: Platform, openid: str) -> list[dict[str, Any]]:
    found = httpx.get(f"{platform.sandbox}/wechat/control/fans/{openid}/menu", trust_env=False).json()
    buttons: list[dict[str, Any]] = found["buttons"]
    return buttons


# --- templates, and who may not ---------------------------------------------------------------------------------------


def test_the_templates_of_an_account_are_listed_with_what_they_want(staff_page: Visit, account: str) -> None:
    page = staff_page("it_staff", f"/wechat/templates?{about(account)}")
    row = page.get_by_role("row").filter(has_text="预约成功通知")
    expect(row).to_contain_text("thing1、thing2、time3")
    row.get_by_text("预约成功通知").click()
    drawer = page.get_by_role("dialog", name="消息模板")
    expect(drawer.get_by_text("就诊人：张三")).to_be_visible()
    expect(drawer.get_by_text("最多 20 个字").first).to_be_visible()
    assert_accessible(page)


def test_who_has_nothing_to_do_with_wechat_does_not_see_it(staff_page: Visit) -> None:
    page = staff_page("doctor", "/wechat/menus")
    expect(page.get_by_text("您没有权限查看这里")).to_be_visible()
    expect(page.get_by_role("navigation", name="主菜单").get_by_text("微信管理")).to_have_count(0)
