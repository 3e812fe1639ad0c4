"""Regular expressions that staff write: what is wrong with one, and whether a text fits it.

RE2 decides: the time grows with the length of the text, never with what the expression makes of it, so no expression can keep a
worker busy. What RE2 does not know (looking ahead, referring back) is refused before it is kept.
"""

import unicodedata
from functools import lru_cache
from typing import Any

import re2

LONGEST = 200
MEMORY_BYTES = 256 * 1024
"""Of one compiled expression; beyond it RE2 refuses."""

_REASONS = {
    "missing )": "缺少右括号「)」",
    "unexpected )": "多了右括号「)」",
    "missing ]": "缺少右方括号「]」",
    "no argument for repetition operator": "重复符号（* + ? {}）之前没有内容",
    "bad repetition operator": "重复符号不能连用",
    "invalid repetition size": "重复次数太多，或重复之内又有重复",
    "invalid perl operator": "不支持这种写法：前瞻、后顾等以「(?」开头的写法不能使用",
    "invalid escape sequence": "不支持这种转义：\\1 等反向引用不能使用",
    "invalid character class range": "字符范围不正确，请检查方括号或 \\p{ } 之内",
    "trailing \\": "末尾多了「\\」",
    "pattern too large": "太复杂，请减少重复次数或拆成几条",
}


def problem(pattern: str) -> str:
    """What is wrong with it, in Chinese; empty when it can be used."""
    wide = next((letter for letter in pattern if unicodedata.normalize("NFKC", letter) != letter), "")
    if wide:
        return f"「{wide}」是全角或兼容字符；收到的文字先转为半角再比较，请改用半角「{unicodedata.normalize('NFKC', wide)}」"
    compiled = _compiled(pattern)
    if isinstance(compiled, str):
        return f"正则表达式不能使用：{compiled}"
    return "这个表达式连空白也符合，会抢在其他规则之前回复，请写得具体些" if compiled.search("") else ""


def fits(pattern: str, text: str) -> bool:
    """Whether it is found anywhere in a text that is `normal`; capitals make no difference. What is no expression fits nothing."""
    compiled = _compiled(pattern)
    return not isinstance(compiled, str) and compiled.search(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    """Compiled, or the reason why it can't be."""
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = MEMORY_BYTES
    options.log_errors = False
    options.never_capture = True
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else b""
        told = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        return next((reason for start, reason in _REASONS.items() if told.startswith(start)), "写法有误")
