"""Monitoring of results: the flag of one result, and the important abnormal results (class A and B) of an exam. Pure.

Class A needs action at once, class B further examination. The rules are data (`data/abnormal_rules.json`), each with its
source; what the hospital has not confirmed says so in every finding.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Literal

from kanghu.modules.health.checklist.rules import CONFIDENCE, fact_exists
from kanghu.modules.health.conditions import check, evaluate
from kanghu.modules.health.facts import Fact, Facts

Flag = Literal["N", "H", "L", "HH", "LL", "A"]
FLAG_LABELS: dict[str, str] = {
    "N": "正常",
    "H": "偏高",
    "L": "偏低",
    "HH": "显著偏高",
    "LL": "显著偏低",
    "A": "异常",
}
NEGATIVE_TEXTS = ("阴性", "阴性(-)", "正常", "未见", "-", "(-)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A reference range of one item. sex: "M", "F" or None for both; ages in completed years, both ends included."""

    low: float | None = None
    high: float | None = None
    sex: str | None = None
    age_min: int | None = None
    age_max: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One important abnormal result. `evidence` holds the facts it rests on, as they were."""

    rule: str
    finding_class: Literal["A", "B"]
    item: str
    title: str
    text: str
    evidence: Mapping[str, Any]
    source: str
    basis: str
    confidence: str
    needs_confirmation: bool
    needs_remeasure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """One blood-pressure reading in mmHg (a side that was not measured is None); `reference` names its result."""

    sbp: float | None
    dbp: float | None
    at: datetime
    acute_symptoms: bool | None = None
    reference: str | None = None


@cache
def abnormal_rules() -> Mapping[str, Any]:
    """`data/abnormal_rules.json`, checked. Raises `BadCondition` when a rule is written wrongly."""
    text = resources.files("kanghu.modules.health").joinpath("data/abnormal_rules.json").read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    for rule in loaded["rules"]:
        for part in ("when", "unless"):
            if rule.get(part):
                check(rule[part], {}, fact_exists)
    return loaded


def rule_by_id(rule_id: str) -> Mapping[str, Any] | None:
    return next((rule for rule in abnormal_rules()["rules"] if rule["id"] == rule_id), None)


# -- one result against its range -------------------------------------------------------------------------------------


def pick_range(ranges: Iterable[Range], sex: str | None, age: int | None) -> Range | None:
    """The range that fits this person; the one that says most about whom it is for wins. None when none surely fits."""
    fitting = [entry for entry in ranges if _fits(entry, sex, age)]
    return max(fitting, key=_exactness, default=None)


def _fits(entry: Range, sex: str | None, age: int | None) -> bool:
    if entry.sex is not None and entry.sex != sex:
        return False
    if entry.age_min is None and entry.age_max is None:
        return True
    if age is None:
        return False
    return (entry.age_min or 0) <= age and (entry.age_max is None or age <= entry.age_max)


def _exactness(entry: Range) -> int:
    return (entry.sex is not None) + (entry.age_min is not None) + (entry.age_max is not None)


def classify(fact: Fact, reference: Range | None) -> Flag | None:
    """The flag of one result; None when it cannot be judged (no range, a text, a bound that does not decide).

    HH and LL are results at which an enabled class-A rule holds. Numbers are in the item's standard unit.
    """
    extreme = _extreme(fact)
    if extreme:
        return extreme
    if isinstance(fact.value, bool) or not isinstance(fact.value, (int, float)) or reference is None:
        return None
    if reference.low is None and reference.high is None:
        return _against_text(fact, reference)
    return _against_limits(fact, reference)


def _against_text(fact: Fact, reference: Range) -> Flag | None:
    """A result on the reaction scale (阴性 is rank 0) whose reference is “negative”."""
    if reference.text not in NEGATIVE_TEXTS or fact.comparator or fact.unit:
        return None
    return "N" if fact.value == 0 else "A"


def _against_limits(fact: Fact, reference: Range) -> Flag | None:
    name, known = fact.name, {fact.name: fact}
    if reference.high is not None:
        above = evaluate({"fact": name, "gt": reference.high}, known).truth
        if above is not False:
            return "H" if above else None
    if reference.low is not None:
        below = evaluate({"fact": name, "lt": reference.low}, known).truth
        if below is not False:
            return "L" if below else None
    return "N"


def _extreme(fact: Fact) -> Flag | None:
    for rule in abnormal_rules()["rules"]:
        if rule["enabled"] and rule["class"] == "A" and fact.name in rule["items"] and rule["when"]:
            for leaf in _leaves(rule["when"]):
                if leaf["fact"] == fact.name and evaluate(leaf, {fact.name: fact}).truth:
                    return "HH" if "ge" in leaf or "gt" in leaf else "LL"
    return None


def _leaves(condition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "fact" in condition:
        yield condition
    for part in (*condition.get("all", ()), *condition.get("any", ())):
        yield from _leaves(part)


# -- important abnormal results ---------------------------------------------------------------------------------------


def findings(facts: Facts, items: Iterable[str] | None = None) -> list[Finding]:
    """Class A and B findings by the enabled rules, except blood pressure (see `blood_pressure_finding`).

    `items` limits them to rules about these item codes. An item found in class A is not reported in class B again.
    """
    wanted = None if items is None else set(items)
    found: list[Finding] = []
    for rule in abnormal_rules()["rules"]:
        if not rule["enabled"] or not rule["when"]:
            continue
        if wanted is not None and not wanted & set(rule["items"]):
            continue
        unless = rule.get("unless")
        if unless and evaluate(unless, facts).truth:
            continue
        if evaluate(rule["when"], facts).truth:
            found.append(_finding(rule, rule["items"][0], _evidence(rule, facts)))
    urgent = {finding.item for finding in found if finding.finding_class == "A"}
    return [finding for finding in found if finding.finding_class == "A" or finding.item not in urgent]


def _evidence(rule: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    names = dict.fromkeys([*rule["items"], *(leaf["fact"] for leaf in _leaves(rule["when"]))])
    return {name: facts[name].told() for name in names if name in facts}


def _finding(rule: Mapping[str, Any], item: str, evidence: Mapping[str, Any], **rest: Any) -> Finding:
    return Finding(
        rule=rule["id"],
        finding_class=rule["class"],
        item=item,
        title=rule["title"],
        text=rest.pop("text", rule["text"]),
        evidence=evidence,
        source=rule["source"],
        basis=rule["basis"],
        confidence=CONFIDENCE[rule["confidence"]],
        needs_confirmation=rule["needs_confirmation"],
        **rest,
    )


def recorded_by_doctor(rule_id: str, item: str, note: str) -> Finding | None:
    """A finding that a doctor reports under a rule that no machine decides (ECG, signs, imaging); None: no such rule."""
    rule = rule_by_id(rule_id)
    if rule is None or not rule["enabled"] or item not in rule["items"]:
        return None
    return _finding(rule, item, {"note": note}, text=rule["title"])


def blood_pressure_finding(readings: Sequence[Pressure]) -> Finding | None:
    """The blood-pressure finding of one exam from its readings (any order).

    A: a reading ≥180 and/or ≥110 with acute symptoms, or two such readings of which one is the last (still so after
    rest). One such reading alone is B and asks for a re-measurement. Otherwise B by the last reading.
    """
    if not readings:
        return None
    limits = abnormal_rules()["blood_pressure"]
    ordered = sorted(readings, key=lambda reading: reading.at)
    last = ordered[-1]
    severe = [reading for reading in ordered if _reaches(reading, limits["A"])]
    rule_a, rule_b = rule_by_id("A.BP"), rule_by_id("B.BP")
    evidence = pressure_evidence(ordered)
    item = "EXAM.SBP" if last.sbp is not None else "EXAM.DBP"
    with_symptoms = any(reading.acute_symptoms for reading in severe)
    if rule_a and rule_a["enabled"] and (with_symptoms or (last in severe and len(severe) > 1)):
        return _finding(rule_a, item, evidence)
    if not rule_b or not rule_b["enabled"]:
        return None
    if last in severe:
        text = "首次测量达到 A 类阈值（≥180 和/或 ≥110 mmHg），须休息后复测并询问急性症状。"
        return _finding(rule_b, item, evidence, text=text, needs_remeasure=True)
    return _finding(rule_b, item, evidence) if _reaches(last, limits["B"]) else None


def _reaches(reading: Pressure, limit: Mapping[str, float]) -> bool:
    sides = ((reading.sbp, limit["sbp_ge"]), (reading.dbp, limit["dbp_ge"]))
    return any(value is not None and value >= least for value, least in sides)


def pressure_evidence(readings: Iterable[Pressure]) -> dict[str, Any]:
    """What a blood-pressure finding rests on, as it is stored."""
    return {"readings": [_told(reading) for reading in readings]}


def readings_in(evidence: Mapping[str, Any]) -> list[Pressure]:
    """The inverse of `pressure_evidence`."""
    return [
        Pressure(
            sbp=kept["sbp"],
            dbp=kept["dbp"],
            at=datetime.fromisoformat(kept["at"]),
            acute_symptoms=kept["acute_symptoms"],
            reference=kept["reference"],
        )
        for kept in evidence.get("readings", [])
    ]


def together(earlier: Iterable[Pressure], latest: Pressure) -> list[Pressure]:
    """Readings by time; one of the same time corrects the earlier and is no second measurement."""
    by_time = {reading.at: reading for reading in earlier}
    by_time[latest.at] = latest
    return [by_time[at] for at in sorted(by_time)]


def _told(reading: Pressure) -> dict[str, Any]:
    return {
        "sbp": reading.sbp,
        "dbp": reading.dbp,
        "at": reading.at.isoformat(),
        "acute_symptoms": reading.acute_symptoms,
        "reference": reading.reference,
    }
