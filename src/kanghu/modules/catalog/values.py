"""Reading a printed result (`<0.01`, `阴性(-)`, `1:160`, `1.2×10^9`, `＞１００`) into something that can be compared.

Pure and total: `parse` never raises. What is not surely a number or a known word stays text, as printed; the
caller keeps the raw string in any case. It runs some sixty times per pushed message, so the plain number and the
known word leave by the first two doors.
"""

import re
from decimal import Decimal
from typing import Final, Literal

import msgspec

from kanghu.modules.catalog import units

Kind = Literal["numeric", "ordinal", "coded", "text"]


class Value(msgspec.Struct, frozen=True, gc=False):
    """A printed value that was understood.

    `text` is the canonical spelling: `parse(v.text) == v` for every `v` that `parse` returned.
    `number` has the printed precision. With `comparator` `<`, `<=`, `>` or `>=` it is a bound, not a measurement.
    `rank` orders the values of one scale, named by `scale`: `reaction` (阴性 0 … ++++ 6), `grade` (Ⅰ度 = 1),
    `titre` (the denominator of 1:160). Ranks of different scales must not be compared.
    `unit` is the UCUM unit that was printed behind the number, if any. `power` is the n of a printed ×10^n that `number`
    contains: some vendors repeat it in the unit, and then it counts once (`mapping_index.Match.number`).
    """

    kind: Kind
    text: str
    number: Decimal | None = None
    comparator: str = ""
    scale: str = ""
    rank: int | None = None
    code: str = ""
    unit: str = ""
    power: int = 0


# Longer texts are findings, not values.
_LONGEST: Final = 48

# code -> (rank on the reaction scale, canonical text)
_REACTIONS: Final[dict[str, tuple[int, str]]] = {
    "NEG": (0, "阴性"),
    "TRACE": (1, "±"),
    "WEAK": (2, "弱阳性"),
    "POS": (3, "阳性"),
    "1+": (3, "+"),
    "2+": (4, "++"),
    "3+": (5, "+++"),
    "4+": (6, "++++"),
}
_REACTION_WORDS: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("阴性", "-", "阴", "阴性-", "neg", "neg.", "negative", "n", "未检出", "未检测到", "nd"), "NEG"
    ),
    **dict.fromkeys(("±", "+-", "+/-", "-/+", "-+", "可疑", "微量", "trace", "可疑阳性"), "TRACE"),
    **dict.fromkeys(("弱阳性", "弱阳", "弱阳性±", "弱阳性+", "weakpositive", "weak+", "w+"), "WEAK"),
    **dict.fromkeys(("阳性", "阳", "pos", "pos.", "positive", "检出"), "POS"),
    **dict.fromkeys(("+", "阳性+", "+1", "1+", "阳性1+", "阳性+1"), "1+"),
    **dict.fromkeys(("++", "阳性++", "+2", "2+", "阳性2+", "阳性+2"), "2+"),
    **dict.fromkeys(("+++", "阳性+++", "+3", "3+", "阳性3+", "阳性+3", "强阳性", "强阳性+++"), "3+"),
    **dict.fromkeys(("++++", "阳性++++", "+4", "4+", "阳性4+", "阳性+4", "强阳性++++"), "4+"),
}
_CODED_WORDS: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(("正常", "未见异常", "未见明显异常", "normal"), ("NORMAL", "正常")),
    **dict.fromkeys(("异常", "abnormal"), ("ABNORMAL", "异常")),
    **dict.fromkeys(("无", "未见", "未触及", "否"), ("ABSENT", "无")),
    **dict.fromkeys(("有", "是"), ("PRESENT", "有")),
    **{
        name: (f"ABO_{name[:-1].upper()}", f"{name[:-1].upper()}型") for name in ("a型", "b型", "o型", "ab型")
    },
}
_GRADES: Final = {
    "Ⅰ": 1,
    "Ⅱ": 2,
    "Ⅲ": 3,
    "Ⅳ": 4,
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "1": 1,
    "2": 2,
    "3": 3,
    "4": 4,
}
_GRADE_TEXT: Final = {1: "Ⅰ度", 2: "Ⅱ度", 3: "Ⅲ度", 4: "Ⅳ度"}


def _reaction(code: str) -> Value:
    rank, text = _REACTIONS[code]
    return Value("ordinal", text, scale="reaction", rank=rank, code=code)


_WORDS: Final[dict[str, Value]] = {
    **{word: _reaction(code) for word, code in _REACTION_WORDS.items()},
    **{word: Value("coded", text, code=code) for word, (code, text) in _CODED_WORDS.items()},
    **{
        f"{sign}{unit}": Value("ordinal", _GRADE_TEXT[rank], scale="grade", rank=rank, code=f"GRADE-{rank}")
        for sign, rank in _GRADES.items()
        for unit in ("度", "°", "级")
    },
}

# Full-width forms and typographic signs to their plain ones. Not NFKC: that would turn 10⁹ into 109.
_PLAIN_SIGNS: Final[dict[int, int | str]] = {
    **{0xFF01 + i: 0x21 + i for i in range(94)},
    **dict.fromkeys((0x3000, 0x00A0, 0x2009, 0x202F), " "),
    **dict.fromkeys((0x2212, 0x2013, 0xFE63), "-"),
    **{
        ord(a): b
        for a, b in {
            "≤": "<=",
            "≦": "<=",
            "≥": ">=",
            "≧": ">=",
            "﹤": "<",
            "﹥": ">",
            "∶": ":",
            "﹢": "+",
        }.items()
    },
    **{ord(a): b for a, b in {"×": "x", "✕": "x", "Х": "x", "Ｘ": "x"}.items()},
}
_SUPERSCRIPT: Final = re.compile("10([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_SUPERSCRIPT_DIGITS: Final = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")

_PLAIN_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_WORD_COMPARATORS: Final = {
    "小于": "<",
    "低于": "<",
    "大于": ">",
    "高于": ">",
    "不大于": "<=",
    "不小于": ">=",
    "<": "<",
    ">": ">",
} | {
    "<=": "<=",
    ">=": ">=",
    "=<": "<=",
    "=>": ">=",
}
_COMPARATOR: Final = r"<=|>=|=<|=>|<|>|不大于|不小于|小于|低于|大于|高于"
_MANTISSA: Final = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,15})?|[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15}"
_QUANTITY: Final = re.compile(
    rf"(?P<cmp>{_COMPARATOR})? ?"
    r"(?:10\^(?P<power>[+-]?[0-9]{1,2})|"
    rf"(?P<mantissa>[+-]?(?:{_MANTISSA}))"
    r"(?: ?(?:[xX*] ?10(?:\^|\*\*)(?P<exponent>[+-]?[0-9]{1,2})|[eE](?P<e>[+-]?[0-9]{1,2})))?)"
    r"(?P<tail>.*)"
)
_TITRE: Final = re.compile(rf"(?P<cmp>{_COMPARATOR})? ?(?:阳性|阴性)?\(?1 ?: ?(?P<den>[0-9]{{1,7}})\)?")
_WORD_WITH_NUMBER: Final = re.compile(
    r"(?P<word>阴性|阳性|弱阳性|可疑)[ (:]*(?P<quantity>[<>=]{0,2} ?[0-9][^()]*)\)?|"
    r"(?P<quantity2>[<>=]{0,2} ?[0-9][^()]*?)[ (]*(?P<word2>阴性|阳性|弱阳性|可疑)(?:\([+±-]{1,4}\)|[+±-]{0,4})\)?"
)
_BRACKETS: Final = str.maketrans("", "", "()[]【】 '\"")
_FLAGS: Final = " ↑↓*"


def parse(printed: str) -> Value:
    """A printed value as `Value`. Never raises; what is not understood comes back as text, stripped.

    >>> parse("＜０.01").comparator, parse("阴性(-)").code, parse("1.2×10⁹").text
    ('<', 'NEG', '1.2×10^9')
    """
    stripped = printed.strip()
    if _PLAIN_NUMBER.fullmatch(stripped):
        return Value("numeric", stripped, number=Decimal(stripped))
    known = _WORDS.get(stripped)
    if known is not None:
        return known
    if not stripped or len(stripped) > _LONGEST:
        return Value("text", stripped)
    return _parse_slowly(stripped)


def _parse_slowly(stripped: str) -> Value:
    plain = _SUPERSCRIPT.sub(lambda m: "10^" + m[1].translate(_SUPERSCRIPT_DIGITS), stripped)
    plain = plain.translate(_PLAIN_SIGNS).rstrip(_FLAGS).strip()
    known = _WORDS.get(plain.translate(_BRACKETS).lower())
    if known is not None:
        return known
    return _titre(plain) or _quantity(plain) or _word_with_number(plain) or Value("text", stripped)


def _titre(plain: str) -> Value | None:
    match = _TITRE.fullmatch(plain)
    if match is None:
        return None
    denominator = int(match["den"])
    if denominator == 0:
        return None
    comparator = _WORD_COMPARATORS.get(match["cmp"] or "", "")
    code = f"1:{denominator}"
    return Value("ordinal", comparator + code, Decimal(denominator), comparator, "titre", denominator, code)


def _quantity(plain: str) -> Value | None:
    match = _QUANTITY.fullmatch(plain)
    if match is None:
        return None
    comparator = _WORD_COMPARATORS.get(match["cmp"] or "", "")
    tail = match["tail"].strip(_FLAGS)
    count_unit = units.normalise(f"10^{match['exponent']}{tail}") if match["exponent"] and tail else None
    if count_unit:  # 6.5×10^9/L: the power belongs to the unit
        number = Decimal(_mantissa(match))
        return Value("numeric", f"{comparator}{number} {count_unit}", number, comparator, unit=count_unit)
    unit = units.normalise(tail) if tail else ""
    if unit is None:
        return None
    number, power = _number(match)
    text = f"{comparator}{number} {unit}" if unit else f"{comparator}{number}"
    if power:
        text = f"{comparator}{_mantissa(match)}×10^{power}{' ' + unit if unit else ''}"
    return Value("numeric", text, number, comparator, unit=unit, power=power)


def _mantissa(match: re.Match[str]) -> str:
    return (match["mantissa"] or "1").replace(",", "").rstrip(".")


def _number(match: re.Match[str]) -> tuple[Decimal, int]:
    """The number, and the n of the ×10^n in it (0 without one; scientific notation with E is a way to write a number)."""
    power = int(match["power"] or match["exponent"] or 0)
    return Decimal(f"{_mantissa(match)}E{match['e'] or power}"), power


def _word_with_number(plain: str) -> Value | None:
    """`阴性(0.02)`, `0.02 阴性(-)`: the laboratory's verdict with the signal it rests on. The verdict leads."""
    match = _WORD_WITH_NUMBER.fullmatch(plain)
    if match is None:
        return None
    verdict = _WORDS[match["word"] or match["word2"]]
    quantity = _quantity((match["quantity"] or match["quantity2"]).strip())
    if quantity is None:
        return None
    return msgspec.structs.replace(
        verdict,
        text=f"{verdict.text}({quantity.text})",
        number=quantity.number,
        comparator=quantity.comparator,
        unit=quantity.unit,
        power=quantity.power,
    )
