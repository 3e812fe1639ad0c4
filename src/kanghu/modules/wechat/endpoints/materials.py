"""/api/admin/wechat/materials: the library of an official account or mini-program."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Query, Request
from fastapi.responses import Response

from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can, can_and_waits
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.wechat.material_schemas import MaterialRenamed, MaterialView, Title
from kanghu.modules.wechat.models import MaterialKind
from kanghu.modules.wechat.repository.materials import Form
from kanghu.modules.wechat.service import materials

admin = Router(prefix="/api/admin/wechat/materials", tags=["wechat"])

Reader = Annotated[Caller, can(materials.READ)]
Writer = Annotated[Caller, can(materials.WRITE)]
WaitingWriter = Annotated[Caller, can_and_waits(materials.WRITE)]
AccountId = Annotated[UUID, Query(description="公众号或小程序")]
Content = Annotated[bytes, Body(media_type="application/octet-stream", description="文件内容")]
REFUSED: dict[int | str, dict[str, Any]] = {502: {"description": "微信拒绝，原因见 message"}}
_KINDS = ("image/jpeg", "image/png", "image/gif", "audio/amr", "audio/mpeg", "video/mp4")
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _KINDS}}
}


@admin.get("", operation_id="wechat_list_materials")
async def list_materials(
    wechat_account_id: AccountId,
    caller: Reader,
    tx: Transaction,
    kind: Annotated[list[MaterialKind] | None, Query(description="种类")] = None,
    q: Annotated[str, Query(max_length=50, description="标题中的文字")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[MaterialView]:
    """素材库，新的在前"""
    before = decode_cursor(cursor, UUID)
    found = await materials.page(
        tx, caller, wechat_account_id, kind or None, q.strip(), before[0] if before else None, limit + 1
    )
    items, following = split_page(found, limit, lambda one: (one.material.id,))
    return Page(items=[MaterialView.of(one) for one in items], next=following)


@admin.post("", operation_id="wechat_upload_material", status_code=201)
async def upload_material(
    wechat_account_id: AccountId,
    kind: Annotated[MaterialKind, Query(description="种类")],
    title: Annotated[Title, Query(description="标题")],
    content: Content,
    caller: WaitingWriter,
    request: Request,
) -> MaterialView:
    """上传素材（请求体就是文件，类型由内容判断）

    图片 10 MB 以内的 JPG、PNG、GIF，语音 2 MB、60 秒以内的 AMR、MP3，视频 10 MB 以内的 MP4，缩略图 64 KB 以内的 JPG。
    """
    database = request.app.state.database
    return MaterialView.of(await materials.upload(database, caller, wechat_account_id, kind, title, content))


@admin.get("/{material_id}", operation_id="wechat_get_material")
async def get_material(material_id: UUID, caller: Reader, tx: Transaction) -> MaterialView:
    """一个素材"""
    return MaterialView.of(await materials.get(tx, caller, material_id))


@admin.put("/{material_id}", operation_id="wechat_rename_material")
async def rename_material(
    material_id: UUID, body: MaterialRenamed, caller: Writer, tx: Transaction
) -> MaterialView:
    """素材改名"""
    return MaterialView.of(await materials.rename(tx, caller, material_id, body.title))


@admin.delete("/{material_id}", operation_id="wechat_delete_material", status_code=204)
async def delete_material(material_id: UUID, caller: Writer, tx: Transaction) -> None:
    """删除素材，连同公众号中的永久素材；正在使用的不能删除"""
    await materials.delete(tx, caller, material_id)


@admin.get(
    "/{material_id}/file",
    operation_id="wechat_get_material_file",
    response_class=Response,
    responses=FILE,
)
async def get_material_file(
    material_id: UUID, caller: Reader, tx: Transaction, form: Form = "playable"
) -> Response:
    """素材的文件：playable 网页可播放的，original 原件，thumbnail 小图"""
    shown = await materials.show(tx, caller, material_id, form)
    return Response(
        shown.content,
        media_type=shown.mime,
        headers={
            "Content-Disposition": f"inline; filename={shown.name}",
            "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; sandbox",
        },
    )


@admin.post("/{material_id}/renew", operation_id="wechat_renew_material", responses=REFUSED)
async def renew_material(material_id: UUID, caller: WaitingWriter, request: Request) -> MaterialView:
    """现在就重新上传到微信"""
    return MaterialView.of(await materials.upload_again(request.app.state.database, caller, material_id))
