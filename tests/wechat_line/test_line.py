"""What fans say reaches the desk once and in its order; what agents answer reaches the fan once, or the agent learns why not."""

import io
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

import av
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kanghu.kernel.ids import new_id
from tests.messaging.conftest import Desk, MakePhone, phone_of
from tests.messaging.films import film, sound
from tests.wechat.accounts import OPENID, minutes_ago, speak, xml

from .conftest import GET, SEND, Line, Shown, at_once

__all__ = ["phone_of"]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
Read = Callable[[str], Awaitable[Shown]]


async def only_waiting(desk: Desk) -> dict[str, Any]:
    (found,) = (await desk.get("/queue"))["items"]
    return dict(found)


async def taken(desk: Desk) -> str:
    """The one who waits, claimed."""
    conversation = str((await only_waiting(desk))["id"])
    assert (await desk.claim(conversation)).status_code == 204
    return conversation


async def states(desk: Desk, conversation: str) -> list[tuple[str, str]]:
    items = (await desk.get(f"/conversations/{conversation}/messages"))["items"]
    return [
        (one["state"], one["failure"])
        for one in items
        if one["direction"] == "out" and one["kind"] != "system"
    ]


# ---- in ------------------------------------------------------------------------------------------------------------------


async def test_a_visitor_is_heard_and_answered(line: Line, desk: Desk, shown: Read) -> None:
    await line.say("请问体检要空腹吗？")
    await line.work()
    waiting = await only_waiting(desk)
    assert (waiting["person_id"], waiting["person_name"], waiting["channel"]) == (
        None, f"访客 {OPENID[-4:]}", "wechat",
    )  # fmt: skip
    conversation = await taken(desk)
    await desk.say(conversation, "要空腹。")
    assert await line.work() == []
    assert line.sent() == ["要空腹。"]
    assert await shown(conversation) == [("in", "请问体检要空腹吗？"), ("out", "要空腹。")]
    assert await states(desk, conversation) == [("sent", "")]
    allowance = (await desk.get(f"/conversations/{conversation}"))["allowance"]
    assert allowance["left"] == 4
    assert allowance["until"] is not None


async def test_what_wechat_pushes_three_times_is_said_once(line: Line, desk: Desk, shown: Read) -> None:
    body = xml(Content="在吗", MsgId=7)
    for _ in range(3):
        assert (await line.push.sealed(body)).text == "success"
    await line.work()
    assert await shown(await taken(desk)) == [("in", "在吗")]


async def test_files_places_and_links_are_shown(line: Line, desk: Desk, shown: Read) -> None:
    line.standin.uploaded["pic"] = ("image/png", PNG)
    line.standin.uploaded["voice"] = ("audio/amr", b"#!AMR\n" + bytes(20))
    await speak(line.push, MsgType="image", MediaId="pic")
    await speak(line.push, MsgType="voice", MediaId="voice", Format="amr")
    await speak(line.push, MsgType="video", MediaId="film")
    await speak(
        line.push, MsgType="location", Location_X="31.2", Location_Y="121.4", Scale=16, Label="人民广场"
    )
    await speak(line.push, MsgType="link", Title="指引", Description="上楼", Url="https://h.cn/a")
    await speak(line.push, MsgType="miniprogrampage")
    assert await line.work() == []
    conversation = await taken(desk)
    assert await shown(conversation) == [
        ("in", "image"),
        ("in", "voice"),
        ("in", "video"),
        ("in", "［位置］人民广场\n北纬 31.200000，东经 121.400000"),
        ("in", "［链接］指引\n上楼\nhttps://h.cn/a"),
        ("in", "［客户发来的消息无法在此显示，请其改发文字或图片］"),
    ]
    picture = (await desk.get(f"/conversations/{conversation}/messages"))["items"][0]
    found = await desk.ask("GET", f"/media/{picture['media']['id']}")
    assert found.content == PNG


async def test_a_file_that_is_late_is_told_of_and_follows(line: Line, desk: Desk, shown: Read) -> None:
    line.standin.uploaded["pic"] = ("image/png", PNG)
    line.standin.refuse(GET, -1, -1, -1, -1, -1, -1)
    await speak(line.push, MsgType="image", MediaId="pic")
    await line.say("看这张")
    assert await line.work() == ["main.fetch_file_from_wechat"]
    conversation = await taken(desk)
    assert [text[:17] for _, text in await shown(conversation)] == [
        "［客户发来图片，微信暂时没有给出，",
        "看这张",
    ]
    async with line.database.transaction() as tx:
        inbox_id = await tx.fetchval("SELECT min(id::text) FROM wechat.inbox WHERE kind = 'image'")
    payload = {"account_id": str(line.push.account_id), "openid": OPENID, "inbox_id": inbox_id}
    job = {"entrypoint": "main.fetch_file_from_wechat", "id": 1, "payload": json.dumps(payload).encode()}
    assert await line.run(job)
    assert await line.run(job), "delivered again"
    assert [text for _, text in await shown(conversation)][1:] == ["看这张", "image"]


async def test_a_file_that_is_gone_or_none_is_told_of(line: Line, desk: Desk, shown: Read) -> None:
    line.standin.uploaded["odd"] = ("image/png", b"not a picture")
    await speak(line.push, MsgType="image", MediaId="gone")
    await speak(line.push, MsgType="image", MediaId="odd")
    assert await line.work() == []
    gone, odd = [text for _, text in await shown(await taken(desk))]
    assert "没有取到：素材不存在或已超过 3 天" in gone
    assert "没有取到：这个文件不是能识别的图片" in odd


ACTS = st.lists(st.sampled_from(["say", "say", "again", "work", "file"]), min_size=3, max_size=14)


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(acts=ACTS, seed=st.integers(0, 1000))
async def test_in_any_order_of_jobs_nothing_is_lost_doubled_or_moved(
    line: Line, desk: Desk, acts: list[str], seed: int
) -> None:
    """Jobs of several workers, in any order, at once, and delivered twice."""
    chance, openid = random.Random(seed), f"o{new_id().hex}"
    line.standin.uploaded["pic"] = ("image/png", PNG)
    said: list[str] = []
    bodies: list[str] = []
    for number, act in enumerate([*acts, "work"]):
        if act in ("say", "file"):
            more = {"Content": f"第 {number} 句"} if act == "say" else {"MsgType": "image", "MediaId": "pic"}
            bodies.append(xml(openid, **more))
            said.append(str(more.get("Content", "image")))
        if act in ("say", "file", "again") and bodies:
            assert (await line.push.sealed(bodies[-1])).text == "success"
        if act == "work":
            await shuffled(line, chance)
    listed = (await desk.get("/conversations", limit=200))["items"]
    mine = [one["id"] for one in listed if one["person_name"] == f"访客 {openid[-4:]}"]
    assert len(mine) == bool(said)
    if mine:
        items = (await desk.get(f"/conversations/{mine[0]}/messages", limit=200))["items"]
        assert [one["text"] or one["kind"] for one in items] == said


async def shuffled(line: Line, chance: random.Random) -> None:
    while True:
        async with line.database.transaction() as tx:
            waiting = list(await tx.fetch("DELETE FROM pgqueuer RETURNING id, entrypoint, payload"))
        if not waiting:
            return
        again = [job for job in waiting if chance.random() < 0.3]
        chance.shuffle(waiting)
        for job in waiting[: len(waiting) // 2]:
            await line.run(job)
        await at_once(*(line.run(job) for job in [*waiting[len(waiting) // 2 :], *again]))


# ---- out -----------------------------------------------------------------------------------------------------------------


async def test_a_closed_window_is_told_to_the_agent_who_sends_again_when_it_opens(
    line: Line, desk: Desk
) -> None:
    await line.say("在吗", CreateTime=minutes_ago(49 * 60))
    await line.work()
    conversation = await taken(desk)
    assert (await desk.get(f"/conversations/{conversation}"))["allowance"] == {"left": 0, "until": None}
    message = await desk.say(conversation, "在的")
    await line.work()
    ((state, failure),) = await states(desk, conversation)
    assert (state, line.sent()) == ("failed", [])
    assert "48 小时内没有发来消息" in failure
    assert "没有绑定账号，无法另发通知" in failure
    await line.say("还在吗")
    await line.work()
    await desk.do("POST", f"/conversations/{conversation}/messages/{message['id']}/resend")
    await line.work()
    assert (await states(desk, conversation), line.sent()) == ([("sent", "")], ["在的"])


async def test_who_cannot_be_answered_in_wechat_is_told_by_a_notice_instead(
    line: Line, desk: Desk, phone_of: MakePhone
) -> None:
    """The customer reads it in the app; the agent learns of both. One notice until they read."""
    await line.say("在吗", CreateTime=minutes_ago(49 * 60))
    await line.work()
    await line.bind(line.ward.person)
    await line.work()
    conversation = await taken(desk)
    for text in ("在的", "您还在吗"):
        await desk.say(conversation, text)
        await line.work()
    first, second = await states(desk, conversation)
    assert first[0] == second[0] == "failed"
    assert "48 小时内没有发来消息" in first[1]
    assert first[1].endswith("已另发通知，客户可在手机端查看这条回复")
    async with line.database.transaction() as tx:
        notices = await tx.fetch(
            "SELECT template_code, subject FROM notices.notices WHERE template_code = 'message_waiting'"
        )
    assert [tuple(one) for one in notices] == [("message_waiting", f"messaging.conversations/{conversation}")]
    phone = await phone_of()
    assert (await phone.texts())[-2:] == ["在的", "您还在吗"]
    assert line.sent() == []


async def test_a_message_handed_out_again_after_a_crash_is_not_sent_again(line: Line, desk: Desk) -> None:
    await line.say("在吗")
    await line.work()
    conversation = await taken(desk)
    await desk.say(conversation, "在的")
    await line.work()
    async with line.database.transaction() as tx:  # the worker died before it noted that it was sent
        message_id = await tx.fetchval(
            "UPDATE messaging.messages SET state = 'pending', sent_at = NULL WHERE state = 'sent' AND kind = 'text' RETURNING id"
        )
    job = {
        "entrypoint": "messaging.deliver",
        "id": 1,
        "payload": json.dumps({"message_id": str(message_id)}).encode(),
    }
    assert await line.run(job)
    assert (await states(desk, conversation), line.sent()) == ([("sent", "")], ["在的"])


@pytest.mark.parametrize("died", [False, True])
async def test_what_may_have_arrived_is_sent_again_only_by_a_person(
    line: Line, desk: Desk, died: bool
) -> None:
    await line.say("在吗")
    await line.work()
    conversation = await taken(desk)
    message = await desk.say(conversation, "在的")
    line.standin.instead[SEND] = ["no answer of WeChat's"]
    assert await line.work() == ["messaging.deliver"]
    del line.standin.instead[SEND]
    if died:  # in the middle of the call, ten minutes ago
        async with line.database.transaction() as tx:
            await tx.execute(
                "UPDATE wechat.sends SET state = 'sending', settled_at = NULL, begun_at = begun_at - interval '10 minutes'"
            )
    job = {
        "entrypoint": "messaging.deliver",
        "id": 1,
        "payload": json.dumps({"message_id": message["id"]}).encode(),
    }
    assert await line.run(job)
    ((state, failure),) = await states(desk, conversation)
    assert (state, line.sent()) == ("failed", [])
    assert "可能已经送达" in failure
    await desk.do("POST", f"/conversations/{conversation}/messages/{message['id']}/resend")
    await line.work()
    assert (await states(desk, conversation), line.sent()) == ([("sent", "")], ["在的"])


async def test_pictures_go_out(line: Line, desk: Desk) -> None:
    await line.say("地图？")
    await line.work()
    conversation = await taken(desk)
    url = f"/api/admin/messaging/conversations/{conversation}/media/image"
    media = (await desk.client.post(url, headers=desk.headers, content=PNG)).json()
    body = {"client_key": "picture-1", "kind": "image", "media_id": media["id"]}
    await desk.do("POST", f"/conversations/{conversation}/messages", body)
    assert await line.work() == []
    assert line.standin.sent[-1]["msgtype"] == "image"
    assert line.standin.uploaded[line.standin.sent[-1]["image"]["media_id"]] == ("image/png", PNG)


async def answers_with(line: Line, desk: Desk, kind: str, content: bytes) -> Any:
    """What WeChat is asked to send when the desk sends a file of its own."""
    await line.say("请演示一下")
    await line.work()
    conversation = await taken(desk)
    url = f"/api/admin/messaging/conversations/{conversation}/media/{kind}"
    media = (await desk.client.post(url, headers=desk.headers, content=content)).json()
    body = {"client_key": "recorded-1", "kind": kind, "media_id": media["id"]}
    await desk.do("POST", f"/conversations/{conversation}/messages", body)
    await line.work()
    return (await states(desk, conversation))[-1]


async def test_a_recorded_voice_goes_out_as_mp3(line: Line, desk: Desk) -> None:
    assert await answers_with(line, desk, "voice", sound(2, "libopus", "webm")) == ("sent", "")
    media_type, content = line.standin.uploaded[line.standin.sent[-1]["voice"]["media_id"]]
    assert media_type == "audio/mpeg"
    with av.open(io.BytesIO(content), "r") as heard:
        assert heard.format.name == "mp3"


async def test_a_recorded_film_goes_out_as_mp4_with_its_thumbnail(line: Line, desk: Desk) -> None:
    assert await answers_with(line, desk, "video", film("libvpx", "webm")) == ("sent", "")
    video = line.standin.sent[-1]["video"]
    assert line.standin.uploaded[video["media_id"]][0] == "video/mp4"
    assert line.standin.uploaded[video["thumb_media_id"]][0] == "image/jpeg"


async def test_a_voice_too_long_for_wechat_is_told_to_the_agent(line: Line, desk: Desk) -> None:
    too_long = sound(70, "libopus", "webm", bits=16_000)
    state, failure = await answers_with(line, desk, "voice", too_long)
    assert state == "failed"
    assert "60 秒" in failure


# ---- who it is -----------------------------------------------------------------------------------------------------------


async def test_a_visitor_who_binds_goes_on_in_the_same_conversation(
    line: Line, desk: Desk, shown: Read
) -> None:
    await line.say("在吗")
    await line.work()
    conversation = await taken(desk)
    await line.bind(line.ward.person)
    await line.work()
    seen = await desk.get(f"/conversations/{conversation}")
    assert (seen["person_name"], seen["state"]) == ("王小明", "active")
    await line.say("是我")
    await line.work()
    await desk.say(conversation, "您好")
    await line.work()
    assert await shown(conversation) == [("in", "在吗"), ("in", "是我"), ("out", "您好")]
    assert line.sent() == ["您好"]


async def test_what_a_visitor_said_joins_what_the_customer_said(
    line: Line, desk: Desk, shown: Read, phone_of: MakePhone
) -> None:
    phone = await phone_of()
    await phone.say("先在网页问一句")
    await line.say("再从微信问一句")
    await line.work()
    assert len((await desk.get("/queue"))["items"]) == 2
    await line.bind(line.ward.person)
    await line.work()
    conversation = await taken(desk)
    assert await shown(conversation) == [("in", "先在网页问一句"), ("in", "再从微信问一句")]
    assert [one for one in await phone.texts() if "问一句" in one] == ["先在网页问一句", "再从微信问一句"]
    items = (await desk.get(f"/conversations/{conversation}/messages"))["items"]
    assert [one["seq"] for one in items] == list(range(1, len(items) + 1))
    await desk.say(conversation, "好的")
    await line.work()
    assert line.sent() == ["好的"], "the way they came last"
    found = (await desk.do("POST", f"/persons/{line.ward.person}/search", {"text": "微信问"}))["items"]
    assert len(found) == 1


async def test_an_agent_keeps_the_visitor_who_turns_out_to_be_a_customer(
    line: Line, desk: Desk, phone_of: MakePhone
) -> None:
    phone = await phone_of()
    await phone.say("网页")
    first = await taken(desk)
    await desk.end(first)
    await line.say("微信")
    await line.work()
    assert await taken(desk) != first
    await line.bind(line.ward.person)
    await line.work()
    seen = await desk.get(f"/conversations/{first}")
    assert (seen["state"], seen["agent_account_id"]) == ("active", str(desk.account))


async def test_one_wechat_is_one_customer_and_again_nobody_when_unbound(line: Line, desk: Desk) -> None:
    other = "oOTHER567890abcdefghijklmn"
    await line.say("一", OPENID)
    await line.say("二", other)
    await line.work()
    for openid in (OPENID, other):
        await line.bind(line.ward.person, openid)
        await line.work()
    assert len((await desk.get("/queue"))["items"]) == 1
    async with line.database.transaction() as tx:
        bound = await tx.fetch("SELECT openid FROM wechat.fans WHERE person_id IS NOT NULL")
    assert [row["openid"] for row in bound] == [other]
    await line.say("我是谁", OPENID)
    await line.work()
    names = [one["person_name"] for one in (await desk.get("/queue"))["items"]]
    assert f"访客 {OPENID[-4:]}" in names
    assert len(names) == 2
