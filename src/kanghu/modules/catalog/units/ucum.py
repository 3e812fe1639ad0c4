"""The part of UCUM that laboratory reports use, read exactly: a factor (fraction) and dimensions."""

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

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
