"""Fans: followers of official accounts, users of mini-programs and of pages."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat.models import Fan, ListedFan


async def heard(tx: Tx, account_id: UUID, openid: str, at: datetime, subscribed: bool | None) -> None:
    """Something came from a fan, sent at `at`; `subscribed` None: it does not say whether they follow.

    Pushes may overtake one another: what is older than the newest says nothing any more.
    """
    await tx.execute(
        """INSERT INTO wechat.fans AS f (id, account_id, openid, subscribed, subscribed_at, left_at, heard_at)
           VALUES ($1, $2, $3, coalesce($5::boolean, false), CASE WHEN $5 THEN $4::timestamptz END,
                   CASE WHEN NOT $5 THEN $4 END, $4)
           ON CONFLICT (account_id, openid) DO UPDATE
              SET subscribed = coalesce($5, f.subscribed),
                  subscribed_at = CASE WHEN $5 AND NOT f.subscribed THEN $4 ELSE f.subscribed_at END,
                  left_at = CASE WHEN NOT $5 THEN $4 ELSE f.left_at END,
                  looked_at = CASE WHEN $5 AND NOT f.subscribed THEN NULL ELSE f.looked_at END,
                  heard_at = $4
            WHERE f.heard_at IS NULL OR f.heard_at <= $4""",
        new_id(),
        account_id,
        openid,
        at,
        subscribed,
    )


async def note(tx: Tx, account_id: UUID, openid: str, *, spoke_at: datetime | None, scene: str) -> None:
    """What rules that tag fans ask for, of somebody heard of: when they wrote, which QR code they scanned. Rules look again.

    In whatever order pushes come, the same is known in the end.
    """
    await tx.execute(
        """WITH fan AS (
               UPDATE wechat.fans SET judged_at = '-infinity', spoke_at = greatest(spoke_at, $3)
                WHERE account_id = $1 AND openid = $2 RETURNING id)
           INSERT INTO wechat.fan_scenes (fan_id, scene) SELECT id, $4::text FROM fan WHERE $4 <> ''
           ON CONFLICT DO NOTHING""",
        account_id,
        openid,
        spoke_at,
        scene,
    )


async def remember(tx: Tx, account_id: UUID, openid: str, unionid: str | None) -> None:
    """Somebody who signed in; whether they follow is not told by that."""
    await tx.execute(
        """INSERT INTO wechat.fans AS f (id, account_id, openid, unionid) VALUES ($1, $2, $3, $4)
           ON CONFLICT (account_id, openid) DO UPDATE SET unionid = excluded.unionid
            WHERE excluded.unionid IS NOT NULL AND f.unionid IS DISTINCT FROM excluded.unionid""",
        new_id(),
        account_id,
        openid,
        unionid,
    )


async def mark_left(tx: Tx, account_id: UUID, openid: str, at: datetime) -> None:
    """WeChat said so when we wanted to send."""
    await tx.execute(
        """UPDATE wechat.fans SET subscribed = false, left_at = $3
            WHERE account_id = $1 AND openid = $2 AND subscribed""",
        account_id,
        openid,
        at,
    )


_FAN = "SELECT id, account_id, openid, unionid, subscribed, tags, person_id, bound_at FROM wechat.fans"


async def get(tx: Tx, account_id: UUID, openid: str, *, lock: bool = False) -> Fan | None:
    """`lock`: nobody binds or unbinds them, and nothing else is heard of them, until the transaction ends."""
    tail = " WHERE account_id = $1 AND openid = $2" + (" FOR UPDATE" if lock else "")
    return row(Fan, await tx.fetchrow(_FAN + tail, account_id, openid))


async def has_left(tx: Tx, account_id: UUID, openid: str) -> bool:
    """Whether the fan has ever stopped following: who follows now does so again."""
    found: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM wechat.fans
                           WHERE account_id = $1 AND openid = $2 AND left_at IS NOT NULL)""",
        account_id,
        openid,
    )
    return found


async def same_person(tx: Tx, unionid: str) -> UUID | None:
    """To whom another account's fan with this unionid is bound: it is the same WeChat."""
    found: UUID | None = await tx.fetchval(
        """SELECT person_id FROM wechat.fans WHERE unionid = $1 AND person_id IS NOT NULL
            ORDER BY bound_at DESC, id LIMIT 1""",
        unionid,
    )
    return found


async def of_person(tx: Tx, person_id: UUID) -> list[Fan]:
    """All that are bound to the person, the newest binding first."""
    found = await tx.fetch(_FAN + " WHERE person_id = $1 ORDER BY bound_at DESC, id", person_id)
    return rows(Fan, found)


async def bind(tx: Tx, fan: Fan, person_id: UUID, now: datetime) -> None:
    """The fan's WeChat is the person's from now on, and at this account no other is; at other accounts it is nobody else's."""
    await tx.execute(
        """UPDATE wechat.fans SET person_id = NULL, bound_at = NULL, judged_at = '-infinity'
            WHERE id <> $1 AND (account_id = $2 AND person_id = $3 OR unionid = $4 AND person_id <> $3)""",
        fan.id,
        fan.account_id,
        person_id,
        fan.unionid,
    )
    await tx.execute(
        "UPDATE wechat.fans SET person_id = $2, bound_at = $3, judged_at = '-infinity' WHERE id = $1",
        fan.id,
        person_id,
        now,
    )


async def unbind(tx: Tx, fan: Fan) -> None:
    """The fan and whoever is the same WeChat at another account."""
    await tx.execute(
        """UPDATE wechat.fans SET person_id = NULL, bound_at = NULL, judged_at = '-infinity'
            WHERE (id = $1 OR unionid = $2) AND person_id IS NOT NULL""",
        fan.id,
        fan.unionid,
    )


async def page(
    tx: Tx,
    account_id: UUID,
    *,
    subscribed: bool | None,
    tag_id: int | None,
    bound: bool | None,
    before: UUID | None,
    limit: int,
) -> list[ListedFan]:
    """Newest first; each filter counts unless it is None."""
    found = await tx.fetch(
        """SELECT id, openid, subscribed, subscribed_at, left_at, tags, person_id, bound_at FROM wechat.fans
            WHERE account_id = $1 AND ($2::boolean IS NULL OR subscribed = $2) AND ($3::integer IS NULL OR $3 = ANY (tags))
              AND ($4::boolean IS NULL OR (person_id IS NOT NULL) = $4) AND ($5::uuid IS NULL OR id < $5)
            ORDER BY id DESC LIMIT $6""",
        account_id,
        subscribed,
        tag_id,
        bound,
        before,
        limit,
    )
    return rows(ListedFan, found)


async def of_ids(tx: Tx, fan_ids: list[UUID]) -> list[ListedFan]:
    """Newest first."""
    found = await tx.fetch(
        """SELECT id, openid, subscribed, subscribed_at, left_at, tags, person_id, bound_at FROM wechat.fans
            WHERE id = ANY ($1::uuid[]) ORDER BY id DESC""",
        fan_ids,
    )
    return rows(ListedFan, found)


async def tag(tx: Tx, account_id: UUID, openids: list[str], tag_id: int, *, remove: bool) -> None:
    """What WeChat has done is noted here."""
    await tx.execute(
        """UPDATE wechat.fans
              SET tags = CASE WHEN $4 THEN array_remove(tags, $3) ELSE array_append(array_remove(tags, $3), $3) END
            WHERE account_id = $1 AND openid = ANY ($2::text[])""",
        account_id,
        openids,
        tag_id,
        remove,
    )


async def forget_tag(tx: Tx, account_id: UUID, tag_id: int) -> None:
    await tx.execute(
        "UPDATE wechat.fans SET tags = array_remove(tags, $2) WHERE account_id = $1 AND $2 = ANY (tags)",
        account_id,
        tag_id,
    )
