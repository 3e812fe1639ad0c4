"""Every mistake that an editor can make is named in Chinese, with the place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu.modules.forms.engine import prepare, read_definition


def item(link: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"linkId": link, "type": kind, "text": link, **more}


def when(question: str, operator: str, answer: Any) -> dict[str, Any]:
    return {"question": question, "operator": operator, "answer": answer}


def found(*items: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    raw = {"code": "test", "title": "测试", "kind": "scale", "item": [item("ok", "integer"), *items], **more}
    definition, problems = read_definition(raw)
    if definition is not None and not problems:
        prepare(definition)
    return [(p.link_id, p.message) for p in problems]


A_B = [{"code": "a", "display": "甲", "weight": 1}, {"code": "b", "display": "乙"}]


@pytest.mark.parametrize(
    ("items", "link", "message"),
    [
        ([item("x", "integer"), item("g", "group", item=[item("x", "text")])], "x", "题目编号重复了2次"),
        ([item("g", "group")], "g", "分组里没有题目"),
        ([item("x", "text", item=[item("y", "text")])], "x", "只有分组才能包含题目"),
        ([item("x", "choice")], "x", "选择题没有选项"),
        ([item("x", "text", answerOption=A_B)], "x", "只有选择题才有选项"),
        ([item("x", "choice", answerOption=[A_B[0], A_B[0]])], "x", "选项编码“a”重复"),
        ([item("x", "choice", answerOption=[A_B[0], {**A_B[0], "code": "c"}])], "x", "选项文字“甲”重复"),
        ([item("x", "choice", answerOption=[{**A_B[0], "exclusive": True}])], "x", "只有多选题才有互斥选项"),
        ([item("x", "integer", minValue=3, maxValue=2)], "x", "最小值大于最大值"),
        ([item("x", "decimal", minValue="2020-01-01")], "x", "最小值、最大值应为数字"),
        ([item("x", "date", minValue=5)], "x", "最早、最晚日期应为 YYYY-MM-DD 或 %today"),
        ([item("x", "date", minValue="2026-02-01", maxValue="2026-01-01")], "x", "最早日期晚于最晚日期"),
        ([item("x", "text", minValue=5)], "x", "只有数字题和日期题才有最小值、最大值"),
        ([item("x", "display", required=True)], "x", "分组和说明文字不能设必填、可重复或只读"),
        ([item("x", "boolean", repeats=True)], "x", "是非题不能重复"),
        ([item("x", "quantity")], "x", "带单位的数量题没有单位"),
        ([item("x", "text", unit="kg")], "x", "只有数字题才有单位"),
        ([item("x", "integer", maxLength=3)], "x", "只有文字题才限字数"),
        ([item("x", "text", readOnly=True)], "x", "只读题没有初始值，谁也填不了"),
        ([item("x", "integer", initial="三")], "x", "初始值不合本题：请填写整数"),
        ([item("x", "text", initial=" ")], "x", "初始值不合本题：是空的"),
        ([item("x", "display", initial="三")], "x", "分组和说明文字没有初始值"),
        ([item("x", "text", enableWhen=[when("nobody", "=", 1)])], "x", "显示条件引用的题目“nobody”不存在"),
        ([item("x", "text", enableWhen=[when("%name", "=", "1")])], "x", "显示条件引用的题目“%name”不存在"),
        (
            [item("d", "display"), item("x", "text", enableWhen=[when("d", "exists", True)])],
            "x",
            "显示条件引用的“d”是分组或说明文字，没有答案",
        ),
        (
            [item("x", "text", enableWhen=[when("ok", "exists", 1)])],
            "x",
            "显示条件“ok 是否已答”的值应为 true 或 false",
        ),
        (
            [item("x", "text", enableWhen=[when("ok", "=", "1")])],
            "x",
            "显示条件“ok”的值“1”不是该题可能的答案",
        ),
        (
            [item("x", "text", enableWhen=[when("%sex", "=", "F")])],
            "x",
            "显示条件“%sex”的值“F”不是该题可能的答案",
        ),
        (
            [item("x", "text", enableWhen=[when("%sex", ">", "1")])],
            "x",
            "显示条件“%sex”不是数字或日期，不能比较大小",
        ),
        ([item("x", "text", enableWhen=[when("x", "exists", True)])], "x", "显示条件互相依赖成环：x"),
        (
            [item("g", "group", enableWhen=[when("y", "exists", True)], item=[item("y", "text")])],
            "y",
            "显示条件互相依赖成环：",
        ),
        (
            [
                item("p", "text", enableWhen=[when("q", "exists", True)]),
                item("q", "text", enableWhen=[when("p", "exists", True)]),
            ],
            "q",
            "显示条件互相依赖成环：",
        ),
    ],
)
def test_mistake_in_an_item(items: list[dict[str, Any]], link: str, message: str) -> None:
    assert any(at == link and text.startswith(message) for at, text in found(*items)), found(*items)


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ({"expression": "sum(ok, nobody)"}, "算式引用的“nobody”不存在（得分只能引用写在它前面的得分）"),
        ({"expression": "s + 1"}, "算式引用的“s”不存在（得分只能引用写在它前面的得分）"),
        ({"expression": "half"}, "算式引用的“half”没有可计算的数值（选择题的每个选项都要有分值）"),
        ({"expression": "words"}, "算式引用的“words”没有可计算的数值（选择题的每个选项都要有分值）"),
        ({"expression": "1 if chosen(half, 'z') else 0"}, "算式引用的“half”没有选项“z”"),
        ({"expression": "ok +"}, "算式写法有误"),
        (
            {
                "expression": "ok",
                "band": [{"low": 5, "code": "a", "display": "a"}, {"low": 5, "code": "b", "display": "b"}],
            },
            "分段的下限应逐段增大",
        ),
        ({"code": "ok", "expression": "1"}, "得分编码与题目或别的得分重复"),
    ],
)
def test_mistake_in_a_score(score: dict[str, Any], message: str) -> None:
    score = {"code": "s", "title": "分", **score}
    items = [item("half", "choice", answerOption=A_B), item("words", "text")]
    assert (score["code"], message) in found(*items, score=[score])


def test_flags_are_checked_like_scores() -> None:
    flag = {"code": "f", "display": "提醒", "level": "info", "when": "nobody > 1"}
    assert found(flag=[flag, flag])[0] == ("f", "提醒编码重复")
    assert ("f", "算式引用的“nobody”不存在（得分只能引用写在它前面的得分）") in found(flag=[flag])


@pytest.mark.parametrize(
    ("raw", "link", "message"),
    [
        ({"linkId": "x", "type": "number", "text": "x"}, "x", "type：取值不在允许范围内"),
        ({"linkId": "x", "type": "text"}, "x", "text：缺少此项"),
        ({"linkId": "x", "type": "text", "text": "x", "colour": 1}, "x", "colour：没有这个属性"),
        (
            {"linkId": "第一题", "type": "text", "text": "x"},
            "第一题",
            "linkId：编码格式不对（字母开头，只用字母、数字、下划线）",
        ),
    ],
)
def test_wrong_shape_is_told_at_the_item(raw: dict[str, Any], link: str, message: str) -> None:
    assert found(item("g", "group", item=[raw])) == [(link, message)]


def test_too_deep_and_too_many() -> None:
    deep = item("x", "text")
    for level in range(8):
        deep = item(f"g{level}", "group", item=[deep])
    assert ("x", "分组嵌套不能超过8层") in found(deep)
    bottomless: Any = []
    for _ in range(5000):
        bottomless = [bottomless]
    assert read_definition({"item": bottomless})[1][0].message == "分组嵌套不能超过8层"
    flag = {"code": "f", "display": "提醒", "level": "info", "when": "ok > 1"}
    assert found(flag=[flag] * 101) == [("", "flag：太多，最多100个")]
    assert ("", "题目不能超过1000个") in found(*(item(f"i{n}", "text") for n in range(1001)))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda part: (
            st.lists(part, max_size=3)
            | st.dictionaries(
                st.sampled_from(["item", "linkId", "type", "text", "score", "flag", "code", "x"]), part
            )
        ),
        max_leaves=10,
    )
)
def test_whatever_an_editor_sends_gets_problems_not_a_crash(raw: Any) -> None:
    definition, problems = read_definition(raw)
    assert (definition is None) <= bool(problems)
