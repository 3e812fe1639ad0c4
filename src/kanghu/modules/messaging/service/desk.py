"""What agents do: take a customer from the queue, answer, pass on, end."""

from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Forbidden
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import enqueue
from kanghu.kernel.security import Caller
from kanghu.modules.messaging import policy
from kanghu.modules.messaging.errors import (
    AgentUnfit,
    Busy,
    MessageNotFound,
    NotClaimed,
    NotFailed,
    NotMySkill,
    NotOnDuty,
    NotServed,
    NotWaiting,
    NotWithdrawable,
    ServedByAnother,
)
from kanghu.modules.messaging.models import Agent, Deliver, Draft, Held, Message, ServiceSession, Transfer
from kanghu.modules.messaging.repository import agents, conversations, messages, sessions
from kanghu.modules.messaging.service import holding, writing


def account_of(caller: Caller) -> UUID:
    if caller.account_id is None:
        raise Forbidden
    return caller.account_id


# ---- out of the queue ----------------------------------------------------------------------------------------------


async def claim(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """The one who waits becomes the caller's customer; again is once.

    Raises `NotOnDuty`, `ConversationNotFound`, `NotWaiting`, `ServedByAnother`, `NotMySkill`, `Busy`.
    """
    agent = await _on_duty(tx, caller)
    held = await holding.hold(tx, caller, conversation_id, policy.CLAIM)
    if held.session is None:
        raise NotWaiting
    if held.session.agent_account_id == agent.account_id:
        return
    if held.session.agent_account_id is not None:
        raise ServedByAnother
    if held.conversation.institution_id != agent.institution_id:
        raise NotOnDuty("只能接入本机构的客户")
    if held.session.skill not in agent.skills:
        raise NotMySkill
    if agent.load >= agent.max_load:
        raise Busy
    await take(tx, caller, held, held.session, agent.account_id)


async def claim_next(tx: Tx, caller: Caller) -> UUID | None:
    """Whose turn it is, taken; None when nobody waits whom the caller can serve. Raises `NotOnDuty`, `Busy`."""
    agent = await _on_duty(tx, caller)
    if agent.load >= agent.max_load:
        raise Busy
    while conversation_id := await sessions.first_waiting(tx, agent.institution_id, agent.skills):
        held = await holding.hold_any(tx, conversation_id)
        if held.session is not None and held.session.agent_account_id is None:
            await take(tx, caller, held, held.session, agent.account_id)
            return conversation_id
        # Taken between looking and locking; the next look does not find it any more.
    return None


async def _on_duty(tx: Tx, caller: Caller) -> Agent:
    """The caller as an agent, locked: one gets customers one at a time. Raises `NotOnDuty`."""
    agent = await agents.lock(tx, account_of(caller))
    if agent is None or agent.state != "online":
        raise NotOnDuty
    return agent


async def take(tx: Tx, caller: Caller, held: Held, session: ServiceSession, account_id: UUID) -> None:
    """Gives a waiting spell of a held conversation to an agent. Raises `ServedByAnother`."""
    if not await sessions.claim(tx, session.id, account_id, clock.now()):
        raise ServedByAnother
    await writing.from_system(tx, held, session, policy.CLAIMED)
    await holding.note(tx, caller, "conversation.claim", held.conversation, agent=str(account_id))
    await changed_hands(tx, held)


async def changed_hands(tx: Tx, held: Held) -> None:
    """Those who had it and those who have it now look again."""
    session = await sessions.newest_of(tx, held.conversation.id)
    await holding.show(tx, held.conversation, session)
    if held.session is not None and held.session.agent_account_id is not None:
        await holding.show(tx, held.conversation, held.session)
    await holding.show_queue(tx, held.conversation.institution_id)


# ---- talking -------------------------------------------------------------------------------------------------------


async def send(tx: Tx, caller: Caller, conversation_id: UUID, draft: Draft) -> Message:
    """To one's own customer, or, where nobody serves, beginning a spell of one's own. The same key again gives the first message.

    Raises `ConversationNotFound`, `KeyTaken`, `NotClaimed`, `ServedByAnother`, `MediaNotFound`, `MediaUsed`.
    """
    held = await holding.hold(tx, caller, conversation_id, holding.WRITE)
    account_id = account_of(caller)
    earlier = await writing.repeated(tx, held, draft, account_id=account_id)
    if earlier is not None:
        return earlier
    session = held.session
    if session is None:
        session = await sessions.start(
            tx, new_id(), held.conversation.id, policy.GENERAL, clock.now(), account_id
        )
        await holding.show_queue(tx, held.conversation.institution_id)
    _check_mine(session, account_id)
    message = await writing.from_staff(tx, held, session, draft, account_id)
    await holding.note(tx, caller, "message.send", held.conversation, kind=draft.kind, seq=message.seq)
    await holding.show(tx, held.conversation, session)
    return message


def _check_mine(session: ServiceSession, account_id: UUID) -> None:
    if session.agent_account_id is None:
        raise NotClaimed
    if session.agent_account_id != account_id:
        raise ServedByAnother


async def mark_read(tx: Tx, caller: Caller, conversation_id: UUID, up_to: int) -> None:
    """Raises `ConversationNotFound`."""
    found = await holding.get(tx, caller, conversation_id, holding.WRITE)
    if await conversations.staff_have_read(tx, found.id, up_to):
        await holding.note(tx, caller, "message.mark", found, up_to=up_to)
        await holding.show(tx, found, await sessions.open_of(tx, found.id))


async def withdraw(tx: Tx, caller: Caller, conversation_id: UUID, message_id: UUID) -> Message:
    """One's own, within two minutes. Raises `MessageNotFound`, `TooLateToWithdraw`, `NotWithdrawable`."""
    held, message = await _message(tx, caller, conversation_id, message_id)
    if message.author_account_id != account_of(caller):
        raise NotWithdrawable
    return await writing.taken_back(tx, caller, held, message)


async def send_again(tx: Tx, caller: Caller, conversation_id: UUID, message_id: UUID) -> Message:
    """One that its channel did not take. Raises `MessageNotFound`, `NotFailed`."""
    held, message = await _message(tx, caller, conversation_id, message_id)
    if not await messages.try_again(tx, message.id):
        raise NotFailed
    await enqueue(tx, "messaging.deliver", Deliver(message.id))
    await holding.note(tx, caller, "message.send", held.conversation, seq=message.seq, again=1)
    await holding.show(tx, held.conversation, held.session)
    again = await messages.get(tx, held.conversation.id, message.id)
    assert again is not None
    return again


async def _message(tx: Tx, caller: Caller, conversation_id: UUID, message_id: UUID) -> tuple[Held, Message]:
    held = await holding.hold(tx, caller, conversation_id, holding.WRITE)
    message = await messages.get(tx, held.conversation.id, message_id)
    if message is None:
        raise MessageNotFound
    return held, message


# ---- passing on and ending -----------------------------------------------------------------------------------------


async def transfer(
    tx: Tx, caller: Caller, conversation_id: UUID, note: str, *, to_account: UUID | None, to_skill: str | None
) -> None:
    """One's own customer, to a colleague who is there or back into the queue, with a note that the customer does not see.

    Exactly one of `to_account` and `to_skill`. Raises `ConversationNotFound`, `NotServed`, `NotClaimed`, `ServedByAnother`,
    `AgentUnfit`.
    """
    # The colleague before the conversation: locks are taken in one order.
    colleague = await agents.lock(tx, to_account) if to_account is not None else None
    held = await holding.hold(tx, caller, conversation_id, holding.WRITE)
    if held.session is None:
        raise NotServed
    _check_mine(held.session, account_of(caller))
    if to_account is not None and not _fit(colleague, held):
        raise AgentUnfit
    await hand_over(tx, caller, held, "transferred", note, to_account=to_account, to_skill=to_skill)
    await writing.from_system(tx, held, held.session, policy.PASSED_ON)
    await changed_hands(tx, held)


def _fit(colleague: Agent | None, held: Held) -> bool:
    return (
        colleague is not None
        and colleague.state == "online"
        and colleague.load < colleague.max_load
        and colleague.institution_id == held.conversation.institution_id
        and held.session is not None
        and colleague.account_id != held.session.agent_account_id
    )


async def hand_over(
    tx: Tx,
    caller: Caller,
    held: Held,
    kind: str,
    note: str | None,
    *,
    to_account: UUID | None,
    to_skill: str | None,
) -> None:
    """Moves the open spell and writes down who did it and why. Raises `ServedByAnother`."""
    session = held.session
    assert session is not None
    now = clock.now()
    if not await sessions.hand_over(tx, session, agent=to_account, skill=to_skill or session.skill, now=now):
        raise ServedByAnother
    await sessions.note_transfer(
        tx,
        Transfer(
            id=new_id(),
            service_session_id=session.id,
            from_account_id=session.agent_account_id,
            to_account_id=to_account,
            to_skill=to_skill,
            kind=kind,
            note=note,
            made_by=caller.account_id,
            at=now,
        ),
    )
    to = str(to_account) if to_account else to_skill
    await holding.note(tx, caller, "conversation.transfer", held.conversation, kind=kind, to=to)


async def end(tx: Tx, caller: Caller, conversation_id: UUID, reason: str, summary: str) -> None:
    """One's own customer's spell. Raises `ConversationNotFound`, `NotServed`, `NotClaimed`, `ServedByAnother`."""
    held = await holding.hold(tx, caller, conversation_id, holding.WRITE)
    if held.session is None:
        raise NotServed
    _check_mine(held.session, account_of(caller))
    await finish(tx, caller, held, reason, summary, policy.ENDED)


async def finish(tx: Tx, caller: Caller, held: Held, reason: str, summary: str | None, text: str) -> None:
    """Ends the open spell of a held conversation."""
    session = held.session
    assert session is not None
    await writing.from_system(tx, held, session, text)
    await sessions.end(tx, session.id, reason=reason, summary=summary, by=caller.account_id, now=clock.now())
    await holding.note(tx, caller, "conversation.end", held.conversation, reason=reason)
    await changed_hands(tx, held)
