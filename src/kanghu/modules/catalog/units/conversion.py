"""Conversion between units, for a substance where moles, equivalents or IU need one."""

import csv
from collections.abc import Mapping
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple

from kanghu.modules.catalog.units.spellings import normalise
from kanghu.modules.catalog.units.ucum import Unit, UnknownUnit, parse


class Conversion(NamedTuple):
    """`standard value = printed value × factor + offset`."""

    factor: Fraction
    offset: Fraction = Fraction(0)

    def apply(self, number: Decimal) -> Decimal:
        """The number in the standard unit, to ten significant digits; untouched when nothing is to be converted."""
        if self is IDENTITY or self == IDENTITY:  # comparing fractions is slow, and this runs for every value
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
