"""FIB-4 index of liver fibrosis: age·AST / (PLT·√ALT)."""

from math import sqrt

from kanghu.modules.health.facts import Facts
from kanghu.modules.health.risk.assessment import Assessment, Reading, half_up

MODEL = "fib4"


def index(*, age: float, ast: float, alt: float, plt: float) -> float:
    """AST and ALT in U/L, platelets in 10⁹/L."""
    return age * ast / (plt * sqrt(alt))


def assess(facts: Facts) -> Assessment:
    """Facts: age (≥35), LAB.AST, LAB.ALT in U/L, LAB.PLT in 10⁹/L. From 65 years the lower cut is 2.0."""
    reading = Reading(MODEL, facts)
    data = reading.data
    outside_age = reading.outside_age(data["age_min"])
    if outside_age:
        return outside_age
    age = reading.number("age")
    values = {
        "age": age,
        "ast": reading.number("LAB.AST", "U/L"),
        "alt": reading.number("LAB.ALT", "U/L"),
        "plt": reading.number("LAB.PLT", "10*9/L"),
    }
    if reading.missing:
        return reading.not_computable()
    exact = index(**values)
    shown = half_up(exact, data["display_decimals"])
    lowest = data["cut_low"]["from_65" if age >= data["elder_age"] else "under_65"]
    code = "low" if shown < lowest else "high" if shown > data["cut_high"] else "indeterminate"
    return reading.computed(value=shown, exact=exact, level=code, level_label=data["levels"][code])
