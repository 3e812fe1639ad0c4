"""What a phone shows of the account, and how much the account may still write."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import people
from .codes import Refused
from .store import Tx

KEPT = 500
"""Messages of one person."""

FAN, ACCOUNT, SYSTEM = "fan", "account", "system"
MESSAGE, MENU, FOLLOW, SCAN, PAY = "message", "menu", "follow", "scan", "pay"

ALLOWANCES: Mapping[str, tuple[int | None, float]] = {
    MESSAGE: (5, 48 * 3600),
    MENU: (3, 60),
    FOLLOW: (3, 60),
    SCAN: (3, 60),
    PAY: (None, 48 * 3600),
}
"""A person's deed → how many customer-service messages may follow, None without limit, and for how many seconds."""


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the chat; what `content` holds depends on `kind`."""

    id: int
    sender: str
    kind: str
    content: dict[str, Any]
    at: float


def show(tx: Tx, openid: str, sender: str, kind: str, content: Mapping[str, Any], now: float) -> None:
    """Put a message on the phone."""
    tx.execute(
        "INSERT INTO messages (openid, sender, kind, content, at) VALUES (?, ?, ?, ?, ?)",
        (openid, sender, kind, json.dumps(content, ensure_ascii=False), now),
    )
    tx.execute(
        "DELETE FROM messages WHERE openid = ? AND id NOT IN"
        " (SELECT id FROM messages WHERE openid = ? ORDER BY id DESC LIMIT ?)",
        (openid, openid, KEPT),
    )
    if sender != SYSTEM:
        people.touch(tx, openid, now)


def messages_of(tx: Tx, openid: str, after: int = 0) -> list[Message]:
    """Oldest first."""
    rows = tx.execute(
        "SELECT id, sender, kind, content, at FROM messages WHERE openid = ? AND id > ? ORDER BY id",
        (openid, after),
    )
    return [Message(**{**dict(row), "content": json.loads(row["content"])}) for row in rows]


def allow(tx: Tx, openid: str, deed: str, now: float) -> None:
    """The person did something: the account may write to them. The same deed again renews its own allowance.

    Whether allowances of one deed add up is told nowhere; here they do not.
    """
    most, seconds = ALLOWANCES[deed]
    tx.execute(
        "INSERT INTO allowances (openid, deed, expires_at, left_over) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (openid, deed) DO UPDATE SET expires_at = excluded.expires_at, left_over = excluded.left_over",
        (openid, deed, now + seconds, most),
    )


def check_window(tx: Tx, openid: str, now: float) -> str:
    """The deed whose allowance the next message uses: the one that ends first. Raises Refused 45015 or 45047."""
    rows = tx.execute(
        "SELECT deed, left_over FROM allowances WHERE openid = ? AND expires_at > ? ORDER BY expires_at",
        (openid, now),
    ).fetchall()
    if not rows:
        raise Refused(45015)
    deed = next((str(row["deed"]) for row in rows if row["left_over"] != 0), None)
    if deed is None:
        raise Refused(45047)
    return deed


def spend(tx: Tx, openid: str, now: float) -> None:
    """Use up one message of an allowance. Raises Refused 45015 (no window open) or 45047 (all used up)."""
    deed = check_window(tx, openid, now)
    tx.execute(
        "UPDATE allowances SET left_over = left_over - 1 WHERE openid = ? AND deed = ? AND left_over IS NOT NULL",
        (openid, deed),
    )


def windows(tx: Tx, openid: str, now: float) -> dict[str, int | None]:
    """Open windows: deed → messages left, None without limit."""
    rows = tx.execute(
        "SELECT deed, left_over FROM allowances WHERE openid = ? AND expires_at > ?", (openid, now)
    )
    return {row["deed"]: row["left_over"] for row in rows}
