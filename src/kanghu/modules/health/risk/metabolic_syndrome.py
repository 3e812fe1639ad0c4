"""Metabolic syndrome by the Chinese Diabetes Society (2013–2020): three or more of five parts.

Each part is true, false or unknown. The answer is given as soon as the unknown parts can no longer change it.
"""

from kanghu.modules.health.facts import Facts, label_of
from kanghu.modules.health.risk.assessment import Assessment, Reading, self_reported_note

MODEL = "mets_cds_2013"

LABELS = {
    "waist": "中心性肥胖",
    "glucose": "高血糖",
    "pressure": "高血压",
    "triglycerides": "高甘油三酯",
    "hdl": "低 HDL-C",
}


def assess(facts: Facts) -> Assessment:
    """Facts: sex, waist_cm, LAB.FPG, LAB.2HPG, diabetes, sbp, dbp, bp_drug_2_weeks, LAB.TG, LAB.HDL-C (mmol/L)."""
    reading = Reading(MODEL, facts)
    data = reading.data
    outside_age = reading.outside_age(data["age_min"])
    if outside_age:
        return outside_age
    parts = _parts(reading)
    met = [name for name, value in parts.items() if value]
    open_parts = [name for name, value in parts.items() if value is None]
    details = {"met": [LABELS[name] for name in met], "unknown": [LABELS[name] for name in open_parts]}
    if len(met) < data["need"] <= len(met) + len(open_parts):
        reading.missing += _asked(reading, open_parts)
        return reading.not_computable(details=details)
    code = "yes" if len(met) >= data["need"] else "no"
    return reading.computed(
        value=float(len(met)),
        exact=float(len(met)),
        unit="项",
        level=code,
        level_label=data["levels"][code]["zh"],
        notes=self_reported_note(reading),
        details=details,
    )


def _parts(reading: Reading) -> dict[str, bool | None]:
    limits = reading.data["thresholds"]
    sex = reading.facts.get("sex")
    waist = reading.optional_number("waist_cm", "cm")
    if sex is not None:
        reading.inputs["sex"] = sex.told()
    return {
        "waist": None if sex is None else _at_least(waist, limits["waist_cm"][sex.value]),
        "glucose": any_true(
            _at_least(reading.optional_number("LAB.FPG", "mmol/L"), limits["fpg"]),
            reading.optional_flag("diabetes"),
            _at_least(reading.optional_number("LAB.2HPG", "mmol/L"), limits["ogtt_2h"]),
            last_is_optional=True,
        ),
        "pressure": any_true(
            _at_least(reading.optional_number("sbp", "mm[Hg]"), limits["sbp"]),
            _at_least(reading.optional_number("dbp", "mm[Hg]"), limits["dbp"]),
            reading.optional_flag("bp_drug_2_weeks"),
        ),
        "triglycerides": _at_least(reading.optional_number("LAB.TG", "mmol/L"), limits["tg"]),
        "hdl": _below(reading.optional_number("LAB.HDL-C", "mmol/L"), limits["hdl_lt"]),
    }


def any_true(*values: bool | None, last_is_optional: bool = False) -> bool | None:
    """Three-valued "or". The 2-hour glucose is an extra test that most people never have: its absence is no question."""
    if any(value is True for value in values):
        return True
    asked = values[:-1] if last_is_optional else values
    return None if any(value is None for value in asked) else False


def _at_least(value: float | None, limit: float) -> bool | None:
    return None if value is None else value >= limit


def _below(value: float | None, limit: float) -> bool | None:
    return None if value is None else value < limit


def _asked(reading: Reading, parts: list[str]) -> list[str]:
    needed = {
        "waist": ["sex", "waist_cm"],
        "glucose": ["LAB.FPG", "diabetes"],
        "pressure": ["sbp", "dbp", "bp_drug_2_weeks"],
        "triglycerides": ["LAB.TG"],
        "hdl": ["LAB.HDL-C"],
    }
    return [label_of(name) for part in parts for name in needed[part] if name not in reading.inputs]
