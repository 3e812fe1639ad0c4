"""Passive replies (被动回复): what the holder's server answers to a push, as it then stands in the chat."""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from . import chat, media
from .codes import Refused
from .envelope import BadReply, open_reply, read, text_of
from .store import Tx

Shown = tuple[str, dict[str, Any]]
"""Kind and content of a message."""


def understand(body: bytes, mode: str, token: str, key: str, app_id: str) -> Element | None:
    """The reply's XML in the clear; None for `success` or nothing. Raises BadReply.

    In the safe mode a reply must be encrypted; in the compatible mode either form is taken.
    """
    if body.strip() in (b"", b"success"):
        return None
    root = read(body)
    if root.find("Encrypt") is not None and mode != "plain":
        return open_reply(root, token, key, app_id)
    if mode == "safe":
        raise BadReply("安全模式下应答须加密")
    return root


def render(tx: Tx, root: Element, openid: str, original_id: str, now: float) -> Shown:
    """The message that the fan gets. Raises BadReply."""
    if text_of(root, "ToUserName") != openid or text_of(root, "FromUserName") != original_id:
        raise BadReply("应答的 ToUserName 或 FromUserName 不对")
    if not text_of(root, "CreateTime").isdecimal():
        raise BadReply("应答的 CreateTime 应为秒数")
    kind = text_of(root, "MsgType")
    if kind not in _READERS:
        raise BadReply(f"没有这种应答：{kind}")
    content = _READERS[kind](root)
    if media_id := content.get("media_id"):
        try:
            media.find(tx, media_id, kind, now)
        except Refused as refused:
            raise BadReply(f"应答的 MediaId 不可用：{refused}") from refused
    return kind, content


def present(tx: Tx, openid: str, shown: Shown, now: float) -> None:
    """Put a reply into the chat."""
    kind, content = shown
    sender = chat.SYSTEM if kind == "transfer_customer_service" else chat.ACCOUNT
    chat.show(tx, openid, sender, kind, content, now)


def _text(root: Element) -> dict[str, Any]:
    return {"content": _needed(root, "Content")}


def _media(root: Element, element: str) -> dict[str, Any]:
    return {"media_id": _needed(root, f"{element}/MediaId")}


def _video(root: Element) -> dict[str, Any]:
    return _media(root, "Video") | {
        "title": text_of(root, "Video/Title"),
        "description": text_of(root, "Video/Description"),
    }


def _music(root: Element) -> dict[str, Any]:
    return {
        "title": text_of(root, "Music/Title"),
        "description": text_of(root, "Music/Description"),
        "url": text_of(root, "Music/MusicUrl"),
    }


def _news(root: Element) -> dict[str, Any]:
    articles = [
        {
            "title": text_of(item, "Title"),
            "description": text_of(item, "Description"),
            "picurl": text_of(item, "PicUrl"),
            "url": text_of(item, "Url"),
        }
        for item in root.findall("Articles/item")
    ]
    if not articles or text_of(root, "ArticleCount") != str(len(articles)):
        raise BadReply("ArticleCount 与 Articles 不符")
    return {"articles": articles}


def _transfer(root: Element) -> dict[str, Any]:
    return {"kf_account": text_of(root, "TransInfo/KfAccount")}


def _needed(root: Element, path: str) -> str:
    found = text_of(root, path)
    if not found:
        raise BadReply(f"应答缺少 {path}")
    return found


_READERS: Mapping[str, Any] = {
    "text": _text,
    "image": lambda root: _media(root, "Image"),
    "voice": lambda root: _media(root, "Voice"),
    "video": _video,
    "music": _music,
    "news": _news,
    "transfer_customer_service": _transfer,
}
