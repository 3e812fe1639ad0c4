"""Results that wait."""

from typing import Any
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.security import Scope
from kanghu.kernel.waiting import Waiting
from kanghu.modules.exchange.models import StagedRow, WaitingItem

_STAGED = """id, vendor_id, message_id, person_id, institution_id, booking_id, vendor_item_code, item_name, change,
             result, reason, state, staged_at"""

_IN_SCOPE = "(($1::kernel.scope).everything OR institution_id = ANY (($1::kernel.scope).institutions))"


async def stage(
    tx: Tx,
    *,
    vendor_id: UUID,
    message_id: UUID,
    person_id: UUID,
    institution_id: UUID,
    booking_id: UUID | None,
    change: str,
    ids: list[UUID],
    codes: list[str],
    names: list[str],
    results: list[Any],
    hashes: list[bytes],
    reasons: list[str],
) -> int:
    """The same result for the same exam waits once; returns how many are new."""
    return await tx.fetchval(
        """WITH staged AS (
               INSERT INTO exchange.staged_results
                   (id, vendor_id, message_id, person_id, institution_id, booking_id, change, vendor_item_code,
                    item_name, result, content_sha256, reason)
               SELECT incoming.id, $1, $2, $3, $4, $5, $6, code, name, result, hash, reason
                 FROM unnest($7::uuid[], $8::text[], $9::text[], $10::jsonb[], $11::bytea[], $12::text[])
                      AS incoming (id, code, name, result, hash, reason)
               ON CONFLICT DO NOTHING RETURNING 1)
           SELECT count(*) FROM staged""",
        vendor_id,
        message_id,
        person_id,
        institution_id,
        booking_id,
        change,
        ids,
        codes,
        names,
        results,
        hashes,
        reasons,
    )


async def take_waiting(
    tx: Tx, vendor_id: UUID, codes: list[str], after: UUID | None, limit: int
) -> list[StagedRow]:
    """Waiting results of these items whose exam is known, in order of arrival, locked."""
    return rows(
        StagedRow,
        await tx.fetch(
            f"""SELECT {_STAGED} FROM exchange.staged_results
                 WHERE vendor_id = $1 AND vendor_item_code = ANY ($2::text[]) AND state = 'waiting'
                   AND booking_id IS NOT NULL AND ($3::uuid IS NULL OR id > $3)
                 ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED""",
            vendor_id,
            codes,
            after,
            limit,
        ),
    )


async def get(tx: Tx, staged_id: UUID, scope: Scope) -> StagedRow | None:
    return row(
        StagedRow,
        await tx.fetchrow(
            f"""SELECT {_STAGED} FROM exchange.staged_results
                 WHERE {_IN_SCOPE} AND id = $2 AND state = 'waiting' FOR UPDATE""",
            scope.sql(),
            staged_id,
        ),
    )


async def find(tx: Tx, staged_id: UUID, scope: Scope) -> StagedRow | None:
    """One that waits, to be looked at."""
    return row(
        StagedRow,
        await tx.fetchrow(
            f"SELECT {_STAGED} FROM exchange.staged_results WHERE {_IN_SCOPE} AND id = $2 AND state = 'waiting'",
            scope.sql(),
            staged_id,
        ),
    )


async def count_of_message(tx: Tx, message_id: UUID) -> int:
    """How many results of this message wait."""
    return await tx.fetchval(
        "SELECT count(*) FROM exchange.staged_results WHERE message_id = $1 AND state = 'waiting'", message_id
    )


async def settle(tx: Tx, ids: list[UUID], state: str) -> None:
    await tx.execute(
        "UPDATE exchange.staged_results SET state = $2, settled_at = now() WHERE id = ANY ($1::uuid[])",
        ids,
        state,
    )


async def explain(tx: Tx, ids: list[UUID], reasons: list[str]) -> None:
    """Notes why results wait now."""
    await tx.execute(
        """UPDATE exchange.staged_results AS staged SET reason = present.reason
             FROM unnest($1::uuid[], $2::text[]) AS present (id, reason)
            WHERE staged.id = present.id AND staged.reason <> present.reason""",
        ids,
        reasons,
    )


async def assign(tx: Tx, message_id: UUID, booking_id: UUID) -> list[str]:
    """Gives all waiting results of a message their exam; returns their item codes.

    One that waits for that exam already, from another message, is dropped: it waits once.
    """
    await tx.execute(
        """UPDATE exchange.staged_results AS double SET state = 'dropped', settled_at = now()
            WHERE message_id = $1 AND state = 'waiting' AND booking_id IS NULL
              AND EXISTS (SELECT FROM exchange.staged_results AS kept
                           WHERE kept.state = 'waiting' AND kept.booking_id = $2
                             AND (kept.vendor_id, kept.person_id, kept.vendor_item_code, kept.change, kept.content_sha256)
                               = (double.vendor_id, double.person_id, double.vendor_item_code, double.change,
                                  double.content_sha256))""",
        message_id,
        booking_id,
    )
    found = await tx.fetch(
        """UPDATE exchange.staged_results SET booking_id = $2
            WHERE message_id = $1 AND state = 'waiting' AND booking_id IS NULL RETURNING vendor_item_code""",
        message_id,
        booking_id,
    )
    return sorted({record["vendor_item_code"] for record in found})


async def still_waiting(tx: Tx, message_ids: list[UUID]) -> set[UUID]:
    found = await tx.fetch(
        """SELECT DISTINCT message_id FROM exchange.staged_results
            WHERE message_id = ANY ($1::uuid[]) AND state = 'waiting'""",
        message_ids,
    )
    return {record["message_id"] for record in found}


async def list_waiting(
    tx: Tx,
    scope: Scope,
    *,
    vendor_id: UUID | None,
    reason: str | None,
    code: str | None,
    after: UUID | None,
    limit: int,
) -> list[StagedRow]:
    return rows(
        StagedRow,
        await tx.fetch(
            f"""SELECT {_STAGED} FROM exchange.staged_results
                 WHERE {_IN_SCOPE} AND state = 'waiting'
                   AND ($2::uuid IS NULL OR vendor_id = $2) AND ($3::text IS NULL OR reason = $3)
                   AND ($4::text IS NULL OR vendor_item_code = $4) AND ($5::uuid IS NULL OR id > $5)
                 ORDER BY id LIMIT $6""",
            scope.sql(),
            vendor_id,
            reason,
            code,
            after,
            limit,
        ),
    )


async def waiting_by_item(
    tx: Tx, scope: Scope, vendor_id: UUID | None, codes: list[str] | None, limit: int
) -> list[WaitingItem]:
    """What a mapping of each item would release, most first."""
    return rows(
        WaitingItem,
        await tx.fetch(
            f"""SELECT vendor_id, vendor_item_code, max(item_name) AS item_name, min(reason) AS reason,
                       count(*) AS waiting, count(DISTINCT person_id) AS persons, min(staged_at) AS oldest
                  FROM exchange.staged_results
                 WHERE {_IN_SCOPE} AND state = 'waiting'
                   AND ($2::uuid IS NULL OR vendor_id = $2)
                   AND ($3::text[] IS NULL OR vendor_item_code = ANY ($3))
                 GROUP BY vendor_id, vendor_item_code ORDER BY count(*) DESC, vendor_item_code LIMIT $4""",
            scope.sql(),
            vendor_id,
            codes,
            limit,
        ),
    )


async def count_waiting(tx: Tx, scope: Scope) -> Waiting:
    found = await tx.fetchrow(
        f"""SELECT count(*) AS count, min(staged_at) AS oldest_at FROM exchange.staged_results
             WHERE {_IN_SCOPE} AND state = 'waiting'""",
        scope.sql(),
    )
    return Waiting.counted(found)


async def waiting_persons(tx: Tx, scope: Scope, vendor_id: UUID, codes: list[str]) -> int:
    return await tx.fetchval(
        f"""SELECT count(DISTINCT person_id) FROM exchange.staged_results
             WHERE {_IN_SCOPE} AND state = 'waiting' AND vendor_id = $2 AND vendor_item_code = ANY ($3::text[])""",
        scope.sql(),
        vendor_id,
        codes,
    )
