"""The menu at the bottom of the chat: its rules, and who sees which."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from . import people
from .codes import Refused
from .store import Tx

DEFAULT_ID = 0
TOP, SUB = 3, 5
TOP_NAME, SUB_NAME, KEY, URL = 16, 60, 128, 1024
"""Bytes of UTF-8."""
OUTSIDE_DOMAINS = 3
MOST_PERSONALISED = 500
"""How many WeChat keeps is told nowhere; this only bounds the store."""

Button = dict[str, Any]

_WITH_KEY = (
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)
_WITH_MATERIAL = {"media_id": "media_id", "article_id": "article_id", "article_view_limited": "article_id"}


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu; `tag_id` of a personalised one."""

    id: int
    buttons: list[Button]
    tag_id: int | None


@dataclass(frozen=True, slots=True)
class _Codes:
    """Which code a broken rule gets, at the top and below."""

    number: int
    kind: int
    name: int
    key: int
    url: int


_AT_TOP = _Codes(40016, 40017, 40018, 40019, 40020)
_BELOW = _Codes(40023, 40024, 40025, 40026, 40027)


def check(buttons: object) -> list[Button]:
    """The buttons as they are kept. Raises Refused 40016 to 40020, 40023 to 40027."""
    return [_check_top(button) for button in _listed(buttons, TOP, _AT_TOP)]


def replace_default(tx: Tx, buttons: list[Button]) -> None:
    tx.execute(
        "INSERT INTO menus (id, buttons) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET buttons = excluded.buttons",
        (DEFAULT_ID, json.dumps(buttons, ensure_ascii=False)),
    )


def add_personalised(tx: Tx, buttons: list[Button], tag_id: int) -> int:
    """Its id. Raises Refused 65303 without a default menu, 65305, 65316 when all of them lead to more than three domains."""
    if default(tx) is None:
        raise Refused(65303)
    if len(personalised(tx)) >= MOST_PERSONALISED:
        raise Refused(65305)
    made = tx.execute(
        "INSERT INTO menus (id, buttons, tag_id) VALUES ((SELECT max(id) + 1 FROM menus), ?, ?) RETURNING id",
        (json.dumps(buttons, ensure_ascii=False), tag_id),
    ).fetchone()
    if len({host for menu in personalised(tx) for host in _hosts(menu.buttons)}) > OUTSIDE_DOMAINS:
        raise Refused(65316)
    return int(made["id"])


def delete_personalised(tx: Tx, menu_id: int) -> None:
    """Raises Refused 65301."""
    if menu_id == DEFAULT_ID or not tx.execute("DELETE FROM menus WHERE id = ?", (menu_id,)).rowcount:
        raise Refused(65301)


def delete_all(tx: Tx) -> None:
    tx.execute("DELETE FROM menus")


def default(tx: Tx) -> Menu | None:
    return next((menu for menu in _all(tx) if menu.id == DEFAULT_ID), None)


def personalised(tx: Tx) -> list[Menu]:
    """Newest first: the order in which they are matched."""
    return [menu for menu in _all(tx) if menu.id != DEFAULT_ID]


def seen_by(tx: Tx, openid: str) -> Menu | None:
    """The menu of a person: of several tags the one put on last counts. Real phones take up to five minutes to see it."""
    worn = people.tags_of(tx, openid)
    matching = (menu for menu in personalised(tx) if worn and menu.tag_id == worn[-1])
    return next(matching, default(tx))


def button_at(menu: Menu, place: Sequence[int]) -> Button:
    """The button at [top] or [top, sub]. Raises IndexError."""
    button = menu.buttons[place[0]]
    for index in place[1:]:
        button = button["sub_button"][index]
    return button


def _all(tx: Tx) -> list[Menu]:
    rows = tx.execute("SELECT id, buttons, tag_id FROM menus ORDER BY id DESC")
    return [Menu(row["id"], json.loads(row["buttons"]), row["tag_id"]) for row in rows]


def _listed(buttons: object, most: int, codes: _Codes) -> list[Mapping[str, Any]]:
    if not isinstance(buttons, list) or not 0 < len(buttons) <= most:
        raise Refused(codes.number)
    if not all(isinstance(one, Mapping) for one in buttons):
        raise Refused(codes.number)
    return buttons


def _check_top(button: Mapping[str, Any]) -> Button:
    if not button.get("sub_button"):
        return _check_button(button, TOP_NAME, _AT_TOP) | {"sub_button": []}
    name = _sized(button, "name", TOP_NAME, _AT_TOP.name)
    below = _listed(button["sub_button"], SUB, _BELOW)
    return {
        "name": name,
        "sub_button": [_check_button(one, SUB_NAME, _BELOW) | {"sub_button": []} for one in below],
    }


def _check_button(button: Mapping[str, Any], longest_name: int, codes: _Codes) -> Button:
    kind = button.get("type")
    kept: Button = {"type": kind, "name": _sized(button, "name", longest_name, codes.name)}
    if kind in _WITH_KEY:
        return kept | {"key": _sized(button, "key", KEY, codes.key)}
    if kind == "view":
        return kept | {"url": _address(button, codes)}
    if kind == "miniprogram":
        more = {name: _sized(button, name, URL, codes.url) for name in ("appid", "pagepath")}
        return kept | {"url": _address(button, codes)} | more
    if kind in _WITH_MATERIAL:
        name = _WITH_MATERIAL[kind]
        return kept | {name: _sized(button, name, KEY, codes.key)}
    raise Refused(codes.kind)


def _address(button: Mapping[str, Any], codes: _Codes) -> str:
    url = _sized(button, "url", URL, codes.url)
    if urlsplit(url).scheme not in ("http", "https"):
        raise Refused(codes.url)
    return url


def _sized(button: Mapping[str, Any], name: str, most: int, code: int) -> str:
    value = button.get(name)
    if not isinstance(value, str) or not 0 < len(value.encode()) <= most:
        raise Refused(code)
    return value


def _hosts(buttons: list[Button]) -> set[str]:
    leaves = [leaf for button in buttons for leaf in (button["sub_button"] or [button])]
    return {urlsplit(leaf["url"]).hostname or "" for leaf in leaves if leaf.get("type") == "view"}
