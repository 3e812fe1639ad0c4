"""Messages and events on their way to the account's server, and what comes back."""

import pytest
from starlette.responses import Response

from kanghu_sandbox.wechat.account import Account

from .conftest import MP4, ORIGINAL, PNG, Holder, Received, Running, encrypted, reply, sealed_reply

AMR = b"#!AMR\n" + (b"\x04" + bytes(12)) * 50


@pytest.fixture(params=["plain", "compatible", "safe"])
def account(account: Account, request: pytest.FixtureRequest) -> Account:
    return account.model_copy(update={"mode": request.param, "answer_seconds": 2.0})


@pytest.fixture
def mode(account: Account) -> str:
    return account.mode


async def test_the_console_verifies_the_address(wechat: Running, holder: Holder, mode: str) -> None:
    settings = await wechat.control("GET", "/callback")
    assert settings["mode"] == mode
    assert await wechat.control("POST", "/callback/verify") == {"verified": True}
    assert await wechat.control("PUT", "/callback", settings) == settings
    holder.echo = lambda echo: f"{echo}\n"
    assert await wechat.control("POST", "/callback/verify") == {"verified": False}
    await wechat.control("PUT", "/callback", settings, status=409)
    await wechat.control("PUT", "/callback", settings | {"url": "http://127.0.0.1:9/"}, status=409)


async def test_what_a_fan_does_is_pushed(wechat: Running, holder: Holder, mode: str) -> None:
    openid = await wechat.fan()
    await wechat.say(openid, "您好 <b>&]]>😀")
    await wechat.control(
        "POST", f"/fans/{openid}/location", {"latitude": 23.1, "longitude": 113.2, "label": "家"}
    )
    link = {"title": "文章", "description": "介绍", "url": "https://a.example/?b=1&c=2"}
    await wechat.control("POST", f"/fans/{openid}/link", link)
    await wechat.control("POST", f"/fans/{openid}/position", {"latitude": 23.1, "longitude": 113.2})
    await wechat.control("POST", f"/fans/{openid}/unfollow")
    assert all(push.well_signed and push.query["openid"] == openid for push in holder.received)
    assert all(one["ToUserName"] == ORIGINAL and one["FromUserName"] == openid for one in holder.events)
    assert ("您好" in holder.received[1].body) == (mode != "safe")
    follow, text, place, shared, position, leave = holder.events
    assert (follow["MsgType"], follow["Event"], follow["EventKey"]) == ("event", "subscribe", "")
    assert "MsgId" not in follow
    assert (text["MsgType"], text["Content"], len(text["MsgId"])) == ("text", "您好 <b>&]]>😀", 17)
    assert (place["Location_X"], place["Location_Y"], place["Label"]) == ("23.1", "113.2", "家")
    assert (shared["MsgType"], shared["Title"], shared["Url"]) == ("link", "文章", link["url"])
    assert (position["Event"], position["Latitude"]) == ("LOCATION", "23.1")
    assert leave["Event"] == "unsubscribe"


async def test_files_from_a_phone(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    for kind, data in (("image", PNG), ("voice", AMR), ("video", MP4)):
        answer = await wechat.http.post(f"{wechat.url}/control/fans/{openid}/files/{kind}", content=data)
        assert answer.status_code == 200, answer.text
    _, image, voice, video = holder.events
    assert (await wechat.http.get(image["PicUrl"])).content == PNG
    assert (voice["Format"], video["MsgType"]) == ("amr", "video")
    assert video["ThumbMediaId"]
    query = {"access_token": await wechat.token(), "media_id": voice["MediaId"]}
    assert (await wechat.http.get(f"{wechat.url}/cgi-bin/media/get", params=query)).content == AMR
    for kind, data in (("image", b"text"), ("voice", PNG), ("voice", b"ID3" + bytes(60)), ("video", b"")):
        answer = await wechat.http.post(f"{wechat.url}/control/fans/{openid}/files/{kind}", content=data)
        assert answer.status_code == 409
    assert len(holder.received) == 4


async def test_no_answer_means_three_tries_of_the_same_message(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    holder.received.clear()
    holder.plan = [lambda _: None, lambda _: Response(status_code=500), lambda _: "success"]
    delivery = await wechat.say(openid)
    assert [one["status"] for one in delivery["tries"]] == [None, 500, 200]
    assert len({(one["MsgId"], one["CreateTime"]) for one in holder.events}) == 1
    assert all(push.well_signed for push in holder.received)
    assert len(await wechat.phone(openid, "system")) == 1  # only that the fan follows
    holder.plan = [lambda _: Response(status_code=500)] * 4
    delivery = await wechat.say(openid)
    assert (len(delivery["tries"]), len(holder.plan)) == (3, 1)
    assert "暂时无法提供服务" in (await wechat.phone(openid, "system"))[-1]["content"]["content"]
    (last, *_) = await wechat.control("GET", "/pushes?limit=1")
    assert (last["what"], len(last["tries"])) == ("text", 3)


async def test_passive_replies_reach_the_phone(wechat: Running, holder: Holder, mode: str) -> None:
    openid = await wechat.fan()
    picture = (await wechat.upload("image", PNG))["media_id"]
    film = (await wechat.upload("video", MP4))["media_id"]
    voice = (await wechat.upload("voice", AMR))["media_id"]
    item = "<item><Title>通知</Title><Description>详情</Description><PicUrl></PicUrl><Url>https://a.example/</Url></item>"
    planned = {
        "text": "<Content><![CDATA[您好]]></Content>",
        "image": f"<Image><MediaId>{picture}</MediaId></Image>",
        "voice": f"<Voice><MediaId>{voice}</MediaId></Voice>",
        "video": f"<Video><MediaId>{film}</MediaId><Title>片</Title></Video>",
        "news": f"<ArticleCount>1</ArticleCount><Articles>{item}</Articles>",
        "transfer_customer_service": "<TransInfo><KfAccount>kf@a</KfAccount></TransInfo>",
    }
    for kind, inner in planned.items():
        xml = reply(openid, kind, inner)
        holder.plan = [lambda _, xml=xml: xml if mode == "plain" else sealed_reply(xml)]
        delivery = await wechat.say(openid)
        assert (delivery["reply"], delivery["problem"]) == (kind, "")
    shown = await wechat.phone(openid)
    assert [one["kind"] for one in shown] == ["text", "image", "voice", "video", "news"]
    assert shown[0]["content"] == {"content": "您好"}
    assert shown[4]["content"]["articles"][0]["url"] == "https://a.example/"
    assert (await wechat.phone(openid, "system"))[-1]["kind"] == "transfer_customer_service"


async def test_replies_that_wechat_cannot_use(wechat: Running, holder: Holder, mode: str) -> None:
    openid = await wechat.fan()
    good = reply(openid, "text", "<Content>好</Content>")
    bad = [
        "hello",
        reply("somebody", "text", "<Content>好</Content>"),
        reply(openid, "text", ""),
        reply(openid, "dance", ""),
        reply(openid, "image", "<Image><MediaId>none</MediaId></Image>"),
        reply(openid, "news", "<ArticleCount>2</ArticleCount><Articles><item/></Articles>"),
    ]
    if mode != "plain":
        bad += [sealed_reply(good, app_id="wx0"), sealed_reply(good, token="other")]
        bad += [sealed_reply(good).replace(encrypted(good), encrypted(good)[:-4])]
    if mode == "safe":
        bad += [good]
    for answer in bad:
        holder.plan = [lambda _, answer=answer: answer]
        delivery = await wechat.say(openid)
        assert delivery["problem"], answer
        assert len(delivery["tries"]) == 1
    assert await wechat.phone(openid) == []
    notes = [one for one in await wechat.phone(openid, "system") if "暂时无法" in one["content"]["content"]]
    assert len(notes) == len(bad)


async def test_pushes_of_a_bad_day(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    holder.received.clear()
    await wechat.faults(double_push=True)
    await wechat.say(openid)
    first, second = holder.events
    assert first["MsgId"] == second["MsgId"]
    await wechat.faults(wrong_push_signature=True)
    holder.plan = [refuse_what_is_wrongly_signed] * 3
    delivery = await wechat.say(openid)
    assert [one["status"] for one in delivery["tries"]] == [403, 403, 403]


async def test_a_phone_does_only_what_phones_do(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan(following=False)
    await wechat.control("POST", f"/fans/{openid}/say", {"content": "x"}, status=409)
    await wechat.control("POST", f"/fans/{openid}/unfollow", status=409)
    await wechat.control("POST", "/fans/nobody/say", {"content": "x"}, status=404)
    await wechat.control("POST", f"/fans/{openid}/follow", {})
    await wechat.control("POST", f"/fans/{openid}/follow", {}, status=409)
    assert len(holder.received) == 1


async def test_without_a_server_messages_stay_on_the_phone(wechat: Running, holder: Holder) -> None:
    settings = await wechat.control("GET", "/callback")
    await wechat.control("PUT", "/callback", settings | {"url": ""})
    openid = await wechat.fan()
    assert (await wechat.say(openid))["tries"] == []
    assert holder.received == []
    assert [one["content"] for one in await wechat.phone(openid, "fan")] == [{"content": "您好"}]


def refuse_what_is_wrongly_signed(push: Received) -> Response:
    return Response(status_code=200 if push.well_signed else 403)
