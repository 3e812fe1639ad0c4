"""What the fields of template messages and subscription notices may hold, told by the kind in their names (thing1, time2). Pure.

https://developers.weixin.qq.com/doc/service/guide/product/template_message/ and the table of parameters of subscription notices.
"""

import re
from collections.abc import Mapping

_FIELD = re.compile(r"\{\{(\w{1,64})\.DATA\}\}")
_MOMENT = re.compile(r"(?=.*\d)[\d年月日时分秒:：~\-/. ]{1,64}")

_RULES: dict[str, tuple[re.Pattern[str], str]] = {
    "thing": (re.compile(r".{1,20}"), "最多 20 个字"),
    "const": (re.compile(r".{1,20}"), "最多 20 个字，且须是模板列出的内容之一"),
    "number": (re.compile(r"(?=.{1,32}$)-?\d+(\.\d+)?"), "须为数字，最多 32 位"),
    "letter": (re.compile(r"[A-Za-z]{1,32}"), "须为字母，最多 32 个"),
    "symbol": (re.compile(r"[^\w\s]{1,5}"), "须为符号，最多 5 个"),
    "character_string": (re.compile(r"[\x20-\x7e]{1,32}"), "须为字母、数字或符号，最多 32 个"),
    "time": (_MOMENT, "须为时间，如 2026年12月1日 08:30"),
    "date": (_MOMENT, "须为日期，如 2026年12月1日"),
    "amount": (re.compile(r"[^\w\s]?\d{1,10}(\.\d+)?元?"), "须为金额，如 ¥25.50"),
    "phone_number": (re.compile(r"[\d+\-() ]{1,17}"), "须为电话号码，最多 17 位"),
    "car_number": (re.compile(r"\w{1,8}"), "须为车牌号码，最多 8 位"),
    "name": (
        re.compile(r"(?=.*[\u4e00-\u9fff])[^\s\d]{1,10}|[A-Za-z .·'\-]{1,20}"),
        "须为姓名，汉字最多 10 个，字母最多 20 个",
    ),
    "phrase": (re.compile(r"[\u3400-\u9fff]{1,5}"), "须为汉字，最多 5 个"),
}
_ANY = (re.compile(r".{1,20}"), "最多 20 个字")


def fields_of(content: str) -> list[str]:
    """The fields of a template's content, in their order."""
    return list(dict.fromkeys(_FIELD.findall(content)))


def kind_of(field: str) -> str:
    """thing1 → thing; of names without a kind the name itself."""
    return field.rstrip("0123456789")


def problems(values: Mapping[str, str], wanted: list[str] | None = None) -> dict[str, str]:
    """Field → what is wrong with its value, in Chinese. `wanted`: the template's fields, where they are known."""
    wrong = {name: advice for name, value in values.items() if (advice := _problem(name, value))}
    for name in wanted or ():
        if name not in values:
            wrong[name] = "缺少这一项"
    for name in values:
        if wanted is not None and name not in wanted:
            wrong[name] = "模板没有这一项"
    return wrong


def _problem(name: str, value: str) -> str | None:
    if not value.strip():
        return "不能为空"
    if "\n" in value or "\r" in value:
        return "不能换行"
    rule, advice = _RULES.get(kind_of(name), _ANY)
    return None if rule.fullmatch(value) else advice
