"""A message gets its place in a conversation that is held. The same key again is the same message."""

from dataclasses import replace
from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import enqueue
from kanghu.kernel.security import Caller
from kanghu.modules.messaging import channels, policy
from kanghu.modules.messaging.errors import (
    KeyTaken,
    MediaNotFound,
    MediaUsed,
    NotWithdrawable,
    TooLateToWithdraw,
)
from kanghu.modules.messaging.models import Deliver, Draft, File, Held, Message, ServiceSession
from kanghu.modules.messaging.repository import conversations, media, messages
from kanghu.modules.messaging.service import cards, holding


async def repeated(
    tx: Tx, held: Held, draft: Draft, *, person_id: UUID | None = None, account_id: UUID | None = None
) -> Message | None:
    """The message that came before with this key. Raises `KeyTaken` when that was another one, or somebody else's."""
    earlier = await messages.by_key(tx, held.conversation.id, draft.client_key)
    if earlier is None:
        return None
    by = (earlier.author_person_id, earlier.author_account_id)
    if by != (person_id, account_id) or not _says_the_same(earlier, draft):
        raise KeyTaken
    return earlier


def _says_the_same(earlier: Message, draft: Draft) -> bool:
    if (earlier.kind, earlier.media_id) != (draft.kind, draft.media_id):
        return False
    if draft.kind == "card":
        # What a card shows may have changed meanwhile; it is about the same thing.
        return cards.decoded(earlier.content).subject == cards.decoded(draft.content).subject
    return earlier.content == draft.content


async def from_customer(
    tx: Tx,
    held: Held,
    session: ServiceSession,
    draft: Draft,
    person_id: UUID | None,
    channel: str,
    address: str | None = None,
) -> Message:
    """Raises `MediaNotFound`, `MediaUsed`."""
    file = await _carried(tx, held, draft, person_id=person_id)
    message = _made(session, draft, channel, address)
    return await _placed(
        tx,
        replace(
            message,
            direction="in",
            author_person_id=person_id,
            state="received",
            file=file,
        ),
    )


async def from_staff(tx: Tx, held: Held, session: ServiceSession, draft: Draft, account_id: UUID) -> Message:
    """Goes out the way the customer last came in. Raises `MediaNotFound`, `MediaUsed`."""
    file = await _carried(tx, held, draft, account_id=account_id)
    message = replace(
        _made(session, draft, held.conversation.channel, held.conversation.address),
        author_account_id=account_id,
        file=file,
    )
    if not channels.is_stored_only(message.channel):
        message = replace(message, state="pending", sent_at=None)
        await enqueue(tx, "messaging.deliver", Deliver(message.id))
    return await _placed(tx, message)


async def from_system(tx: Tx, held: Held, session: ServiceSession, text: str) -> Message:
    """A line in the conversation itself; other channels are not burdened with it."""
    draft = Draft(kind="system", client_key="", content=text)
    known = held.conversation
    return await _placed(tx, _made(session, draft, known.channel, known.address))


def _made(session: ServiceSession, draft: Draft, channel: str, address: str | None) -> Message:
    """As of the system and sent; `seq` follows when it is placed."""
    now = clock.now()
    return Message(
        id=new_id(),
        conversation_id=session.conversation_id,
        seq=0,
        service_session_id=session.id,
        direction="out",
        kind=draft.kind,
        author_person_id=None,
        author_account_id=None,
        content=draft.content,
        media_id=draft.media_id,
        channel=channel,
        address=address,
        client_key=draft.client_key or None,
        state="sent",
        resent=0,
        failure="",
        created_at=now,
        sent_at=now,
        withdrawn_at=None,
        file=None,
    )


async def _placed(tx: Tx, message: Message) -> Message:
    said_by_whom = None if message.kind == "system" else message.direction
    number = await conversations.next_number(
        tx, message.conversation_id, said_by_whom, message.channel, message.address, message.created_at
    )
    placed = replace(message, seq=number, sent_at=message.sent_at if message.state == "sent" else None)
    await messages.insert(tx, placed)
    return placed


async def _carried(
    tx: Tx, held: Held, draft: Draft, *, person_id: UUID | None = None, account_id: UUID | None = None
) -> File | None:
    """The media that the draft names: of this conversation, of this author and kind, and not sent before."""
    if draft.media_id is None:
        return None
    found = await media.get(tx, held.conversation.id, draft.media_id)
    if (
        found is None
        or found.kind != draft.kind
        or (found.person_id, found.account_id) != (person_id, account_id)
    ):
        raise MediaNotFound
    if await media.is_sent(tx, found.id):
        raise MediaUsed
    return found.file


async def taken_back(tx: Tx, caller: Caller, held: Held, message: Message) -> Message:
    """The author's message, withdrawn. Raises `TooLateToWithdraw`, `NotWithdrawable` where the channel has shown it already."""
    if message.withdrawn_at is not None:
        return message
    if not channels.is_stored_only(message.channel):
        raise NotWithdrawable
    if not policy.withdrawable(message, clock.now()):
        raise TooLateToWithdraw
    await messages.withdraw(tx, message.id, clock.now())
    await holding.note(tx, caller, "message.withdraw", held.conversation, seq=message.seq)
    await holding.show(tx, held.conversation, held.session)
    taken = await messages.get(tx, held.conversation.id, message.id)
    assert taken is not None
    return taken
