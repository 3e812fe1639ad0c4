"""Permissions of the module, and the pure rules of templates."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from kanghu.modules.notices.models import Template

PERMISSIONS = {
    "notices.template.read": "查看消息模板",
    "notices.template.write": "修改消息模板",
    "notices.delivery.read": "查看消息送达记录",
    "notices.delivery.retry": "重新发送未送达的消息",
    "notices.settings.read": "查看消息发送设置",
    "notices.settings.write": "修改消息发送设置与渠道模板",
}

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_STRAY_BRACE = re.compile(r"[{}]")


class MissingPlaceholder(KeyError):
    """A placeholder of the text has no value."""


def text_problems(text: str, known: Mapping[str, Any]) -> list[str]:
    """What is wrong with the placeholders of a template's text; `known` are those that the program fills."""
    found = [
        f"没有“{{{name}}}”这个占位符，可用的有：{'、'.join(known) or '无'}"
        for name in dict.fromkeys(_PLACEHOLDER.findall(text))
        if name not in known
    ]
    if _STRAY_BRACE.search(_PLACEHOLDER.sub("", text)):
        found.append("大括号不成对")
    return found


def render(text: str, data: Mapping[str, Any]) -> str:
    """The text with its placeholders filled, once: braces inside a value stay as they are. Raises MissingPlaceholder."""

    def value(match: re.Match[str]) -> str:
        found = data.get(match[1])
        if found is None or found == "":
            raise MissingPlaceholder(match[1])
        return readable(found)

    return _PLACEHOLDER.sub(value, text)


def readable(value: Any) -> str:
    """A value as people read it: dates as 2026年12月1日."""
    return f"{value.year}年{value.month}月{value.day}日" if isinstance(value, date) else str(value)


def kept_data(data: Mapping[str, Any], placeholders: Mapping[str, Any]) -> dict[str, str]:
    """What of `data` may be stored in clear: declared placeholders that are no personal data. All else is dropped."""
    return {
        name: readable(data[name])
        for name, declared in placeholders.items()
        if name in data and not declared.get("personal", True)
    }


def channel_placeholders(template: Template) -> dict[str, str]:
    """What a channel's parameters may be filled with → a sample: placeholders that are no personal data, and the rendered text.

    Personal data stay in the house: a service outside is given none but the address.
    """
    samples = {name: str(declared["sample"]) for name, declared in template.placeholders.items()}
    harmless = {
        name: samples[name]
        for name, declared in template.placeholders.items()
        if not declared.get("personal", True)
    }
    return {**harmless, "title": render(template.title, samples), "body": render(template.body, samples)}


def mask_email(email: str) -> str:
    """zh***@example.com; of a short name only its first letter."""
    name, _, domain = email.partition("@")
    return f"{name[: 2 if len(name) > 3 else 1]}***@{domain}"
