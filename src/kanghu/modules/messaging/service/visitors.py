"""Visitors, whom nobody knows yet but by the address they write from: they become a customer, and nothing they said is lost."""

from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.security import SYSTEM
from kanghu.modules.messaging import policy
from kanghu.modules.messaging.models import Held
from kanghu.modules.messaging.repository import conversations, sessions
from kanghu.modules.messaging.service import holding, writing


async def recognise(tx: Tx, institution_id: UUID, channel: str, address: str, person_id: UUID) -> None:
    """What was said from this address before anybody knew whose it is belongs to the person from now on; again is once."""
    visitor = await conversations.lock_of_visitor(tx, institution_id, channel, address)
    if visitor is None:
        return
    if not await conversations.belongs_to(tx, visitor.id, person_id):
        await _join(tx, visitor.id, person_id, institution_id, channel)
    held = await holding.hold_of_person(tx, person_id, institution_id, channel)
    if held.session is not None:
        await writing.from_system(tx, held, held.session, policy.RECOGNISED)
    await holding.note(tx, SYSTEM, "conversation.recognise", held.conversation, was=str(visitor.id))
    await holding.show(tx, held.conversation, held.session)
    await holding.show_queue(tx, institution_id)


async def _join(tx: Tx, visitor_id: UUID, person_id: UUID, institution_id: UUID, channel: str) -> None:
    """Into the conversation that the person has: its service goes on, or else the visitor's does."""
    own = await holding.hold_of_person(tx, person_id, institution_id, channel)
    visitor = await holding.hold_any(tx, visitor_id)
    if own.session is not None and visitor.session is not None:
        await _end(tx, visitor)
        visitor = await holding.hold_any(tx, visitor_id)
    await conversations.join(tx, visitor.conversation, own.conversation)


async def _end(tx: Tx, visitor: Held) -> None:
    session = visitor.session
    assert session is not None
    now = clock.now()
    await sessions.end(tx, session.id, reason=policy.JOINED, summary=None, by=None, now=now)
    await holding.show(tx, visitor.conversation, session)
