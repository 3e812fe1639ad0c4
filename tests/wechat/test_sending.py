"""Customer-service messages: what is sent, and that never more go out than the fan allowed, in whatever order things happen."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat import errors
from kanghu.modules.wechat import public as wechat
from kanghu.modules.wechat.outgoing import body_of
from tests.wechat.accounts import OPENID, Pushing, minutes_ago, pushing, speak
from tests.wechat.standin import StandIn

SEND = "/cgi-bin/message/custom/send"


@dataclass
class Desk:
    """Somebody who answers fans of an account."""

    database: Database
    push: Pushing
    standin: StandIn
    openid: str = OPENID

    def text(self, message_id: UUID | None = None, **more: Any) -> wechat.Outgoing:
        whole = {"kind": "text", "text": "您好", **more}
        return wechat.Outgoing(message_id or new_id(), self.push.account_id, self.openid, **whole)

    async def send(self, message: wechat.Outgoing | None = None) -> wechat.Meter:
        return await wechat.send(self.database, message or self.text())

    async def tried(self) -> Exception | None:
        try:
            await self.send()
        except errors.AppError as error:
            return error
        return None

    async def meter(self) -> wechat.Meter:
        async with self.database.transaction() as tx:
            return await wechat.window(tx, self.push.account_id, self.openid)

    async def event(self, name: str, minutes: float = 0) -> None:
        fields = {"MsgType": "event", "Event": name, "EventKey": "K", "CreateTime": minutes_ago(minutes)}
        await speak(self.push, self.openid, **fields)

    async def one(self, query: str) -> Any:
        async with self.database.transaction() as tx:
            return await tx.fetchval(query)


@pytest.fixture
async def desk(client: httpx.AsyncClient, database: Database, standin: StandIn, reachable: Outbound) -> Desk:
    return Desk(database, await pushing(client, database, api_url=standin.url), standin)


# --- what is sent --------------------------------------------------------------------------------------------------

LINK = {"title": "指引", "description": "上楼", "url": "https://h.cn/a", "picture_url": "https://h.cn/p.png"}
WRITTEN: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"kind": "text", "text": "您好 😊"}, "official", {"msgtype": "text", "text": {"content": "您好 😊"}}),
    ({"kind": "image", "media_id": "m"}, "official", {"msgtype": "image", "image": {"media_id": "m"}}),
    ({"kind": "voice", "media_id": "m"}, "official", {"msgtype": "voice", "voice": {"media_id": "m"}}),
    (
        {"kind": "video", "media_id": "m", "thumb_media_id": "t", "title": "示范"}, "official",
        {"msgtype": "video", "video": {"media_id": "m", "thumb_media_id": "t", "title": "示范"}},
    ),
    (
        {"kind": "link", **LINK}, "official",
        {"msgtype": "news", "news": {"articles": [
            {"title": "指引", "description": "上楼", "url": "https://h.cn/a", "picurl": "https://h.cn/p.png"},
        ]}},
    ),
    (
        {"kind": "link", **LINK}, "mini_program",
        {"msgtype": "link", "link": {
            "title": "指引", "description": "上楼", "url": "https://h.cn/a", "thumb_url": "https://h.cn/p.png",
        }},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "kind", "expected"), WRITTEN)
def test_messages_are_written_as_wechat_reads_them(
    fields: dict[str, Any], kind: Any, expected: dict[str, Any]
) -> None:
    assert body_of(wechat.Outgoing(new_id(), new_id(), "o1", **fields), kind) == {"touser": "o1", **expected}


BAD: list[tuple[dict[str, Any], str, type[Exception]]] = [
    ({"kind": "text", "text": " "}, "official", errors.ContentInvalid),
    ({"kind": "text", "text": "字" * 683}, "official", errors.TooLong),
    ({"kind": "image"}, "official", errors.ContentInvalid),
    ({"kind": "video", "media_id": "m"}, "official", errors.ContentInvalid),
    ({"kind": "link", "title": "t", "url": "javascript:alert(1)"}, "official", errors.ContentInvalid),
    ({"kind": "voice", "media_id": "m"}, "mini_program", errors.WrongKind),
]


@pytest.mark.parametrize(("fields", "kind", "error"), BAD)
def test_what_wechat_would_refuse_is_refused_before(
    fields: dict[str, Any], kind: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        body_of(wechat.Outgoing(new_id(), new_id(), "o1", **fields), kind)


async def test_an_answer_goes_out_once_under_its_number(desk: Desk) -> None:
    await speak(desk.push)
    message = desk.text(text="您好，八点开门")
    assert (await desk.send(message)).left == 4
    assert (await desk.send(message)).left == 4
    assert desk.standin.sent == [{"touser": OPENID, "msgtype": "text", "text": {"content": "您好，八点开门"}}]


async def test_the_meter_tells_how_many_and_until_when(desk: Desk) -> None:
    assert await desk.meter() == wechat.Meter(None, 0)
    await speak(desk.push, CreateTime=minutes_ago(60))
    found = await desk.meter()
    assert found.left == 5
    assert found.until is not None
    assert timedelta(hours=46.9) < found.until - clock.now() < timedelta(hours=47.1)
    await desk.event("CLICK")
    found = await desk.meter()
    assert found.left == 8, "three more within the next minute"
    await desk.send()
    async with desk.database.transaction() as tx:
        used = dict(await tx.fetch("SELECT trigger, used FROM wechat.reply_windows"))
    assert used == {"menu": 1, "message": 0}, "what ends first is used first"


async def test_without_a_word_of_the_fan_nothing_goes_out(desk: Desk) -> None:
    for minutes in (None, 48 * 60 + 1):
        if minutes is not None:
            await speak(desk.push, CreateTime=minutes_ago(minutes))
        with pytest.raises(errors.WindowClosed, match="48 小时"):
            await desk.send()
    await desk.event("VIEW")
    with pytest.raises(errors.WindowClosed):
        await desk.send()
    assert desk.standin.sent == []


async def test_a_clock_ahead_of_ours_opens_no_longer_window(desk: Desk) -> None:
    await speak(desk.push, CreateTime=minutes_ago(-120))
    found = await desk.meter()
    assert found.until is not None
    assert found.until <= clock.now() + timedelta(hours=48)


async def test_ten_at_once_send_five(desk: Desk) -> None:
    await speak(desk.push)
    other = Database(desk.database.dsn)
    await other.open()
    found = await asyncio.gather(
        *(wechat.send(pool, desk.text()) for _ in range(5) for pool in (desk.database, other)),
        return_exceptions=True,
    )
    await other.close()
    assert len(desk.standin.sent) == 5
    assert [type(error) for error in found if isinstance(error, Exception)] == [errors.QuotaUsed] * 5


async def test_a_fan_who_speaks_while_we_answer_gives_five_of_which_one_may_be_used(desk: Desk) -> None:
    """WeChat may count the message that is on its way as an answer to the newer one."""
    await speak(desk.push, CreateTime=minutes_ago(1))
    loop = asyncio.get_running_loop()
    desk.standin.meanwhile = lambda: asyncio.run_coroutine_threadsafe(speak(desk.push), loop).result(30)
    assert (await desk.send()).left == 4


# --- what WeChat refuses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("errcode", "kind", "left", "state"),
    [
        (45047, errors.QuotaUsed, 0, "refused"),
        (45015, errors.WindowClosed, 0, "refused"),
        (45011, errors.TooFast, 5, "refused"),
        (40007, errors.MediaGone, 5, "refused"),
        (43019, errors.FanBlocked, 5, "refused"),
        (48001, errors.NotAuthorised, 5, "refused"),
    ],
)
async def test_a_refused_message_gives_its_place_back_unless_it_was_one_too_many(
    desk: Desk, errcode: int, kind: type[Exception], left: int, state: str
) -> None:
    await speak(desk.push)
    desk.standin.refuse(SEND, errcode)
    message = desk.text()
    with pytest.raises(kind):
        await desk.send(message)
    assert (await desk.meter()).left == left
    assert await desk.one("SELECT state FROM wechat.sends") == state
    if left:
        assert (await desk.send(message)).left == 4, "tried again it goes out"


async def test_what_was_not_answered_may_have_arrived(desk: Desk) -> None:
    await speak(desk.push)
    desk.standin.instead[SEND] = ["no answer of WeChat's"]
    with pytest.raises(errors.WechatAway):
        await desk.send()
    assert (await desk.meter()).left == 4
    assert await desk.one("SELECT state FROM wechat.sends") == "unknown"


async def test_what_may_have_arrived_is_not_sent_again_by_itself(desk: Desk) -> None:
    await speak(desk.push)
    message = desk.text()
    desk.standin.instead[SEND] = ["no answer of WeChat's"]
    with pytest.raises(errors.WechatAway):
        await desk.send(message)
    del desk.standin.instead[SEND]
    with pytest.raises(errors.SendUncertain, match="可能已经送达"):
        await desk.send(message)
    assert desk.standin.sent == []


async def test_what_never_left_is_sent_again(desk: Desk) -> None:
    await speak(desk.push)
    await desk.send()  # the token is there from now on
    message = desk.text()
    move = "UPDATE wechat.accounts SET api_url = '{}' RETURNING true"
    await desk.one(move.format("http://127.0.0.1:9"))
    with pytest.raises(errors.WechatAway, match="无法连接"):
        await desk.send(message)
    assert (await desk.meter()).left == 4
    await desk.one(move.format(desk.standin.url))
    assert (await desk.send(message)).left == 3


@pytest.mark.parametrize("errcode", [40003, 43004])
async def test_who_does_not_follow_is_marked(desk: Desk, errcode: int) -> None:
    await speak(desk.push)
    desk.standin.refuse(SEND, errcode)
    with pytest.raises(errors.NotFollowing, match="短信"):
        await desk.send()
    assert await desk.one("SELECT subscribed FROM wechat.fans") is False


async def test_sent_before_is_sent(desk: Desk) -> None:
    await speak(desk.push)
    desk.standin.refuse(SEND, 45065)
    assert (await desk.send()).left == 4
    assert await desk.one("SELECT state FROM wechat.sends") == "sent"


async def test_after_the_daily_limit_nobody_knocks_until_tomorrow(desk: Desk) -> None:
    await speak(desk.push)
    desk.standin.refuse(SEND, 45009)
    for _ in range(2):
        with pytest.raises(errors.DailyLimit, match="明天"):
            await desk.send()
    assert desk.standin.asked[SEND] == 1
    until = await desk.one("SELECT paused_until FROM wechat.accounts")
    assert until.astimezone(clock.SHANGHAI).date() == clock.today() + timedelta(days=1)
    assert (await desk.meter()).left == 5


async def test_without_a_token_no_place_is_taken(desk: Desk) -> None:
    await speak(desk.push)
    desk.standin.refuse("/cgi-bin/stable_token", 40164)
    with pytest.raises(errors.Misconfigured):
        await desk.send()
    assert (await desk.meter()).left == 5


async def test_a_message_on_its_way_is_not_sent_a_second_time(desk: Desk) -> None:
    await speak(desk.push)
    message = desk.text()
    found = await asyncio.gather(*(desk.send(message) for _ in range(4)), return_exceptions=True)
    assert len(desk.standin.sent) == 1
    assert {type(one) for one in found} <= {wechat.Meter, errors.SendUnderWay}


# --- any order -----------------------------------------------------------------------------------------------------

SPANS = {"message": (5, 48 * 60), "CLICK": (3, 1), "subscribe": (3, 1), "SCAN": (3, 1)}


@dataclass
class Counted:
    """WeChat's own books, as simple as they can be: act → (left, how many minutes more)."""

    open: dict[str, tuple[int, float]] = field(default_factory=dict)
    newest: dict[str, float] = field(default_factory=dict)

    def act(self, name: str, minutes: float) -> None:
        if minutes < self.newest.get(name, 1e9):
            self.newest[name] = minutes
            allowed, span = SPANS[name]
            self.open[name] = (allowed, span - minutes)

    def left(self) -> int:
        return sum(left for left, more in self.open.values() if more > 0)

    def take(self, many: int) -> int:
        """How many of so many may go out; those windows pay first that end first."""
        sent = 0
        for name in sorted(self.open, key=lambda name: self.open[name][1]):
            left, more = self.open[name]
            used = min(left, many - sent) if more > 0 else 0
            self.open[name] = (left - used, more)
            sent += used
        return sent


# Minutes ago; nothing so close to the end of a window that the test's own time matters. No two are the same.
AGO = {"message": [0, 1, 60, 47 * 60, 49 * 60], "CLICK": [0, 2], "subscribe": [0, 3], "SCAN": [0, 4]}
ACTS = st.one_of(
    *(st.tuples(st.just(name), st.sampled_from(minutes)) for name, minutes in AGO.items()),
    st.tuples(st.just("send"), st.integers(1, 6)),
    st.tuples(st.just("send"), st.integers(1, 6)),
    st.tuples(st.just("refused"), st.sampled_from([45011, 45047])),
)


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(acts=st.lists(ACTS, min_size=3, max_size=10))
async def test_in_any_order_as_many_go_out_as_wechat_allows(desk: Desk, acts: list[tuple[str, Any]]) -> None:
    desk.openid = f"o{new_id().hex}"
    books, happened = Counted(), set[tuple[str, Any]]()
    for act in acts:
        name, value = act
        before = len(desk.standin.sent)
        if name == "send":
            results = await asyncio.gather(*(desk.tried() for _ in range(value)))
            sent = books.take(value)
            assert results.count(None) == sent
            assert len(desk.standin.sent) - before == sent
        elif name == "refused":
            if books.left():
                desk.standin.refuse(SEND, value)
                assert await desk.tried() is not None
                if value == 45047:
                    books.open = {name: (0, more) for name, (_, more) in books.open.items()}
        elif act not in happened:  # the same event in the same second is one
            happened.add(act)
            if name == "message":
                await speak(desk.push, desk.openid, CreateTime=minutes_ago(value))
            else:
                await desk.event(name, value)
            books.act(name, value)
        assert (await desk.meter()).left == books.left()
