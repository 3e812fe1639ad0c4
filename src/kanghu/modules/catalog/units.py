"""Units of laboratory values: vendor spellings to UCUM, and conversion that is exact or refused.

Our own reader of the part of UCUM that laboratory reports use, on exact fractions. A general unit library was
tried and turned down (ADR in the module's `data/README.md`): there `[IU]` is a bare number, so `[IU]/mL` converts to
`10*9/L`, `/[HPF]` converts to `%`, and the annotations `{FEU}` and `{1.73_m2}`, which change the meaning, are dropped.
Here every such unit is a dimension of its own, and what cannot be converted surely is `None`, never a guess.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple

# --- the units we read -------------------------------------------------------------------------------------------

_PREFIXES: Final[dict[str, Fraction]] = {
    "G": Fraction(10**9),
    "M": Fraction(10**6),
    "k": Fraction(1000),
    "d": Fraction(1, 10),
    "c": Fraction(1, 100),
    "m": Fraction(1, 1000),
    "u": Fraction(1, 10**6),
    "n": Fraction(1, 10**9),
    "p": Fraction(1, 10**12),
    "f": Fraction(1, 10**15),
}

Dimensions = tuple[tuple[str, int], ...]

# atom -> (factor to its base, dimensions). Arbitrary units ([IU], U, [pH] …) are dimensions of their own.
_ATOMS: Final[dict[str, tuple[Fraction, Dimensions]]] = {
    "g": (Fraction(1), (("g", 1),)),
    "m": (Fraction(1), (("m", 1),)),
    "L": (Fraction(1, 1000), (("m", 3),)),
    "s": (Fraction(1), (("s", 1),)),
    "min": (Fraction(60), (("s", 1),)),
    "h": (Fraction(3600), (("s", 1),)),
    "d": (Fraction(86400), (("s", 1),)),
    "a": (Fraction(1), (("a", 1),)),
    "mol": (Fraction(1), (("mol", 1),)),
    "eq": (Fraction(1), (("eq", 1),)),
    "U": (Fraction(1), (("U", 1),)),
    "kat": (Fraction(60 * 10**6), (("U", 1),)),  # 1 U = 1 µmol/min
    "[IU]": (Fraction(1), (("[IU]", 1),)),
    "[arb'U]": (Fraction(1), (("[arb'U]", 1),)),
    "[pH]": (Fraction(1), (("[pH]", 1),)),
    "[HPF]": (Fraction(1), (("[HPF]", 1),)),
    "[LPF]": (Fraction(1), (("[LPF]", 1),)),
    "%": (Fraction(1, 100), ()),
    "[ppth]": (Fraction(1, 1000), ()),
    "Pa": (Fraction(1000), (("g", 1), ("m", -1), ("s", -2))),
    "m[Hg]": (Fraction("133322.387415") * 1000, (("g", 1), ("m", -1), ("s", -2))),
    "Cel": (Fraction(1), (("Cel", 1),)),
    "[degF]": (Fraction(1), (("[degF]", 1),)),
    "dB": (Fraction(1), (("dB", 1),)),
    "cal": (Fraction(1), (("cal", 1),)),
    "B": (Fraction(1), (("B", 1),)),
}
_NEVER_PREFIXED: Final = {
    "min",
    "h",
    "d",
    "a",
    "%",
    "[ppth]",
    "[pH]",
    "[HPF]",
    "[LPF]",
    "Cel",
    "[degF]",
    "dB",
    "B",
    "[arb'U]",
}
# Annotations that only say what is counted; every other one (FEU, 1.73_m2, copies, N …) is kept as a dimension.
_SILENT_ANNOTATIONS: Final = {"cells", "beats", "count", "ratio", "times"}

_TOKEN: Final = re.compile(
    r"(?P<annotation>\{[^{}]*\})|(?P<ten>10\*[+-]?\d{1,2})|(?P<symbol>(?:[A-Za-z%]|\[[A-Za-z']+\])+)(?P<power>[+-]?\d)?|"
    r"(?P<integer>\d{1,6})|(?P<operator>[./()])"
)


class UnknownUnit(ValueError):
    """The text is not a UCUM expression of the part we read."""


class Unit(NamedTuple):
    """A parsed unit: `factor` × the product of its base dimensions."""

    factor: Fraction
    dimensions: Dimensions


class _Reader:
    """Recursive descent over UCUM's term grammar: `/` and `.` bind from left to right, brackets group."""

    def __init__(self, text: str) -> None:
        self.tokens = self._split(text)
        self.at = 0

    @staticmethod
    def _split(text: str) -> list[re.Match[str]]:
        tokens: list[re.Match[str]] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise UnknownUnit(text)
            tokens.append(match)
            position = match.end()
        return tokens

    def _operator(self) -> str:
        return (self.tokens[self.at]["operator"] or "") if self.at < len(self.tokens) else ""

    def read(self) -> Unit:
        unit = self._expression()
        if self.at != len(self.tokens):
            raise UnknownUnit
        return unit

    def _expression(self) -> Unit:
        total = _ONE
        sign = 1
        if self._operator() == "/":
            sign, self.at = -1, self.at + 1
        while True:
            total = _times(total, self._component(), sign)
            operator = self._operator()
            if operator not in {"/", "."}:
                return total
            sign, self.at = (-1 if operator == "/" else 1), self.at + 1

    def _component(self) -> Unit:
        if self.at >= len(self.tokens):
            raise UnknownUnit
        token = self.tokens[self.at]
        self.at += 1
        if token["operator"] == "(":
            inner = self._expression()
            if self._operator() != ")":
                raise UnknownUnit
            self.at += 1
            return inner
        if token["operator"]:
            raise UnknownUnit
        return self._annotated(_simple(token))

    def _annotated(self, unit: Unit) -> Unit:
        if self.at < len(self.tokens) and self.tokens[self.at]["annotation"]:
            unit = _times(unit, _simple(self.tokens[self.at]), 1)
            self.at += 1
        return unit


_ONE: Final = Unit(Fraction(1), ())


def _simple(token: re.Match[str]) -> Unit:
    if token["annotation"]:
        name = token["annotation"]
        return _ONE if name[1:-1] in _SILENT_ANNOTATIONS else Unit(Fraction(1), ((name, 1),))
    if token["ten"]:
        return Unit(Fraction(10) ** int(token["ten"][3:]), ())
    if token["integer"]:
        if int(token["integer"]) == 0:
            raise UnknownUnit
        return Unit(Fraction(int(token["integer"])), ())
    unit = _atom(token["symbol"])
    power = int(token["power"] or 1)
    return Unit(unit.factor**power, tuple((name, exponent * power) for name, exponent in unit.dimensions))


def _atom(symbol: str) -> Unit:
    if symbol in _ATOMS:
        return Unit(*_ATOMS[symbol])
    prefix, rest = symbol[:1], symbol[1:]
    if prefix in _PREFIXES and rest in _ATOMS and rest not in _NEVER_PREFIXED:
        factor, dimensions = _ATOMS[rest]
        return Unit(_PREFIXES[prefix] * factor, dimensions)
    raise UnknownUnit(symbol)


def _times(left: Unit, right: Unit, sign: int) -> Unit:
    exponents = dict(left.dimensions)
    for name, exponent in right.dimensions:
        # An annotation says what the quantity is; on which side of the stroke it is written does not matter.
        exponents[name] = 1 if name[0] == "{" else exponents.get(name, 0) + sign * exponent
    factor = left.factor * right.factor**sign
    return Unit(factor, tuple(sorted((name, exponent) for name, exponent in exponents.items() if exponent)))


@lru_cache(maxsize=4096)
def parse(ucum: str) -> Unit:
    """The exact meaning of a UCUM expression. Raises `UnknownUnit`."""
    return _Reader(ucum).read()


# --- vendor spellings --------------------------------------------------------------------------------------------

# Whole spellings, compared without spaces and in lower case. Signs are already plain (µ→u, ×→*, ²→2, full-width).
_SPELLINGS: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("次/分", "次/分钟", "次/min", "/分", "/分钟", "bpm", "beats/min", "/min", "{beats}/min"), "/min"
    ),
    **dict.fromkeys(("mmhg", "毫米汞柱", "mm汞柱", "mm[hg]"), "mm[Hg]"),
    **dict.fromkeys(("℃", "°c", "摄氏度", "度c", "cel"), "Cel"),
    **dict.fromkeys(("°f", "℉", "[degf]"), "[degF]"),
    **dict.fromkeys(("厘米", "公分"), "cm"),
    **dict.fromkeys(("公斤", "千克"), "kg"),
    **dict.fromkeys(("kg/m2", "kg/m^2", "kg/(m2)", "kg/m*2", "千克/平方米", "公斤/平方米"), "kg/m2"),
    **dict.fromkeys(
        ("/hp", "个/hp", "/hpf", "个/hpf", "/高倍视野", "个/高倍视野", "/高倍", "/[hpf]", "hpf", "cells/hpf"),
        "/[HPF]",
    ),
    **dict.fromkeys(
        ("/lp", "个/lp", "/lpf", "个/lpf", "/低倍视野", "个/低倍视野", "/低倍", "/[lpf]", "lpf"), "/[LPF]"
    ),
    **dict.fromkeys(("mm/h", "mm/1h", "mm/hr", "mm/小时", "毫米/小时", "mm/60min"), "mm/h"),
    **dict.fromkeys(("秒", "sec", "s"), "s"),
    **dict.fromkeys(("岁", "年", "a"), "a"),
    **dict.fromkeys(("分", "{score}"), "{score}"),
    **dict.fromkeys(("比值", "比率", "ratio", "1", "{ratio}"), "1"),
    **dict.fromkeys(("ph", "ph值", "[ph]"), "[pH]"),
    **dict.fromkeys(("‰", "[ppth]", "delta‰", "dob‰"), "[ppth]"),
    **dict.fromkeys(("s/co", "coi", "s/n", "{s_co}"), "{s_co}"),
    **dict.fromkeys(("dpm", "{dpm}"), "{dpm}"),
    **dict.fromkeys(
        (
            *(
                "ml/min/1.73m2",
                "ml/min/1.73m^2",
                "ml/(min*1.73m2)",
                "ml/(min*1.73m^2)",
                "ml/min*1.73m2",
                "ml/min*1.73m^2",
            ),
            *(
                "ml/min/1.73",
                "ml/(min.1.73m2)",
                "ml/min.1.73m2",
                "ml/min/(1.73m2)",
                "ml/min/{1.73_m2}",
                "ml/min(1.73m2)",
            ),
        ),
        "mL/min/{1.73_m2}",
    ),
    **dict.fromkeys(("mg/24h", "mg/24小时", "mg/24hr", "mg/(24.h)", "mg/24.h", "mg/d", "mg/天"), "mg/(24.h)"),
    **dict.fromkeys(("g/24h", "g/24小时", "g/24hr", "g/(24.h)", "g/d"), "g/(24.h)"),
    **dict.fromkeys(("mg/lfeu", "mg/l(feu)", "mgfeu/l", "mg/l{feu}", "feumg/l"), "mg/L{FEU}"),
    **dict.fromkeys(("ug/mlfeu", "ug/ml(feu)", "ugfeu/ml", "ug/ml{feu}"), "ug/mL{FEU}"),
    **dict.fromkeys(("ng/mlfeu", "ng/ml(feu)", "ngfeu/ml", "ng/ml{feu}"), "ng/mL{FEU}"),
    **dict.fromkeys(("ug/lfeu", "ug/l(feu)", "ugfeu/l", "ug/l{feu}"), "ug/L{FEU}"),
    **dict.fromkeys(("mg/lddu", "mg/l(ddu)", "mg/l{ddu}"), "mg/L{DDU}"),
    **dict.fromkeys(("copies/ml", "拷贝/ml", "copy/ml", "{copies}/ml", "cps/ml"), "{copies}/mL"),
    **dict.fromkeys(("mgn/dl", "mg{n}/dl"), "mg{N}/dL"),
    **dict.fromkeys(("个/ul", "cells/ul", "{cells}/ul", "/ul"), "/uL"),
    **dict.fromkeys(("个/ml", "cells/ml", "/ml"), "/mL"),
    **dict.fromkeys(("个/l", "/l"), "/L"),
    **dict.fromkeys(("l/l",), "L/L"),
    **dict.fromkeys(("au/ml", "[arb'u]/ml"), "[arb'U]/mL"),
    **dict.fromkeys(("kpa",), "kPa"),
    **dict.fromkeys(("db", "分贝", "dbhl"), "dB"),
    **dict.fromkeys(("kcal", "千卡"), "kcal"),
    **dict.fromkeys(("m/s", "米/秒"), "m/s"),
    **dict.fromkeys(("cm/s", "厘米/秒"), "cm/s"),
}

# Single symbols, in lower case. `G/L` in capitals is g/L or 10*9/L and therefore not listed: nobody can know.
_SYMBOLS: Final[dict[str, str]] = {
    **{
        f"{prefix}{atom}": f"{prefix}{ucum}"
        for atom, ucum in (("g", "g"), ("mol", "mol"))
        for prefix in ("", "m", "u", "n", "p", "k")
    },
    **{f"{prefix}l": f"{prefix}L" for prefix in ("", "d", "m", "u", "f")},
    **{f"{prefix}iu": f"{prefix}[IU]" for prefix in ("", "m", "u", "k")},
    **{f"{prefix}[iu]": f"{prefix}[IU]" for prefix in ("", "m", "u", "k")},
    **{f"{prefix}u": f"{prefix}U" for prefix in ("", "m", "u", "k")},
    **{f"{prefix}kat": f"{prefix}kat" for prefix in ("", "u", "n")},
    **{f"{prefix}eq": f"{prefix}eq" for prefix in ("", "m", "u")},
    **{symbol: symbol for symbol in ("cm", "mm", "m", "ms", "s", "min", "h", "%", "um", "nm")},
    "mcg": "ug",
    "hr": "h",
    "小时": "h",
    "毫克": "mg",
    "微克": "ug",
    "克": "g",
    "升": "L",
    "毫升": "mL",
    "毫摩尔": "mmol",
    "微摩尔": "umol",
}
_COUNT: Final = re.compile(r"[*x]?\(?10(?:\^|\*|e)?\+?(?P<power>3|4|6|9|12)\)?(?:个)?/(?P<volume>l|ul|ml)")
_LOST_EXPONENT: Final = {"3": {"ul"}, "6": {"ul"}, "9": {"l"}, "12": {"l"}}
_SIGNS: Final = str.maketrans(
    {
        "µ": "u",
        "μ": "u",
        "×": "*",
        "·": "*",
        "㎡": "m2",
        "⁄": "/",
        "∕": "/",
        "㎎": "mg",
        "㎏": "kg",
        "㎝": "cm",
    }
)
_SHOUTED: Final = re.compile(r"[GM]/L")


@lru_cache(maxsize=8192)
def normalise(printed: str) -> str | None:
    """The UCUM spelling of a printed unit; '' for an empty one; None for one that is not known for sure.

    >>> normalise("×10^9/L"), normalise("µmol/L"), normalise("次/分"), normalise("ｍｇ／ｄｌ"), normalise("G/L")
    ('10*9/L', 'umol/L', '/min', 'mg/dL', None)
    """
    text = unicodedata.normalize("NFKC", printed.translate(_SIGNS)).translate(_SIGNS)
    text = "".join(text.split())
    if len(text) > 40 or _SHOUTED.fullmatch(text):
        return None
    if not text:
        return ""
    return _known(text.casefold())


def _known(text: str) -> str | None:
    if text in _SPELLINGS:
        return _SPELLINGS[text]
    count = _COUNT.fullmatch(text)
    if count is not None:
        return _count(text, count["power"], count["volume"])
    symbols = [_SYMBOLS.get(part) for part in text.split("/")]
    if len(symbols) > 2 or None in symbols:
        return None
    return "/".join(symbol for symbol in symbols if symbol)


def _count(text: str, power: str, volume: str) -> str | None:
    """`10^9/L` and its garblings. `109/L`, the superscript lost, is read only where it can be nothing else."""
    lost = not re.search(r"10[\^*e]", text)
    if lost and volume not in _LOST_EXPONENT.get(power, set()):
        return None
    return f"10*{power}/{_SYMBOLS[volume]}"


# --- conversion --------------------------------------------------------------------------------------------------


class Conversion(NamedTuple):
    """`standard value = printed value × factor + offset`."""

    factor: Fraction
    offset: Fraction = Fraction(0)

    @property
    def is_identity(self) -> bool:
        return self == IDENTITY

    def apply(self, number: Decimal) -> Decimal:
        """The number in the standard unit, to ten significant digits; untouched when nothing is to be converted."""
        if self == IDENTITY:
            return number
        exact = Fraction(number) * self.factor + self.offset
        rounded = _TEN_DIGITS.divide(Decimal(exact.numerator), Decimal(exact.denominator))
        return rounded.normalize(_TEN_DIGITS)


IDENTITY: Final = Conversion(Fraction(1))
_TEN_DIGITS: Final = Context(prec=10)

# Equations that are not a plain factor: (item, from, to) -> conversion. Sources:
# HbA1c: IFCC–NGSP master equation NGSP = 0.09148 × IFCC + 2.152 (ngsp.org/ifcc.asp; Hoelzel, Clin Chem 2004;50:166).
_EQUATIONS: Final[dict[tuple[str, str, str], Conversion]] = {
    ("LAB.HBA1C", "mmol/mol", "%"): Conversion(Fraction("0.09148"), Fraction("2.152")),
    ("", "[degF]", "Cel"): Conversion(Fraction(5, 9), Fraction(-160, 9)),
}


class Analyte(NamedTuple):
    """What turns moles, equivalents, nitrogen or IU of one substance into the standard unit. From `data/analytes.csv`."""

    grams_per_mol: Fraction | None
    valence: int | None
    counts_nitrogen: bool  # the grams are nitrogen: a plain mg/dL, urea or urea nitrogen, is never converted
    iu_is_u: bool


_NO_ANALYTE: Final = Analyte(None, None, False, False)


@cache
def analytes() -> Mapping[str, Analyte]:
    """Item code → analyte constants, each with its source in the file."""
    path = resources.files("kanghu.modules.catalog") / "data" / "analytes.csv"
    with path.open(encoding="utf-8") as lines:
        return {line["item_code"]: _analyte(line) for line in csv.DictReader(lines)}


def _analyte(line: dict[str, str]) -> Analyte:
    nitrogen = line["nitrogen_mass_per_mol"]
    grams = nitrogen or line["molar_mass"]
    return Analyte(
        Fraction(grams) if grams else None,
        int(line["valence"]) if line["valence"] else None,
        bool(nitrogen),
        line["iu_is_u"] == "1",
    )


@lru_cache(maxsize=16384)
def conversion(from_unit: str, to_unit: str, item_code: str = "") -> Conversion | None:
    """How to turn a value in `from_unit` into `to_unit` (both UCUM) for one standard item; None if nobody can say.

    >>> conversion("mg/dL", "mmol/L", "LAB.FPG").apply(Decimal(100))
    Decimal('5.550744903')
    >>> conversion("[IU]/mL", "10*9/L") is None
    True
    """
    if from_unit == to_unit:
        return IDENTITY
    equation = _EQUATIONS.get((item_code, from_unit, to_unit)) or _EQUATIONS.get(("", from_unit, to_unit))
    if equation is not None:
        return equation
    if "mol/mol" in from_unit and item_code == "LAB.HBA1C":
        return None
    try:
        source, target = parse(from_unit), parse(to_unit)
    except UnknownUnit:
        return None
    return _linear(source, target, analytes().get(item_code, _NO_ANALYTE))


def _linear(source: Unit, target: Unit, analyte: Analyte) -> Conversion | None:
    if source.dimensions != target.dimensions:
        source, target = _in_grams(source, analyte), _in_grams(target, analyte)
    if source.dimensions != target.dimensions:
        return None
    return Conversion(source.factor / target.factor)


def _in_grams(unit: Unit, analyte: Analyte) -> Unit:
    """The unit with moles, equivalents, nitrogen mass and IU of this analyte expressed in grams and U, where known."""
    exponents = dict(unit.dimensions)
    factor = unit.factor
    if analyte.valence and "eq" in exponents:
        power = exponents.pop("eq")
        factor /= Fraction(analyte.valence) ** power
        exponents["mol"] = exponents.get("mol", 0) + power
    if analyte.grams_per_mol and "mol" in exponents:
        power = exponents.pop("mol")
        factor *= analyte.grams_per_mol**power
        exponents["g"] = exponents.get("g", 0) + power
        if analyte.counts_nitrogen:
            exponents["{N}"] = 1
    if analyte.iu_is_u and "[IU]" in exponents:
        power = exponents.pop("[IU]")
        exponents["U"] = exponents.get("U", 0) + power
    return Unit(factor, tuple(sorted((name, power) for name, power in exponents.items() if power)))


def convert(number: Decimal, printed_unit: str, to_unit: str, item_code: str = "") -> Decimal | None:
    """`number` as printed in `printed_unit` (any spelling), in `to_unit` (UCUM); None when that cannot be said."""
    unit = normalise(printed_unit)
    if unit is None:
        return None
    found = conversion(unit, to_unit, item_code)
    return None if found is None else found.apply(number)
