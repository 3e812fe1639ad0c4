"""Append-only, hash-chained record of every change and of every reading of personal data (ADR 0004).

A request writes its entry into `kernel.audit_inbox` in its own transaction, with a MAC under a key that the database does not
know. The worker moves the inbox into `kernel.audit_log` every two seconds, one process at a time: there each entry carries
`hash = SHA-256(previous hash ‖ MAC)`, so that a changed, removed or inserted entry breaks the chain. The head is also
written to a file outside the database, so that a cut-off tail shows too.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from kanghu.kernel import clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller

GENESIS = bytes(32)
_SEAL_LOCK = 0x6B61_6E67_0001  # advisory lock: one sealer at a time
_SEAL_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One audit entry without its place in the chain. `detail` is JSON text, kept to the letter."""

    at: datetime
    actor_kind: str
    actor_id: UUID | None
    action: str
    subject: str
    person_id: UUID | None
    institution_id: UUID | None
    request_id: str
    ip: str
    detail: str

    def mac(self, key: bytes) -> bytes:
        """HMAC-SHA256 over the entry in a fixed order of fields."""
        content = msgspec.json.encode([getattr(self, part.name) for part in fields(self)])
        return hmac.digest(key, content, hashlib.sha256)


COLUMNS = ", ".join(part.name for part in fields(Entry))
_TYPES = ("timestamptz", "text", "uuid", "text", "text", "uuid", "uuid", "text", "text", "text", "bytea")


def insert_where(first: int, condition: str) -> str:
    """The insertion as part of a larger statement: parameters from `$first` on, only where `condition` holds."""
    values = ", ".join(f"${first + place}::{kind}" for place, kind in enumerate(_TYPES))
    return f"INSERT INTO kernel.audit_inbox ({COLUMNS}, mac) SELECT {values} WHERE {condition}"


INSERT = f"""INSERT INTO kernel.audit_inbox ({COLUMNS}, mac)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""


def entry(
    caller: Caller,
    action: str,
    *,
    subject: str = "",
    person_id: UUID | None = None,
    institution_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> tuple[Any, ...]:
    """The parameters of `INSERT`, for those who write the entry in a statement of their own."""
    made = Entry(
        at=clock.now(),
        actor_kind=caller.kind,
        actor_id=caller.account_id,
        action=action,
        subject=subject,
        person_id=person_id,
        institution_id=institution_id or caller.institution_id,
        request_id=caller.request_id,
        ip=caller.ip,
        detail=msgspec.json.encode(detail or {}).decode(),
    )
    return (*[getattr(made, part.name) for part in fields(made)], made.mac(vault.audit_key))


async def record(
    tx: Tx,
    caller: Caller,
    action: str,
    *,
    subject: str = "",
    person_id: UUID | None = None,
    institution_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Writes one entry in the transaction of what it tells about.

    `action` is `module.noun.verb`, `subject` names the row (`exams.results/…`); `detail` holds codes and ids, never names.
    """
    await tx.execute(
        INSERT,
        *entry(
            caller, action, subject=subject, person_id=person_id, institution_id=institution_id, detail=detail
        ),
    )


async def seal(tx: Tx) -> tuple[int, int, bytes] | None:
    """Moves waiting entries into the chain. Returns (how many, last sequence, last hash), None when nothing waited."""
    if not await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", _SEAL_LOCK):
        return None
    waiting = await tx.fetch(
        f"""WITH taken AS (
                DELETE FROM kernel.audit_inbox
                 WHERE id IN (SELECT id FROM kernel.audit_inbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
                RETURNING *)
            SELECT {COLUMNS}, mac FROM taken ORDER BY id""",
        _SEAL_BATCH,
    )
    if not waiting:
        return None
    head = await tx.fetchrow("SELECT seq, hash FROM kernel.audit_log ORDER BY seq DESC LIMIT 1")
    seq, previous = (head["seq"], head["hash"]) if head else (0, GENESIS)
    chained = []
    for record_ in waiting:
        seq, previous = seq + 1, hashlib.sha256(previous + record_["mac"]).digest()
        chained.append((seq, *record_.values(), previous))
    await tx.executemany(
        f"""INSERT INTO kernel.audit_log (seq, {COLUMNS}, mac, hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)""",
        chained,
    )
    return len(chained), seq, previous


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found. `broken_at` is the first sequence number that does not fit, None when the chain is whole."""

    checked: int
    head: str
    broken_at: int | None = None
    reason: str = ""


def read_anchors(file: Path) -> list[tuple[int, str]]:
    """(sequence, hash in hex) per line of the file of heads; a line cut off by a crash is not a head."""
    if not file.exists():
        return []
    pairs = (line.split() for line in file.read_text(encoding="ascii").splitlines())
    return [(int(pair[0]), pair[1]) for pair in pairs if len(pair) == 2 and len(pair[1]) == 64]


async def verify(tx: Tx, anchors: Sequence[tuple[int, str]] = ()) -> Verdict:
    """Recomputes every MAC and hash in order, and compares with `anchors` = (sequence, hash in hex) kept outside."""
    expected, previous, wanted = 1, GENESIS, dict(anchors)
    async for record_ in tx.cursor(f"SELECT seq, {COLUMNS}, mac, hash FROM kernel.audit_log ORDER BY seq"):
        kept = Entry(**{part.name: record_[part.name] for part in fields(Entry)})
        previous = hashlib.sha256(previous + record_["mac"]).digest()
        reason = ""
        if record_["seq"] != expected:
            reason = f"缺少第 {expected} 条记录"
        elif not hmac.compare_digest(kept.mac(vault.audit_key), record_["mac"]):
            reason = "记录内容被改动"
        elif previous != record_["hash"]:
            reason = "与前一条记录的链接断开"
        elif wanted.get(expected, previous.hex()) != previous.hex():
            reason = "与库外留存的校验值不符"
        if reason:
            return Verdict(expected - 1, previous.hex(), expected, reason)
        expected += 1
    last_anchor = max(wanted, default=0)
    if last_anchor >= expected:
        return Verdict(expected - 1, previous.hex(), expected, "末尾的记录被删除")
    return Verdict(expected - 1, previous.hex())
