"""Chinese diabetes risk score of the Chinese Diabetes Society (2013/2017/2020): points 0–51, 25 and more → OGTT.

Not the Qingdao score, which some papers call by the same initials.
"""

from typing import Any

from kanghu.modules.health.facts import Facts
from kanghu.modules.health.risk.assessment import Assessment, Reading, pregnancy_note, self_reported_note

MODEL = "cdrs_cds"


def points(
    data: Any, *, sex: str, age: float, sbp: float, bmi: float, waist_cm: float, family: bool
) -> dict[str, int]:
    """Points by part; their sum is the score. Bands are [lo, hi)."""
    table = data["points"]
    return {
        "age": _band_points(table["age"], age),
        "sbp": _band_points(table["sbp"], sbp),
        "bmi": _band_points(table["bmi"], bmi),
        "waist_cm": _band_points(table["waist_cm"][sex], waist_cm),
        "family": table["family_history_first_degree"] if family else 0,
        "sex": table["male"] if sex == "M" else 0,
    }


def assess(facts: Facts) -> Assessment:
    """Facts: age, sex, sbp, bmi, waist_cm, family_diabetes_first_degree; diabetes and pregnancy exclude."""
    reading = Reading(MODEL, facts)
    data = reading.data
    outside_age = reading.outside_age(*data["age_limit"])
    if outside_age:
        return outside_age
    if reading.says("diabetes", True):
        return reading.not_applicable("已诊断糖尿病，不适用风险评分。")
    if reading.says("sex", "F") and reading.says("pregnant", "yes"):
        return reading.not_applicable("妊娠期不适用本评分。")
    values: dict[str, Any] = {
        "sex": reading.sex(),
        "age": reading.number("age"),
        "sbp": reading.number("sbp", "mm[Hg]"),
        "bmi": reading.number("bmi", "kg/m2"),
        "waist_cm": reading.number("waist_cm", "cm"),
        "family": reading.flag("family_diabetes_first_degree"),
    }
    reading.flag("diabetes")
    if reading.missing:
        return reading.not_computable()
    parts = points(data, **values)
    score = sum(parts.values())
    code = "at_or_above_cutoff" if score >= data["cutoff"] else "below_cutoff"
    return reading.computed(
        value=float(score),
        exact=float(score),
        unit="分",
        level=code,
        level_label=data["levels"][code]["zh"],
        advice=data["levels"][code]["advice"],
        notes=self_reported_note(reading) + pregnancy_note(reading),
        details={"points": parts},
    )


def _band_points(bands: list[list[float | None]], value: float) -> int:
    for lowest, highest, score in bands:
        if (lowest is None or value >= lowest) and (highest is None or value < highest):
            return int(score or 0)
    raise ValueError("no band")  # the age limit is checked before
