"""Deliveries: one of a notice per channel, and each try."""

from datetime import datetime, timedelta
from uuid import UUID

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.ids import new_id
from kanghu.modules.notices.chain import Settled, Try
from kanghu.modules.notices.models import DeliveryRow, Notice, TryRow

ADDRESS = "notices.deliveries.address"
_COLUMNS = "id, channel, state, sender, tries, forgiven, due_at, uncertain, repeatable"


async def add_in_app(tx: Tx, notice: Notice) -> None:
    """In the inbox it is delivered by being stored."""
    await tx.execute(
        """INSERT INTO notices.deliveries (id, notice_id, person_id, channel, state)
           VALUES ($1, $2, $3, 'in_app', 'delivered')""",
        new_id(),
        notice.id,
        notice.person_id,
    )


async def outward(tx: Tx, notice_id: UUID) -> list[DeliveryRow]:
    """Those outside the house."""
    found = await tx.fetch(
        f"SELECT {_COLUMNS} FROM notices.deliveries WHERE notice_id = $1 AND channel <> 'in_app'", notice_id
    )
    return rows(DeliveryRow, found)


async def get(tx: Tx, delivery_id: UUID) -> tuple[DeliveryRow, UUID] | None:
    """A delivery and its notice."""
    found = await tx.fetchrow(
        f"SELECT notice_id, {_COLUMNS} FROM notices.deliveries WHERE id = $1", delivery_id
    )
    if found is None:
        return None
    values = dict(found)
    notice_id = values.pop("notice_id")
    return DeliveryRow(**values), notice_id


async def by_provider(tx: Tx, sender: str, provider_id: str) -> UUID | None:
    """The delivery that a sender knows under this number."""
    return await tx.fetchval(
        "SELECT id FROM notices.deliveries WHERE sender = $1 AND provider_id = $2 AND provider_id <> '' LIMIT 1",
        sender,
        provider_id,
    )


async def tries_of(tx: Tx, delivery_id: UUID) -> list[TryRow]:
    found = await tx.fetch(
        """SELECT number, sender, begun_at, ended_at, outcome, final, provider_id, error FROM notices.tries
            WHERE delivery_id = $1 ORDER BY number""",
        delivery_id,
    )
    return rows(TryRow, found)


async def counted_tries(tx: Tx, delivery: DeliveryRow) -> tuple[Try, ...]:
    """Those that still count, in order."""
    return tuple(
        Try(found.sender, found.begun_at, found.outcome, found.final)  # type: ignore[arg-type]
        for found in await tries_of(tx, delivery.id)
        if found.number > delivery.forgiven
    )


async def put(
    tx: Tx,
    notice: Notice,
    channel: str,
    state: str,
    reason: str,
    now: datetime,
    *,
    due_at: datetime | None = None,
    uncertain: bool = False,
) -> None:
    """A delivery comes to a state without a try. One that is there keeps its other values."""
    await tx.execute(
        """INSERT INTO notices.deliveries AS d (id, notice_id, person_id, channel, state, reason, due_at, uncertain, at,
                                                changed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
           ON CONFLICT (notice_id, channel) DO UPDATE
              SET state = excluded.state, reason = excluded.reason, due_at = excluded.due_at,
                  uncertain = excluded.uncertain, changed_at = excluded.changed_at""",
        new_id(),
        notice.id,
        notice.person_id,
        channel,
        state,
        reason,
        due_at,
        uncertain,
        now,
    )


async def begin(
    tx: Tx, notice: Notice, channel: str, sender: str, address: str | None, *, repeatable: bool, now: datetime
) -> DeliveryRow:
    """The note before a try."""
    known = await tx.fetchval(
        "SELECT id FROM notices.deliveries WHERE notice_id = $1 AND channel = $2", notice.id, channel
    )
    delivery_id = known or new_id()
    found = await tx.fetchrow(
        f"""INSERT INTO notices.deliveries AS d (id, notice_id, person_id, channel, state, address, sender, tries, repeatable,
                                                 begun_at, at, changed_at)
            VALUES ($1, $2, $3, $4, 'sending', $5, $6, 1, $7, $8, $8, $8)
            ON CONFLICT (notice_id, channel) DO UPDATE
               SET state = 'sending', reason = '', address = excluded.address, sender = excluded.sender,
                   provider_id = '', tries = d.tries + 1, repeatable = excluded.repeatable, uncertain = false,
                   due_at = NULL, begun_at = excluded.begun_at, changed_at = excluded.changed_at
            RETURNING {_COLUMNS}""",
        delivery_id,
        notice.id,
        notice.person_id,
        channel,
        None if address is None else vault.seal(address, ADDRESS, delivery_id),
        sender,
        repeatable,
        now,
    )
    made = row(DeliveryRow, found)
    assert made is not None
    await tx.execute(
        "INSERT INTO notices.tries (delivery_id, number, sender, begun_at) VALUES ($1, $2, $3, $4)",
        made.id,
        made.tries,
        sender,
        now,
    )
    return made


async def end_try(
    tx: Tx,
    delivery_id: UUID,
    number: int,
    outcome: str,
    error: str,
    provider_id: str,
    now: datetime,
    *,
    final: bool,
) -> None:
    await tx.execute(
        """UPDATE notices.tries SET outcome = $3, error = $4, provider_id = $5, final = $6, ended_at = $7
            WHERE delivery_id = $1 AND number = $2""",
        delivery_id,
        number,
        outcome,
        error,
        provider_id,
        final,
        now,
    )


async def settle(
    tx: Tx, delivery_id: UUID, number: int, settled: Settled, reason: str, provider_id: str, now: datetime
) -> bool:
    """What the try made of the delivery; False when it is past that: another try, or a receipt, came first."""
    done = await tx.fetchval(
        """UPDATE notices.deliveries
              SET state = $3, due_at = $4, uncertain = $5, reason = $6, provider_id = $7, changed_at = $8
            WHERE id = $1 AND tries = $2 AND (state = 'sending' OR (state = 'sent' AND uncertain)) RETURNING true""",
        delivery_id,
        number,
        settled.state,
        settled.due_at,
        settled.uncertain,
        reason,
        provider_id,
        now,
    )
    return bool(done)


async def receipt(
    tx: Tx, delivery_id: UUID, state: str | None, reason: str, code: str, now: datetime
) -> None:
    """What a receipt says; `state` None leaves the delivery as it is."""
    await tx.execute(
        """UPDATE notices.deliveries
              SET receipt = $4, receipt_at = $5, changed_at = $5, state = coalesce($2, state),
                  reason = CASE WHEN $2::text IS NULL THEN reason ELSE $3 END,
                  uncertain = uncertain AND $2::text IS NULL,
                  dead_at = CASE WHEN $2 = 'delivered' THEN NULL ELSE dead_at END
            WHERE id = $1""",
        delivery_id,
        state,
        reason,
        code,
        now,
    )


async def set_dead(tx: Tx, notice_id: UUID, channel: str, now: datetime) -> None:
    """The last hope of a notice has failed."""
    await tx.execute(
        """UPDATE notices.deliveries SET dead_at = $3
            WHERE notice_id = $1 AND channel = $2 AND state = 'failed' AND dead_at IS NULL""",
        notice_id,
        channel,
        now,
    )


async def revive(tx: Tx, delivery_id: UUID, now: datetime) -> bool:
    """A dead letter waits again, and its tries so far no longer count. False when it is none."""
    done = await tx.fetchval(
        """UPDATE notices.deliveries
              SET state = 'waiting', reason = '', dead_at = NULL, due_at = NULL, uncertain = false, forgiven = tries,
                  changed_at = $2
            WHERE id = $1 AND dead_at IS NOT NULL RETURNING true""",
        delivery_id,
        now,
    )
    return bool(done)


async def hold_person(tx: Tx, person_id: UUID) -> None:
    """Whoever decides about the same person waits: two at once must not both find room under a cap."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('notices/' || $1::uuid, 0))", person_id)


async def usage(tx: Tx, person_id: UUID, now: datetime) -> dict[str, tuple[int, int]]:
    """Channel → how many went to the person within the last hour and the last 24 hours."""
    found = await tx.fetch(
        """SELECT channel, count(*) FILTER (WHERE begun_at > $2) AS hour, count(*) AS day FROM notices.deliveries
            WHERE person_id = $1 AND begun_at > $3 GROUP BY channel""",
        person_id,
        now - timedelta(hours=1),
        now - timedelta(hours=24),
    )
    return {record["channel"]: (record["hour"], record["day"]) for record in found}
