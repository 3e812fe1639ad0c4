"""/api/admin/wechat/accounts/{account_id}: fans, their tags, QR codes with scenes."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request

from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can, can_and_waits
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.wechat.fan_schemas import (
    FanView,
    QrCodeGiven,
    QrCodeView,
    TaggingGiven,
    TagGiven,
    TagView,
)
from kanghu.modules.wechat.service import fans

admin = Router(prefix="/api/admin/wechat/accounts/{account_id}", tags=["wechat"])

Reader = Annotated[Caller, can(fans.READ)]
WaitingReader = Annotated[Caller, can_and_waits(fans.READ)]
WaitingWriter = Annotated[Caller, can_and_waits(fans.WRITE)]
TagPath = Annotated[int, Path(ge=0, le=2**31 - 1)]
REFUSED: dict[int | str, dict[str, Any]] = {502: {"description": "微信拒绝，原因见 message"}}


@admin.get("/fans", operation_id="wechat_list_fans")
async def list_fans(
    account_id: UUID,
    caller: Reader,
    tx: Transaction,
    subscribed: Annotated[bool | None, Query(description="是否关注着")] = None,
    tag_id: Annotated[int | None, Query(ge=0, le=2**31 - 1, description="有这个标签的")] = None,
    bound: Annotated[bool | None, Query(description="是否已绑定客户")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[FanView]:
    """粉丝，新出现的在前；查看留痕"""
    before = decode_cursor(cursor, UUID)
    found = await fans.list_fans(
        tx,
        caller,
        account_id,
        subscribed=subscribed,
        tag_id=tag_id,
        bound=bound,
        before=before[0] if before else None,
        limit=limit + 1,
    )
    items, following = split_page(found, limit, lambda fan: (fan.id,))
    return Page(items=[FanView.model_validate(fan) for fan in items], next=following)


@admin.get("/tags", operation_id="wechat_list_tags", responses=REFUSED)
async def list_tags(account_id: UUID, caller: WaitingReader, request: Request) -> list[TagView]:
    """微信上现有的粉丝标签"""
    found = await fans.list_tags(request.app.state.database, caller, account_id)
    return [TagView.model_validate(tag) for tag in found]


@admin.post("/tags", operation_id="wechat_create_tag", status_code=201, responses=REFUSED)
async def create_tag(account_id: UUID, body: TagGiven, caller: WaitingWriter, request: Request) -> TagView:
    """新建粉丝标签"""
    made = await fans.create_tag(request.app.state.database, caller, account_id, body.name)
    return TagView.model_validate(made)


@admin.put("/tags/{tag_id}", operation_id="wechat_rename_tag", status_code=204, responses=REFUSED)
async def rename_tag(
    account_id: UUID, tag_id: TagPath, body: TagGiven, caller: WaitingWriter, request: Request
) -> None:
    """修改粉丝标签的名称"""
    await fans.rename_tag(request.app.state.database, caller, account_id, tag_id, body.name)


@admin.delete("/tags/{tag_id}", operation_id="wechat_delete_tag", status_code=204, responses=REFUSED)
async def delete_tag(account_id: UUID, tag_id: TagPath, caller: WaitingWriter, request: Request) -> None:
    """删除粉丝标签"""
    await fans.delete_tag(request.app.state.database, caller, account_id, tag_id)


@admin.post("/tags/{tag_id}/fans", operation_id="wechat_tag_fans", status_code=204, responses=REFUSED)
async def tag_fans(
    account_id: UUID, tag_id: TagPath, body: TaggingGiven, caller: WaitingWriter, request: Request
) -> None:
    """批量打标签或取下标签"""
    await fans.tag_fans(
        request.app.state.database, caller, account_id, tag_id, body.openids, remove=body.remove
    )


@admin.get("/qr-codes", operation_id="wechat_list_qr_codes")
async def list_qr_codes(account_id: UUID, caller: Reader, tx: Transaction) -> list[QrCodeView]:
    """带参数的二维码，新的在前"""
    return [QrCodeView.model_validate(code) for code in await fans.list_codes(tx, caller, account_id)]


@admin.post("/qr-codes", operation_id="wechat_create_qr_code", status_code=201, responses=REFUSED)
async def create_qr_code(
    account_id: UUID, body: QrCodeGiven, caller: WaitingWriter, request: Request
) -> QrCodeView:
    """生成带参数的二维码"""
    made = await fans.create_code(
        request.app.state.database, caller, account_id, body.name, body.scene, body.days
    )
    return QrCodeView.model_validate(made)
