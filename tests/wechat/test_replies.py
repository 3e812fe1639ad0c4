"""Which rule answers, compared with the order told in words; and that the conflicts found are all there are."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanghu.kernel.ids import new_id
from kanghu.modules.wechat.replies import (
    Act,
    Keyword,
    Rule,
    answering,
    conflicts,
    decide,
    following,
    normal,
    patterns,
    reason,
)
from kanghu.modules.wechat.replies.rule import Match, ranked


def rule(name: str, *keywords: tuple[str, Match], priority: int = 0, **more: str) -> Rule:
    words = tuple(Keyword(text, match) for text, match in keywords)
    return Rule(new_id(), name, keywords=words, priority=priority, **more)  # type: ignore[arg-type]


PRICE, EXAM_PRICE = rule("价格", ("价格", "part")), rule("体检价格", ("体检价格", "part"))
HELLO = rule("问候", ("你好", "whole"), ("您好", "whole"))
WELCOME, OTHERWISE = rule("欢迎", trigger="follow"), rule("转人工", trigger="default")
RULES = (PRICE, EXAM_PRICE, HELLO, WELCOME, OTHERWISE)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("价格", PRICE), ("护理价格多少", PRICE), ("体检价格多少", EXAM_PRICE), ("你好", HELLO), ("  你好！", HELLO),
        ("你好，在吗", OTHERWISE), ("", OTHERWISE), ("😊", OTHERWISE), ("体 检价格", PRICE),
    ],
)  # fmt: skip
def test_the_rule_that_fits_best_answers(said: str, expected: Rule) -> None:
    assert answering(RULES, said) == expected


def test_priority_comes_before_everything() -> None:
    first = rule("先", ("价", "part"), priority=1)
    assert answering((*RULES, first), "体检价格") == first
    assert answering((PRICE, EXAM_PRICE), "在吗") is None


def test_who_follows_is_greeted_once() -> None:
    better = rule("活动欢迎", trigger="follow", priority=1)
    assert following(RULES) == WELCOME
    assert following((*RULES, better)) == better
    assert following((PRICE,)) is None
    (found,) = conflicts((*RULES, better))
    assert (found.rule, found.by) == (WELCOME, better)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("ＡＢＣ", "abc"),
        (" 你好 。", "你好"),
        ("“预约”", "预约"),
        ("B超", "b超"),
        ("！？", ""),
        ("预约  体检", "预约 体检"),
    ],
)
def test_how_it_is_written_makes_no_difference(written: str, same: str) -> None:
    assert normal(written) == normal(same) == same


@given(st.text(max_size=30))
def test_what_is_normal_stays_so(text: str) -> None:
    assert normal(normal(text)) == normal(text)


def test_conflicts_say_which_and_what_to_do() -> None:
    late = rule("挂号", ("预约挂号", "part"), ("挂号", "whole"))
    early = rule("预约", ("预约", "part"), priority=1)
    twin = rule("挂号二", ("挂号！", "whole"), ("。。", "part"))
    found = conflicts((late, early, twin, rule("空")))
    assert [(one.rule.name, one.keyword.text if one.keyword else None, one.by and one.by.name) for one in found] == [
        ("挂号二", "。。", None), ("空", None, None), ("挂号二", "挂号！", "挂号"), ("挂号", "预约挂号", "预约"),
    ]  # fmt: skip
    assert all("请" in one.message for one in found)
    assert "相同" in found[2].message
    assert "包含「预约」的关键词「预约」" in found[3].message


# --- regular expressions --------------------------------------------------------------------------------------------


def pattern(name: str, text: str, *examples: str, priority: int = 0) -> Rule:
    return Rule(new_id(), name, keywords=(Keyword(text, "pattern", examples),), priority=priority)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("体检.*(多少钱|价格)", ""), ("^[几多]点", ""), (r"\p{Han}{3}", ""), (r"\d{3}-?\d{8}", ""),
        ("(体检", "缺少右括号"), ("体检)", "多了右括号"), ("[体检", "缺少右方括号"), ("*体检", "之前没有内容"),
        ("体检**", "不能连用"), (r"(?=体检)", "前瞻"), (r"(体)\1", "反向引用"), ("体{2000}", "重复次数"),
        ("((体{90}){90}){90}", "重复"), ("[z-a]", "字符范围"), ("体检" + chr(92), "末尾"),
        ("a{1,1000}" * 20, "太复杂"), ("（体检|报告）", "半角「(」"), ("体检？", "半角「?」"),
        ("(体检)*", "空白"), ("^", "空白"),
    ],
)  # fmt: skip
def test_an_expression_that_cannot_be_used_is_told_why(text: str, advice: str) -> None:
    found = patterns.problem(text)
    assert (advice in found) if advice else found == "", found


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_written_as_an_expression_neither_fails_nor_hangs(text: str, said: str) -> None:
    assert patterns.fits(text, normal(said)) in (True, False)
    assert isinstance(patterns.problem(text), str)


def test_an_expression_cannot_keep_a_worker_busy() -> None:
    """Any engine that goes back would try these for longer than the universe has been there."""
    for text in ("(a+)+$", "(a|aa)+$", "(.*)(.*)(.*)(.*)(.*)x"):
        assert patterns.problem(text) == ""
        assert patterns.fits(text, "a" * 2_000 + "b") is False


def test_words_answer_before_expressions_of_the_same_priority() -> None:
    asks, first = pattern("问价", "体检.*(价|钱)"), pattern("急", "^急", priority=1)
    rules = (*RULES, asks, first)
    assert answering(rules, "体检价格") == EXAM_PRICE
    assert answering(rules, "体检大概多少钱？") == asks
    assert answering(rules, "急！体检价格") == first
    assert answering(rules, "体检 B超 多少钱") == asks
    assert answering((pattern("大小写", "b超"),), "做Ｂ超吗") is not None


def test_the_test_box_says_why_and_who_else() -> None:
    asks = pattern("问价", "价格")
    found = decide((*RULES, asks), Act("message", text="体检价格"))
    assert (found.rule, found.others) == (EXAM_PRICE, (PRICE, asks, OTHERWISE))
    assert "包含关键词「体检价格」" in reason(found)
    assert "还有 3 条规则适用" in reason(found)
    assert "正则表达式「价格」" in reason(decide((asks,), Act("message", text="价格")))
    assert "没有规则适用" in reason(decide((asks,), Act("message", text="在吗", on_duty=False)))
    assert "消息类型为图片" in reason(
        decide((rule("图", trigger="kind", kinds=("image",)),), Act("message", "image"))
    )  # type: ignore[arg-type]
    assert "首次关注" in reason(decide(RULES, Act("follow")))


def test_expressions_are_compared_only_by_texts_at_hand() -> None:
    taking = pattern("问价", "价格", "体检价格", "护理的价格", priority=1)
    late = pattern("体检", "^体检", "体检价格", "体检时间")
    twin = pattern("问价二", "价格")
    found = conflicts((taking, late, twin, PRICE, rule("全文", ("护理价格", "whole"))))
    told = {(one.rule.name, one.by and one.by.name, one.certain) for one in found}
    assert told == {
        ("全文", "问价", True),  # only one text fits it, and that one fits the expression
        ("问价二", "问价", True),  # the same expression
        ("价格", "问价", False),  # others that hold the word may not fit
        ("体检", "问价", False),  # one of its two examples
    }
    (warned,) = [one for one in found if one.rule == late]
    assert "例句「体检价格」由「问价」回复" in warned.message
    assert "只能用例句比较" in warned.message


WORDS = st.builds(Keyword, st.text("ab", min_size=1, max_size=3), st.sampled_from(["whole", "part"]))
SETS = st.lists(st.tuples(st.lists(WORDS, min_size=1, max_size=3), st.integers(0, 1)), min_size=1, max_size=4)
PATTERNS = st.builds(
    Keyword, st.sampled_from(["a", "^a", "b$", "a.b", "[ab]b", "^(a|b)$", "ab+"]), st.just("pattern")
)
MIXED = st.lists(
    st.tuples(st.lists(st.one_of(WORDS, PATTERNS), min_size=1, max_size=3), st.integers(0, 1)),
    min_size=1,
    max_size=4,
)
# All texts up to four letters; `c` is in no keyword.
TEXTS = ["".join(letters) for length in range(5) for letters in product("abc", repeat=length)]


@settings(max_examples=150, deadline=None)
@given(SETS)
def test_a_keyword_is_in_conflict_exactly_when_no_text_is_answered_by_it(
    given_rules: list[tuple[list[Keyword], int]],
) -> None:
    rules = [
        Rule(new_id(), str(n), "keyword", tuple(words), priority)
        for n, (words, priority) in enumerate(given_rules)
    ]
    reported = {(one.rule.id, one.keyword) for one in conflicts(rules)}
    everything = list(ranked(rules))
    for mine in everything:
        others = [one for one in everything if one.rule != mine.rule]
        used = any(
            mine.fits(text) and all(one.rank > mine.rank for one in others if one.fits(text))
            for text in TEXTS
        )
        assert used is ((mine.rule.id, mine.keyword) not in reported)


@settings(max_examples=150, deadline=None)
@given(MIXED)
def test_what_is_certain_of_expressions_is_so(given_rules: list[tuple[list[Keyword], int]]) -> None:
    rules = [
        Rule(new_id(), str(n), "keyword", tuple(words), priority)
        for n, (words, priority) in enumerate(given_rules)
    ]
    certain = {(one.rule.id, one.keyword) for one in conflicts(rules) if one.certain}
    everything = list(ranked(rules))
    for mine in everything:
        others = [one for one in everything if one.rule != mine.rule]
        used = any(
            mine.fits(text) and all(one.rank > mine.rank for one in others if one.fits(text))
            for text in TEXTS
        )
        if (mine.rule.id, mine.keyword) in certain:
            assert not used
        elif mine.keyword.match == "whole":
            assert used, "of a whole keyword everything is known"
