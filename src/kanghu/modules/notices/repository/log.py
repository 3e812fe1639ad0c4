"""The delivery log."""

from uuid import UUID

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Record, Tx
from kanghu.kernel.security import Scope
from kanghu.modules.notices.models import LogFilter, LogLine
from kanghu.modules.notices.repository.deliveries import ADDRESS

_LINES = """
SELECT d.id, d.notice_id, n.template_code, d.person_id, d.channel, d.state, d.reason, d.address, d.sender, d.provider_id,
       d.tries, d.uncertain, d.due_at, d.begun_at, d.receipt, d.receipt_at, d.dead_at, d.at, d.changed_at
  FROM notices.deliveries AS d JOIN notices.notices AS n ON n.id = d.notice_id
"""
# What went to staff concerns no customer; it is seen by who sees everything.
_SEEN = "(d.person_id IS NULL AND ($1::kernel.scope).everything OR people.readable(d.person_id, $1::kernel.scope))"


def _line(record: Record) -> LogLine:
    values = dict(record)
    if values["address"] is not None:
        values["address"] = vault.open(values["address"], ADDRESS, values["id"])
    return LogLine(**values)


async def page(tx: Tx, scope: Scope, wanted: LogFilter, before: UUID | None, limit: int) -> list[LogLine]:
    """Newest first."""
    found = await tx.fetch(
        _LINES
        + f""" WHERE ($2::text IS NULL OR d.channel = $2) AND ($3::text IS NULL OR d.state = $3)
                 AND (NOT $4 OR d.dead_at IS NOT NULL) AND ($5::text IS NULL OR n.template_code = $5)
                 AND ($6::uuid IS NULL OR d.person_id = $6) AND ($7::uuid IS NULL OR d.notice_id = $7)
                 AND ($8::uuid IS NULL OR d.id < $8) AND {_SEEN}
               ORDER BY d.id DESC LIMIT $9""",
        scope.sql(),
        wanted.channel,
        wanted.state,
        wanted.dead,
        wanted.template_code,
        wanted.person_id,
        wanted.notice_id,
        before,
        limit,
    )
    return [_line(record) for record in found]


async def get(tx: Tx, scope: Scope, delivery_id: UUID) -> LogLine | None:
    found = await tx.fetchrow(_LINES + f" WHERE d.id = $2 AND {_SEEN}", scope.sql(), delivery_id)
    return None if found is None else _line(found)
