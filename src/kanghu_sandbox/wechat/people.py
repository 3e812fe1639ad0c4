"""The people who have WeChat: their ids here and in the mini-program, whether they follow, what they are tagged."""

import secrets
import sqlite3
from dataclasses import dataclass

from .codes import Refused
from .store import Tx, keep_newest

KEPT = 1000


@dataclass(frozen=True, slots=True)
class Person:
    """One WeChat user as this account meets them."""

    openid: str
    mini_openid: str
    unionid: str
    nickname: str
    phone: str
    following: bool
    followed_at: int
    follow_scene: str
    qr_scene: str
    remark: str
    last_contact_at: float
    typing_until: float


def add(tx: Tx, nickname: str, phone: str, now: float) -> Person:
    """Somebody new, who does not follow yet. Beyond so many the one who came first goes, with all that is theirs."""
    openid = f"o{secrets.token_urlsafe(21)[:27]}"
    tx.execute(
        "INSERT INTO people (openid, mini_openid, unionid, nickname, phone, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (
            openid,
            f"o{secrets.token_urlsafe(21)[:27]}",
            f"o{secrets.token_urlsafe(21)[:27]}",
            nickname,
            phone,
            now,
        ),
    )
    keep_newest(tx, "people", "rowid", KEPT)
    return get(tx, openid)


def get(tx: Tx, openid: str) -> Person:
    """Raises Refused 40003."""
    return _found(tx.execute("SELECT * FROM people WHERE openid = ?", (openid,)).fetchone())


def get_by_mini_openid(tx: Tx, openid: str) -> Person:
    """Raises Refused 40003."""
    return _found(tx.execute("SELECT * FROM people WHERE mini_openid = ?", (openid,)).fetchone())


def everybody(tx: Tx, limit: int = 500) -> list[Person]:
    """Newest first."""
    rows = tx.execute("SELECT * FROM people ORDER BY created_at DESC, rowid DESC LIMIT ?", (limit,))
    return [_person(row) for row in rows]


def followers(tx: Tx, after: str, limit: int) -> list[str]:
    """openids in the order in which they came to WeChat, from the one after `after` on."""
    rows = tx.execute(
        "SELECT openid FROM people WHERE following = 1 AND rowid > coalesce((SELECT rowid FROM people WHERE openid = ?), 0)"
        " ORDER BY rowid LIMIT ?",
        (after, limit),
    )
    return [row["openid"] for row in rows]


def count_followers(tx: Tx) -> int:
    return int(tx.execute("SELECT count(*) AS n FROM people WHERE following = 1").fetchone()["n"])


def set_following(tx: Tx, openid: str, following: bool, scene: str, qr_scene: str, now: float) -> None:
    """Follow or leave; who leaves loses tags and remark, and the account its right to write."""
    tx.execute(
        "UPDATE people SET following = ?, followed_at = ?, follow_scene = ?, qr_scene = ? WHERE openid = ?",
        (int(following), int(now) if following else 0, scene, qr_scene, openid),
    )
    if not following:
        tx.execute("UPDATE people SET remark = '' WHERE openid = ?", (openid,))
        tx.execute("DELETE FROM person_tags WHERE openid = ?", (openid,))
        tx.execute("DELETE FROM allowances WHERE openid = ?", (openid,))


def touch(tx: Tx, openid: str, now: float) -> None:
    """A message went over in either direction; a message also ends "typing"."""
    tx.execute("UPDATE people SET last_contact_at = ?, typing_until = 0 WHERE openid = ?", (now, openid))


def set_typing(tx: Tx, openid: str, until: float) -> None:
    tx.execute("UPDATE people SET typing_until = ? WHERE openid = ?", (until, openid))


def set_remark(tx: Tx, openid: str, remark: str) -> None:
    tx.execute("UPDATE people SET remark = ? WHERE openid = ?", (remark, openid))


def tags_of(tx: Tx, openid: str) -> list[int]:
    """Tag ids, the one added first first."""
    rows = tx.execute("SELECT tag_id FROM person_tags WHERE openid = ? ORDER BY id", (openid,))
    return [row["tag_id"] for row in rows]


def _found(row: sqlite3.Row | None) -> Person:
    if row is None:
        raise Refused(40003)
    return _person(row)


def _person(row: sqlite3.Row) -> Person:
    fields = {name: row[name] for name in Person.__slots__}
    return Person(**fields | {"following": bool(row["following"])})
