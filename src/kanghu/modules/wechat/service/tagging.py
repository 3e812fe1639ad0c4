"""Tags by rules, as the worker gives them: one turn at a time for an account, in small steps that may end anywhere.

A step asks WeChat about fans it has not told of yet, or decides about those of whom something is new, or makes one call. What is to
be done at WeChat is noted before it is called, so a turn that was broken off is gone on with by the next one; doing it twice is once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kanghu.kernel import audit, clock, live, log
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import AppError
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import enqueue
from kanghu.kernel.security import SYSTEM
from kanghu.modules.wechat.errors import AccountInactive, DailyLimit, NotFollowing, WechatFailed
from kanghu.modules.wechat.models import Account, ApplyTagRules, FollowerInfo
from kanghu.modules.wechat.policy import tomorrow
from kanghu.modules.wechat.repository import accounts, fans, tag_gifts, tag_rules, tag_runs
from kanghu.modules.wechat.repository.tag_gifts import Errand
from kanghu.modules.wechat.service import calls
from kanghu.modules.wechat.service.fans import BATCH, forget_tag
from kanghu.modules.wechat.service.known import usable_now
from kanghu.modules.wechat.tag_rules import Gift, Rule, conditions_of, decide

JOB = "wechat.apply_tag_rules"
TURN = timedelta(minutes=3)
"""A turn of which nothing was heard for so long is certainly over: no call takes longer."""
LOOK, JUDGE = 100, 500
"""Fans in a step: the first is WeChat's limit (`user/info/batchget`)."""
LONGEST_PAUSE = timedelta(hours=1)
NO_SUCH_TAG = 45159
ONE_IS_TO_BLAME = frozenset({40003, 45059, 49003})
"""Refusals of a whole call for the sake of one fan in it: not following, twenty tags already, not of this account."""


class TurnOver(Exception):
    """Another turn has begun: this one was silent for too long."""


async def wake(tx: Tx, account_id: UUID) -> None:
    """Soon; while one waits or runs it is that one."""
    await enqueue(tx, JOB, ApplyTagRules(account_id), key=f"{JOB}:{account_id}")


async def apply(database: Database, account_id: UUID) -> None:
    """A turn: as long as there is something to do. Nothing while another has it."""
    turn = new_id()
    async with database.transaction() as tx:
        now = clock.now()
        if not await tag_runs.begin(tx, account_id, turn, now, now + TURN):
            return
        await _tell(tx, account_id)
    try:
        account = await usable_now(database, account_id)
        while await _step(database, account, turn):
            pass
    except TurnOver:
        return
    except (WechatFailed, AccountInactive) as error:
        await _give_up(database, account_id, turn, error)
        return
    async with database.transaction() as tx:
        await tag_runs.end(tx, account_id, turn, clock.now())
        await _tell(tx, account_id)


async def _step(database: Database, account: Account, turn: UUID) -> bool:
    """One of each sort; whether there was anything to do."""
    looked = await _look(database, account, turn)
    judged = await _judge(database, account, turn)
    called = await _call(database, account, turn)
    return looked or judged or called


async def _go_on(tx: Tx, account: Account, turn: UUID) -> datetime:
    """First in every transaction of a turn. Raises `TurnOver`."""
    stale_before = await tag_runs.go_on(tx, account.id, turn, clock.now() + TURN)
    if stale_before is None:
        raise TurnOver
    return stale_before


# ---- what WeChat knows of fans -------------------------------------------------------------------------------------------


async def _look(database: Database, account: Account, turn: UUID) -> bool:
    async with database.transaction() as tx:
        await _go_on(tx, account, turn)
        known = await tag_runs.unlooked(tx, account.id, LOOK)
    asked_at, learnt = clock.now(), False
    groups = [list(known)] if known else []
    while groups:
        some = groups.pop()
        try:
            told = await _told_of(database, account, some)
        except WechatFailed as error:
            if error.errcode not in ONE_IS_TO_BLAME:
                raise
            if len(some) > 1:
                groups += [some[: len(some) // 2], some[len(some) // 2 :]]
                continue
            told = [FollowerInfo(some[0], None, "", "", [])]
        async with database.transaction() as tx:
            await _go_on(tx, account, turn)
            for one in told:
                if one.openid in known:
                    done = await tag_runs.learn(tx, account.id, one, known[one.openid], asked_at, clock.now())
                    learnt = learnt or done
    return learnt


async def _told_of(database: Database, account: Account, openids: list[str]) -> list[FollowerInfo]:
    wanted = {"user_list": [{"openid": openid} for openid in openids]}
    got = await calls.post(database, account, "/cgi-bin/user/info/batchget", wanted)
    told = got.get("user_info_list")
    return [_info(one) for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []


def _info(told: Mapping[str, Any]) -> FollowerInfo:
    """What is missing or none stays empty: it is asked for, not owed."""
    at, tags, number = told.get("subscribe_time"), told.get("tagid_list"), told.get("qr_scene")
    follows = told.get("subscribe") == 1 and isinstance(at, int)
    scene = str(told.get("qr_scene_str") or (number if isinstance(number, int) and number else ""))
    return FollowerInfo(
        openid=str(told.get("openid", "")),
        followed_at=datetime.fromtimestamp(at, UTC) if follows and isinstance(at, int) else None,
        source=str(told.get("subscribe_scene", ""))[:64],
        scene=scene[:128],
        tags=[tag for tag in tags if isinstance(tag, int)] if isinstance(tags, list) else [],
    )


# ---- deciding ------------------------------------------------------------------------------------------------------------


async def _judge(database: Database, account: Account, turn: UUID) -> bool:
    async with database.transaction() as tx:
        stale_before = await _go_on(tx, account, turn)
        kept = await tag_rules.list_rules(tx, account.id, enabled_only=True)
        if not kept:
            return False
        rules = [Rule(one.tag_id, conditions_of(one.conditions), one.takes_away) for one in kept]
        found = await tag_gifts.due(tx, account.id, stale_before, JUDGE)
        now = clock.now()
        changes: list[tuple[UUID, int, Gift]] = []
        gone: list[tuple[UUID, int]] = []
        for fan in found:
            for tag_id, gift in decide(rules, fan.facts, fan.tags, fan.gifts, now).items():
                if gift is None:
                    gone.append((fan.id, tag_id))
                else:
                    changes.append((fan.id, tag_id, gift))
        await tag_gifts.keep(tx, account.id, changes, now)
        await tag_gifts.forget(tx, gone)
        await tag_gifts.judged(tx, [fan.id for fan in found], stale_before)
        full = sum(gift.state == "refused" for _, _, gift in changes)
        await tag_runs.count(tx, account.id, judged=len(found), refused=full)
        if found:
            await _tell(tx, account.id)
    return bool(found)


# ---- calling -------------------------------------------------------------------------------------------------------------


async def _call(database: Database, account: Account, turn: UUID) -> bool:
    """Fifty fans, one tag. Where one of them is to blame for a refusal, halves are tried until it is known who."""
    async with database.transaction() as tx:
        await _go_on(tx, account, turn)
        errand = await tag_gifts.errand(tx, account.id, BATCH)
    if errand is None:
        return False
    groups = [list(errand.fans)]
    while groups:
        some = groups.pop()
        try:
            path = f"/cgi-bin/tags/members/batch{'un' if errand.remove else ''}tagging"
            await calls.post(database, account, path, {"openid_list": some, "tagid": errand.tag_id})
        except WechatFailed as error:
            if error.errcode == NO_SUCH_TAG:
                await _tag_gone(database, account, turn, errand.tag_id, error)
                return True
            if error.errcode not in ONE_IS_TO_BLAME:
                raise
            if len(some) > 1:
                groups += [some[: len(some) // 2], some[len(some) // 2 :]]
            else:
                await _refused(database, account, turn, errand, some[0], error)
            continue
        await _done(database, account, turn, errand, some)
    return True


async def _done(database: Database, account: Account, turn: UUID, errand: Errand, openids: list[str]) -> None:
    fan_ids = [errand.fans[openid] for openid in openids]
    async with database.transaction() as tx:
        await _go_on(tx, account, turn)
        if errand.remove:
            await tag_gifts.taken(tx, errand.tag_id, fan_ids)
            await tag_runs.count(tx, account.id, taken=len(openids))
        else:
            await tag_gifts.given(tx, errand.tag_id, fan_ids, clock.now())
            await tag_runs.count(tx, account.id, given=len(openids))
        await _note(tx, account, errand, len(openids))
        await _tell(tx, account.id)


async def _refused(
    database: Database, account: Account, turn: UUID, errand: Errand, openid: str, error: WechatFailed
) -> None:
    async with database.transaction() as tx:
        await _go_on(tx, account, turn)
        now = clock.now()
        if isinstance(error, NotFollowing):
            await fans.mark_left(tx, account.id, openid, now)
        await tag_gifts.refused(tx, errand.tag_id, errand.fans[openid], error.errcode, now)
        await tag_runs.count(tx, account.id, refused=1)


async def _tag_gone(
    database: Database, account: Account, turn: UUID, tag_id: int, error: WechatFailed
) -> None:
    """Somebody deleted it at WeChat: its rules are switched off. WeChat has been seen to say so of tags that are there
    (https://developers.weixin.qq.com/community/develop/doc/0006a0ed570df009f33b47b9751c00): then it is a passing refusal.
    """
    got = await calls.get(database, account, "/cgi-bin/tags/get")
    if tag_id in [tag.get("id") for tag in got.get("tags", []) if isinstance(tag, Mapping)]:
        raise error
    async with database.transaction() as tx:
        await _go_on(tx, account, turn)
        await forget_tag(tx, account.id, tag_id)
        await _tell(tx, account.id)


async def _give_up(database: Database, account_id: UUID, turn: UUID, error: AppError) -> None:
    """What is left is done by a later turn: after the day when WeChat's quota is used, else after a growing pause."""
    now = clock.now()
    async with database.transaction() as tx:
        found = await tag_runs.get(tx, account_id)
        failures = (found.failures if found else 0) + 1
        pause = min(timedelta(minutes=2 ** min(failures, 10)), LONGEST_PAUSE)
        not_before = tomorrow() if isinstance(error, DailyLimit) else now + pause
        await tag_runs.end(
            tx, account_id, turn, now, reason=error.message, failures=failures, not_before=not_before
        )
        await _tell(tx, account_id)
    errcode = error.errcode if isinstance(error, WechatFailed) else 0
    log.get("wechat").warning("tag_rules_paused", account_id=str(account_id), errcode=errcode)


async def _tell(tx: Tx, account_id: UUID) -> None:
    account = await accounts.get(tx, account_id)
    assert account is not None
    await live.tell(tx, "wechat.tag_rules", institution_id=account.institution_id)


async def _note(tx: Tx, account: Account, errand: Errand, number: int) -> None:
    await audit.record(
        tx,
        SYSTEM,
        "wechat.fan.untag" if errand.remove else "wechat.fan.tag",
        subject=f"wechat.accounts/{account.id}",
        institution_id=account.institution_id,
        detail={"tag": errand.tag_id, "fans": number, "by": "rules"},
    )
