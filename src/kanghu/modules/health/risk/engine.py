"""All models in the order in which one feeds the next."""

from collections.abc import Callable

from kanghu.modules.health.facts import DERIVED, Fact, Facts
from kanghu.modules.health.risk import (
    blood_pressure,
    body,
    cds_diabetes,
    china_par,
    ckd_epi,
    fib4,
    kdigo,
    metabolic_syndrome,
)
from kanghu.modules.health.risk.assessment import Assessment

MODELS: dict[str, Callable[[Facts], Assessment]] = {
    "bmi_cn": body.assess_bmi,
    "waist_cn": body.assess_waist,
    "bp_grade": blood_pressure.assess,
    "china_par_2016": china_par.assess,
    "cdrs_cds": cds_diabetes.assess,
    "mets_cds_2013": metabolic_syndrome.assess,
    "ckd_epi_2021_cr": ckd_epi.assess,
    "kdigo_grid": kdigo.assess,
    "fib4": fib4.assess,
}

# What a model's answer is called when a later model or a rule asks for it, and which of its two numbers it is:
# a model goes on from the exact number, a rule decides on the number people see.
FEEDS: dict[str, tuple[str, str, str]] = {
    "ckd_epi_2021_cr": ("egfr", "exact", "mL/min/1.73m²"),
    "china_par_2016": ("china_par_percent", "value", "%"),
    "cdrs_cds": ("cds_score", "value", "分"),
}


def assess_all(facts: Facts) -> tuple[list[Assessment], dict[str, Fact]]:
    """Every model's assessment, and the facts with the models' own answers added. Never raises on odd facts."""
    known: dict[str, Fact] = dict(facts)
    assessments = []
    for model, assess in MODELS.items():
        assessment = assess(known)
        assessments.append(assessment)
        if model in FEEDS and assessment.status == "computed":
            name, which, unit = FEEDS[model]
            known[name] = Fact(
                name=name, label=DERIVED[name], value=getattr(assessment, which), unit=unit, reference=model
            )
    return assessments, known


def lacking(assessments: list[Assessment]) -> dict[str, tuple[str, ...]]:
    """For the answers that models could not give: the fact's name → what the model was missing, in Chinese."""
    return {
        FEEDS[assessment.model][0]: assessment.missing
        for assessment in assessments
        if assessment.model in FEEDS and assessment.status == "not_computable"
    }
