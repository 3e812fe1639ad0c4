"""Permissions of the module, and its pure rules: what fans' acts allow us, what files WeChat takes."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from uuid import UUID

from kanghu.kernel import clock
from kanghu.modules.wechat.models import DeskHours, MaterialCopy, ReplyWindow, Trigger

PERMISSIONS = {
    "wechat.account.read": "查看公众号与小程序",
    "wechat.account.write": "维护公众号与小程序",
    "wechat.menu.read": "查看公众号菜单",
    "wechat.menu.write": "编辑与发布公众号菜单",
    "wechat.fan.read": "查看粉丝、标签与二维码",
    "wechat.fan.write": "维护粉丝标签与二维码",
    "wechat.reply.read": "查看自动回复",
    "wechat.reply.write": "维护自动回复与客服时间",
    "wechat.material.read": "查看素材库",
    "wechat.material.write": "上传、改名与删除素材",
    "wechat.broadcast.read": "查看群发",
    "wechat.broadcast.prepare": "拟定、预览群发",
    "wechat.broadcast.release": "放行与停止群发",
    "wechat.template.read": "查看公众号的消息模板",
}

CLOCK_SLACK = timedelta(seconds=300)
"""How far a callback's timestamp may be from ours."""

UNDER_WAY = timedelta(minutes=3)
"""A send that began earlier is certainly over, whatever became of its process."""

WINDOWS: dict[Trigger, tuple[int, timedelta]] = {
    "message": (5, timedelta(hours=48)),
    "menu": (3, timedelta(minutes=1)),
    "follow": (3, timedelta(minutes=1)),
    "scan": (3, timedelta(minutes=1)),
}
"""What a fan did → how many customer-service messages may follow, and for how long."""

PRESSED = ("CLICK", "scancode_push", "scancode_waitmsg")
"""Menu events that open a window; opening a page does not."""


def trigger_of(kind: str, event: str) -> Trigger | None:
    """Which window a message or event opens."""
    if kind != "event":
        return "message"
    if event in PRESSED:
        return "menu"
    opened: dict[str, Trigger] = {"subscribe": "follow", "SCAN": "scan"}
    return opened.get(event)


def opened(trigger: Trigger, at: datetime) -> ReplyWindow:
    allowed, span = WINDOWS[trigger]
    return ReplyWindow(trigger, at, at + span, allowed, 0)


def left(window: ReplyWindow, now: datetime) -> int:
    """How many messages may still be sent under it."""
    return window.allowed - window.used if now < window.until else 0


def choose(windows: list[ReplyWindow], now: datetime) -> ReplyWindow | None:
    """The one to use up first: of those with something left, the one that ends first."""
    usable = [window for window in windows if left(window, now) > 0]
    return min(usable, key=lambda window: window.until, default=None)


@dataclass(frozen=True, slots=True)
class Meter:
    """How many messages may be sent to a fan, and until when; `until` None: none at all."""

    until: datetime | None
    left: int


def meter(windows: list[ReplyWindow], now: datetime) -> Meter:
    usable = [window for window in windows if left(window, now) > 0]
    return Meter(
        until=max((window.until for window in usable), default=None),
        left=sum(left(window, now) for window in usable),
    )


def callback_path(account_id: UUID) -> str:
    """What is entered at WeChat, after the address of this house."""
    return f"/open/wechat/{account_id}"


def on_duty(hours: DeskHours, at: datetime) -> bool:
    """Whether the desk serves at this time."""
    local = at.astimezone(clock.SHANGHAI)
    minute = local.hour * 60 + local.minute
    if hours.opens <= hours.closes:
        return local.isoweekday() in hours.days and hours.opens <= minute < hours.closes
    if minute >= hours.opens:
        return local.isoweekday() in hours.days
    return minute < hours.closes and (local - timedelta(days=1)).isoweekday() in hours.days


CopyState = Literal["none", "valid", "renewing", "expired", "failed"]


def copy_state(copy: MaterialCopy, now: datetime) -> CopyState:
    """How what WeChat holds of an entry stands."""
    if copy.taken_until is not None and copy.taken_until > now:
        return "renewing"
    if copy.media_id is not None and (copy.expires_at is None or copy.expires_at > now):
        return "valid"
    if copy.failure:
        return "failed"
    return "none" if copy.media_id is None else "expired"


def tomorrow() -> datetime:
    """When WeChat's daily quotas begin anew: it counts days in Shanghai."""
    return datetime.combine(clock.today() + timedelta(days=1), time(), clock.SHANGHAI)
