"""微信管理: accounts, self-test, automatic replies, menus, templates."""

import re

from playwright.sync_api import Page

from tests.pages.shots import Shot, broken, empty, forbidden, long_names, states_of

WECHAT = "/api/admin/wechat"
ACCOUNTS = f"{WECHAT}/accounts"


def _row(page: Page) -> None:
    page.get_by_role("row").nth(1).click()
    page.get_by_role("dialog").wait_for()


def _quotas(page: Page) -> None:
    page.get_by_role("row").filter(has_text="wx00000000demo01").click()
    page.get_by_role("tab", name="调用次数").click()


def _new_account(page: Page) -> None:
    page.get_by_role("button", name="登记账号").click()
    page.get_by_role("dialog").get_by_label("AppID", exact=True).wait_for()


def _tested(page: Page) -> None:
    page.get_by_role("button", name="开始自检").click()
    page.get_by_role("list", name="检查结果").wait_for()


def _some_rules(page: Page) -> None:
    """Written as staff would, through the page's own session; the same answers are not written twice."""
    page.evaluate(
        """async () => {
            const headers = { Authorization: `Bearer ${sessionStorage.getItem('kh.token')}`, 'Content-Type': 'application/json' }
            const accounts = await (await fetch('/api/admin/wechat/accounts', { headers })).json()
            const account = accounts.find((one) => one.appid === 'wx00000000demo01')
            const url = `/api/admin/wechat/accounts/${account.id}/replies`
            const known = new Set((await (await fetch(url, { headers })).json()).map((one) => one.answers[0]))
            const rules = [
              { name: '欢迎', trigger: 'follow', answers: ['欢迎关注，点下面的菜单可预约体检。'] },
              { name: '问价', trigger: 'keyword', priority: 1, hand_over: true, answers: ['稍后由客服为您报价。'],
                keywords: [{ text: '体检.*(价格|多少钱)', match: 'pattern', examples: ['体检要多少钱'] }] },
              { name: '体检价格', trigger: 'keyword', answers: ['各套餐的价格请见首页。'], keywords: [{ text: '体检价格', match: 'part' }] },
              { name: '夜间', trigger: 'default', hours: 'off', answers: ['现在不是客服时间，明早八点回复您。'], hand_over: true },
            ]
            for (const rule of rules.filter((one) => !known.has(one.answers[0])))
              await fetch(url, { method: 'POST', headers, body: JSON.stringify({ enabled: true, ...rule }) })
        }"""
    )
    page.reload()
    page.get_by_role("row").filter(has_text="问价").wait_for()


def _rule(page: Page) -> None:
    _some_rules(page)
    page.get_by_role("row").filter(has_text="各套餐的价格").click()
    page.get_by_role("dialog").get_by_label("第 1 个关键词", exact=True).wait_for()


def _expression(page: Page) -> None:
    _some_rules(page)
    page.get_by_role("row").filter(has_text="问价").first.click()
    page.get_by_role("dialog").get_by_label("第 1 个关键词", exact=True).wait_for()


def _tried(page: Page) -> None:
    _some_rules(page)
    box = page.get_by_role("region", name="试答")
    box.get_by_label("粉丝发来的文字").fill("请问体检价格是多少钱")
    box.get_by_role("button", name="试一试").click()
    box.get_by_role("list", name="回复").wait_for()


def _button(page: Page) -> None:
    frame = page.get_by_role("region", name="手机预览")
    if not frame.get_by_role("button").filter(has_text="预约").count():
        frame.get_by_role("button", name="添加菜单").click()
        page.get_by_label("名称", exact=True).fill("预约")
        page.get_by_role("button", name="改为展开子菜单").click()
        page.get_by_label("名称", exact=True).fill("预约体检")
        page.get_by_text(re.compile("处须改正")).first.wait_for()
    else:
        frame.get_by_role("button").filter(has_text="预约").first.click()


def _hours(page: Page) -> None:
    page.get_by_role("button", name="修改").click()
    page.get_by_role("dialog").get_by_text("周一").wait_for()


def _some_tag_rules(page: Page) -> None:
    """As `_some_rules`; the tag is made when it is not there."""
    page.evaluate(
        """async () => {
            const headers = { Authorization: `Bearer ${sessionStorage.getItem('kh.token')}`, 'Content-Type': 'application/json' }
            const accounts = await (await fetch('/api/admin/wechat/accounts', { headers })).json()
            const url = `/api/admin/wechat/accounts/${accounts.find((one) => one.appid === 'wx00000000demo01').id}`
            const send = (path, body) => fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
            const tags = await (await fetch(`${url}/tags`, { headers })).json()
            const found = tags.find((one) => one.name === '很久没来的老粉')
            const tag_id = found?.id ?? (await (await send('/tags', { name: '很久没来的老粉' })).json()).id
            const { rules } = await (await fetch(`${url}/tag-rules`, { headers })).json()
            const wanted = [
              { name: '老粉无互动', takes_away: true, enabled: true, conditions: { followed_for: 30, silent_for: 90, bound: false } },
              { name: '搜索关注', takes_away: false, enabled: false,
                conditions: { sources: ['ADD_SCENE_SEARCH', 'ADD_SCENE_PROFILE_LINK'], followed_within: 7 } },
            ]
            for (const rule of wanted.filter((one) => !rules.some((known) => known.name === one.name)))
              await send('/tag-rules', { tag_id, ...rule })
        }"""
    )
    page.reload()
    page.get_by_role("row").filter(has_text="老粉无互动").wait_for()
    page.get_by_role("region", name="规则的执行").get_by_text("最近一次").wait_for()


def _tag_rule(page: Page) -> None:
    _some_tag_rules(page)
    page.get_by_role("row").filter(has_text="搜索关注").click()
    page.get_by_role("region", name="试算").get_by_text("位符合").wait_for()


SHOTS = [
    Shot(
        name="admin-wechat-accounts",
        path="/admin/wechat/accounts",
        who="it_staff",
        states=states_of(ACCOUNTS, f"{WECHAT}/*"),
    ),
    Shot(name="admin-wechat-account", path="/admin/wechat/accounts", who="it_staff", then=_row),
    Shot(
        name="admin-wechat-quotas",
        path="/admin/wechat/accounts",
        who="it_staff",
        then=_quotas,
    ),
    Shot(name="admin-wechat-account-new", path="/admin/wechat/accounts", who="it_staff", then=_new_account),
    Shot(
        name="admin-wechat-self-test",
        path="/admin/wechat/self-test",
        who="it_staff",
        then=_tested,
    ),
    Shot(
        name="admin-wechat-self-test-asked",
        path="/admin/wechat/self-test",
        who="it_staff",
        states={"no-account": empty(ACCOUNTS)},
    ),
    Shot(
        name="admin-wechat-replies",
        path="/admin/wechat/replies",
        who="it_staff",
        states={"error": broken(ACCOUNTS)},
    ),
    Shot(
        name="admin-wechat-tried",
        path="/admin/wechat/replies",
        who="it_staff",
        states={"long-names": long_names(f"{WECHAT}/*")},
        then=_tried,
    ),
    Shot(name="admin-wechat-reply", path="/admin/wechat/replies", who="it_staff", then=_rule),
    Shot(name="admin-wechat-expression", path="/admin/wechat/replies", who="it_staff", then=_expression),
    Shot(name="admin-wechat-hours", path="/admin/wechat/replies", who="it_staff", then=_hours),
    Shot(
        name="admin-wechat-menus",
        path="/admin/wechat/menus",
        who="it_staff",
        then=_button,
    ),
    Shot(
        name="admin-wechat-templates",
        path="/admin/wechat/templates",
        who="it_staff",
        states={"long-names": long_names(f"{WECHAT}/*")},
    ),
    Shot(name="admin-wechat-template", path="/admin/wechat/templates", who="it_staff", then=_row),
    Shot(
        name="admin-wechat-tag-rules",
        path="/admin/wechat/fans?tab=rules",
        who="admin",
        states={"long-names": long_names(f"{WECHAT}/*")},
        then=_some_tag_rules,
    ),
    Shot(
        name="admin-wechat-tag-rules-unread",
        path="/admin/wechat/fans?tab=rules",
        who="admin",
        states={
            "error": broken(f"{ACCOUNTS}/*/tag-rules"),
            "forbidden": forbidden(f"{ACCOUNTS}/*/tag-rules"),
        },
    ),
    Shot(name="admin-wechat-tag-rule", path="/admin/wechat/fans?tab=rules", who="admin", then=_tag_rule),
    Shot(name="admin-wechat-no-permission", path="/admin/wechat/menus", who="doctor"),
]
