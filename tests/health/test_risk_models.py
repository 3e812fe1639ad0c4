"""The rules that hold for every model: nothing assumed, nothing rounded on the way, nothing raised."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu.modules.health.facts import ANSWERS, Fact, collect
from kanghu.modules.health.risk import (
    MODELS,
    assess_all,
    blood_pressure,
    body,
    cds_diabetes,
    china_par,
    ckd_epi,
    fib4,
    kdigo,
    metabolic_syndrome,
)
from kanghu.modules.health.risk.assessment import half_up, parameters

from .people import facts

MAN: dict[str, Any] = {
    "age": 50,
    "sex": "M",
    "sbp": 130.0,
    "bp_drug_2_weeks": False,
    "LAB_TC": 5.0,
    "LAB_HDL_C": 1.3,
    "waist_cm": 88.0,
    "smoker": False,
    "diabetes": False,
    "residence_north": True,
    "residence_urban": True,
    "family_ascvd_first_degree": False,
    "cvd": False,
}


def man(**changes: Any) -> dict[str, Fact]:
    return facts(**{**MAN, **changes})


# -- China-PAR --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in MAN if name != "sex"])
def test_every_input_of_china_par_is_asked_for(name: str) -> None:
    assessment = china_par.assess(man(**{name: None}))
    assert assessment.status == "not_computable"
    assert len(assessment.missing) == 1
    assert assessment.value is None


def test_women_are_not_asked_for_residence_in_town_nor_for_the_family() -> None:
    woman = man(sex="F", residence_urban=None, family_ascvd_first_degree=None)
    assert china_par.assess(woman).status == "computed"


def test_those_who_have_the_disease_are_not_scored() -> None:
    assessment = china_par.assess(man(cvd=True))
    assert assessment.status == "not_applicable"
    assert "很高危" in (assessment.reason or "")


@pytest.mark.parametrize(
    ("age", "status"), [(19, "not_applicable"), (20, "computed"), (85, "computed"), (86, "not_applicable")]
)
def test_china_par_ages(age: int, status: str) -> None:
    assert china_par.assess(man(age=age)).status == status


@pytest.mark.parametrize(("age", "noted"), [(34, True), (35, False), (74, False), (75, True)])
def test_outside_the_derivation_population_is_said(age: int, noted: bool) -> None:
    assert any("推导人群外" in note for note in china_par.assess(man(age=age)).notes) is noted


def test_a_value_the_official_tool_refuses_is_refused() -> None:
    assessment = china_par.assess(man(sbp=230.0))
    assert assessment.status == "not_applicable"
    assert "230" in (assessment.reason or "")


@pytest.mark.parametrize(
    ("shown", "level"), [(4.9, "low"), (5.0, "moderate"), (9.9, "moderate"), (10.0, "high"), (0.0, "low")]
)
def test_china_par_classes_meet_at_5_and_10(shown: float, level: str) -> None:
    from kanghu.modules.health.risk.assessment import band

    assert band(parameters()["china_par_2016"]["categories"], shown)["level"] == level


@given(
    age=st.integers(20, 85),
    sbp=st.floats(70, 199),
    tc=st.floats(2, 11),
    hdl=st.floats(0.5, 4),
    waist=st.floats(50, 130),
    sex=st.sampled_from(["M", "F"]),
    treated=st.booleans(),
    smoker=st.booleans(),
)
def test_china_par_stays_a_percentage_and_diabetes_never_lowers_it(
    age: int, sbp: float, tc: float, hdl: float, waist: float, sex: str, treated: bool, smoker: bool
) -> None:
    changes = {
        "age": age, "sbp": sbp, "LAB_TC": tc, "LAB_HDL_C": hdl, "waist_cm": waist,
        "sex": sex, "bp_drug_2_weeks": treated, "smoker": smoker,
    }  # fmt: skip
    without = china_par.assess(man(**changes, diabetes=False))
    with_it = china_par.assess(man(**changes, diabetes=True))
    assert without.exact is not None
    assert with_it.exact is not None
    assert 0 <= without.exact <= with_it.exact <= 100


@given(value=st.floats(2.1, 10.3))
def test_the_unit_of_cholesterol_is_the_standard_one_and_no_other_is_taken(value: float) -> None:
    known = man(LAB_TC=value)
    known["LAB.TC"] = Fact(
        name="LAB.TC", label="总胆固醇", value=value / 0.0259, unit="mg/dL", source="result"
    )
    assessment = china_par.assess(known)
    assert assessment.status == "not_computable"
    assert "mg/dL" in assessment.missing[0]


def test_a_bound_is_no_value() -> None:
    known = man()
    known["LAB.HDL-C"] = Fact(
        name="LAB.HDL-C", label="HDL-C", value=0.3, unit="mmol/L", source="result", comparator="<"
    )
    assert "不是确切值" in china_par.assess(known).missing[0]


def test_exactly_what_was_used_is_kept() -> None:
    assessment = china_par.assess(man())
    assert set(assessment.inputs) == {
        "cvd", "sex", "age", "sbp", "bp_drug_2_weeks", "LAB.TC", "LAB.HDL-C", "waist_cm", "smoker", "diabetes",
        "residence_north", "residence_urban", "family_ascvd_first_degree",
    }  # fmt: skip
    assert assessment.inputs["LAB.TC"]["unit"] == "mmol/L"
    assert "待院方确认" in assessment.confidence
    assert assessment.reviewed is False


# -- diabetes score ---------------------------------------------------------------------------------------------------

WOMAN = {
    "age": 45, "sex": "F", "sbp": 118.0, "bmi": 22.5, "waist_cm": 78.0,
    "family_diabetes_first_degree": False, "diabetes": False, "pregnant": "no",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({}, 12 + 1 + 1 + 5),
        ({"age": 24}, 0 + 7),
        ({"age": 74}, 18 + 7),
        ({"sbp": 109.9}, 12 + 0 + 1 + 5),
        ({"sbp": 110.0}, 12 + 1 + 1 + 5),
        ({"sbp": 160.0}, 12 + 10 + 1 + 5),
        ({"bmi": 21.99}, 12 + 1 + 0 + 5),
        ({"bmi": 24.0}, 12 + 1 + 3 + 5),
        ({"bmi": 30.0}, 12 + 1 + 5 + 5),
        ({"waist_cm": 69.9}, 12 + 1 + 1 + 0),
        ({"waist_cm": 90.0}, 12 + 1 + 1 + 10),
        ({"family_diabetes_first_degree": True}, 19 + 6),
    ],
)
def test_diabetes_points(changes: dict[str, Any], points: int) -> None:
    assert cds_diabetes.assess(facts(**{**WOMAN, **changes})).value == points


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"age": 19}, "not_applicable"),
        ({"age": 75}, "not_applicable"),
        ({"diabetes": True}, "not_applicable"),
        ({"pregnant": "yes"}, "not_applicable"),
        ({"pregnant": None}, "computed"),
        ({"diabetes": None}, "not_computable"),
        ({"family_diabetes_first_degree": None}, "not_computable"),
    ],
)
def test_who_gets_a_diabetes_score(changes: dict[str, Any], status: str) -> None:
    assert cds_diabetes.assess(facts(**{**WOMAN, **changes})).status == status


def test_the_cut_off_is_25() -> None:
    at = cds_diabetes.assess(facts(**{**WOMAN, "family_diabetes_first_degree": True}))
    below = cds_diabetes.assess(facts(**{**WOMAN, "family_diabetes_first_degree": True, "sbp": 105.0}))
    assert (at.value, at.level) == (25, "at_or_above_cutoff")
    assert "OGTT" in (at.advice or "")
    assert (below.value, below.level, below.advice) == (24, "below_cutoff", None)


@given(
    age=st.integers(20, 74), sbp=st.floats(80, 220), bmi=st.floats(14, 45), waist=st.floats(50, 140),
    sex=st.sampled_from(["M", "F"]), more=st.floats(0, 40),
)  # fmt: skip
def test_a_larger_waist_or_pressure_never_lowers_the_diabetes_score(
    age: int, sbp: float, bmi: float, waist: float, sex: str, more: float
) -> None:
    base = {**WOMAN, "age": age, "sbp": sbp, "bmi": bmi, "waist_cm": waist, "sex": sex}
    first = cds_diabetes.assess(facts(**base))
    wider = cds_diabetes.assess(facts(**{**base, "waist_cm": waist + more}))
    higher = cds_diabetes.assess(facts(**{**base, "sbp": sbp + more}))
    assert first.value is not None
    assert wider.value is not None
    assert higher.value is not None
    assert 0 <= first.value <= min(wider.value, higher.value) <= 51


# -- metabolic syndrome -----------------------------------------------------------------------------------------------

METS = {
    "age": 50, "sex": "M", "waist_cm": 92.0, "LAB_FPG": 6.2, "diabetes": False, "sbp": 120.0, "dbp": 80.0,
    "bp_drug_2_weeks": False, "LAB_TG": 1.2, "LAB_HDL_C": 1.3,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "status", "level"),
    [
        ({}, "computed", "no"),
        ({"LAB_TG": 1.7}, "computed", "yes"),
        ({"LAB_HDL_C": 1.03}, "computed", "yes"),
        ({"LAB_HDL_C": 1.04}, "computed", "no"),
        ({"bp_drug_2_weeks": True}, "computed", "yes"),
        ({"LAB_TG": None}, "not_computable", None),  # the one part could make it three
        ({"LAB_TG": 1.7, "LAB_HDL_C": None}, "computed", "yes"),  # three already, whatever HDL says
        ({"LAB_TG": None, "waist_cm": 80.0}, "computed", "no"),  # two at the most, whatever TG says
        ({"LAB_2HPG": 7.8, "LAB_FPG": 5.0, "LAB_TG": 1.7}, "computed", "yes"),
        ({"age": 17}, "not_applicable", None),
    ],
)
def test_metabolic_syndrome(changes: dict[str, Any], status: str, level: str | None) -> None:
    assessment = metabolic_syndrome.assess(facts(**{**METS, **changes}))
    assert (assessment.status, assessment.level) == (status, level)


def test_the_open_part_is_named() -> None:
    assert metabolic_syndrome.assess(facts(**{**METS, "LAB_TG": None})).missing == ("甘油三酯",)


# -- body and blood pressure ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "label"),
    [(53.44, "体重过低"), (53.46, "正常"), (69.34, "正常"), (69.36, "超重"), (80.92, "肥胖")],
)
def test_bmi_bands_at_170_cm(weight: float, label: str) -> None:
    # 53.46 kg is 18.498: shown as 18.50, and the class is that of the shown value.
    assert body.assess_bmi(facts(age=30, height_cm=170, weight_kg=weight)).level_label == label


@pytest.mark.parametrize(
    ("sex", "waist", "level"),
    [
        ("M", 84.9, "normal"), ("M", 85.0, "pre"), ("M", 90.0, "central_obesity"),
        ("F", 79.9, "normal"), ("F", 80.0, "pre"), ("F", 85.0, "central_obesity"),
    ],
)  # fmt: skip
def test_waist(sex: str, waist: float, level: str) -> None:
    assert body.assess_waist(facts(age=30, sex=sex, waist_cm=waist)).level == level


def test_bmi_names_both_measurements_when_both_are_missing() -> None:
    assert body.assess_bmi(facts(age=30)).missing == ("身高", "体重")


@pytest.mark.parametrize(
    ("sbp", "dbp", "label", "isolated"),
    [
        (139, 89, "正常高值", None), (140, 89, "1级高血压", "单纯收缩期"), (139, 90, "1级高血压", "单纯舒张期"),
        (160, 80, "2级高血压", "单纯收缩期"), (150, 110, "3级高血压", None), (119, 80, "正常高值", None),
    ],
)  # fmt: skip
def test_blood_pressure(sbp: float, dbp: float, label: str, isolated: str | None) -> None:
    assessment = blood_pressure.assess(facts(age=50, sbp=sbp, dbp=dbp))
    assert assessment.level_label == label
    assert assessment.details["isolated"] == isolated


def test_the_practice_guideline_is_a_choice_that_is_recorded() -> None:
    person = facts(age=50, sbp=134, dbp=78)
    assert blood_pressure.assess(person).level_label == "正常高值"
    other = blood_pressure.assess(person, "cn_2022_practice")
    assert (other.level_label, other.version) == ("1级高血压", "2018/2024/cn_2022_practice")


@given(sbp=st.floats(60, 260), dbp=st.floats(30, 160), more=st.floats(0, 60))
def test_a_higher_pressure_never_has_a_lower_grade(sbp: float, dbp: float, more: float) -> None:
    data = parameters()["bp_grade"]
    order = [entry["level"] for entry in data["schemes"]["cn_2018_2024"]["bands"]]
    first = order.index(blood_pressure.grade(data, "cn_2018_2024", sbp, dbp)["level"])
    assert order.index(blood_pressure.grade(data, "cn_2018_2024", sbp + more, dbp)["level"]) >= first
    assert order.index(blood_pressure.grade(data, "cn_2018_2024", sbp, dbp + more)["level"]) >= first


# -- kidney and liver -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"age": 17}, "not_applicable"),
        ({"pregnant": "yes", "sex": "F"}, "not_applicable"),
        ({"sex": None}, "not_computable"),
    ],
)
def test_egfr_is_for_adults_who_are_not_pregnant(changes: dict[str, Any], status: str) -> None:
    assert ckd_epi.assess(facts(**{"age": 40, "sex": "M", "LAB_CREA": 80.0, **changes})).status == status


def test_egfr_says_that_pregnancy_was_not_asked() -> None:
    notes = ckd_epi.assess(facts(age=30, sex="F", LAB_CREA=60.0)).notes
    assert any("未回答是否怀孕" in note for note in notes)
    assert not any(
        "怀孕" in note for note in ckd_epi.assess(facts(age=30, sex="F", pregnant="no", LAB_CREA=60.0)).notes
    )


@given(
    creatinine=st.floats(20, 1500),
    age=st.integers(18, 100),
    sex=st.sampled_from(["M", "F"]),
    more=st.floats(0.5, 200),
)
def test_more_creatinine_is_less_filtration(creatinine: float, age: int, sex: str, more: float) -> None:
    data = parameters()["ckd_epi_2021_cr"]
    first = ckd_epi.egfr(data, sex=sex, age=age, creatinine_umol=creatinine)
    assert 0 < ckd_epi.egfr(data, sex=sex, age=age, creatinine_umol=creatinine + more) < first


@pytest.mark.parametrize(
    ("egfr", "acr", "level", "refer"),
    [
        (59.5, 29.9, "G2-A1-low", False), (59.4, 30, "G3a-A2-high", False), (90, 300, "G1-A2-moderate", False),
        (90, 300.1, "G1-A3-high", True), (29.4, 5, "G4-A1-very_high", True), (30, 5, "G3b-A1-high", False),
    ],
)  # fmt: skip
def test_kdigo(egfr: float, acr: float, level: str, refer: bool) -> None:
    assessment = kdigo.assess(facts(age=60, egfr=egfr, LAB_UACR=acr))
    assert assessment.level == level
    assert bool(assessment.advice) is refer
    assert "3 个月" in assessment.notes[0]


@pytest.mark.parametrize(
    ("age", "value", "level"),
    [(64, 1.29, "low"), (64, 1.30, "indeterminate"), (64, 2.67, "indeterminate"), (64, 2.68, "high"), (65, 1.99, "low"), (65, 2.0, "indeterminate")],
)  # fmt: skip
def test_fib4_cuts(age: int, value: float, level: str) -> None:
    # AST that gives `value` with ALT 25 and PLT 200
    ast = value * 200 * 5 / age
    assessment = fib4.assess(facts(age=age, LAB_AST=ast, LAB_ALT=25.0, LAB_PLT=200.0))
    assert (assessment.value, assessment.level) == (value, level)


def test_fib4_is_not_for_the_young() -> None:
    assert fib4.assess(facts(age=34, LAB_AST=30.0, LAB_ALT=25.0, LAB_PLT=200.0)).status == "not_applicable"


# -- all together -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(0.05, 1, 0.1), (4.95, 1, 5.0), (59.5, 0, 60), (2.675, 2, 2.68), (-4.45, 1, -4.5)],
)
def test_display_rounds_half_up(value: float, digits: int, shown: float) -> None:
    assert half_up(value, digits) == shown


def test_one_model_feeds_the_next() -> None:
    known = facts(age=65, sex="M", LAB_CREA=150.0, LAB_UACR=40.0)
    assessments, grown = assess_all(known)
    by_model = {assessment.model: assessment for assessment in assessments}
    assert by_model["ckd_epi_2021_cr"].value == 44
    assert by_model["kdigo_grid"].level == "G3b-A2-very_high"
    assert grown["egfr"].value == pytest.approx(44.28, abs=0.05)


odd = st.one_of(
    st.none(), st.booleans(), st.floats(allow_nan=True, allow_infinity=True), st.integers(-10, 10**9), st.text(max_size=5),
    st.lists(st.text(max_size=5), max_size=2),
)  # fmt: skip
NAMES = [*ANSWERS, "height_cm", "weight_kg", "waist_cm", "sbp", "dbp"]
CODES = ["LAB.TC", "LAB.HDL-C", "LAB.TG", "LAB.FPG", "LAB.CREA", "LAB.UACR", "LAB.AST", "LAB.ALT", "LAB.PLT", "EXAM.SBP", "EXAM.HEIGHT", "EXAM.BMI"]  # fmt: skip


def result(code: str, value: float | None, **rest: Any) -> Any:
    given_ = {
        "result_id": code, "item_code": code, "item_name": code, "raw_value": "x", "numeric_value": value,
        "comparator": None, "ordinal_rank": None, "unit": None, "performed_at": datetime(2026, 1, 2, tzinfo=UTC),
    }  # fmt: skip
    return SimpleNamespace(**{**given_, **rest})


@given(
    answers=st.dictionaries(st.sampled_from(NAMES), odd),
    numbers=st.dictionaries(st.sampled_from(CODES), st.one_of(st.none(), st.floats(allow_nan=True))),
    sex=st.sampled_from(["1", "2", "9", None]),
    birth=st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2030, 1, 1))),
)
def test_no_answer_however_odd_raises(
    answers: dict[str, Any], numbers: dict[str, float | None], sex: str | None, birth: date | None
) -> None:
    known = collect(
        sex=sex,
        birth_date=birth,
        results=[result(code, value) for code, value in numbers.items()],
        answers=answers,
        answered_at=datetime(2026, 1, 1, tzinfo=UTC),
        today=date(2026, 11, 23),
    )
    assessments, _ = assess_all(known)
    assert [assessment.model for assessment in assessments] == list(MODELS)
    for assessment in assessments:
        assert assessment.status in ("computed", "not_computable", "not_applicable")
        if assessment.status == "not_computable":
            assert assessment.missing
        if assessment.status == "not_applicable":
            assert assessment.reason


# -- facts ------------------------------------------------------------------------------------------------------------


def known_of(**rest: Any) -> dict[str, Fact]:
    given_ = {
        "sex": "1", "birth_date": date(1970, 2, 28), "results": [], "answers": {},
        "answered_at": datetime(2026, 5, 1, tzinfo=UTC), "today": date(2026, 11, 23),
    }  # fmt: skip
    return collect(**{**given_, **rest})


def test_the_measurement_wins_over_what_was_told_and_the_source_is_kept() -> None:
    measured = [result("EXAM.WAIST", 91.0, unit="cm")]
    known = known_of(results=measured, answers={"waist_cm": 80, "height_cm": 170})
    assert (known["waist_cm"].value, known["waist_cm"].source) == (91.0, "result")
    assert (known["height_cm"].value, known["height_cm"].source) == (170, "answer")
    assert known["waist_cm"].at == datetime(2026, 1, 2, tzinfo=UTC)


def test_of_two_results_of_one_item_the_newer_counts_in_either_order() -> None:
    old = result("LAB.TC", 4.0, performed_at=datetime(2025, 1, 1, tzinfo=UTC))
    new = result("LAB.TC", 6.0, performed_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert known_of(results=[old, new])["LAB.TC"].value == known_of(results=[new, old])["LAB.TC"].value == 6.0


@pytest.mark.parametrize(
    ("answers", "packs"),
    [
        ({"smoking_status": "never"}, 0.0),
        ({"smoking_status": "current", "cigarettes_per_day": 30, "smoking_years": 20}, 30.0),
        ({"smoking_status": "former", "cigarettes_per_day": 10}, None),
        ({}, None),
    ],
)
def test_pack_years(answers: dict[str, Any], packs: float | None) -> None:
    fact = known_of(answers=answers).get("pack_years")
    assert (fact.value if fact else None) == packs


@pytest.mark.parametrize(
    ("answers", "diabetes"),
    [
        ({"diagnosed": ["diabetes"]}, True),
        ({"diagnosed": []}, False),
        ({"diagnosed": [], "glucose_drug": True}, True),
        ({"glucose_drug": False}, None),
        ({}, None),
    ],
)
def test_diabetes_is_known_only_when_answered(answers: dict[str, Any], diabetes: bool | None) -> None:
    fact = known_of(answers=answers).get("diabetes")
    assert (fact.value if fact else None) == diabetes


def test_unknown_sex_stays_unknown() -> None:
    assert "sex" not in known_of(sex="9")


def test_after_the_menopause_there_is_no_question_of_pregnancy() -> None:
    assert known_of(sex="2", answers={"menopause": True})["pregnant"].value == "no"
    assert "pregnant" not in known_of(sex="2", answers={"menopause": False})
