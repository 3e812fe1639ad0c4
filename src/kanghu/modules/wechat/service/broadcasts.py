"""Bulk sending as staff see it: prepared by one, looked at beforehand, released by another, stopped.

It goes by `message/mass/send` to fans that we name, never by `sendall`: only so is it known beforehand who gets it, what of it can
still be stopped, and that nobody gets more than WeChat allows (ADR 0015).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel import audit, clock, live
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import enqueue
from kanghu.kernel.security import Caller
from kanghu.modules.wechat.broadcast_rules import FEWEST, PICTURE_LASTS, content_of, month_of
from kanghu.modules.wechat.errors import (
    AccountNotFound,
    BroadcastNotDraft,
    BroadcastNotFound,
    BroadcastNotSending,
    FanNotFound,
    PictureTooOld,
    SamePerson,
    TooFewRecipients,
    WrongKind,
)
from kanghu.modules.wechat.models import (
    Account,
    Audience,
    Broadcast,
    BroadcastKind,
    BroadcastPart,
    Candidate,
    SendBroadcast,
)
from kanghu.modules.wechat.repository import broadcast_parts, broadcasts, fans
from kanghu.modules.wechat.service import calls, media
from kanghu.modules.wechat.service.accounts import get_account
from kanghu.modules.wechat.service.known import usable_now

READ, PREPARE, RELEASE = "wechat.broadcast.read", "wechat.broadcast.prepare", "wechat.broadcast.release"
JOB = "wechat.send_broadcast"
SHOWN = 100
"""Of each sort in a dry run."""


@dataclass(frozen=True, slots=True)
class Wanted:
    name: str
    audience: Audience
    tag_id: int | None
    openids: Sequence[str]
    kind: BroadcastKind
    content: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """`excluded`: reason → how many. `would`, `would_not`: the first of them."""

    eligible: int
    excluded: dict[str, int]
    would: list[Candidate]
    would_not: list[Candidate]


async def page(
    tx: Tx, caller: Caller, account_id: UUID, state: str | None, before: UUID | None, limit: int
) -> list[Broadcast]:
    """Newest first. Raises `AccountNotFound`."""
    await get_account(tx, caller.scope(READ), account_id)
    return await broadcasts.page(tx, account_id, state, before, limit)


async def get(tx: Tx, caller: Caller, broadcast_id: UUID) -> tuple[Broadcast, list[BroadcastPart]]:
    """Raises `BroadcastNotFound`, also outside the scope."""
    found, _ = await _known(tx, caller, READ, broadcast_id)
    return found, await broadcast_parts.of_broadcast(tx, broadcast_id)


async def prepare(tx: Tx, caller: Caller, account_id: UUID, wanted: Wanted) -> Broadcast:
    """Raises `AccountNotFound`, `WrongKind`."""
    account = await get_account(tx, caller.scope(PREPARE), account_id)
    if account.kind != "official":
        raise WrongKind(f"群发须用公众号，「{account.name}」不是")
    assert caller.account_id is not None
    made = Broadcast(
        id=new_id(),
        account_id=account_id,
        name=wanted.name,
        audience=wanted.audience,
        tag_id=wanted.tag_id,
        openids=sorted(set(wanted.openids)),
        kind=wanted.kind,
        content=wanted.content,
        state="draft",
        reason="",
        prepared_by=caller.account_id,
        released_by=None,
        created_at=clock.now(),
        released_at=None,
        ended_at=None,
    )
    await broadcasts.insert(tx, made)
    await _note(tx, caller, account, "wechat.broadcast.prepare", made)
    return made


async def upload_picture(database: Database, caller: Caller, account_id: UUID, content: bytes) -> str:
    """The media_id under which WeChat keeps it for three days. Raises `AccountNotFound`, `MediaRefused`, `WechatFailed`."""
    async with database.transaction() as tx:
        await get_account(tx, caller.scope(PREPARE), account_id)
    return await media.upload(database, account_id, "image", content)


async def discard(tx: Tx, caller: Caller, broadcast_id: UUID) -> None:
    """Raises `BroadcastNotFound`, `BroadcastNotDraft`."""
    found, account = await _known(tx, caller, PREPARE, broadcast_id, lock=True)
    if found.state != "draft":
        raise BroadcastNotDraft
    await broadcasts.delete(tx, broadcast_id)
    await _note(tx, caller, account, "wechat.broadcast.discard", found)


async def dry_run(tx: Tx, caller: Caller, broadcast_id: UUID) -> DryRun:
    """Who would get it if it went out now, and why others would not. Raises `BroadcastNotFound`."""
    found, account = await _known(tx, caller, READ, broadcast_id)
    month = month_of(clock.now())
    counted = await broadcasts.reasons(tx, found, month)
    await _note(tx, caller, account, "wechat.broadcast.dry_run", found)
    return DryRun(
        eligible=counted.pop("", 0),
        excluded=counted,
        would=await broadcasts.some(tx, found, month, fit=True, limit=SHOWN),
        would_not=await broadcasts.some(tx, found, month, fit=False, limit=SHOWN),
    )


async def preview(database: Database, caller: Caller, broadcast_id: UUID, openid: str) -> None:
    """To one fan, outside of every quota but WeChat's hundred a day. Raises `BroadcastNotFound`, `FanNotFound`, `WechatFailed`."""
    async with database.transaction() as tx:
        found, account = await _known(tx, caller, PREPARE, broadcast_id)
        if await fans.get(tx, found.account_id, openid) is None:
            raise FanNotFound
    usable = await usable_now(database, found.account_id)
    await calls.post(
        database, usable, "/cgi-bin/message/mass/preview", {"touser": openid, **content_of(found)}
    )
    async with database.transaction() as tx:
        await _note(tx, caller, account, "wechat.broadcast.preview", found)


async def release(tx: Tx, caller: Caller, broadcast_id: UUID) -> Broadcast:
    """It begins to go out. Raises `BroadcastNotFound`, `BroadcastNotDraft`, `SamePerson`, `PictureTooOld`, `TooFewRecipients`."""
    found, account = await _known(tx, caller, RELEASE, broadcast_id, lock=True)
    now = clock.now()
    if found.state != "draft":
        raise BroadcastNotDraft
    if caller.account_id is None or caller.account_id == found.prepared_by:
        raise SamePerson
    if found.kind == "image" and now > found.created_at + PICTURE_LASTS:
        raise PictureTooOld
    placed = await broadcasts.release(tx, found, caller.account_id, month_of(now), now)
    if placed < FEWEST:
        raise TooFewRecipients
    await enqueue(tx, JOB, SendBroadcast(broadcast_id))
    await _note(tx, caller, account, "wechat.broadcast.release", found, fans=placed)
    return await _fresh(tx, broadcast_id)


async def stop(tx: Tx, caller: Caller, broadcast_id: UUID) -> Broadcast:
    """Parts that WeChat has not got yet are not sent. Raises `BroadcastNotFound`, `BroadcastNotSending`."""
    found, account = await _known(tx, caller, RELEASE, broadcast_id, lock=True)
    if found.state != "sending":
        raise BroadcastNotSending
    await broadcasts.end(tx, broadcast_id, "stopped", clock.now(), by=caller.account_id)
    await _note(tx, caller, account, "wechat.broadcast.stop", found)
    return await _fresh(tx, broadcast_id)


async def _fresh(tx: Tx, broadcast_id: UUID) -> Broadcast:
    found = await broadcasts.get(tx, broadcast_id)
    assert found is not None
    return found


async def _known(
    tx: Tx, caller: Caller, permission: str, broadcast_id: UUID, *, lock: bool = False
) -> tuple[Broadcast, Account]:
    found = await broadcasts.get(tx, broadcast_id, lock=lock)
    if found is None:
        raise BroadcastNotFound
    try:
        return found, await get_account(tx, caller.scope(permission), found.account_id)
    except AccountNotFound:
        raise BroadcastNotFound from None


async def _note(
    tx: Tx, caller: Caller, account: Account, action: str, about: Broadcast, **detail: object
) -> None:
    await audit.record(
        tx,
        caller,
        action,
        subject=f"wechat.broadcasts/{about.id}",
        institution_id=account.institution_id,
        detail=detail,
    )
    await live.tell(tx, "wechat.broadcasts", institution_id=account.institution_id)
