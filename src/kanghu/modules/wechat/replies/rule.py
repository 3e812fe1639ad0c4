"""Rules and the order in which they answer.

The higher priority first; then a keyword that is the whole text, one that is part of it, a regular expression, in this order; of
keywords the longer; then the older rule.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from kanghu.modules.wechat.models import Answer
from kanghu.modules.wechat.replies import patterns

Match = Literal["whole", "part", "pattern"]
Trigger = Literal["keyword", "follow", "scan", "kind", "default"]
Visit = Literal["any", "first", "again"]
Hours = Literal["any", "on", "off"]


@dataclass(frozen=True, slots=True)
class Keyword:
    """`text`: of a `pattern` the regular expression. `examples`: texts that are meant to fit a pattern."""

    text: str
    match: Match
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What answers: to one of its keywords, to somebody who follows or scans the QR code of a `scene`, to one of the `kinds` of
    messages, or to whatever no other answers.

    `visit`: only to those who follow for the first time, or only to those who have followed before; `hours`: only while the desk
    is on duty, or only while it is not. `hand_over`: staff are to look at it all the same.
    """

    id: UUID
    name: str
    trigger: Trigger = "keyword"
    keywords: tuple[Keyword, ...] = ()
    priority: int = 0
    scene: str = ""
    kinds: tuple[str, ...] = ()
    visit: Visit = "any"
    hours: Hours = "any"
    answers: tuple[Answer, ...] = ()
    hand_over: bool = False


Rank = tuple[int, int, int, int]
"""The smaller answers."""

_ORDER: dict[Match, int] = {"whole": 0, "part": 1, "pattern": 2}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A keyword with its rule and its place in the order; `text` is normal, unless it is a pattern."""

    rank: Rank
    text: str
    keyword: Keyword
    rule: Rule

    def fits(self, text: str) -> bool:
        """A text that is normal."""
        if self.keyword.match == "pattern":
            return patterns.fits(self.text, text)
        return text == self.text if self.keyword.match == "whole" else self.text in text


def normal(text: str) -> str:
    """What is compared: full and half width, case, blanks, and punctuation around the text make no difference."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    folded = " ".join(folded.split())
    kept = [place for place, letter in enumerate(folded) if unicodedata.category(letter)[0] not in "PSZ"]
    return folded[kept[0] : kept[-1] + 1] if kept else ""


def ranked(rules: Sequence[Rule]) -> Iterator[Ranked]:
    """Every keyword that can be compared; `rules` come oldest first."""
    for age, rule in enumerate(rules):
        for keyword in rule.keywords if rule.trigger == "keyword" else ():
            is_pattern = keyword.match == "pattern"
            text = keyword.text if is_pattern else normal(keyword.text)
            if text:
                length = 0 if is_pattern else len(text)
                yield Ranked((-rule.priority, _ORDER[keyword.match], -length, age), text, keyword, rule)


def answering(rules: Sequence[Rule], said: str) -> Rule | None:
    """The rule that answers what a fan wrote; `rules` are those in use, oldest first."""
    return next((found.rule for found in fitting(rules, said)), next(iter(of(rules, "default")), None))


def fitting(rules: Sequence[Rule], said: str) -> list[Ranked]:
    """The keywords that fit, the one that answers first."""
    text = normal(said)
    return sorted((found for found in ranked(rules) if found.fits(text)), key=lambda found: found.rank)


def following(rules: Sequence[Rule]) -> Rule | None:
    """The rule that greets a new follower."""
    return next(iter(of(rules, "follow")), None)


def of(rules: Sequence[Rule], trigger: Trigger) -> list[Rule]:
    """Those of a kind, the one that answers first."""
    return sorted((rule for rule in rules if rule.trigger == trigger), key=lambda rule: -rule.priority)
