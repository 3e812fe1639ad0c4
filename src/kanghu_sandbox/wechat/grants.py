"""One-time codes (OAuth, a mini-program's login and phone number) and the tokens of OAuth."""

import secrets
import sqlite3

from .codes import Refused
from .store import Tx, keep_newest

CODE_SECONDS = 300
TOKEN_SECONDS = 7200
REFRESH_SECONDS = 30 * 24 * 3600
KEPT = 2000

OAUTH, LOGIN, PHONE = "oauth", "login", "phone"
BASE, USERINFO = "snsapi_base", "snsapi_userinfo"


def give_code(tx: Tx, kind: str, openid: str, scope: str, now: float) -> str:
    """A code for one use within five minutes."""
    code = f"0{secrets.token_urlsafe(24)[:31]}"
    tx.execute(
        "INSERT INTO codes (code, kind, openid, scope, issued_at) VALUES (?, ?, ?, ?, ?)",
        (code, kind, openid, scope, now),
    )
    keep_newest(tx, "codes", "issued_at", KEPT)
    return code


def take_code(tx: Tx, kind: str, code: str, now: float) -> sqlite3.Row:
    """openid and scope; the code is used up. Raises Refused 41008, 40029 (unknown), 40163 (used) or 42003 (too late)."""
    if not code:
        raise Refused(41008)
    row: sqlite3.Row | None = tx.execute(
        "SELECT openid, scope, issued_at, used FROM codes WHERE code = ? AND kind = ?", (code, kind)
    ).fetchone()
    if row is None:
        raise Refused(40029)
    if row["used"]:
        raise Refused(40163)
    if row["issued_at"] + CODE_SECONDS <= now:
        raise Refused(42003)
    tx.execute("UPDATE codes SET used = 1 WHERE code = ?", (code,))
    return row


def grant(tx: Tx, openid: str, scope: str, now: float) -> sqlite3.Row:
    """Tokens of OAuth: two hours, renewable for thirty days."""
    row: sqlite3.Row = tx.execute(
        "INSERT INTO oauth_tokens (access_token, refresh_token, openid, scope, issued_at, granted_at)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
        (_token(), _token(), openid, scope, now, now),
    ).fetchone()
    keep_newest(tx, "oauth_tokens", "issued_at", KEPT)
    return row


def renew(tx: Tx, refresh_token: str, now: float) -> sqlite3.Row:
    """A new access token. Raises Refused 40030 or 42002."""
    row = tx.execute(
        "SELECT granted_at FROM oauth_tokens WHERE refresh_token = ?", (refresh_token,)
    ).fetchone()
    if row is None:
        raise Refused(40030)
    if row["granted_at"] + REFRESH_SECONDS <= now:
        raise Refused(42002)
    renewed: sqlite3.Row = tx.execute(
        "UPDATE oauth_tokens SET access_token = ?, issued_at = ? WHERE refresh_token = ? RETURNING *",
        (_token(), now, refresh_token),
    ).fetchone()
    return renewed


def check(tx: Tx, access_token: str, openid: str, now: float) -> sqlite3.Row:
    """The grant. Raises Refused 41001, 40001, 42001 or 40003 (of somebody else)."""
    if not access_token:
        raise Refused(41001)
    row: sqlite3.Row | None = tx.execute(
        "SELECT * FROM oauth_tokens WHERE access_token = ?", (access_token,)
    ).fetchone()
    if row is None:
        raise Refused(40001)
    if row["issued_at"] + TOKEN_SECONDS <= now:
        raise Refused(42001)
    if row["openid"] != openid:
        raise Refused(40003)
    return row


def _token() -> str:
    return f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(64)}"
