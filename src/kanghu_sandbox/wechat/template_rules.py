"""What a template's fields may hold, by the kind that their names tell (thing1, time2…).

Limits are those of the official table of parameters (20 characters of thing, 5 hanzi of phrase…); a line break is
nowhere allowed. Kinds that the table does not know are held to 20 characters, as the template messages of today are.
"""

import re
from collections.abc import Mapping
from typing import Any

from .account import Template
from .codes import Refused

_FIELD = re.compile(r"\{\{(\w+)\.DATA\}\}")
_MOMENT = r"(?=.*\d)[\d年月日时分秒:：~\-/. ]{1,64}"
_RULES = {
    "thing": r".{1,20}",
    "number": r"(?=.{1,32}$)-?\d+(\.\d+)?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "character_string": r"[\x20-\x7e]{1,32}",
    "time": _MOMENT,
    "date": _MOMENT,
    "amount": r"[^\w\s]?\d{1,10}(\.\d+)?元?",
    "phone_number": r"[\d+\-() ]{1,17}",
    "car_number": r"\w{1,8}",
    "name": r"(?=.*[\u4e00-\u9fff])[^\s\d]{1,10}|[A-Za-z .·'\-]{1,20}",
    "phrase": r"[\u3400-\u9fff]{1,5}",
}


def fields_of(template: Template) -> list[str]:
    """Field names in the order of the content."""
    return _FIELD.findall(template.content)


def fill(template: Template, data: object) -> list[str]:
    """The lines that the phone shows. Raises Refused 47003 for a field that is missing, empty or against its rule."""
    values = {name: _value(name, data) for name in fields_of(template)}
    return [_FIELD.sub(lambda found: values[found[1]], line) for line in template.content.splitlines()]


def _value(name: str, data: object) -> str:
    field = data.get(name) if isinstance(data, Mapping) else None
    value: Any = field.get("value") if isinstance(field, Mapping) else None
    if value is None or value == "":
        raise Refused(47003, f"data.{name}.value is empty")
    rule = _RULES.get(name.rstrip("0123456789"), ".{1,20}")
    if not isinstance(value, str | int | float) or not re.fullmatch(rule, str(value)):
        raise Refused(47003, f"data.{name}.value invalid")
    return str(value)
