"""access_token, plain and stable, which know nothing of each other; and jsapi_ticket."""

import re
import secrets
import sqlite3

from . import quotas
from .codes import Refused
from .store import Tx, keep_newest

LIFETIME = 7200
OVERLAP = 300
"""For so long the token before the newest one still works; and so long before its end a stable one is renewed."""
FORCED_A_DAY = 20
FORCED_APART = 30
KEPT = 200

PLAIN, STABLE = "plain", "stable"


def issue(tx: Tx, app_id: str, kind: str, now: float, forced: bool = False) -> sqlite3.Row:
    """A new token; the one before it works five minutes more."""
    tx.execute(
        "UPDATE tokens SET good_until = min(good_until, ?) WHERE app_id = ? AND kind = ?",
        (now + OVERLAP, app_id, kind),
    )
    value = f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(100)}"
    tx.execute(
        "INSERT INTO tokens (value, app_id, kind, issued_at, expires_at, good_until, forced)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (value, app_id, kind, now, now + LIFETIME, now + LIFETIME, int(forced)),
    )
    keep_newest(tx, "tokens", "issued_at", KEPT)
    row: sqlite3.Row = tx.execute("SELECT * FROM tokens WHERE value = ?", (value,)).fetchone()
    return row


def stable(tx: Tx, app_id: str, now: float) -> sqlite3.Row:
    """The present stable token, a new one in its last five minutes; then both work until the old one's end."""
    newest: sqlite3.Row | None = tx.execute(
        "SELECT * FROM tokens WHERE app_id = ? AND kind = 'stable' ORDER BY issued_at DESC, rowid DESC",
        (app_id,),
    ).fetchone()
    if newest is not None and min(newest["good_until"], newest["expires_at"] - OVERLAP) > now:
        return newest
    return issue(tx, app_id, STABLE, now)


def force(tx: Tx, app_id: str, now: float) -> sqlite3.Row:
    """A new stable token; the one before it is dead at once.

    Raises Refused 45011 within 30 seconds, 45009 after 20 times a day. The documents give these two limits but no
    codes for them: these are the code table's for "too fast" and "daily".
    """
    last = tx.execute(
        "SELECT max(issued_at) AS at FROM tokens WHERE app_id = ? AND forced = 1", (app_id,)
    ).fetchone()["at"]
    if last is not None and now - last < FORCED_APART:
        raise Refused(45011)
    if quotas.count(tx, app_id, "force_refresh", "day", now) > FORCED_A_DAY:
        raise Refused(45009)
    tx.execute(
        "UPDATE tokens SET good_until = min(good_until, ?) WHERE app_id = ? AND kind = 'stable'",
        (now, app_id),
    )
    return issue(tx, app_id, STABLE, now, forced=True)


def invalidate(tx: Tx, app_id: str, now: float) -> None:
    """As if another party had fetched tokens and five minutes had gone by: the present ones are "not latest"."""
    tx.execute("UPDATE tokens SET good_until = min(good_until, ?) WHERE app_id = ?", (now, app_id))


def holder(tx: Tx, value: str, now: float) -> str:
    """The appid that a token speaks for. Raises Refused 41001, 40014, 40001 or 42001."""
    if not value:
        raise Refused(41001)
    row = tx.execute("SELECT app_id, expires_at, good_until FROM tokens WHERE value = ?", (value,)).fetchone()
    if row is None:
        # No document draws the line between these two; here what never had the shape of a token is 40014.
        raise Refused(40001 if re.fullmatch(r"\d+_[A-Za-z0-9_-]{100,}", value) else 40014)
    if row["expires_at"] <= now:
        raise Refused(42001)
    if row["good_until"] <= now:
        raise Refused(40001)
    return str(row["app_id"])


def ticket(tx: Tx, now: float) -> tuple[str, int]:
    """jsapi_ticket and its remaining seconds; the same one for 7200 seconds."""
    row = tx.execute("SELECT value, issued_at FROM tickets ORDER BY issued_at DESC LIMIT 1").fetchone()
    if row is not None and row["issued_at"] + LIFETIME > now:
        return str(row["value"]), int(row["issued_at"] + LIFETIME - now)
    value = secrets.token_urlsafe(64)
    tx.execute("INSERT INTO tickets (value, issued_at) VALUES (?, ?)", (value, now))
    keep_newest(tx, "tickets", "issued_at", KEPT)
    return value, LIFETIME
