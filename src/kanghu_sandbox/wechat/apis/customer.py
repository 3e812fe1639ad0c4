"""客服消息: messages within the windows that a fan's deeds open, and "typing"."""

from collections.abc import Mapping
from typing import Any

from kanghu_sandbox.wechat import chat, media, people
from kanghu_sandbox.wechat.codes import OK, Refused
from kanghu_sandbox.wechat.interface import Answer, Api, Call
from kanghu_sandbox.wechat.store import Tx

TYPING_SECONDS = 15
TYPING_AFTER_CONTACT = 30
ARTICLES = 1
"""Since October 2018; more are refused with 45008."""


def send(tx: Tx, call: Call) -> Answer:
    """Show a message to a fan whose window is open. How long a text may be (45002) is told nowhere: any length goes."""
    person = people.get(tx, call.text("touser", 41009))
    kind = call.text("msgtype", 40008)
    if kind not in _READERS:  # also mpnews and wxcard, whose material is not played here
        raise Refused(40008)
    body = call.body.get(kind)
    if not isinstance(body, Mapping):
        raise Refused(44004, kind)
    content = _READERS[kind](tx, call, body)
    _meet_faults(call)
    if not person.following:
        raise Refused(45015)
    chat.spend(tx, person.openid, call.now)
    service = call.body.get("customservice")
    if isinstance(service, Mapping):
        content["kf_account"] = str(service.get("kf_account", ""))
    chat.show(tx, person.openid, chat.ACCOUNT, kind, content, call.now)
    return OK


def typing(tx: Tx, call: Call) -> Answer:
    """正在输入: for 15 seconds, after a message in the last 30, and only where a message could be sent."""
    person = people.get(tx, call.text("touser", 41009))
    command = call.body.get("command")
    if command not in ("Typing", "CancelTyping"):
        raise Refused(45072)
    _meet_faults(call)
    chat.check_window(tx, person.openid, call.now)
    if command == "CancelTyping":
        people.set_typing(tx, person.openid, 0)
        return OK
    if call.now - person.last_contact_at > TYPING_AFTER_CONTACT:
        raise Refused(45080)
    if person.typing_until > call.now:
        raise Refused(45081)
    people.set_typing(tx, person.openid, call.now + TYPING_SECONDS)
    return OK


def _meet_faults(call: Call) -> None:
    if call.wechat.faults.now.out_of_window:
        raise Refused(45015)
    if call.wechat.faults.now.over_quota:
        raise Refused(45047)


def _text(_tx: Tx, _call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"content": _needed(body, "content")}


def _file(kind: str) -> Any:
    def read(tx: Tx, call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"media_id": _media(tx, call, body, "media_id", kind)}

    return read


def _video(tx: Tx, call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    found = {"media_id": _media(tx, call, body, "media_id", "video")}
    if body.get("thumb_media_id"):
        _media(tx, call, body, "thumb_media_id", "")
    return found | {"title": str(body.get("title", "")), "description": str(body.get("description", ""))}


def _music(tx: Tx, call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    _media(tx, call, body, "thumb_media_id", "")
    shown = {"url": _needed(body, "musicurl"), "title": str(body.get("title", ""))}
    return shown | {"description": str(body.get("description", ""))}


def _news(_tx: Tx, _call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    articles = body.get("articles")
    if (
        not isinstance(articles, list)
        or not articles
        or not all(isinstance(one, Mapping) for one in articles)
    ):
        raise Refused(44004, "articles")
    if len(articles) > ARTICLES:
        raise Refused(45008)
    names = ("title", "description", "url", "picurl")
    return {"articles": [{name: str(one.get(name, "")) for name in names} for one in articles]}


def _link(_tx: Tx, _call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: _needed(body, name) for name in ("title", "url")}
    article = shown | {
        "description": str(body.get("description", "")),
        "picurl": str(body.get("thumb_url", "")),
    }
    return {"articles": [article]}


def _mini_program(tx: Tx, call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {name: _needed(body, name) for name in ("title", "appid", "pagepath")}
    return shown | {"thumb_media_id": _media(tx, call, body, "thumb_media_id", "")}


def _choices(_tx: Tx, _call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    choices = body.get("list")
    if not isinstance(choices, list) or not all(isinstance(one, Mapping) for one in choices):
        raise Refused(47003, "msgmenu.list")
    return {
        "head": str(body.get("head_content", "")),
        "choices": [{"id": _needed(one, "id"), "content": _needed(one, "content")} for one in choices],
        "tail": str(body.get("tail_content", "")),
    }


def _needed(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(44004, name)
    return value


def _media(tx: Tx, call: Call, body: Mapping[str, Any], name: str, kind: str) -> str:
    if call.wechat.faults.now.media_expired:
        raise Refused(40007)
    media_id = str(body.get(name, ""))
    media.find(tx, media_id, kind, call.now)
    return media_id


_READERS: Mapping[str, Any] = {
    "text": _text,
    "image": _file("image"),
    "voice": _file("voice"),
    "video": _video,
    "music": _music,
    "news": _news,
    "link": _link,
    "miniprogrampage": _mini_program,
    "msgmenu": _choices,
}

APIS = (
    Api("POST", "/cgi-bin/message/custom/send", send),
    Api("POST", "/cgi-bin/message/custom/typing", typing),
)
