"""KDIGO risk grid of chronic kidney disease: eGFR class × albuminuria class."""

from kanghu.modules.health.facts import Facts
from kanghu.modules.health.risk.assessment import Assessment, Reading, half_up, parameters
from kanghu.modules.health.risk.ckd_epi import g_level

MODEL = "kdigo_grid"


def assess(facts: Facts) -> Assessment:
    """Facts: egfr (result of CKD-EPI, mL/min/1.73 m²), LAB.UACR in mg/g. One result is no diagnosis."""
    reading = Reading(MODEL, facts)
    data = reading.data
    outside_age = reading.outside_age(parameters()["ckd_epi_2021_cr"]["age_min"])
    if outside_age:
        return outside_age
    if reading.says("sex", "F") and reading.says("pregnant", "yes"):
        return reading.not_applicable("妊娠期不适用。")
    egfr = reading.number("egfr")
    ratio = reading.number("LAB.UACR", "mg/g")
    if reading.missing:
        return reading.not_computable()
    shown = half_up(egfr, 0)
    g, a = g_level(shown), albuminuria(data["A_mg_g"], ratio)
    risk = data["risk"][g][int(a[1]) - 1]
    referral = data["referral"]
    refer = shown < referral["egfr_lt"] or a == referral["a"]
    return reading.computed(
        value=shown,
        exact=egfr,
        unit="mL/min/1.73m²",
        level=f"{g}-{a}-{risk}",
        level_label=f"{g}{a} {data['risk_zh'][risk]}",
        advice=referral["zh"] if refer else None,
        notes=(data["single_result_note"],),
        details={"g": g, "a": a, "risk": risk},
    )


def albuminuria(table: list[dict[str, object]], mg_per_g: float) -> str:
    """A1 < 30 ≤ A2 ≤ 300 < A3 (mg/g; the upper end of A2 is inclusive)."""
    for row in table:
        if "lt" in row and mg_per_g < float(row["lt"]):  # type: ignore[arg-type]
            return str(row["level"])
        if "le" in row and (row["le"] is None or mg_per_g <= float(row["le"])):  # type: ignore[arg-type]
            return str(row["level"])
    raise ValueError("no class")
