"""Consent to subscription notices, and the numbers of messages sent from templates."""

import secrets

from .codes import Refused
from .store import Tx, keep_newest

KEPT = 2000
SAME_MESSAGE_SECONDS = 600
MOST_AT_ONCE = 5


def give(tx: Tx, openid: str, template_id: str) -> None:
    """One notice more may be sent; of a long-term template any number."""
    tx.execute(
        "INSERT INTO consents (openid, template_id, times) VALUES (?, ?, 1)"
        " ON CONFLICT (openid, template_id) DO UPDATE SET times = times + 1",
        (openid, template_id),
    )


def withdraw(tx: Tx, openid: str, template_id: str) -> None:
    tx.execute("DELETE FROM consents WHERE openid = ? AND template_id = ?", (openid, template_id))


def use(tx: Tx, openid: str, template_id: str, long_term: bool) -> None:
    """Raises Refused 43101 without consent."""
    done = tx.execute(
        "UPDATE consents SET times = times - ? WHERE openid = ? AND template_id = ? AND times > 0",
        (0 if long_term else 1, openid, template_id),
    )
    if not done.rowcount:
        raise Refused(43101)


def remember(tx: Tx, openid: str, client_msg_id: str, now: float) -> int:
    """A new msgid. Raises Refused 45065 when the same client_msg_id went to the same person within ten minutes."""
    if client_msg_id:
        same = tx.execute(
            "SELECT 1 FROM template_sends WHERE openid = ? AND client_msg_id = ? AND at > ?",
            (openid, client_msg_id, now - SAME_MESSAGE_SECONDS),
        ).fetchone()
        if same:
            raise Refused(45065)
    msg_id = 10**18 + secrets.randbelow(10**18)
    tx.execute(
        "INSERT INTO template_sends (msg_id, openid, client_msg_id, at) VALUES (?, ?, ?, ?)",
        (msg_id, openid, client_msg_id, now),
    )
    keep_newest(tx, "template_sends", "at", KEPT)
    return msg_id
