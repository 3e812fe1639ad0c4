"""Customer-service messages as WeChat wants them. Pure.

https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from kanghu.modules.wechat.errors import ContentInvalid, TooLong, WrongKind
from kanghu.modules.wechat.models import Kind

OutgoingKind = Literal["text", "image", "voice", "video", "link"]
TEXT_BYTES = 2048
_WEB = re.compile(r"https?://[^\s/]+\S*")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to a fan. `id` is the sender's: sent again under the same, it goes out once.

    text: `text`; image, voice: `media_id`; video: `media_id`, `thumb_media_id`, and `title`, `description` if wanted; link:
    `title`, `description`, `url`, `picture_url`.
    """

    id: UUID
    account_id: UUID
    openid: str
    kind: OutgoingKind
    text: str = ""
    media_id: str = ""
    thumb_media_id: str = ""
    title: str = ""
    description: str = ""
    url: str = ""
    picture_url: str = ""


def body_of(outgoing: Outgoing, account_kind: Kind) -> dict[str, Any]:
    """Raises `ContentInvalid`, `TooLong`, `WrongKind`."""
    if account_kind == "mini_program" and outgoing.kind in ("voice", "video"):
        raise WrongKind("小程序的客服消息不支持语音和视频，请改用文字、图片或链接")
    written = _WRITERS[outgoing.kind](outgoing, account_kind)
    return {"touser": outgoing.openid, **written}


def _text(outgoing: Outgoing, _kind: Kind) -> dict[str, Any]:
    if not outgoing.text.strip():
        raise ContentInvalid("请填写文字")
    if len(outgoing.text.encode()) > TEXT_BYTES:
        raise TooLong(f"文字最多 {TEXT_BYTES} 字节（约 680 个汉字），请分开发送")
    return {"msgtype": "text", "text": {"content": outgoing.text}}


def _file(outgoing: Outgoing, _kind: Kind) -> dict[str, Any]:
    return {"msgtype": outgoing.kind, outgoing.kind: {"media_id": _there(outgoing.media_id)}}


def _video(outgoing: Outgoing, _kind: Kind) -> dict[str, Any]:
    video = {
        "media_id": _there(outgoing.media_id),
        "thumb_media_id": _there(outgoing.thumb_media_id),
        "title": outgoing.title,
        "description": outgoing.description,
    }
    return {"msgtype": "video", "video": {name: value for name, value in video.items() if value}}


def _there(media_id: str) -> str:
    if not media_id:
        raise ContentInvalid("请先上传文件")
    return media_id


def _link(outgoing: Outgoing, kind: Kind) -> dict[str, Any]:
    if not outgoing.title.strip() or not _WEB.fullmatch(outgoing.url):
        raise ContentInvalid("链接须有标题和以 http 开头的地址")
    link = {"title": outgoing.title, "description": outgoing.description, "url": outgoing.url}
    if kind == "mini_program":
        return {"msgtype": "link", "link": {**link, "thumb_url": outgoing.picture_url}}
    return {"msgtype": "news", "news": {"articles": [{**link, "picurl": outgoing.picture_url}]}}


_WRITERS: dict[str, Callable[[Outgoing, Kind], dict[str, Any]]] = {
    "text": _text,
    "image": _file,
    "voice": _file,
    "video": _video,
    "link": _link,
}
