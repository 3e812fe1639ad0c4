"""What the platform has to hear, kept until it has heard it.

A message is stored in the transaction that made it true, with the X-Request-Id it keeps for life; so neither a kill nor
an absent platform loses it, and sending it once more can't do harm.
"""

import time
from dataclasses import dataclass

from kanghu_sandbox.wire.client import encode, new_request_id

from . import clock
from .store import Tx

PENDING, DELIVERED, REFUSED = "pending", "delivered", "refused"
FIRST_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class OutMessage:
    """One message to the platform; `interface` is H2–H5, `note` says why it isn't delivered."""

    id: int
    interface: str
    request_id: str
    body: bytes
    state: str
    tries: int
    created_at: str
    note: str


def put(tx: Tx, interface: str, payload: object, lease_seconds: float) -> OutMessage:
    """Store a message for sending. For `lease_seconds` only the caller sends it; then the resender may."""
    row = tx.execute(
        "INSERT INTO outbox (interface, request_id, body, state, next_try_at, created_at)"
        " VALUES (?, ?, ?, 'pending', ?, ?)"
        " RETURNING id, interface, request_id, body, state, tries, created_at, note",
        (interface, new_request_id(), encode(payload), time.time() + lease_seconds, clock.stamp()),
    ).fetchone()
    return OutMessage(**dict(row))


def lease_due(tx: Tx, lease_seconds: float, limit: int = 50) -> list[OutMessage]:
    """Take the pending messages whose time has come, oldest first, for `lease_seconds`."""
    now = time.time()
    rows = tx.execute(
        "UPDATE outbox SET next_try_at = ? WHERE id IN"
        " (SELECT id FROM outbox WHERE state = 'pending' AND next_try_at <= ? ORDER BY id LIMIT ?)"
        " RETURNING id, interface, request_id, body, state, tries, created_at, note",
        (now + lease_seconds, now, limit),
    ).fetchall()
    return sorted((OutMessage(**dict(row)) for row in rows), key=lambda message: message.id)


def settle(tx: Tx, message: OutMessage, state: str, note: str = "") -> None:
    """Write down how a try ended. A pending message waits twice as long after every try, up to an hour."""
    pause = min(FIRST_PAUSE_SECONDS * 2**message.tries, LONGEST_PAUSE_SECONDS)
    tx.execute(
        "UPDATE outbox SET state = ?, note = ?, tries = tries + 1, next_try_at = ? WHERE id = ?",
        (state, note, time.time() + pause, message.id),
    )


def revive(tx: Tx) -> int:
    """Make every undelivered message due at once, refused ones too; gives their number."""
    return tx.execute(
        "UPDATE outbox SET state = 'pending', next_try_at = 0 WHERE state <> 'delivered'"
    ).rowcount


def undelivered(tx: Tx, limit: int = 200) -> list[OutMessage]:
    """What is pending or refused, oldest first."""
    rows = tx.execute(
        "SELECT id, interface, request_id, body, state, tries, created_at, note"
        " FROM outbox WHERE state <> 'delivered' ORDER BY id LIMIT ?",
        (limit,),
    )
    return [OutMessage(**dict(row)) for row in rows]
