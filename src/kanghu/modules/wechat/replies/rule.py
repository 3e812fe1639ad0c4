"""Rules and the order in which they answer.

The higher priority first; then a keyword that is the whole text before one that is part of it; then the longer keyword; then the
older rule.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Match = Literal["whole", "part"]
Trigger = Literal["keyword", "follow", "scan", "kind", "default"]
Visit = Literal["any", "first", "again"]
Hours = Literal["any", "on", "off"]


@dataclass(frozen=True, slots=True)
class Keyword:
    text: str
    match: Match


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
    answers: tuple[str, ...] = ()
    hand_over: bool = False


Rank = tuple[int, int, int, int]
"""The smaller answers."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A keyword with its rule and its place in the order; `text` is normal."""

    rank: Rank
    text: str
    keyword: Keyword
    rule: Rule

    def fits(self, text: str) -> bool:
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
            text = normal(keyword.text)
            if text:
                rank = (-rule.priority, int(keyword.match == "part"), -len(text), age)
                yield Ranked(rank, text, keyword, rule)


def answering(rules: Sequence[Rule], said: str) -> Rule | None:
    """The rule that answers what a fan wrote; `rules` are those in use, oldest first."""
    return by_keyword(rules, said) or first(rules, "default")


def by_keyword(rules: Sequence[Rule], said: str) -> Rule | None:
    text = normal(said)
    fitting = [found for found in ranked(rules) if found.fits(text)]
    return min(fitting, key=lambda found: found.rank).rule if fitting else None


def following(rules: Sequence[Rule]) -> Rule | None:
    """The rule that greets a new follower."""
    return first(rules, "follow")


def first(rules: Sequence[Rule], trigger: Trigger) -> Rule | None:
    found = [rule for rule in rules if rule.trigger == trigger]
    return max(found, key=lambda rule: rule.priority, default=None)
