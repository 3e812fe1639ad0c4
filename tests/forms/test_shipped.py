"""The definitions that come with the product."""

from typing import Any

import pytest

from kanghu.modules.forms.engine import Definition, Form, assess, prepare
from kanghu.modules.forms.service.shipping import SHIPPED, shipped_definition

from .answers import MAN, WOMAN


def form(code: str) -> Form:
    return prepare(Definition.model_validate(shipped_definition(code)))


HEALTH = form("health_self_test")

# What the health module reads; a renamed question would silently empty a risk model.
CONTRACT = {
    "boolean": """residence_north residence_urban salty_diet pickled_food bp_drug_2_weeks glucose_drug lipid_drug
        family_ascvd_first_degree family_premature_cvd family_hypertension family_diabetes_first_degree biomass_fuel
        chronic_cough dyspnea chest_pain claudication snoring daytime_sleepiness menopause gdm_history steroid_use""",
    "integer": "cigarettes_per_day exercise_minutes_per_week",
    "decimal": """smoking_years quit_years passive_smoking_years occupational_dust_years neck_cm height_cm weight_kg
        waist_cm sbp dbp""",
    "text": "contraindications",
}
CHOICES = {
    "smoking_status": "never current former",
    "alcohol": "never occasional regular",
    "hp_positive": "yes no unknown",
    "pregnant": "no yes possible trying",
}
MANY = {
    "diagnosed": """hypertension diabetes dyslipidemia chd stroke pad copd ckd cancer gout fatty_liver hepatitis_b
        hepatitis_c cirrhosis af tia thyroid_nodule osteoporosis none""",
    "family_cancer": "lung stomach colorectal liver breast cervix prostate thyroid none",
}


def test_questionnaire_holds_what_the_health_module_reads() -> None:
    items = HEALTH.tree.items
    for kind, links in CONTRACT.items():
        assert {items[link].type for link in links.split()} == {kind}
    for repeats, group in ((False, CHOICES), (True, MANY)):
        for link, codes in group.items():
            assert {o.code for o in items[link].answer_option} == set(codes.split()), link
            assert items[link].repeats is repeats
    assert [item.link_id for item in HEALTH.definition.item] == [
        f"section_{letter}" for letter in "abcdefghij"
    ]


def test_women_s_section_by_sex_and_pregnancy_is_a_gate() -> None:
    assert "section_d" not in assess(HEALTH, {}, {"%sex": "1"}).enabled
    assert "pregnant" in assess(HEALTH, {}, {"%sex": "2"}).missing
    # Whose sex is not known is asked: to leave the question out could cost an unborn child its health.
    assert "pregnant" in assess(HEALTH, {}, {}).missing
    assert assess(HEALTH, MAN, {"%sex": "1"}).faults == {}
    assert assess(HEALTH, WOMAN, {"%sex": "1"}).flags == ()
    for answer, raised in (("no", 0), ("yes", 1), ("possible", 1), ("trying", 1)):
        found = assess(HEALTH, {**WOMAN, "pregnant": answer}, {"%sex": "2"})
        assert [f.code for f in found.flags] == ["possible_pregnancy"] * raised


def test_body_mass_and_pack_years() -> None:
    scores = {s.code: s.value for s in assess(HEALTH, MAN, {"%sex": "1"}).scores}
    assert scores == {"bmi": pytest.approx(24.0, abs=1e-9), "pack_years": 35}
    scores = {s.code: s.value for s in assess(HEALTH, WOMAN, {"%sex": "2"}).scores}
    assert scores["pack_years"] == 0
    assert assess(HEALTH, {"smoking_status": "current"}, {}).scores[1].missing == (
        "cigarettes_per_day",
        "smoking_years",
    )


@pytest.mark.parametrize(
    ("code", "answers", "total", "band"),
    [
        ("phq9", [0] * 9, 0, "none"),
        ("phq9", [1, 1, 1, 1] + [0] * 5, 4, "none"),
        ("phq9", [1, 1, 1, 1, 1] + [0] * 4, 5, "mild"),
        ("phq9", [1] * 9, 9, "mild"),
        ("phq9", [2, 1, 1, 1, 1, 1, 1, 1, 1], 10, "moderate"),
        ("phq9", [2] * 7 + [0, 0], 14, "moderate"),
        ("phq9", [2] * 7 + [1, 0], 15, "moderately_severe"),
        ("phq9", [3] * 6 + [1, 0, 0], 19, "moderately_severe"),
        ("phq9", [3] * 6 + [2, 0, 0], 20, "severe"),
        ("phq9", [3] * 9, 27, "severe"),
        ("gad7", [1, 1, 1, 1, 0, 0, 0], 4, "none"),
        ("gad7", [1, 1, 1, 1, 1, 0, 0], 5, "mild"),
        ("gad7", [2, 2, 2, 2, 1, 0, 0], 9, "mild"),
        ("gad7", [2, 2, 2, 2, 2, 0, 0], 10, "moderate"),
        ("gad7", [2] * 7, 14, "moderate"),
        ("gad7", [3] * 5 + [0, 0], 15, "severe"),
        ("gad7", [3] * 7, 21, "severe"),
    ],
)
def test_scale(code: str, answers: list[int], total: int, band: str) -> None:
    given = {f"{code}_{n}": str(answer) for n, answer in enumerate(answers, 1)}
    found = assess(form(code), given, {})
    assert found.faults == {}
    assert (found.scores[0].value, found.scores[0].band) == (total, band)
    flags = {f.code: f.level for f in found.flags}
    assert (f"{code}_positive" in flags) is (total >= 10)
    assert (flags.get("phq9_self_harm") == "urgent") is (code == "phq9" and answers[8] > 0)


def test_self_harm_is_flagged_also_when_the_rest_is_not_answered() -> None:
    found = assess(form("phq9"), {"phq9_9": "1"}, {})
    assert [f.code for f in found.flags] == ["phq9_self_harm"]
    assert found.scores[0].value is None
    assert len(found.missing) == 8
    assert "phq9_help" in found.enabled
    assert "phq9_help" not in assess(form("phq9"), {"phq9_9": "0"}, {}).enabled


@pytest.mark.parametrize("code", SHIPPED)
def test_origin_and_confidence_are_told(code: str) -> None:
    definition: dict[str, Any] = shipped_definition(code)
    assert definition["provenance"]["confidence"] in ("memory", "1-source")
    assert definition["provenance"]["licence"]
    assert definition["selfService"] is True
