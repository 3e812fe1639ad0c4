"""What customers do, themselves or for somebody of their family."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.modules.messaging import channels, policy
from kanghu.modules.messaging.errors import (
    ConversationNotFound,
    MessageNotFound,
    NotRateable,
    NotWithdrawable,
    TooFast,
)
from kanghu.modules.messaging.models import Conversation, Draft, Held, Listed, Message, ServiceSession
from kanghu.modules.messaging.repository import conversations, messages, sessions
from kanghu.modules.messaging.service import holding, media, visitors, writing


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a customer wrote somewhere else. `key`: the channel's own number of the message; `media`: what it carries.

    `person_id` is whose conversation it is, None for a visitor; `author_id` who wrote it, if that is another one of the family;
    `address` where on the channel answers reach them, which a visitor must have.
    `answer`: what the channel answers by itself when nobody serves or waits; with `for_staff` they look at it all the same.
    """

    person_id: UUID | None
    institution_id: UUID
    channel: str
    key: str
    kind: str
    text: str = ""
    media: bytes | None = None
    author_id: UUID | None = None
    address: str | None = None
    answer: str = ""
    for_staff: bool = True


@dataclass(frozen=True, slots=True)
class Received:
    """`answered`: the answer that came with it is to be sent now; False for a message that came before."""

    id: UUID
    answered: bool = False


async def receive(tx: Tx, incoming: Incoming) -> Received:
    """The single entrance of what customers write over other channels; the first message when it came before.

    Raises `InstitutionClosed`, `MediaRefused`: what nobody could open is better told as a text that says so, by the channel.
    """
    held = await _held_for(tx, incoming)
    earlier = await messages.by_key(tx, held.conversation.id, incoming.key)
    if earlier is not None:
        return Received(earlier.id)
    author = incoming.author_id or incoming.person_id
    carried = None
    if incoming.media is not None:
        kept = await media.keep(tx, held.conversation, incoming.kind, incoming.media, person_id=author)
        carried = kept.id
    draft = Draft(incoming.kind, incoming.key, "" if carried else incoming.text, carried)
    answered = bool(incoming.answer) and held.session is None
    quietly = answered and not incoming.for_staff
    message, session = await _arrived(
        tx, held, draft, author, incoming.channel, policy.GENERAL, address=incoming.address, quietly=quietly
    )
    if answered:
        held = await holding.hold_any(tx, held.conversation.id)
        await writing.from_system(tx, held, session, f"{policy.ANSWERED_WITH}{incoming.answer}")
    if quietly:
        now = clock.now()
        await sessions.end(tx, session.id, reason=policy.ANSWERED, summary=None, by=None, now=now)
    await holding.note(tx, SYSTEM, "message.receive", held.conversation, channel=incoming.channel)
    return Received(message.id, answered)


async def _held_for(tx: Tx, incoming: Incoming) -> Held:
    if incoming.person_id is None:
        assert incoming.address is not None, "a visitor is known by the address alone"
        return await holding.hold_of_visitor(tx, incoming.institution_id, incoming.channel, incoming.address)
    if incoming.address is not None:
        await visitors.recognise(
            tx, incoming.institution_id, incoming.channel, incoming.address, incoming.person_id
        )
    return await holding.hold_of_person(tx, incoming.person_id, incoming.institution_id, incoming.channel)


async def send(tx: Tx, caller: Caller, institution_id: UUID, draft: Draft, skill: str) -> Message:
    """Raises `InstitutionClosed`, `KeyTaken`, `MediaNotFound`, `MediaUsed`, `TooFast`. The same key again gives the first message."""
    held = await holding.hold_of_person(tx, caller.own_person(), institution_id, channels.APP)
    author = caller.session_person()
    assert author is not None
    earlier = await writing.repeated(tx, held, draft, person_id=author)
    if earlier is not None:
        return earlier
    minute_ago = clock.now() - timedelta(minutes=1)
    if await messages.many_since(tx, held.conversation, minute_ago, policy.MOST_A_MINUTE):
        raise TooFast
    message, _session = await _arrived(tx, held, draft, author, channels.APP, skill)
    await holding.note(tx, caller, "message.send", held.conversation, kind=draft.kind, seq=message.seq)
    return message


async def _arrived(
    tx: Tx,
    held: Held,
    draft: Draft,
    author: UUID | None,
    channel: str,
    skill: str,
    *,
    address: str | None = None,
    quietly: bool = False,
) -> tuple[Message, ServiceSession]:
    """Into the open spell, or a new one that waits for an agent; `quietly`: of which no desk has to hear."""
    session = held.session
    if session is None:
        session = await sessions.start(tx, new_id(), held.conversation.id, skill, clock.now(), None)
        if not quietly:
            await holding.show_queue(tx, held.conversation.institution_id)
    message = await writing.from_customer(tx, held, session, draft, author, channel, address)
    await holding.show(tx, held.conversation, session)
    return message, session


async def own_conversations(tx: Tx, caller: Caller) -> list[Listed]:
    return await conversations.of_person(tx, caller.own_person())


async def own_conversation(tx: Tx, caller: Caller, institution_id: UUID) -> tuple[Listed | None, int]:
    """The conversation with the institution, None before the first word; and how many wait before it."""
    mine = await conversations.of_person(tx, caller.own_person())
    found = next((one for one in mine if one.conversation.institution_id == institution_id), None)
    if found is None or found.session is None or policy.state_of(found.session) != "waiting":
        return found, 0
    return found, await sessions.ahead_of(tx, found.session, institution_id)


async def read(
    tx: Tx, caller: Caller, institution_id: UUID, *, before: int | None, after: int | None, limit: int
) -> list[Message]:
    """In their order; none before the first word."""
    found = await conversations.of_pair(tx, caller.own_person(), institution_id)
    if found is None:
        return []
    await holding.note(tx, caller, "message.read", found)
    return await messages.page(tx, found.id, before=before, after=after, limit=limit)


async def mark_read(tx: Tx, caller: Caller, institution_id: UUID, up_to: int) -> None:
    """Raises `ConversationNotFound`."""
    found = await _of_pair(tx, caller, institution_id)
    if await conversations.customer_has_read(tx, found.id, up_to):
        await holding.note(tx, caller, "message.mark", found, up_to=up_to)
        await holding.show(tx, found, await sessions.open_of(tx, found.id))


async def withdraw(tx: Tx, caller: Caller, message_id: UUID) -> Message:
    """One's own, within two minutes; again is once. Raises `MessageNotFound`, `TooLateToWithdraw`, `NotWithdrawable`."""
    institution_id = await messages.institution_of(tx, message_id, caller.own_person())
    if institution_id is None:
        raise MessageNotFound
    held = await holding.hold_of_person(tx, caller.own_person(), institution_id, channels.APP)
    message = await messages.get(tx, held.conversation.id, message_id)
    assert message is not None
    if message.author_person_id is None or message.author_person_id != caller.session_person():
        raise NotWithdrawable
    return await writing.taken_back(tx, caller, held, message)


async def rate(
    tx: Tx, caller: Caller, institution_id: UUID, session_id: UUID, score: int, comment: str | None
) -> None:
    """Once, within seven days after the end. Raises `ConversationNotFound`, `NotRateable`."""
    found = await _of_pair(tx, caller, institution_id)
    now = clock.now()
    if not await sessions.rate(tx, session_id, found.id, score, comment, now, now - policy.RATE_WITHIN):
        raise NotRateable
    await holding.note(tx, caller, "session.rate", found, score=score)
    await holding.show(tx, found, None)


async def _of_pair(tx: Tx, caller: Caller, institution_id: UUID) -> Conversation:
    found = await conversations.of_pair(tx, caller.own_person(), institution_id)
    if found is None:
        raise ConversationNotFound
    return found
