"""Spells of service and their transfers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Record, Tx
from kanghu.kernel.security import Caller, Scope
from kanghu.kernel.waiting import Waiting
from kanghu.modules.messaging.models import ServiceSession, SkillQueue, Transfer

COLUMNS = """s.id, s.conversation_id, s.skill, s.started_at, s.waiting_since, s.agent_account_id, s.claimed_at, s.ended_at,
             s.ended_by, s.end_reason, s.summary, s.satisfaction, s.comment, s.rated_at"""
SUMMARY, COMMENT = "messaging.service_sessions.summary", "messaging.service_sessions.comment"
NOTE = "messaging.transfers.note"


def _open(sealed: bytes | None, context: str, row_id: UUID) -> str | None:
    return None if sealed is None else vault.open(sealed, context, row_id)


def _seal(text: str | None, context: str, row_id: UUID) -> bytes | None:
    return vault.seal(text, context, row_id) if text else None


def opened(record: Record | Mapping[str, Any]) -> ServiceSession:
    texts = {
        "summary": _open(record["summary"], SUMMARY, record["id"]),
        "comment": _open(record["comment"], COMMENT, record["id"]),
    }
    return ServiceSession(**{**record, **texts})


async def start(
    tx: Tx, session_id: UUID, conversation_id: UUID, skill: str, now: datetime, agent: UUID | None
) -> ServiceSession:
    """A new spell: waiting, or at once in the hands of the agent who begins it."""
    record = await tx.fetchrow(
        f"""INSERT INTO messaging.service_sessions AS s
                   (id, conversation_id, skill, started_at, waiting_since, agent_account_id, claimed_at)
            VALUES ($1, $2, $3, $4, $4, $5::uuid, CASE WHEN $5::uuid IS NOT NULL THEN $4::timestamptz END)
            RETURNING {COLUMNS}""",
        session_id,
        conversation_id,
        skill,
        now,
        agent,
    )
    assert record is not None
    return opened(record)


async def open_of(tx: Tx, conversation_id: UUID) -> ServiceSession | None:
    record = await tx.fetchrow(
        f"""SELECT {COLUMNS} FROM messaging.service_sessions s
             WHERE s.conversation_id = $1 AND s.ended_at IS NULL""",
        conversation_id,
    )
    return None if record is None else opened(record)


async def newest_of(tx: Tx, conversation_id: UUID) -> ServiceSession | None:
    record = await tx.fetchrow(
        f"""SELECT {COLUMNS} FROM messaging.service_sessions s
             WHERE s.conversation_id = $1 ORDER BY s.ended_at DESC, s.id DESC LIMIT 1""",
        conversation_id,
    )
    return None if record is None else opened(record)


async def history(tx: Tx, conversation_id: UUID, before: UUID | None, limit: int) -> list[ServiceSession]:
    """Newest first."""
    found = await tx.fetch(
        f"""SELECT {COLUMNS} FROM messaging.service_sessions s
             WHERE s.conversation_id = $1 AND ($2::uuid IS NULL OR s.id < $2) ORDER BY s.id DESC LIMIT $3""",
        conversation_id,
        before,
        limit,
    )
    return [opened(record) for record in found]


async def claim(tx: Tx, session_id: UUID, agent: UUID, now: datetime) -> bool:
    """Whether the agent got it; nobody takes what is in somebody's hands."""
    taken = await tx.fetchval(
        """UPDATE messaging.service_sessions SET agent_account_id = $2, claimed_at = $3
            WHERE id = $1 AND agent_account_id IS NULL AND ended_at IS NULL RETURNING true""",
        session_id,
        agent,
        now,
    )
    return bool(taken)


async def hand_over(
    tx: Tx, session: ServiceSession, *, agent: UUID | None, skill: str, now: datetime
) -> bool:
    """Into other hands, or back into the queue (`agent` None). False when it is not any more in the hands it was in."""
    moved = await tx.fetchval(
        """UPDATE messaging.service_sessions
              SET agent_account_id = $3, claimed_at = CASE WHEN $3::uuid IS NOT NULL THEN $5::timestamptz END, skill = $4,
                  waiting_since = CASE WHEN $3::uuid IS NULL THEN $5 ELSE waiting_since END
            WHERE id = $1 AND agent_account_id IS NOT DISTINCT FROM $2 AND ended_at IS NULL RETURNING true""",
        session.id,
        session.agent_account_id,
        agent,
        skill,
        now,
    )
    return bool(moved)


async def end(
    tx: Tx, session_id: UUID, *, reason: str, summary: str | None, by: UUID | None, now: datetime
) -> bool:
    ended = await tx.fetchval(
        """UPDATE messaging.service_sessions SET ended_at = $2, end_reason = $3, summary = $4, ended_by = $5
            WHERE id = $1 AND ended_at IS NULL RETURNING true""",
        session_id,
        now,
        reason,
        _seal(summary, SUMMARY, session_id),
        by,
    )
    return bool(ended)


async def rate(
    tx: Tx,
    session_id: UUID,
    conversation_id: UUID,
    score: int,
    comment: str | None,
    now: datetime,
    since: datetime,
) -> bool:
    """Whether it could be rated: once, after its end, and only one that ended after `since`."""
    rated = await tx.fetchval(
        """UPDATE messaging.service_sessions SET satisfaction = $3, comment = $4, rated_at = $5
            WHERE id = $1 AND conversation_id = $2 AND rated_at IS NULL AND ended_at > $6 RETURNING true""",
        session_id,
        conversation_id,
        score,
        _seal(comment, COMMENT, session_id),
        now,
        since,
    )
    return bool(rated)


async def first_waiting(tx: Tx, institution_id: UUID, skills: list[str]) -> UUID | None:
    """The conversation whose turn it is among those with these skills, locked; those that others hold are passed over."""
    found: UUID | None = await tx.fetchval(
        """SELECT c.id FROM messaging.service_sessions s JOIN messaging.conversations c ON c.id = s.conversation_id
            WHERE s.ended_at IS NULL AND s.agent_account_id IS NULL
              AND c.institution_id = $1 AND s.skill = ANY ($2::text[])
            ORDER BY s.started_at, s.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED""",
        institution_id,
        skills,
    )
    return found


async def ahead_of(tx: Tx, session: ServiceSession, institution_id: UUID) -> int:
    """How many wait before this one for the same skill."""
    count: int = await tx.fetchval(
        """SELECT count(*) FROM messaging.service_sessions s JOIN messaging.conversations c ON c.id = s.conversation_id
            WHERE s.ended_at IS NULL AND s.agent_account_id IS NULL AND c.institution_id = $1 AND s.skill = $2
              AND (s.started_at, s.id) < ($3, $4)""",
        institution_id,
        session.skill,
        session.started_at,
        session.id,
    )
    return count


async def waiting_by_skill(tx: Tx, scope: Scope, caller: Caller) -> list[SkillQueue]:
    found = await tx.fetch(
        """SELECT s.skill, count(*) AS count, min(s.waiting_since) AS oldest_at
             FROM messaging.service_sessions s JOIN messaging.conversations c ON c.id = s.conversation_id
            WHERE s.ended_at IS NULL AND s.agent_account_id IS NULL
              AND messaging.reachable(c.id, c.institution_id, c.person_id, $1::kernel.scope, $2)
            GROUP BY s.skill ORDER BY s.skill""",
        scope.sql(),
        caller.institution_id,
    )
    return [SkillQueue(**record) for record in found]


async def count_waiting(tx: Tx, scope: Scope, caller: Caller) -> Waiting:
    return Waiting.counted(
        await tx.fetchrow(
            """SELECT count(*) AS count, min(s.waiting_since) AS oldest_at
                 FROM messaging.service_sessions s JOIN messaging.conversations c ON c.id = s.conversation_id
                WHERE s.ended_at IS NULL AND s.agent_account_id IS NULL
                  AND messaging.reachable(c.id, c.institution_id, c.person_id, $1::kernel.scope, $2)""",
            scope.sql(),
            caller.institution_id,
        )
    )


async def note_transfer(tx: Tx, transfer: Transfer) -> None:
    await tx.execute(
        """INSERT INTO messaging.transfers
                  (id, service_session_id, from_account_id, to_account_id, to_skill, kind, note, made_by, at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        transfer.id,
        transfer.service_session_id,
        transfer.from_account_id,
        transfer.to_account_id,
        transfer.to_skill,
        transfer.kind,
        _seal(transfer.note, NOTE, transfer.id),
        transfer.made_by,
        transfer.at,
    )


async def transfers(tx: Tx, session_ids: list[UUID]) -> list[Transfer]:
    """In the order in which they were made."""
    found = await tx.fetch(
        """SELECT id, service_session_id, from_account_id, to_account_id, to_skill, kind, note, made_by, at
             FROM messaging.transfers WHERE service_session_id = ANY ($1::uuid[]) ORDER BY id""",
        session_ids,
    )
    return [Transfer(**{**record, "note": _open(record["note"], NOTE, record["id"])}) for record in found]
