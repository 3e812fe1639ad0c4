"""What every risk model gives back, and the careful reading of its inputs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib import resources
from typing import Any, Literal

from kanghu.modules.health.facts import MEASURED, Facts, label_of

Status = Literal["computed", "not_computable", "not_applicable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One model's answer for one person.

    value: as displayed (rounded half-up) · exact: as calculated · level: permanent code · missing: Chinese names of
    what was not there · reason: why the model does not apply · inputs: name → {label, value, unit, source, at} exactly
    as used · confidence: codes of the data file · reviewed: whether a clinician has signed the model's data off.
    """

    model: str
    version: str
    title: str
    status: Status
    value: float | None = None
    exact: float | None = None
    unit: str | None = None
    level: str | None = None
    level_label: str | None = None
    advice: str | None = None
    missing: tuple[str, ...] = ()
    reason: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    confidence: str = ""
    reviewed: bool = False


@cache
def parameters() -> Mapping[str, Any]:
    """The shipped coefficients, cut-offs and their provenance (`data/risk_models.json`)."""
    text = resources.files("kanghu.modules.health").joinpath("data/risk_models.json").read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def half_up(value: float, digits: int) -> float:
    """Round for display, half away from zero, on the shortest decimal form of the number."""
    if not abs(value) < 1e15:  # beyond any measurement: a float has no decimals left there (and NaN has none)
        return value
    step = Decimal(1).scaleb(-digits)
    return float(Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_UP))


def band(bands: list[Any], value: float) -> Any:
    """The first band with value < `lt` (boundaries are [lo, hi)); the last has `lt` null."""
    return next(entry for entry in bands if entry["lt"] is None or value < entry["lt"])


class Reading:
    """Takes inputs out of the facts and remembers what was used and what was missing."""

    def __init__(self, model: str, facts: Facts) -> None:
        self.model = model
        self.data = parameters()[model]
        self.facts = facts
        self.missing: list[str] = []
        self.inputs: dict[str, Any] = {}

    def number(self, name: str, unit: str | None = None) -> float:
        """A positive, finite, exact number in `unit`; when it is not there: NaN, and the name goes to `missing`.

        A bound ("<0.01"), another unit or a text is not a number here: it counts as missing, with the reason told.
        """
        value = self.optional_number(name, unit)
        if value is None:
            self.missing.append(label_of(name) + self._why_not(name, unit))
            return float("nan")
        return value

    def optional_number(self, name: str, unit: str | None = None) -> float | None:
        """Like `number`, but None when it is not there, without asking for it."""
        fact = self.facts.get(name)
        if fact is None or self._why_not(name, unit):
            return None
        self.inputs[name] = fact.told()
        return float(fact.value)

    def flag(self, name: str) -> bool:
        """A yes/no; when not answered: False, and the name goes to `missing` (the caller must check `missing`)."""
        value = self.optional_flag(name)
        if value is None:
            self.missing.append(label_of(name))
        return value is True

    def optional_flag(self, name: str) -> bool | None:
        fact = self.facts.get(name)
        if fact is None or not isinstance(fact.value, bool):
            return None
        self.inputs[name] = fact.told()
        return fact.value

    def sex(self) -> str:
        """ "M" or "F"; "" and missing when unknown."""
        fact = self.facts.get("sex")
        if fact is None:
            self.missing.append("性别")
            return ""
        self.inputs["sex"] = fact.told()
        return str(fact.value)

    def says(self, name: str, *values: Any) -> bool:
        """Whether a fact is known and is one of the values (no trace when it is not known)."""
        fact = self.facts.get(name)
        if fact is None:
            return False
        self.inputs[name] = fact.told()
        return fact.value in values

    def outside_age(self, lowest: int, highest: int | None = None) -> Assessment | None:
        """The "not applicable" answer when the age is known and outside lowest…highest completed years."""
        fact = self.facts.get("age")
        if fact is None or (fact.value >= lowest and (highest is None or fact.value <= highest)):
            return None
        self.inputs["age"] = fact.told()
        return self.not_applicable(
            f"适用于 {lowest} 岁及以上。" if highest is None else f"适用于 {lowest}–{highest} 岁。"
        )

    def _why_not(self, name: str, unit: str | None) -> str:
        fact = self.facts.get(name)
        if fact is None:
            return ""
        if fact.comparator:
            return f"（只有“{fact.comparator}{fact.value:g}”，不是确切值）"
        if isinstance(fact.value, bool) or not isinstance(fact.value, (int, float)):
            return "（不是数值）"
        if unit is not None and fact.unit != unit:
            return f"（单位 {fact.unit or '未知'} 不是 {unit}）"
        if not 0 < float(fact.value) < float("inf"):
            return "（数值不合理）"
        return ""

    # -- the three ways a model can end ---------------------------------------------------------------------------

    def computed(self, **rest: Any) -> Assessment:
        return self._build("computed", **rest)

    def not_computable(self, **rest: Any) -> Assessment:
        return self._build("not_computable", missing=tuple(dict.fromkeys(self.missing)), **rest)

    def not_applicable(self, reason: str) -> Assessment:
        return self._build("not_applicable", reason=reason)

    def _build(self, status: Status, **rest: Any) -> Assessment:
        rest.setdefault("version", self.data["version"])
        rest.setdefault("confidence", confidence_text(self.data["confidence"]))
        return Assessment(
            model=self.model,
            title=self.data["title"],
            status=status,
            inputs=dict(self.inputs),
            source=self.data["source"],
            reviewed=bool(self.data["sign_off"]["reviewed_by"]),
            **rest,
        )


def confidence_text(confidence: str | Mapping[str, str]) -> str:
    """The confidence codes of a data block as one Chinese sentence (weakest marks are never left out)."""
    labels: Mapping[str, str] = parameters()["_meta"]["confidence_labels"]
    if isinstance(confidence, str):
        return labels[confidence]
    return "；".join(f"{part}：{labels[code]}" for part, code in confidence.items())


def pregnancy_note(reading: Reading) -> tuple[str, ...]:
    """The caveat of models that don't hold in pregnancy, for a woman who is perhaps pregnant or did not answer."""
    sex, fact = reading.facts.get("sex"), reading.facts.get("pregnant")
    if sex is None or sex.value != "F":
        return ()
    if fact is None:
        return ("未回答是否怀孕；如已怀孕，本结果不适用。",)
    return ("可能怀孕；如已怀孕，本结果不适用。",) if fact.value == "possible" else ()


def self_reported_note(reading: Reading) -> tuple[str, ...]:
    """Says which measurements are the person's own word."""
    names = [
        str(told["label"])
        for name, told in reading.inputs.items()
        if told["source"] == "answer"
        and (name in MEASURED or (name == "bmi" and "height_cm" not in reading.inputs))
    ]
    return (f"使用了自报值：{'、'.join(names)}。",) if names else ()
