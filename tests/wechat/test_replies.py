"""Which rule answers, compared with the order told in words; and that the conflicts found are all there are."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanghu.kernel.ids import new_id
from kanghu.modules.wechat.replies import Keyword, Rule, answering, conflicts, following, normal
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


WORDS = st.builds(Keyword, st.text("ab", min_size=1, max_size=3), st.sampled_from(["whole", "part"]))
SETS = st.lists(st.tuples(st.lists(WORDS, min_size=1, max_size=3), st.integers(0, 1)), min_size=1, max_size=4)
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
