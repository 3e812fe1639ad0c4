"""Conditions of the shipped rules: a small JSON language over facts, with true, false and unknown.

    {"all": [c, …]}   {"any": [c, …]}   {"not": c}   {"named": "lung_2021"}
    {"fact": "age", "ge": 40, "lt": 80}      comparisons: ge gt le lt (numbers)
    {"fact": "sex", "is": "F"}               equality
    {"fact": "pregnant", "in": ["yes", …]}   membership of a single value
    {"fact": "diagnosed", "has": "copd"}     membership in a list answer; a list of codes means any of them
    {"fact": "LAB.ALT", "ge_limit": 3}       at least (gt_limit: more than) n times the upper reference limit

Unknown arises only from a fact that is absent or a bound that does not decide, and is never guessed away.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kanghu.modules.catalog.public import printed_unit
from kanghu.modules.health.facts import Fact, Facts, label_of

Condition = Mapping[str, Any]


class BadCondition(ValueError):
    """A shipped rule is written wrongly. Raised when rules are loaded, never while a person is assessed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """truth: True, False or None (unknown) · because: what made it true · missing: fact names that would decide it."""

    truth: bool | None
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def evaluate(condition: Condition, facts: Facts, named: Mapping[str, Condition] | None = None) -> Verdict:
    """Decides a condition. `named` holds the conditions that {"named": …} refers to."""
    names = named or {}
    if "all" in condition:
        return _all([evaluate(part, facts, names) for part in condition["all"]])
    if "any" in condition:
        return _any([evaluate(part, facts, names) for part in condition["any"]])
    if "not" in condition:
        inner = evaluate(condition["not"], facts, names)
        return Verdict(None if inner.truth is None else not inner.truth, (), inner.missing)
    if "named" in condition:
        return evaluate(names[condition["named"]], facts, names)
    return _leaf(condition, facts)


def _all(parts: list[Verdict]) -> Verdict:
    if any(part.truth is False for part in parts):
        return Verdict(False)
    if any(part.truth is None for part in parts):
        return Verdict(None, (), _joined(part.missing for part in parts if part.truth is None))
    return Verdict(True, _joined(part.because for part in parts))


def _any(parts: list[Verdict]) -> Verdict:
    if any(part.truth is True for part in parts):
        return Verdict(True, _joined(part.because for part in parts if part.truth is True))
    if any(part.truth is None for part in parts):
        return Verdict(None, (), _joined(part.missing for part in parts if part.truth is None))
    return Verdict(False)


def _joined(groups: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for group in groups for text in group))


def _leaf(condition: Condition, facts: Facts) -> Verdict:
    fact = facts.get(condition["fact"])
    if fact is None:
        return Verdict(None, (), (condition["fact"],))
    answers = [
        TESTS[name](fact, wanted) for name, wanted in condition.items() if name not in ("fact", "note")
    ]
    if any(answer is False for answer in answers):
        return Verdict(False)
    if any(answer is None for answer in answers):
        return Verdict(None, (), (condition["fact"],))
    return Verdict(True, (spoken(fact, condition),))


def _at_least(fact: Fact, limit: float, *, strict: bool = False) -> bool | None:
    """value ≥ limit (or > when strict). A bound such as "<0.01" decides only when every value under it agrees."""
    if isinstance(fact.value, bool) or not isinstance(fact.value, (int, float)):
        return None
    value, bound = float(fact.value), fact.comparator or ""
    enough = value > limit if strict else value >= limit
    if bound.startswith(">"):
        # Everything from `value` up: sure when the lowest of it is enough already.
        return True if enough or (bound == ">" and value == limit) else None
    if bound.startswith("<"):
        # Everything up to `value`: sure not when the highest of it is too little.
        return False if not enough or (bound == "<" and value == limit) else None
    return enough


def _reverse(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _of_limit(fact: Fact, times: float, *, strict: bool = False) -> bool | None:
    return None if fact.upper_limit is None else _at_least(fact, times * fact.upper_limit, strict=strict)


def _has(fact: Fact, wanted: Any) -> bool | None:
    if not isinstance(fact.value, (list, tuple)):
        return None
    return any(code in fact.value for code in ([wanted] if isinstance(wanted, str) else wanted))


TESTS: dict[str, Callable[[Fact, Any], bool | None]] = {
    "ge": lambda fact, limit: _at_least(fact, limit),
    "gt": lambda fact, limit: _at_least(fact, limit, strict=True),
    "lt": lambda fact, limit: _reverse(_at_least(fact, limit)),
    "le": lambda fact, limit: _reverse(_at_least(fact, limit, strict=True)),
    "is": lambda fact, wanted: fact.value == wanted,
    "in": lambda fact, wanted: fact.value in wanted,
    "has": _has,
    "ge_limit": lambda fact, times: _of_limit(fact, times),
    "gt_limit": lambda fact, times: _of_limit(fact, times, strict=True),
}


def check(condition: Condition, named: Mapping[str, Condition], facts_known: Callable[[str], bool]) -> None:
    """Raises `BadCondition` for an unknown operator, name or fact, so that a typing error shows at start."""
    kinds = [kind for kind in ("all", "any", "not", "named", "fact") if kind in condition]
    if len(kinds) != 1:
        raise BadCondition(f"expected exactly one of all, any, not, named, fact: {condition}")
    kind = kinds[0]
    if kind in ("all", "any"):
        for part in condition[kind]:
            check(part, named, facts_known)
    elif kind == "not":
        check(condition["not"], named, facts_known)
    elif kind == "named":
        if condition["named"] not in named:
            raise BadCondition(f"no condition is named {condition['named']}")
    elif not facts_known(condition["fact"]):
        raise BadCondition(f"no fact is called {condition['fact']}")
    elif not (set(condition) - {"fact", "note"}) <= set(TESTS) or not set(condition) & set(TESTS):
        raise BadCondition(f"unknown test in {condition}")


# -- how a true leaf is told to a person ------------------------------------------------------------------------------

CODES: dict[str, dict[str, str]] = {
    "sex": {"M": "男", "F": "女"},
    "smoking_status": {"never": "从不吸烟", "current": "现在吸烟", "former": "已戒烟"},
    "alcohol": {"never": "不饮酒", "occasional": "偶尔饮酒", "regular": "经常饮酒"},
    "pregnant": {"no": "未怀孕", "yes": "已怀孕", "possible": "可能怀孕", "trying": "备孕中"},
    "hp_positive": {"yes": "阳性", "no": "阴性", "unknown": "不清楚"},
    "diagnosed": {
        "hypertension": "高血压",
        "diabetes": "糖尿病",
        "dyslipidemia": "血脂异常",
        "chd": "冠心病",
        "stroke": "卒中",
        "pad": "外周动脉疾病",
        "copd": "慢阻肺",
        "ckd": "慢性肾脏病",
        "cancer": "恶性肿瘤",
        "gout": "痛风",
        "fatty_liver": "脂肪肝",
        "hepatitis_b": "乙型肝炎",
        "hepatitis_c": "丙型肝炎",
        "cirrhosis": "肝硬化",
        "af": "心房颤动",
        "tia": "短暂性脑缺血发作",
        "thyroid_nodule": "甲状腺结节",
        "osteoporosis": "骨质疏松",
    },
    "family_cancer": {
        "lung": "肺癌",
        "stomach": "胃癌",
        "colorectal": "结直肠癌",
        "liver": "肝癌",
        "breast": "乳腺癌",
        "cervix": "宫颈癌",
        "prostate": "前列腺癌",
        "thyroid": "甲状腺癌",
    },
}


def spoken(fact: Fact, condition: Condition) -> str:
    """One true leaf in words: “年龄 60 岁”, “已确诊疾病：高血压”, “打鼾”."""
    label = fact.label or label_of(fact.name)
    names = CODES.get(fact.name, {})
    if isinstance(fact.value, bool):
        return label if fact.value else f"{label}：否"
    if isinstance(fact.value, (list, tuple)):
        wanted = condition.get("has", [])
        hit = [code for code in fact.value if code == wanted or code in wanted]
        return f"{label}：{'、'.join(names.get(code, code) for code in hit)}"
    if isinstance(fact.value, (int, float)):
        shown = f"{round(float(fact.value), 2):g}"
        unit = printed_unit(fact.unit or "")
        return f"{label} {fact.comparator or ''}{shown} {unit}".rstrip()
    return f"{label}：{names.get(str(fact.value), fact.value)}"


# -- how a condition is told, whoever it is applied to ----------------------------------------------------------------

_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "ge_limit": "≥", "gt_limit": ">"}


def in_words(condition: Condition, named: Mapping[str, Condition]) -> str:
    """“年龄 ≥ 40 且（打鼾 或 体重指数 ≥ 28）”, for whoever checks the shipped rules."""
    if "named" in condition:
        return in_words(named[condition["named"]], named)
    if "not" in condition:
        return f"不符合（{in_words(condition['not'], named)}）"
    for kind, word in (("all", " 且 "), ("any", " 或 ")):
        if kind in condition:
            return word.join(_part_in_words(part, named) for part in condition[kind])
    return _leaf_in_words(condition)


def _part_in_words(condition: Condition, named: Mapping[str, Condition]) -> str:
    while "named" in condition:
        condition = named[condition["named"]]
    words = in_words(condition, named)
    compound = len(condition.get("all", ())) > 1 or len(condition.get("any", ())) > 1
    return f"（{words}）" if compound else words


def _leaf_in_words(condition: Condition) -> str:
    name, label = condition["fact"], label_of(condition["fact"])
    limits = [
        f"{_SIGNS[test]} {limit:g}{' 倍参考上限' if test.endswith('_limit') else ''}"
        for test, limit in condition.items()
        if test in _SIGNS
    ]
    if limits:
        return f"{label} {' 且 '.join(limits)}"
    wanted = next(condition[test] for test in ("is", "in", "has") if test in condition)
    if wanted is True:
        return label
    values = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    names = CODES.get(name, {})
    return f"{label}：{'、'.join('否' if value is False else names.get(str(value), str(value)) for value in values)}"
