"""Estimated glomerular filtration rate, CKD-EPI 2021 creatinine (Inker LA et al. NEJM 2021)."""

from typing import Any

from kanghu.modules.health.facts import Facts
from kanghu.modules.health.risk.assessment import Assessment, Reading, half_up, parameters, pregnancy_note

MODEL = "ckd_epi_2021_cr"


def egfr(data: Any, *, sex: str, age: float, creatinine_umol: float) -> float:
    """Unrounded eGFR in mL/min/1.73 m²; creatinine in µmol/L."""
    ratio = creatinine_umol / data["umol_per_mgdl"] / data["k"][sex]
    value = (
        data["constant"]
        * min(ratio, 1.0) ** data["a"][sex]
        * max(ratio, 1.0) ** data["max_exponent"]
        * data["age_base"] ** age
    )
    return float(value * (data["female_factor"] if sex == "F" else 1.0))


def assess(facts: Facts) -> Assessment:
    """Facts: age (≥18), sex, LAB.CREA in µmol/L. Not in pregnancy. Shown as a whole number; G class of the shown value."""
    reading = Reading(MODEL, facts)
    data = reading.data
    outside_age = reading.outside_age(data["age_min"])
    if outside_age:
        return outside_age
    if reading.says("sex", "F") and reading.says("pregnant", "yes"):
        return reading.not_applicable("妊娠期不适用本公式。")
    sex = reading.sex()
    years = reading.number("age")
    creatinine = reading.number("LAB.CREA", "umol/L")
    if reading.missing:
        return reading.not_computable()
    exact = egfr(data, sex=sex, age=years, creatinine_umol=creatinine)
    shown = half_up(exact, 0)
    level = g_level(shown)
    return reading.computed(
        value=shown,
        exact=exact,
        unit="mL/min/1.73m²",
        level=level,
        level_label=level,
        notes=("急性肾损伤或肌肉量极端时不适用。", *pregnancy_note(reading)),
    )


def g_level(shown_egfr: float) -> str:
    """KDIGO G class of a whole-number eGFR."""
    table = parameters()["kdigo_grid"]["G"]
    return str(next(row["level"] for row in table if row["ge"] is None or shown_egfr >= row["ge"]))
