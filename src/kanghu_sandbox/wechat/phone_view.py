"""A customer's phone as HTML. Everything from outside is escaped here; the page's script only swaps in what this wrote."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from importlib import resources
from typing import Any
from urllib.parse import quote

from .account import Account
from .chat import Message
from .menus import Menu
from .people import Person
from .quotas import SHANGHAI

QUIET_SECONDS = 300
"""After so long a pause the chat shows the time again."""

Recordings = Mapping[str, tuple[float, str]]
"""media_id of a recording → how many seconds it plays, and its format; where it is missing the file is gone."""

_LINK = re.compile(
    r"""<a\s+href=["'](https?://[^"'<>\s]+)["'][^>]*>([^<]*)</a>|(https?://[^\s<>"'，。；）]+)"""
)
_ASKS = {
    "scancode_push": "扫到的内容",
    "scancode_waitmsg": "扫到的内容",
    "location_select": "选中的位置",
    "pic_sysphoto": "照片的名字",
    "pic_photo_or_album": "照片的名字",
    "pic_weixin": "照片的名字",
}


def page(title: str, body: str, nonce: str, script: bool = True) -> str:
    """A whole page with style and script inside it."""
    style = _file("phone.css")
    code = f'<script nonce="{nonce}" type="module">{_file("phone.js")}</script>' if script else ""
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover">'
        f"<style>{style}</style></head><body>{body}{code}</body></html>"
    )


def phone(
    account: Account,
    person: Person,
    messages: Iterable[Message],
    menu: Menu | None,
    recordings: Recordings,
    now: float,
) -> str:
    """The chat with the account."""
    typing = "对方正在输入…" if person.typing_until > now else account.name
    layout = f"{int(person.following)}{int(menu is not None)}"
    return (
        f'<main id="phone" data-layout="{layout}" data-control="../control/fans/{escape(person.openid)}">'
        f'<header><a href="../phone" aria-label="返回">‹</a><span id="title">{escape(typing)}</span>'
        f"<small>{escape(person.nickname)}</small></header>"
        f'<div id="chat" role="log" aria-label="聊天">{_chat(messages, recordings)}</div>'
        f'<div id="notice" role="status" hidden></div>{_bar(account, person, menu)}</main>'
    )


def people_list(account: Account, people: Iterable[Person]) -> str:
    """Whose phone to take up, and a form for somebody new."""
    rows = "".join(
        f'<li><a href="phone/{escape(one.openid)}"><span>{escape(one.nickname)}</span>'
        f"<small>{'已关注' if one.following else '未关注'} {escape(one.phone)}</small></a></li>"
        for one in people
    )
    form = (
        '<form method="post" action="phone" id="say"><input name="nickname" aria-label="姓名" placeholder="添一个人：姓名" required maxlength="30">'
        '<input name="phone" aria-label="手机号" placeholder="手机号" value="13800000001" pattern="1[3-9][0-9]{9}">'
        "<button>添加</button></form>"
    )
    return (
        f'<main id="phone"><header>{escape(account.name)} · 客户的手机</header><ul class="people">{rows}</ul>'
        f'<div id="bar"><div class="row">{form}</div></div></main>'
    )


def _chat(messages: Iterable[Message], recordings: Recordings) -> str:
    parts, last = [], 0.0
    for message in messages:
        if message.at - last > QUIET_SECONDS:
            parts.append(
                f'<div class="time">{datetime.fromtimestamp(message.at, SHANGHAI):%m月%d日 %H:%M}</div>'
            )
        last = message.at
        parts.append(_message(message, recordings))
    return "".join(parts) or '<div class="system">还没有消息</div>'


def _message(message: Message, recordings: Recordings) -> str:
    content = message.content
    if message.sender == "system":
        text = "已转接人工客服" if message.kind == "transfer_customer_service" else content.get("content", "")
        return f'<div class="system">{escape(str(text))}</div>'
    if message.kind == "link" and message.sender == "account":
        return f'<div class="account card">{_news(content)}</div>'
    if message.kind in _CARDS:
        return f'<div class="{message.sender} card">{_CARDS[message.kind](content)}</div>'
    inner = _voice(content, recordings) if message.kind == "voice" else _BUBBLES[message.kind](content)
    return f'<div class="{message.sender}">{inner}</div>'


def _text(content: Mapping[str, Any]) -> str:
    """Words with their links alive, written as addresses or as <a href>, which WeChat takes too."""
    text, parts, at = str(content["content"]), [], 0
    for found in _LINK.finditer(text):
        url, label = found[1] or found[3], found[2] or found[3]
        parts += [escape(text[at : found.start()]), _anchor(url, escape(label))]
        at = found.end()
    return "".join([*parts, escape(text[at:])])


def _image(content: Mapping[str, Any]) -> str:
    return f'<img class="picture" alt="图片" src="../mmbiz/{quote(content["media_id"])}">'


def _voice(content: Mapping[str, Any], recordings: Recordings) -> str:
    media_id = content["media_id"]
    if media_id not in recordings:
        return "语音已过期"
    seconds, form = recordings[media_id]
    source = f"../mmbiz/{quote(media_id)}"
    if form == "mp3":
        return f'语音 {round(seconds)}″<audio controls preload="none" src="{source}"></audio>'
    return f'<a href="{source}">语音 {round(seconds)}″</a>'  # AMR: browsers can only download it


def _video(content: Mapping[str, Any]) -> str:
    title = escape(str(content.get("title") or ""))
    return f'<video controls preload="metadata" src="../mmbiz/{quote(content["media_id"])}"></video>{title}'


def _location(content: Mapping[str, Any]) -> str:
    return f"位置：{escape(str(content['label']))}（{content['latitude']}，{content['longitude']}）"


def _shared(content: Mapping[str, Any]) -> str:
    return _anchor(content["url"], escape(content["title"]))


def _music(content: Mapping[str, Any]) -> str:
    return f"音乐 {_anchor(content['url'], escape(content['title'] or '播放'))}"


def _news(content: Mapping[str, Any]) -> str:
    return "".join(_article(one) for one in content["articles"])


def _article(one: Mapping[str, Any]) -> str:
    picture = (
        f'<img alt="" src="{escape(one["picurl"])}">'
        if one["picurl"].startswith(("http://", "https://"))
        else ""
    )
    return f"{picture}<h3>{escape(one['title'])}</h3><p>{escape(one['description'])}</p>{_more(one['url'], '阅读全文')}"


def _template(content: Mapping[str, Any]) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in content["lines"])
    program = content["miniprogram"].get("pagepath") or content["page"]
    more = f'<p class="more">小程序：{escape(str(program))}</p>' if program else _more(content["url"], "详情")
    return f"<h3>{escape(content['title'])}</h3>{lines}{more}"


def _mini_program(content: Mapping[str, Any]) -> str:
    picture = _image({"media_id": content["thumb_media_id"]})
    return f"<h3>{escape(content['title'])}</h3>{picture}<p>小程序：{escape(content['pagepath'])}</p>"


def _choices(content: Mapping[str, Any]) -> str:
    buttons = "".join(
        f'<button data-do="choose" data-id="{escape(one["id"])}">{escape(one["content"])}</button>'
        for one in content["choices"]
    )
    return f'<p>{escape(content["head"])}</p><div class="choices">{buttons}</div><p>{escape(content["tail"])}</p>'


def _more(url: str, text: str) -> str:
    return _anchor(url, text, "more") if url else ""


def _anchor(url: str, label: str, kind: str = "") -> str:
    """A link that opens as in WeChat's own browser, where OAuth knows whose phone it is."""
    if not url.startswith(("http://", "https://")):
        return label
    styled = f' class="{kind}"' if kind else ""
    return f'<a{styled} target="_blank" rel="noopener" href="?open={quote(url, safe="")}">{label}</a>'


def _bar(account: Account, person: Person, menu: Menu | None) -> str:
    outside = _outside(account)
    if not person.following:
        more = '<div class="row"><button class="follow" data-do="follow">关注公众号</button></div>'
        scan = f'<div id="more"><button data-do="scan">扫一扫</button>{outside}</div>'
        return f'<div id="bar"><div id="menus">{more}{scan}</div><form id="say" hidden></form></div>'
    switch = (
        '<button class="switch" data-do="keyboard" aria-label="切换菜单和键盘">⌨</button>' if menu else ""
    )
    hidden, shown = (" hidden", "") if menu else ("", " hidden")
    return (
        f'<div id="bar"><div class="row">{switch}'
        f'<div id="menus" class="row" style="flex:1"{shown}>{_menus(menu)}</div>'
        f'<form id="say"{hidden} autocomplete="off"><input name="content" aria-label="消息" maxlength="2000"><button>发送</button></form>'
        '<button class="switch" data-do="more" aria-label="更多">＋</button></div>'
        f'<div id="more" hidden>{_file_button("image", "图片", "image/png,image/jpeg,image/gif")}'
        f"{_file_button('video', '视频', 'video/mp4')}{_file_button('voice', '语音文件', '.amr')}"
        '<button data-do="silence">录 3 秒</button><button data-do="location">位置</button>'
        f'<button data-do="scan">扫一扫</button>{outside}'
        '<button data-do="unfollow">取消关注</button></div></div>'
    )


def _outside(account: Account) -> str:
    """What WeChat offers besides the chat: its browser and the mini-program."""
    domain = escape(next(iter(sorted(account.web_domains())), ""))
    return (
        f'<button data-do="page" data-url="http://{domain}/">打开网页</button>'
        '<button data-do="mini">小程序</button><button data-do="face">人脸核身</button>'
    )


def _file_button(kind: str, label: str, accept: str) -> str:
    return (
        f'<label>{label}<input type="file" data-file="{kind}" accept="{accept}" aria-label="{label}"></label>'
    )


def _menus(menu: Menu | None) -> str:
    return "".join(_top_button(button, index) for index, button in enumerate(menu.buttons if menu else ()))


def _top_button(button: Mapping[str, Any], index: int) -> str:
    name = escape(button["name"])
    if not button["sub_button"]:
        return f'<div class="menu">{_press(button, f"[{index}]")}</div>'
    below = "".join(_press(one, f"[{index},{place}]") for place, one in enumerate(button["sub_button"]))
    return (
        f'<div class="menu"><button data-do="below">☰ {name}</button><div class="below">{below}</div></div>'
    )


def _press(button: Mapping[str, Any], place: str) -> str:
    url = button["url"] if button["type"] == "view" else ""
    asks = _ASKS.get(button["type"], "")
    return (
        f'<button data-do="press" data-place="{place}" data-url="{escape(url)}" data-asks="{asks}">'
        f"{escape(button['name'])}</button>"
    )


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


_BUBBLES = {
    "text": _text,
    "image": _image,
    "video": _video,
    "location": _location,
    "link": _shared,
    "music": _music,
}
_CARDS = {
    "news": _news,
    "template": _template,
    "miniprogrampage": _mini_program,
    "msgmenu": _choices,
}
