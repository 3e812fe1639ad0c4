"""Bulk sending as the worker does it: part after part, each at most once.

A part is noted, and a message of this month spent for each of its fans, before WeChat is called. Its id is the clientmsgid by which
WeChat knows a repetition for 24 hours: so a part without an answer is repeated with the same id and the same fans, and given up
as "may have been sent" before WeChat forgets it. Only what WeChat has certainly refused gives its messages back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from kanghu.kernel import audit, clock, live, log
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.jobs import TryAgain, enqueue
from kanghu.kernel.security import SYSTEM
from kanghu.modules.wechat.broadcast_rules import (
    AGAIN,
    ASK_AFTER,
    FEWEST,
    KNOWN_AGAIN,
    LEFT_ALONE,
    PAUSE,
    UNDER_WAY,
    body_of,
    month_of,
)
from kanghu.modules.wechat.errors import SAME_AGAIN, AccountInactive, WechatFailed
from kanghu.modules.wechat.events import BroadcastReported
from kanghu.modules.wechat.models import Account, Broadcast, BroadcastPart, SendBroadcast
from kanghu.modules.wechat.repository import accounts, broadcast_parts, broadcasts
from kanghu.modules.wechat.service import calls, tokens
from kanghu.modules.wechat.service.broadcasts import JOB
from kanghu.modules.wechat.service.known import usable_now

SEND = "/cgi-bin/message/mass/send"


@dataclass(frozen=True, slots=True)
class Shipment:
    """One call that is noted and has to be made now."""

    broadcast: Broadcast
    part: BroadcastPart
    openids: list[str]


async def advance(database: Database, broadcast_id: UUID) -> None:
    """Sends the part whose turn it is; what follows is a job of its own."""
    async with database.transaction() as tx:
        shipment = await _note(tx, broadcast_id)
    if shipment is None:
        return
    try:
        account = await usable_now(database, shipment.broadcast.account_id)
        await _token(database, account)
        body = body_of(shipment.broadcast, shipment.openids, shipment.part.id.hex)
        answer = await calls.post(database, account, SEND, body)
    except WechatFailed as error:
        if error.errcode != SAME_AGAIN:
            await _failed(database, shipment, error, error.errcode or None, passing=error.passing or error.maybe_done,
                          maybe=error.maybe_done)  # fmt: skip
            return
        answer = error.answer
    except AccountInactive as error:
        await _failed(database, shipment, error, None, passing=False, maybe=False)
        return
    async with database.transaction() as tx:
        await broadcasts.get(tx, broadcast_id, lock=True)
        msg_id, now = str(answer.get("msg_id") or ""), clock.now()
        ask_at = now + ASK_AFTER[0] if msg_id else None
        await broadcast_parts.settle(tx, shipment.part.id, "sent", now, msg_id=msg_id, ask_at=ask_at)
        await enqueue(tx, JOB, SendBroadcast(broadcast_id), delay=PAUSE)
        await _tell(tx, shipment.broadcast, shipment.part, "sent")


async def _token(database: Database, account: Account) -> None:
    """Before the call: who fails here has certainly sent nothing."""
    try:
        await tokens.access_token(database, account)
    except WechatFailed as error:
        error.maybe_done = False
        raise


async def _note(tx: Tx, broadcast_id: UUID) -> Shipment | None:
    """The part whose turn it is, noted as being sent; None: there is nothing to do now."""
    found = await broadcasts.get(tx, broadcast_id, lock=True)
    now = clock.now()
    if found is None:
        return None
    if found.state != "sending":
        await _close(tx, broadcast_id, now)
        return None
    while (part := await broadcast_parts.following(tx, broadcast_id)) is not None:
        if part.state == "waiting":
            openids = await _take(tx, found, part, now)
            if openids:
                await broadcast_parts.begin(tx, part.id, month_of(now), now, maybe=False)
                return Shipment(found, part, openids)
            continue
        assert part.begun_at is not None
        assert part.tried_at is not None
        assert part.month is not None
        over = part.tried_at + (UNDER_WAY if part.state == "sending" else AGAIN)
        if now < over:
            await enqueue(tx, JOB, SendBroadcast(broadcast_id), delay=over - now)
            return None
        broken_off = part.state == "sending"
        if now < part.begun_at + KNOWN_AGAIN:
            await broadcast_parts.begin(tx, part.id, part.month, now, maybe=part.maybe or broken_off)
            return Shipment(found, part, await broadcast_parts.taken(tx, part.id))
        await broadcast_parts.settle(tx, part.id, "unknown", now, maybe=True)
    await broadcasts.end(tx, broadcast_id, "done", now)
    account = await accounts.get(tx, found.account_id)
    if account is not None:
        await live.tell(tx, "wechat.broadcasts", institution_id=account.institution_id)
    return None


async def _close(tx: Tx, broadcast_id: UUID, now: datetime) -> None:
    """Of a sending that was stopped: a part whose worker was killed on the way is not begun again."""
    part = await broadcast_parts.following(tx, broadcast_id)
    if part is None or part.tried_at is None:
        return
    over = part.tried_at + UNDER_WAY
    if now < over:
        await enqueue(tx, JOB, SendBroadcast(broadcast_id), delay=over - now)
    else:
        await broadcast_parts.settle(tx, part.id, "unknown", now, maybe=True)


async def _take(tx: Tx, found: Broadcast, part: BroadcastPart, now: datetime) -> list[str]:
    """The fans of the part, each with a message of this month spent; empty when too few are left, and the part is over."""
    month = month_of(now)
    openids = await broadcast_parts.take(tx, found.account_id, part.id, month)
    if len(openids) >= FEWEST:
        return openids
    await broadcast_parts.give_back(tx, found.account_id, part.id, month, LEFT_ALONE)
    await broadcast_parts.settle(tx, part.id, "skipped", now)
    return []


async def _failed(
    database: Database,
    shipment: Shipment,
    error: Exception,
    errcode: int | None,
    *,
    passing: bool,
    maybe: bool,
) -> None:
    now, part_id = clock.now(), shipment.part.id
    reason = str(getattr(error, "message", error))
    async with database.transaction() as tx:
        found = await broadcasts.get(tx, shipment.broadcast.id, lock=True)
        part = await broadcast_parts.get(tx, part_id)
        if found is None or part is None or part.state != "sending":
            return
        maybe = maybe or part.maybe
        if passing and found.state == "sending":
            await broadcast_parts.settle(tx, part_id, "unanswered", now, maybe=maybe, errcode=errcode)
            await enqueue(tx, JOB, SendBroadcast(found.id), delay=AGAIN)
            return
        await broadcast_parts.settle(
            tx, part_id, "unknown" if maybe else "refused", now, maybe=maybe, errcode=errcode
        )
        if not maybe:
            assert part.month is not None
            await broadcast_parts.give_back(tx, found.account_id, part_id, part.month, "微信拒绝了这一批")
        if found.state == "sending":
            await broadcasts.end(tx, found.id, "failed", now, reason=reason)
        await _tell(tx, found, part, "refused")
    log.get("wechat").warning("broadcast_refused", broadcast_id=str(shipment.broadcast.id), errcode=errcode)


async def take_report(tx: Tx, told: BroadcastReported) -> None:
    """What WeChat says of a part. One that is none of ours is nobody's business.

    Raises `TryAgain` while a part is under way whose number is not known yet: it may be the one.
    """
    now = clock.now()
    broadcast_id = await broadcast_parts.report(tx, told, now)
    if broadcast_id is None:
        if await broadcast_parts.any_open(tx, told.account_id, now - timedelta(minutes=10)):
            raise TryAgain("the answer to the call is not there yet")
        return
    account = await accounts.get(tx, told.account_id)
    assert account is not None
    await live.tell(tx, "wechat.broadcasts", institution_id=account.institution_id)


async def _tell(tx: Tx, found: Broadcast, part: BroadcastPart, result: str) -> None:
    account = await accounts.get(tx, found.account_id)
    assert account is not None
    await audit.record(
        tx,
        SYSTEM,
        "wechat.broadcast.send",
        subject=f"wechat.broadcasts/{found.id}",
        institution_id=account.institution_id,
        detail={"part": part.number, "result": result},
    )
    await live.tell(tx, "wechat.broadcasts", institution_id=account.institution_id)
