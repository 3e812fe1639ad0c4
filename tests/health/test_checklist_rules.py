"""The personalised list: worked examples, reasons, contraindications, and rules that could not be decided."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu.modules.health.checklist import Draft, Line, draft
from kanghu.modules.health.checklist.rules import ruleset
from kanghu.modules.health.facts import ANSWERS, collect
from kanghu.modules.health.risk import assess_all, lacking

NO = {name: False for name, (kind, _, _) in ANSWERS.items() if kind == "yes_no"}
HEALTHY: dict[str, Any] = {
    **NO, "diagnosed": [], "family_cancer": [], "smoking_status": "never", "alcohol": "never", "hp_positive": "no",
    "passive_smoking_years": 0, "occupational_dust_years": 0, "pregnant": "no",
    "height_cm": 170, "weight_kg": 60, "waist_cm": 72, "sbp": 112, "dbp": 70,
}  # fmt: skip


def list_for(sex: str, born: int, **changes: Any) -> Draft:
    known = collect(
        sex=sex,
        birth_date=date(born, 1, 1),
        results=[],
        answers={name: value for name, value in {**HEALTHY, **changes}.items() if value is not None},
        answered_at=datetime(2026, 11, 1, tzinfo=UTC),
        today=date(2026, 11, 23),
    )
    assessments, grown = assess_all(known)
    return draft(grown, lacking(assessments))


def lines(made: Draft) -> dict[str, Line]:
    return {line.item: line for line in made.lines}


def x_items(made: Draft) -> set[str]:
    return {line.item for line in made.lines if line.origin == "x"}


def rules_of(line: Line) -> list[str]:
    return [reason.rule for reason in line.reasons]


MAN_60 = {
    "smoking_status": "former", "cigarettes_per_day": 20, "smoking_years": 35, "quit_years": 3, "sbp": 150, "dbp": 88,
    # 60 y 16 + SBP 150 8 → 24, male 2, waist 72 0, BMI < 22 0 → 26; one more through BMI 22–23.9
    "height_cm": 170, "weight_kg": 65,
}  # fmt: skip


def test_worked_example_man_of_60() -> None:
    made = list_for("1", 1966, **MAN_60)
    found = lines(made)
    assert {"EXAM.LDCT", "LAB.2HPG", "EXAM.SPIROMETRY", "EXAM.ABI", "EXAM.ABPM"} <= x_items(made)
    assert rules_of(found["EXAM.LDCT"]) == ["lung"]
    assert found["EXAM.LDCT"].reasons[0].because == ("年龄 60 岁", "吸烟包年 35 包年", "戒烟年数 3 年")
    assert rules_of(found["LAB.2HPG"]) == ["dm_ogtt"]
    assert "糖尿病风险评分 27 分" in found["LAB.2HPG"].reasons[0].because
    # FIT is the basic stool test, now with a second reason
    assert (found["LAB.FOBT"].origin, rules_of(found["LAB.FOBT"])) == ("base", ["base", "crc"])
    # two rules ask for ABI: one line, both reasons
    assert rules_of(found["EXAM.ABI"]) == ["htn", "pad"]
    assert "EXAM.MAMMOGRAPHY" not in found
    assert "EXAM.VULVA" not in found


def test_worked_example_pregnant_woman_of_47() -> None:
    made = list_for("2", 1979, pregnant="yes")
    assert not {"EXAM.CHEST_XRAY", "EXAM.MAMMOGRAPHY"} & set(lines(made))
    removed = {line.item: line for line in made.removed}
    assert removed["EXAM.CHEST_XRAY"].origin == "base"
    assert removed["EXAM.MAMMOGRAPHY"].removed_by.rule == "contra_pregnancy"
    assert [reason.rule for reason in removed["EXAM.MAMMOGRAPHY"].asked_by] == ["breast"]
    assert "LAB.HGB" in lines(made)


@pytest.mark.parametrize("answer", ["yes", "possible", "trying"])
def test_pregnancy_takes_off_what_radiates_and_says_so(answer: str) -> None:
    made = list_for("2", 1980, pregnant=answer, salty_diet=True, chronic_cough=True, diagnosed=["tia"])
    assert {line.item for line in made.removed} == {
        "EXAM.CHEST_XRAY", "EXAM.MAMMOGRAPHY", "EXAM.C13_14_BREATH", "EXAM.HEAD_IMAGING",
    }  # fmt: skip
    ct = next(suggestion for suggestion in made.suggestions if suggestion.name == "胸部 CT")
    assert ct.removed_by is not None


def test_not_having_been_asked_about_pregnancy_removes_nothing_but_warns() -> None:
    made = list_for("2", 1980, pregnant=None)
    xray = lines(made)["EXAM.CHEST_XRAY"]
    assert xray.cautions == ("是否怀孕未回答，检查前必须核实。",)
    undecided = next(entry for entry in made.undecided if entry.rule == "contra_pregnancy")
    assert undecided.missing == ("是否怀孕或备孕",)
    assert "EXAM.CHEST_XRAY" in undecided.would_remove
    assert not lines(list_for("2", 1980, pregnant="no"))["EXAM.CHEST_XRAY"].cautions
    assert not lines(list_for("1", 1980, pregnant=None))["EXAM.CHEST_XRAY"].cautions


def test_a_healthy_young_man_has_the_base_only() -> None:
    made = list_for("1", 2000)
    assert x_items(made) == set()
    assert all(not line.optional and line.ticked for line in made.lines)
    assert made.removed == ()
    assert {"LAB.HGB", "EXAM.ECG", "EXAM.CHEST_XRAY", "EXAM.ABDOMEN_US"} <= set(lines(made))


def test_women_have_their_part_of_the_base() -> None:
    assert {"LAB.TCT", "EXAM.GYNECOLOGY_US", "EXAM.CERVIX"} <= set(lines(list_for("2", 2000)))


def test_an_unknown_sex_is_said_and_not_guessed() -> None:
    made = list_for("9", 1970)
    base = [entry for entry in made.undecided if entry.rule == "base"]
    assert {entry.title for entry in base} >= {"妇科（女）", "外科（男）"}
    assert all(entry.missing == ("性别",) for entry in base)


@pytest.mark.parametrize(
    ("sex", "born", "changes", "item", "on"),
    [
        ("2", 1981, {}, "EXAM.MAMMOGRAPHY", True),  # 45
        ("2", 1956, {}, "EXAM.MAMMOGRAPHY", False),  # 70
        ("2", 1985, {"family_cancer": ["breast"]}, "EXAM.BREAST_US", True),
        ("2", 2001, {"sexual_experience": True}, "LAB.HPV", True),
        ("2", 2001, {}, "LAB.HPV", False),
        ("2", 2002, {"sexual_experience": True}, "LAB.HPV", False),
        ("2", 1961, {"sexual_experience": True}, "LAB.HPV", False),
        ("1", 1966, {}, "LAB.TPSA", True),
        ("1", 1967, {}, "LAB.TPSA", False),
        ("1", 1981, {"family_cancer": ["prostate"]}, "LAB.TPSA", True),
        ("1", 1980, {"diagnosed": ["hepatitis_b"]}, "LAB.HBV-DNA", True),
        ("1", 1980, {"diagnosed": ["hepatitis_c"]}, "LAB.AFP", True),
        ("1", 1980, {}, "LAB.AFP", False),
        ("1", 1956, {}, "EXAM.BMD", True),
        ("2", 1996, {"steroid_use": True}, "EXAM.BMD", True),
        ("1", 1985, {"family_cancer": ["colorectal"]}, "EXAM.COLONOSCOPY", True),
        ("1", 1970, {}, "EXAM.COLONOSCOPY", False),
        ("1", 1980, {"hp_positive": "yes", "family_cancer": ["stomach"]}, "EXAM.GASTROSCOPY", True),
        ("1", 1980, {"family_cancer": ["stomach"]}, "EXAM.GASTROSCOPY", False),
        ("1", 1980, {"diagnosed": ["tia"]}, "EXAM.HEAD_IMAGING", True),
        ("1", 1960, {}, "EXAM.SELF_CARE", True),
        ("1", 1990, {"diagnosed": ["gout"]}, "LAB.CEA", False),
    ],
)  # fmt: skip
def test_who_gets_what(sex: str, born: int, changes: dict[str, Any], item: str, on: bool) -> None:
    assert (item in lines(list_for(sex, born, **changes))) is on


def test_40_to_44_is_an_offer_that_is_not_ticked() -> None:
    line = lines(list_for("2", 1984))["EXAM.MAMMOGRAPHY"]
    assert (line.origin, line.optional, line.ticked) == ("x", True, False)
    # with breast cancer in the family the recommendation wins
    assert lines(list_for("2", 1984, family_cancer=["breast"]))["EXAM.MAMMOGRAPHY"].ticked


def test_a_question_that_another_answer_settles_is_not_missing() -> None:
    made = list_for(
        "2", 1980, menopause=True, pregnant=None, pregnancies=0, gdm_history=None, family_premature_cvd=None
    )
    missing = {name for entry in made.undecided for name in entry.missing}
    assert not missing & {"是否怀孕或备孕", "妊娠期糖尿病史", "早发心血管病家族史"}


def test_an_unanswered_question_is_named_with_what_it_would_add() -> None:
    made = list_for("1", 1970, passive_smoking_years=None)
    lung = next(entry for entry in made.undecided if entry.rule == "lung")
    assert lung.missing == ("被动吸烟年数",)
    assert lung.would_add == ("EXAM.LDCT",)


def test_a_risk_that_could_not_be_computed_says_what_it_lacks() -> None:
    chd = next(entry for entry in list_for("1", 1966).undecided if entry.rule == "chd")
    assert chd.missing == ("ASCVD 10 年风险（缺 总胆固醇、高密度脂蛋白胆固醇）",)


def test_what_has_no_code_is_a_suggestion_and_no_line() -> None:
    made = list_for("1", 1980, snoring=True, daytime_sleepiness=True)
    assert [suggestion.name for suggestion in made.suggestions] == ["睡眠监测"]


def test_unconfirmed_evidence_says_so() -> None:
    reason = lines(list_for("1", 1956))["EXAM.BMD"].reasons[0]
    assert "待院方确认" in reason.confidence
    assert reason.evidence


@pytest.mark.parametrize(("told", "cautions"), [("对碘造影剂过敏", 1), ("无", 0)])
def test_contraindications_in_own_words_stand_on_top(told: str, cautions: int) -> None:
    assert len(list_for("1", 1980, contraindications=told).cautions) == cautions


@given(
    sex=st.sampled_from(["1", "2", "9"]),
    born=st.integers(1930, 2008),
    gone=st.sets(st.sampled_from(sorted(HEALTHY)), max_size=8),
    sick=st.lists(
        st.sampled_from(["hypertension", "diabetes", "copd", "tia", "hepatitis_b", "gout", "chd"]), max_size=3
    ),
    pregnant=st.sampled_from(["no", "yes", "possible", "trying", None]),
)
def test_nothing_disappears(
    sex: str, born: int, gone: set[str], sick: list[str], pregnant: str | None
) -> None:
    """Every basic item that applies is on the list, was removed with a reason, or could not be decided."""
    changes: dict[str, Any] = {"diagnosed": sick, "pregnant": pregnant} | dict.fromkeys(gone)
    made = list_for(sex, born, **changes)
    on_list, removed = [line.item for line in made.lines], [line.item for line in made.removed]
    open_items = {item for entry in made.undecided for item in entry.would_add}
    assert len(set(on_list)) == len(on_list)
    assert not set(on_list) & set(removed)
    for group in ruleset()["base"]["groups"]:
        applies = group.get("when", {}).get("is") in (None, {"1": "M", "2": "F"}.get(sex))
        for item in group["items"]:
            assert item in on_list or item in removed or item in open_items or not applies
    for line in made.lines:
        assert line.reasons
        assert all(reason.evidence and reason.confidence for reason in line.reasons)
