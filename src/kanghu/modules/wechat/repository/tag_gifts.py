"""What rules gave to fans: noted before WeChat is called, settled after it has answered. Hands write here too.

A gift: giving → given → taking → gone. `owed`: somebody gave the tag by hand while it was being taken away, so WeChat is told
once more. Only a row here is ever taken away.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Record, Tx
from kanghu.modules.wechat.tag_rules import Facts, Gift

_FACTS = """
SELECT f.id, f.openid, f.tags, f.source, f.subscribed_at, f.spoke_at, f.person_id IS NOT NULL AS bound,
       ARRAY(SELECT s.scene FROM wechat.fan_scenes AS s WHERE s.fan_id = f.id) AS scenes,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(g.tag_id, g.state, g.lasting, g.errcode)), '[]')
          FROM wechat.tag_gifts AS g WHERE g.fan_id = f.id) AS gifts
  FROM wechat.fans AS f
"""


@dataclass(frozen=True, slots=True)
class Follower:
    """What rules are asked with."""

    id: UUID
    openid: str
    tags: list[int]
    facts: Facts
    gifts: dict[int, Gift]


def _follower(line: Record) -> Follower:
    scenes = frozenset(line["scenes"])
    facts = Facts(line["subscribed_at"], line["source"], scenes, line["spoke_at"], line["bound"])
    gifts = {tag_id: Gift(state, lasting, code) for tag_id, state, lasting, code in line["gifts"]}
    return Follower(line["id"], line["openid"], line["tags"], facts, gifts)


async def followers(tx: Tx, account_id: UUID, after: UUID, limit: int) -> list[Follower]:
    """All of them, page by page, for a preview; none comes before UUID 0."""
    found = await tx.fetch(
        _FACTS + " WHERE f.account_id = $1 AND f.subscribed AND f.id > $2 ORDER BY f.id LIMIT $3",
        account_id,
        after,
        limit,
    )
    return [_follower(line) for line in found]


_DUE = """f.account_id = $1 AND f.subscribed AND f.looked_at IS NOT NULL AND f.judged_at < $2"""


async def due(tx: Tx, account_id: UUID, stale_before: datetime, limit: int) -> list[Follower]:
    """Those about whom something is new, but nobody whom others hold. Nothing becomes new about them until the transaction ends."""
    taken = await tx.fetch(
        f"""SELECT f.id FROM wechat.fans AS f WHERE {_DUE} ORDER BY f.judged_at LIMIT $3
               FOR UPDATE SKIP LOCKED""",
        account_id,
        stale_before,
        limit,
    )
    found = await tx.fetch(_FACTS + " WHERE f.id = ANY ($1::uuid[])", [line["id"] for line in taken])
    return [_follower(line) for line in found]


async def judged(tx: Tx, fan_ids: list[UUID], as_of: datetime) -> None:
    """`as_of`: the account's `stale_before` that was seen. Whatever moves it on later makes them due again, however clocks go."""
    await tx.execute("UPDATE wechat.fans SET judged_at = $2 WHERE id = ANY ($1::uuid[])", fan_ids, as_of)


async def keep(tx: Tx, account_id: UUID, changes: list[tuple[UUID, int, Gift]], now: datetime) -> None:
    """What was decided, to be carried out."""
    await tx.execute(
        """INSERT INTO wechat.tag_gifts AS g (fan_id, tag_id, account_id, state, lasting, errcode, changed_at)
           SELECT fan_id, tag_id, $1, state, lasting, errcode, $7
             FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::boolean[], $6::integer[])
                  AS c (fan_id, tag_id, state, lasting, errcode)
           ON CONFLICT (fan_id, tag_id) DO UPDATE
              SET state = excluded.state, lasting = excluded.lasting, errcode = excluded.errcode, changed_at = $7""",
        account_id,
        [fan_id for fan_id, _, _ in changes],
        [tag_id for _, tag_id, _ in changes],
        [gift.state for _, _, gift in changes],
        [gift.lasting for _, _, gift in changes],
        [gift.errcode for _, _, gift in changes],
        now,
    )


async def forget(tx: Tx, gone: list[tuple[UUID, int]]) -> None:
    await tx.execute(
        """DELETE FROM wechat.tag_gifts AS g USING unnest($1::uuid[], $2::integer[]) AS c (fan_id, tag_id)
            WHERE g.fan_id = c.fan_id AND g.tag_id = c.tag_id""",
        [fan_id for fan_id, _ in gone],
        [tag_id for _, tag_id in gone],
    )


async def forget_tag(tx: Tx, account_id: UUID, tag_id: int) -> None:
    await tx.execute("DELETE FROM wechat.tag_gifts WHERE account_id = $1 AND tag_id = $2", account_id, tag_id)


@dataclass(frozen=True, slots=True)
class Errand:
    """One call to make: a tag, for these fans (openid → fan), given or taken away."""

    tag_id: int
    remove: bool
    fans: dict[str, UUID]


async def errand(tx: Tx, account_id: UUID, limit: int) -> Errand | None:
    """The next one; None: nothing is pending."""
    first = await tx.fetchrow(
        """SELECT g.tag_id, g.state = 'taking' AS remove FROM wechat.tag_gifts AS g JOIN wechat.fans AS f ON f.id = g.fan_id
            WHERE g.account_id = $1 AND g.state IN ('giving', 'taking', 'owed') AND f.subscribed
            ORDER BY g.tag_id, g.state LIMIT 1""",
        account_id,
    )
    if first is None:
        return None
    found = await tx.fetch(
        """SELECT f.openid, f.id FROM wechat.tag_gifts AS g JOIN wechat.fans AS f ON f.id = g.fan_id
            WHERE g.account_id = $1 AND g.tag_id = $2 AND g.state IN ('giving', 'taking', 'owed')
              AND (g.state = 'taking') = $3 AND f.subscribed
            LIMIT $4""",
        account_id,
        first["tag_id"],
        first["remove"],
        limit,
    )
    return Errand(first["tag_id"], first["remove"], {line["openid"]: line["id"] for line in found})


async def _hold(tx: Tx, fan_ids: list[UUID]) -> None:
    """In one order, so that a run and a hand never wait for each other crosswise."""
    await tx.execute("SELECT FROM wechat.fans WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE", fan_ids)


async def given(tx: Tx, tag_id: int, fan_ids: list[UUID], now: datetime) -> None:
    """WeChat has done it. Whoever was meanwhile given the tag by hand has no row any more, or one that ends now."""
    await _hold(tx, fan_ids)
    await tx.execute(
        """UPDATE wechat.fans SET tags = array_append(array_remove(tags, $1), $1) WHERE id = ANY ($2::uuid[])""",
        tag_id,
        fan_ids,
    )
    await tx.execute(
        """UPDATE wechat.tag_gifts SET state = 'given', changed_at = $3
            WHERE tag_id = $1 AND fan_id = ANY ($2::uuid[]) AND state = 'giving'""",
        tag_id,
        fan_ids,
        now,
    )
    await tx.execute(
        "DELETE FROM wechat.tag_gifts WHERE tag_id = $1 AND fan_id = ANY ($2::uuid[]) AND state = 'owed'",
        tag_id,
        fan_ids,
    )


async def taken(tx: Tx, tag_id: int, fan_ids: list[UUID]) -> None:
    """WeChat has done it. Whoever was meanwhile given the tag by hand keeps it: their row says `owed`."""
    await _hold(tx, fan_ids)
    await tx.execute(
        """WITH gone AS (
               DELETE FROM wechat.tag_gifts
                WHERE tag_id = $1 AND fan_id = ANY ($2::uuid[]) AND state = 'taking' RETURNING fan_id)
           UPDATE wechat.fans AS f SET tags = array_remove(tags, $1) FROM gone WHERE f.id = gone.fan_id""",
        tag_id,
        fan_ids,
    )


async def refused(tx: Tx, tag_id: int, fan_id: UUID, errcode: int, now: datetime) -> None:
    """WeChat will not, for this fan. What could not be taken away or given once more is no gift any longer."""
    await tx.execute(
        """UPDATE wechat.tag_gifts SET state = 'refused', errcode = $3, changed_at = $4
            WHERE tag_id = $1 AND fan_id = $2 AND state = 'giving'""",
        tag_id,
        fan_id,
        errcode,
        now,
    )
    await tx.execute(
        "DELETE FROM wechat.tag_gifts WHERE tag_id = $1 AND fan_id = $2 AND state IN ('taking', 'owed')",
        tag_id,
        fan_id,
    )


async def by_hand(
    tx: Tx, account_id: UUID, openids: list[str], tag_id: int, now: datetime, *, remove: bool
) -> None:
    """Staff give the tag, or take it away: from now on it is no rule's gift. Called before WeChat is, and after.

    What a rule's call is doing at this moment is set right by another one: a tag on its way off is owed, one on its way there
    is taken off again. Rules look at these fans anew.
    """
    fans = """SELECT id FROM wechat.fans WHERE account_id = $1 AND openid = ANY ($2::text[]) ORDER BY id FOR UPDATE"""
    fan_ids = [line["id"] for line in await tx.fetch(fans, account_id, openids)]
    turned, into = (["giving", "owed"], "taking") if remove else (["taking"], "owed")
    await tx.execute(
        """DELETE FROM wechat.tag_gifts
            WHERE tag_id = $1 AND fan_id = ANY ($2::uuid[]) AND state <> ALL ($3::text[]) AND state <> $4""",
        tag_id,
        fan_ids,
        turned,
        into,
    )
    await tx.execute(
        """UPDATE wechat.tag_gifts SET state = $4, lasting = false, changed_at = $5
            WHERE tag_id = $1 AND fan_id = ANY ($2::uuid[]) AND state = ANY ($3::text[])""",
        tag_id,
        fan_ids,
        turned,
        into,
        now,
    )
    await tx.execute("UPDATE wechat.fans SET judged_at = '-infinity' WHERE id = ANY ($1::uuid[])", fan_ids)


async def counts(tx: Tx, account_id: UUID) -> dict[int, int]:
    """Tag → fans who have it from a rule."""
    found = await tx.fetch(
        """SELECT tag_id, count(*) AS fans FROM wechat.tag_gifts
            WHERE account_id = $1 AND state = 'given' GROUP BY tag_id""",
        account_id,
    )
    return {line["tag_id"]: line["fans"] for line in found}


async def refusals(tx: Tx, account_id: UUID) -> dict[int, int]:
    """Error code → fans to whom a tag of a rule in force could not be given."""
    found = await tx.fetch(
        """SELECT g.errcode, count(*) AS fans FROM wechat.tag_gifts AS g
            WHERE g.account_id = $1 AND g.state = 'refused'
              AND EXISTS (SELECT FROM wechat.tag_rules AS t
                           WHERE t.account_id = g.account_id AND t.tag_id = g.tag_id AND t.enabled)
            GROUP BY g.errcode""",
        account_id,
    )
    return {line["errcode"]: line["fans"] for line in found}


async def waiting(tx: Tx, account_id: UUID, stale_before: datetime) -> tuple[int, int]:
    """Followers still to be looked at or judged, and changes still to be told to WeChat."""
    found = await tx.fetchrow(
        f"""SELECT (SELECT count(*) FROM wechat.fans AS f WHERE {_DUE})
                   + (SELECT count(*) FROM wechat.fans WHERE account_id = $1 AND subscribed AND looked_at IS NULL) AS fans,
                   (SELECT count(*) FROM wechat.tag_gifts AS g JOIN wechat.fans AS f ON f.id = g.fan_id
                     WHERE g.account_id = $1 AND g.state IN ('giving', 'taking', 'owed') AND f.subscribed) AS changes""",
        account_id,
        stale_before,
    )
    assert found is not None
    return found["fans"], found["changes"]
