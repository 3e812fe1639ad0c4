"""The little language of scores and flags: ``sum(q1, q2)``, ``weight_kg / (height_cm / 100 * (height_cm / 100))``,
``total >= 10 and chosen(diagnosed, "hypertension")``.

A name is an item (its number, the weight of the chosen option, 1/0 for yes/no) or an earlier score. Functions:
``sum min max`` of several; ``count`` how many are answered; ``default(x, n)`` n when x has no answer;
``chosen(x, "code")`` whether the option was chosen. A missing answer makes the result not computable and says what is
missing: nothing is ever assumed. Python's parser reads the text, but only the forms below are accepted and nothing is executed.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

MAX_DEPTH = 50  # keeps evaluation far from Python's own recursion limit
LARGEST = 1e15  # what a number field may hold at most; larger literals are slips
MAX_RESULT = 1e300  # anything above (also inf and nan) is no result
TOO_LARGE = "数值太大"

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARE: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_MANY: dict[str, Callable[[list[float]], float]] = {"sum": sum, "min": min, "max": max}
_FUNCTIONS = frozenset({*_MANY, "count", "default", "chosen"})


class ExpressionInvalid(ValueError):
    """The text is not an expression of this language; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class NotComputable:
    """Why there is no value: names without an answer, or a reason such as a division by zero."""

    missing: frozenset[str] = frozenset()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Values:
    """What an expression may look at: numbers by name; for ``chosen`` the codes; for ``count`` who is answered."""

    numbers: Mapping[str, float]
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answered: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Expression:
    tree: ast.expr
    numbers: frozenset[str]  # names that must have a numeric reading
    chosen: frozenset[tuple[str, str]]  # (name, code) of every chosen()
    counted: frozenset[str]  # names inside count(): any answer will do

    @property
    def names(self) -> frozenset[str]:
        return self.numbers | self.counted | {name for name, _ in self.chosen}


Result = float | bool | NotComputable


def parse(text: str) -> Expression:
    """Read an expression. Raises ExpressionInvalid with a Chinese message."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionInvalid("算式写法有误") from None
    reader = _Reader()
    reader.read(tree)
    return Expression(tree, frozenset(reader.numbers), frozenset(reader.chosen), frozenset(reader.counted))


class _Reader:
    """Walks a tree once: refuses what the language does not have, collects the names."""

    def __init__(self) -> None:
        self.numbers: set[str] = set()
        self.chosen: set[tuple[str, str]] = set()
        self.counted: set[str] = set()
        self.depth = 0

    def read(self, node: ast.expr) -> None:
        if self.depth > MAX_DEPTH:
            raise ExpressionInvalid("算式嵌套太深，连加请写成 sum(…)")
        self.depth += 1
        self._read(node)
        self.depth -= 1

    def _read(self, node: ast.expr) -> None:
        match node:
            case ast.Constant(value=bool() | int() | float() as value) if abs(value) <= LARGEST:
                return
            case ast.Name(id=name):
                self.numbers.add(name)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                self._all(left, right)
            case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
                self.read(operand)
            case ast.BoolOp(values=values):
                self._all(*values)
            case ast.Compare(left=left, ops=ops, comparators=rest) if all(type(o) in _COMPARE for o in ops):
                self._all(left, *rest)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._all(test, body, orelse)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
                self._call(name, args)
            case _:
                raise ExpressionInvalid(f"算式里不能用这种写法（第 {node.col_offset + 1} 个字符起）")

    def _all(self, *nodes: ast.expr) -> None:
        for node in nodes:
            self.read(node)

    def _call(self, name: str, args: list[ast.expr]) -> None:
        match name, args:
            case "chosen", [ast.Name(id=asked), ast.Constant(value=str() as code)]:
                self.chosen.add((asked, code))
            case "count", [_, *_] if all(isinstance(a, ast.Name) for a in args):
                self.counted.update(a.id for a in args if isinstance(a, ast.Name))
            case "default", [ast.Name(id=asked), fallback]:
                self.numbers.add(asked)
                self.read(fallback)
            case "sum" | "min" | "max", [_, *_]:
                self._all(*args)
            case _:
                raise ExpressionInvalid(f"{name}() 的参数不对")


def evaluate(expression: Expression, values: Values) -> Result:
    """The value, or why there is none. Never raises; the number is finite."""
    try:
        result = _value(expression.tree, values)
    except ZeroDivisionError:
        return NotComputable(reason="除数为0")
    except OverflowError:
        return NotComputable(reason=TOO_LARGE)
    if not isinstance(result, NotComputable) and not abs(result) <= MAX_RESULT:
        return NotComputable(reason=TOO_LARGE)
    return result


def _value(node: ast.expr, values: Values) -> Result:
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            return value
        case ast.Name(id=name):
            found = values.numbers.get(name)
            return NotComputable(frozenset({name})) if found is None else found
        case ast.BinOp(left=left, op=op, right=right):
            return _combine([left, right], values, lambda v: _BINARY[type(op)](v[0], v[1]))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _combine([operand], values, lambda v: -v[0])
        case ast.UnaryOp(operand=operand):
            return _combine([operand], values, lambda v: not v[0])
        case ast.Compare(left=left, ops=ops, comparators=rest):
            return _combine([left, *rest], values, lambda v: _chain(ops, v))
        case _:
            return _control(node, values)


def _control(node: ast.expr, values: Values) -> Result:
    match node:
        case ast.BoolOp(op=op, values=parts):
            return _logic(isinstance(op, ast.Or), [_value(part, values) for part in parts])
        case ast.IfExp(test=test, body=body, orelse=orelse):
            asked = _value(test, values)
            return asked if isinstance(asked, NotComputable) else _value(body if asked else orelse, values)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(name, args, values)
        case _:  # pragma: no cover - parse() let nothing else in
            raise AssertionError(ast.dump(node))


def _combine(nodes: list[ast.expr], values: Values, apply: Callable[[list[float]], float | bool]) -> Result:
    parts = [_value(node, values) for node in nodes]
    faults = [part for part in parts if isinstance(part, NotComputable)]
    if faults:
        return NotComputable(
            frozenset[str]().union(*(fault.missing for fault in faults)),
            next((fault.reason for fault in faults if fault.reason), ""),
        )
    return apply([part for part in parts if not isinstance(part, NotComputable)])


def _chain(ops: list[ast.cmpop], values: list[float]) -> bool:
    return all(_COMPARE[type(op)](a, b) for op, a, b in zip(ops, values, values[1:], strict=False))


def _logic(is_or: bool, parts: list[Result]) -> Result:
    """Three-valued: a decided side decides although the other side is missing."""
    if any(not isinstance(part, NotComputable) and bool(part) is is_or for part in parts):
        return is_or
    missing = [part.missing for part in parts if isinstance(part, NotComputable)]
    return NotComputable(frozenset[str]().union(*missing)) if missing else not is_or


def _call(name: str, args: list[ast.expr], values: Values) -> Result:
    match name, args:
        case "count", _:
            return sum(1 for a in args if isinstance(a, ast.Name) and a.id in values.answered)
        case "chosen", [ast.Name(id=asked), ast.Constant(value=str() as code)]:
            codes = values.codes.get(asked)
            return NotComputable(frozenset({asked})) if codes is None else code in codes
        case "default", [ast.Name(id=asked), fallback]:
            found = values.numbers.get(asked)
            return _value(fallback, values) if found is None else found
        case _:
            return _combine(args, values, _MANY[name])
