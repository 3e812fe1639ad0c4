"""Permissions, and what may follow what in the handling of an abnormal result and of a list."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

PERMISSIONS = {
    "health.checklist.read": "查看个性化体检清单",
    "health.checklist.confirm": "修改并确认发送个性化体检清单",
    "health.finding.read": "查看重要异常结果",
    "health.finding.handle": "处置重要异常结果",
    "health.risk.read": "查看风险评估",
    "health.risk.assess": "重新进行风险评估",
    "health.own.use": "本人风险评估、异常结果与体检清单",
}

# action → the states it may be taken in → the state that follows
STEPS: dict[str, dict[str, str]] = {
    "notify": {"open": "notified", "notified": "notified"},
    "acknowledge": {"notified": "acknowledged"},
    "follow_up": {"acknowledged": "followed_up", "followed_up": "followed_up"},
}
LIST_STATES = ("draft", "confirmed", "used", "replaced")
STATE_LABELS = {
    "open": "待通知",
    "notified": "已通知",
    "acknowledged": "已确认知晓",
    "followed_up": "已随访",
    "closed": "已关闭",
}


def following_state(finding_class: str, state: str, action: str, *, result_changed: bool) -> str | None:
    """The state after `action`, None when it may not be taken now.

    Class A is closed only after a follow-up, class B also once the person knows. A finding whose result the vendor has
    corrected may be closed from any state, since there may be nothing left to tell. Nothing closes by itself.
    """
    if action != "close":
        return STEPS[action].get(state)
    if state == "closed":
        return None
    ready = {"A": {"followed_up"}, "B": {"acknowledged", "followed_up"}}[finding_class]
    return "closed" if result_changed or state in ready else None


def due_at(finding_class: str, found_at: datetime, handling: Mapping[str, Any]) -> datetime:
    """By when the person must have been told (the deadlines are data: `abnormal_rules.json`)."""
    rule = handling[finding_class]
    return found_at + timedelta(
        hours=rule.get("notify_within_hours", 0), days=rule.get("notify_within_days", 0)
    )


def may_untick(*, optional: bool) -> bool:
    """Basic items stay on every list."""
    return optional
