"""Flags of single results, and important abnormal results of class A and B."""

from datetime import UTC, datetime, timedelta

import pytest

from kanghu.modules.health.facts import Fact
from kanghu.modules.health.monitoring import (
    Pressure,
    Range,
    abnormal_rules,
    blood_pressure_finding,
    classify,
    findings,
    pick_range,
    recorded_by_doctor,
)

from .people import facts

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def fact(value: object, name: str = "LAB.TSH", unit: str | None = "x", comparator: str | None = None) -> Fact:
    return Fact(
        name=name, label=name, value=value, unit=unit, comparator=comparator, source="result", at=NOON
    )


@pytest.mark.parametrize(
    ("value", "comparator", "flag"),
    [
        (3.5, None, "N"), (9.5, None, "N"), (3.4, None, "L"), (9.6, None, "H"),
        (9.5, ">", "H"), (3.5, "<", "L"), (5.0, "<", None), (9.0, ">", None), ("浑浊", None, None),
    ],
)  # fmt: skip
def test_flag_against_a_range(value: object, comparator: str | None, flag: str | None) -> None:
    assert classify(fact(value, comparator=comparator), Range(low=3.5, high=9.5)) == flag


@pytest.mark.parametrize(
    ("value", "reference", "flag"),
    [(1.6, Range(high=1.7), "N"), (1.8, Range(high=1.7), "H"), (0.9, Range(low=1.0), "L"), (5.0, None, None), (1.0, Range(text="见说明"), None)],
)  # fmt: skip
def test_flag_with_one_limit_or_none(value: float, reference: Range | None, flag: str | None) -> None:
    assert classify(fact(value), reference) == flag


@pytest.mark.parametrize(("rank", "flag"), [(0, "N"), (1, "A"), (4, "A")])
def test_flag_of_a_reaction(rank: int, flag: str) -> None:
    assert classify(fact(rank, "LAB.KET", unit=None), Range(text="阴性(-)")) == flag


@pytest.mark.parametrize(
    ("name", "value", "flag"),
    [
        ("LAB.K", 6.5, "HH"),
        ("LAB.K", 2.5, "LL"),
        ("LAB.K", 6.4, "H"),
        ("LAB.HGB", 60.0, "LL"),
        ("LAB.FPG", 16.7, "HH"),
    ],
)
def test_extremes_are_where_a_class_a_rule_holds(name: str, value: float, flag: str) -> None:
    assert classify(fact(value, name), Range(low=3.5, high=5.3)) == flag


RANGES = [
    Range(low=1, high=9),
    Range(low=2, high=9, sex="F"),
    Range(low=3, high=9, sex="F", age_min=20, age_max=49),
    Range(low=4, high=9, age_min=65),
]


@pytest.mark.parametrize(
    ("sex", "age", "low"),
    [
        ("M", 40, 1),
        ("F", 19, 2),
        ("F", 20, 3),
        ("F", 49, 3),
        ("F", 50, 2),
        (None, None, 1),
        ("M", 65, 4),
        ("F", None, 2),
    ],
)
def test_the_range_that_says_most_about_the_person(sex: str | None, age: int | None, low: float) -> None:
    picked = pick_range(RANGES, sex, age)
    assert picked is not None
    assert picked.low == low


def test_no_range_surely_fits() -> None:
    assert pick_range([Range(low=1, sex="F"), Range(low=1, age_min=18)], "M", None) is None


# -- findings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "value", "rules"),
    [
        ("LAB.HGB", 60.0, {"A.HGB"}), ("LAB.HGB", 60.1, {"B.HGB"}), ("LAB.HGB", 90.0, {"B.HGB"}), ("LAB.HGB", 90.1, set()),
        ("LAB.PLT", 30.0, {"A.PLT"}), ("LAB.PLT", 31.0, {"B.PLT"}), ("LAB.PLT", 600.0, {"B.PLT"}), ("LAB.PLT", 81.0, set()),
        ("LAB.FPG", 2.8, {"A.FPG"}), ("LAB.FPG", 16.7, {"A.FPG"}), ("LAB.FPG", 7.0, {"B.FPG"}), ("LAB.FPG", 6.9, set()),
        ("LAB.WBC", 1.0, {"A.WBC"}), ("LAB.WBC", 1.5, {"B.WBC"}), ("LAB.WBC", 20.0, {"B.WBC"}), ("LAB.WBC", 30.0, {"A.WBC"}),
        ("LAB.K", 6.5, {"A.K"}), ("LAB.NA", 120.0, {"A.NA"}), ("LAB.CREA", 707.0, {"A.CREA"}), ("LAB.TBIL", 171.0, {"A.TBIL"}),
        ("LAB.UA", 540.0, {"B.UA"}), ("LAB.PRO", 4, {"B.PRO"}), ("LAB.PRO", 3, set()), ("LAB.FOBT", 2, {"B.FOBT"}),
        ("LAB.FOBT", 1, set()), ("EXAM.HEART_RATE", 150.0, {"A.HR"}), ("EXAM.HEART_RATE", 46.0, set()),
    ],
)  # fmt: skip
def test_thresholds(item: str, value: float, rules: set[str]) -> None:
    assert {found.rule for found in findings({item: fact(value, item)})} == rules


def test_known_diabetes_is_no_new_finding_and_an_unanswered_question_is_no_excuse() -> None:
    sugar = {"LAB.FPG": fact(8.0, "LAB.FPG")}
    assert [found.rule for found in findings(sugar)] == ["B.FPG"]
    assert findings({**sugar, **facts(diabetes=True)}) == []
    assert [found.rule for found in findings({**sugar, **facts(diabetes=False)})] == ["B.FPG"]


def test_multiples_of_the_upper_limit_need_the_limit() -> None:
    alt = Fact(name="LAB.ALT", label="ALT", value=151.0, unit="U/L", upper_limit=50.0)
    assert [found.rule for found in findings({"LAB.ALT": alt})] == ["B.ALT"]
    assert findings({"LAB.ALT": fact(151.0, "LAB.ALT")}) == []


def test_only_the_items_asked_for() -> None:
    known = {"LAB.K": fact(7.0, "LAB.K"), "LAB.HGB": fact(50.0, "LAB.HGB")}
    assert [found.rule for found in findings(known, ["LAB.K"])] == ["A.K"]


def test_what_is_not_confirmed_says_so_and_stays_distinct() -> None:
    sure = findings({"LAB.HGB": fact(50.0, "LAB.HGB")})[0]
    weak = findings({"LAB.K": fact(7.0, "LAB.K")})[0]
    placeholder = findings({"LAB.UA": fact(600.0, "LAB.UA")})[0]
    assert (sure.basis, sure.needs_confirmation) == ("consensus", False)
    assert (weak.basis, weak.needs_confirmation) == ("third_party_unconfirmed", True)
    assert (placeholder.basis, placeholder.needs_confirmation) == ("engineering_placeholder", True)
    assert sure.evidence["LAB.HGB"]["value"] == 50.0


def test_every_rule_has_its_source_and_its_confidence() -> None:
    for rule in abnormal_rules()["rules"]:
        assert rule["source"]
        assert rule["needs_confirmation"] is (rule["confidence"] != "verified-in-2-sources")
        assert rule["class"] in ("A", "B")
        if rule["class"] == "B":
            assert rule["basis"] == "engineering_placeholder"


# -- blood pressure ---------------------------------------------------------------------------------------------------


def readings(*values: tuple[float, float], symptoms: bool | None = None) -> list[Pressure]:
    return [
        Pressure(sbp=sbp, dbp=dbp, at=NOON + timedelta(minutes=10 * i), acute_symptoms=symptoms)
        for i, (sbp, dbp) in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("values", "symptoms", "rule", "remeasure"),
    [
        ([(186, 95), (182, 94)], None, "A.BP", False),
        ([(186, 95), (168, 94)], None, "B.BP", False),
        ([(186, 95)], None, "B.BP", True),
        ([(186, 95)], True, "A.BP", False),
        ([(186, 95), (150, 90)], None, None, False),
        ([(150, 110), (150, 111)], None, "A.BP", False),
        ([(160, 80)], None, "B.BP", False),
        ([(159, 99)], None, None, False),
        ([(159, 99)], True, None, False),
        ([(150, 90), (186, 95)], None, "B.BP", True),
        ([], None, None, False),
    ],
)
def test_blood_pressure_is_class_a_only_when_it_stays(
    values: list[tuple[float, float]], symptoms: bool | None, rule: str | None, remeasure: bool
) -> None:
    found = blood_pressure_finding(readings(*values, symptoms=symptoms))
    assert (found.rule if found else None) == rule
    assert (found.needs_remeasure if found else False) is remeasure


def test_the_order_in_which_readings_arrive_does_not_matter() -> None:
    first, second = readings((186, 95), (168, 94))
    assert blood_pressure_finding([second, first]) == blood_pressure_finding([first, second])


def test_a_doctor_records_what_no_machine_decides() -> None:
    found = recorded_by_doctor("A.ECG", "EXAM.ECG", "急性前壁心梗")
    assert found is not None
    assert (found.finding_class, found.evidence["note"]) == ("A", "急性前壁心梗")
    assert recorded_by_doctor("A.ECG", "LAB.K", "x") is None
    assert recorded_by_doctor("A.NOBODY", "LAB.K", "x") is None
