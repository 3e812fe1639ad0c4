"""Followers, tags, QR codes with a scene, and menus."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu_sandbox.wechat import menus
from kanghu_sandbox.wechat.codes import Refused

from .conftest import Holder, Running

CLICK = {"type": "click", "name": "预约", "key": "BOOK"}
VIEW = {"type": "view", "name": "首页", "url": "https://h5.example/m/"}


async def test_followers_are_listed_and_told_about(wechat: Running, holder: Holder) -> None:
    one, two = await wechat.fan("一"), await wechat.fan("二")
    stranger = await wechat.fan("三", following=False)
    listed = await wechat.get("/cgi-bin/user/get")
    assert listed == {"total": 2, "count": 2, "data": {"openid": [one, two]}, "next_openid": two}
    assert (await wechat.get("/cgi-bin/user/get", next_openid=one))["data"] == {"openid": [two]}
    assert (await wechat.get("/cgi-bin/user/get", next_openid=two))["count"] == 0
    info = await wechat.get("/cgi-bin/user/info", openid=one)
    assert (info["subscribe"], info["subscribe_scene"]) == (1, "ADD_SCENE_SEARCH")
    assert "nickname" not in info
    assert (await wechat.get("/cgi-bin/user/info", openid=stranger))["subscribe"] == 0
    assert (await wechat.get("/cgi-bin/user/info", openid="x"))["errcode"] == 40003
    assert (await wechat.get("/cgi-bin/user/info"))["errcode"] == 41009
    await wechat.post("/cgi-bin/user/info/updateremark", {"openid": one, "remark": "老客户"})
    wanted = {"user_list": [{"openid": one}, {"openid": stranger}]}
    both = (await wechat.post("/cgi-bin/user/info/batchget", wanted))["user_info_list"]
    assert [found.get("remark") for found in both] == ["老客户", None]
    too_many = {"user_list": [{"openid": one}] * 101}
    assert (await wechat.post("/cgi-bin/user/info/batchget", too_many))["errcode"] == 40032


async def test_tags(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()

    async def make(name: str) -> Any:
        return await wechat.post("/cgi-bin/tags/create", {"tag": {"name": name}})

    async def put(tag: object, *openids: str, path: str = "batchtagging") -> int:
        body = {"tagid": tag, "openid_list": list(openids)}
        code: int = (await wechat.post(f"/cgi-bin/tags/members/{path}", body))["errcode"]
        return code

    made = [(await make(f"标签{n}"))["tag"]["id"] for n in range(21)]
    assert made[0] == 100
    assert [(await make(name))["errcode"] for name in ("标签1", "", "长" * 31)] == [45157, 45157, 45158]
    assert [await put(tag, openid) for tag in made] == [0] * 20 + [45059]
    assert [await put(9, openid), await put("x", openid), await put(100, "nobody")] == [45159, 45159, 40003]
    assert await put(100, *[openid] * 51) == 40032
    assert await put(100, openid, path="batchuntagging") == 0
    worn = await wechat.post("/cgi-bin/tags/getidlist", {"openid": openid})
    assert worn == {"tagid_list": made[1:20]}
    wearers = await wechat.post("/cgi-bin/user/tag/get", {"tagid": made[1]})
    assert (wearers["count"], wearers["data"]) == (1, {"openid": [openid]})
    rename = {"tag": {"id": made[1], "name": "新名"}}
    assert (await wechat.post("/cgi-bin/tags/update", rename))["errcode"] == 0
    assert (await wechat.post("/cgi-bin/tags/delete", {"tag": {"id": made[2]}}))["errcode"] == 0
    assert (await wechat.post("/cgi-bin/tags/delete", {"tag": {"id": 2}}))["errcode"] == 45058
    listed = (await wechat.get("/cgi-bin/tags/get"))["tags"]
    assert listed[1] == {"id": made[1], "name": "新名", "count": 1}
    assert len(listed) == 20


async def test_a_code_with_a_scene(wechat: Running, holder: Holder) -> None:
    create = "/cgi-bin/qrcode/create"
    text = {"action_info": {"scene": {"scene_str": "n-12"}}}
    code = await wechat.post(create, {"action_name": "QR_STR_SCENE", "expire_seconds": 600, **text})
    assert code["expire_seconds"] == 600
    number = {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 77}}}
    forever = await wechat.post(create, number)
    assert "expire_seconds" not in forever
    openid = await wechat.fan(following=False)
    await wechat.control("POST", f"/fans/{openid}/scan", {"ticket": code["ticket"]})
    await wechat.control("POST", f"/fans/{openid}/scan", {"ticket": forever["url"]})
    follow, scan = holder.events
    assert (follow["Event"], follow["EventKey"], follow["Ticket"]) == (
        "subscribe",
        "qrscene_n-12",
        code["ticket"],
    )
    assert (scan["Event"], scan["EventKey"]) == ("SCAN", "77")
    info = await wechat.get("/cgi-bin/user/info", openid=openid)
    assert (info["subscribe_scene"], info["qr_scene_str"]) == ("ADD_SCENE_QR_CODE", "n-12")
    windows = (await wechat.control("GET", f"/fans/{openid}"))["windows"]
    assert windows == {"follow": 3, "scan": 3}
    picture = await wechat.http.get(f"{wechat.url}/cgi-bin/showqrcode", params={"ticket": code["ticket"]})
    assert picture.headers["content-type"] == "image/svg+xml"
    wechat.pass_time(600)
    await wechat.control("POST", f"/fans/{openid}/scan", {"ticket": code["ticket"]}, status=409)
    for wrong in (
        {"action_name": "QR_SCENE", **text},
        {"action_name": "QR_STR_SCENE", "expire_seconds": 2592001, **text},
        {"action_name": "QR", **text},
        {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100001}}},
        {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "x" * 65}}},
    ):
        assert (await wechat.post(create, wrong))["errcode"] == 40035


async def test_a_menu_and_what_its_buttons_push(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    wechat.pass_time(60)
    assert (await wechat.get("/cgi-bin/menu/get"))["errcode"] == 46003
    others = [
        {"type": "scancode_waitmsg", "name": "扫码", "key": "SCAN"},
        {"type": "location_select", "name": "位置", "key": "PLACE"},
        {"type": "pic_weixin", "name": "图片", "key": "PIC"},
        {
            "type": "miniprogram",
            "name": "小程序",
            "appid": "wx1",
            "pagepath": "pages/a",
            "url": "https://a.example/",
        },
    ]
    menu = {"button": [CLICK, VIEW, {"name": "更多", "sub_button": others}]}
    assert (await wechat.post("/cgi-bin/menu/create", menu))["errcode"] == 0
    kept = (await wechat.get("/cgi-bin/menu/get"))["menu"]["button"]
    assert kept[0] == CLICK | {"sub_button": []}
    assert (await wechat.get("/cgi-bin/get_current_selfmenu_info"))["is_menu_open"] == 1
    assert (await wechat.control("GET", f"/fans/{openid}/menu"))["buttons"] == kept
    holder.received.clear()
    for place in ([0], [1], [2, 0], [2, 1], [2, 2], [2, 3]):
        done = await wechat.control("POST", f"/fans/{openid}/menu", {"place": place, "result": "R"})
        assert done["url"] == (VIEW["url"] if place == [1] else "")
    for place in ([2], [3], [2, 4]):
        await wechat.control("POST", f"/fans/{openid}/menu", {"place": place}, status=409)
    told = [(one["Event"], one["EventKey"]) for one in holder.events]
    assert told == [
        ("CLICK", "BOOK"),
        ("VIEW", VIEW["url"]),
        ("scancode_waitmsg", "SCAN"),
        ("location_select", "PLACE"),
        ("pic_weixin", "PIC"),
        ("view_miniprogram", "pages/a"),
    ]
    assert "<ScanResult><![CDATA[R]]></ScanResult>" in holder.received[2].body
    assert (await wechat.control("GET", f"/fans/{openid}"))["windows"] == {"menu": 3}
    assert (await wechat.get("/cgi-bin/menu/delete"))["errcode"] == 0
    assert (await wechat.control("GET", f"/fans/{openid}/menu"))["buttons"] == []


async def test_personalised_menus(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    add = "/cgi-bin/menu/addconditional"

    async def added(tag: int, host: str = "h5.example", **rule: str) -> Any:
        view = VIEW | {"url": f"https://{host}/"}
        return await wechat.post(add, {"button": [view], "matchrule": {"tag_id": str(tag), **rule}})

    async def matched() -> str:
        url: str = (await wechat.post("/cgi-bin/menu/trymatch", {"user_id": openid}))["button"][0]["url"]
        return url

    tags = [(await wechat.post("/cgi-bin/tags/create", {"tag": {"name": n}}))["tag"]["id"] for n in "ab"]
    assert (await added(tags[0]))["errcode"] == 65303
    await wechat.post("/cgi-bin/menu/create", {"button": [VIEW]})
    assert (await added(tags[0], sex="1"))["errcode"] == 65320
    assert (await added(9))["errcode"] == 45159
    assert (await wechat.post(add, {"button": [VIEW], "matchrule": {"sex": ""}}))["errcode"] == 65304
    old = (await added(tags[0], "old.example"))["menuid"]
    await added(tags[0], "new.example")
    await added(tags[1], "other.example")
    assert (await added(tags[1], "fourth.example"))["errcode"] == 65316
    assert await matched() == VIEW["url"]
    for tag, url in ((tags[0], "https://new.example/"), (tags[1], "https://other.example/")):
        await wechat.post("/cgi-bin/tags/members/batchtagging", {"tagid": tag, "openid_list": [openid]})
        assert await matched() == url
    listed = await wechat.get("/cgi-bin/menu/get")
    assert [one["matchrule"]["tag_id"] for one in listed["conditionalmenu"]] == [
        str(tags[1]),
        str(tags[0]),
        str(tags[0]),
    ]
    assert (await wechat.post("/cgi-bin/menu/delconditional", {"menuid": old}))["errcode"] == 0
    assert (await wechat.post("/cgi-bin/menu/delconditional", {"menuid": old}))["errcode"] == 65301
    await wechat.get("/cgi-bin/menu/delete")
    assert (await wechat.get("/cgi-bin/menu/get"))["errcode"] == 46003


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([CLICK | {"name": "六个汉字呀呀"}], 40018),
        ([CLICK | {"name": ""}], 40018),
        ([CLICK | {"type": "dance"}], 40017),
        ([CLICK | {"key": "k" * 129}], 40019),
        ([VIEW | {"url": "https://" + "u" * 1017}], 40020),
        ([VIEW | {"url": "javascript:alert(1)"}], 40020),
        ([{"name": "更多", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "更多", "sub_button": [CLICK | {"type": ""}]}], 40024),
        ([{"name": "更多", "sub_button": [CLICK | {"name": "n" * 61}]}], 40025),
        ([{"name": "更多", "sub_button": [CLICK | {"key": ""}]}], 40026),
        ([{"name": "更多", "sub_button": [VIEW | {"url": ""}]}], 40027),
    ],
)
async def test_menus_that_are_not_taken(wechat: Running, buttons: list[Any], code: int) -> None:
    assert (await wechat.post("/cgi-bin/menu/create", {"button": buttons}))["errcode"] == code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "type", "sub_button", "key", "url"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_nonsense_breaks_the_rules_of_a_menu(buttons: object) -> None:
    with contextlib.suppress(Refused):
        assert menus.check(buttons)
