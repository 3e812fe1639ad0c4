"""Whose turn it is to carry out an account's rules, and how the last turn went; what WeChat tells of fans.

A row for every official account that uses rules. One turn at a time: it goes on as long as it is heard of, and writes nothing more
once another has begun.
"""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row
from kanghu.modules.wechat.models import FollowerInfo, TagRun


async def want(tx: Tx, account_id: UUID, now: datetime, *, again: bool) -> None:
    """The account uses rules. `again`: all fans are to be judged anew, and nothing that went wrong is waited for."""
    await tx.execute(
        """INSERT INTO wechat.tag_runs AS r (account_id, stale_before) VALUES ($1, $2)
           ON CONFLICT (account_id) DO UPDATE
              SET stale_before = greatest($2, r.stale_before + interval '1 microsecond'), failures = 0, not_before = NULL
            WHERE $3""",
        account_id,
        now,
        again,
    )


async def all_again(tx: Tx, now: datetime) -> None:
    """Everywhere where rules are in force: what depends on the clock may be different today."""
    await tx.execute(
        """UPDATE wechat.tag_runs AS r SET stale_before = greatest($1, stale_before + interval '1 microsecond')
            WHERE EXISTS (SELECT FROM wechat.tag_rules AS t WHERE t.account_id = r.account_id AND t.enabled)""",
        now,
    )


async def get(tx: Tx, account_id: UUID) -> TagRun | None:
    found = await tx.fetchrow(
        """SELECT account_id, stale_before, turn_until, begun_at, ended_at, judged, given, taken, refused, reason, failures,
                  not_before FROM wechat.tag_runs WHERE account_id = $1""",
        account_id,
    )
    return row(TagRun, found)


async def with_work(tx: Tx, now: datetime) -> list[UUID]:
    """Accounts with something to do that nobody does."""
    found = await tx.fetch(
        """SELECT r.account_id FROM wechat.tag_runs AS r JOIN wechat.accounts AS a ON a.id = r.account_id
            WHERE a.active AND (r.not_before IS NULL OR r.not_before <= $1) AND (r.turn_until IS NULL OR r.turn_until <= $1)
              AND (EXISTS (SELECT FROM wechat.fans AS f
                            WHERE f.account_id = r.account_id AND f.subscribed AND f.looked_at IS NULL)
                OR EXISTS (SELECT FROM wechat.tag_gifts AS g JOIN wechat.fans AS f ON f.id = g.fan_id
                            WHERE g.account_id = r.account_id AND g.state IN ('giving', 'taking', 'owed') AND f.subscribed)
                OR (EXISTS (SELECT FROM wechat.tag_rules AS t WHERE t.account_id = r.account_id AND t.enabled)
                    AND EXISTS (SELECT FROM wechat.fans AS f WHERE f.account_id = r.account_id AND f.subscribed
                                   AND f.looked_at IS NOT NULL AND f.judged_at < r.stale_before)))""",
        now,
    )
    return [line["account_id"] for line in found]


async def begin(tx: Tx, account_id: UUID, turn: UUID, now: datetime, until: datetime) -> bool:
    """Whether the turn has begun: of several at once, one does."""
    done = await tx.fetchval(
        """UPDATE wechat.tag_runs
              SET turn = $2, turn_until = $4, begun_at = $3, ended_at = NULL, judged = 0, given = 0, taken = 0, refused = 0,
                  reason = ''
            WHERE account_id = $1 AND (turn_until IS NULL OR turn_until <= $3) AND (not_before IS NULL OR not_before <= $3)
            RETURNING true""",
        account_id,
        turn,
        now,
        until,
    )
    return bool(done)


async def go_on(tx: Tx, account_id: UUID, turn: UUID, until: datetime) -> datetime | None:
    """`stale_before`; None when the turn is over: another has begun. Until the transaction ends none begins."""
    found: datetime | None = await tx.fetchval(
        """UPDATE wechat.tag_runs SET turn_until = $3 WHERE account_id = $1 AND turn = $2 RETURNING stale_before""",
        account_id,
        turn,
        until,
    )
    return found


async def count(
    tx: Tx, account_id: UUID, *, judged: int = 0, given: int = 0, taken: int = 0, refused: int = 0
) -> None:
    await tx.execute(
        """UPDATE wechat.tag_runs SET judged = judged + $2, given = given + $3, taken = taken + $4, refused = refused + $5
            WHERE account_id = $1""",
        account_id,
        judged,
        given,
        taken,
        refused,
    )


async def end(
    tx: Tx,
    account_id: UUID,
    turn: UUID,
    now: datetime,
    *,
    reason: str = "",
    failures: int = 0,
    not_before: datetime | None = None,
) -> None:
    """`reason` says why it could not be done, empty: it was."""
    await tx.execute(
        """UPDATE wechat.tag_runs
              SET turn = NULL, turn_until = NULL, ended_at = $3, reason = $4, failures = $5, not_before = $6
            WHERE account_id = $1 AND turn = $2""",
        account_id,
        turn,
        now,
        reason,
        failures,
        not_before,
    )


# ---- what WeChat tells of fans -------------------------------------------------------------------------------------------


async def unlooked(tx: Tx, account_id: UUID, limit: int) -> dict[str, list[int]]:
    """Followers of whom WeChat has not been asked since they follow: openid → their tags as we know them."""
    found = await tx.fetch(
        """SELECT openid, tags FROM wechat.fans WHERE account_id = $1 AND subscribed AND looked_at IS NULL
            ORDER BY id LIMIT $2""",
        account_id,
        limit,
    )
    return {line["openid"]: line["tags"] for line in found}


async def count_unlooked(tx: Tx, account_id: UUID) -> int:
    found: int = await tx.fetchval(
        "SELECT count(*) FROM wechat.fans WHERE account_id = $1 AND subscribed AND looked_at IS NULL",
        account_id,
    )
    return found


async def learn(
    tx: Tx, account_id: UUID, told: FollowerInfo, known_tags: list[int], asked_at: datetime, now: datetime
) -> bool:
    """What WeChat said when it was asked at `asked_at`. False when it is to be asked again: somebody changed the tags, or came
    back, meanwhile.

    Gifts that are not among the tags are gone: whoever left and came back has none.
    """
    if told.followed_at is None:
        left = await tx.fetchval(
            """UPDATE wechat.fans SET subscribed = false, left_at = $3
                WHERE account_id = $1 AND openid = $2 AND (heard_at IS NULL OR heard_at <= $3) RETURNING true""",
            account_id,
            told.openid,
            asked_at,
        )
        return bool(left)
    fan_id = await tx.fetchval(
        """UPDATE wechat.fans
              SET subscribed_at = $3, source = $4, tags = $5, looked_at = $7, judged_at = '-infinity'
            WHERE account_id = $1 AND openid = $2 AND subscribed AND looked_at IS NULL AND tags = $6 RETURNING id""",
        account_id,
        told.openid,
        told.followed_at,
        told.source,
        told.tags,
        known_tags,
        now,
    )
    if fan_id is None:
        return False
    await tx.execute(
        """DELETE FROM wechat.tag_gifts
            WHERE fan_id = $1 AND state IN ('given', 'taking') AND tag_id <> ALL ($2::integer[])""",
        fan_id,
        told.tags,
    )
    if told.scene:
        await tx.execute(
            "INSERT INTO wechat.fan_scenes (fan_id, scene) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            fan_id,
            told.scene,
        )
    return True
