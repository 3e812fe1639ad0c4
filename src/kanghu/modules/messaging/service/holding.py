"""Holding a conversation: whatever changes it goes through here, one after the other."""

from uuid import UUID

from kanghu.kernel import audit, clock, live
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import enqueue
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import public as accounts
from kanghu.modules.messaging.errors import ConversationNotFound, InstitutionClosed
from kanghu.modules.messaging.models import Assign, Conversation, Held, ServiceSession
from kanghu.modules.messaging.repository import agents, conversations, sessions

READ, WRITE = "messaging.conversation.read", "messaging.conversation.write"
SUPERVISE = "messaging.queue.supervise"


async def get(tx: Tx, caller: Caller, conversation_id: UUID, permission: str = READ) -> Conversation:
    """Raises `ConversationNotFound`, also outside the caller's scope."""
    found = await conversations.get(tx, conversation_id, caller.scope(permission), caller)
    if found is None:
        raise ConversationNotFound
    return found


async def hold(tx: Tx, caller: Caller, conversation_id: UUID, permission: str) -> Held:
    """For somebody of the staff. Raises `ConversationNotFound`, also outside the caller's scope."""
    found = await conversations.lock_in_reach(tx, conversation_id, caller.scope(permission), caller)
    if found is None:
        raise ConversationNotFound
    return Held(found, await sessions.open_of(tx, found.id))


async def hold_any(tx: Tx, conversation_id: UUID) -> Held:
    """For the clock; one that exists."""
    found = await conversations.lock(tx, conversation_id)
    assert found is not None
    return Held(found, await sessions.open_of(tx, found.id))


async def hold_of_person(tx: Tx, person_id: UUID, institution_id: UUID, channel: str) -> Held:
    """The person's conversation with the institution, which begins here. Raises `InstitutionClosed` where none may begin."""
    found = await conversations.lock_pair(tx, person_id, institution_id)
    if found is None:
        await _refuse_closed(tx, institution_id)
        await conversations.ensure(tx, new_id(), person_id, institution_id, channel, clock.now())
        found = await conversations.lock_pair(tx, person_id, institution_id)
        assert found is not None
    return Held(found, await sessions.open_of(tx, found.id))


async def hold_of_visitor(tx: Tx, institution_id: UUID, channel: str, address: str) -> Held:
    """The conversation of somebody of whom only this is known, which begins here. Raises `InstitutionClosed`."""
    found = await conversations.lock_of_visitor(tx, institution_id, channel, address)
    if found is None:
        await _refuse_closed(tx, institution_id)
        await conversations.ensure_of_visitor(tx, new_id(), institution_id, channel, address, clock.now())
        found = await conversations.lock_of_visitor(tx, institution_id, channel, address)
        assert found is not None
    return Held(found, await sessions.open_of(tx, found.id))


async def _refuse_closed(tx: Tx, institution_id: UUID) -> None:
    if all(known.id != institution_id for known in await accounts.active_institutions(tx)):
        raise InstitutionClosed


# ---- what others hear --------------------------------------------------------------------------------------------


async def show(tx: Tx, conversation: Conversation, session: ServiceSession | None) -> None:
    """The customer, the agent and supervisors look again."""
    await live.tell(
        tx,
        "messaging.messages",
        person_id=conversation.person_id,
        institution_id=conversation.institution_id,
        account_id=session.agent_account_id if session else None,
    )


async def show_queue(tx: Tx, institution_id: UUID) -> None:
    """Who waits or serves has changed: desks look again, and those to whom customers are assigned may get one."""
    await live.tell(tx, "messaging.queue", institution_id=institution_id)
    if await agents.somebody_accepts(tx, institution_id):
        await enqueue(tx, "messaging.assign", Assign(institution_id))


async def note(
    tx: Tx, caller: Caller, action: str, conversation: Conversation, **detail: str | int | None
) -> None:
    await audit.record(
        tx,
        caller,
        f"messaging.{action}",
        subject=f"messaging.conversations/{conversation.id}",
        person_id=conversation.person_id,
        institution_id=conversation.institution_id,
        detail=detail,
    )
