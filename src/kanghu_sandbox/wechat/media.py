"""Media files: what may be uploaded, for three days."""

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


def find(tx: Tx, media_id: str, kind: str, now: float) -> sqlite3.Row:
    """A file that may be sent as `kind`, or any when empty. Raises Refused 40007."""
    row: sqlite3.Row | None = tx.execute("SELECT * FROM media WHERE media_id = ?", (media_id,)).fetchone()
    if row is None or row["created_at"] + LIFETIME <= now or kind not in ("", row["kind"]):
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
