"""HTTP of the module: everyone's own notices, and the templates for staff."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can, signed_in
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.notices.schemas import MarkRead, NoticeView, Reword, TemplateView, UnreadCount
from kanghu.modules.notices.service import inbox, templates

admin = Router(prefix="/api/admin/notices", tags=["notices"])
patient = Router(prefix="/api/patient/notices", tags=["notices"])

Code = Annotated[str, Path(max_length=64, description="模板编码")]
UnreadOnly = Annotated[bool, Query(description="只看未读")]


@admin.get("/templates", operation_id="notices_list_templates")
async def list_templates(
    _caller: Annotated[Caller, can("notices.template.read")], tx: Transaction
) -> list[TemplateView]:
    """生效中的消息模板"""
    return [TemplateView.model_validate(found) for found in await templates.list_templates(tx)]


@admin.get("/templates/{code}", operation_id="notices_list_template_versions")
async def list_template_versions(
    code: Code, _caller: Annotated[Caller, can("notices.template.read")], tx: Transaction
) -> list[TemplateView]:
    """一个消息模板的全部版本，新的在前"""
    return [TemplateView.model_validate(found) for found in await templates.list_versions(tx, code)]


@admin.put("/templates/{code}", operation_id="notices_reword_template")
async def reword_template(
    code: Code, body: Reword, caller: Annotated[Caller, can("notices.template.write")], tx: Transaction
) -> TemplateView:
    """修改消息模板的文字，立即生效"""
    made = await templates.reword(tx, caller, code, body.version, body.title, body.body)
    return TemplateView.model_validate(made)


async def _page(
    tx: Transaction, caller: Caller, unread_only: bool, limit: int, cursor: str | None
) -> Page[NoticeView]:
    before = decode_cursor(cursor, UUID)
    found = await inbox.list_own(tx, caller, unread_only, before[0] if before else None, limit + 1)
    items, following = split_page(found, limit, lambda notice: (notice.id,))
    return Page(items=[NoticeView.model_validate(notice) for notice in items], next=following)


@patient.get("", operation_id="notices_list_own_notices")
async def list_own_notices(
    caller: Annotated[Caller, signed_in()],
    tx: Transaction,
    unread_only: UnreadOnly = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[NoticeView]:
    """我的消息，新的在前"""
    return await _page(tx, caller, unread_only, limit, cursor)


@patient.get("/unread-count", operation_id="notices_count_own_unread")
async def count_own_unread(caller: Annotated[Caller, signed_in()], tx: Transaction) -> UnreadCount:
    """我的未读消息数"""
    return UnreadCount(unread=await inbox.count_unread(tx, caller))


@patient.post("/read", operation_id="notices_mark_own_read_up_to", status_code=204)
async def mark_own_read_up_to(
    body: MarkRead, caller: Annotated[Caller, signed_in()], tx: Transaction
) -> None:
    """把某条及更早的消息全部标为已读"""
    await inbox.mark_read_up_to(tx, caller, body.up_to)


@patient.post("/{notice_id}/read", operation_id="notices_mark_own_read", status_code=204)
async def mark_own_read(notice_id: UUID, caller: Annotated[Caller, signed_in()], tx: Transaction) -> None:
    """把一条消息标为已读"""
    await inbox.mark_read(tx, caller, notice_id)


@admin.get("", operation_id="notices_list_staff_notices")
async def list_staff_notices(
    caller: Annotated[Caller, signed_in()],
    tx: Transaction,
    unread_only: UnreadOnly = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[NoticeView]:
    """发给我这个账号的消息，新的在前"""
    return await _page(tx, caller, unread_only, limit, cursor)


@admin.get("/unread-count", operation_id="notices_count_staff_unread")
async def count_staff_unread(caller: Annotated[Caller, signed_in()], tx: Transaction) -> UnreadCount:
    """我的账号的未读消息数"""
    return UnreadCount(unread=await inbox.count_unread(tx, caller))


@admin.post("/read", operation_id="notices_mark_staff_read_up_to", status_code=204)
async def mark_staff_read_up_to(
    body: MarkRead, caller: Annotated[Caller, signed_in()], tx: Transaction
) -> None:
    """把某条及更早的消息全部标为已读"""
    await inbox.mark_read_up_to(tx, caller, body.up_to)


@admin.post("/{notice_id}/read", operation_id="notices_mark_staff_read", status_code=204)
async def mark_staff_read(notice_id: UUID, caller: Annotated[Caller, signed_in()], tx: Transaction) -> None:
    """把一条消息标为已读"""
    await inbox.mark_read(tx, caller, notice_id)
