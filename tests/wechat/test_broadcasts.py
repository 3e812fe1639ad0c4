"""Bulk sending: who gets it, two persons, stopping, what WeChat reports, and that nobody gets it twice or too often."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import JOBS, TIMERS, TryAgain
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.wechat import broadcast_rules, errors
from kanghu.modules.wechat.events import BroadcastReported
from kanghu.modules.wechat.models import AskBroadcast
from kanghu.modules.wechat.repository import broadcasts as rows
from kanghu.modules.wechat.service import broadcast_asking, broadcasting, broadcasts
from kanghu.modules.wechat.service.broadcasts import Wanted
from tests.wechat import standin as wechat_standin
from tests.wechat.accounts import Pushing, pushing, seconds, xml
from tests.wechat.standin import StandIn, done, refusal

SEND, PREVIEW, GET = (f"/cgi-bin/message/mass/{name}" for name in ("send", "preview", "get"))
RIGHTS = (broadcasts.READ, broadcasts.PREPARE, broadcasts.RELEASE)


@dataclass
class Mass:
    """WeChat's side of bulk sending: knows a clientmsgid again, and counts what every fan got."""

    got: Counter[str] = field(default_factory=Counter)
    known: dict[str, int] = field(default_factory=dict)
    previews: list[Any] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    status: list[str] = field(default_factory=list)
    """What is answered to those who ask how it stands."""
    next: list[str] = field(default_factory=list)
    """How the coming calls go: ok, busy, refused, lost (done, but the answer is none)."""

    async def send(self, _wechat: StandIn, request: Request) -> Response:
        asked = json.loads(await request.body())
        fate = self.next.pop(0) if self.next else "ok"
        if fate == "busy":
            return refusal(-1)
        if fate == "refused":
            return refusal(45028)
        again = self.known.get(asked["clientmsgid"])
        if again is not None:
            return JSONResponse({"errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": again})
        assert 2 <= len(asked["touser"]) <= 10_000
        self.known[asked["clientmsgid"]] = 1000 + len(self.known)
        self.got.update(asked["touser"])
        if fate == "lost":
            return Response(b"<html>", media_type="text/html")
        return done(msg_id=self.known[asked["clientmsgid"]], msg_data_id=1)

    async def get(self, _wechat: StandIn, request: Request) -> Response:
        number = json.loads(await request.body())["msg_id"]
        self.asked.append(number)
        if not number.isdecimal() or int(number) not in self.known.values():
            return refusal(40059)
        return JSONResponse({"msg_id": int(number), "msg_status": self.status.pop(0)})

    async def preview(self, _wechat: StandIn, request: Request) -> Response:
        self.previews.append(json.loads(await request.body()))
        return done(msg_id=1)


@dataclass
class House:
    """A hospital with an account, some fans, and two colleagues."""

    database: Database
    push: Pushing
    mass: Mass
    turn: Callable[..., None]

    @property
    def account_id(self) -> UUID:
        return self.push.account_id

    async def fans(self, number: int, **more: Any) -> list[str]:
        openids = [f"o-{new_id().hex}" for _ in range(number)]
        async with self.database.transaction() as tx:
            await tx.execute(
                """INSERT INTO wechat.fans (id, account_id, openid, subscribed, subscribed_at, left_at, heard_at, tags)
                   SELECT gen_random_uuid(), $1, o, $3, now(), CASE WHEN $3 THEN NULL ELSE now() END, now(), $4
                     FROM unnest($2::text[]) AS o""",
                self.account_id,
                openids,
                more.get("subscribed", True),
                more.get("tags", []),
            )
        return openids

    async def prepared(self, **more: Any) -> UUID:
        whole = {
            "audience": "all",
            "tag_id": None,
            "openids": [],
            "kind": "text",
            "content": "体检月",
            **more,
        }
        async with self.database.transaction() as tx:
            return (
                await broadcasts.prepare(tx, colleague(), self.account_id, Wanted(name="通知", **whole))
            ).id

    async def released(self, **more: Any) -> UUID:
        made = await self.prepared(**more)
        async with self.database.transaction() as tx:
            await broadcasts.release(tx, colleague(), made)
        return made

    async def work(self, broadcast_id: UUID, rounds: int = 12) -> None:
        """The jobs, as often as they ask for it; the clock goes ahead so that no pause is in the way."""
        for _ in range(rounds):
            await broadcasting.advance(self.database, broadcast_id)
            if await self.state(broadcast_id) != "sending":
                return
            self.turn(minutes=4)

    async def state(self, broadcast_id: UUID) -> str:
        async with self.database.transaction() as tx:
            found = await rows.get(tx, broadcast_id)
        assert found is not None
        return found.state

    async def parts(self, broadcast_id: UUID) -> list[Any]:
        async with self.database.transaction() as tx:
            return (await broadcasts.get(tx, colleague(), broadcast_id))[1]

    async def ask(self) -> None:
        """What the timer brings about."""
        async with self.database.transaction() as tx:
            await tx.execute("DELETE FROM pgqueuer")
            await TIMERS["wechat.ask_broadcasts"].run(tx)
            found = await tx.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = $1", broadcast_asking.JOB)
        for line in found:
            payload = msgspec.json.decode(line["payload"], type=AskBroadcast)
            await JOBS[broadcast_asking.JOB].run(self.database, payload)

    async def used(self) -> dict[str, int]:
        async with self.database.transaction() as tx:
            found = await tx.fetch(
                "SELECT openid, sum(used)::int AS used FROM wechat.broadcast_quotas WHERE account_id = $1 GROUP BY openid",
                self.account_id,
            )
        return {line["openid"]: line["used"] for line in found}


def colleague() -> Caller:
    """Somebody else every time."""
    everything = Scope(everything=True)
    return Caller(kind="staff", account_id=new_id(), grants=dict.fromkeys(RIGHTS, everything))


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`turn(minutes=4)`: the platform's clock goes ahead. It stands at the noon of a tenth, so that no month ends on the way."""
    at = [datetime(2026, 11, 10, 12, tzinfo=clock.SHANGHAI)]
    monkeypatch.setattr(clock, "now", lambda: at[0])

    def turn(**span: float) -> None:
        at[0] += timedelta(**span)

    return turn


@pytest.fixture
async def house(
    client: httpx.AsyncClient,
    database: Database,
    reachable: Outbound,
    turn: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    mass = Mass()
    monkeypatch.setitem(wechat_standin.WITH_TOKEN, SEND, mass.send)
    monkeypatch.setitem(wechat_standin.WITH_TOKEN, PREVIEW, mass.preview)
    monkeypatch.setitem(wechat_standin.WITH_TOKEN, GET, mass.get)
    monkeypatch.setattr("kanghu.modules.wechat.client.BACK_OFF_S", ())
    with wechat_standin.wechat_servers() as running:
        yield House(database, await pushing(client, database, api_url=running.url), mass, turn)


async def test_all_followers_get_it_once_in_parts(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kanghu.modules.wechat.repository.broadcasts.PART", 3)
    fans = await house.fans(10)
    gone = await house.fans(2, subscribed=False)
    made = await house.released()
    await house.work(made)
    assert await house.state(made) == "done"
    assert house.mass.got == Counter(fans)
    assert [part.taken for part in await house.parts(made)] in ([3, 3, 2, 2],)
    assert not set(gone) & set(house.mass.got)
    await broadcasting.advance(house.database, made)  # jobs come doubled
    assert set(house.mass.got.values()) == {1}


async def test_a_dry_run_says_who_would_get_it_and_why_others_not(house: House) -> None:
    fans = await house.fans(3, tags=[7])
    await house.fans(2, tags=[7], subscribed=False)
    await house.fans(4)
    made = await house.prepared(audience="tag", tag_id=7)
    async with house.database.transaction() as tx:
        told = await broadcasts.dry_run(tx, colleague(), made)
    assert (told.eligible, told.excluded) == (3, {broadcast_rules.NOT_FOLLOWING: 2})
    assert {one.openid for one in told.would} == set(fans)
    listed = await house.prepared(audience="list", openids=[*fans[:2], "o-stranger"])
    async with house.database.transaction() as tx:
        told = await broadcasts.dry_run(tx, colleague(), listed)
    assert (told.eligible, told.excluded) == (2, {broadcast_rules.NO_FAN: 1})
    assert house.mass.got == Counter()


async def test_who_prepares_does_not_release(house: House) -> None:
    await house.fans(3)
    me = colleague()
    async with house.database.transaction() as tx:
        wanted = Wanted("通知", "all", None, [], "text", "体检月")
        made = (await broadcasts.prepare(tx, me, house.account_id, wanted)).id
    with pytest.raises(errors.SamePerson):
        async with house.database.transaction() as tx:
            await broadcasts.release(tx, me, made)
    async with house.database.transaction() as tx:
        await broadcasts.release(tx, colleague(), made)
    with pytest.raises(errors.BroadcastNotDraft):
        async with house.database.transaction() as tx:
            await broadcasts.release(tx, colleague(), made)


async def test_one_alone_is_no_audience(house: House) -> None:
    await house.fans(1)
    with pytest.raises(errors.TooFewRecipients):
        await house.released()


async def test_the_fifth_in_a_month_is_not_sent(house: House) -> None:
    fans = await house.fans(3)
    for _ in range(4):
        await house.work(await house.released())
    assert set(house.mass.got.values()) == {4}
    with pytest.raises(errors.TooFewRecipients):
        await house.released()
    late = await house.fans(2)
    await house.work(await house.released())
    assert [house.mass.got[openid] for openid in (*fans, *late)] == [4, 4, 4, 1, 1]
    house.turn(days=30)
    await house.work(await house.released())
    assert [house.mass.got[openid] for openid in fans] == [5, 5, 5]


async def test_what_is_released_first_spends_what_the_second_wanted(house: House) -> None:
    await house.fans(4)
    made = await asyncio.gather(*(house.released() for _ in range(6)))
    await asyncio.gather(*(house.work(one) for one in made))
    assert set(house.mass.got.values()) == {4}
    assert set((await house.used()).values()) == {4}


async def test_stopping_keeps_back_what_is_left(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kanghu.modules.wechat.repository.broadcasts.PART", 3)
    await house.fans(9)
    made = await house.released()
    await broadcasting.advance(house.database, made)
    async with house.database.transaction() as tx:
        assert (await broadcasts.stop(tx, colleague(), made)).state == "stopped"
    await house.work(made)
    assert house.mass.got.total() == 3
    assert [part.state for part in await house.parts(made)] == ["sent", "stopped", "stopped"]
    with pytest.raises(errors.BroadcastNotSending):
        async with house.database.transaction() as tx:
            await broadcasts.stop(tx, colleague(), made)


async def test_a_part_whose_worker_was_killed_is_not_begun_again_once_stopped(house: House) -> None:
    await house.fans(3)
    made = await house.released()
    async with house.database.transaction() as tx:
        await broadcasting._note(tx, made)
    async with house.database.transaction() as tx:
        await broadcasts.stop(tx, colleague(), made)
    await house.work(made)
    house.turn(minutes=4)
    await house.work(made)
    assert [part.state for part in await house.parts(made)] == ["unknown"]
    assert house.mass.got.total() == 0


async def test_a_refusal_ends_it_and_costs_nobody_a_message(house: House) -> None:
    await house.fans(3)
    made = await house.released()
    house.mass.next = ["refused"]
    await house.work(made)
    async with house.database.transaction() as tx:
        found = await rows.get(tx, made)
    assert found is not None
    assert (found.state, "群发次数已用完" in found.reason) == ("failed", True)
    assert set((await house.used()).values()) == {0}


async def test_a_lost_answer_is_asked_for_again_under_the_same_number(house: House) -> None:
    fans = await house.fans(3)
    made = await house.released()
    house.mass.next = ["lost"]
    await broadcasting.advance(house.database, made)
    assert [part.state for part in await house.parts(made)] == ["unanswered"]
    await house.work(made)
    assert await house.state(made) == "done"
    [part] = await house.parts(made)
    assert (part.state, part.msg_id) == ("sent", "1000")
    assert house.mass.got == Counter(fans)


async def test_after_a_day_without_an_answer_it_is_left_alone(house: House) -> None:
    await house.fans(3)
    made = await house.released()
    house.mass.next = ["lost"]
    await broadcasting.advance(house.database, made)
    house.turn(hours=24)
    await house.work(made)
    assert [part.state for part in await house.parts(made)] == ["unknown"]
    assert set(house.mass.got.values()) == {1}
    assert set((await house.used()).values()) == {1}


async def test_wechat_reports_what_came_of_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.fans(3)
    made = await house.released()
    await house.work(made)
    event = {
        "MsgType": "event",
        "Event": "MASSSENDJOBFINISH",
        "MsgID": 1000,
        "Status": "send success",
        "TotalCount": 3,
        "FilterCount": 3,
        "SentCount": 2,
        "ErrorCount": 1,
    }
    monkeypatch.undo()  # the callback wants a clock that is right
    told_once = xml("mphelper", **event, CreateTime=seconds())
    for _ in range(2):
        answer = await house.push.sealed(told_once)
        assert (answer.status_code, answer.text) == (200, "success")
    async with house.database.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM wechat.fans WHERE openid = 'mphelper'") == 0
        told = await tx.fetchval("SELECT count(*) FROM wechat.inbox WHERE kind = 'event'")
    assert told == 1
    report = BroadcastReported(
        account_id=house.account_id, openid="mphelper", inbox_id=new_id(), msg_id="1000", status="send success",
        total=3, filtered=3, sent=2, errors=1,
    )  # fmt: skip
    async with house.database.transaction() as tx:
        await broadcasting.take_report(tx, report)
    [part] = await house.parts(made)
    assert (part.status, part.total, part.sent, part.errors) == ("send success", 3, 2, 1)


async def test_a_preview_goes_to_one_fan(house: House) -> None:
    [fan] = await house.fans(1)
    made = await house.prepared()
    await broadcasts.preview(house.database, colleague(), made, fan)
    assert house.mass.previews == [{"touser": fan, "msgtype": "text", "text": {"content": "体检月"}}]
    with pytest.raises(errors.FanNotFound):
        await broadcasts.preview(house.database, colleague(), made, "o-nobody")


@dataclass
class Story:
    """What happens to the bulk sendings to some fans; each act is about the newest."""

    house: House
    fans: list[str]
    made: list[UUID] = field(default_factory=list)
    months: int = 1

    async def act(self, name: str) -> None:
        if name == "release":
            with contextlib.suppress(errors.TooFewRecipients):
                self.made.append(await self.house.released(audience="list", openids=self.fans))
        elif name == "month":
            self.house.turn(days=31)
            self.months += 1
        elif self.made:
            await self.about(name, self.made[-1])

    async def about(self, name: str, newest: UUID) -> None:
        database = self.house.database
        match name:
            case "stop":
                with contextlib.suppress(errors.BroadcastNotSending):
                    async with database.transaction() as tx:
                        await broadcasts.stop(tx, colleague(), newest)
            case "killed":  # between the note and the call the worker is gone, and the job comes again
                async with database.transaction() as tx:
                    await broadcasting._note(tx, newest)
            case "doubled":
                await asyncio.gather(*(broadcasting.advance(database, newest) for _ in range(3)))
            case fate:
                self.house.mass.next = [fate]
                await broadcasting.advance(database, newest)


ACTS = st.sampled_from(["ok", "busy", "refused", "lost", "killed", "release", "doubled", "stop", "month"])


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(acts=st.lists(ACTS, min_size=4, max_size=16))
async def test_nobody_gets_it_twice_or_too_often(house: House, acts: list[str]) -> None:
    """Whatever WeChat answers, whoever is killed, however often a job comes."""
    with pytest.MonkeyPatch.context() as monkey:
        monkey.setattr("kanghu.modules.wechat.repository.broadcasts.PART", 3)
        house.mass.got.clear()
        story = Story(house, await house.fans(5))
        for act in acts:
            await story.act(act)
            house.turn(minutes=4)
        house.mass.next = []
        for one in story.made:
            await house.work(one)
    most = max(house.mass.got[fan] for fan in story.fans)
    assert most <= min(len(story.made), 4 * story.months)
    used = await house.used()
    assert all(house.mass.got[fan] <= used.get(fan, 0) for fan in story.fans), "what went out was paid for"


async def test_a_report_waits_for_the_answer_that_it_overtook(house: House) -> None:
    await house.fans(3)
    made = await house.released()
    house.mass.next = ["lost"]
    await broadcasting.advance(house.database, made)
    report = BroadcastReported(
        account_id=house.account_id, openid="x", inbox_id=new_id(), msg_id="1000", status="send success",
        total=3, filtered=3, sent=3, errors=0,
    )  # fmt: skip
    with pytest.raises(TryAgain):
        async with house.database.transaction() as tx:
            await broadcasting.take_report(tx, report)
    await house.work(made)
    async with house.database.transaction() as tx:
        await broadcasting.take_report(tx, report)
    assert [part.sent for part in await house.parts(made)] == [3]


def finished(house: House, **more: Any) -> BroadcastReported:
    numbers = {"total": 3, "filtered": 3, "sent": 3, "errors": 0, **more}
    return BroadcastReported(
        account_id=house.account_id,
        openid="x",
        inbox_id=new_id(),
        msg_id="1000",
        status="send success",
        **numbers,
    )


async def test_an_end_that_is_not_told_is_asked_for(house: House) -> None:
    """Not at once, and no more once it is known; a late event brings the numbers."""
    await house.fans(3)
    made = await house.released()
    await broadcasting.advance(house.database, made)
    await house.ask()
    assert house.mass.asked == []
    house.turn(minutes=11)
    house.mass.status = ["SENDING", "SEND_SUCCESS"]
    await house.ask()
    [part] = await house.parts(made)
    assert (house.mass.asked, part.status) == (["1000"], "")
    await house.ask()
    assert len(house.mass.asked) == 1, "the distance has grown"
    house.turn(minutes=31)
    await house.ask()
    [part] = await house.parts(made)
    assert (part.status, part.sent) == ("SEND_SUCCESS", None)
    house.turn(days=2)
    await house.ask()
    assert len(house.mass.asked) == 2
    for _ in range(2):
        async with house.database.transaction() as tx:
            await broadcasting.take_report(tx, finished(house))
    [part] = await house.parts(made)
    assert (part.status, part.sent) == ("send success", 3)


async def test_an_event_that_came_first_is_not_asked_for(house: House) -> None:
    await house.fans(3)
    made = await house.released()
    await broadcasting.advance(house.database, made)
    async with house.database.transaction() as tx:
        await broadcasting.take_report(tx, finished(house))
    house.turn(days=1)
    await house.ask()
    [part] = await house.parts(made)
    await broadcast_asking.ask(house.database, part.id)  # a job of before
    assert (house.mass.asked, part.status) == ([], "send success")


async def test_it_is_asked_seven_times_in_four_days_and_no_more(house: House) -> None:
    await house.fans(3)
    await broadcasting.advance(house.database, await house.released())
    house.mass.status = ["SENDING"] * 20
    gaps, last = [], clock.now()
    for _ in range(2 * 24 * 6):
        house.turn(minutes=30)
        await house.ask()
        if len(house.mass.asked) > len(gaps):
            gaps.append((clock.now() - last).total_seconds() / 3600)
            last = clock.now()
    assert gaps == [0.5, 0.5, 2, 6, 12, 24, 24]


async def test_a_sending_that_wechat_does_not_know_is_let_go(house: House) -> None:
    await house.fans(3)
    made = await house.released()
    await broadcasting.advance(house.database, made)
    house.mass.known.clear()
    for _ in range(3):
        house.turn(hours=2)
        await house.ask()
    [part] = await house.parts(made)
    assert (len(house.mass.asked), part.status) == (1, "")
