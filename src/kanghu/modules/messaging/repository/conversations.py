"""Conversations: finding, locking, marks of what was read."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from kanghu.kernel.db import Tx, row
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.messaging.models import Conversation, Listed
from kanghu.modules.messaging.repository import sessions

COLUMNS = """c.id, c.person_id, c.institution_id, c.channel, c.address, c.last_seq, c.last_at, c.last_direction, c.customer_read_seq,
             c.staff_read_seq, c.created_at"""


async def ensure(
    tx: Tx, conversation_id: UUID, person_id: UUID, institution_id: UUID, channel: str, now: datetime
) -> bool:
    """Whether it was made; False when the person has one with this institution already."""
    made = await tx.fetchval(
        """INSERT INTO messaging.conversations (id, person_id, institution_id, channel, last_at, created_at)
           VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (person_id, institution_id) DO NOTHING RETURNING true""",
        conversation_id,
        person_id,
        institution_id,
        channel,
        now,
    )
    return bool(made)


async def ensure_of_visitor(
    tx: Tx, conversation_id: UUID, institution_id: UUID, channel: str, address: str, now: datetime
) -> None:
    await tx.execute(
        """INSERT INTO messaging.conversations (id, institution_id, channel, address, last_at, created_at)
           VALUES ($1, $2, $3, $4, $5, $5)
           ON CONFLICT (institution_id, channel, address) WHERE person_id IS NULL DO NOTHING""",
        conversation_id,
        institution_id,
        channel,
        address,
        now,
    )


async def lock_of_visitor(tx: Tx, institution_id: UUID, channel: str, address: str) -> Conversation | None:
    found = await tx.fetchrow(
        f"""SELECT {COLUMNS} FROM messaging.conversations c
             WHERE c.person_id IS NULL AND c.institution_id = $1 AND c.channel = $2 AND c.address = $3 FOR UPDATE""",
        institution_id,
        channel,
        address,
    )
    return row(Conversation, found)


async def belongs_to(tx: Tx, conversation_id: UUID, person_id: UUID) -> bool:
    """A visitor is known now. False when the person has a conversation with the institution already."""
    made = await tx.fetchval(
        """UPDATE messaging.conversations AS c SET person_id = $2
            WHERE c.id = $1 AND NOT EXISTS (SELECT FROM messaging.conversations o
                                             WHERE o.person_id = $2 AND o.institution_id = c.institution_id)
           RETURNING true""",
        conversation_id,
        person_id,
    )
    return bool(made)


async def join(tx: Tx, visitor: Conversation, own: Conversation) -> None:
    """What a visitor said follows what was said in the person's own conversation; both are locked. The visitor's is gone.

    Marks of what was read go on only where nothing before them is unread.
    """
    for table in ("messages", "service_sessions", "media"):
        number = ", seq = seq + $3" if table == "messages" else ""
        given = (visitor.id, own.id, own.last_seq) if number else (visitor.id, own.id)
        await tx.execute(
            f"UPDATE messaging.{table} SET conversation_id = $2{number} WHERE conversation_id = $1", *given
        )
    await tx.execute(
        """UPDATE messaging.conversations AS c
              SET last_seq = c.last_seq + v.last_seq,
                  staff_read_seq = CASE WHEN c.staff_read_seq = c.last_seq THEN c.last_seq + v.staff_read_seq
                                        ELSE c.staff_read_seq END,
                  channel = CASE WHEN v.last_at >= c.last_at THEN v.channel ELSE c.channel END,
                  address = CASE WHEN v.last_at >= c.last_at THEN v.address ELSE c.address END,
                  last_direction = CASE WHEN v.last_at >= c.last_at THEN coalesce(v.last_direction, c.last_direction)
                                        ELSE coalesce(c.last_direction, v.last_direction) END,
                  last_at = greatest(c.last_at, v.last_at)
             FROM messaging.conversations v WHERE c.id = $2 AND v.id = $1""",
        visitor.id,
        own.id,
    )
    await tx.execute("DELETE FROM messaging.conversations WHERE id = $1", visitor.id)


async def of_pair(tx: Tx, person_id: UUID, institution_id: UUID) -> Conversation | None:
    found = await tx.fetchrow(
        f"SELECT {COLUMNS} FROM messaging.conversations c WHERE c.person_id = $1 AND c.institution_id = $2",
        person_id,
        institution_id,
    )
    return row(Conversation, found)


async def lock_pair(tx: Tx, person_id: UUID, institution_id: UUID) -> Conversation | None:
    found = await tx.fetchrow(
        f"""SELECT {COLUMNS} FROM messaging.conversations c
             WHERE c.person_id = $1 AND c.institution_id = $2 FOR UPDATE""",
        person_id,
        institution_id,
    )
    return row(Conversation, found)


async def lock(tx: Tx, conversation_id: UUID) -> Conversation | None:
    """For work of the clock, which reaches everybody."""
    found = await tx.fetchrow(
        f"SELECT {COLUMNS} FROM messaging.conversations c WHERE c.id = $1 FOR UPDATE", conversation_id
    )
    return row(Conversation, found)


async def get(tx: Tx, conversation_id: UUID, scope: Scope, caller: Caller) -> Conversation | None:
    """Within the scope of somebody of the staff."""
    found = await tx.fetchrow(
        f"""SELECT {COLUMNS} FROM messaging.conversations c
             WHERE c.id = $1 AND messaging.reachable(c.id, c.institution_id, c.person_id, $2::kernel.scope, $3)""",
        conversation_id,
        scope.sql(),
        caller.institution_id,
    )
    return row(Conversation, found)


async def lock_in_reach(tx: Tx, conversation_id: UUID, scope: Scope, caller: Caller) -> Conversation | None:
    found = await tx.fetchrow(
        f"""SELECT {COLUMNS} FROM messaging.conversations c
             WHERE c.id = $1 AND messaging.reachable(c.id, c.institution_id, c.person_id, $2::kernel.scope, $3)
               FOR UPDATE""",
        conversation_id,
        scope.sql(),
        caller.institution_id,
    )
    return row(Conversation, found)


async def next_number(
    tx: Tx, conversation_id: UUID, direction: str | None, channel: str, address: str | None, at: datetime
) -> int:
    """The number of the next message. `direction` None: a word of the system, which is nobody's last word."""
    number: int = await tx.fetchval(
        """UPDATE messaging.conversations
              SET last_seq = last_seq + 1, channel = $4, address = $5,
                  last_at = CASE WHEN $2::text IS NULL THEN last_at ELSE $3 END, last_direction = coalesce($2, last_direction)
            WHERE id = $1 RETURNING last_seq""",
        conversation_id,
        direction,
        at,
        channel,
        address,
    )
    return number


async def customer_has_read(tx: Tx, conversation_id: UUID, up_to: int) -> bool:
    """Whether the mark moved; it only moves on, and never past the last message."""
    moved = await tx.fetchval(
        """UPDATE messaging.conversations SET customer_read_seq = least($2, last_seq)
            WHERE id = $1 AND customer_read_seq < least($2, last_seq) RETURNING true""",
        conversation_id,
        up_to,
    )
    return bool(moved)


async def staff_have_read(tx: Tx, conversation_id: UUID, up_to: int) -> bool:
    moved = await tx.fetchval(
        """UPDATE messaging.conversations SET staff_read_seq = least($2, last_seq)
            WHERE id = $1 AND staff_read_seq < least($2, last_seq) RETURNING true""",
        conversation_id,
        up_to,
    )
    return bool(moved)


# ---- lists -----------------------------------------------------------------------------------------------------

_NEWEST = f"""LEFT JOIN LATERAL (SELECT {sessions.COLUMNS} FROM messaging.service_sessions s
                                  WHERE s.conversation_id = c.id ORDER BY s.ended_at DESC, s.id DESC LIMIT 1) AS newest ON true"""
_SPELL = """newest.id AS s_id, newest.skill AS s_skill, newest.started_at AS s_started_at,
            newest.waiting_since AS s_waiting_since, newest.agent_account_id AS s_agent_account_id,
            newest.claimed_at AS s_claimed_at, newest.ended_at AS s_ended_at, newest.ended_by AS s_ended_by,
            newest.end_reason AS s_end_reason, newest.summary AS s_summary, newest.satisfaction AS s_satisfaction,
            newest.comment AS s_comment, newest.rated_at AS s_rated_at"""
_UNREAD_BY_STAFF = """(SELECT count(*) FROM messaging.messages m
                        WHERE m.conversation_id = c.id AND m.seq > c.staff_read_seq AND m.direction = 'in') AS unread"""
_UNREAD_BY_CUSTOMER = """(SELECT count(*) FROM messaging.messages m
                           WHERE m.conversation_id = c.id AND m.seq > c.customer_read_seq AND m.direction = 'out'
                             AND m.kind <> 'system' AND m.withdrawn_at IS NULL) AS unread"""


def _listed(record: Record) -> Listed:
    values = dict(record)
    unread = values.pop("unread")
    spell = {name.removeprefix("s_"): values.pop(name) for name in [*values] if name.startswith("s_")}
    conversation = Conversation(**values)
    if spell["id"] is None:
        return Listed(conversation, None, unread)
    return Listed(conversation, sessions.opened({**spell, "conversation_id": conversation.id}), unread)


async def of_person(tx: Tx, person_id: UUID) -> list[Listed]:
    """All of a person, the one that was used last before the others; one for each institution, so they are few."""
    found = await tx.fetch(
        f"""SELECT {COLUMNS}, {_SPELL}, {_UNREAD_BY_CUSTOMER} FROM messaging.conversations c {_NEWEST}
             WHERE c.person_id = $1 ORDER BY c.last_at DESC, c.id DESC""",
        person_id,
    )
    return [_listed(record) for record in found]


async def detail(tx: Tx, conversation_id: UUID) -> Listed:
    """One that the caller's own query has found."""
    record = await tx.fetchrow(
        f"""SELECT {COLUMNS}, {_SPELL}, {_UNREAD_BY_STAFF} FROM messaging.conversations c {_NEWEST}
             WHERE c.id = $1""",
        conversation_id,
    )
    assert record is not None
    return _listed(record)


async def queue(
    tx: Tx, scope: Scope, caller: Caller, skill: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[Listed]:
    """Who waits, in the order of their turn."""
    found = await tx.fetch(
        f"""SELECT {COLUMNS}, {_SPELL}, {_UNREAD_BY_STAFF}
              FROM messaging.service_sessions newest JOIN messaging.conversations c ON c.id = newest.conversation_id
             WHERE newest.ended_at IS NULL AND newest.agent_account_id IS NULL
               AND messaging.reachable(c.id, c.institution_id, c.person_id, $1::kernel.scope, $2)
               AND ($3::text IS NULL OR newest.skill = $3)
               AND ($4::timestamptz IS NULL OR (newest.started_at, newest.id) > ($4, $5::uuid))
             ORDER BY newest.started_at, newest.id LIMIT $6""",
        scope.sql(),
        caller.institution_id,
        skill,
        *(after or (None, None)),
        limit,
    )
    return [_listed(record) for record in found]


# Along an index by agent, since most conversations are other people's.
_SERVED_BY = """c.id IN (SELECT served.conversation_id FROM messaging.service_sessions served
                          WHERE served.agent_account_id = {})"""


async def contacts(tx: Tx, scope: Scope, caller: Caller, limit: int) -> list[Conversation]:
    """Those with customers whom the caller has served, the one that was used last before the others."""
    found = await tx.fetch(
        f"""SELECT {COLUMNS} FROM messaging.conversations c
             WHERE c.person_id IS NOT NULL
               AND c.id IN (SELECT served.conversation_id FROM messaging.service_sessions served WHERE served.agent_account_id = $3)
               AND messaging.reachable(c.id, c.institution_id, c.person_id, $1::kernel.scope, $2)
             ORDER BY c.last_at DESC, c.id DESC LIMIT $4""",
        scope.sql(),
        caller.institution_id,
        caller.account_id,
        limit,
    )
    return [Conversation(**record) for record in found]


_ALL = f"messaging.conversations c {_NEWEST}"
# The few that are under way are found by their spells, along partial indexes.
_OPEN = """messaging.conversations c
           JOIN messaging.service_sessions newest ON newest.conversation_id = c.id AND newest.ended_at IS NULL"""


_IN_STATE = {
    "idle": "newest.id IS NULL",
    "waiting": "newest.agent_account_id IS NULL",
    "active": "newest.agent_account_id IS NOT NULL",
    "closed": "newest.ended_at IS NOT NULL",
}
_BEFORE_ALL = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))


async def page(
    tx: Tx,
    scope: Scope,
    caller: Caller,
    *,
    state: str | None,
    agent: UUID | None,
    served_by: UUID | None,
    person_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Listed]:
    """The one that was used last before the others. `agent`: of the newest spell; `served_by`: of any."""
    given: list[Any] = [scope.sql(), caller.institution_id, *(before or _BEFORE_ALL), limit]
    # Conditions stand there or not, instead of `$n IS NULL OR …`: only so does the plan that is kept read by the index.
    narrowed = f"AND {_IN_STATE[state]}" if state else ""
    for value, condition in (
        (agent, "newest.agent_account_id = {}"),
        (person_id, "c.person_id = {}"),
        (served_by, _SERVED_BY),
    ):
        if value is not None:
            given.append(value)
            narrowed += f" AND {condition.format(f'${len(given)}')}"
    found = await tx.fetch(
        f"""SELECT {COLUMNS}, {_SPELL}, {_UNREAD_BY_STAFF} FROM {_OPEN if state in ("waiting", "active") else _ALL}
             WHERE messaging.reachable(c.id, c.institution_id, c.person_id, $1::kernel.scope, $2)
               AND (c.last_at, c.id) < ($3, $4) {narrowed}
             ORDER BY c.last_at DESC, c.id DESC LIMIT $5""",
        *given,
    )
    return [_listed(record) for record in found]


# ---- for the clock -----------------------------------------------------------------------------------------------


async def left_idle(tx: Tx, before: datetime, limit: int) -> list[UUID]:
    """Served ones whose last word was ours, before then."""
    found = await tx.fetch(
        """SELECT c.id FROM messaging.service_sessions s JOIN messaging.conversations c ON c.id = s.conversation_id
            WHERE s.ended_at IS NULL AND s.agent_account_id IS NOT NULL
              AND c.last_direction = 'out' AND c.last_at < $1 ORDER BY c.last_at LIMIT $2""",
        before,
        limit,
    )
    return [record["id"] for record in found]


async def left_unanswered(tx: Tx, before: datetime, limit: int) -> list[UUID]:
    """Those in the hands of an agent who has gone, whose customer has waited for an answer since before then."""
    found = await tx.fetch(
        """SELECT c.id FROM messaging.service_sessions s JOIN messaging.conversations c ON c.id = s.conversation_id
             JOIN messaging.agents a ON a.account_id = s.agent_account_id
            WHERE s.ended_at IS NULL AND a.state = 'offline' AND c.last_direction = 'in' AND c.last_at < $1
            ORDER BY c.last_at LIMIT $2""",
        before,
        limit,
    )
    return [record["id"] for record in found]


async def take_reminder(tx: Tx, conversation_id: UUID) -> bool:
    """Marks the customer as told; False when they were told already and have not read since."""
    taken = await tx.fetchval(
        """UPDATE messaging.conversations SET reminded_seq = last_seq
            WHERE id = $1 AND reminded_seq <= customer_read_seq RETURNING true""",
        conversation_id,
    )
    return bool(taken)


async def take_unread(tx: Tx, after: datetime, before: datetime, limit: int) -> list[Conversation]:
    """Marks and returns those with an answer that waits unread since before then, in the app, and was not told of yet.

    Only those used since `after` are looked at, along an index: most never get their last line read.
    """
    found = await tx.fetch(
        f"""UPDATE messaging.conversations AS c SET reminded_seq = c.last_seq
              WHERE c.id IN (
                    SELECT kept.id FROM messaging.conversations kept
                     WHERE kept.last_at > $3
                       AND kept.reminded_seq <= kept.customer_read_seq AND kept.customer_read_seq < kept.last_seq
                       AND EXISTS (SELECT FROM messaging.messages m
                                    WHERE m.conversation_id = kept.id AND m.seq > kept.customer_read_seq
                                      AND m.direction = 'out' AND m.kind <> 'system' AND m.channel = 'app'
                                      AND m.withdrawn_at IS NULL AND m.created_at < $1)
                     ORDER BY kept.id LIMIT $2 FOR UPDATE SKIP LOCKED)
            RETURNING {COLUMNS}""",
        before,
        limit,
        after,
    )
    return [Conversation(**record) for record in found]
