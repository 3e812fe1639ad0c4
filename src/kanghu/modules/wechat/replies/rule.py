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
Trigger = Literal["keyword", "follow", "default"]


@dataclass(frozen=True, slots=True)
class Keyword:
    text: str
    match: Match


@dataclass(frozen=True, slots=True)
class Rule:
    """What answers: to one of its keywords, to somebody who follows, or to whatever no keyword answers."""

    id: UUID
    name: str
    trigger: Trigger = "keyword"
    keywords: tuple[Keyword, ...] = ()
    priority: int = 0


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
    text = normal(said)
    fitting = [found for found in ranked(rules) if found.fits(text)]
    if fitting:
        return min(fitting, key=lambda found: found.rank).rule
    return _first(rules, "default")


def following(rules: Sequence[Rule]) -> Rule | None:
    """The rule that greets a new follower."""
    return _first(rules, "follow")


def _first(rules: Sequence[Rule], trigger: Trigger) -> Rule | None:
    found = [rule for rule in rules if rule.trigger == trigger]
    return max(found, key=lambda rule: rule.priority, default=None)
