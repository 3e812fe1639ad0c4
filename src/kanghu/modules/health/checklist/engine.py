"""From facts to the personalised list: every line with its reasons, everything removed with its reason, and every rule
that could not be decided with what is missing. Nothing disappears silently.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kanghu.modules.health.checklist.rules import CONFIDENCE, conditions_by_name, ruleset
from kanghu.modules.health.conditions import Verdict, evaluate
from kanghu.modules.health.facts import Facts, label_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an item is on the list (or why it was taken off). `rule` is "base" for the basic items."""

    rule: str
    title: str
    because: tuple[str, ...] = ()
    note: str | None = None
    interval: str | None = None
    evidence: str = ""
    confidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item. `origin`: base or x; `optional`: may be unticked; `ticked`: proposed as taken."""

    item: str
    group: str
    origin: str
    optional: bool
    ticked: bool
    reasons: tuple[Reason, ...]
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A line that a contraindication took off, with the reasons that had asked for it."""

    item: str
    group: str
    origin: str
    removed_by: Reason
    asked_by: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A rule that could not be decided: what is missing, and what it would do."""

    rule: str
    title: str
    missing: tuple[str, ...]
    would_add: tuple[str, ...] = ()
    would_remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An examination that has no item code yet: told to the doctor, never sent to a vendor."""

    name: str
    reason: Reason
    removed_by: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The whole proposal. `version` is that of the rules."""

    version: str
    lines: tuple[Line, ...]
    removed: tuple[Removed, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    cautions: tuple[str, ...] = ()


def draft(facts: Facts, lacking: Mapping[str, tuple[str, ...]] | None = None) -> Draft:
    """The personalised list for these facts (run the risk models first: their answers are facts too).

    `lacking` says of an answer that a model could not give what the model was missing (`risk.lacking`).
    """
    return _Making(facts, ruleset(), lacking or {}).made()


def _told_contraindications(facts: Facts) -> tuple[str, ...]:
    told = facts.get("contraindications")
    if told is None or str(told.value).strip() in ("无", "没有", "否"):
        return ()
    return (f"本人填写的检查禁忌：{told.value}",)


class _Making:
    def __init__(
        self, facts: Facts, rules: Mapping[str, Any], lacking: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.facts = facts
        self.lacking = lacking
        self.rules = rules
        self.named = conditions_by_name(rules)
        self.lines: dict[str, Line] = {}
        self.removed: list[Removed] = []
        self.undecided: list[Undecided] = []
        self.suggestions: list[Suggestion] = []

    def made(self) -> Draft:
        for group in self.rules["base"]["groups"]:
            self._base(group)
        for rule in self.rules["rules"]:
            if rule["enabled"]:
                self._add(rule)
        for rule in self.rules["removals"]:
            if rule["enabled"]:
                self._remove(rule)
        return Draft(
            version=self.rules["_meta"]["version"],
            lines=tuple(self.lines.values()),
            removed=tuple(self.removed),
            undecided=tuple(self.undecided),
            suggestions=tuple(self.suggestions),
            cautions=_told_contraindications(self.facts),
        )

    def _decide(self, condition: Mapping[str, Any] | None) -> Verdict:
        return Verdict(True) if condition is None else evaluate(condition, self.facts, self.named)

    def _base(self, group: Mapping[str, Any]) -> None:
        base = self.rules["base"]
        verdict = self._decide(group.get("when"))
        if verdict.truth is None:
            self._not_decided("base", group["name"], verdict, would_add=tuple(group["items"]))
        if not verdict.truth:
            return
        reason = Reason(
            rule="base",
            title=base["title"],
            evidence=base["evidence"],
            confidence=CONFIDENCE[base["confidence"]],
        )
        for item in group["items"]:
            self.lines[item] = Line(
                item=item, group=group["name"], origin="base", optional=False, ticked=True, reasons=(reason,)
            )

    def _add(self, rule: Mapping[str, Any]) -> None:
        verdict = self._decide(rule["when"])
        if verdict.truth is None:
            items = tuple(entry["item"] for entry in rule["add"])
            self._not_decided(rule["id"], rule["title"], verdict, would_add=items)
        if not verdict.truth:
            return
        for entry in rule["add"]:
            reason = self._reason_of(rule, verdict, entry, item=entry["item"])
            if reason:
                self._line(rule, entry, reason)
        for entry in rule["unlisted"]:
            reason = self._reason_of(rule, verdict, entry, item=entry["name"])
            if reason:
                self.suggestions.append(Suggestion(name=entry["name"], reason=reason))

    def _reason_of(
        self, rule: Mapping[str, Any], verdict: Verdict, entry: Mapping[str, Any], *, item: str
    ) -> Reason | None:
        """The reason of one entry, None when its own condition is not met (and noted when it cannot be decided)."""
        own = self._decide(entry.get("when"))
        if own.truth is None:
            self._not_decided(rule["id"], rule["title"], own, would_add=(item,))
        if not own.truth:
            return None
        return Reason(
            rule=rule["id"],
            title=rule["title"],
            because=tuple(dict.fromkeys(verdict.because + own.because)),
            note=entry.get("note"),
            interval=entry.get("interval"),
            evidence=rule["evidence"],
            confidence=CONFIDENCE[rule["confidence"]],
        )

    def _line(self, rule: Mapping[str, Any], entry: Mapping[str, Any], reason: Reason) -> None:
        """One line per item: a second rule adds its reason, and a wish to take it wins over "as you like"."""
        item, ticked = entry["item"], entry.get("ticked", True)
        kept = self.lines.get(item)
        if kept is None:
            self.lines[item] = Line(
                item=item, group=rule["title"], origin="x", optional=True, ticked=ticked, reasons=(reason,)
            )
        else:
            self.lines[item] = replace(kept, reasons=(*kept.reasons, reason), ticked=kept.ticked or ticked)

    def _remove(self, rule: Mapping[str, Any]) -> None:
        verdict = self._decide(rule["when"])
        if verdict.truth is False:
            return
        touched = tuple(item for item in rule["remove"] if item in self.lines)
        if verdict.truth is None:
            self._not_decided(rule["id"], rule["title"], verdict, would_remove=touched)
            for item in touched:
                line = self.lines[item]
                self.lines[item] = replace(line, cautions=(*line.cautions, rule["caution"]))
            return
        reason = Reason(
            rule=rule["id"],
            title=rule["title"],
            because=verdict.because,
            note=rule["text"],
            evidence=rule["evidence"],
            confidence=CONFIDENCE[rule["confidence"]],
        )
        for item in touched:
            line = self.lines.pop(item)
            self.removed.append(
                Removed(
                    item=item, group=line.group, origin=line.origin, removed_by=reason, asked_by=line.reasons
                )
            )
        if rule["remove_unlisted_radiation"]:
            self._remove_radiation(reason)

    def _remove_radiation(self, reason: Reason) -> None:
        radiating = {
            entry["name"]
            for rule in self.rules["rules"]
            for entry in rule["unlisted"]
            if entry.get("radiation")
        }
        self.suggestions = [
            replace(suggestion, removed_by=reason) if suggestion.name in radiating else suggestion
            for suggestion in self.suggestions
        ]

    def _not_decided(self, rule: str, title: str, verdict: Verdict, **would: tuple[str, ...]) -> None:
        missing = tuple(self._asked_for(name) for name in verdict.missing)
        self.undecided.append(Undecided(rule=rule, title=title, missing=missing, **would))

    def _asked_for(self, name: str) -> str:
        lacks = self.lacking.get(name)
        return f"{label_of(name)}（缺 {'、'.join(lacks)}）" if lacks else label_of(name)
