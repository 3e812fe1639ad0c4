"""Messages and what they carry."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.messaging.models import Conversation, File, Message

CONTENT = "messaging.messages.content"
_COLUMNS = """m.id, m.conversation_id, m.seq, m.service_session_id, m.direction, m.kind, m.author_person_id,
              m.author_account_id, m.content, m.media_id, m.channel, m.address, m.client_key, m.state,
              m.resent, m.failure, m.created_at, m.sent_at, m.withdrawn_at,
              x.mime, x.size, x.conversion, x.duration_ms, x.playable IS NOT NULL AS has_playable"""
_OF_FILE = ("mime", "size", "conversion", "duration_ms", "has_playable")
_FROM = "messaging.messages m LEFT JOIN messaging.media x ON x.id = m.media_id"


def _opened(record: Record) -> Message:
    sealed = record["content"]
    content = "" if sealed is None else vault.open(sealed, CONTENT, record["id"])
    values = {**record, "content": content}
    file = File(*(values.pop(name) for name in _OF_FILE))
    return Message(**values, file=None if file.mime is None else file)


async def insert(tx: Tx, message: Message) -> None:
    await tx.execute(
        """INSERT INTO messaging.messages (id, conversation_id, seq, service_session_id, direction, kind, author_person_id,
                                           author_account_id, content, media_id, channel, address, client_key, state,
                                           created_at, sent_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)""",
        message.id,
        message.conversation_id,
        message.seq,
        message.service_session_id,
        message.direction,
        message.kind,
        message.author_person_id,
        message.author_account_id,
        None if message.media_id else vault.seal(message.content, CONTENT, message.id),
        message.media_id,
        message.channel,
        message.address,
        message.client_key,
        message.state,
        message.created_at,
        message.sent_at,
    )


async def get(tx: Tx, conversation_id: UUID, message_id: UUID) -> Message | None:
    record = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM {_FROM} WHERE m.id = $1 AND m.conversation_id = $2",
        message_id,
        conversation_id,
    )
    return None if record is None else _opened(record)


async def institution_of(tx: Tx, message_id: UUID, person_id: UUID) -> UUID | None:
    """With which institution the person has the conversation in which the message stands."""
    found: UUID | None = await tx.fetchval(
        """SELECT c.institution_id FROM messaging.messages m JOIN messaging.conversations c ON c.id = m.conversation_id
            WHERE m.id = $1 AND c.person_id = $2""",
        message_id,
        person_id,
    )
    return found


async def by_key(tx: Tx, conversation_id: UUID, client_key: str) -> Message | None:
    record = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM {_FROM} WHERE m.conversation_id = $1 AND m.client_key = $2",
        conversation_id,
        client_key,
    )
    return None if record is None else _opened(record)


async def many_since(tx: Tx, held: Conversation, since: datetime, many: int) -> bool:
    """Whether the customer has written so many since then, as far as the last 2 × `many` messages tell."""
    found: int = await tx.fetchval(
        """SELECT count(*) FROM messaging.messages
            WHERE conversation_id = $1 AND seq > $2 AND direction = 'in' AND created_at > $3""",
        held.id,
        held.last_seq - 2 * many,
        since,
    )
    return found >= many


async def page(
    tx: Tx, conversation_id: UUID, *, before: int | None, after: int | None, limit: int
) -> list[Message]:
    """In their order: the first ones after `after`, otherwise the last ones (before `before`)."""
    if after is not None:
        found = await tx.fetch(
            f"""SELECT {_COLUMNS} FROM {_FROM}
                 WHERE m.conversation_id = $1 AND m.seq > $2 AND ($3::bigint IS NULL OR m.seq < $3)
                 ORDER BY m.seq LIMIT $4""",
            conversation_id,
            after,
            before,
            limit,
        )
        return [_opened(record) for record in found]
    found = await tx.fetch(
        f"""SELECT {_COLUMNS} FROM {_FROM}
             WHERE m.conversation_id = $1 AND ($2::bigint IS NULL OR m.seq < $2) ORDER BY m.seq DESC LIMIT $3""",
        conversation_id,
        before,
        limit,
    )
    return [_opened(record) for record in reversed(found)]


async def texts_of_person(
    tx: Tx,
    scope: Scope,
    caller: Caller,
    person_id: UUID,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[Message]:
    """What a person and the staff have written to each other, newest first; what was withdrawn is not there."""
    found = await tx.fetch(
        f"""SELECT {_COLUMNS} FROM {_FROM} JOIN messaging.conversations c ON c.id = m.conversation_id
             WHERE c.person_id = $1 AND messaging.reachable(c.id, c.institution_id, c.person_id, $2::kernel.scope, $3)
               AND m.kind IN ('text', 'card') AND m.withdrawn_at IS NULL
               AND ($4::timestamptz IS NULL OR m.created_at >= $4) AND ($5::timestamptz IS NULL OR m.created_at < $5)
               AND ($6::uuid IS NULL OR m.id < $6)
             ORDER BY m.id DESC LIMIT $7""",
        person_id,
        scope.sql(),
        caller.institution_id,
        since,
        until,
        before,
        limit,
    )
    return [_opened(record) for record in found]


async def withdraw(tx: Tx, message_id: UUID, now: datetime) -> None:
    await tx.execute("UPDATE messaging.messages SET withdrawn_at = $2 WHERE id = $1", message_id, now)


# ---- ways out ----------------------------------------------------------------------------------------------------


async def pending(tx: Tx, message_id: UUID) -> tuple[Message, bool] | None:
    """A message that is to be handed out, and whether an earlier one of its conversation still waits for that."""
    record = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM {_FROM} WHERE m.id = $1 AND m.state = 'pending'", message_id
    )
    if record is None:
        return None
    message = _opened(record)
    earlier: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM messaging.messages
                           WHERE conversation_id = $1 AND state = 'pending' AND seq < $2)""",
        message.conversation_id,
        message.seq,
    )
    return message, earlier


async def settle(tx: Tx, message_id: UUID, state: str, failure: str, now: datetime) -> bool:
    """A pending message is sent or failed, with the reason; False when it was settled before."""
    done = await tx.fetchval(
        """UPDATE messaging.messages
              SET state = $2, failure = $3, sent_at = CASE WHEN $2 = 'sent' THEN $4::timestamptz END
            WHERE id = $1 AND state = 'pending' RETURNING true""",
        message_id,
        state,
        failure,
        now,
    )
    return bool(done)


async def try_again(tx: Tx, message_id: UUID) -> bool:
    """False unless it had failed."""
    done = await tx.fetchval(
        """UPDATE messaging.messages SET state = 'pending', failure = '', resent = resent + 1
            WHERE id = $1 AND state = 'failed' AND withdrawn_at IS NULL RETURNING true""",
        message_id,
    )
    return bool(done)


async def pending_since(tx: Tx, before: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Conversation and message of those that wait to be handed out since before then."""
    found = await tx.fetch(
        """SELECT id, conversation_id FROM messaging.messages
            WHERE state = 'pending' AND created_at < $1 ORDER BY created_at LIMIT $2""",
        before,
        limit,
    )
    return [(record["conversation_id"], record["id"]) for record in found]
