"""The parts of bulk sendings. Whoever changes one holds the sending's row."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.wechat.broadcast_rules import A_MONTH, ASK_AFTER, NOT_FOLLOWING, USED_UP
from kanghu.modules.wechat.events import BroadcastReported
from kanghu.modules.wechat.models import BroadcastPart

_PART = """
SELECT id, broadcast_id, number, state, maybe, month, msg_id, errcode, begun_at, tried_at, status, total, filtered, sent, errors,
       (SELECT count(*) FROM wechat.broadcast_recipients AS r WHERE r.part_id = p.id AND r.state = 'taken') AS taken
  FROM wechat.broadcast_parts AS p
"""


async def of_broadcast(tx: Tx, broadcast_id: UUID) -> list[BroadcastPart]:
    return rows(
        BroadcastPart,
        await tx.fetch(_PART + " WHERE broadcast_id = $1 ORDER BY number LIMIT 500", broadcast_id),
    )


async def get(tx: Tx, part_id: UUID) -> BroadcastPart | None:
    return row(BroadcastPart, await tx.fetchrow(_PART + " WHERE id = $1", part_id))


async def following(tx: Tx, broadcast_id: UUID) -> BroadcastPart | None:
    """The first that is not over."""
    found = await tx.fetchrow(
        _PART
        + " WHERE broadcast_id = $1 AND state IN ('waiting', 'sending', 'unanswered') ORDER BY number LIMIT 1",
        broadcast_id,
    )
    return row(BroadcastPart, found)


async def take(tx: Tx, account_id: UUID, part_id: UUID, month: date) -> list[str]:
    """The openids of the part that may get one more message this month, one of which is spent on this; the others are left out."""
    await tx.execute(
        """UPDATE wechat.broadcast_recipients AS r SET state = 'skipped', reason = $3
             FROM wechat.fans AS f
            WHERE r.part_id = $2 AND r.state = 'waiting' AND f.account_id = $1 AND f.openid = r.openid AND NOT f.subscribed""",
        account_id,
        part_id,
        NOT_FOLLOWING,
    )
    # In one order, so that two sendings to the same fans never wait for each other crosswise.
    spent = await tx.fetch(
        f"""INSERT INTO wechat.broadcast_quotas AS q (account_id, openid, month, used)
            SELECT $1, openid, $3, 1 FROM wechat.broadcast_recipients WHERE part_id = $2 AND state = 'waiting'
             ORDER BY openid
            ON CONFLICT (account_id, openid, month) DO UPDATE SET used = q.used + 1 WHERE q.used < {A_MONTH}
            RETURNING openid""",
        account_id,
        part_id,
        month,
    )
    openids = sorted(found["openid"] for found in spent)
    await tx.execute(
        """UPDATE wechat.broadcast_recipients
              SET state = CASE WHEN openid = ANY ($2::text[]) THEN 'taken' ELSE 'skipped' END,
                  reason = CASE WHEN openid = ANY ($2::text[]) THEN '' ELSE $3 END
            WHERE part_id = $1 AND state = 'waiting'""",
        part_id,
        openids,
        USED_UP,
    )
    return openids


async def taken(tx: Tx, part_id: UUID) -> list[str]:
    found = await tx.fetch(
        "SELECT openid FROM wechat.broadcast_recipients WHERE part_id = $1 AND state = 'taken' ORDER BY openid",
        part_id,
    )
    return [line["openid"] for line in found]


async def give_back(tx: Tx, account_id: UUID, part_id: UUID, month: date, reason: str) -> None:
    """None of the part has got it."""
    await tx.execute(
        """UPDATE wechat.broadcast_quotas AS q SET used = used - 1
             FROM wechat.broadcast_recipients AS r
            WHERE r.part_id = $2 AND r.state = 'taken' AND q.account_id = $1 AND q.openid = r.openid AND q.month = $3""",
        account_id,
        part_id,
        month,
    )
    await tx.execute(
        """UPDATE wechat.broadcast_recipients SET state = 'skipped', reason = $2
            WHERE part_id = $1 AND state = 'taken'""",
        part_id,
        reason,
    )


async def begin(tx: Tx, part_id: UUID, month: date, now: datetime, *, maybe: bool) -> None:
    """The note before a try."""
    await tx.execute(
        """UPDATE wechat.broadcast_parts
              SET state = 'sending', month = coalesce(month, $2), begun_at = coalesce(begun_at, $3), tried_at = $3, maybe = $4
            WHERE id = $1""",
        part_id,
        month,
        now,
        maybe,
    )


async def settle(
    tx: Tx,
    part_id: UUID,
    state: str,
    now: datetime,
    *,
    maybe: bool = False,
    msg_id: str = "",
    errcode: int | None = None,
    ask_at: datetime | None = None,
) -> None:
    """What became of it; `maybe` stays once it is true. `ask_at`: when WeChat is asked, unless it tells before."""
    await tx.execute(
        """UPDATE wechat.broadcast_parts
              SET state = $2, maybe = maybe OR $3, msg_id = $4, errcode = $5, settled_at = $6, ask_at = $7 WHERE id = $1""",
        part_id,
        state,
        maybe,
        msg_id,
        errcode,
        now,
        ask_at,
    )


async def to_ask(tx: Tx, now: datetime) -> list[UUID]:
    """Parts of which WeChat has told nothing until now; each is asked after again later, at growing distances."""
    found = await tx.fetch(
        """UPDATE wechat.broadcast_parts
              SET asks = asks + 1, ask_at = $1 + ($2::interval[])[asks + 2]
            WHERE ask_at <= $1 AND reported_at IS NULL RETURNING id""",
        now,
        list(ASK_AFTER),
    )
    return [line["id"] for line in found]


async def to_be_asked(tx: Tx, part_id: UUID) -> tuple[UUID, str] | None:
    """Account and number of a part of which WeChat has told nothing."""
    found = await tx.fetchrow(
        """SELECT account_id, msg_id FROM wechat.broadcast_parts
            WHERE id = $1 AND reported_at IS NULL AND msg_id <> ''""",
        part_id,
    )
    return None if found is None else (found["account_id"], found["msg_id"])


async def asked(tx: Tx, part_id: UUID, status: str, now: datetime) -> UUID | None:
    """What WeChat answers is how it ended, unless it has told before; which sending that was about. An empty status: it knows
    nothing of the part, which is not asked after any more."""
    found: UUID | None = await tx.fetchval(
        """UPDATE wechat.broadcast_parts
              SET status = $2, reported_at = CASE WHEN $2 <> '' THEN $3::timestamptz END, ask_at = NULL
            WHERE id = $1 AND reported_at IS NULL RETURNING broadcast_id""",
        part_id,
        status,
        now,
    )
    return found


async def report(tx: Tx, told: BroadcastReported, now: datetime) -> UUID | None:
    """Which sending WeChat's report was about; None: no part has this number."""
    found: UUID | None = await tx.fetchval(
        """UPDATE wechat.broadcast_parts
              SET status = $3, total = $4, filtered = $5, sent = $6, errors = $7, reported_at = $8, ask_at = NULL
            WHERE account_id = $1 AND msg_id = $2 AND msg_id <> '' RETURNING broadcast_id""",
        told.account_id,
        told.msg_id,
        told.status,
        told.total,
        told.filtered,
        told.sent,
        told.errors,
        now,
    )
    return found


async def any_open(tx: Tx, account_id: UUID, since: datetime) -> bool:
    """Whether a part is under way whose number WeChat has not told us yet."""
    found: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM wechat.broadcast_parts
                           WHERE account_id = $1 AND state IN ('sending', 'unanswered') AND tried_at > $2)""",
        account_id,
        since,
    )
    return found


async def progress(tx: Tx, broadcast_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Per sending: fans it was released for, handed to WeChat, left out, and what WeChat reported."""
    found = await tx.fetch(
        """SELECT b.id, r.fans, r.handed, r.skipped, p.parts, p.reported, p.sent, p.errors
             FROM unnest($1::uuid[]) AS b (id)
             CROSS JOIN LATERAL (
                 SELECT count(*) AS fans, count(*) FILTER (WHERE r.state = 'taken') AS handed,
                        count(*) FILTER (WHERE r.state = 'skipped') AS skipped
                   FROM wechat.broadcast_recipients AS r WHERE r.broadcast_id = b.id) AS r
             CROSS JOIN LATERAL (
                 SELECT count(*) AS parts, count(reported_at) AS reported, coalesce(sum(sent), 0) AS sent,
                        coalesce(sum(errors), 0) AS errors
                   FROM wechat.broadcast_parts AS p WHERE p.broadcast_id = b.id) AS p""",
        broadcast_ids,
    )
    return {line["id"]: {name: int(line[name]) for name in line.keys() if name != "id"} for line in found}  # noqa: SIM118
