"""What people do on their phones: each deed changes what WeChat knows and gives the push that tells the account's holder."""

import hashlib
from collections.abc import Sequence
from typing import Any

from . import chat, media, people, qr_codes
from .codes import Refused
from .people import Person
from .pushes import Push, message_id
from .store import Tx


class CannotDo(Exception):
    """Something a phone would not offer now; says why in Chinese."""


def follow(tx: Tx, openid: str, ticket: str, now: float) -> Push:
    """Follow, by search or through a code with a scene."""
    if people.get(tx, openid).following:
        raise CannotDo("已经关注了")
    fields: dict[str, Any] = {"MsgType": "event", "Event": "subscribe", "EventKey": ""}
    how, scene = "ADD_SCENE_SEARCH", ""
    if ticket:
        code = qr_codes.find(tx, ticket, now)
        how, scene = "ADD_SCENE_QR_CODE", code["scene"]
        fields |= {"EventKey": f"qrscene_{scene}", "Ticket": code["ticket"]}
    people.set_following(tx, openid, True, how, scene, now)
    chat.show(tx, openid, chat.SYSTEM, "text", {"content": "你已关注该公众号"}, now)
    chat.allow(tx, openid, chat.FOLLOW, now)
    return Push(openid, fields)


def unfollow(tx: Tx, openid: str, now: float) -> Push:
    _follower(tx, openid)
    people.set_following(tx, openid, False, "", "", now)
    chat.show(tx, openid, chat.SYSTEM, "text", {"content": "你已取消关注"}, now)
    return Push(openid, {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""}, answerable=False)


def scan(tx: Tx, openid: str, ticket: str, now: float) -> Push:
    """Scan a code with a scene; who does not follow yet follows by it."""
    if not people.get(tx, openid).following:
        return follow(tx, openid, ticket, now)
    code = qr_codes.find(tx, ticket, now)
    chat.allow(tx, openid, chat.SCAN, now)
    key = int(code["scene"]) if code["is_number"] else code["scene"]
    fields = {"MsgType": "event", "Event": "SCAN", "EventKey": str(key), "Ticket": code["ticket"]}
    return Push(openid, fields)


def say(tx: Tx, openid: str, content: str, now: float) -> Push:
    return _message(tx, openid, "text", {"content": content}, {"Content": content}, now)


def send_file(tx: Tx, openid: str, kind: str, data: bytes, address: str, now: float) -> Push:
    """A picture, recording or film from the phone. Recordings reach the account as AMR, so only AMR is taken."""
    _follower(tx, openid)
    try:
        media_id = media.keep(tx, kind, data, now)
        form = media.find(tx, media_id, kind, now)["extension"]
    except Refused as refused:
        raise CannotDo(f"发不出去：{refused}") from refused
    if kind == "voice" and form != "amr":
        raise CannotDo("发不出去：手机录的语音是 AMR")
    fields: dict[str, Any] = {"MediaId": media_id}
    if kind == "image":
        fields = {"PicUrl": f"{address}/mmbiz/{media_id}", **fields}
    elif kind == "voice":
        fields |= {"Format": form}
    else:
        fields |= {"ThumbMediaId": media.keep(tx, "thumb", SMALLEST_JPEG, now)}
    return _message(tx, openid, kind, {"media_id": media_id}, fields, now)


def send_location(tx: Tx, openid: str, latitude: float, longitude: float, label: str, now: float) -> Push:
    fields = {"Location_X": latitude, "Location_Y": longitude, "Scale": 16, "Label": label}
    shown = {"latitude": latitude, "longitude": longitude, "label": label}
    return _message(tx, openid, "location", shown, fields, now)


def send_link(tx: Tx, openid: str, title: str, description: str, url: str, now: float) -> Push:
    fields = {"Title": title, "Description": description, "Url": url}
    shown = {"title": title, "description": description, "url": url}
    return _message(tx, openid, "link", shown, fields, now)


def report_position(tx: Tx, openid: str, latitude: float, longitude: float) -> Push:
    """上报地理位置: on entering the chat, when the account asks for it."""
    _follower(tx, openid)
    fields = {
        "MsgType": "event",
        "Event": "LOCATION",
        "Latitude": latitude,
        "Longitude": longitude,
        "Precision": 30.0,
    }
    return Push(openid, fields, answerable=False)


def press(tx: Tx, openid: str, button: dict[str, Any], menu_id: int, result: str, now: float) -> Push | None:
    """Press a button of the menu; `result` is what the phone then scanned. None where WeChat tells nobody."""
    _follower(tx, openid)
    kind, key = button["type"], str(button.get("key", ""))
    event: dict[str, Any] = {"MsgType": "event", "Event": kind, "EventKey": key}
    if kind == "click":
        chat.allow(tx, openid, chat.MENU, now)
        return Push(openid, event | {"Event": "CLICK"})
    if kind == "view":
        return Push(
            openid,
            event | {"Event": "VIEW", "EventKey": button["url"], "MenuId": str(menu_id)},
            answerable=False,
        )
    if kind == "miniprogram":
        told = {"Event": "view_miniprogram", "EventKey": button["pagepath"], "MenuId": str(menu_id)}
        return Push(openid, event | told, answerable=False)
    if kind in ("scancode_push", "scancode_waitmsg"):
        chat.allow(tx, openid, chat.MENU, now)
        return Push(openid, event | {"ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": result}})
    if kind.startswith("pic_"):
        picture = hashlib.md5(result.encode(), usedforsecurity=False).hexdigest()
        pictures = {"Count": 1, "PicList": {"item": {"PicMd5Sum": picture}}}
        return Push(openid, event | {"SendPicsInfo": pictures}, answerable=False)
    if kind == "location_select":
        place = {
            "Location_X": "23.1",
            "Location_Y": "113.3",
            "Scale": "15",
            "Label": result or "选中的位置",
            "Poiname": "",
        }
        return Push(openid, event | {"SendLocationInfo": place}, answerable=False)
    if kind == "media_id":
        found = media.find(tx, button["media_id"], "", now)
        chat.show(tx, openid, chat.ACCOUNT, found["kind"], {"media_id": button["media_id"]}, now)
    return None


def choose(tx: Tx, openid: str, choice: str, content: str, now: float) -> Push:
    """Tap a choice of a msgmenu: a text with the choice's id, which opens no window."""
    _follower(tx, openid)
    chat.show(tx, openid, chat.FAN, "text", {"content": content}, now)
    fields = {"MsgType": "text", "Content": content, "MsgId": message_id(), "bizmsgmenuid": choice}
    return Push(openid, fields)


def answer_popup(openid: str, template_ids: Sequence[str], accept: bool, scene: int) -> Push:
    """Agree to subscription notices, or cancel."""
    status = "accept" if accept else "reject"
    answers = [
        {"TemplateId": name, "SubscribeStatusString": status, "PopupScene": scene} for name in template_ids
    ]
    event = "subscribe_msg_popup_event"
    fields = {"MsgType": "event", "Event": event, "SubscribeMsgPopupEvent": {"List": answers}}
    return Push(openid, fields, answerable=False)


def refuse_notices(openid: str, template_ids: Sequence[str]) -> Push:
    """Refuse notices that were agreed to, on WeChat's own page."""
    answers = [{"TemplateId": name, "SubscribeStatusString": "reject"} for name in template_ids]
    event = "subscribe_msg_change_event"
    fields = {"MsgType": "event", "Event": event, "SubscribeMsgChangeEvent": {"List": answers}}
    return Push(openid, fields, answerable=False)


def _message(
    tx: Tx, openid: str, kind: str, shown: dict[str, Any], fields: dict[str, Any], now: float
) -> Push:
    _follower(tx, openid)
    chat.show(tx, openid, chat.FAN, kind, shown, now)
    chat.allow(tx, openid, chat.MESSAGE, now)
    return Push(openid, {"MsgType": kind, **fields, "MsgId": message_id()})


def _follower(tx: Tx, openid: str) -> Person:
    person = people.get(tx, openid)
    if not person.following:
        raise CannotDo("请先关注公众号")
    return person


SMALLEST_JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "01" * 64
    + "ffc0000b080001000101011100ffc4001400010000000000000000000000000000000affc40014100100000000000000000000000000000000"
    "ffda0008010100003f003fffd9"
)
"""One pixel: the still of a film, which only a phone could make."""
