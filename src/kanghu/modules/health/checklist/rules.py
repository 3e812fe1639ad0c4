"""The shipped checklist rules: loaded once, and checked when loaded."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from kanghu.modules.health.conditions import Condition, Verdict, check, evaluate
from kanghu.modules.health.facts import ANSWERS, DERIVED, MEASURED, Facts

CONFIDENCE = {
    "verified-in-2-sources": "两个独立来源一致",
    "1-source": "单一来源，待院方确认",
    "memory": "尚未核对原文，待院方确认",
    "rule": "安全规则",
}


@cache
def ruleset() -> Mapping[str, Any]:
    """`data/checklist_rules.json`. Raises `BadCondition` when a rule asks for something that does not exist."""
    text = resources.files("kanghu.modules.health").joinpath("data/checklist_rules.json").read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    names = conditions_by_name(loaded)
    for condition in _all_conditions(loaded):
        check(condition, names, fact_exists)
    return loaded


def conditions_by_name(rules: Mapping[str, Any]) -> dict[str, Condition]:
    return {name: entry["condition"] for name, entry in rules["named"].items()}


def named_condition(name: str, facts: Facts) -> Verdict:
    """Decides one named condition, e.g. `lung_2021`."""
    names = conditions_by_name(ruleset())
    return evaluate(names[name], facts, names)


def fact_exists(name: str) -> bool:
    """Whether a condition may ask for this: an answer, a measurement, a derived value, or an item code."""
    return name in ANSWERS or name in MEASURED or name in DERIVED or name.startswith(("LAB.", "EXAM."))


def _all_conditions(rules: Mapping[str, Any]) -> list[Condition]:
    found = list(conditions_by_name(rules).values())
    found += [group.get("when") for group in rules["base"]["groups"]]
    for rule in rules["rules"] + rules["removals"]:
        found.append(rule["when"])
        found += [entry.get("when") for entry in (*rule.get("add", ()), *rule.get("unlisted", ()))]
    return [condition for condition in found if condition]
