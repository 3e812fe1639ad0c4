"""/api/admin/accounts/audit: who did and read what, and whether the record of it is whole."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime

from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts.jobs import request_check
from kanghu.modules.accounts.models import AuditEntry
from kanghu.modules.accounts.repository.audit_trail import AuditFilter
from kanghu.modules.accounts.schemas import AuditCheckView, AuditEntryView
from kanghu.modules.accounts.service import audit_trail as service

admin = Router(prefix="/api/admin/accounts", tags=["accounts"])

Prefix = Annotated[
    str | None, Query(max_length=100, pattern=r"^[A-Za-z0-9_./:-]*$", description="代码的开头部分")
]


@admin.get("/audit", operation_id="accounts_search_audit")
async def search_audit(
    caller: Annotated[Caller, can(service.READ)],
    tx: Transaction,
    actor_id: UUID | None = None,
    action: Prefix = None,
    subject: Prefix = None,
    person_id: UUID | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditEntryView]:
    """查询审计日志（最新在前；`action`、`subject` 按开头匹配；查询本身也留痕）"""
    wanted = AuditFilter(
        actor_id=actor_id,
        action=action or None,
        subject=subject or None,
        person_id=person_id,
        since=since,
        until=until,
    )
    after = decode_cursor(cursor, int)
    found = await service.search(tx, caller, wanted, after[0] if after else None, limit + 1)
    items, following = split_page(found, limit, lambda entry: (entry.seq,))
    names = await service.actor_names(tx, items)
    return Page(items=[_view(entry, names) for entry in items], next=following)


def _view(entry: AuditEntry, names: Mapping[UUID, str]) -> AuditEntryView:
    name = None if entry.actor_id is None else names.get(entry.actor_id)
    return AuditEntryView.model_validate(entry).model_copy(update={"actor_name": name})


@admin.get("/audit/check", operation_id="accounts_get_audit_check")
async def get_audit_check(
    _caller: Annotated[Caller, can("accounts.audit.check")], tx: Transaction
) -> AuditCheckView | None:
    """最近一次审计链校验的结果，尚未校验过则为空"""
    found = await service.last_check(tx)
    return None if found is None else AuditCheckView.model_validate(found)


@admin.post("/audit/check", operation_id="accounts_request_audit_check", status_code=202)
async def request_audit_check(
    _caller: Annotated[Caller, can("accounts.audit.check")], tx: Transaction
) -> None:
    """立即校验审计链（在后台进行，稍后查看结果）"""
    await request_check(tx)
