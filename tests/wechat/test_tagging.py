"""Tags by rules, carried out: what fans do comes in by the callback, what is decided goes to WeChat on a socket."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import JOBS, TIMERS
from kanghu.kernel.security import SYSTEM
from kanghu.modules.wechat import public as wechat
from kanghu.modules.wechat.service import tagging
from tests.wechat import standin as wechat_standin
from tests.wechat.accounts import Pushing, pushing, xml
from tests.wechat.standin import StandIn, done, refusal

INFO, GIVE, TAKE, TAGS = (
    f"/cgi-bin/{path}"
    for path in ("user/info/batchget", "tags/members/batchtagging", "tags/members/batchuntagging", "tags/get")
)


@dataclass
class Follower:
    followed_at: int
    scene: str = ""
    tags: set[int] = field(default_factory=set)


@dataclass
class Tagged:
    """WeChat's side: who follows since when and how, and who has which tag."""

    tags: set[int] = field(default_factory=lambda: set(range(100, 130)))
    fans: dict[str, Follower] = field(default_factory=dict)
    calls: list[tuple[str, int]] = field(default_factory=list)
    next: list[str] = field(default_factory=list)
    """How the coming calls go: ok, busy, quota, lost (done, but the answer is none), early and late (the caller is killed
    before or after it is done)."""
    kill: Callable[[], None] | None = None

    async def info(self, _wechat: StandIn, request: Request) -> Response:
        asked = [one["openid"] for one in json.loads(await request.body())["user_list"]]
        assert 0 < len(asked) <= 100
        self.calls.append(("info", len(asked)))
        if any(openid.startswith("strange") for openid in asked):
            return refusal(40003)
        return JSONResponse({"user_info_list": [self._info(openid) for openid in asked]})

    def _info(self, openid: str) -> dict[str, Any]:
        fan = self.fans.get(openid)
        if fan is None:
            return {"subscribe": 0, "openid": openid, "tagid_list": []}
        return {
            "subscribe": 1,
            "openid": openid,
            "subscribe_time": fan.followed_at,
            "subscribe_scene": "ADD_SCENE_QR_CODE" if fan.scene else "ADD_SCENE_SEARCH",
            "qr_scene": 0,
            "qr_scene_str": fan.scene,
            "tagid_list": sorted(fan.tags),
        }

    async def give(self, _wechat: StandIn, request: Request) -> Response:
        return await self._change("give", request)

    async def take(self, _wechat: StandIn, request: Request) -> Response:
        return await self._change("take", request)

    async def _change(self, what: str, request: Request) -> Response:
        asked = json.loads(await request.body())
        openids, tag_id = asked["openid_list"], asked["tagid"]
        assert 0 < len(openids) <= 50
        self.calls.append((what, len(openids)))
        fate = self.next.pop(0) if self.next else "ok"
        if fate == "early":
            self._killed()
        if fate in ("busy", "quota", "early"):
            return refusal(45009 if fate == "quota" else -1)
        if tag_id not in self.tags:
            return refusal(45159)
        for openid in openids:  # what stands before the one to blame is done
            fan = self.fans.get(openid)
            if fan is None:
                return refusal(40003)
            if what == "give" and len(fan.tags | {tag_id}) > 20:
                return refusal(45059)
            (fan.tags.add if what == "give" else fan.tags.discard)(tag_id)
        if fate == "late":
            self._killed()
        return Response(b"<html>", media_type="text/html") if fate == "lost" else done()

    def _killed(self) -> None:
        assert self.kill is not None
        self.kill()

    async def list_tags(self, _wechat: StandIn, _request: Request) -> Response:
        return JSONResponse(
            {"tags": [{"id": one, "name": f"标签{one}", "count": 0} for one in sorted(self.tags)]}
        )


@dataclass
class House:
    """A hospital's account, its fans, and a colleague who keeps rules."""

    database: Database
    push: Pushing
    wechat: Tagged
    turn: Callable[..., None]
    headers: dict[str, str]

    @property
    def account_id(self) -> UUID:
        return self.push.account_id

    async def call(self, method: str, path: str = "", body: Any = None) -> Any:
        url = f"/api/admin/wechat/accounts/{self.account_id}{path}"
        answer = await self.push.client.request(method, url, json=body, headers=self.headers)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def rule(
        self, tag_id: int, /, *, takes_away: bool = True, enabled: bool = True, **asked: Any
    ) -> Any:
        body = {
            "name": "规则",
            "tag_id": tag_id,
            "conditions": asked,
            "takes_away": takes_away,
            "enabled": enabled,
        }
        return await self.call("POST", "/tag-rules", body)

    async def standing(self) -> Any:
        return await self.call("GET", "/tag-rules")

    async def preview(self, tag_id: int, /, **asked: Any) -> Any:
        takes_away, rule_id = asked.pop("takes_away", True), asked.pop("rule_id", None)
        body = {"tag_id": tag_id, "conditions": asked, "takes_away": takes_away, "rule_id": rule_id}
        return await self.call("POST", "/tag-rules/preview", body)

    async def does(self, openid: str, event: str = "", scene: str = "", *, late: int = 0) -> None:
        """A message, or an event; two seconds lie between what fans do."""
        self.turn(seconds=2)
        about: dict[str, Any] = {"CreateTime": int(clock.now().timestamp()) - late}
        if event:
            key = f"qrscene_{scene}" if event == "subscribe" and scene else scene
            about |= {"MsgType": "event", "Event": event, "EventKey": key}
        else:
            about |= {"Content": "你好"}
        answer = await self.push.sealed(xml(openid, **about))
        assert (answer.status_code, answer.text) == (200, "success")

    async def follow(self, openid: str, scene: str = "", tags: set[int] | None = None) -> str:
        self.turn(seconds=2)
        self.wechat.fans[openid] = Follower(int(clock.now().timestamp()) + 2, scene, tags or set())
        await self.does(openid, "subscribe", scene)
        return openid

    async def leave(self, openid: str) -> None:
        self.wechat.fans.pop(openid, None)
        await self.does(openid, "unsubscribe")

    async def bind(self, openid: str, *, back: bool = False) -> None:
        async with self.database.transaction() as tx:
            if back:
                await wechat.unbind(tx, SYSTEM, self.account_id, openid)
            else:
                await wechat.bind(tx, SYSTEM, self.account_id, openid, new_id())

    async def hand(self, openid: str, tag_id: int, *, remove: bool = False) -> None:
        await self.call("POST", f"/tags/{tag_id}/fans", {"openids": [openid], "remove": remove})

    async def work(self) -> None:
        """What the timer of the minute would bring about."""
        for _ in range(20):
            async with self.database.transaction() as tx:
                await tx.execute("DELETE FROM pgqueuer")
                await TIMERS["wechat.wake_tag_rules"].run(tx)
                woken = await tx.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", tagging.JOB)
            if not woken:
                return
            await JOBS[tagging.JOB].run(self.database, tagging.ApplyTagRules(self.account_id))
            self.turn(minutes=1)
        raise AssertionError("there is no end of it")

    async def kept(self) -> dict[str, set[int]]:
        """Tags as we know them."""
        async with self.database.transaction() as tx:
            found = await tx.fetch("SELECT openid, tags FROM wechat.fans WHERE subscribed")
        return {line["openid"]: set(line["tags"]) for line in found}

    def worn(self) -> dict[str, set[int]]:
        """Tags as WeChat knows them."""
        return {openid: fan.tags for openid, fan in self.wechat.fans.items()}


@pytest.fixture
async def house(
    client: httpx.AsyncClient,
    database: Database,
    reachable: Outbound,
    sign_in: Any,
    staff: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    at = [datetime(2026, 11, 10, 12, tzinfo=clock.SHANGHAI)]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    monkeypatch.setattr(clock, "today", lambda: at[0].astimezone(clock.SHANGHAI).date())
    monkeypatch.setattr("tests.wechat.accounts.seconds", lambda: int(at[0].timestamp()))

    def turn(**span: float) -> None:
        at[0] += timedelta(**span)

    side = Tagged()
    for path, answer in ((INFO, side.info), (GIVE, side.give), (TAKE, side.take), (TAGS, side.list_tags)):
        monkeypatch.setitem(wechat_standin.WITH_TOKEN, path, answer)
    monkeypatch.setattr("kanghu.modules.wechat.client.BACK_OFF_S", ())
    headers = sign_in(staff("wechat.fan.read", "wechat.fan.write"))
    with wechat_standin.wechat_servers() as running:
        yield House(database, await pushing(client, database, api_url=running.url), side, turn, headers)


async def test_a_rule_gives_its_tag_and_takes_it_away(house: House) -> None:
    """From the follow to the binding and back, and what the page shows of it."""
    first, second = await house.follow("fan-1", "desk"), await house.follow("fan-2")
    assert (await house.standing()) == {"rules": [], "run": None}
    told = await house.preview(100, scenes=["desk"])
    assert (told["followers"], told["giving"], told["unknown"]) == (2, 1, 2), (
        "the callback has told the scene"
    )
    assert [one["openid"] for one in told["would_get"]] == [first]
    await house.work()
    told = await house.preview(101, sources=["ADD_SCENE_SEARCH"])
    assert (told["giving"], told["unknown"], [one["openid"] for one in told["would_get"]]) == (1, 0, [second])
    await house.rule(100, scenes=["desk"])
    await house.rule(102, bound=True)
    await house.work()
    assert house.worn() == {first: {100}, second: set()} == await house.kept()
    await house.bind(second)
    await house.does(second, "SCAN", "desk")
    await house.work()
    assert house.worn() == {first: {100}, second: {100, 102}} == await house.kept()
    await house.bind(second, back=True)
    await house.work()
    assert house.worn()[second] == {100}
    shown = await house.standing()
    assert [(one["tag_id"], one["given"]) for one in shown["rules"]] == [(100, 2), (102, 0)]
    run = shown["run"]
    assert (run["running"], run["judged"], run["taken"], run["reason"]) == (False, 1, 1, "")
    assert (run["fans"], run["changes"], run["refusals"]) == (0, 0, [])


async def test_what_the_clock_brings_comes_in_the_night(house: House) -> None:
    fan = await house.follow("fan-1")
    await house.rule(100, followed_for=3)
    await house.rule(101, spoke_within=2)
    await house.does(fan)
    await house.work()
    assert house.worn() == {fan: {101}}
    house.turn(days=4)
    await house.work()
    assert house.worn() == {fan: {101}}, "nothing has happened"
    async with house.database.transaction() as tx:
        await TIMERS["wechat.judge_fans_anew"].run(tx)
    await house.work()
    assert house.worn() == {fan: {100}}


async def test_tags_of_hands_are_never_taken(house: House) -> None:
    """Also those that were given at WeChat's own console before, and those that a rule had given first."""
    before = await house.follow("fan-1", tags={100})
    first = await house.follow("fan-2")
    both = await house.follow("fan-3")
    await house.hand(first, 100)
    for openid in (before, first, both):
        await house.bind(openid)
    await house.rule(100, bound=True)
    await house.work()
    await house.hand(both, 100)
    for openid in (before, first, both):
        await house.bind(openid, back=True)
    await house.work()
    assert house.worn() == {before: {100}, first: {100}, both: {100}} == await house.kept()
    assert ("take", 1) not in house.wechat.calls


async def test_a_tag_taken_by_hand_comes_back_while_its_rule_holds(house: House) -> None:
    fan = await house.follow("fan-1", "desk")
    await house.rule(100, scenes=["desk"])
    await house.work()
    await house.hand(fan, 100, remove=True)
    assert house.worn() == {fan: set()}
    await house.work()
    assert house.worn() == {fan: {100}}


async def test_switched_off_and_deleted_rules_leave_things_as_they_are(house: House) -> None:
    fan = await house.follow("fan-1", "desk")
    made = await house.rule(100, scenes=["desk"], bound=False)
    await house.work()
    body = {
        **{name: made[name] for name in ("name", "tag_id", "conditions", "takes_away", "version")},
        "enabled": False,
    }
    await house.call("PUT", f"/tag-rules/{made['id']}", body)
    await house.bind(fan)
    await house.work()
    assert house.worn() == {fan: {100}}
    answer = await house.push.client.put(
        f"/api/admin/wechat/accounts/{house.account_id}/tag-rules/{made['id']}",
        json=body,
        headers=house.headers,
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "wechat.tag_rule_changed")
    told = await house.preview(100, scenes=["desk"], bound=False, rule_id=made["id"])
    assert (told["holding"], told["has_it"], told["taking"]) == (0, 1, 1)
    assert [one["openid"] for one in told["would_lose"]] == [fan]
    await house.call("DELETE", f"/tag-rules/{made['id']}")
    await house.work()
    assert house.worn() == {fan: {100}}


async def test_a_rule_that_takes_nothing_away(house: House) -> None:
    fan = await house.follow("fan-1")
    await house.rule(100, bound=True, takes_away=False)
    await house.rule(100, scenes=["desk"])
    await house.bind(fan)
    await house.work()
    await house.bind(fan, back=True)
    await house.work()
    assert house.worn() == {fan: {100}}


async def test_fifty_at_a_time_and_one_to_blame(house: House) -> None:
    for number in range(61):
        await house.follow(f"fan-{number}", "desk", tags=set(range(101, 121)) if number == 30 else None)
    await house.follow("strange-1")
    await house.rule(100, scenes=["desk"])
    # WeChat's own console gave the twentieth tag after we asked
    full = house.wechat.fans["fan-40"]
    house.wechat.calls.clear()
    await house.work()
    lately = house.wechat.calls
    assert max(number for what, number in lately if what == "give") == 50
    assert sum(100 in fan.tags for fan in house.wechat.fans.values()) == 60
    full.tags = set(range(101, 121))
    [rule] = (await house.standing())["rules"]
    await house.call("DELETE", f"/tag-rules/{rule['id']}")
    await house.rule(121, scenes=["desk"])
    await house.work()
    assert sum(121 in fan.tags for fan in house.wechat.fans.values()) == 59
    run = (await house.standing())["run"]
    assert [(one["errcode"], one["fans"]) for one in run["refusals"]] == [(45059, 2)]
    assert "20 个" in run["refusals"][0]["message"]
    assert "strange-1" not in await house.kept(), "who is unknown to WeChat does not follow"


async def test_when_the_quota_is_used_it_goes_on_tomorrow(house: House) -> None:
    fan = await house.follow("fan-1", "desk")
    await house.rule(100, scenes=["desk"])
    house.wechat.next = ["quota"]
    await house.work()
    run = (await house.standing())["run"]
    assert ("次数已用完" in run["reason"], run["changes"]) == (True, 1)
    assert (
        datetime.fromisoformat(run["not_before"]).astimezone(clock.SHANGHAI).isoformat()
        == "2026-11-11T00:00:00+08:00"
    )
    assert house.worn() == {fan: set()}
    house.turn(hours=13)
    await house.work()
    assert house.worn() == {fan: {100}}


async def test_run_now_tries_what_was_paused(house: House) -> None:
    fan = await house.follow("fan-1", "desk")
    await house.rule(100, scenes=["desk"])
    house.wechat.next = ["quota"]
    await house.work()
    await house.call("POST", "/tag-rules/run")
    await house.work()
    assert house.worn() == {fan: {100}}
    assert (await house.standing())["run"]["reason"] == ""


async def test_a_busy_wechat_is_tried_at_growing_distances(house: House) -> None:
    await house.follow("fan-1", "desk")
    await house.rule(100, scenes=["desk"])
    house.wechat.next = ["busy"] * 3
    gaps = []
    for _ in range(3):
        await house.work()
        run = (await house.standing())["run"]
        gaps.append(datetime.fromisoformat(run["not_before"]) - datetime.fromisoformat(run["ended_at"]))
        house.turn(hours=1)
    assert gaps == [timedelta(minutes=minutes) for minutes in (2, 4, 8)]
    await house.work()
    assert house.worn() == {"fan-1": {100}}


async def test_a_tag_that_is_no_more_switches_its_rules_off(house: House) -> None:
    fan = await house.follow("fan-1", "desk")
    await house.rule(100, scenes=["desk"])
    await house.rule(101, scenes=["desk"])
    house.wechat.tags.discard(100)
    await house.work()
    assert house.worn() == {fan: {101}} == await house.kept()
    assert [one["enabled"] for one in (await house.standing())["rules"]] == [False, True]


async def test_who_leaves_and_comes_back_is_judged_anew(house: House) -> None:
    fan = await house.follow("fan-1", "desk")
    await house.rule(100, scenes=["desk"])
    await house.rule(101, sources=["ADD_SCENE_SEARCH"])
    await house.work()
    await house.leave(fan)
    await house.work()
    await house.follow(fan)
    await house.work()
    assert house.worn() == {fan: {100, 101}} == await house.kept()


async def test_a_tag_given_by_hand_while_a_rule_takes_it_away(house: House) -> None:
    """The rule's call is on its way when a colleague gives the tag: it is given once more, and stays."""
    fan = await house.follow("fan-1")
    await house.bind(fan)
    await house.rule(100, bound=True)
    await house.work()
    await house.bind(fan, back=True)
    house.wechat.next = ["late"]
    await killed(house)
    assert house.worn() == {fan: set()}
    await house.hand(fan, 100)
    house.wechat.fans[fan].tags.discard(100)  # as if the rule's call had come after the colleague's
    house.turn(minutes=4)
    await house.work()
    assert house.worn() == {fan: {100}} == await house.kept()


async def killed(house: House) -> None:
    """A turn that ends with its process, wherever `next` says."""
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(tagging.apply(house.database, house.account_id))
    house.wechat.kill = lambda: loop.call_soon_threadsafe(running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


FANS = ["f1", "f2", "f3"]
GIVEN = {
    100: {"bound": True},
    101: {"scenes": ["desk"]},
    102: {"spoke_within": 3},
    103: {"followed_within": 5},
}
"""Rules that take away; 100 has a second one."""
DEEDS = ("follow", "leave", "scan", "speak", "bind", "unbind", "hand", "unhand")
ACTS = st.tuples(
    st.sampled_from([*DEEDS, "follow", "ok", "busy", "lost", "quota", "early", "late", "doubled", "day"]),
    st.sampled_from(FANS),
    st.sampled_from([100, 101]),
)


@dataclass
class Story:
    """What should come of it, kept by somebody who knows the rules in words only."""

    house: House
    by_hand: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    scanned: dict[str, bool] = field(default_factory=lambda: defaultdict(bool))
    bound: dict[str, bool] = field(default_factory=lambda: defaultdict(bool))
    spoke: dict[str, datetime] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    async def act(self, what: str, fan: str, tag_id: int) -> None:
        if what in DEEDS:
            await self.done_to(what, fan, tag_id)
        else:
            await self.turn(what)
        self.house.wechat.next = []

    async def done_to(self, what: str, fan: str, tag_id: int) -> None:
        house, follows = self.house, fan in self.house.wechat.fans
        match what:
            case "follow" if not follows:
                self.by_hand[fan].clear()
                self.seen.add(fan)
                await house.follow(fan)
            case "leave" if follows:
                await house.leave(fan)
            case "scan" if follows:
                self.scanned[fan] = True
                await house.does(fan, "SCAN", "desk")
            case "speak" if follows:
                await house.does(fan, late=100)
                self.spoke[fan] = clock.now() - timedelta(seconds=100)
            case "bind" | "unbind" if fan in self.seen:
                self.bound[fan] = what == "bind"
                await house.bind(fan, back=what == "unbind")
            case "hand" | "unhand" if follows:
                (self.by_hand[fan].add if what == "hand" else self.by_hand[fan].discard)(tag_id)
                await house.hand(fan, tag_id, remove=what == "unhand")

    async def turn(self, how: str) -> None:
        house = self.house
        match how:
            case "early" | "late":
                house.wechat.next = [how]
                await killed(house)
            case "doubled":
                await asyncio.gather(*(tagging.apply(house.database, house.account_id) for _ in range(3)))
            case "day":
                house.turn(days=1)
            case _:
                house.wechat.next = [how]
                await house.work()

    def expected(self, fan: str) -> set[int]:
        now = clock.now()
        spoke = self.spoke.get(fan)
        so = {
            100: self.bound[fan] or self.scanned[fan],
            101: self.scanned[fan],
            102: spoke is not None and now - spoke < timedelta(days=3),
            103: now.timestamp() - self.house.wechat.fans[fan].followed_at < 5 * 86400,
        }
        return self.by_hand[fan] | {tag_id for tag_id, holds in so.items() if holds}


@settings(
    max_examples=20,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(acts=st.lists(ACTS, min_size=6, max_size=22))
async def test_the_last_state_decides(house: House, acts: list[tuple[str, str, int]]) -> None:
    """In whatever order fans, colleagues, refusals, kills and turns come: WeChat ends with what hands gave and what rules say of
    what is so now, and we know it."""
    async with house.database.transaction() as tx:
        await tx.execute(
            "TRUNCATE wechat.fans, wechat.fan_scenes, wechat.tag_gifts, wechat.tag_rules, wechat.tag_runs"
        )
    house.wechat.fans.clear()
    for tag_id, asked in GIVEN.items():
        await house.rule(tag_id, **asked)
    await house.rule(100, scenes=["desk"])
    story = Story(house)
    for act in acts:
        await story.act(*act)
    house.turn(hours=30)
    async with house.database.transaction() as tx:
        await TIMERS["wechat.judge_fans_anew"].run(tx)
    await house.work()
    assert house.worn() == {fan: story.expected(fan) for fan in house.wechat.fans}
    assert await house.kept() == house.worn()
