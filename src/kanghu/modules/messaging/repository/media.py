"""Pictures, voices and films, and the forms in which they are shown."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.messaging.models import File, Media, Sendable

Form = Literal["original", "playable", "thumbnail"]
COLUMN_OF: dict[Form, str] = {"original": "content", "playable": "playable", "thumbnail": "thumbnail"}


def label(column: str) -> str:
    """What binds the sealed value to its place."""
    return f"messaging.media.{column}"


def _media(values: dict[str, Any]) -> Media:
    file = File(*(values.pop(name) for name in ("mime", "size", "conversion", "duration_ms", "has_playable")))
    return Media(**values, file=file)


_COLUMNS = """x.id, x.conversation_id, x.kind, x.mime, x.size, x.conversion, x.duration_ms, x.playable IS NOT NULL AS has_playable,
              x.person_id, x.account_id, x.created_at"""


async def insert(tx: Tx, media: Media, sha256: bytes, content: bytes) -> None:
    await tx.execute(
        """INSERT INTO messaging.media (id, conversation_id, kind, mime, size, sha256, content, person_id, account_id,
                                        created_at, conversion)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        media.id,
        media.conversation_id,
        media.kind,
        media.file.mime,
        media.file.size,
        sha256,
        vault.seal(content, label("content"), media.id),
        media.person_id,
        media.account_id,
        media.created_at,
        media.file.conversion,
    )


async def get(tx: Tx, conversation_id: UUID, media_id: UUID) -> Media | None:
    found = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM messaging.media x WHERE x.id = $1 AND x.conversation_id = $2",
        media_id,
        conversation_id,
    )
    return None if found is None else _media(dict(found))


async def in_reach(tx: Tx, media_id: UUID, scope: Scope, caller: Caller) -> tuple[Media, UUID | None] | None:
    """A media that was sent and not withdrawn, with the person whose conversation it stands in; for staff."""
    found = await tx.fetchrow(
        f"""SELECT {_COLUMNS}, c.person_id AS customer FROM messaging.media x
              JOIN messaging.conversations c ON c.id = x.conversation_id JOIN messaging.messages m ON m.media_id = x.id
             WHERE x.id = $1 AND m.withdrawn_at IS NULL
               AND messaging.reachable(c.id, c.institution_id, c.person_id, $2::kernel.scope, $3)""",
        media_id,
        scope.sql(),
        caller.institution_id,
    )
    return _with_customer(found)


async def of_person(tx: Tx, media_id: UUID, person_id: UUID) -> tuple[Media, UUID | None] | None:
    """The same for the customer."""
    found = await tx.fetchrow(
        f"""SELECT {_COLUMNS}, c.person_id AS customer FROM messaging.media x
              JOIN messaging.conversations c ON c.id = x.conversation_id JOIN messaging.messages m ON m.media_id = x.id
             WHERE x.id = $1 AND m.withdrawn_at IS NULL AND c.person_id = $2""",
        media_id,
        person_id,
    )
    return _with_customer(found)


def _with_customer(record: Record | None) -> tuple[Media, UUID | None] | None:
    if record is None:
        return None
    values = dict(record)
    customer = values.pop("customer")
    return _media(values), customer


async def content(tx: Tx, media_id: UUID, form: Form) -> bytes | None:
    """One form of a media that exists, opened; None: it has none of the kind."""
    column = COLUMN_OF[form]
    sealed = await tx.fetchval(f"SELECT {column} FROM messaging.media WHERE id = $1", media_id)
    return None if sealed is None else vault.open_bytes(sealed, label(column), media_id)


async def sendable(tx: Tx, media_id: UUID) -> Sendable:
    """A media that exists: its playable form, or the original where that is all there is."""
    found = await tx.fetchrow(
        """SELECT CASE WHEN playable IS NULL THEN 'content' ELSE 'playable' END AS column,
                  coalesce(playable, content) AS sealed, thumbnail, duration_ms
             FROM messaging.media WHERE id = $1""",
        media_id,
    )
    assert found is not None, "every media that was sent stays"
    content = vault.open_bytes(found["sealed"], label(found["column"]), media_id)
    thumbnail = found["thumbnail"]
    return Sendable(
        content,
        found["duration_ms"],
        None if thumbnail is None else vault.open_bytes(thumbnail, label("thumbnail"), media_id),
    )


async def to_convert(tx: Tx, media_id: UUID) -> str | None:
    """The kind of a media that waits for its conversion; None: it waits no more."""
    kind: str | None = await tx.fetchval(
        "SELECT kind FROM messaging.media WHERE id = $1 AND conversion = 'waiting'", media_id
    )
    return kind


async def converted(
    tx: Tx,
    media_id: UUID,
    conversion: str,
    duration_ms: int | None,
    playable: bytes | None,
    thumbnail: bytes | None,
) -> UUID | None:
    """Notes what came of the conversion, unless somebody else did; the conversation in which it was sent, if it was."""
    conversation_id: UUID | None = await tx.fetchval(
        """WITH done AS (UPDATE messaging.media SET conversion = $2, duration_ms = $3, playable = $4, thumbnail = $5
                          WHERE id = $1 AND conversion = 'waiting' RETURNING id)
           SELECT m.conversation_id FROM done JOIN messaging.messages m ON m.media_id = done.id""",
        media_id,
        conversion,
        duration_ms,
        _sealed(playable, "playable", media_id),
        _sealed(thumbnail, "thumbnail", media_id),
    )
    return conversation_id


def _sealed(content: bytes | None, column: str, media_id: UUID) -> bytes | None:
    return None if content is None else vault.seal(content, label(column), media_id)


async def is_sent(tx: Tx, media_id: UUID) -> bool:
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM messaging.messages WHERE media_id = $1)", media_id
    )
    return found


async def count_unsent(tx: Tx, conversation_id: UUID) -> int:
    count: int = await tx.fetchval(
        """SELECT count(*) FROM messaging.media x WHERE x.conversation_id = $1
              AND NOT EXISTS (SELECT FROM messaging.messages m WHERE m.media_id = x.id)""",
        conversation_id,
    )
    return count


async def purge_unsent(tx: Tx, before: datetime) -> None:
    await tx.execute(
        """DELETE FROM messaging.media x WHERE x.created_at < $1
              AND NOT EXISTS (SELECT FROM messaging.messages m WHERE m.media_id = x.id)""",
        before,
    )
