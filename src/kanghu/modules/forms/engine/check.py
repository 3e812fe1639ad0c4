"""Does a definition make sense? Every problem is named in Chinese, with the linkId (or code) it sits at."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import ValidationError

from kanghu.modules.forms.engine.answers import Unacceptable, is_blank, is_date, is_number, read
from kanghu.modules.forms.engine.definition import (
    CODED,
    CONTEXT_TYPES,
    NUMERIC,
    SEX_CODES,
    TEXTUAL,
    UNANSWERABLE,
    Definition,
    EnableWhen,
    Item,
)
from kanghu.modules.forms.engine.expression import Expression, ExpressionInvalid, parse

MAX_ITEMS = 1000
MAX_DEPTH = 8
# each group adds an object and a list; options and conditions inside the innermost item a few more
MAX_JSON_DEPTH = MAX_DEPTH * 2 + 6
_SHAPE_MESSAGES = {
    "missing": "缺少此项",
    "extra_forbidden": "没有这个属性",
    "literal_error": "取值不在允许范围内",
    "string_pattern_mismatch": "编码格式不对（字母开头，只用字母、数字、下划线）",
    "string_too_short": "不能为空",
    "string_too_long": "太长",
    "too_long": "太多，最多100个",
}


@dataclass(frozen=True, slots=True)
class Problem:
    link_id: str
    message: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The tree of items, flattened: document order, and the group of each item."""

    items: dict[str, Item]
    parents: dict[str, str | None]


def layout(definition: Definition) -> Layout:
    items: dict[str, Item] = {}
    parents: dict[str, str | None] = {}
    for item, parent, _ in _walk(definition.item):
        items.setdefault(item.link_id, item)
        parents.setdefault(item.link_id, parent)
    return Layout(items, parents)


def read_definition(raw: Any) -> tuple[Definition | None, list[Problem]]:
    """Read what an editor sent. Returns the definition (None when its shape is wrong) and all problems found."""
    if _depth(raw) > MAX_JSON_DEPTH:
        return None, [Problem("", f"分组嵌套不能超过{MAX_DEPTH}层")]
    try:
        definition = Definition.model_validate(raw)
    except ValidationError as error:
        return None, [_shape_problem(raw, fault) for fault in error.errors()[:100]]
    return definition, problems(definition)


def problems(definition: Definition) -> list[Problem]:
    """Everything wrong with a definition of the right shape; empty when it may be published."""
    tree = layout(definition)
    found = [*_tree_problems(definition), *_item_problems(tree)]
    if not found:
        found = [*_cycles(tree)]
    return [*found, *_score_problems(definition, tree)]


def evaluation_order(tree: Layout) -> tuple[str, ...]:
    """Items so that each comes after the group it is in and the questions its condition asks. Raises CycleError."""
    graph = {
        link: {c.question for c in item.enable_when if c.question in tree.items}
        | ({parent} if (parent := tree.parents[link]) else set())
        for link, item in tree.items.items()
    }
    return tuple(TopologicalSorter(graph).static_order())


def _walk(
    items: tuple[Item, ...], parent: str | None = None, depth: int = 1
) -> Iterator[tuple[Item, str | None, int]]:
    for item in items:
        yield item, parent, depth
        yield from _walk(item.item, item.link_id, depth + 1)


def _depth(raw: Any, limit: int = 60) -> int:
    """Nesting of a JSON value, counted level by level so that no depth can exhaust the stack."""
    level, depth = [raw], 0
    while level and depth < limit:
        depth += 1
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
    return depth


def _shape_problem(raw: Any, fault: Any) -> Problem:
    """Where the fault sits: the innermost item with a linkId on the way down, and the rest of the path."""
    node, link_id, rest = raw, "", []
    for step in fault["loc"]:
        node = node[step] if _has(node, step) else None
        rest.append(str(step))
        if isinstance(node, dict) and isinstance(node.get("linkId"), str):
            link_id, rest = node["linkId"], []
    message = _SHAPE_MESSAGES.get(fault["type"], "格式不对")
    return Problem(link_id, f"{'.'.join(rest)}：{message}" if rest else message)


def _has(node: Any, step: Any) -> bool:
    if isinstance(node, dict):
        return step in node
    return isinstance(node, list) and isinstance(step, int) and step < len(node)


def _tree_problems(definition: Definition) -> Iterator[Problem]:
    walked = list(_walk(definition.item))
    if not any(item.type not in UNANSWERABLE for item, _, _ in walked):
        yield Problem("", "至少要有一道题")
    if len(walked) > MAX_ITEMS:
        yield Problem("", f"题目不能超过{MAX_ITEMS}个")
    for link_id, times in Counter(item.link_id for item, _, _ in walked).items():
        if times > 1:
            yield Problem(link_id, f"题目编号重复了{times}次")
    for item, _, depth in walked:
        if depth > MAX_DEPTH:
            yield Problem(item.link_id, f"分组嵌套不能超过{MAX_DEPTH}层")
        if item.type == "group" and not item.item:
            yield Problem(item.link_id, "分组里没有题目")
        if item.type != "group" and item.item:
            yield Problem(item.link_id, "只有分组才能包含题目")


def _item_problems(tree: Layout) -> Iterator[Problem]:
    for link_id, item in tree.items.items():
        for check in (_options, _bounds, _flags_of_item, _initial):
            yield from (Problem(link_id, message) for message in check(item))
        for condition in item.enable_when:
            yield from (Problem(link_id, message) for message in _condition(condition, tree))


def _options(item: Item) -> Iterator[str]:
    if item.type not in CODED:
        if item.answer_option:
            yield "只有选择题才有选项"
        return
    if not item.answer_option:
        yield "选择题没有选项"
    for code, times in Counter(o.code for o in item.answer_option).items():
        if times > 1:
            yield f"选项编码“{code}”重复"
    for display, times in Counter(o.display for o in item.answer_option).items():
        if times > 1:
            yield f"选项文字“{display}”重复"
    if any(o.exclusive for o in item.answer_option) and not item.repeats:
        yield "只有多选题才有互斥选项"


def _bounds(item: Item) -> Iterator[str]:
    bounds = [b for b in (item.min_value, item.max_value) if b is not None]
    if item.type in NUMERIC:
        if not all(is_number(b) for b in bounds):
            yield "最小值、最大值应为数字"
        elif len(bounds) == 2 and bounds[0] > bounds[1]:  # type: ignore[operator]
            yield "最小值大于最大值"
    elif item.type == "date":
        if not all(is_date(b) or b == "%today" for b in bounds):
            yield "最早、最晚日期应为 YYYY-MM-DD 或 %today"
        elif all(is_date(b) for b in bounds) and len(bounds) == 2 and bounds[0] > bounds[1]:  # type: ignore[operator]
            yield "最早日期晚于最晚日期"
    elif bounds:
        yield "只有数字题和日期题才有最小值、最大值"


def _flags_of_item(item: Item) -> Iterator[str]:
    if item.type in UNANSWERABLE and (item.required or item.repeats or item.read_only):
        yield "分组和说明文字不能设必填、可重复或只读"
    if item.type == "boolean" and item.repeats:
        yield "是非题不能重复"
    if item.type == "quantity" and not item.unit:
        yield "带单位的数量题没有单位"
    if item.unit and item.type not in NUMERIC:
        yield "只有数字题才有单位"
    if item.max_length and item.type not in TEXTUAL | {"open-choice"}:
        yield "只有文字题才限字数"
    if item.read_only and item.initial is None:
        yield "只读题没有初始值，谁也填不了"


def _initial(item: Item) -> Iterator[str]:
    if item.initial is None:
        return
    if item.type in UNANSWERABLE:
        yield "分组和说明文字没有初始值"
        return
    try:
        if is_blank(item.initial):
            raise Unacceptable("是空的")
        read(item, item.initial, {})
    except Unacceptable as fault:
        yield f"初始值不合本题：{fault}"


def _condition(condition: EnableWhen, tree: Layout) -> Iterator[str]:
    name = condition.question
    asked = tree.items.get(name)
    if asked is None and name not in CONTEXT_TYPES:
        yield f"显示条件引用的题目“{name}”不存在"
        return
    kind = asked.type if asked else CONTEXT_TYPES[name]
    if kind in UNANSWERABLE:
        yield f"显示条件引用的“{name}”是分组或说明文字，没有答案"
        return
    if condition.operator == "exists":
        if not isinstance(condition.answer, bool):
            yield f"显示条件“{name} 是否已答”的值应为 true 或 false"
    elif condition.operator not in ("=", "!=") and kind not in NUMERIC | {"date"}:
        yield f"显示条件“{name}”不是数字或日期，不能比较大小"
    elif not _comparable(kind, asked, condition.answer):
        yield f"显示条件“{name}”的值“{condition.answer}”不是该题可能的答案"


def _comparable(kind: str, asked: Item | None, answer: Any) -> bool:
    if kind in NUMERIC:
        return is_number(answer)
    if kind == "boolean":
        return isinstance(answer, bool)
    if kind == "date":
        return is_date(answer) or answer == "%today"
    if kind in CODED:
        return answer in ([o.code for o in asked.answer_option] if asked else SEX_CODES)
    return isinstance(answer, str)


def _cycles(tree: Layout) -> Iterator[Problem]:
    try:
        evaluation_order(tree)
    except CycleError as error:
        ring = list(dict.fromkeys(error.args[1]))
        for link_id in ring:
            yield Problem(link_id, f"显示条件互相依赖成环：{'、'.join(ring)}")


def _score_problems(definition: Definition, tree: Layout) -> Iterator[Problem]:
    known: dict[str, Item | None] = dict(tree.items)
    for score in definition.score:
        if score.code in known:
            yield Problem(score.code, "得分编码与题目或别的得分重复")
        yield from _expression_problems(score.code, score.expression, known)
        lows = [band.low for band in score.band]
        if lows != sorted(set(lows)):
            yield Problem(score.code, "分段的下限应逐段增大")
        known.setdefault(score.code, None)
    for code, times in Counter(flag.code for flag in definition.flag).items():
        if times > 1:
            yield Problem(code, "提醒编码重复")
    for flag in definition.flag:
        yield from _expression_problems(flag.code, flag.when, known)


def _expression_problems(at: str, text: str, known: dict[str, Item | None]) -> Iterator[Problem]:
    try:
        expression = parse(text)
    except ExpressionInvalid as fault:
        yield Problem(at, str(fault))
        return
    for name in sorted(expression.names - known.keys()):
        yield Problem(at, f"算式引用的“{name}”不存在（得分只能引用写在它前面的得分）")
    yield from (Problem(at, message) for message in _misread(expression, known))


def _misread(expression: Expression, known: dict[str, Item | None]) -> Iterator[str]:
    """Names that exist but have no reading of the kind the expression wants."""
    for name in sorted(expression.numbers & known.keys()):
        item = known[name]
        if item is not None and not _has_number(item):
            yield f"算式引用的“{name}”没有可计算的数值（选择题的每个选项都要有分值）"
    for name, code in sorted(expression.chosen):
        item = known.get(name)
        if name in known and (item is None or code not in {o.code for o in item.answer_option}):
            yield f"算式引用的“{name}”没有选项“{code}”"


def _has_number(item: Item) -> bool:
    if item.type in CODED:
        return item.type == "choice" and all(o.weight is not None for o in item.answer_option)
    return item.type in NUMERIC | {"boolean"} and not item.repeats
