"""Bulk sendings: who gets one and in which part, and how many of a month's messages every fan has had."""

from datetime import date, datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.wechat.broadcast_rules import A_MONTH, NO_FAN, NOT_FOLLOWING, PART, USED_UP
from kanghu.modules.wechat.models import Broadcast, Candidate

_COLUMNS = """id, account_id, name, audience, tag_id, openids, kind, content, state, reason, prepared_by, released_by,
              created_at, released_at, ended_at"""

# $1 account, $2 month, $3 audience, $4 tag, $5 openids. Fans in the order in which we came to know them.
_CANDIDATES = f"""
SELECT f.openid, f.id,
       CASE WHEN NOT f.subscribed THEN '{NOT_FOLLOWING}' WHEN coalesce(q.used, 0) >= {A_MONTH} THEN '{USED_UP}' ELSE '' END
           AS reason
  FROM wechat.fans AS f
  LEFT JOIN wechat.broadcast_quotas AS q ON q.account_id = f.account_id AND q.openid = f.openid AND q.month = $2::date
 WHERE f.account_id = $1 AND CASE $3 WHEN 'tag' THEN $4::integer = ANY (f.tags)
                                     WHEN 'list' THEN f.openid = ANY ($5::text[]) ELSE true END
"""


def _audience(found: Broadcast, month: date) -> tuple[UUID, date, str, int | None, list[str]]:
    return found.account_id, month, found.audience, found.tag_id, found.openids


async def insert(tx: Tx, made: Broadcast) -> None:
    await tx.execute(
        """INSERT INTO wechat.broadcasts (id, account_id, name, audience, tag_id, openids, kind, content, state, prepared_by,
                                          created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        made.id,
        made.account_id,
        made.name,
        made.audience,
        made.tag_id,
        made.openids,
        made.kind,
        made.content,
        made.state,
        made.prepared_by,
        made.created_at,
    )


async def get(tx: Tx, broadcast_id: UUID, *, lock: bool = False) -> Broadcast | None:
    """`lock`: nobody else sends, stops or settles a part of it until the transaction ends."""
    tail = " FOR UPDATE" if lock else ""
    found = await tx.fetchrow(f"SELECT {_COLUMNS} FROM wechat.broadcasts WHERE id = $1{tail}", broadcast_id)
    return row(Broadcast, found)


async def page(
    tx: Tx, account_id: UUID, state: str | None, before: UUID | None, limit: int
) -> list[Broadcast]:
    """Newest first."""
    found = await tx.fetch(
        f"""SELECT {_COLUMNS} FROM wechat.broadcasts
             WHERE account_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::uuid IS NULL OR id < $3)
             ORDER BY id DESC LIMIT $4""",
        account_id,
        state,
        before,
        limit,
    )
    return rows(Broadcast, found)


async def delete(tx: Tx, broadcast_id: UUID) -> None:
    await tx.execute("DELETE FROM wechat.broadcasts WHERE id = $1", broadcast_id)


async def reasons(tx: Tx, found: Broadcast, month: date) -> dict[str, int]:
    """Why fans of the audience would not get it → how many; '' for those who would."""
    counted = await tx.fetch(
        f"SELECT reason, count(*) AS fans FROM ({_CANDIDATES}) AS c GROUP BY reason", *_audience(found, month)
    )
    told = {line["reason"]: line["fans"] for line in counted}
    strangers = len(found.openids) - sum(told.values()) if found.audience == "list" else 0
    return {**told, **({NO_FAN: strangers} if strangers else {})}


async def some(tx: Tx, found: Broadcast, month: date, *, fit: bool, limit: int) -> list[Candidate]:
    """Some of those who would get it, or of those who would not."""
    chosen = await tx.fetch(
        f"SELECT openid, reason FROM ({_CANDIDATES}) AS c WHERE (reason = '') = $6 ORDER BY id LIMIT $7",
        *_audience(found, month),
        fit,
        limit,
    )
    return rows(Candidate, chosen)


async def release(tx: Tx, found: Broadcast, by: UUID, month: date, now: datetime) -> int:
    """Everybody who would get it now gets a place in one of the parts, which are of equal size; how many fans."""
    await tx.execute(
        "UPDATE wechat.broadcasts SET state = 'sending', released_by = $2, released_at = $3 WHERE id = $1",
        found.id,
        by,
        now,
    )
    placed: int = await tx.fetchval(
        f"""WITH fit AS MATERIALIZED (SELECT openid, id FROM ({_CANDIDATES}) AS c WHERE reason = ''),
            placed_in AS (
                SELECT openid, ntile((SELECT greatest(1, ceil(count(*)::numeric / {PART})) FROM fit)::integer)
                                   OVER (ORDER BY id) AS number
                  FROM fit),
            parts AS (
                INSERT INTO wechat.broadcast_parts (id, broadcast_id, account_id, number, state)
                SELECT gen_random_uuid(), $6, $1, number, 'waiting' FROM (SELECT DISTINCT number FROM placed_in) AS n
                RETURNING id, number),
            placed AS (
                INSERT INTO wechat.broadcast_recipients (broadcast_id, openid, part_id, state)
                SELECT $6, openid, parts.id, 'waiting' FROM placed_in JOIN parts USING (number) RETURNING 1)
            SELECT count(*) FROM placed""",
        *_audience(found, month),
        found.id,
    )
    return placed


async def end(
    tx: Tx, broadcast_id: UUID, state: str, now: datetime, *, reason: str = "", by: UUID | None = None
) -> None:
    """What has not been handed to WeChat stays here."""
    await tx.execute(
        "UPDATE wechat.broadcasts SET state = $2, reason = $3, stopped_by = $4, ended_at = $5 WHERE id = $1",
        broadcast_id,
        state,
        reason,
        by,
        now,
    )
    await tx.execute(
        """UPDATE wechat.broadcast_parts
              SET state = CASE state WHEN 'waiting' THEN 'stopped' ELSE 'unknown' END, settled_at = $2
            WHERE broadcast_id = $1 AND state IN ('waiting', 'unanswered')""",
        broadcast_id,
        now,
    )
