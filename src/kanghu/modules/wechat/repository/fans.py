"""Fans: followers of official accounts, users of mini-programs and of pages."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat.models import Fan


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
                  heard_at = $4
            WHERE f.heard_at IS NULL OR f.heard_at <= $4""",
        new_id(),
        account_id,
        openid,
        at,
        subscribed,
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


async def get(tx: Tx, account_id: UUID, openid: str) -> Fan | None:
    return row(
        Fan,
        await tx.fetchrow(
            """SELECT id, account_id, openid, unionid, subscribed, tags, person_id FROM wechat.fans
                WHERE account_id = $1 AND openid = $2""",
            account_id,
            openid,
        ),
    )
