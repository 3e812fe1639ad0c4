"""10-year risk of atherosclerotic cardiovascular disease in Chinese adults (Yang X et al. Circulation 2016;134:1430).

Two coefficient sets are shipped: `coef_refined` (default; decimals derived and checked against 424 outputs of the
official calculator) and `coef_printed` (two decimals as printed, which shifts the risk by up to 2 points). The set that
was used is part of the version of every result.
"""

from math import exp, log
from typing import Any

from kanghu.modules.health.facts import Facts
from kanghu.modules.health.risk.assessment import (
    Assessment,
    Reading,
    band,
    confidence_text,
    half_up,
    self_reported_note,
)

MODEL = "china_par_2016"


def risk_percent(
    data: Any,
    coefficient_set: str,
    *,
    sex: str,
    age: float,
    sbp: float,
    bp_treated: bool,
    tc_mgdl: float,
    hdl_mgdl: float,
    waist_cm: float,
    smoker: bool,
    diabetes: bool,
    north: bool,
    urban: bool,
    family_history: bool,
) -> float:
    """Unrounded 10-year risk in percent. Urban and family history count in men only (their terms are absent in women)."""
    treated = float(bp_treated)
    terms = {
        "ln_age": log(age),
        "ln_sbp_treated": treated * log(sbp),
        "ln_sbp_untreated": (1 - treated) * log(sbp),
        "ln_tc_mgdl": log(tc_mgdl),
        "ln_hdl_mgdl": log(hdl_mgdl),
        "ln_waist_cm": log(waist_cm),
        "smoker": float(smoker),
        "diabetes": float(diabetes),
        "north": float(north),
        "urban": float(urban),
        "family_history": float(family_history),
        "ln_age*ln_sbp_treated": treated * log(age) * log(sbp),
        "ln_age*ln_sbp_untreated": (1 - treated) * log(age) * log(sbp),
        "ln_age*smoker": log(age) * smoker,
        "ln_age*family_history": log(age) * family_history,
    }
    predictor = sum(value * terms[term] for term, value in data[coefficient_set][sex].items())
    return float(100 * (1 - data["S10"][sex] ** exp(predictor - data["mean"][sex])))


def assess(facts: Facts, coefficient_set: str | None = None) -> Assessment:
    """Facts: age, sex, sbp, bp_drug_2_weeks, LAB.TC and LAB.HDL-C in mmol/L, waist_cm, smoker, diabetes,
    residence_north; men also residence_urban and family_ascvd_first_degree; cvd excludes."""
    reading = Reading(MODEL, facts)
    data = reading.data
    chosen = coefficient_set or data["coefficient_set"]
    if reading.says("cvd", True):
        return reading.not_applicable("已患冠心病、卒中或外周动脉疾病，属于很高危人群，不再用本模型评估。")
    outside_age = reading.outside_age(*data["input_ranges_official_site"]["age"])
    if outside_age:
        return outside_age
    values = _read(reading)
    if reading.missing:
        return reading.not_computable()
    outside = _outside_limits(reading)
    if outside:
        return reading.not_applicable(outside)
    exact = risk_percent(data, chosen, **values)
    shown = half_up(exact, 1)
    level = band(data["categories"], shown)
    ideal = half_up(risk_percent(data, chosen, **_ideal(data, values)), 1)
    return reading.computed(
        version=f"{data['version']}/{chosen.removeprefix('coef_')}",
        confidence=confidence_text(data["confidence"][chosen]),
        value=shown,
        exact=exact,
        unit="%",
        level=level["level"],
        level_label=level["zh"],
        advice=level["advice"],
        notes=_notes(reading, values["age"]),
        details={"ideal_percent": ideal, "coefficient_set": chosen},
    )


def _read(reading: Reading) -> dict[str, Any]:
    sex = reading.sex()
    reading.flag("cvd")
    per_mgdl = reading.data["mmol_per_mgdl"]
    values: dict[str, Any] = {
        "sex": sex,
        "age": reading.number("age"),
        "sbp": reading.number("sbp", "mm[Hg]"),
        "bp_treated": reading.flag("bp_drug_2_weeks"),
        "tc_mgdl": reading.number("LAB.TC", "mmol/L") / per_mgdl,
        "hdl_mgdl": reading.number("LAB.HDL-C", "mmol/L") / per_mgdl,
        "waist_cm": reading.number("waist_cm", "cm"),
        "smoker": reading.flag("smoker"),
        "diabetes": reading.flag("diabetes"),
        "north": reading.flag("residence_north"),
        "urban": False,
        "family_history": False,
    }
    if sex == "M":
        values["urban"] = reading.flag("residence_urban")
        values["family_history"] = reading.flag("family_ascvd_first_degree")
    return values


def _outside_limits(reading: Reading) -> str | None:
    limits = reading.data["input_ranges_official_site"]
    checked = {"sbp": "sbp", "waist_cm": "waist_cm", "LAB.TC": "tc_mmol", "LAB.HDL-C": "hdl_mmol"}
    for name, limit in checked.items():
        lowest, highest = limits[limit]
        told = reading.inputs[name]
        if not lowest <= told["value"] <= highest:
            return f"{told['label']} {told['value']:g} 超出本模型允许的 {lowest:g}–{highest:g}。"
    return None


def _ideal(data: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The same person with ideal risk factors, as the official site compares."""
    ideal = data["ideal_comparator"]
    return {
        **values,
        "sbp": ideal["sbp"],
        "bp_treated": False,
        "tc_mgdl": ideal["tc_mgdl"],
        "hdl_mgdl": ideal["hdl_mgdl"],
        "waist_cm": ideal["waist_cm"][values["sex"]],
        "smoker": False,
        "diabetes": False,
        "family_history": False,
    }


def _notes(reading: Reading, age: float) -> tuple[str, ...]:
    lowest, highest = reading.data["derivation_age"]
    notes = self_reported_note(reading)
    if not lowest <= age <= highest:
        notes += (f"推导人群外：模型由 {lowest}–{highest} 岁人群得出，结果仅供参考。",)
    return notes
