"""Searching the audit log — itself a reading that is recorded — and checking its chain."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.config import settings
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import policy, sealing
from kanghu.modules.accounts.models import AuditCheck, AuditEntry
from kanghu.modules.accounts.repository import accounts, apps
from kanghu.modules.accounts.repository import audit_trail as rows
from kanghu.modules.accounts.repository.audit_trail import AuditFilter

READ = "accounts.audit.read"


async def search(
    tx: Tx, caller: Caller, wanted: AuditFilter, before: int | None, limit: int
) -> list[AuditEntry]:
    """Entries in the caller's reach, newest first. What has happened in the last seconds may still be in the inbox."""
    found = await rows.search(tx, caller.scope(READ).sql(), wanted, before, limit)
    asked = {key: str(value) for key in AuditFilter.__slots__ if (value := getattr(wanted, key)) is not None}
    await audit.record(
        tx, caller, READ, subject="kernel.audit_log", person_id=wanted.person_id, detail={"asked": asked}
    )
    return found


async def actor_names(tx: Tx, entries: Sequence[AuditEntry]) -> dict[UUID, str]:
    """Who it was: staff and vendors' systems by name, since the log is there to hold them to account; of customers what a
    list shows."""
    ids = list({entry.actor_id for entry in entries if entry.actor_id is not None})
    names = {app.id: app.name for app in await apps.get_apps(tx, ids)}
    for account in await accounts.get_accounts(tx, ids):
        name = vault.open(account.display_name_sealed, sealing.NAME, account.id)
        names[account.id] = name if account.kind == "staff" else policy.masked_name(name)
    return names


async def check_chain(tx: Tx, anchors_file: Path | None = None) -> AuditCheck:
    """Verifies the whole chain against the heads kept outside the database, and keeps the verdict.

    The heads are read first: what is sealed while we read only makes the chain longer than they say.
    """
    anchors = audit.read_anchors(anchors_file or settings().home / "audit-anchors.txt")
    verdict = await audit.verify(tx, anchors)
    check = AuditCheck(
        id=new_id(),
        at=clock.now(),
        checked=verdict.checked,
        head=verdict.head,
        broken_at=verdict.broken_at,
        reason=verdict.reason,
    )
    await rows.add_check(tx, check)
    return check


async def last_check(tx: Tx) -> AuditCheck | None:
    return await rows.last_check(tx)
