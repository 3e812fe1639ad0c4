"""Search in the sealed audit log of the kernel, and the results of its checks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kanghu.kernel.db import Tx, row
from kanghu.modules.accounts.models import AuditCheck, AuditEntry
from kanghu.modules.accounts.repository.patterns import starting_with


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What a search is narrowed to; None does not narrow. `action` and `subject` are prefixes."""

    actor_id: UUID | None = None
    action: str | None = None
    subject: str | None = None
    person_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def search(
    tx: Tx, scope: tuple[Any, ...], wanted: AuditFilter, before: int | None, limit: int
) -> list[AuditEntry]:
    """Newest first, entries before sequence `before`."""
    found = await tx.fetch(
        """SELECT seq, at, actor_kind, actor_id, action, subject, person_id, institution_id, request_id, ip, detail
             FROM kernel.audit_log
            WHERE (($1::kernel.scope).everything OR institution_id = ANY (($1::kernel.scope).institutions)
                   OR actor_id = ($1::kernel.scope).account)
              AND ($2::uuid IS NULL OR actor_id = $2)
              AND ($3::text IS NULL OR action LIKE $3)
              AND ($4::text IS NULL OR subject LIKE $4)
              AND ($5::uuid IS NULL OR person_id = $5)
              AND ($6::timestamptz IS NULL OR at >= $6)
              AND ($7::timestamptz IS NULL OR at < $7)
              AND ($8::bigint IS NULL OR seq < $8)
            ORDER BY seq DESC LIMIT $9""",
        scope,
        wanted.actor_id,
        wanted.action and starting_with(wanted.action),
        wanted.subject and starting_with(wanted.subject),
        wanted.person_id,
        wanted.since,
        wanted.until,
        before,
        limit,
    )
    return [AuditEntry(**{**record, "detail": msgspec.json.decode(record["detail"])}) for record in found]


async def add_check(tx: Tx, check: AuditCheck) -> None:
    await tx.execute(
        """INSERT INTO accounts.audit_checks (id, at, checked, head, broken_at, reason)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        check.id,
        check.at,
        check.checked,
        check.head,
        check.broken_at,
        check.reason,
    )


async def last_check(tx: Tx) -> AuditCheck | None:
    return row(
        AuditCheck,
        await tx.fetchrow(
            "SELECT id, at, checked, head, broken_at, reason FROM accounts.audit_checks ORDER BY at DESC LIMIT 1"
        ),
    )
