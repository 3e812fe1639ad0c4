"""Reading one answer: is this value one that the item takes, and what is its normal form?

Normal forms: boolean ``bool`` · integer ``int`` · decimal ``int|float`` · date ``"YYYY-MM-DD"`` · string, text ``str`` ·
choice the option's code · open-choice a code or ``{"other": "free text"}`` · quantity ``{"value": number, "unit": unit}``;
an item that repeats has a list of these.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from kanghu.modules.forms.engine.definition import CODED, AnswerOption, Item

Answers = Mapping[str, Any]
MAX_REPEATS = 100
LARGEST = 1e15
DEFAULT_LENGTH = {"string": 255, "open-choice": 255, "text": 5000}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Unacceptable(ValueError):
    """The value does not fit the item; the message is Chinese and made for the person who fills the form."""


def is_blank(raw: Any) -> bool:
    """Nothing was answered: null, empty text, a list of such, or an object without ``value`` and ``other``."""
    return all(map(_blank, raw)) if isinstance(raw, list) else _blank(raw)


def _blank(raw: Any) -> bool:
    if isinstance(raw, dict):
        return all(raw.get(key) is None or raw.get(key) == "" for key in ("value", "other"))
    return raw is None or (isinstance(raw, str) and not raw.strip())


def read(item: Item, raw: Any, context: Mapping[str, Any]) -> Any:
    """The normal form of ``raw`` for ``item``. Raises Unacceptable; ``raw`` must not be blank."""
    if not item.repeats:
        return _READERS[item.type](item, raw, context)
    if not isinstance(raw, list):
        raise Unacceptable("应为多项")
    if len(raw) > MAX_REPEATS:
        raise Unacceptable(f"最多填写{MAX_REPEATS}项")
    values = [_READERS[item.type](item, part, context) for part in raw if not _blank(part)]
    return _choices(item, values) if item.type in CODED else values


def _choices(item: Item, values: list[Any]) -> list[Any]:
    """Without doubles; an exclusive option stands alone."""
    unique = [value for place, value in enumerate(values) if value not in values[:place]]
    exclusive = {option.code: option.display for option in item.answer_option if option.exclusive}
    for value in unique:
        if isinstance(value, str) and value in exclusive and len(unique) > 1:
            raise Unacceptable(f"选了“{exclusive[value]}”就不能再选别的")
    return unique


def option(item: Item, code: Any) -> AnswerOption | None:
    return next((o for o in item.answer_option if o.code == code), None)


def is_number(raw: Any) -> bool:
    """A finite number of sane size; a yes/no is not a number."""
    return isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) <= LARGEST


def _boolean(item: Item, raw: Any, context: Mapping[str, Any]) -> bool:
    if not isinstance(raw, bool):
        raise Unacceptable("请选择“是”或“否”")
    return raw


def _decimal(item: Item, raw: Any, context: Mapping[str, Any]) -> int | float:
    if not is_number(raw):
        raise Unacceptable("请填写数字")
    _within(item, raw, item.unit or "")
    number: int | float = raw
    return number


def _integer(item: Item, raw: Any, context: Mapping[str, Any]) -> int:
    if not is_number(raw) or raw != int(raw):
        raise Unacceptable("请填写整数")
    _within(item, raw, item.unit or "")
    return int(raw)


def _within(item: Item, number: float, unit: str) -> None:
    if is_number(item.min_value) and number < item.min_value:  # type: ignore[operator]
        raise Unacceptable(f"不能小于{item.min_value}{unit}，请核对")
    if is_number(item.max_value) and number > item.max_value:  # type: ignore[operator]
        raise Unacceptable(f"不能大于{item.max_value}{unit}，请核对")


def is_date(raw: Any) -> bool:
    if not (isinstance(raw, str) and _DATE.fullmatch(raw)):
        return False
    try:
        date.fromisoformat(raw)
    except ValueError:
        return False
    return True


def _date(item: Item, raw: Any, context: Mapping[str, Any]) -> str:
    if not is_date(raw):
        raise Unacceptable("请填写日期，例如 2026-05-01")
    low, high = _date_bound(item.min_value, context), _date_bound(item.max_value, context)
    if low and raw < low:
        raise Unacceptable(f"日期不能早于{low}")
    if high and raw > high:
        raise Unacceptable(f"日期不能晚于{high}")
    day: str = raw
    return day


def _date_bound(bound: Any, context: Mapping[str, Any]) -> str | None:
    day = context.get("%today") if bound == "%today" else bound
    return day if is_date(day) else None


def _text(item: Item, raw: Any, context: Mapping[str, Any]) -> str:
    if not isinstance(raw, str):
        raise Unacceptable("请填写文字")
    longest = item.max_length or DEFAULT_LENGTH[item.type]
    text = raw.strip()
    if len(text) > longest:
        raise Unacceptable(f"最多{longest}个字，现在有{len(text)}个字")
    return text


def _choice(item: Item, raw: Any, context: Mapping[str, Any]) -> str:
    found = option(item, raw) if isinstance(raw, str) else None
    if found is None:
        raise Unacceptable("请从所列选项中选择")
    return found.code


def _open_choice(item: Item, raw: Any, context: Mapping[str, Any]) -> str | dict[str, str]:
    if isinstance(raw, dict) and set(raw) == {"other"}:
        return {"other": _text(item, raw["other"], context)}
    return _choice(item, raw, context)


def _quantity(item: Item, raw: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(raw, dict) or not set(raw) <= {"value", "unit"}:
        raise Unacceptable("请填写数值")
    if (raw.get("unit") or item.unit) != item.unit:
        raise Unacceptable(f"单位应为{item.unit}")
    return {"value": _decimal(item, raw.get("value"), context), "unit": item.unit}


_READERS: dict[str, Callable[[Item, Any, Mapping[str, Any]], Any]] = {
    "boolean": _boolean,
    "decimal": _decimal,
    "integer": _integer,
    "date": _date,
    "string": _text,
    "text": _text,
    "choice": _choice,
    "open-choice": _open_choice,
    "quantity": _quantity,
}
