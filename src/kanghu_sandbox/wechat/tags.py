"""用户标签: at most 100, names of at most 30 characters, 20 on one person."""

import sqlite3

from .codes import Refused
from .store import Tx

MOST = 100
NAME = 30
ON_ONE_PERSON = 20
SYSTEM_TAGS = (0, 1, 2)
FIRST_ID = 100


def create(tx: Tx, name: str) -> int:
    """Raises Refused 45056, 45158 or 45157 (taken or empty)."""
    if tx.execute("SELECT count(*) AS n FROM tags").fetchone()["n"] >= MOST:
        raise Refused(45056)
    _check_name(tx, name, 0)
    row = tx.execute(
        "INSERT INTO tags (id, name) VALUES ((SELECT coalesce(max(id) + 1, ?) FROM tags), ?) RETURNING id",
        (FIRST_ID, name),
    ).fetchone()
    return int(row["id"])


def rename(tx: Tx, tag_id: int, name: str) -> None:
    """Raises Refused 45058, 45159, 45158 or 45157."""
    _check(tx, tag_id)
    _check_name(tx, name, tag_id)
    tx.execute("UPDATE tags SET name = ? WHERE id = ?", (name, tag_id))


def delete(tx: Tx, tag_id: int) -> None:
    """Raises Refused 45058 or 45159."""
    _check(tx, tag_id)
    tx.execute("DELETE FROM tags WHERE id = ?", (tag_id,))


def all_tags(tx: Tx) -> list[sqlite3.Row]:
    """id, name, count."""
    return tx.execute(
        "SELECT t.id, t.name, count(p.openid) AS count FROM tags t LEFT JOIN person_tags p ON p.tag_id = t.id"
        " GROUP BY t.id ORDER BY t.id"
    ).fetchall()


def put_on(tx: Tx, tag_id: int, openid: str) -> None:
    """Raises Refused 45159 or 45059."""
    check_known(tx, tag_id)
    tx.execute("INSERT OR IGNORE INTO person_tags (openid, tag_id) VALUES (?, ?)", (openid, tag_id))
    worn = tx.execute("SELECT count(*) AS n FROM person_tags WHERE openid = ?", (openid,)).fetchone()["n"]
    if worn > ON_ONE_PERSON:
        raise Refused(45059)


def take_off(tx: Tx, tag_id: int, openid: str) -> None:
    """Raises Refused 45159."""
    check_known(tx, tag_id)
    tx.execute("DELETE FROM person_tags WHERE openid = ? AND tag_id = ?", (openid, tag_id))


def wearers(tx: Tx, tag_id: int) -> list[str]:
    """openids. Raises Refused 45159."""
    check_known(tx, tag_id)
    rows = tx.execute("SELECT openid FROM person_tags WHERE tag_id = ? ORDER BY id", (tag_id,))
    return [row["openid"] for row in rows]


def check_known(tx: Tx, tag_id: int) -> None:
    """Raises Refused 45159."""
    if tx.execute("SELECT 1 FROM tags WHERE id = ?", (tag_id,)).fetchone() is None:
        raise Refused(45159)


def _check(tx: Tx, tag_id: int) -> None:
    if tag_id in SYSTEM_TAGS:
        raise Refused(45058)
    check_known(tx, tag_id)


def _check_name(tx: Tx, name: str, own_id: int) -> None:
    if len(name) > NAME:
        raise Refused(45158)
    taken = tx.execute("SELECT 1 FROM tags WHERE name = ? AND id <> ?", (name, own_id)).fetchone()
    if not name or taken:
        raise Refused(45157)
