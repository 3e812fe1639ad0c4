"""Menus: rules told before WeChat is asked, drafts that nobody overwrites, publishing as a whole, and what differs at WeChat."""

from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.modules.wechat.menus import rules
from kanghu.modules.wechat.menus.menu import NEEDS, Button, Menu, Personal, differences, read, written
from tests.wechat.accounts import made_account
from tests.wechat.standin import StandIn

BOOK = Button("预约体检", "view", url="https://h.cn/m/book")
HELP = Button("帮助", "click", key="HELP")
NURSE = Button(
    "上门护理",
    buttons=(Button("下单", "miniprogram", url="https://h.cn/", appid="wx1", pagepath="p/o"), HELP),
)
GOOD = Menu((BOOK, NURSE), (Personal(7, (HELP,)), Personal(8, (BOOK,))))


def broken(**changes: Any) -> Menu:
    return Menu((replace(BOOK, **changes),))


RULES: list[tuple[Menu, dict[str, str]]] = [
    (GOOD, {}),
    (Menu(()), {"buttons": "1 至 3 个"}),
    (Menu((HELP,) * 4), {"buttons": "1 至 3 个"}),
    (Menu((Button("多", buttons=(HELP,) * 6),)), {"buttons.0.buttons": "最多 5 个"}),
    (broken(name=" "), {"buttons.0.name": "请填写名称"}),
    (broken(name="五个汉字啊"), {}),
    (broken(name="六个汉字了啊"), {"buttons.0.name": "16 字节"}),
    (Menu((Button("上", buttons=(replace(HELP, name="字" * 20),)),)), {}),
    (Menu((Button("上", buttons=(replace(HELP, name="字" * 21),)),)), {"buttons.0.buttons.0.name": "60 字节"}),
    (broken(type=""), {"buttons.0.type": "请选择"}),
    (broken(url=""), {"buttons.0.url": "请填写链接"}),
    (broken(url="javascript:alert(1)"), {"buttons.0.url": "http"}),
    (broken(url="https://h.cn/" + "字" * 400), {"buttons.0.url": "1024 字节"}),
    (broken(type="click", key="字" * 43), {"buttons.0.key": "128 字节"}),
    (broken(type="miniprogram"), {"buttons.0.appid": "小程序", "buttons.0.pagepath": "页面路径"}),
    (Menu((Button("上", buttons=(Button("中", buttons=(HELP,)),)),)),
     {"buttons.0.buttons.0.type": "请选择", "buttons.0.buttons.0.buttons": "最多两级"}),
    (Menu((Button("上", buttons=tuple(replace(BOOK, url=f"https://h{n}.cn/") for n in range(4))),)),
     {"buttons": "4 个域名"}),
    (Menu((Button("上", buttons=tuple(replace(BOOK, url=f"https://h{n % 3}.cn/{n}") for n in range(4))),)), {}),
    (Menu((BOOK,), (Personal(7, (HELP,)), Personal(7, ()))),
     {"personal.1.buttons": "1 至 3 个", "personal.1.tag_id": "同一标签"}),
]  # fmt: skip


@pytest.mark.parametrize(("menu", "expected"), RULES)
def test_what_wechat_would_refuse_is_told_with_its_place(menu: Menu, expected: dict[str, str]) -> None:
    found = rules.problems(menu)
    assert found.keys() == expected.keys(), found
    assert all(expected[place] in found[place] for place in expected)


NAMES = st.text(min_size=1, max_size=5)
LEAVES = st.builds(
    lambda name, kind, value: Button(name, kind, **dict.fromkeys(NEEDS[kind], value)),
    NAMES, st.sampled_from(sorted(NEEDS)), st.text(min_size=1, max_size=9),
)  # fmt: skip
TOPS = st.one_of(LEAVES, st.builds(lambda name, inner: Button(name, buttons=tuple(inner)), NAMES, st.lists(LEAVES, min_size=1, max_size=5)))  # fmt: skip


@given(st.lists(TOPS, max_size=3))
def test_what_is_written_reads_the_same(tops: list[Button]) -> None:
    buttons = tuple(tops)
    sent = msgspec.json.decode(msgspec.json.encode(written(buttons)))
    assert read(sent) == buttons
    assert differences(buttons, read(sent)) == []


def test_differences_are_told_by_place() -> None:
    theirs = (replace(BOOK, url="https://h.cn/old"), HELP, HELP)
    assert differences(GOOD.buttons, theirs) == [
        "微信上多了按钮 3「帮助」",
        "按钮 1「预约体检」的链接应为「https://h.cn/m/book」，微信上为「https://h.cn/old」",
        "按钮 2.1「下单」在微信上没有",
        "按钮 2.2「帮助」在微信上没有",
        "按钮 2「上门护理」的动作应为「」，微信上为「click」",
        "按钮 2「上门护理」的名称应为「上门护理」，微信上为「帮助」",
        "按钮 2「上门护理」的键值应为「」，微信上为「HELP」",
    ]


# --- drafts and publishing -----------------------------------------------------------------------------------------


class Editor:
    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str], account_id: object) -> None:
        self.client, self.headers = client, headers
        self.url = f"/api/admin/wechat/accounts/{account_id}/menus"

    async def save(self, menu: Menu, revision: int = 0) -> httpx.Response:
        body = {"revision": revision, "content": msgspec.to_builtins(menu)}
        return await self.client.put(f"{self.url}/draft", json=body, headers=self.headers)

    async def publish(self, revision: int = 1) -> httpx.Response:
        return await self.client.post(
            f"{self.url}/publish", json={"revision": revision}, headers=self.headers
        )

    async def post(self, path: str, **body: object) -> httpx.Response:
        return await self.client.post(f"{self.url}/{path}", json=body, headers=self.headers)

    async def listed(self) -> Any:
        return (await self.client.get(self.url, headers=self.headers)).json()

    async def compared(self) -> Any:
        return (await self.client.get(f"{self.url}/difference", headers=self.headers)).json()


@pytest.fixture
async def editor(
    client: httpx.AsyncClient,
    database: Database,
    sign_in: Any,
    staff: Any,
    standin: StandIn,
    reachable: Outbound,
) -> Editor:
    async with database.transaction() as tx:
        account_id = await made_account(tx, api_url=standin.url)
    return Editor(client, sign_in(staff("wechat.menu.read", "wechat.menu.write")), account_id)


async def test_a_menu_is_drafted_published_and_changed(editor: Editor, standin: StandIn) -> None:
    saved = await editor.save(GOOD)
    assert (saved.status_code, saved.json()["state"], saved.json()["problems"]) == (200, "draft", {})
    published = await editor.publish()
    assert (published.status_code, published.json()["state"]) == (200, "published"), published.text
    assert standin.menu == written(GOOD.buttons)
    assert [menu["matchrule"] for menu in standin.personal.values()] == [{"tag_id": "8"}, {"tag_id": "7"}]
    assert await editor.compared() == {"number": 1, "lines": []}

    assert (await editor.save(Menu((HELP,), (Personal(9, (HELP,)),)))).json()["number"] == 2
    assert (await editor.publish()).status_code == 200
    assert standin.menu == written((HELP,))
    assert [menu["matchrule"] for menu in standin.personal.values()] == [{"tag_id": "9"}]
    assert [(menu["number"], menu["state"]) for menu in await editor.listed()] == [
        (2, "published"),
        (1, "published"),
    ]


async def test_a_draft_may_have_faults_and_is_not_published_with_them(
    editor: Editor, standin: StandIn
) -> None:
    saved = await editor.save(broken(url=""))
    assert saved.json()["problems"] == {"buttons.0.url": "请填写链接"}
    answer = await editor.publish()
    assert (answer.status_code, answer.json()["code"]) == (422, "wechat.menu_invalid")
    assert answer.json()["fields"] == {"buttons.0.url": "请填写链接"}
    assert standin.asked.total() == 0


async def test_nobody_overwrites_anothers_draft(editor: Editor) -> None:
    assert (await editor.publish()).json()["code"] == "wechat.menu_not_found"
    assert (await editor.save(GOOD)).status_code == 200
    assert (await editor.save(GOOD)).json()["code"] == "wechat.menu_changed"
    assert (await editor.save(GOOD, revision=1)).json()["revision"] == 2
    for answer in (await editor.save(GOOD, revision=1), await editor.publish(revision=1)):
        assert (answer.status_code, answer.json()["code"]) == (409, "wechat.menu_changed")


async def test_what_stopped_in_the_middle_is_done_by_publishing_again(
    editor: Editor, standin: StandIn
) -> None:
    await editor.save(GOOD)
    standin.refuse("/cgi-bin/menu/addconditional", 0, 65320)
    answer = await editor.publish()
    assert (answer.status_code, answer.json()["code"]) == (422, "wechat.menu_refused")
    assert "标签" in answer.json()["message"]
    assert (await editor.listed())[0]["state"] == "draft"
    assert (await editor.publish()).status_code == 200
    assert (await editor.compared())["lines"] == []
    assert len(standin.personal) == 2


async def test_what_was_changed_at_wechat_shows(editor: Editor, standin: StandIn) -> None:
    assert await editor.compared() == {"number": None, "lines": []}
    await editor.save(GOOD)
    await editor.publish()
    standin.menu = written((BOOK,))
    standin.personal = {"5": {"button": written((BOOK,)), "matchrule": {"tag_id": "8"}},
                        "6": {"button": [], "matchrule": {"tag_id": "99"}}}  # fmt: skip
    lines = (await editor.compared())["lines"]
    assert "按钮 2「上门护理」在微信上没有" in lines
    assert "标签 7 的个性化菜单在微信上没有" in lines
    assert "微信上多了标签 99 的个性化菜单" in lines
    assert not [line for line in lines if "标签 8" in line]


async def test_an_earlier_version_comes_back_as_a_new_one(editor: Editor, standin: StandIn) -> None:
    for menu in (GOOD, Menu((HELP,))):
        await editor.save(menu)
        await editor.publish()
    draft = (await editor.save(Menu((BOOK,)))).json()
    stale = await editor.post("roll-back", number=1, revision=0)
    assert (stale.status_code, stale.json()["code"]) == (409, "wechat.menu_changed")
    assert (await editor.post("roll-back", number=9, revision=0)).json()["code"] == "wechat.menu_not_found"
    back = await editor.post("roll-back", number=1, revision=draft["revision"])
    assert (back.status_code, back.json()["number"], back.json()["state"]) == (200, 3, "published")
    assert standin.menu == written(GOOD.buttons)
    assert len(standin.personal) == 2
    assert [menu["number"] for menu in await editor.listed()] == [3, 2, 1]


async def test_wechat_says_which_menu_a_fan_sees(editor: Editor, standin: StandIn) -> None:
    assert (await editor.post("try-match", user="oABC")).json() == {
        "source": "none",
        "tag_id": None,
        "buttons": [],
    }
    await editor.save(GOOD)
    await editor.publish()
    found = (await editor.post("try-match", user="oABC")).json()
    assert (found["source"], found["buttons"][0]["name"]) == ("default", "预约体检")
    found = (await editor.post("try-match", user="oTAG7")).json()
    assert (found["source"], found["tag_id"], found["buttons"][0]["key"]) == ("personal", 7, "HELP")
    standin.menu = written((replace(BOOK, name="别的"),))
    assert (await editor.post("try-match", user="oABC")).json()["source"] == "other"
    standin.refuse("/cgi-bin/menu/trymatch", 40003)
    refused = await editor.post("try-match", user="oABC")
    assert (refused.status_code, refused.json()["code"]) == (409, "wechat.not_following")


async def test_a_mini_program_has_no_menu(editor: Editor, database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("UPDATE wechat.accounts SET kind = 'mini_program'")
    answer = await editor.save(GOOD)
    assert (answer.status_code, answer.json()["code"]) == (422, "wechat.wrong_kind")
