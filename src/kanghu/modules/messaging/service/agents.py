"""Agents report for duty and keep their quick replies."""

from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Forbidden
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.messaging.errors import QuickReplyChanged, QuickReplyNotFound
from kanghu.modules.messaging.models import Agent, QuickReply
from kanghu.modules.messaging.repository import agents
from kanghu.modules.messaging.service import desk, holding


def _home(caller: Caller) -> UUID:
    if caller.institution_id is None:
        raise Forbidden("请使用机构员工的账号操作")
    return caller.institution_id


async def presence(tx: Tx, caller: Caller) -> Agent | None:
    """The caller as an agent, None before the first report."""
    return await agents.get(tx, desk.account_of(caller))


async def report(
    tx: Tx, caller: Caller, *, state: str, skills: list[str], max_load: int, auto_accept: bool
) -> Agent:
    """The caller is there, or not. Repeated every minute while the page is open, which changes nothing for others."""
    account_id = desk.account_of(caller)
    before = await agents.lock(tx, account_id)
    wanted = (state, skills, max_load, auto_accept)
    await agents.report(
        tx,
        account_id,
        _home(caller),
        state=state,
        skills=skills,
        max_load=max_load,
        auto_accept=auto_accept,
        now=clock.now(),
    )
    if before is None or (before.state, before.skills, before.max_load, before.auto_accept) != wanted:
        await audit.record(
            tx,
            caller,
            "messaging.presence.write",
            subject=f"messaging.agents/{account_id}",
            detail={"state": state, "skills": skills, "max_load": max_load},
        )
        await holding.show_queue(tx, _home(caller))
    found = await agents.get(tx, account_id)
    assert found is not None
    return found


# ---- quick replies ---------------------------------------------------------------------------------------------------


async def quick_replies(tx: Tx, caller: Caller) -> list[QuickReply]:
    return await agents.replies(tx, _home(caller), desk.account_of(caller))


async def add_reply(tx: Tx, caller: Caller, title: str, body: str, *, shared: bool) -> QuickReply:
    owner = None if shared else desk.account_of(caller)
    reply = QuickReply(new_id(), _home(caller), owner, title, body, 1, clock.now())
    await agents.insert_reply(tx, reply)
    await _noted(tx, caller, reply.id, "add")
    return reply


async def change_reply(
    tx: Tx, caller: Caller, reply_id: UUID, version: int, title: str, body: str
) -> QuickReply:
    """Raises `QuickReplyNotFound`, also for a colleague's own, and `QuickReplyChanged`."""
    found = await _reply(tx, caller, reply_id)
    if found.version != version:
        raise QuickReplyChanged
    await _noted(tx, caller, reply_id, "change")
    return await agents.change_reply(tx, reply_id, title, body, clock.now())


async def delete_reply(tx: Tx, caller: Caller, reply_id: UUID) -> None:
    """Raises `QuickReplyNotFound`."""
    await _reply(tx, caller, reply_id)
    await agents.delete_reply(tx, reply_id)
    await _noted(tx, caller, reply_id, "delete")


async def _reply(tx: Tx, caller: Caller, reply_id: UUID) -> QuickReply:
    found = await agents.reply(tx, reply_id, _home(caller), desk.account_of(caller))
    if found is None:
        raise QuickReplyNotFound
    return found


async def _noted(tx: Tx, caller: Caller, reply_id: UUID, action: str) -> None:
    await audit.record(
        tx,
        caller,
        "messaging.quick_reply.write",
        subject=f"messaging.quick_replies/{reply_id}",
        detail={"action": action},
    )
