"""Which tags rules give: the decision by itself."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanghu.modules.wechat.tag_rules import (
    MOST_TAGS,
    SOURCES,
    TOO_MANY_TAGS,
    Conditions,
    Facts,
    Gift,
    Rule,
    conditions_of,
    decide,
    holds,
    kept_of,
)

NOW = datetime(2026, 11, 10, 4, tzinfo=UTC)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


CASES: list[tuple[Conditions, Facts, bool]] = [
    (Conditions(sources=("ADD_SCENE_SEARCH", "ADD_SCENE_PAID")), Facts(NOW, "ADD_SCENE_PAID"), True),
    (Conditions(sources=("ADD_SCENE_SEARCH",)), Facts(NOW, ""), False),
    (Conditions(scenes=("desk", "ward")), Facts(NOW, scenes=frozenset({"ward", "other"})), True),
    (Conditions(scenes=("desk",)), Facts(NOW), False),
    (Conditions(followed_for=7), Facts(ago(days=7)), True),
    (Conditions(followed_for=7), Facts(ago(days=7, seconds=-1)), False),
    (Conditions(followed_for=7), Facts(None), False),
    (Conditions(followed_within=7), Facts(ago(days=7, seconds=-1)), True),
    (Conditions(followed_within=7), Facts(ago(days=7)), False),
    (Conditions(followed_within=7), Facts(None), False),
    (Conditions(spoke_within=30), Facts(NOW, spoke_at=ago(days=29)), True),
    (Conditions(spoke_within=30), Facts(NOW, spoke_at=ago(days=30)), False),
    (Conditions(spoke_within=30), Facts(NOW), False),
    (Conditions(silent_for=30), Facts(NOW, spoke_at=ago(days=30)), True),
    (Conditions(silent_for=30), Facts(NOW, spoke_at=ago(days=29)), False),
    (Conditions(silent_for=30), Facts(NOW), True),
    (Conditions(bound=True), Facts(NOW, bound=True), True),
    (Conditions(bound=False), Facts(NOW, bound=True), False),
    (Conditions(bound=True, followed_for=1), Facts(NOW, bound=True), False),
]


@pytest.mark.parametrize(("asked", "facts", "expected"), CASES)
def test_conditions(asked: Conditions, facts: Facts, expected: bool) -> None:
    assert holds(asked, facts, NOW) is expected


DAYS = st.none() | st.integers(1, 400)
ASKED = st.builds(
    Conditions,
    sources=st.lists(st.sampled_from(SOURCES), max_size=2).map(tuple),
    scenes=st.lists(st.sampled_from("abc"), max_size=2).map(tuple),
    followed_for=DAYS,
    followed_within=DAYS,
    spoke_within=DAYS,
    silent_for=DAYS,
    bound=st.none() | st.booleans(),
)


@given(ASKED)
def test_what_is_kept_is_what_is_asked(asked: Conditions) -> None:
    assert conditions_of(kept_of(asked)) == asked
    assert (kept_of(asked) == {}) == (asked == Conditions())


@given(ASKED, st.integers(0, 800), st.none() | st.integers(0, 800), st.booleans())
def test_every_condition_more_leaves_fewer(
    asked: Conditions, followed: int, spoke: int | None, bound: bool
) -> None:
    facts = Facts(
        ago(days=followed), SOURCES[0], frozenset("a"), None if spoke is None else ago(days=spoke), bound
    )
    parts = [conditions_of({name: value}) for name, value in kept_of(asked).items()]
    assert holds(asked, facts, NOW) == all(holds(part, facts, NOW) for part in parts)


BOUND, FREE = Conditions(bound=True), Conditions(bound=False)
ONE: list[tuple[str, list[Rule], bool, dict[int, Gift], dict[int, Gift | None]]] = [
    ("given", [Rule(7, BOUND, True)], False, {}, {7: Gift("giving")}),
    ("by hand before", [Rule(7, BOUND, True)], True, {}, {}),
    ("stays given", [Rule(7, BOUND, True)], True, {7: Gift("given")}, {}),
    ("taken", [Rule(7, FREE, True)], True, {7: Gift("given")}, {7: Gift("taking")}),
    ("by hand, never taken", [Rule(7, FREE, True)], True, {}, {}),
    ("not taken by such a rule", [Rule(7, FREE, False)], True, {7: Gift("given")}, {}),
    ("one of two is enough", [Rule(7, FREE, True), Rule(7, BOUND, True)], True, {7: Gift("given")}, {}),
    ("lasting from now on", [Rule(7, BOUND, False)], True, {7: Gift("given")}, {7: Gift("given", True)}),
    ("lasting is not taken", [Rule(7, FREE, True)], True, {7: Gift("given", True)}, {}),
    ("given back on the way", [Rule(7, BOUND, True)], True, {7: Gift("taking")}, {7: Gift("giving")}),
    ("broken off on the way", [Rule(7, FREE, True)], False, {7: Gift("giving")}, {7: Gift("taking")}),
    ("refused, tried again", [Rule(7, BOUND, True)], False, {7: Gift("refused", errcode=49003)}, {7: Gift("giving")}),
    ("refused, not wanted", [Rule(7, FREE, True)], False, {7: Gift("refused", errcode=49003)}, {7: None}),
    ("owed to a hand", [Rule(7, FREE, True)], True, {7: Gift("owed")}, {}),
    ("of no rule", [Rule(8, FREE, True)], True, {7: Gift("given")}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rules", "has_it", "gifts", "expected"), ONE, ids=[one[0] for one in ONE])
def test_decisions(
    name: str, rules: list[Rule], has_it: bool, gifts: dict[int, Gift], expected: dict[int, Gift | None]
) -> None:
    assert decide(rules, Facts(NOW, bound=True), [7] if has_it else [], gifts, NOW) == expected, name


def test_a_fan_has_twenty_tags_at_most() -> None:
    rules = [Rule(7, BOUND, True), Rule(8, BOUND, True)]
    tags = range(100, 100 + MOST_TAGS - 1)
    found = decide(rules, Facts(NOW, bound=True), tags, {}, NOW)
    assert found == {7: Gift("giving"), 8: Gift("refused", errcode=TOO_MANY_TAGS)}
    again = decide(
        rules, Facts(NOW, bound=True), [*tags, 7], {7: Gift("given"), 8: Gift("refused", errcode=45059)}, NOW
    )
    assert again == {}, "nothing is said twice"


@dataclass
class Fan:
    """One fan, with WeChat doing at once what is decided."""

    tags: set[int] = field(default_factory=set)
    gifts: dict[int, Gift] = field(default_factory=dict)
    by_hand: set[int] = field(default_factory=set)

    def judge(self, rules: Iterable[Rule], facts: Facts, now: datetime) -> None:
        for tag_id, gift in decide(rules, facts, self.tags, self.gifts, now).items():
            if gift is None or gift.state == "taking":
                assert tag_id in self.gifts, "only what was given is taken"
                self.tags.discard(tag_id)
                del self.gifts[tag_id]
            else:
                self.tags.add(tag_id)
                self.gifts[tag_id] = Gift("given", gift.lasting)

    def hand(self, tag_id: int) -> None:
        self.tags.add(tag_id)
        self.by_hand.add(tag_id)
        self.gifts.pop(tag_id, None)


FACTS = st.builds(
    Facts,
    st.integers(0, 60).map(lambda days: ago(days=days)),
    st.sampled_from(SOURCES[:2]),
    st.frozensets(st.sampled_from("ab")),
    st.none() | st.integers(0, 60).map(lambda days: ago(days=days)),
    st.booleans(),
)
SMALL = st.builds(
    Conditions,
    sources=st.sampled_from([(), (SOURCES[0],)]),
    scenes=st.sampled_from([(), ("a",), ("a", "b")]),
    followed_for=st.sampled_from([None, 5, 40]),
    silent_for=st.sampled_from([None, 10, 45]),
    bound=st.sampled_from([None, True, False]),
)
TAKING = st.lists(st.builds(Rule, st.sampled_from([7, 8]), SMALL, st.just(True)), max_size=5)


@given(TAKING, st.lists(FACTS | st.sampled_from([7, 8]), min_size=1, max_size=12), FACTS)
def test_the_last_state_decides_and_hands_are_left_alone(
    rules: list[Rule], story: list[Facts | int], last: Facts
) -> None:
    """Whatever was so before, and whenever it was looked at: what counts is what is so now, and what hands gave."""
    fan = Fan()
    for one in story:
        if isinstance(one, int):
            fan.hand(one)
        else:
            fan.judge(rules, one, NOW)
    fan.judge(rules, last, NOW)
    in_force = {rule.tag_id for rule in rules}
    wanted = {rule.tag_id for rule in rules if holds(rule.conditions, last, NOW)}
    assert fan.tags & in_force == (fan.by_hand & in_force) | wanted
    assert fan.by_hand <= fan.tags
    before = (set(fan.tags), dict(fan.gifts))
    fan.judge(rules, last, NOW)
    assert (fan.tags, fan.gifts) == before, "looking twice changes nothing"


def test_every_pair_of_states_ends_somewhere() -> None:
    """No gift is left on its way for ever, whichever it was and whatever the rules say now."""
    states = [
        Gift("giving"),
        Gift("given"),
        Gift("taking"),
        Gift("refused", errcode=1),
        Gift("giving", True),
        Gift("given", True),
    ]
    for before, facts, takes_away in product(states, (True, False), (True, False)):
        gifts = {7: before}
        rules = [Rule(7, BOUND, takes_away)]
        for _ in range(3):
            changed = decide(rules, Facts(NOW, bound=facts), [7], gifts, NOW)
            gifts = {tag: gift for tag, gift in {**gifts, **changed}.items() if gift is not None}
        assert decide(rules, Facts(NOW, bound=facts), [7], gifts, NOW) == {}
