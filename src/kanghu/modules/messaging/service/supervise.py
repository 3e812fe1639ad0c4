"""Lists of the desk, its history, and what supervisors do."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel import audit
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller
from kanghu.modules.messaging import policy
from kanghu.modules.messaging.errors import NotServed
from kanghu.modules.messaging.models import (
    Agent,
    Conversation,
    Listed,
    Message,
    ServiceSession,
    SkillQueue,
    Transfer,
)
from kanghu.modules.messaging.repository import agents, conversations, messages, sessions
from kanghu.modules.messaging.service import desk, holding, writing
from kanghu.modules.people import public as people

SEARCHED = 1_000
"""So many messages are opened for one answer: they are sealed, so that the search reads them one by one."""
CONTACTS = 300
"""Names are sealed, so that the list is opened and sorted whole. Everybody else is found by `people`'s search."""


async def queue(
    tx: Tx, caller: Caller, skill: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[Listed]:
    scope = caller.scope(holding.READ)
    await audit.record(tx, caller, "messaging.conversation.read", subject="messaging.queue")
    return await conversations.queue(tx, scope, caller, skill, after, limit)


async def page(
    tx: Tx,
    caller: Caller,
    *,
    state: str | None,
    agent: UUID | None,
    served_by: UUID | None,
    person_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Listed]:
    await audit.record(
        tx, caller, "messaging.conversation.read", subject="messaging.conversations", person_id=person_id
    )
    return await conversations.page(
        tx,
        caller.scope(holding.READ),
        caller,
        state=state,
        agent=agent,
        served_by=served_by,
        person_id=person_id,
        before=before,
        limit=limit,
    )


async def contacts(tx: Tx, caller: Caller) -> list[tuple[Conversation, people.Person]]:
    """The customers whom the caller served last, at most `CONTACTS`, by the pinyin of their names."""
    found = await conversations.contacts(tx, caller.scope(holding.READ), caller, CONTACTS)
    known = await people.persons_of(tx, [one.person_id for one in found if one.person_id])
    await audit.record(
        tx, caller, "messaging.contact.read", subject="messaging.conversations", detail={"rows": len(found)}
    )
    listed = [(one, known[one.person_id]) for one in found if one.person_id in known]
    return sorted(listed, key=lambda pair: people.sort_key(pair[1].name))


async def detail(tx: Tx, caller: Caller, conversation_id: UUID) -> tuple[Listed, list[Transfer]]:
    """With the transfers of the newest spell. Raises `ConversationNotFound`."""
    found = await holding.get(tx, caller, conversation_id)
    await holding.note(tx, caller, "conversation.read", found)
    listed = await conversations.detail(tx, found.id)
    made = await sessions.transfers(tx, [listed.session.id] if listed.session else [])
    return listed, made


async def read(
    tx: Tx, caller: Caller, conversation_id: UUID, *, before: int | None, after: int | None, limit: int
) -> list[Message]:
    """In their order. Raises `ConversationNotFound`."""
    found = await holding.get(tx, caller, conversation_id)
    await holding.note(tx, caller, "message.read", found)
    return await messages.page(tx, found.id, before=before, after=after, limit=limit)


async def spells(
    tx: Tx, caller: Caller, conversation_id: UUID, before: UUID | None, limit: int
) -> tuple[list[ServiceSession], list[Transfer]]:
    """Newest first, with all their transfers. Raises `ConversationNotFound`."""
    found = await holding.get(tx, caller, conversation_id)
    await holding.note(tx, caller, "conversation.read", found)
    listed = await sessions.history(tx, found.id, before, limit)
    return listed, await sessions.transfers(tx, [session.id for session in listed])


async def search(
    tx: Tx,
    caller: Caller,
    person_id: UUID,
    text: str,
    *,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
) -> tuple[list[Message], UUID | None]:
    """What was written with this text, newest first, and from where to look on; None when all was looked through.

    A page may be shorter than `limit` and still not the last one: at most `SEARCHED` messages are opened at a time.
    """
    scope = caller.scope(holding.READ)
    await audit.record(
        tx, caller, "messaging.message.search", subject="messaging.messages", person_id=person_id
    )
    wanted, found = text.casefold(), []
    looked = await messages.texts_of_person(tx, scope, caller, person_id, since, until, before, SEARCHED)
    for message in looked:
        if wanted in message.content.casefold():
            found.append(message)
            if len(found) == limit:
                return found, message.id
    return found, looked[-1].id if len(looked) == SEARCHED else None


# ---- supervisors -----------------------------------------------------------------------------------------------------


async def overview(tx: Tx, caller: Caller) -> tuple[list[SkillQueue], list[Agent]]:
    scope = caller.scope(holding.SUPERVISE)
    waiting = await sessions.waiting_by_skill(tx, scope, caller)
    return waiting, await agents.in_scope(tx, scope, caller.institution_id)


async def colleagues(tx: Tx, caller: Caller) -> list[Agent]:
    return await agents.in_scope(tx, caller.scope(holding.READ), caller.institution_id)


async def take_over(tx: Tx, caller: Caller, conversation_id: UUID, note: str) -> None:
    """An open spell, whoever has it, becomes the caller's. Raises `ConversationNotFound`, `NotServed`."""
    held = await holding.hold(tx, caller, conversation_id, holding.SUPERVISE)
    if held.session is None:
        raise NotServed
    account_id = desk.account_of(caller)
    if held.session.agent_account_id == account_id:
        return
    await desk.hand_over(tx, caller, held, "taken_over", note, to_account=account_id, to_skill=None)
    if held.session.agent_account_id is None:
        await writing.from_system(tx, held, held.session, policy.CLAIMED)
    await desk.changed_hands(tx, held)
