"""Blood pressure grade. Default: Chinese guideline 2018/2024 (≥140/90); the 2022 practice guideline (≥130/80) is a choice."""

from typing import Any

from kanghu.modules.health.facts import Facts
from kanghu.modules.health.risk.assessment import Assessment, Reading, self_reported_note

MODEL = "bp_grade"


def grade(data: Any, scheme: str, sbp: float, dbp: float) -> Any:
    """The higher of the two separate grades (one entry of the scheme's bands)."""
    bands = data["schemes"][scheme]["bands"]
    return bands[max(_index(bands, "sbp_lt", sbp), _index(bands, "dbp_lt", dbp))]


def assess(facts: Facts, scheme: str | None = None) -> Assessment:
    """Facts: age, sbp, dbp in mmHg (clinic, seated)."""
    reading = Reading(MODEL, facts)
    data = reading.data
    outside_age = reading.outside_age(data["age_min"])
    if outside_age:
        return outside_age
    reading.number("age")
    sbp, dbp = reading.number("sbp", "mm[Hg]"), reading.number("dbp", "mm[Hg]")
    if reading.missing:
        return reading.not_computable()
    chosen = scheme or data["scheme"]
    found = grade(data, chosen, sbp, dbp)
    return reading.computed(
        version=f"{data['version']}/{chosen}",
        value=sbp,
        exact=sbp,
        unit="mmHg",
        level=found["level"],
        level_label=found["zh"],
        notes=(data["note"], *_treated(reading), *self_reported_note(reading)),
        details={
            "sbp": sbp,
            "dbp": dbp,
            "scheme": data["schemes"][chosen]["zh"],
            "isolated": _isolated(data, sbp, dbp),
        },
    )


def _index(bands: list[Any], key: str, value: float) -> int:
    return next(i for i, entry in enumerate(bands) if entry[key] is None or value < entry[key])


def _isolated(data: Any, sbp: float, dbp: float) -> str | None:
    limits = data["isolated"]
    high_s, high_d = sbp >= limits["sbp_ge"], dbp >= limits["dbp_ge"]
    if high_s == high_d:
        return None
    return str(limits["systolic_zh"] if high_s else limits["diastolic_zh"])


def _treated(reading: Reading) -> tuple[str, ...]:
    return ("正在服用降压药：血压值为用药后的水平。",) if reading.says("bp_drug_2_weeks", True) else ()
