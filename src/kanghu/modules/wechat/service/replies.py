"""Automatic replies: rules as staff keep them, and what is decided by them, the same live and in the test box."""

from datetime import datetime
from uuid import UUID, uuid5

from kanghu.kernel import audit, clock, live, log
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import AppError
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import TryAgain, enqueue
from kanghu.kernel.security import Caller
from kanghu.modules.wechat.errors import (
    ReplyChanged,
    ReplyNotFound,
    SendUnderWay,
    TooManyReplies,
    WechatFailed,
)
from kanghu.modules.wechat.models import Answers, DeskHours, Inbound, ReplyRow, ReplyWanted
from kanghu.modules.wechat.outgoing import Outgoing
from kanghu.modules.wechat.policy import on_duty
from kanghu.modules.wechat.replies import Act, Conflict, Decision, Keyword, Rule, conflicts, decide
from kanghu.modules.wechat.repository import fans, replies
from kanghu.modules.wechat.service.accounts import get_account
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
        answers=tuple(kept.answers),
        hand_over=kept.hand_over,
    )


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


async def answer(tx: Tx, said: Inbound, texts: tuple[str, ...]) -> None:
    """Sends the answers to a message or event once it is committed, each once."""
    if texts:
        payload = Answers(said.account_id, said.openid, said.id, list(texts))
        await enqueue(tx, "wechat.send_answers", payload)


async def send_answers(database: Database, answers: Answers) -> None:
    """In their order. What WeChat will never take is left out: an automatic answer is not worth an alarm.

    Raises `TryAgain`.
    """
    for number, text in enumerate(answers.texts):
        send_id = uuid5(answers.inbox_id, str(number))
        try:
            await send(database, Outgoing(send_id, answers.account_id, answers.openid, "text", text=text))
        except AppError as failed:
            if isinstance(failed, SendUnderWay) or (isinstance(failed, WechatFailed) and failed.passing):
                raise TryAgain(failed.message) from failed
            log.get("wechat").warning(
                "answer_not_sent", account_id=str(answers.account_id), reason=failed.code
            )


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
    """Raises `AccountNotFound`, `TooManyReplies`."""
    await get_account(tx, caller.scope(WRITE), account_id)
    if await replies.count(tx, account_id) >= MOST:
        raise TooManyReplies
    rule_id = new_id()
    await replies.insert(tx, rule_id, account_id, wanted, caller.account_id)
    return await _changed(tx, caller, account_id, rule_id, "create")


async def change(
    tx: Tx, caller: Caller, account_id: UUID, rule_id: UUID, version: int, wanted: ReplyWanted
) -> ReplyRow:
    """Raises `AccountNotFound`, `ReplyNotFound`, `ReplyChanged`."""
    await _known(tx, caller, account_id, rule_id)
    if not await replies.update(tx, rule_id, version, wanted, caller.account_id):
        raise ReplyChanged
    return await _changed(tx, caller, account_id, rule_id, "update")


async def delete(tx: Tx, caller: Caller, account_id: UUID, rule_id: UUID) -> None:
    """Raises `AccountNotFound`, `ReplyNotFound`."""
    await _known(tx, caller, account_id, rule_id)
    await _note(tx, caller, account_id, "wechat.reply.delete", f"wechat.reply_rules/{rule_id}")
    await replies.delete(tx, rule_id)


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
