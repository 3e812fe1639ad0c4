"""Which tags rules give to a fan and take away again. Pure: the preview, the nightly run and what follows an event all ask here.

A rule holds when all of its conditions do; several rules may give one tag, and then any of them is enough. What stands in a fan's
tags without being a rule's gift was given by hand, and is nobody's business here.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

MOST_TAGS = 20
"""On one fan; WeChat answers 45059 to more."""
TOO_MANY_TAGS = 45059

SOURCES = (
    "ADD_SCENE_SEARCH",
    "ADD_SCENE_QR_CODE",
    "ADD_SCENE_PROFILE_CARD",
    "ADD_SCENE_PROFILE_LINK",
    "ADD_SCENE_PROFILE_ITEM",
    "ADD_SCENE_PAID",
    "ADD_SCENE_WECHAT_ADVERTISEMENT",
    "ADD_SCENE_REPRINT",
    "ADD_SCENE_LIVESTREAM",
    "ADD_SCENE_CHANNELS",
    "ADD_SCENE_ACCOUNT_MIGRATION",
    "ADD_SCENE_OTHERS",
)
"""`subscribe_scene` of `user/info`:
https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchuserinfo"""

State = Literal["giving", "given", "taking", "owed", "refused"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """None and empty ask for nothing. Days are spans of 24 hours; of `sources` and `scenes` one is enough."""

    sources: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()
    followed_for: int | None = None
    followed_within: int | None = None
    spoke_within: int | None = None
    silent_for: int | None = None
    bound: bool | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`takes_away`: from those for whom it no longer holds."""

    tag_id: int
    conditions: Conditions
    takes_away: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a follower. `followed_at` None: WeChat has not told; `spoke_at` None: they never wrote."""

    followed_at: datetime | None
    source: str = ""
    scenes: frozenset[str] = field(default_factory=frozenset)
    spoke_at: datetime | None = None
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Gift:
    """A tag that rules gave. `lasting`: a rule that takes nothing away has held meanwhile, so it stays."""

    state: State
    lasting: bool = False
    errcode: int | None = None


def holds(conditions: Conditions, facts: Facts, now: datetime) -> bool:
    """Whether everything that is asked for is so."""
    return all(_answers(conditions, facts, now))


def _answers(asked: Conditions, facts: Facts, now: datetime) -> Iterator[bool]:
    if asked.sources:
        yield facts.source in asked.sources
    if asked.scenes:
        yield not facts.scenes.isdisjoint(asked.scenes)
    if asked.followed_for is not None:
        yield facts.followed_at is not None and now - facts.followed_at >= timedelta(days=asked.followed_for)
    if asked.followed_within is not None:
        yield _within(facts.followed_at, asked.followed_within, now)
    if asked.spoke_within is not None:
        yield _within(facts.spoke_at, asked.spoke_within, now)
    if asked.silent_for is not None:
        yield not _within(facts.spoke_at, asked.silent_for, now)
    if asked.bound is not None:
        yield facts.bound == asked.bound


def _within(at: datetime | None, days: int, now: datetime) -> bool:
    return at is not None and now - at < timedelta(days=days)


def decide(
    rules: Iterable[Rule], facts: Facts, tags: Collection[int], gifts: Mapping[int, Gift], now: datetime
) -> dict[int, Gift | None]:
    """What changes: tag → the gift that it is now, None: no gift any more.

    `rules` are those in force. A tag of which none of them speaks stays as it is.
    """
    by_tag: dict[int, list[Rule]] = {}
    for rule in rules:
        by_tag.setdefault(rule.tag_id, []).append(rule)
    changes: dict[int, Gift | None] = {}
    worn = {*tags, *(tag_id for tag_id, gift in gifts.items() if gift.state == "giving")}
    for tag_id, own in sorted(by_tag.items()):
        holding = [rule for rule in own if holds(rule.conditions, facts, now)]
        before = gifts.get(tag_id)
        if holding:
            after = _wanted(before, tag_id in tags, any(not rule.takes_away for rule in holding))
        else:
            after = _unwanted(before, any(rule.takes_away for rule in own))
        if after is not None and after.state == "giving" and tag_id not in worn:
            if len(worn) < MOST_TAGS:
                worn.add(tag_id)
            else:
                after = Gift("refused", after.lasting, TOO_MANY_TAGS)
        if after != before:
            changes[tag_id] = after
    return changes


def _wanted(before: Gift | None, has_it: bool, lasting: bool) -> Gift | None:
    if before is None:
        return None if has_it else Gift("giving", lasting)
    state = "giving" if before.state in ("taking", "refused") else before.state
    return Gift(state, before.lasting or lasting)


def _unwanted(before: Gift | None, takes_away: bool) -> Gift | None:
    if before is None or before.state == "refused":
        return None
    if before.state in ("giving", "given") and takes_away and not before.lasting:
        return Gift("taking")  # also what is only being given: a call that was broken off may have been done
    return before


_FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "sources": tuple, "scenes": tuple, "followed_for": int, "followed_within": int, "spoke_within": int, "silent_for": int,
    "bound": bool,
}  # fmt: skip


def conditions_of(kept: Mapping[str, Any]) -> Conditions:
    """As they are kept: only what is asked for."""
    return Conditions(**{name: make(kept[name]) for name, make in _FIELDS.items() if name in kept})


def kept_of(conditions: Conditions) -> dict[str, Any]:
    """The other way round."""
    asked = {name: getattr(conditions, name) for name in _FIELDS}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asked.items()
        if value not in (None, ())
    }
