"""Customer-service messages within their windows, "typing", and media."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu_sandbox.wechat import forms, sound

from .conftest import MP4, PNG, Holder, Running

SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"
DAY = 24 * 3600
MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
"""128 kbit/s at 44.1 kHz: 1152 samples."""
JPG = b"\xff\xd8\xff\xe0" + bytes(20)


async def send(wechat: Running, openid: str, kind: str = "text", **body: Any) -> int:
    content = body or {"content": "您好"}
    answer = await wechat.post(SEND, {"touser": openid, "msgtype": kind, kind: content})
    code: int = answer["errcode"]
    return code


async def windows(wechat: Running, openid: str) -> dict[str, int | None]:
    found: dict[str, int | None] = (await wechat.control("GET", f"/fans/{openid}"))["windows"]
    return found


async def test_five_messages_within_two_days_of_a_fan_s_message(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    wechat.pass_time(61)
    assert await send(wechat, openid) == 45015
    await wechat.say(openid)
    assert [await send(wechat, openid) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    await wechat.say(openid)
    assert await windows(wechat, openid) == {"message": 5}
    wechat.pass_time(2 * DAY - 1)
    assert await send(wechat, openid) == 0
    wechat.pass_time(1)
    assert await send(wechat, openid) == 45015
    assert len(await wechat.phone(openid)) == 6


async def test_three_messages_within_a_minute_of_following(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    assert await windows(wechat, openid) == {"follow": 3}
    assert [await send(wechat, openid) for _ in range(4)] == [0, 0, 0, 45047]
    wechat.pass_time(60)
    assert await send(wechat, openid) == 45015


async def test_no_limit_for_two_days_after_a_payment(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    await wechat.control("POST", f"/fans/{openid}/paid")
    assert await windows(wechat, openid) == {"follow": 3, "pay": None}
    assert [await send(wechat, openid) for _ in range(10)] == [0] * 10
    wechat.pass_time(2 * DAY)
    assert await send(wechat, openid) == 45015


async def test_the_window_that_ends_first_is_used_first(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    await wechat.say(openid)
    assert [await send(wechat, openid) for _ in range(3)] == [0, 0, 0]
    assert await windows(wechat, openid) == {"follow": 0, "message": 5}
    assert await send(wechat, openid) == 0
    assert await windows(wechat, openid) == {"follow": 0, "message": 4}


async def test_who_cannot_be_written_to(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    assert await send(wechat, "nobody") == 40003
    await wechat.control("POST", f"/fans/{openid}/unfollow")
    assert await send(wechat, openid) == 45015
    await wechat.control("POST", f"/fans/{openid}/follow", {})
    await wechat.faults(out_of_window=True)
    assert await send(wechat, openid) == 45015
    await wechat.faults(over_quota=True)
    assert await send(wechat, openid) == 45047


async def test_all_kinds_arrive(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    await wechat.say(openid)
    await wechat.say(openid)
    picture, film = [(await wechat.upload(*one))["media_id"] for one in (("image", PNG), ("video", MP4))]
    voice = (await wechat.upload("voice", sound.silence(60)))["media_id"]
    thumb = (await wechat.upload("thumb", JPG))["thumb_media_id"]
    article = {"title": "通知", "description": "详情", "url": "https://a.example/", "picurl": ""}
    choices = [{"id": "1", "content": "满意"}, {"id": "2", "content": "不满意"}]
    page = {"title": "下单", "appid": "wx1", "pagepath": "pages/a?b=1", "thumb_media_id": thumb}
    sent: list[tuple[str, dict[str, Any]]] = [
        ("image", {"media_id": picture}),
        ("voice", {"media_id": voice}),
        ("video", {"media_id": film, "thumb_media_id": thumb, "title": "片"}),
        ("news", {"articles": [article]}),
        ("link", {"title": "文", "url": "https://a.example/", "thumb_url": ""}),
        ("miniprogrampage", page),
        ("msgmenu", {"head_content": "满意吗", "list": choices, "tail_content": "谢谢"}),
        ("music", {"musicurl": "https://a.example/a.mp3", "thumb_media_id": thumb}),
    ]
    assert [await send(wechat, openid, kind, **body) for kind, body in sent] == [0] * 8
    shown = await wechat.phone(openid)
    assert [one["kind"] for one in shown] == [kind for kind, _ in sent]
    assert shown[3]["content"] == {"articles": [article]}
    assert (await wechat.http.get(f"{wechat.url}/mmbiz/{picture}")).content == PNG
    before = await windows(wechat, openid)
    await wechat.control("POST", f"/fans/{openid}/choose", choices[0])
    assert (holder.events[-1]["Content"], holder.events[-1]["bizmsgmenuid"]) == ("满意", "1")
    assert await windows(wechat, openid) == before


async def test_messages_that_are_not_taken(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    picture = (await wechat.upload("image", PNG))["media_id"]
    article = {"title": "a", "url": "https://a.example/"}
    assert await send(wechat, openid, "dance") == 40008
    assert await send(wechat, openid, "text", content="") == 44004
    assert await send(wechat, openid, "image", media_id="none") == 40007
    assert await send(wechat, openid, "voice", media_id=picture) == 40007
    assert await send(wechat, openid, "news", articles=[article, article]) == 45008
    assert (await wechat.post(SEND, {"touser": openid, "msgtype": "text"}))["errcode"] == 44004
    assert (await wechat.post(SEND, {"msgtype": "text"}))["errcode"] == 41009
    assert await windows(wechat, openid) == {"follow": 3}


async def test_typing(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()

    async def typing(command: str = "Typing") -> int:
        code: int = (await wechat.post(TYPING, {"touser": openid, "command": command}))["errcode"]
        return code

    assert await typing() == 45080
    await wechat.say(openid)
    assert [await typing(), await typing(), await typing("Dance")] == [0, 45081, 45072]
    assert [await typing("CancelTyping"), await typing()] == [0, 0]
    wechat.pass_time(15)
    assert await typing() == 0
    await send(wechat, openid)
    assert await typing() == 0
    wechat.pass_time(31)
    assert await typing() == 45080
    wechat.pass_time(2 * DAY)
    assert await typing() == 45015


async def test_media_come_back_for_three_days(wechat: Running) -> None:
    picture, film = [await wechat.upload(*one) for one in (("image", PNG), ("video", MP4))]
    assert set(picture) == {"type", "media_id", "created_at"}

    async def get(media_id: str) -> httpx.Response:
        query = {"access_token": await wechat.token(), "media_id": media_id}
        return await wechat.http.get(f"{wechat.url}/cgi-bin/media/get", params=query)

    answer = await get(picture["media_id"])
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    where = (await get(film["media_id"])).json()["video_url"]
    assert (await wechat.http.get(where)).content == MP4
    await wechat.faults(media_expired=True)
    assert (await get(picture["media_id"])).json()["errcode"] == 40007
    await wechat.faults()
    wechat.pass_time(3 * DAY)
    assert (await get(picture["media_id"])).json()["errcode"] == 40007
    assert (await wechat.http.get(f"{wechat.url}/mmbiz/{picture['media_id']}")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("dance", PNG, 40004),
        ("image", b"", 44001),
        ("image", MP4, 40005),
        ("voice", PNG, 40005),
        ("thumb", PNG, 40005),
        ("image", PNG + bytes(10 * 1024 * 1024), 45001),
        ("thumb", JPG + bytes(64 * 1024), 45001),
        ("video", MP4 + bytes(11 * 1024 * 1024), 45001),
        ("voice", sound.silence(61), 45007),
        ("voice", MP3_FRAME * 2300, 45007),
    ],
)
async def test_files_that_are_not_taken(wechat: Running, kind: str, data: bytes, code: int) -> None:
    assert (await wechat.upload(kind, data))["errcode"] == code


async def test_a_form_without_a_file(wechat: Running) -> None:
    query = {"access_token": await wechat.token(), "type": "image"}
    for how in ({"content": b"x"}, {"files": {"other": ("a", PNG)}}, {"content": b""}):
        answer = await wechat.http.post(f"{wechat.url}/cgi-bin/media/upload", params=query, **how)
        assert answer.json()["errcode"] == 41005


async def test_an_mp3_of_less_than_a_minute(wechat: Running) -> None:
    assert "media_id" in await wechat.upload("voice", b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + MP3_FRAME * 2200)


@given(data=st.binary(max_size=300), name=st.text(max_size=20))
def test_files_survive_the_form_byte_by_byte(data: bytes, name: str) -> None:
    request = httpx.Request("POST", "http://a/", files={"media": (name, data)}, data={"more": "x"})
    assert forms.file_of(request.headers["content-type"], request.read(), "media") == data


@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"--", b"\x0c\x1c\x85"])
def test_line_ends_in_files_stay(ending: bytes) -> None:
    data = ending + b"a" + ending
    request = httpx.Request("POST", "http://a/", files={"media": ("语音.amr", data)})
    assert forms.file_of(request.headers["content-type"], request.read(), "media") == data
