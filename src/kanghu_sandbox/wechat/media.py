"""Media files: what may be uploaded, for three days or, as material, until it is deleted."""

import secrets
import sqlite3

from . import sound
from .codes import Refused
from .store import Tx

LIFETIME = 3 * 24 * 3600
MB = 1024 * 1024
KEPT = 200 * MB
"""Of all files together; the oldest go before their three days are over when there are more."""

LIMITS = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "thumb": 64 * 1024}
LONGEST_VOICE = 60.0

COUNTED = ("voice", "video", "image", "news")
MOST, MOST_OTHERS = {"image": 100_000}, 1_000
"""Of permanent material; pictures and articles are counted together."""

_FORMATS = {
    "image": ("png", "jpg", "gif"),
    "voice": ("amr", "mp3"),
    "video": ("mp4",),
    "thumb": ("jpg",),
}
_CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "amr": "audio/amr",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
}


def keep(tx: Tx, kind: str, data: bytes, now: float) -> str:
    """Take a file; gives its media_id. Raises Refused 40004, 44001, 45001, 40005 or 45007.

    The documents give limits but not which of the table's codes comes: size is 45001, format 40005, length 45007.
    """
    form = _checked(kind, data)
    media_id = secrets.token_urlsafe(48)
    tx.execute("DELETE FROM media WHERE created_at <= ?", (now - LIFETIME,))
    tx.execute(
        "INSERT INTO media (media_id, kind, content_type, extension, data, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (media_id, kind, _CONTENT_TYPES[form], form, data, now),
    )
    tx.execute(
        "DELETE FROM media WHERE rowid IN (SELECT rowid FROM"
        " (SELECT rowid, sum(length(data)) OVER (ORDER BY created_at DESC, rowid DESC) AS total FROM media)"
        " WHERE total > ?)",
        (KEPT,),
    )
    return media_id


def keep_for_good(
    tx: Tx, kind: str, data: bytes, name: str, title: str, introduction: str, now: float
) -> str:
    """Take a file as permanent material; gives its media_id. Raises Refused as `keep` does.

    A full store is 45001 here: no document says which code comes. BMP, WMA and WAV, which permanent material may be as well, are
    not played.
    """
    form = _checked(kind, data)
    counted = ("image", "news") if kind == "image" else (kind,)
    if sum(count(tx)[one] for one in counted if one in COUNTED) >= MOST.get(kind, MOST_OTHERS):
        raise Refused(45001, "material")
    media_id = secrets.token_urlsafe(32)
    tx.execute(
        "INSERT INTO materials (media_id, kind, content_type, extension, data, created_at, name, title, introduction)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (media_id, kind, _CONTENT_TYPES[form], form, data, now, name, title, introduction),
    )
    return media_id


def count(tx: Tx) -> dict[str, int]:
    """How many materials of each kind there are; articles are not played."""
    rows = tx.execute("SELECT kind, count(*) AS number FROM materials GROUP BY kind")
    return dict.fromkeys(COUNTED, 0) | {row["kind"]: row["number"] for row in rows if row["kind"] in COUNTED}


def page_of_materials(tx: Tx, kind: str, offset: int, most: int) -> list[sqlite3.Row]:
    """Newest first."""
    return tx.execute(
        "SELECT media_id, name, kind, created_at FROM materials WHERE kind = ? ORDER BY created_at DESC, rowid DESC"
        " LIMIT ? OFFSET ?",
        (kind, most, offset),
    ).fetchall()


def find_material(tx: Tx, media_id: str) -> sqlite3.Row:
    """Raises Refused 40007."""
    row: sqlite3.Row | None = tx.execute("SELECT * FROM materials WHERE media_id = ?", (media_id,)).fetchone()
    if row is None:
        raise Refused(40007)
    return row


def delete_material(tx: Tx, media_id: str) -> None:
    """Raises Refused 40007."""
    if not tx.execute("DELETE FROM materials WHERE media_id = ?", (media_id,)).rowcount:
        raise Refused(40007)


def forget_temporary(tx: Tx) -> int:
    """As if three days had gone by; how many there were."""
    return tx.execute("DELETE FROM media").rowcount


def _checked(kind: str, data: bytes) -> str:
    """The format of a file that may be uploaded. Raises Refused."""
    if kind not in LIMITS:
        raise Refused(40004)
    if not data:
        raise Refused(44001)
    if len(data) > LIMITS[kind]:
        raise Refused(45001)
    form = _form(data)
    if form not in _FORMATS[kind]:
        raise Refused(40005)
    if kind == "voice" and sound.seconds(data, form) > LONGEST_VOICE:
        raise Refused(45007)
    return form


def find(tx: Tx, media_id: str, kind: str, now: float) -> sqlite3.Row:
    """A file, temporary or not, that may be sent as `kind`, or any when empty. Raises Refused 40007."""
    row: sqlite3.Row | None = tx.execute("SELECT * FROM media WHERE media_id = ?", (media_id,)).fetchone()
    if row is None or row["created_at"] + LIFETIME <= now:
        row = find_material(tx, media_id)
    if kind not in ("", row["kind"]):
        raise Refused(40007)
    return row


def _form(data: bytes) -> str:
    """The format that the first bytes tell; empty when none that WeChat takes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if data[4:8] == b"ftyp":
        return "mp4"
    return sound.form(data)
