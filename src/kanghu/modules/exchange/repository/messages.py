"""The message log, and the one look-up at the start of every call."""

from datetime import datetime
from typing import Any
from uuid import UUID

from kanghu.kernel import audit, live
from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.security import Scope
from kanghu.kernel.waiting import Waiting
from kanghu.modules.exchange.models import MessageContent, MessageRow, Opening, VendorHealth, VendorHour

OPEN_CALL = """
WITH fresh AS (
    INSERT INTO exchange.nonces (app_id, nonce) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true
)
SELECT EXISTS (SELECT FROM fresh) AS fresh,
       prior.body_sha256 AS prior_sha256, prior.answer AS prior_answer, prior.id AS prior_id,
       account.person_id, account.institution_id, account.name_index, account.sex, account.birth_date,
       account.id_number_index, booking.booking_id, booking.person_id AS booking_person_id,
       coalesce(mapping.mapping_version, 0) AS mapping_version
  FROM (SELECT) AS once
  LEFT JOIN exchange.messages AS prior
         ON prior.app_id = $1 AND prior.request_id = $3 AND prior.direction = 'in'
  LEFT JOIN catalog.pub_mapping_versions AS mapping ON mapping.vendor_id = $4
  LEFT JOIN exams.pub_exam_accounts AS account ON account.vendor_id = $4 AND account.exam_account = $5
  LEFT JOIN exams.pub_bookings AS booking ON booking.vendor_id = $4 AND booking.exam_no = $6
"""

LOOK_UP = """
SELECT true AS fresh, NULL::bytea AS prior_sha256, NULL::bytea AS prior_answer, NULL::uuid AS prior_id,
       account.person_id, account.institution_id, account.name_index, account.sex, account.birth_date,
       account.id_number_index, booking.booking_id, booking.person_id AS booking_person_id,
       coalesce(mapping.mapping_version, 0) AS mapping_version
  FROM (SELECT) AS once
  LEFT JOIN catalog.pub_mapping_versions AS mapping ON mapping.vendor_id = $1
  LEFT JOIN exams.pub_exam_accounts AS account ON account.vendor_id = $1 AND account.exam_account = $2
  LEFT JOIN exams.pub_bookings AS booking ON booking.vendor_id = $1 AND booking.exam_no = $3
"""

_SHOWN = f"{live.INSERT} SELECT 'exchange.messages', institution_id FROM exchange.vendors"

_KEPT = """
INSERT INTO exchange.messages
    (id, vendor_id, direction, interface, app_id, request_id, body_sha256, body, answer, state, codes, person_id,
     booking_id, duration_ms, settled_at, attempts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, CASE WHEN $10 <> 'sending' THEN now() END,
        CASE WHEN $10 = 'sending' THEN 0 ELSE 1 END)
ON CONFLICT DO NOTHING RETURNING true
"""

# Message, audit entry and live update in one round trip: the hot path pays for each.
INSERT = f"""
WITH kept AS ({_KEPT}), shown AS ({_SHOWN} WHERE id = $2)
SELECT EXISTS (SELECT FROM kept)
"""
INSERT_AUDITED = f"""
WITH kept AS ({_KEPT}), shown AS ({_SHOWN} WHERE id = $2),
     told AS ({audit.insert_where(15, "EXISTS (SELECT FROM kept)")})
SELECT EXISTS (SELECT FROM kept)
"""

_LINE = """id, vendor_id, direction, interface, app_id, request_id, state, codes, person_id, booking_id, attempts,
           duration_ms, received_at, settled_at"""


async def open_call(
    tx: Tx,
    *,
    app_id: str,
    nonce: str,
    request_id: str | None,
    vendor_id: UUID,
    exam_account: str,
    exam_no: str | None,
) -> Opening:
    """Uses up the nonce and reads, in one round trip, all that the checks of a call need."""
    found = row(
        Opening, await tx.fetchrow(OPEN_CALL, app_id, nonce, request_id, vendor_id, exam_account, exam_no)
    )
    assert found is not None
    return found


async def look_up(tx: Tx, vendor_id: UUID, exam_account: str, exam_no: str | None) -> Opening:
    """What `open_call` finds, for a message that is processed again: without nonce and first answer."""
    found = row(Opening, await tx.fetchrow(LOOK_UP, vendor_id, exam_account, exam_no))
    assert found is not None
    return found


async def insert(
    tx: Tx,
    *,
    message_id: UUID,
    vendor_id: UUID,
    direction: str,
    interface: str,
    app_id: str,
    request_id: str | None,
    body_sha256: bytes,
    body: bytes,
    answer: bytes | None,
    state: str,
    codes: list[str],
    person_id: UUID | None,
    booking_id: UUID | None,
    duration_ms: int | None,
    audited: tuple[Any, ...] | None = None,
) -> bool:
    """False when a message with this request id is there already; `audited` is an `audit.entry` that goes with it."""
    return bool(
        await tx.fetchval(
            INSERT if audited is None else INSERT_AUDITED,
            message_id,
            vendor_id,
            direction,
            interface,
            app_id,
            request_id,
            body_sha256,
            body,
            answer,
            state,
            codes,
            person_id,
            booking_id,
            duration_ms,
            *(audited or ()),
        )
    )


async def settle(
    tx: Tx,
    message_id: UUID,
    *,
    state: str,
    codes: list[str],
    answer: bytes | None = None,
    booking_id: UUID | None = None,
    tried: bool = True,
    told_before: bool = False,
) -> int:
    """Moves a message on; returns the number of tries so far.

    With `told_before` the sender has had an answer: that one stays, and its codes stay findable beside the new ones.
    """
    return await tx.fetchval(
        f"""WITH settled AS (
                UPDATE exchange.messages
                   SET state = $2, answer = coalesce($4, answer), booking_id = coalesce($5, booking_id),
                       codes = CASE WHEN $7
                                    THEN codes || ARRAY(SELECT unnest($3::text[]) EXCEPT SELECT unnest(codes))
                                    ELSE $3 END,
                       attempts = attempts + $6::int,
                       settled_at = CASE WHEN $2 IN ('sending', 'failed') THEN NULL ELSE now() END
                 WHERE id = $1 RETURNING attempts, vendor_id),
            shown AS ({_SHOWN} WHERE id = (SELECT vendor_id FROM settled))
            SELECT attempts FROM settled""",
        message_id,
        state,
        codes,
        answer,
        booking_id,
        int(tried),
        told_before,
    )


async def content(tx: Tx, message_id: UUID, *, lock: bool = False) -> MessageContent | None:
    return row(
        MessageContent,
        await tx.fetchrow(
            f"""SELECT id, vendor_id, direction, interface, app_id, state, body, answer, person_id, booking_id, attempts
                  FROM exchange.messages WHERE id = $1 {"FOR UPDATE" if lock else ""}""",
            message_id,
        ),
    )


async def search(
    tx: Tx,
    scope: Scope,
    *,
    vendor_id: UUID | None,
    interface: str | None,
    state: str | None,
    code: str | None,
    person_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
    request_id: str | None = None,
    message_id: UUID | None = None,
) -> list[MessageRow]:
    """Newest first, within the institutions of the scope."""
    return rows(
        MessageRow,
        await tx.fetch(
            f"""SELECT {_LINE} FROM exchange.messages
                 WHERE (($1::kernel.scope).everything
                        OR vendor_id IN (SELECT id FROM exchange.vendors
                                          WHERE institution_id = ANY (($1::kernel.scope).institutions)))
                   AND ($2::uuid IS NULL OR vendor_id = $2)
                   AND ($3::text IS NULL OR interface = $3)
                   AND ($4::text IS NULL OR state = $4)
                   AND ($5::text IS NULL OR $5 = ANY (codes))
                   AND ($6::uuid IS NULL OR person_id = $6)
                   AND ($7::timestamptz IS NULL OR received_at >= $7)
                   AND ($8::timestamptz IS NULL OR received_at < $8)
                   AND ($9::uuid IS NULL OR id < $9)
                   AND ($11::text IS NULL OR request_id = $11)
                   AND ($12::uuid IS NULL OR id = $12)
                 ORDER BY id DESC LIMIT $10""",
            scope.sql(),
            vendor_id,
            interface,
            state,
            code,
            person_id,
            since,
            until,
            before,
            limit,
            request_id,
            message_id,
        ),
    )


async def health(tx: Tx, vendor_id: UUID) -> list[VendorHealth]:
    """Calls of the last 24 hours by interface."""
    return rows(
        VendorHealth,
        await tx.fetch(
            """SELECT interface, direction, count(*) AS calls,
                      count(*) FILTER (WHERE state IN ('failed', 'dead')) AS failed, max(received_at) AS last_at,
                      percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS p50_ms,
                      percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p95_ms
                 FROM exchange.messages
                WHERE vendor_id = $1 AND received_at > now() - interval '24 hours'
                GROUP BY interface, direction ORDER BY direction, interface""",
            vendor_id,
        ),
    )


async def hours(tx: Tx, vendor_id: UUID) -> list[VendorHour]:
    """The same by the hour, oldest first; hours without calls are left out."""
    return rows(
        VendorHour,
        await tx.fetch(
            """SELECT date_trunc('hour', received_at) AS hour, interface, direction, count(*) AS calls,
                      count(*) FILTER (WHERE state IN ('failed', 'dead')) AS failed,
                      percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p95_ms
                 FROM exchange.messages
                WHERE vendor_id = $1 AND received_at > date_trunc('hour', now()) - interval '23 hours'
                GROUP BY 1, interface, direction ORDER BY 1, direction, interface""",
            vendor_id,
        ),
    )


async def count_faults(tx: Tx, scope: Scope) -> Waiting:
    """Messages of the last 24 hours that could not be stored, or not be sent."""
    found = await tx.fetchrow(
        """SELECT count(*) AS count, min(received_at) AS oldest_at FROM exchange.messages
            WHERE state IN ('failed', 'dead') AND received_at > now() - interval '24 hours'
              AND (($1::kernel.scope).everything
                   OR vendor_id IN (SELECT id FROM exchange.vendors
                                     WHERE institution_id = ANY (($1::kernel.scope).institutions)))""",
        scope.sql(),
    )
    return Waiting.counted(found)


async def purge_nonces(tx: Tx) -> None:
    """A nonce counts within ±300 s of the sender's clock: after twice that it can't pass the clock check."""
    await tx.execute("DELETE FROM exchange.nonces WHERE at < now() - interval '15 minutes'")
