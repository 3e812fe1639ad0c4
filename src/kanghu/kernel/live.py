"""Live updates: what changed is told in the transaction that changes it, numbered once it is committed, heard by web processes.

`tell` writes into `kernel.live_inbox`, in no order and at the cost of one plain row. A worker numbers what is committed, one at a
time, into `kernel.live_events`: there a higher number never becomes visible before a lower one, so whoever has heard up to a
number has missed nothing before it (ADR 0010). Only ids are kept: the page that hears of a change asks for it with its own rights.
"""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.db import Tx, rows
from kanghu.kernel.jobs import every

CHANNEL = "kanghu_live"
_NUMBER_LOCK = 0x6B61_6E67_0002  # advisory lock: one at a time gives numbers
_NUMBER_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed. `person_id`: heard by them and their family; `institution_id`: by its staff who may see the topic;
    `account_id`: by nobody else."""

    id: int
    topic: str
    person_id: UUID | None
    institution_id: UUID | None
    account_id: UUID | None


INSERT = "INSERT INTO kernel.live_inbox (topic, institution_id)"
"""`tell` for those who do it in a statement of their own: a SELECT of topic and institution follows."""


async def tell(
    tx: Tx,
    topic: str,
    *,
    person_id: UUID | None = None,
    institution_id: UUID | None = None,
    account_id: UUID | None = None,
) -> None:
    """Once the transaction commits, pages that show `topic` ask again."""
    await tx.execute(
        "INSERT INTO kernel.live_inbox (topic, person_id, institution_id, account_id) VALUES ($1, $2, $3, $4)",
        topic,
        person_id,
        institution_id,
        account_id,
    )


async def number(tx: Tx) -> bool:
    """Moves what waits into the numbered stream and wakes the web processes; whether there was anything.

    The same change told many times meanwhile is one. The lock is held until commit, so numbers become visible in their order.
    """
    waiting = await tx.fetchval(
        "SELECT pg_try_advisory_xact_lock($1) WHERE EXISTS (SELECT FROM kernel.live_inbox)", _NUMBER_LOCK
    )
    if not waiting:
        return False
    await tx.execute(
        """WITH taken AS (
               DELETE FROM kernel.live_inbox
                WHERE id IN (SELECT id FROM kernel.live_inbox ORDER BY id LIMIT $1)
               RETURNING *)
           INSERT INTO kernel.live_events (topic, person_id, institution_id, account_id)
           SELECT topic, person_id, institution_id, account_id FROM taken
            GROUP BY topic, person_id, institution_id, account_id ORDER BY min(id)""",
        _NUMBER_BATCH,
    )
    await tx.execute("SELECT pg_notify($1, '')", CHANNEL)
    return True


async def newest(tx: Tx) -> int:
    """The highest number given so far, 0 before the first."""
    found: int = await tx.fetchval("SELECT coalesce(max(id), 0) FROM kernel.live_events")
    return found


async def after(tx: Tx, heard: int, limit: int) -> list[Change]:
    """What was numbered after `heard`, in order."""
    found = await tx.fetch(
        """SELECT id, topic, person_id, institution_id, account_id FROM kernel.live_events
            WHERE id > $1 ORDER BY id LIMIT $2""",
        heard,
        limit,
    )
    return rows(Change, found)


async def is_kept(tx: Tx, number: int) -> bool:
    """Whether everything after `number` is still there."""
    found: bool = await tx.fetchval("SELECT EXISTS (SELECT FROM kernel.live_events WHERE id = $1)", number)
    return found


@every("29 3 * * *", "kernel.purge_live_events")
async def purge_live_events(tx: Tx) -> None:
    """Who was away for more than a day asks for everything again. The newest always stays: it holds the count."""
    await tx.execute(
        """DELETE FROM kernel.live_events
            WHERE at < now() - interval '1 day' AND id < (SELECT max(id) FROM kernel.live_events)"""
    )
