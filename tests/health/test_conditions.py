"""The condition language: three values, and bounds that decide only what they can."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu.modules.health.checklist.rules import conditions_by_name, fact_exists, ruleset
from kanghu.modules.health.conditions import BadCondition, check, evaluate, in_words
from kanghu.modules.health.facts import Fact
from kanghu.modules.health.monitoring import abnormal_rules

from .people import facts

T, F, U = {"fact": "snoring", "is": True}, {"fact": "snoring", "is": False}, {"fact": "dyspnea", "is": True}
KNOWN = facts(snoring=True, age=60, diagnosed=["copd", "ckd"], pregnant="trying")


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ({"all": [T, T]}, True), ({"all": [T, U]}, None), ({"all": [F, U]}, False), ({"all": []}, True),
        ({"any": [F, T]}, True), ({"any": [U, T]}, True), ({"any": [F, U]}, None), ({"any": [F, F]}, False),
        ({"not": T}, False), ({"not": U}, None), ({"not": F}, True),
        ({"fact": "age", "ge": 60, "lt": 61}, True), ({"fact": "age", "gt": 60}, False), ({"fact": "age", "le": 60}, True),
        ({"fact": "diagnosed", "has": "copd"}, True), ({"fact": "diagnosed", "has": ["gout", "ckd"]}, True),
        ({"fact": "diagnosed", "has": "gout"}, False), ({"fact": "pregnant", "in": ["yes", "trying"]}, True),
        ({"fact": "pregnant", "ge": 1}, None),
    ],
)  # fmt: skip
def test_truth(condition: dict[str, Any], truth: bool | None) -> None:
    assert evaluate(condition, KNOWN).truth is truth


def test_what_is_missing_and_what_made_it_true_are_told() -> None:
    assert evaluate({"all": [T, U]}, KNOWN).missing == ("dyspnea",)
    verdict = evaluate(
        {"any": [{"fact": "diagnosed", "has": ["copd", "gout"]}, {"fact": "age", "ge": 50}, F]}, KNOWN
    )
    assert verdict.because == ("diagnosed：慢阻肺", "age 60")
    assert verdict.missing == ()


@pytest.mark.parametrize(
    ("comparator", "value", "test", "truth"),
    [
        (">", 33.3, {"ge": 16.7}, True), (">", 10.0, {"ge": 16.7}, None), (">", 16.7, {"gt": 16.7}, True),
        (">=", 16.7, {"gt": 16.7}, None), (">=", 16.7, {"ge": 16.7}, True),
        ("<", 2.0, {"ge": 2.0}, False), ("<=", 2.0, {"ge": 2.0}, None), ("<", 2.0, {"le": 2.8}, True),
        ("<", 5.0, {"le": 2.8}, None), ("<", 2.0, {"lt": 2.0}, True), ("<=", 2.0, {"lt": 2.0}, None),
        ("<=", 2.0, {"le": 2.0}, True), (">", 3.0, {"le": 3.0}, False), (">=", 3.0, {"le": 3.0}, None),
    ],
)  # fmt: skip
def test_a_bound_decides_only_what_holds_for_every_value_behind_it(
    comparator: str, value: float, test: dict[str, float], truth: bool | None
) -> None:
    fact = Fact(name="LAB.FPG", label="血糖", value=value, comparator=comparator)
    assert evaluate({"fact": "LAB.FPG", **test}, {"LAB.FPG": fact}).truth is truth


@given(
    bound=st.floats(-50, 50), limit=st.floats(-50, 50), away=st.floats(0.001, 60),
    comparator=st.sampled_from(["<", "<=", ">", ">="]), test=st.sampled_from(["ge", "gt", "le", "lt"]),
)  # fmt: skip
def test_no_value_behind_a_bound_contradicts_what_the_bound_decided(
    bound: float, limit: float, away: float, comparator: str, test: str
) -> None:
    verdict = evaluate(
        {"fact": "x", test: limit}, {"x": Fact(name="x", label="x", value=bound, comparator=comparator)}
    )
    actual = bound - away if comparator[0] == "<" else bound + away
    exact = evaluate({"fact": "x", test: limit}, {"x": Fact(name="x", label="x", value=actual)})
    assert verdict.truth in (None, exact.truth)


def test_multiples_of_the_upper_limit() -> None:
    known = {"LAB.ALT": Fact(name="LAB.ALT", label="ALT", value=150.0, unit="U/L", upper_limit=50.0)}
    assert evaluate({"fact": "LAB.ALT", "ge_limit": 3}, known).truth is True
    assert evaluate({"fact": "LAB.ALT", "gt_limit": 3}, known).truth is False
    unknown = {"LAB.ALT": Fact(name="LAB.ALT", label="ALT", value=150.0, unit="U/L")}
    assert evaluate({"fact": "LAB.ALT", "ge_limit": 3}, unknown).truth is None


@pytest.mark.parametrize(
    "bad",
    [
        {"fact": "age"}, {"fact": "agee", "ge": 1}, {"fact": "age", "atleast": 3}, {"named": "nobody"}, {},
        {"all": [{"fact": "x"}], "any": []},
    ],
)  # fmt: skip
def test_a_wrongly_written_rule_is_refused_when_loaded(bad: dict[str, Any]) -> None:
    with pytest.raises(BadCondition):
        check(bad, {}, fact_exists)


def test_the_shipped_rules_are_well_written() -> None:
    assert len(ruleset()["rules"]) == 24
    assert len(abnormal_rules()["rules"]) == 42


def test_every_item_code_of_the_rules_is_in_the_catalogue() -> None:
    import csv
    from importlib import resources

    text = resources.files("kanghu.modules.catalog").joinpath("data/items.csv").read_text("utf-8")
    known = {row["code"] for row in csv.DictReader(text.splitlines())}
    used = {item for group in ruleset()["base"]["groups"] for item in group["items"]}
    used |= {entry["item"] for rule in ruleset()["rules"] for entry in rule["add"]}
    used |= {item for rule in ruleset()["removals"] for item in rule["remove"]}
    used |= {item for rule in abnormal_rules()["rules"] for item in rule["items"]}
    assert used <= known


def test_conditions_are_told_in_words() -> None:
    rules = ruleset()
    told = {
        rule["id"]: in_words(rule["when"], conditions_by_name(rules))
        for rule in (*rules["rules"], *rules["removals"])
    }
    assert told["pad"] == (
        "年龄 ≥ 50 且 （已确诊疾病：高血压 或 曾经或现在吸烟 或 间歇性跛行 或 父母或兄弟姐妹患心梗或卒中）"
    )
    assert told["dm_ogtt"] == "不符合（糖尿病） 且 年龄 ≥ 20 且 < 75 且 糖尿病风险评分 ≥ 25"
    assert told["fatty_liver"] == "体重指数 ≥ 24 或 丙氨酸氨基转移酶 > 1 倍参考上限"
    assert told["contra_pregnancy"] == "性别：女 且 是否怀孕或备孕：已怀孕、可能怀孕、备孕中"
