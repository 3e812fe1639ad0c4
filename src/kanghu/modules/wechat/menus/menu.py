"""A menu as we keep it, and as WeChat writes it.

https://developers.weixin.qq.com/doc/offiaccount/Custom_Menus/Creating_Custom-Defined_Menu.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

NEEDS: dict[str, tuple[str, ...]] = {
    "click": ("key",),
    "view": ("url",),
    "miniprogram": ("appid", "pagepath", "url"),
    "scancode_push": ("key",),
    "scancode_waitmsg": ("key",),
    "pic_sysphoto": ("key",),
    "pic_photo_or_album": ("key",),
    "pic_weixin": ("key",),
    "location_select": ("key",),
    "media_id": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
}
"""What a button does → what has to be given for it. `url` of a mini-program is for clients too old for it."""

FIELDS = ("key", "url", "media_id", "article_id", "appid", "pagepath")


@dataclass(frozen=True, slots=True)
class Button:
    """With `buttons` it only opens them; else `type` says what it does. `material_id`: the entry of the library that `media_id` is
    at WeChat, once it was published; without one, `media_id` was entered by hand."""

    name: str
    type: str = ""
    key: str = ""
    url: str = ""
    media_id: str = ""
    article_id: str = ""
    appid: str = ""
    pagepath: str = ""
    material_id: UUID | None = None
    buttons: tuple["Button", ...] = ()


@dataclass(frozen=True, slots=True)
class Personal:
    """The menu of those who have a tag."""

    tag_id: int
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Menu:
    """`personal`: of several that fit, the first counts."""

    buttons: tuple[Button, ...]
    personal: tuple[Personal, ...] = ()


def materials_of(menu: Menu) -> set[UUID]:
    """The entries of the library that its buttons send."""
    return {one for buttons in _all(menu) for _, button in places(buttons) if (one := _sends(button))}


def with_media(menu: Menu, known: Mapping[UUID, str]) -> Menu:
    """With what WeChat calls the entries; `known` has all of them."""
    personal = tuple(replace(one, buttons=_with_media(one.buttons, known)) for one in menu.personal)
    return Menu(_with_media(menu.buttons, known), personal)


def _with_media(buttons: tuple[Button, ...], known: Mapping[UUID, str]) -> tuple[Button, ...]:
    return tuple(
        replace(
            button,
            media_id=known[entry] if (entry := _sends(button)) else button.media_id,
            buttons=_with_media(button.buttons, known),
        )
        for button in buttons
    )


def _sends(button: Button) -> UUID | None:
    return button.material_id if button.type == "media_id" and not button.buttons else None


def _all(menu: Menu) -> Iterator[tuple[Button, ...]]:
    yield menu.buttons
    yield from (one.buttons for one in menu.personal)


def written(buttons: tuple[Button, ...]) -> list[dict[str, Any]]:
    """As WeChat takes them."""
    return [_written(button) for button in buttons]


def _written(button: Button) -> dict[str, Any]:
    if button.buttons:
        return {"name": button.name, "sub_button": written(button.buttons)}
    given = {name: getattr(button, name) for name in NEEDS.get(button.type, FIELDS)}
    return {"name": button.name, "type": button.type, **given}


def read(found: Any) -> tuple[Button, ...]:
    """As WeChat gives them; what is none is left out."""
    listed = found if isinstance(found, list) else []
    return tuple(_read(button) for button in listed if isinstance(button, Mapping))


def _read(found: Mapping[str, Any]) -> Button:
    def said(name: str) -> str:
        return str(found.get(name, ""))

    inner = read(found.get("sub_button", []))
    if inner:
        return Button(said("name"), buttons=inner)
    given: dict[str, Any] = {name: said(name) for name in FIELDS}
    return Button(said("name"), said("type"), **given)


def places(buttons: tuple[Button, ...], before: str = "") -> Iterator[tuple[str, Button]]:
    """Every button with its place, counted from one: 「2」, 「2.1」."""
    for number, button in enumerate(buttons, 1):
        yield f"{before}{number}", button
        yield from places(button.buttons, f"{before}{number}.")


def differences(ours: tuple[Button, ...], theirs: tuple[Button, ...]) -> list[str]:
    """What stands otherwise at WeChat than we published it, a line each."""
    here, there = dict(places(ours)), dict(places(theirs))
    lines = [f"按钮 {place}「{here[place].name}」在微信上没有" for place in here if place not in there]
    lines += [f"微信上多了按钮 {place}「{there[place].name}」" for place in there if place not in here]
    for place in here.keys() & there.keys():
        mine, found = _shown(here[place]), _shown(there[place])
        lines += [
            f"按钮 {place}「{here[place].name}」的{LABELS[name]}应为「{mine[name]}」，微信上为「{found[name]}」"
            for name in mine
            if mine[name] != found[name]
        ]
    return sorted(lines)


LABELS = {
    "name": "名称", "type": "动作", "key": "键值", "url": "链接", "media_id": "素材", "article_id": "文章",
    "appid": "小程序", "pagepath": "页面路径",
}  # fmt: skip


def _shown(button: Button) -> dict[str, str]:
    """What counts of it: fields that its action does not use are not compared."""
    if button.buttons:
        return {"name": button.name, **dict.fromkeys(("type", *FIELDS), "")}
    used = NEEDS.get(button.type, FIELDS)
    return {
        "name": button.name,
        "type": button.type,
        **{name: getattr(button, name) if name in used else "" for name in FIELDS},
    }
