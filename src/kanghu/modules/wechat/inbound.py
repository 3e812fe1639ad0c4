"""From the fields of a callback to what a fan said or did. Pure."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kanghu.modules.wechat.events import (
    BroadcastReported,
    FanFollowed,
    FanLeft,
    FanScanned,
    FanSpoke,
    FromFan,
    MenuPressed,
    TemplateReported,
)
from kanghu.modules.wechat.models import Inbound, Link, Place
from kanghu.modules.wechat.policy import PRESSED
from kanghu.modules.wechat.wire import Fields, Unreadable, text

_OPENID = re.compile(r"[\x21-\x7e]{1,128}")
_WORD = re.compile(r"[A-Za-z0-9_]{1,64}")
_SECONDS = re.compile(r"\d{1,10}")


def sender(fields: Fields) -> str:
    """The openid. Raises `Unreadable`."""
    return _matching(_OPENID, fields, "FromUserName")


def kind_of(fields: Fields) -> tuple[str, str]:
    """MsgType, and for events the event. Raises `Unreadable`."""
    kind = _matching(_WORD, fields, "MsgType")
    return kind, _matching(_WORD, fields, "Event") if kind == "event" else ""


def sent_at(fields: Fields) -> datetime:
    """Raises `Unreadable`."""
    return datetime.fromtimestamp(int(_matching(_SECONDS, fields, "CreateTime")), UTC)


def _matching(pattern: re.Pattern[str], fields: Fields, name: str) -> str:
    found = text(fields, name)
    if not pattern.fullmatch(found):
        raise Unreadable(name)
    return found


def dedupe_key(fields: Fields) -> bytes:
    """What a message that WeChat sends again has in common with the first, as SHA-256.

    Events have no number. Two of one fan may fall into the same second, so what happened is part of the key.
    """
    number = text(fields, "MsgId")
    if number:
        parts = ["message", number]
    else:
        names = ("FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgID")
        parts = ["event", *(text(fields, name) for name in names)]
    return hashlib.sha256("\0".join(parts).encode()).digest()


def opened(inbox_id: UUID, account_id: UUID, fields: Fields) -> Inbound:
    """Everything that a screen shows of it. Raises `Unreadable`."""
    kind, event = kind_of(fields)
    return Inbound(
        id=inbox_id,
        account_id=account_id,
        openid=sender(fields),
        kind=kind,
        sent_at=sent_at(fields),
        text=text(fields, "Content"),
        media_id=text(fields, "MediaId"),
        thumb_media_id=text(fields, "ThumbMediaId"),
        picture_url=text(fields, "PicUrl"),
        format=text(fields, "Format").lower(),
        recognition=text(fields, "Recognition"),
        place=_place(fields) if kind == "location" else None,
        link=_link(fields) if kind == "link" else None,
        event=event,
        event_key=text(fields, "EventKey"),
    )


def _place(fields: Fields) -> Place | None:
    try:
        latitude, longitude = float(text(fields, "Location_X")), float(text(fields, "Location_Y"))
    except ValueError:
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    scale = text(fields, "Scale")
    return Place(latitude, longitude, int(scale) if scale.isdecimal() else None, text(fields, "Label"))


def _link(fields: Fields) -> Link:
    return Link(text(fields, "Title"), text(fields, "Description"), text(fields, "Url"))


def scene_of(message: Inbound) -> str:
    """Of the QR code that was scanned, to follow or as a follower; empty: none was."""
    if message.event == "subscribe":
        return message.event_key.removeprefix("qrscene_")
    return message.event_key if message.event == "SCAN" else ""


def fact(message: Inbound) -> FromFan | None:
    """What is told to the modules above; None for events that only stay in the inbox."""
    who: dict[str, Any] = {"account_id": message.account_id, "openid": message.openid, "inbox_id": message.id}
    if message.kind != "event":
        return FanSpoke(**who, kind=message.kind)
    match message.event:
        case "subscribe":
            return FanFollowed(**who, scene=scene_of(message))
        case "unsubscribe":
            return FanLeft(**who)
        case "SCAN":
            return FanScanned(**who, scene=scene_of(message))
        case pressed if pressed in PRESSED or pressed in _OTHER_BUTTONS:
            return MenuPressed(**who, kind=pressed, key=message.event_key)
    return None


MASS_FINISHED = "MASSSENDJOBFINISH"
"""Comes from nobody in particular: its FromUserName is no fan of ours."""


def report(message: Inbound, fields: Fields) -> TemplateReported | BroadcastReported | None:
    """What WeChat tells about a message of ours; None for every other event."""
    who: dict[str, Any] = {"account_id": message.account_id, "openid": message.openid, "inbox_id": message.id}
    if message.event == MASS_FINISHED:
        return BroadcastReported(
            **who,
            msg_id=text(fields, "MsgID")[:64],
            status=text(fields, "Status")[:100],
            total=_count(fields, "TotalCount"),
            filtered=_count(fields, "FilterCount"),
            sent=_count(fields, "SentCount"),
            errors=_count(fields, "ErrorCount"),
        )
    if message.event == "TEMPLATESENDJOBFINISH":
        status = text(fields, "Status")[:100]
        msg_id = text(fields, "MsgID")
        return TemplateReported(
            **who,
            msg_id="" if msg_id == "0" else msg_id,
            template_id="",
            arrived=status == "success",
            status=status,
        )
    if message.event == "subscribe_msg_sent_event":
        told = _inner(_inner(fields, "SubscribeMsgSentEvent"), "List")
        code, status = text(told, "ErrorCode"), text(told, "ErrorStatus")[:100]
        return TemplateReported(
            **who, msg_id="", template_id=text(told, "TemplateId"), arrived=code == "0", status=status or code
        )
    return None


def _count(fields: Fields, name: str) -> int:
    found = text(fields, name)
    return int(found) if _SECONDS.fullmatch(found) and int(found) < 2**31 else 0


def _inner(fields: Fields, name: str) -> Fields:
    """In XML an element, in JSON perhaps the only one of a list."""
    found = fields.get(name)
    if isinstance(found, list) and found:
        found = found[0]
    return found if isinstance(found, dict) else {}


_OTHER_BUTTONS = (
    "VIEW",
    "view_miniprogram",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)
