"""What WeChat pushes, in its three modes: verified, kept once however often it comes, told on; and nothing from others."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.events import LISTENERS
from kanghu.modules.wechat import crypt
from kanghu.modules.wechat import public as wechat
from kanghu.modules.wechat.events import FanFollowed, FanLeft, FanScanned, FanSpoke, MenuPressed
from kanghu.modules.wechat.service.accounts import Settings, update_account
from tests.wechat.accounts import OPENID, Pushing, minutes_ago, pushing, seconds, xml

KINDS = (FanSpoke, FanFollowed, FanLeft, FanScanned, MenuPressed)


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody listens to everything, so that what is told can be found in the queue."""
    for kind in KINDS:
        monkeypatch.setitem(LISTENERS, kind, [f"tests.{kind.__name__}"])


async def told(database: Database) -> list[tuple[str, dict[str, Any]]]:
    async with database.transaction() as tx:
        found = await tx.fetch(
            "SELECT entrypoint, payload FROM pgqueuer WHERE entrypoint LIKE 'tests.%' ORDER BY id"
        )
    return [(job["entrypoint"].removeprefix("tests."), json.loads(job["payload"])) for job in found]


async def kept(database: Database) -> list[Any]:
    async with database.transaction() as tx:
        return [
            await wechat.inbound(tx, row["id"])
            for row in await tx.fetch("SELECT id FROM wechat.inbox ORDER BY id")
        ]


async def fan(database: Database, openid: str = OPENID) -> Any:
    async with database.transaction() as tx:
        return await tx.fetchrow("SELECT * FROM wechat.fans WHERE openid = $1", openid)


# --- the address ---------------------------------------------------------------------------------------------------


async def test_the_address_is_confirmed_by_its_signature(
    client: httpx.AsyncClient, database: Database
) -> None:
    push = await pushing(client, database)
    answer = await push.confirm()
    assert (answer.status_code, answer.text) == (200, "5838479218127813673")
    assert answer.headers["content-type"].startswith("text/plain")
    assert (await push.confirm(signature="0" * 40)).json()["code"] == "wechat.signature_invalid"
    assert (await push.confirm(nonce="other")).status_code == 401
    assert (await push.confirm(**push.signed(at=seconds() - 301))).json()["code"] == (
        "wechat.timestamp_outside_window"
    )
    assert (await push.confirm(timestamp="yesterday")).status_code == 401
    assert (await push.confirm(echostr="x" * 513)).status_code == 422


async def test_an_account_that_is_not_there_or_not_in_use(
    client: httpx.AsyncClient, database: Database
) -> None:
    push = await pushing(client, database)
    async with database.transaction() as tx:
        await tx.execute("UPDATE wechat.accounts SET active = false")
    for answer in (await push.confirm(), await push.sealed(xml(Content="在吗"))):
        assert (answer.status_code, answer.json()["code"]) == (404, "wechat.account_not_found")
    push.account_id = push.account_id.__class__(int=0)
    assert (await push.confirm()).status_code == 404


# --- three modes ---------------------------------------------------------------------------------------------------


async def one_in_clear(push: Pushing, body: str) -> httpx.Response:
    return await push.plain(body)


async def one_sealed(push: Pushing, body: str) -> httpx.Response:
    return await push.sealed(body)


async def one_of_both(push: Pushing, body: str) -> httpx.Response:
    """Compatible mode: in clear and sealed. What stands in clear was changed on the way: it does not count."""
    forged = "<FromUserName>oFORGED</FromUserName><Content>forged</Content><MsgType>text</MsgType>"
    return await push.sealed(body, beside=forged)


@pytest.mark.parametrize(
    ("mode", "send"),
    [
        ("plain", one_in_clear),
        ("compatible", one_in_clear),
        ("compatible", one_of_both),
        ("compatible", one_sealed),
        ("safe", one_sealed),
    ],
)
async def test_a_message_is_kept_and_told(
    client: httpx.AsyncClient, database: Database, mode: str, send: Any
) -> None:
    push = await pushing(client, database, mode=mode)
    answer = await send(push, xml(Content="你好，请问 <几点> 开门？ & 谢谢"))
    assert (answer.status_code, answer.text) == (200, "success")
    (message,) = await kept(database)
    assert (message.kind, message.text, message.openid) == ("text", "你好，请问 <几点> 开门？ & 谢谢", OPENID)
    assert await told(database) == [
        (
            "FanSpoke",
            {
                "account_id": str(push.account_id),
                "openid": OPENID,
                "inbox_id": str(message.id),
                "kind": "text",
            },
        )
    ]
    async with database.transaction() as tx:
        assert "你好".encode() not in await tx.fetchval("SELECT body FROM wechat.inbox")


async def test_a_message_in_clear_is_refused_in_safe_mode(
    client: httpx.AsyncClient, database: Database
) -> None:
    """Anybody who once saw a signed address could write what they like."""
    push = await pushing(client, database, mode="safe")
    answer = await push.plain(xml(Content="你好"))
    assert (answer.status_code, answer.json()["code"]) == (401, "wechat.plain_refused")
    assert await kept(database) == []


async def test_what_is_not_signed_is_refused(client: httpx.AsyncClient, database: Database) -> None:
    push = await pushing(client, database, mode="compatible")
    stranger = Pushing(client, push.account_id, push.appid, token="BBBBB")
    wrong_key = Pushing(client, push.account_id, push.appid, aes_key=push.aes_key[::-1])
    wrong_app = Pushing(client, push.account_id, "wx0000000000000000")
    for answer in (
        await stranger.plain(xml(Content="你好")),
        await stranger.sealed(xml(Content="你好")),
        await wrong_key.sealed(xml(Content="你好")),
        await wrong_app.sealed(xml(Content="你好")),
        await push.sealed(xml(Content="你好"), msg_signature="0" * 40),
        await push.plain(xml(Content="你好"), encrypt_type="aes"),
        await push.plain(xml(Content="你好"), **push.signed(at=minutes_ago(6))),
    ):
        assert answer.status_code == 401, answer.text
    assert await kept(database) == []
    assert await told(database) == []


async def test_while_keys_are_changed_messages_come_with_either(
    client: httpx.AsyncClient, database: Database, staff: Any
) -> None:
    push = await pushing(client, database)
    new = Pushing(client, push.account_id, push.appid, token="BBBBB", aes_key="x" * 42 + "A")
    assert (await new.sealed(xml(Content="1"))).status_code == 401
    async with database.transaction() as tx:
        changes = Settings("康护医院", "safe", "https://api.weixin.qq.com", "https://open.weixin.qq.com", None, new.token,
                           new.aes_key)  # fmt: skip
        await update_account(tx, staff("wechat.account.write"), push.account_id, 1, changes)
    for sender in (push, new):
        assert (await sender.sealed(xml(Content="2"))).text == "success"
        assert (await sender.confirm()).status_code == 200


async def test_a_mini_program_may_send_json(client: httpx.AsyncClient, database: Database) -> None:
    push = await pushing(client, database, kind="mini_program", mode="plain")
    body = {
        "ToUserName": "gh_1", "FromUserName": OPENID, "CreateTime": seconds(), "MsgType": "text", "Content": "你好",
        "MsgId": 23456789012345678,
    }  # fmt: skip
    assert (await push.plain(json.dumps(body))).text == "success"
    sealed = crypt.encrypt(json.dumps({**body, "MsgId": 7}).encode(), push.aes_key, push.appid)
    answer = await client.post(
        push.url, content=json.dumps({"Encrypt": sealed}), params=push.sealed_query(sealed)
    )
    assert answer.text == "success"
    assert [message.text for message in await kept(database)] == ["你好", "你好"]
    assert (await fan(database))["subscribed"] is False, "users of a mini-program follow nothing"


# --- once ----------------------------------------------------------------------------------------------------------


async def test_the_same_message_three_times_at_once_is_one(
    client: httpx.AsyncClient, database: Database
) -> None:
    push = await pushing(client, database)
    body = xml(Content="你好", MsgId=1234567890123456)
    answers = await asyncio.gather(*(push.sealed(body) for _ in range(3)))
    assert [answer.text for answer in answers] == ["success"] * 3
    assert len(await kept(database)) == 1
    assert len(await told(database)) == 1


async def test_events_are_one_only_when_all_of_it_is_the_same(
    client: httpx.AsyncClient, database: Database
) -> None:
    """One fan may press two buttons within a second."""
    push = await pushing(client, database)
    at = seconds()
    event = {"MsgType": "event", "Event": "CLICK", "CreateTime": at}
    for key in ("A", "A", "B"):
        assert (await push.sealed(xml(EventKey=key, **event))).text == "success"
    await push.sealed(xml("oOTHER", EventKey="A", **event))
    assert [(message.openid, message.event_key) for message in await kept(database)] == [
        (OPENID, "A"), (OPENID, "B"), ("oOTHER", "A"),
    ]  # fmt: skip


async def test_two_accounts_keep_apart(client: httpx.AsyncClient, database: Database) -> None:
    body = xml(Content="你好", MsgId=42)
    for _ in range(2):
        push = await pushing(client, database)
        assert (await push.sealed(body)).text == "success"
    assert len(await kept(database)) == 2


# --- kinds ---------------------------------------------------------------------------------------------------------


async def test_every_kind_of_message_is_opened(client: httpx.AsyncClient, database: Database) -> None:
    push = await pushing(client, database)
    await push.sealed(xml(MsgType="image", PicUrl="https://mmbiz.qpic.cn/1", MediaId="m-1"))
    await push.sealed(xml(MsgType="voice", MediaId="m-2", Format="amr", Recognition="我头疼"))
    await push.sealed(xml(MsgType="video", MediaId="m-3", ThumbMediaId="t-3"))
    await push.sealed(
        xml(MsgType="location", Location_X="30.681234", Location_Y="103.85", Scale=15, Label="温江区")
    )
    await push.sealed(xml(MsgType="location", Location_X="nan", Location_Y="here", Scale="", Label=""))
    await push.sealed(xml(MsgType="link", Title="题", Description="述", Url="https://example.org/"))
    picture, voice, video, place, nowhere, link = await kept(database)
    assert (picture.kind, picture.media_id, picture.picture_url) == (
        "image",
        "m-1",
        "https://mmbiz.qpic.cn/1",
    )
    assert (voice.media_id, voice.format, voice.recognition) == ("m-2", "amr", "我头疼")
    assert (video.media_id, video.thumb_media_id) == ("m-3", "t-3")
    assert place.place == wechat.Place(30.681234, 103.85, 15, "温江区")
    assert nowhere.place is None
    assert link.link == wechat.Link("题", "述", "https://example.org/")
    assert {name for name, _ in await told(database)} == {"FanSpoke"}


EVENTS: list[tuple[dict[str, Any], str, dict[str, str]]] = [
    ({"Event": "subscribe", "EventKey": ""}, "FanFollowed", {"scene": ""}),
    ({"Event": "subscribe", "EventKey": "qrscene_ward-7"}, "FanFollowed", {"scene": "ward-7"}),
    ({"Event": "unsubscribe", "EventKey": ""}, "FanLeft", {}),
    ({"Event": "SCAN", "EventKey": "ward-7"}, "FanScanned", {"scene": "ward-7"}),
    ({"Event": "CLICK", "EventKey": "HELP"}, "MenuPressed", {"kind": "CLICK", "key": "HELP"}),
    ({"Event": "VIEW", "EventKey": "https://x.cn/"}, "MenuPressed", {"kind": "VIEW", "key": "https://x.cn/"}),
    ({"Event": "scancode_push", "EventKey": "S"}, "MenuPressed", {"kind": "scancode_push", "key": "S"}),
]  # fmt: skip


async def test_every_event_is_told(client: httpx.AsyncClient, database: Database) -> None:
    push = await pushing(client, database)
    for place, (fields, _, _) in enumerate(EVENTS):
        await push.sealed(xml(MsgType="event", **fields, CreateTime=minutes_ago((len(EVENTS) - place) / 2)))
    expected = [
        (kind, {"account_id": str(push.account_id), "openid": OPENID, "inbox_id": str(message.id), **more})
        for message, (_, kind, more) in zip(await kept(database), EVENTS, strict=True)
    ]
    assert await told(database) == expected


async def test_an_event_nobody_needs_is_kept_all_the_same(
    client: httpx.AsyncClient, database: Database
) -> None:
    push = await pushing(client, database)
    finished = {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": 200163836, "Status": "success"}
    await push.sealed(xml(**finished))
    await push.sealed(xml(**{**finished, "MsgID": 200163837}))
    assert [message.event for message in await kept(database)] == ["TEMPLATESENDJOBFINISH"] * 2
    assert await told(database) == []


async def test_following_and_leaving_in_whatever_order_they_come(
    client: httpx.AsyncClient, database: Database
) -> None:
    push = await pushing(client, database)

    async def event(name: str, minutes: float) -> None:
        fields = {"MsgType": "event", "Event": name, "CreateTime": minutes_ago(minutes)}
        assert (await push.sealed(xml(**fields))).text == "success"

    await event("subscribe", 5)
    assert (await fan(database))["subscribed"] is True
    await event("unsubscribe", 3)
    assert (await fan(database))["subscribed"] is False
    await event("CLICK", 4)  # overtaken by the leaving
    assert (await fan(database))["subscribed"] is False
    await event("subscribe", 1)
    found = await fan(database)
    assert found["subscribed"] is True
    assert found["subscribed_at"] > found["left_at"]


# --- bad bodies ----------------------------------------------------------------------------------------------------

BOMB = """<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<xml><FromUserName>&b;</FromUserName></xml>"""
STRANGE = {
    "a file of ours": '<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Content>&f;</Content></xml>',
    "a bomb": BOMB,
    "an entity out of nowhere": "<xml><Content>&f;</Content></xml>",
    "not closed": "<xml><Content>",
    "no xml": "hello",
    "nothing": "",
    "another root": "<html><body/></html>",
    "no fields": "<xml>text</xml>",
    "too deep": "<xml>" + "<a>" * 20 + "</a>" * 20 + "</xml>",
    "no sender": "<xml><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>",
    "no time": f"<xml><FromUserName>{OPENID}</FromUserName><MsgType>text</MsgType></xml>",
    "a sender with blanks": xml("o x", Content="x"),
    "an event without a name": xml(MsgType="event"),
    "a kind that is a sentence": xml(MsgType="DROP TABLE"),
    "json with a zero": json.dumps({"FromUserName": "o\0", "CreateTime": 1, "MsgType": "text"}),
    "json that is a list": '{"FromUserName": []}',
    "deep json": '{"a":' * 3000 + "1" + "}" * 3000,
    "not utf-8": b"<xml><Content>\xff\xfe</Content></xml>",
}  # fmt: skip


async def test_bodies_that_are_none_of_wechats(client: httpx.AsyncClient, database: Database) -> None:
    push = await pushing(client, database, mode="plain")
    taken = {}
    for case, body in STRANGE.items():
        answer = await push.plain(body)
        if (answer.status_code, answer.json()["code"]) != (422, "wechat.callback_malformed"):
            taken[case] = (answer.status_code, answer.text)
    assert taken == {}
    assert await kept(database) == []


async def test_a_body_that_is_too_large_is_not_read_on(client: httpx.AsyncClient, database: Database) -> None:
    push = await pushing(client, database, mode="plain")
    answer = await push.plain(xml(Content="x" * 70_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")
    assert "64 KiB" in answer.json()["message"]


async def test_a_zero_in_a_text_does_no_harm(client: httpx.AsyncClient, database: Database) -> None:
    push = await pushing(client, database, kind="mini_program", mode="plain")
    body = {"FromUserName": OPENID, "CreateTime": seconds(), "MsgType": "text", "Content": "a\0b", "MsgId": 1}
    assert (await push.plain(json.dumps(body))).text == "success"
    (message,) = await kept(database)
    assert message.text == "a\0b"
