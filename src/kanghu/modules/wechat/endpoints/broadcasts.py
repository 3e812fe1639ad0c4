"""/api/admin/wechat: bulk sending, prepared by one and released by another."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Query, Request

from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can, can_and_waits
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.wechat.broadcast_schemas import (
    BroadcastDetail,
    BroadcastGiven,
    BroadcastView,
    DryRunView,
    PictureView,
    PreviewGiven,
)
from kanghu.modules.wechat.models import Broadcast, BroadcastState
from kanghu.modules.wechat.repository import broadcast_parts
from kanghu.modules.wechat.service import broadcasts

admin = Router(prefix="/api/admin/wechat", tags=["wechat"])

Reader = Annotated[Caller, can(broadcasts.READ)]
Preparer = Annotated[Caller, can(broadcasts.PREPARE)]
WaitingPreparer = Annotated[Caller, can_and_waits(broadcasts.PREPARE)]
Releaser = Annotated[Caller, can(broadcasts.RELEASE)]
Content = Annotated[bytes, Body(media_type="application/octet-stream", description="文件内容")]
REFUSED: dict[int | str, dict[str, Any]] = {502: {"description": "微信拒绝，原因见 message"}}


@admin.get("/accounts/{account_id}/broadcasts", operation_id="wechat_list_broadcasts")
async def list_broadcasts(
    account_id: UUID,
    caller: Reader,
    tx: Transaction,
    state: Annotated[BroadcastState | None, Query(description="状态")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[BroadcastView]:
    """群发，新的在前"""
    before = decode_cursor(cursor, UUID)
    found = await broadcasts.page(tx, caller, account_id, state, before[0] if before else None, limit + 1)
    items, following = split_page(found, limit, lambda one: (one.id,))
    known = await broadcast_parts.progress(tx, [one.id for one in items])
    return Page(items=[BroadcastView.of(one, known.get(one.id)) for one in items], next=following)


@admin.post("/accounts/{account_id}/broadcasts", operation_id="wechat_prepare_broadcast", status_code=201)
async def prepare_broadcast(
    account_id: UUID, body: BroadcastGiven, caller: Preparer, tx: Transaction
) -> BroadcastView:
    """拟定群发；由另一人放行后才发出"""
    wanted = broadcasts.Wanted(
        body.name, body.audience, body.tag_id, body.openids, body.kind, body.text or body.media_id or ""
    )
    return BroadcastView.of(await broadcasts.prepare(tx, caller, account_id, wanted), None)


@admin.post(
    "/accounts/{account_id}/broadcast-pictures",
    operation_id="wechat_upload_broadcast_picture",
    status_code=201,
    responses=REFUSED,
)
async def upload_broadcast_picture(
    account_id: UUID, content: Content, caller: WaitingPreparer, request: Request
) -> PictureView:
    """上传群发用的图片"""
    media_id = await broadcasts.upload_picture(request.app.state.database, caller, account_id, content)
    return PictureView(media_id=media_id)


@admin.get("/broadcasts/{broadcast_id}", operation_id="wechat_get_broadcast")
async def get_broadcast(broadcast_id: UUID, caller: Reader, tx: Transaction) -> BroadcastDetail:
    """一次群发与它的各批"""
    found, parts = await broadcasts.get(tx, caller, broadcast_id)
    known = await broadcast_parts.progress(tx, [broadcast_id])
    return BroadcastDetail.whole(found, known.get(broadcast_id), parts)


@admin.delete("/broadcasts/{broadcast_id}", operation_id="wechat_discard_broadcast", status_code=204)
async def discard_broadcast(broadcast_id: UUID, caller: Preparer, tx: Transaction) -> None:
    """删除还没有放行的群发"""
    await broadcasts.discard(tx, caller, broadcast_id)


@admin.get("/broadcasts/{broadcast_id}/dry-run", operation_id="wechat_try_broadcast")
async def try_broadcast(broadcast_id: UUID, caller: Reader, tx: Transaction) -> DryRunView:
    """试算：谁会收到，谁不会、为什么；不发送"""
    return DryRunView.model_validate(await broadcasts.dry_run(tx, caller, broadcast_id))


@admin.post(
    "/broadcasts/{broadcast_id}/preview",
    operation_id="wechat_preview_broadcast",
    status_code=204,
    responses=REFUSED,
)
async def preview_broadcast(
    broadcast_id: UUID, body: PreviewGiven, caller: WaitingPreparer, request: Request
) -> None:
    """先发给一位粉丝看样子（微信每天准许 100 次）"""
    await broadcasts.preview(request.app.state.database, caller, broadcast_id, body.openid)


@admin.post("/broadcasts/{broadcast_id}/release", operation_id="wechat_release_broadcast")
async def release_broadcast(broadcast_id: UUID, caller: Releaser, tx: Transaction) -> BroadcastView:
    """放行：开始发送；拟定的人不能自己放行"""
    return await _view(tx, await broadcasts.release(tx, caller, broadcast_id))


@admin.post("/broadcasts/{broadcast_id}/stop", operation_id="wechat_stop_broadcast")
async def stop_broadcast(broadcast_id: UUID, caller: Releaser, tx: Transaction) -> BroadcastView:
    """停止：还没有交给微信的不再发送"""
    return await _view(tx, await broadcasts.stop(tx, caller, broadcast_id))


async def _view(tx: Transaction, found: Broadcast) -> BroadcastView:
    known = await broadcast_parts.progress(tx, [found.id])
    return BroadcastView.of(found, known.get(found.id))
