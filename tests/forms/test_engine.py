"""The pure engine: tables for the rules, hypothesis for what must hold of any answers whatsoever."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanghu.modules.forms.engine import Definition, DefinitionInvalid, Form, assess, initial_answers, prepare
from kanghu.modules.forms.engine.expression import (
    Expression,
    ExpressionInvalid,
    NotComputable,
    Values,
    evaluate,
    parse,
)


def form(*items: dict[str, Any], **more: Any) -> Form:
    raw = {"code": "test", "title": "测试", "kind": "questionnaire", "item": list(items), **more}
    return prepare(Definition.model_validate(raw))


def item(link: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"linkId": link, "type": kind, "text": link, **more}


def options(*codes: str, **weights: float) -> list[dict[str, Any]]:
    return [{"code": c, "display": c, **({"weight": weights[c]} if c in weights else {})} for c in codes]


def when(question: str, operator: str, answer: Any) -> dict[str, Any]:
    return {"question": question, "operator": operator, "answer": answer}


# --- values -----------------------------------------------------------------------------------------------------------

ITEMS = {
    "yes": item("x", "boolean"),
    "number": item("x", "decimal", minValue=1, maxValue=10, unit="cm"),
    "whole": item("x", "integer", minValue=0),
    "day": item("x", "date", maxValue="%today", minValue="1900-01-01"),
    "line": item("x", "string", maxLength=3),
    "one": item("x", "choice", answerOption=options("a", "b")),
    "open": item("x", "open-choice", answerOption=options("a")),
    "many": item(
        "x",
        "choice",
        repeats=True,
        answerOption=[*options("a", "b"), {"code": "none", "display": "无", "exclusive": True}],
    ),
    "amount": item("x", "quantity", unit="支", minValue=0),
    "lines": item("x", "string", repeats=True),
}


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("yes", True, True),
        ("number", 1, 1),
        ("number", 10.0, 10.0),
        ("whole", 3.0, 3),
        ("day", "2026-11-23", "2026-11-23"),
        ("line", " 三个字 ", "三个字"),
        ("one", "b", "b"),
        ("open", "a", "a"),
        ("open", {"other": " 别的 "}, {"other": "别的"}),
        ("many", ["a", "b", "a", None], ["a", "b"]),
        ("many", ["none"], ["none"]),
        ("amount", {"value": 20}, {"value": 20, "unit": "支"}),
        ("amount", {"value": 20, "unit": "支"}, {"value": 20, "unit": "支"}),
        ("lines", ["甲", " ", "乙"], ["甲", "乙"]),
    ],
)
def test_value_in_its_normal_form(kind: str, raw: Any, value: Any) -> None:
    found = assess(form(ITEMS[kind]), {"x": raw}, {"%today": "2026-11-23"})
    assert found.values == {"x": value}
    assert type(found.values["x"]) is type(value)
    assert not found.faults


@pytest.mark.parametrize(
    ("kind", "raw", "message"),
    [
        ("yes", 1, "请选择“是”或“否”"),
        ("yes", "true", "请选择“是”或“否”"),
        ("number", True, "请填写数字"),
        ("number", "5", "请填写数字"),
        ("number", float("nan"), "请填写数字"),
        ("number", float("inf"), "请填写数字"),
        ("number", 10**400, "请填写数字"),
        ("number", 0.99, "不能小于1cm，请核对"),
        ("number", 10.01, "不能大于10cm，请核对"),
        ("whole", 1.5, "请填写整数"),
        ("whole", -1, "不能小于0，请核对"),
        ("day", "2026-02-30", "请填写日期，例如 2026-05-01"),
        ("day", "２０２６-01-01", "请填写日期，例如 2026-05-01"),
        ("day", "2026-11-24", "日期不能晚于2026-11-23"),
        ("day", "1899-12-31", "日期不能早于1900-01-01"),
        ("line", "四个字长", "最多3个字，现在有4个字"),
        ("line", 5, "请填写文字"),
        ("one", "c", "请从所列选项中选择"),
        ("one", ["a"], "请从所列选项中选择"),
        ("open", {"other": "x", "more": 1}, "请从所列选项中选择"),
        ("many", "a", "应为多项"),
        ("many", ["a", "none"], "选了“无”就不能再选别的"),
        ("many", ["a"] * 101, "最多填写100项"),
        ("amount", 5, "请填写数值"),
        ("amount", {"value": 5, "unit": "包"}, "单位应为支"),
        ("amount", {"value": -5}, "不能小于0支，请核对"),
    ],
)
def test_value_that_does_not_fit(kind: str, raw: Any, message: str) -> None:
    found = assess(form(ITEMS[kind]), {"x": raw}, {"%today": "2026-11-23"})
    assert found.errors == {"x": message}
    assert found.values == {}


def test_required_is_asked_only_of_what_is_shown() -> None:
    asked = form(
        item("smokes", "boolean", required=True),
        item(
            "group",
            "group",
            enableWhen=[when("smokes", "=", True)],
            item=[item("daily", "integer", required=True)],
        ),
    )
    assert assess(asked, {}, {}).missing == ("smokes",)
    assert assess(asked, {"smokes": False}, {}).faults == {}
    assert assess(asked, {"smokes": True, "daily": " "}, {}).faults == {"daily": "请填写此项"}
    assert assess(asked, {"smokes": True, "daily": "很多"}, {}).faults == {"daily": "请填写整数"}


def test_answers_of_hidden_items_do_not_count_and_unknown_ones_are_named() -> None:
    asked = form(item("a", "boolean"), item("b", "string", enableWhen=[when("a", "=", True)]))
    found = assess(asked, {"a": False, "b": 7, "c": 1}, {})
    assert found.values == {"a": False}
    assert found.errors == {"c": "问卷里没有这一项"}


def test_read_only_item_keeps_its_initial_value() -> None:
    asked = form(item("unit", "string", readOnly=True, initial="cm"), item("a", "string", initial="甲"))
    assert initial_answers(asked) == {"unit": "cm", "a": "甲"}
    assert assess(asked, {}, {}).values == {"unit": "cm"}
    assert assess(asked, {"unit": "cm"}, {}).errors == {}
    assert assess(asked, {"unit": "m"}, {}).errors == {"unit": "此项不可修改"}
    tomorrow = form(item("d", "date", readOnly=True, initial="2026-11-24", maxValue="%today"))
    assert assess(tomorrow, {}, {"%today": "2026-11-23"}).errors == {"d": "日期不能晚于2026-11-23"}


@pytest.mark.parametrize(
    ("condition", "answers", "context", "shown"),
    [
        (when("n", "exists", True), {"n": 0}, {}, True),
        (when("n", "exists", True), {}, {}, False),
        (when("n", "exists", False), {}, {}, True),
        (when("n", "exists", False), {"n": "不是数字"}, {}, True),
        (when("n", "=", 1), {"n": 1.0}, {}, True),
        (when("n", "!=", 1), {}, {}, True),
        (when("n", "!=", 1), {"n": 1}, {}, False),
        (when("n", ">", 1), {"n": 2}, {}, True),
        (when("n", ">=", 1), {"n": 1}, {}, True),
        (when("n", "<", 1), {}, {}, False),
        (when("n", "<=", 1), {"n": 1.5}, {}, False),
        (when("many", "=", "b"), {"many": ["a", "b"]}, {}, True),
        (when("many", "!=", "b"), {"many": ["a", "b"]}, {}, False),
        (when("amount", ">", 3), {"amount": {"value": 4}}, {}, True),
        (when("day", "<", "%today"), {"day": "2026-01-01"}, {"%today": "2026-11-23"}, True),
        (when("day", "<", "%today"), {"day": "2026-01-01"}, {}, False),
        (when("%sex", "=", "2"), {}, {"%sex": "2"}, True),
        (when("%sex", "=", "2"), {}, {}, False),
        (when("%sex", "!=", "1"), {}, {}, True),
        (when("%age", ">=", 65), {}, {"%age": 65}, True),
        (when("%age", ">=", 65), {}, {"%age": "old"}, False),
        (when("yes", "=", True), {"yes": True}, {}, True),
        (when("yes", "=", True), {"yes": 1}, {}, False),
    ],
)
def test_condition(
    condition: dict[str, Any], answers: dict[str, Any], context: dict[str, Any], shown: bool
) -> None:
    asked = form(
        item(
            "target", "string", enableWhen=[condition]
        ),  # stands before what it asks: order of the page is free
        item("n", "decimal"),
        item("yes", "boolean"),
        item("day", "date"),
        item("many", "choice", repeats=True, answerOption=options("a", "b")),
        item("amount", "quantity", unit="支"),
    )
    assert ("target" in assess(asked, answers, context).enabled) is shown


def test_all_and_any() -> None:
    two = [when("a", "=", True), when("b", "=", True)]
    asked = form(
        item("a", "boolean"),
        item("b", "boolean"),
        item("both", "string", enableWhen=two),
        item("either", "string", enableWhen=two, enableBehavior="any"),
    )
    assert assess(asked, {"a": True}, {}).enabled == ("a", "b", "either")
    assert assess(asked, {"a": True, "b": True}, {}).enabled == ("a", "b", "both", "either")


def test_completeness_counts_the_required_questions_asked() -> None:
    asked = form(
        item("a", "boolean", required=True),
        item("b", "integer", required=True, enableWhen=[when("a", "=", True)]),
        item("c", "text"),
    )
    assert assess(asked, {}, {}).completeness == 0
    assert assess(asked, {"a": True}, {}).completeness == 50
    assert assess(asked, {"a": False}, {}).completeness == 100
    assert assess(form(item("c", "text"), item("d", "text")), {"c": "有"}, {}).completeness == 50


# --- scores -----------------------------------------------------------------------------------------------------------


def scored(expression: str) -> Form:
    return form(
        item("a", "choice", answerOption=options("no", "yes", no=0, yes=3)),
        item("b", "integer"),
        item("c", "boolean"),
        item("d", "choice", repeats=True, answerOption=options("x", "y", x=1, y=2)),
        item("e", "quantity", unit="kg"),
        score=[{"code": "s", "title": "分", "expression": expression, "band": [
            {"low": 0, "code": "low", "display": "低"}, {"low": 5, "code": "high", "display": "高"}]}],
        flag=[{"code": "f", "display": "提醒", "level": "urgent", "when": "s >= 5 or c"}],
    )  # fmt: skip


ANSWERS = {"a": "yes", "b": 4, "c": True, "d": ["x", "y"], "e": {"value": 2.5}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("sum(a, b, c, d, e)", 13.5),
        ("a * b - -1", 13),
        ("b / (e * e)", 0.64),
        ("min(a, b) + max(a, b)", 7),
        ("count(a, b, c)", 3),
        ("10 if chosen(a, 'yes') and b > 3 else 20", 10),
        ("default(b, 0) + default(a, 9)", 7),
        ("1 < b <= 4", 1),
        ("not c", 0),
    ],
)
def test_score(expression: str, value: float) -> None:
    (score,) = assess(scored(expression), ANSWERS, {}).scores
    assert score.value == pytest.approx(value)
    assert (score.band, score.band_display) == (("high", "高") if value >= 5 else ("low", "低"))


def test_score_without_an_input_says_what_is_missing() -> None:
    found = assess(scored("sum(a, b, d)"), {"a": "yes", "d": ["x"]}, {})
    (score,) = found.scores
    assert (score.value, score.band, score.missing) == (None, None, ("b",))
    assert found.flags == ()
    assert assess(scored("default(b, 0)"), {}, {}).scores[0].value == 0
    assert assess(scored("b / (a - 3)"), ANSWERS, {}).scores[0].reason == "除数为0"
    assert (
        assess(scored("*".join(["(b * 1000000000000000)"] * 40)), ANSWERS, {}).scores[0].reason == "数值太大"
    )


def test_flag_is_raised_by_a_decided_side_although_the_other_is_missing() -> None:
    assert [f.code for f in assess(scored("sum(a, b)"), {"c": True}, {}).flags] == ["f"]
    assert [f.code for f in assess(scored("sum(a, b)"), {"a": "yes", "b": 2, "c": False}, {}).flags] == ["f"]
    assert assess(scored("sum(a, b)"), {"c": False}, {}).flags == ()


def test_score_below_the_first_band_has_no_band() -> None:
    assert assess(scored("b"), {"b": -1}, {}).scores[0].band is None


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "a.b", "a[0]", "lambda: 1", "a ** 9", "sum()", "sum(*a)", "f(a)", "'text'", "", "a +",
        "chosen(a)", "chosen(a, b)", "count(1)", "default(1, 2)", "1e999", "a if b", "[a]", "a is b", "a in b", "a := 1",
        "-" * 60 + "a", "(" * 300 + "a" + ")" * 300, "+".join(["a"] * 60), "9" * 5000, "a; b", "sum(a=1)", "a % 2",
    ],
)  # fmt: skip
def test_what_the_language_of_scores_does_not_have(text: str) -> None:
    with pytest.raises(ExpressionInvalid):
        parse(text)


names = st.sampled_from(["a", "b", "c"])
trees = st.recursive(
    names | st.integers(-100, 100).map(str),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["+", "-", "*", "/", ">", "=="]), part).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        st.lists(part, min_size=1, max_size=4).map(lambda p: f"sum({', '.join(p)})"),
        st.tuples(names, part).map(lambda t: f"default({t[0]}, {t[1]})"),
        st.tuples(part, part, part).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
    ),
    max_leaves=12,
)


@given(trees, st.dictionaries(names, st.integers(-1000, 1000) | st.floats(-1e15, 1e15)))
def test_expression_agrees_with_python_when_everything_is_answered(
    text: str, numbers: dict[str, float]
) -> None:
    expression: Expression = parse(text)
    result = evaluate(expression, Values(numbers, {}, frozenset(numbers)))
    if isinstance(result, NotComputable):
        assert result.missing <= expression.names - numbers.keys()
        assert result.missing or result.reason
        return
    if {"a", "b", "c"} <= numbers.keys():
        functions = {"sum": lambda *v: sum(v), "default": lambda x, _n: x}
        from_python = eval(text, {"__builtins__": {}}, {**numbers, **functions})
        assert result == pytest.approx(from_python)


# --- anything at all --------------------------------------------------------------------------------------------------

RICH = form(
    item("smoking", "choice", required=True, answerOption=options("never", "current", "former", never=0, current=2, former=1)),
    item("smoker", "group", enableWhen=[when("smoking", "!=", "never")], item=[
        item("daily", "integer", minValue=0, maxValue=200),
        item("quit", "decimal", enableWhen=[when("smoking", "=", "former")]),
        item("inner", "group", enableWhen=[when("daily", ">", 10)], item=[item("why", "text", required=True)]),
    ]),
    item("female", "group", enableWhen=[when("%sex", "!=", "1")], item=[item("pregnant", "boolean"), item("since", "date", maxValue="%today")]),
    item("ill", "choice", repeats=True, answerOption=[*options("a", "b"), {"code": "none", "display": "无", "exclusive": True}]),
    item("other", "open-choice", answerOption=options("a"), enableWhen=[when("ill", "exists", True), when("pregnant", "=", True)], enableBehavior="any"),
    item("weight", "quantity", unit="kg", minValue=1),
    item("hint", "display"),
    item("fixed", "integer", readOnly=True, initial=7),
    score=[{"code": "s", "title": "s", "expression": "smoking + default(daily, 0) / weight"}],
    flag=[{"code": "f", "display": "f", "level": "info", "when": "s > 1 and chosen(ill, 'a')"}],
)  # fmt: skip
LINKS = list(RICH.tree.items)

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["never", "current", "former", "a", "b", "none", "2026-01-01"])
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "unit", "other", "x"]), part, max_size=3)
    ),
    max_leaves=6,
)
any_answers = st.dictionaries(st.sampled_from(LINKS) | st.text(max_size=4), anything, max_size=12)
plausible = st.fixed_dictionaries(
    {},
    optional={
        "smoking": st.sampled_from(["never", "current", "former"]),
        "daily": st.integers(0, 40),
        "quit": st.floats(0, 40),
        "why": st.text(max_size=5),
        "pregnant": st.booleans(),
        "ill": st.lists(st.sampled_from(["a", "b"]), max_size=3) | st.just(["none"]),
        "other": st.just({"other": "别的"}) | st.just("a"),
        "weight": st.fixed_dictionaries({"value": st.floats(1, 200)}),
    },
)
contexts = st.fixed_dictionaries(
    {}, optional={"%sex": st.sampled_from(["0", "1", "2"]) | scalars, "%age": scalars, "%today": scalars}
)


@given(any_answers | plausible, contexts)
@settings(max_examples=400)
def test_whatever_is_answered(answers: dict[str, Any], context: dict[str, Any]) -> None:
    found = assess(RICH, answers, context)
    # A question inside a hidden group is hidden; only what is shown is valued, wrong or missing.
    for link in found.enabled:
        parent = RICH.tree.parents[link]
        assert parent is None or parent in found.enabled
    assert set(found.values) | set(found.missing) <= set(found.enabled)
    assert not set(found.values) & (set(found.errors) | set(found.missing)) - {"fixed"}
    assert 0 <= found.completeness <= 100
    # What is left after dropping is a fixed point: the same questions, values, scores and flags again, no errors.
    again = assess(RICH, found.values, context)
    assert (again.enabled, again.values, again.scores, again.flags) == (
        found.enabled, found.values, found.scores, found.flags)  # fmt: skip
    assert again.errors == {}
    # The order in which answers arrive says nothing.
    shuffled = random.sample(sorted(answers), len(answers))
    assert assess(RICH, {link: answers[link] for link in shuffled}, context) == found


@given(plausible, st.sampled_from(["quit", "weight", "other", "why"]), contexts)
def test_answering_what_no_condition_asks_moves_nothing(
    answers: dict[str, Any], link: str, context: dict[str, Any]
) -> None:
    without = {k: v for k, v in answers.items() if k != link}
    assert assess(RICH, answers, context).enabled == assess(RICH, without, context).enabled


def test_ready_form_refuses_a_definition_with_problems() -> None:
    with pytest.raises(DefinitionInvalid, match="至少要有一道题"):
        form(item("g", "group", item=[item("d", "display")]))
