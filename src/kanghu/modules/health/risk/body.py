"""Body mass index and waist by WS/T 428-2013 (adults)."""

from kanghu.modules.health.facts import Facts
from kanghu.modules.health.risk.assessment import (
    Assessment,
    Reading,
    band,
    half_up,
    pregnancy_note,
    self_reported_note,
)


def assess_bmi(facts: Facts) -> Assessment:
    """Facts: age, bmi (from weight and height). Shown with two decimals; the class is that of the shown value."""
    reading = Reading("bmi_cn", facts)
    data = reading.data
    outside_age = reading.outside_age(data["age_min"])
    if outside_age:
        return outside_age
    age = reading.number("age")
    if reading.says("sex", "F") and reading.says("pregnant", "yes"):
        return reading.not_applicable("妊娠期不适用成人 BMI 分类。")
    reading.optional_number("height_cm", "cm")
    reading.optional_number("weight_kg", "kg")
    if "bmi" not in facts:
        reading.missing += [
            label
            for name, label in (("height_cm", "身高"), ("weight_kg", "体重"))
            if name not in reading.inputs
        ]
    bmi = reading.number("bmi", "kg/m2") if "bmi" in facts else float("nan")
    if reading.missing:
        return reading.not_computable()
    shown = half_up(bmi, data["display_decimals"])
    level = band(data["bands"], shown)
    notes = self_reported_note(reading) + pregnancy_note(reading)
    if age >= 80:
        lowest, highest = data["age80plus_suggested"]
        notes += (f"80 岁及以上建议 BMI 保持在 {lowest}–{highest}。",)
    return reading.computed(
        value=shown, exact=bmi, unit="kg/m2", level=level["level"], level_label=level["zh"], notes=notes
    )


def assess_waist(facts: Facts) -> Assessment:
    """Facts: age, sex, waist_cm."""
    reading = Reading("waist_cn", facts)
    data = reading.data
    outside_age = reading.outside_age(data["age_min"])
    if outside_age:
        return outside_age
    reading.number("age")
    if reading.says("sex", "F") and reading.says("pregnant", "yes"):
        return reading.not_applicable("妊娠期不适用腰围标准。")
    sex = reading.sex()
    waist = reading.number("waist_cm", "cm")
    if reading.missing:
        return reading.not_computable()
    level = band(data["bands"][sex], waist)
    return reading.computed(
        value=half_up(waist, 1),
        exact=waist,
        unit="cm",
        level=level["level"],
        level_label=level["zh"],
        notes=self_reported_note(reading) + pregnancy_note(reading),
    )
