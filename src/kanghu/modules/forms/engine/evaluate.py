"""What a form says about given answers: which items are asked, what is wrong or missing, the scores and the flags.

All functions are pure and take any answers whatsoever without raising. Rules:

* An item is asked when its own conditions hold and the group it is in is asked.
* An answer counts when its item is asked and the value fits; everything else is as if unanswered, in conditions and scores alike.
* ``!=`` is true of an unanswered question and ``exists``/``=``/``<`` … false (FHIR R5).
* A score with an unanswered input is not computable and says what is missing; an item that is not asked is missing too,
  unless the expression says ``default(x, n)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kanghu.modules.forms.engine.answers import Answers, Unacceptable, is_blank, is_number, option, read
from kanghu.modules.forms.engine.check import Layout, Problem, evaluation_order, layout, problems
from kanghu.modules.forms.engine.definition import (
    CODED,
    UNANSWERABLE,
    Band,
    Definition,
    EnableWhen,
    Flag,
    Item,
    Score,
)
from kanghu.modules.forms.engine.expression import Expression, NotComputable, Values, evaluate, parse

REQUIRED = "请填写此项"
UNKNOWN = "问卷里没有这一项"
READ_ONLY = "此项不可修改"


class DefinitionInvalid(ValueError):
    def __init__(self, found: list[Problem]) -> None:
        super().__init__("；".join(f"{p.link_id} {p.message}" for p in found))
        self.problems = found


@dataclass(frozen=True, slots=True)
class Form:
    """A definition that was checked and made ready to be evaluated many times."""

    definition: Definition
    tree: Layout
    order: tuple[str, ...]
    scores: tuple[tuple[Score, Expression], ...]
    flags: tuple[tuple[Flag, Expression], ...]


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """``value`` is None when not computable; then ``missing`` or ``reason`` say why."""

    code: str
    title: str
    value: int | float | None
    band: str | None = None
    band_display: str | None = None
    missing: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FlagResult:
    code: str
    display: str
    level: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``values`` are the answers that count, in normal form; ``completeness`` is the share (0–100) of the required
    questions asked that are answered, or of all questions asked when none is required."""

    enabled: tuple[str, ...]
    values: dict[str, Any]
    errors: dict[str, str]
    missing: tuple[str, ...]
    scores: tuple[ScoreResult, ...]
    flags: tuple[FlagResult, ...]
    completeness: int

    @property
    def faults(self) -> dict[str, str]:
        """All that stands against completing, by linkId; empty when the form may be completed with ``values``."""
        return {**self.errors, **dict.fromkeys(self.missing, REQUIRED)}


def prepare(definition: Definition) -> Form:
    """Make a definition ready. Raises DefinitionInvalid with all its problems."""
    found = problems(definition)
    if found:
        raise DefinitionInvalid(found)
    tree = layout(definition)
    return Form(
        definition,
        tree,
        evaluation_order(tree),
        tuple((score, parse(score.expression)) for score in definition.score),
        tuple((flag, parse(flag.when)) for flag in definition.flag),
    )


def initial_answers(form: Form) -> dict[str, Any]:
    return {link: item.initial for link, item in form.tree.items.items() if item.initial is not None}


def assess(form: Form, answers: Answers, context: Mapping[str, Any]) -> Evaluation:
    """Evaluate ``answers`` (linkId → any JSON value) for a person of whom ``context`` (``%sex``, ``%age``, ``%today``) is known."""
    enabled, values, errors = _read_all(form, answers, context)
    items = form.tree.items
    errors |= {
        str(link): UNKNOWN for link in answers if link not in items or items[link].type in UNANSWERABLE
    }
    asked = [link for link in items if link in enabled and items[link].type not in UNANSWERABLE]
    required = [link for link in asked if items[link].required]
    scores, numbers = _score(form, values)
    return Evaluation(
        enabled=tuple(link for link in items if link in enabled),
        values={link: values[link] for link in items if link in values},
        errors=errors,
        missing=tuple(link for link in required if link not in values and link not in errors),
        scores=scores,
        flags=_flags(form, _readings(form, values, numbers)),
        completeness=_share(required or asked, values),
    )


def _share(links: list[str], values: dict[str, Any]) -> int:
    return 100 * sum(link in values for link in links) // len(links) if links else 100


def _read_all(
    form: Form, answers: Answers, context: Mapping[str, Any]
) -> tuple[set[str], dict[str, Any], dict[str, str]]:
    """In evaluation order, so that what a condition asks has been decided before."""
    enabled: set[str] = set()
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for link in form.order:
        item = form.tree.items[link]
        parent = form.tree.parents[link]
        if (parent is not None and parent not in enabled) or not _asked(form, item, values, context):
            continue
        enabled.add(link)
        raw = answers.get(link)
        try:
            if item.read_only:
                values[link] = read(item, item.initial, context)
            if item.type in UNANSWERABLE or is_blank(raw):
                continue
            value = read(item, raw, context)
            if item.read_only and value != values[link]:
                raise Unacceptable(READ_ONLY)
            values[link] = value
        except Unacceptable as fault:
            errors[link] = str(fault)
    return enabled, values, errors


def _asked(form: Form, item: Item, values: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
    if not item.enable_when:
        return True
    holds = (_holds(form, condition, values, context) for condition in item.enable_when)
    return all(holds) if item.enable_behavior == "all" else any(holds)


def _holds(form: Form, condition: EnableWhen, values: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
    given = _given(form, condition.question, values, context)
    expected = context.get("%today") if condition.answer == "%today" else condition.answer
    match condition.operator:
        case "exists":
            return bool(given) is condition.answer
        case "=":
            return any(_same(one, expected) for one in given)
        case "!=":
            return not any(_same(one, expected) for one in given)
        case _:
            return any(_compare(one, condition.operator, expected) for one in given)


def _given(form: Form, name: str, values: Mapping[str, Any], context: Mapping[str, Any]) -> list[Any]:
    if name.startswith("%"):
        found = context.get(name)
        return [] if found is None else [found]
    if name not in values:
        return []
    item, value = form.tree.items[name], values[name]
    parts = value if item.repeats else [value]
    return [part["value"] if item.type == "quantity" else part for part in parts]


def _same(one: Any, other: Any) -> bool:
    """Equal and of one kind: Python's ``1 == True`` must not make a number equal a yes."""
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def _compare(one: Any, operator: str, other: Any) -> bool:
    both_numbers = is_number(one) and is_number(other)
    both_texts = isinstance(one, str) and isinstance(other, str)
    if not (both_numbers or both_texts):
        return False
    match operator:
        case "<":
            return bool(one < other)
        case "<=":
            return bool(one <= other)
        case ">":
            return bool(one > other)
        case _:
            return bool(one >= other)


def _readings(form: Form, values: Mapping[str, Any], scores: Mapping[str, int | float]) -> Values:
    numbers: dict[str, int | float] = dict(scores)
    codes: dict[str, tuple[str, ...]] = {}
    for link, value in values.items():
        item = form.tree.items[link]
        number = _number(item, value)
        if number is not None:
            numbers[link] = number
        if item.type in CODED:
            parts = value if item.repeats else [value]
            codes[link] = tuple(part for part in parts if isinstance(part, str))
    return Values(numbers, codes, frozenset(values) | scores.keys())


def _number(item: Item, value: Any) -> int | float | None:
    if item.type == "choice":
        chosen = [option(item, code) for code in (value if item.repeats else [value])]
        weights = [found.weight for found in chosen if found is not None and found.weight is not None]
        return sum(weights) if len(weights) == len(chosen) else None
    if item.repeats:
        return None
    if item.type == "quantity":
        value = value["value"]
    return int(value) if isinstance(value, bool) else value if is_number(value) else None


def _score(form: Form, values: Mapping[str, Any]) -> tuple[tuple[ScoreResult, ...], dict[str, int | float]]:
    results: list[ScoreResult] = []
    numbers: dict[str, int | float] = {}
    for score, expression in form.scores:
        outcome = evaluate(expression, _readings(form, values, numbers))
        if isinstance(outcome, NotComputable):
            missing = tuple(sorted(outcome.missing))
            results.append(ScoreResult(score.code, score.title, None, missing=missing, reason=outcome.reason))
            continue
        number = int(outcome) if isinstance(outcome, bool) else outcome
        numbers[score.code] = number
        band = _band(score, number)
        results.append(
            ScoreResult(
                score.code, score.title, number, band.code if band else None, band.display if band else None
            )
        )
    return tuple(results), numbers


def _band(score: Score, number: int | float) -> Band | None:
    return next((band for band in reversed(score.band) if number >= band.low), None)


def _flags(form: Form, readings: Values) -> tuple[FlagResult, ...]:
    """A flag whose condition is not computable is not raised; the missing answers are named elsewhere."""
    return tuple(
        FlagResult(flag.code, flag.display, flag.level)
        for flag, expression in form.flags
        if not isinstance(outcome := evaluate(expression, readings), NotComputable) and outcome
    )
