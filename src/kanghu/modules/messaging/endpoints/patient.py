"""For customers: their conversation with an institution."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Path, Query, Response

from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.messaging import media_types, policy
from kanghu.modules.messaging.models import Media, Message
from kanghu.modules.messaging.repository.media import Form
from kanghu.modules.messaging.schemas import (
    MediaKind,
    MediaView,
    MessageGiven,
    MessagesView,
    MessageView,
    OwnConversationView,
    Rating,
    ReadUpTo,
)
from kanghu.modules.messaging.service import customer, media
from kanghu.modules.messaging.service.media import MediaFile

patient = Router(prefix="/api/patient/messaging", tags=["messaging"])

Own = Annotated[Caller, can("messaging.own.use")]
Before = Annotated[int | None, Query(ge=0, le=2**63 - 1, description="只要这个序号之前的")]
After = Annotated[int | None, Query(ge=0, le=2**63 - 1, description="只要这个序号之后的；先到先列")]
Limit = Annotated[int, Query(ge=1, le=200, description="条数")]
Given = Annotated[
    MediaKind, Path(description="image 图片，voice 语音（2 MB 以内），video 视频（10 MB 以内）")
]
Content = Annotated[bytes, Body(media_type="application/octet-stream", description="文件内容")]
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {mime: {"schema": {"type": "string", "format": "binary"}} for mime in media_types.MIMES}}
}


@patient.get("/topics", operation_id="messaging_list_topics")
async def list_topics(_caller: Own) -> dict[str, str]:
    """可选择的咨询内容：代码 → 名称"""
    return policy.SKILLS


@patient.get("/conversations", operation_id="messaging_list_own_conversations")
async def list_own_conversations(caller: Own, tx: Transaction) -> list[OwnConversationView]:
    """我与各机构的会话，最近用过的在前"""
    return [OwnConversationView.of(listed) for listed in await customer.own_conversations(tx, caller)]


@patient.get("/institutions/{institution_id}", operation_id="messaging_get_own_conversation")
async def get_own_conversation(institution_id: UUID, caller: Own, tx: Transaction) -> OwnConversationView:
    """我与一家机构的会话：状态、未读、排队"""
    found, ahead = await customer.own_conversation(tx, caller, institution_id)
    return (
        OwnConversationView.of(found, ahead)
        if found is not None
        else OwnConversationView.none_yet(institution_id)
    )


@patient.get("/institutions/{institution_id}/messages", operation_id="messaging_list_own_messages")
async def list_own_messages(
    institution_id: UUID,
    caller: Own,
    tx: Transaction,
    before: Before = None,
    after: After = None,
    limit: Limit = 50,
) -> MessagesView:
    """消息，按先后；不给 after 时为最后的一段，用 before 往前翻"""
    found = await customer.read(tx, caller, institution_id, before=before, after=after, limit=limit + 1)
    kept, more = split(found, limit, forward=after is not None)
    return MessagesView(items=[MessageView.of(message) for message in kept], more=more)


def split(found: list[Message], limit: int, *, forward: bool) -> tuple[list[Message], bool]:
    """From `limit + 1` messages read in their order: those asked for, and whether there are more that way."""
    return (found[:limit] if forward else found[-limit:]), len(found) > limit


@patient.post(
    "/institutions/{institution_id}/messages", operation_id="messaging_send_own_message", status_code=201
)
async def send_own_message(
    institution_id: UUID, body: MessageGiven, caller: Own, tx: Transaction
) -> MessageView:
    """发消息；同一 client_key 重发得到同一条"""
    return MessageView.of(await customer.send(tx, caller, institution_id, body.draft(), body.skill))


@patient.post("/institutions/{institution_id}/read", operation_id="messaging_mark_own_read", status_code=204)
async def mark_own_read(institution_id: UUID, body: ReadUpTo, caller: Own, tx: Transaction) -> None:
    """标记已读到哪一条"""
    await customer.mark_read(tx, caller, institution_id, body.up_to)


@patient.post(
    "/institutions/{institution_id}/media/{kind}", operation_id="messaging_upload_own_media", status_code=201
)
async def upload_own_media(
    institution_id: UUID, kind: Given, content: Content, caller: Own, tx: Transaction
) -> MediaView:
    """上传图片、语音或视频（请求体就是文件），随后用其 id 发消息"""
    return media_view(await media.upload_own(tx, caller, institution_id, kind, content))


@patient.post(
    "/institutions/{institution_id}/satisfaction", operation_id="messaging_rate_service", status_code=204
)
async def rate_service(institution_id: UUID, body: Rating, caller: Own, tx: Transaction) -> None:
    """评价一段已结束的接待，七天之内，一次"""
    await customer.rate(tx, caller, institution_id, body.service_session_id, body.score, body.comment)


@patient.get(
    "/media/{media_id}",
    operation_id="messaging_get_own_media",
    response_class=Response,
    responses=FILE,
)
async def get_own_media(media_id: UUID, caller: Own, tx: Transaction, form: Form = "playable") -> Response:
    """会话中的图片、语音或视频：通用格式（没有时为原件）、原件或缩略图"""
    return file_answer(await media.read_own(tx, caller, media_id, form))


@patient.post("/messages/{message_id}/withdraw", operation_id="messaging_withdraw_own_message")
async def withdraw_own_message(message_id: UUID, caller: Own, tx: Transaction) -> MessageView:
    """撤回自己两分钟之内发出的消息"""
    return MessageView.of(await customer.withdraw(tx, caller, message_id))


def media_view(found: Media) -> MediaView:
    return MediaView.of(found.id, found.kind, found.file)


def file_answer(file: MediaFile) -> Response:
    """What somebody sent opens as a picture, a sound or a film, and as nothing else."""
    return Response(
        file.content,
        media_type=file.mime,
        headers={
            "Content-Disposition": f"inline; filename={file.name}",
            "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; sandbox",
        },
    )
