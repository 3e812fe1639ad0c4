"""二维码 with a scene: the account makes them, people scan them."""

import secrets
import sqlite3

from .codes import Refused
from .store import Tx, keep_newest

LONGEST = 2_592_000
DEFAULT = 60
KEPT = 2000
"""Of all codes; the real platform keeps 100 000 permanent ones."""


def create(tx: Tx, scene: str, is_number: bool, seconds: int | None, address: str, now: float) -> sqlite3.Row:
    """A code for `seconds`, None for ever."""
    row: sqlite3.Row = tx.execute(
        "INSERT INTO qr_codes (ticket, url, scene, is_number, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?)"
        " RETURNING *",
        (
            f"gQ{secrets.token_urlsafe(60)}",
            f"{address}/q/{secrets.token_urlsafe(16)}",
            scene,
            int(is_number),
            None if seconds is None else now + seconds,
            now,
        ),
    ).fetchone()
    keep_newest(tx, "qr_codes", "created_at", KEPT)
    return row


def find(tx: Tx, ticket_or_url: str, now: float) -> sqlite3.Row:
    """The code with this ticket or behind this address. Raises Refused 40035 when there is none or it has run out."""
    row: sqlite3.Row | None = tx.execute(
        "SELECT * FROM qr_codes WHERE ticket = ?1 OR url = ?1", (ticket_or_url,)
    ).fetchone()
    if row is None or (row["expires_at"] is not None and row["expires_at"] <= now):
        raise Refused(40035, "ticket")
    return row
