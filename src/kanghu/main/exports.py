"""Exports: order one, watch it grow, fetch the file. Each account sees its own."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from kanghu.kernel import exports
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Conflict, NotFound
from kanghu.kernel.security import Caller, signed_in
from kanghu.kernel.web import Router, Transaction

router = Router(prefix="/api/admin/exports", tags=["main"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}

Kind = Literal[
    "people.persons",
    "exams.bookings",
    "health.findings",
    "exchange.messages",
    "exchange.staged_results",
    "accounts.audit",
]


class ExportNotFound(NotFound):
    code = "main.export_not_found"
    message = "这份导出不存在，可能已经到期，请重新导出"


class ExportNotDone(Conflict):
    code = "main.export_not_done"
    message = "这份导出还没有生成文件"


class NewExport(BaseModel):
    """要导出的列表；`filters` 与该列表接口的筛选参数相同"""

    kind: Kind
    filters: dict[str, Any] = Field(default_factory=dict, max_length=30)


class ExportView(BaseModel):
    """一份导出；文件保留 24 小时"""

    id: UUID
    kind: Kind
    title: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    done: int = Field(description="已写入的行数")
    total: int | None = Field(description="总行数，完成后才知道")
    file_name: str
    error: str | None
    created_at: datetime
    expires_at: datetime


def _view(found: exports.Export) -> ExportView:
    kind: Any = found.kind
    state: Any = found.state
    return ExportView(
        id=found.id,
        kind=kind,
        title=exports.KINDS[kind].title,
        state=state,
        done=found.done,
        total=found.done if found.state == "done" else None,
        file_name=found.file_name,
        error=found.error or None,
        created_at=found.created_at,
        expires_at=found.expires_at,
    )


async def _own(tx: Tx, caller: Caller, export_id: UUID) -> exports.Export:
    found = await exports.find(tx, caller, export_id)
    if found is None:
        raise ExportNotFound
    return found


@router.post("", operation_id="main_order_export", status_code=201)
async def order_export(
    body: NewExport, caller: Annotated[Caller, signed_in()], tx: Transaction
) -> ExportView:
    """把一个列表导出为 Excel 文件，在后台生成；须有查看该列表的权限"""
    return _view(await exports.order(tx, caller, exports.KINDS[body.kind], body.filters))


@router.get("", operation_id="main_list_exports")
async def list_exports(caller: Annotated[Caller, signed_in()], tx: Transaction) -> list[ExportView]:
    """我的导出，新的在前"""
    return [_view(found) for found in await exports.of_account(tx, caller)]


@router.get("/{export_id}", operation_id="main_get_export")
async def get_export(export_id: UUID, caller: Annotated[Caller, signed_in()], tx: Transaction) -> ExportView:
    """一份导出的进度"""
    return _view(await _own(tx, caller, export_id))


@router.delete("/{export_id}", operation_id="main_remove_export", status_code=204)
async def remove_export(export_id: UUID, caller: Annotated[Caller, signed_in()], tx: Transaction) -> None:
    """取消进行中的导出，或删除已结束的"""
    await exports.remove(tx, caller, await _own(tx, caller, export_id))


@router.get(
    "/{export_id}/file", operation_id="main_get_export_file", response_class=Response, responses=_FILE
)
async def get_export_file(
    export_id: UUID, caller: Annotated[Caller, signed_in()], tx: Transaction
) -> Response:
    """导出的文件；取用会留痕"""
    found = await _own(tx, caller, export_id)
    content = await exports.file_of(tx, caller, found)
    if content is None:
        raise ExportNotDone
    named = f"attachment; filename*=UTF-8''{quote(found.file_name)}"
    return Response(content, media_type=XLSX, headers={"content-disposition": named})
