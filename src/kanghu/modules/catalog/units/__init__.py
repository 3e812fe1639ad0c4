"""Units of laboratory values: vendor spellings to UCUM, and conversion that is exact or refused.

Our own reader of the part of UCUM that laboratory reports use, on exact fractions. A general unit library was
tried and turned down (reasons in `data/README.md`): there `[IU]` is a bare number, so `[IU]/mL` converts to
`10*9/L`, `/[HPF]` converts to `%`, and the annotations `{FEU}` and `{1.73_m2}`, which change the meaning, are dropped.
Here every such unit is a dimension of its own, and what cannot be converted surely is `None`, never a guess.
"""

from kanghu.modules.catalog.units.conversion import IDENTITY, Conversion, analytes, conversion, convert
from kanghu.modules.catalog.units.spellings import normalise, printed
from kanghu.modules.catalog.units.ucum import Unit, UnknownUnit, parse

__all__ = [
    "IDENTITY",
    "Conversion",
    "Unit",
    "UnknownUnit",
    "analytes",
    "conversion",
    "convert",
    "normalise",
    "parse",
    "printed",
]
