"""Automatic replies: rules as staff keep them, and what is decided by them, the same live and in the test box."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from kanghu.kernel import audit, clock, live, log
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import AppError
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import TryAgain, enqueue
from kanghu.kernel.security import Caller
from kanghu.modules.wechat.errors import (
    MediaGone,
    ReplyChanged,
    ReplyNotFound,
    SendUnderWay,
    TooManyReplies,
    WechatFailed,
)
from kanghu.modules.wechat.media import NAMES
from kanghu.modules.wechat.models import (
    Account,
    Answer,
    Answers,
    DeskHours,
    Inbound,
    MaterialAnswer,
    RenewMaterial,
    ReplyRow,
    ReplyWanted,
)
from kanghu.modules.wechat.outgoing import Outgoing
from kanghu.modules.wechat.policy import on_duty
from kanghu.modules.wechat.replies import Act, Conflict, Decision, Keyword, Rule, conflicts, decide
from kanghu.modules.wechat.repository import fans, materials, replies
from kanghu.modules.wechat.service import material_copies
from kanghu.modules.wechat.service.accounts import get_account
from kanghu.modules.wechat.service.materials import hold
from kanghu.modules.wechat.service.sending import send

READ, WRITE = "wechat.reply.read", "wechat.reply.write"
MOST = 300
"""Rules of one account."""


def rule_of(kept: ReplyRow) -> Rule:
    return Rule(
        id=kept.id,
        name=kept.name,
        trigger=kept.trigger,
        keywords=tuple(
            Keyword(one["text"], one["match"], tuple(one.get("examples", ()))) for one in kept.keywords
        ),
        priority=kept.priority,
        scene=kept.scene,
        kinds=tuple(kept.kinds),
        visit=kept.visit,
        hours=kept.hours,
        answers=tuple(_answer_of(one) for one in kept.answers),
        hand_over=kept.hand_over,
    )


def _answer_of(kept: str | dict[str, Any]) -> Answer:
    return kept if isinstance(kept, str) else msgspec.convert(kept, MaterialAnswer)


# ---- deciding ------------------------------------------------------------------------------------------------------------


async def decided(tx: Tx, account_id: UUID, act: Act, at: datetime, *, with_drafts: bool = False) -> Decision:
    """What is answered to an act at this time; `act.on_duty` is told by the account's hours. The test box may try drafts."""
    kept = await replies.list_rules(tx, account_id, enabled_only=not with_drafts)
    duty = on_duty(await replies.hours(tx, account_id), at)
    known = Act(act.what, act.kind, act.text, act.scene, act.again, duty)
    return decide([rule_of(one) for one in kept], known)


async def decide_message(tx: Tx, said: Inbound) -> Decision:
    """Live, for a message."""
    return await decided(tx, said.account_id, Act("message", said.kind, said.text), said.sent_at)


async def greet(tx: Tx, said: Inbound, act: Act) -> None:
    """Live, for who follows, scans or presses a menu button."""
    fan = await fans.get(tx, said.account_id, said.openid)
    again = act.what == "scan" or await fans.has_left(tx, said.account_id, said.openid)
    if fan is None or not fan.subscribed:
        return
    act = Act(act.what, act.kind, act.text, act.scene, again)
    decision = await decided(tx, said.account_id, act, said.sent_at)
    await answer(tx, said, decision.answers)


async def answer(tx: Tx, said: Inbound, answers: tuple[Answer, ...]) -> None:
    """Sends the answers to a message or event once it is committed, each once."""
    if answers:
        payload = Answers(said.account_id, said.openid, said.id, answers=list(answers))
        await enqueue(tx, "wechat.send_answers", payload)


def as_text(answers: tuple[Answer, ...]) -> str:
    """What was answered, as the desk reads it."""
    return "\n".join(one if isinstance(one, str) else f"［{NAMES[one.kind]}］{one.title}" for one in answers)


async def send_answers(database: Database, answers: Answers) -> None:
    """In their order. What WeChat will never take is left out: an automatic answer is not worth an alarm.

    Raises `TryAgain`.
    """
    for number, one in enumerate([*answers.texts, *answers.answers]):
        send_id = uuid5(answers.inbox_id, str(number))
        try:
            await _send(database, answers, send_id, one)
        except AppError as failed:
            if isinstance(failed, SendUnderWay) or (isinstance(failed, WechatFailed) and failed.passing):
                raise TryAgain(failed.message) from failed
            log.get("wechat").warning(
                "answer_not_sent", account_id=str(answers.account_id), reason=failed.code
            )


async def _send(database: Database, answers: Answers, send_id: UUID, one: Answer) -> None:
    """A material that WeChat knows no more, though it should, is uploaded once more."""
    if isinstance(one, str):
        text = Outgoing(send_id, answers.account_id, answers.openid, "text", text=one)
        await send(database, text)
        return
    kind = one.kind
    assert kind != "thumb", "only a part of films"
    there = await material_copies.sendable(database, one, answers.account_id)
    outgoing = Outgoing(
        send_id,
        answers.account_id,
        answers.openid,
        kind,
        media_id=there.media_id,
        thumb_media_id=there.thumb,
        title=one.title,
    )
    try:
        await send(database, outgoing)
    except MediaGone:
        fresh = await material_copies.sendable(database, one, answers.account_id, there)
        await send(database, replace(outgoing, media_id=fresh.media_id, thumb_media_id=fresh.thumb))


# ---- keeping -------------------------------------------------------------------------------------------------------------


async def list_rules(tx: Tx, caller: Caller, account_id: UUID) -> list[ReplyRow]:
    """Oldest first. Raises `AccountNotFound`."""
    await get_account(tx, caller.scope(READ), account_id)
    return await replies.list_rules(tx, account_id)


async def conflicting(tx: Tx, caller: Caller, account_id: UUID, *, with_drafts: bool) -> list[Conflict]:
    """What can never answer. Raises `AccountNotFound`."""
    await get_account(tx, caller.scope(READ), account_id)
    kept = await replies.list_rules(tx, account_id, enabled_only=not with_drafts)
    return conflicts([rule_of(one) for one in kept])


async def try_out(
    tx: Tx, caller: Caller, account_id: UUID, act: Act, at: datetime | None, *, with_drafts: bool
) -> Decision:
    """The test box. Raises `AccountNotFound`."""
    await get_account(tx, caller.scope(READ), account_id)
    return await decided(tx, account_id, act, at or clock.now(), with_drafts=with_drafts)


async def add(tx: Tx, caller: Caller, account_id: UUID, wanted: ReplyWanted) -> ReplyRow:
    """Raises `AccountNotFound`, `TooManyReplies`, `MaterialMissing`."""
    account = await get_account(tx, caller.scope(WRITE), account_id)
    if await replies.count(tx, account_id) >= MOST:
        raise TooManyReplies
    rule_id = new_id()
    used = await hold(tx, account, _materials_of(wanted))
    await replies.insert(tx, rule_id, account_id, wanted, caller.account_id)
    await _use(tx, account, rule_id, wanted, used)
    return await _changed(tx, caller, account_id, rule_id, "create")


async def change(
    tx: Tx, caller: Caller, account_id: UUID, rule_id: UUID, version: int, wanted: ReplyWanted
) -> ReplyRow:
    """Raises `AccountNotFound`, `ReplyNotFound`, `ReplyChanged`, `MaterialMissing`."""
    await _known(tx, caller, account_id, rule_id)
    account = await get_account(tx, caller.scope(WRITE), account_id)
    used = await hold(tx, account, _materials_of(wanted))
    if not await replies.update(tx, rule_id, version, wanted, caller.account_id):
        raise ReplyChanged
    await _use(tx, account, rule_id, wanted, used)
    return await _changed(tx, caller, account_id, rule_id, "update")


async def delete(tx: Tx, caller: Caller, account_id: UUID, rule_id: UUID) -> None:
    """Raises `AccountNotFound`, `ReplyNotFound`."""
    await _known(tx, caller, account_id, rule_id)
    await _note(tx, caller, account_id, "wechat.reply.delete", f"wechat.reply_rules/{rule_id}")
    await replies.delete(tx, rule_id)


def _materials_of(wanted: ReplyWanted) -> list[UUID]:
    return [one["material_id"] for one in wanted.answers if not isinstance(one, str)]


async def _use(tx: Tx, account: Account, rule_id: UUID, wanted: ReplyWanted, used: list[UUID]) -> None:
    """The library knows what the rule sends; of one that is on, WeChat gets it before the first fan asks."""
    await materials.used_by_rule(tx, account.id, rule_id, used)
    if used:
        await live.tell(tx, "wechat.materials", institution_id=account.institution_id)
    for one in used if wanted.enabled else ():
        await enqueue(tx, material_copies.RENEW, RenewMaterial(one), key=f"{material_copies.RENEW}/{one}")


async def get_hours(tx: Tx, caller: Caller, account_id: UUID) -> DeskHours:
    await get_account(tx, caller.scope(READ), account_id)
    return await replies.hours(tx, account_id)


async def set_hours(tx: Tx, caller: Caller, account_id: UUID, wanted: DeskHours) -> DeskHours:
    await get_account(tx, caller.scope(WRITE), account_id)
    await replies.set_hours(tx, account_id, wanted)
    await _note(tx, caller, account_id, "wechat.reply.hours", f"wechat.accounts/{account_id}")
    return wanted


async def _known(tx: Tx, caller: Caller, account_id: UUID, rule_id: UUID) -> ReplyRow:
    await get_account(tx, caller.scope(WRITE), account_id)
    found = await replies.get(tx, account_id, rule_id)
    if found is None:
        raise ReplyNotFound
    return found


async def _changed(tx: Tx, caller: Caller, account_id: UUID, rule_id: UUID, what: str) -> ReplyRow:
    await _note(tx, caller, account_id, f"wechat.reply.{what}", f"wechat.reply_rules/{rule_id}")
    found = await replies.get(tx, account_id, rule_id)
    assert found is not None
    return found


async def _note(tx: Tx, caller: Caller, account_id: UUID, action: str, subject: str) -> None:
    account = await get_account(tx, caller.scope(WRITE), account_id)
    await live.tell(tx, "wechat.replies", institution_id=account.institution_id)
    await audit.record(tx, caller, action, subject=subject, institution_id=account.institution_id)
