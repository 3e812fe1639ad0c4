"""What WeChat takes of a menu, told before it is asked. Lengths are bytes of UTF-8."""

import re
from urllib.parse import urlsplit

from kanghu.modules.wechat.menus.menu import LABELS, NEEDS, Button, Menu, places

TOP, BELOW = 3, 5
TOP_NAME_BYTES, NAME_BYTES = 16, 60
LONGEST = {"key": 128, "url": 1024}
DOMAINS = 3
_WEB = re.compile(r"https?://[^\s/]+\S*")

Problems = dict[str, str]
"""Place (`buttons.0.buttons.1.name`) → what is wrong, in Chinese."""


def problems(menu: Menu) -> Problems:
    """Empty when it can be published."""
    found = _of_buttons(menu.buttons, "buttons")
    for number, personal in enumerate(menu.personal):
        found |= _of_buttons(personal.buttons, f"personal.{number}.buttons")
    tags = [personal.tag_id for personal in menu.personal]
    found |= {
        f"personal.{number}.tag_id": "同一标签只能有一份个性化菜单"
        for number, tag in enumerate(tags)
        if tag in tags[:number]
    }
    return found


def _of_buttons(buttons: tuple[Button, ...], place: str) -> Problems:
    found: Problems = {}
    if not 1 <= len(buttons) <= TOP:
        found[place] = f"一级菜单须有 1 至 {TOP} 个"
    for number, button in enumerate(buttons):
        found |= _of_top(button, f"{place}.{number}")
    hosts = {urlsplit(button.url).hostname for _, button in places(buttons) if _WEB.fullmatch(button.url)}
    if len(hosts) > DOMAINS:
        found.setdefault(place, f"链接涉及 {len(hosts)} 个域名，最多 {DOMAINS} 个")
    return found


def _of_top(button: Button, place: str) -> Problems:
    found = _of_name(button, place, TOP_NAME_BYTES)
    if not button.buttons:
        return found | _of_action(button, place)
    if len(button.buttons) > BELOW:
        found[f"{place}.buttons"] = f"二级菜单最多 {BELOW} 个"
    for number, inner in enumerate(button.buttons):
        inside = f"{place}.buttons.{number}"
        found |= _of_name(inner, inside, NAME_BYTES) | _of_action(inner, inside)
        if inner.buttons:
            found[f"{inside}.buttons"] = "菜单最多两级"
    return found


def _of_name(button: Button, place: str, most: int) -> Problems:
    size = len(button.name.encode())
    if not button.name.strip():
        return {f"{place}.name": "请填写名称"}
    if size > most:
        return {f"{place}.name": f"名称最多 {most} 字节（约 {most // 3} 个汉字），现为 {size} 字节"}
    return {}


def _of_action(button: Button, place: str) -> Problems:
    needed = NEEDS.get(button.type)
    if needed is None:
        return {f"{place}.type": "请选择点击后的动作"}
    if button.material_id is not None:
        needed = tuple(name for name in needed if name != "media_id")
    found = {
        f"{place}.{name}": "请选择素材" if name == "media_id" else f"请填写{LABELS[name]}"
        for name in needed
        if not getattr(button, name).strip()
    }
    for name, most in LONGEST.items():
        if name in needed and len(getattr(button, name).encode()) > most:
            found[f"{place}.{name}"] = f"{LABELS[name]}最多 {most} 字节"
    if "url" in needed and button.url and not _WEB.fullmatch(button.url):
        found[f"{place}.url"] = "链接须以 http:// 或 https:// 开头"
    return found
