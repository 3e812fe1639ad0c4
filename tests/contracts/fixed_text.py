"""Whether a text in a program is fixed: made of constants only, whatever a client sends (ADR 0002)."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# A statement, not a sentence that happens to hold one of the words: keywords are written in capitals in this house.
SQL = re.compile(
    r"\b(SELECT\s|INSERT\s+INTO\s|UPDATE\s+[\w.]+\s|DELETE\s+FROM\s|CREATE\s+(TABLE|DATABASE|INDEX|ROLE|SCHEMA)\s|TRUNCATE\s|DROP\s)"
)
RUNS_SQL = {"fetch", "fetchrow", "fetchval", "execute", "executemany", "cursor"}

# Functions that make a piece of SQL of names and places, never of values.
BUILDERS = {
    "matching": "column names and a parameter's number",
    "insert_where": "a parameter's number and a fixed condition",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    tree: ast.Module
    constants: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for statement in self.tree.body:
            if isinstance(statement, ast.ImportFrom):
                self.constants |= {
                    name.asname or name.name for name in statement.names if _loud(name.asname or name.name)
                }
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            if isinstance(statement, ast.AnnAssign):
                targets = [statement.target]
            for target in targets:
                if isinstance(target, ast.Name) and _loud(target.id):
                    self.constants.add(target.id)


def _loud(name: str) -> bool:
    return name.upper() == name


def is_fixed(expression: ast.expr | None, module: Module, function: Function | None) -> bool:
    """Constants, what is put together of them, and names that only ever get such values."""
    if isinstance(expression, ast.Constant):
        return isinstance(expression.value, str | int)
    if isinstance(expression, ast.Name):
        return expression.id in module.constants or _is_fixed_name(expression.id, module, function)
    if isinstance(expression, ast.Attribute):
        return _loud(expression.attr)
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Add):
        return all(is_fixed(side, module, function) for side in (expression.left, expression.right))
    if isinstance(expression, ast.IfExp):
        return all(is_fixed(side, module, function) for side in (expression.body, expression.orelse))
    if isinstance(expression, ast.JoinedStr):
        return all(is_fixed(part, module, function) for part in expression.values)
    if isinstance(expression, ast.FormattedValue):
        return is_fixed(expression.value, module, function)
    if isinstance(expression, ast.Call):
        name = (
            expression.func.attr
            if isinstance(expression.func, ast.Attribute)
            else getattr(expression.func, "id", "")
        )
        return name in BUILDERS
    return False


def _is_fixed_name(name: str, module: Module, function: Function | None) -> bool:
    """A local name is fixed when everything that is ever assigned to it is, and it is no parameter."""
    if function is None or name in {
        argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)
    }:
        return False
    assigned = list(_assigned(name, function))
    return bool(assigned) and all(_is_fixed_source(value, module, function) for value in assigned)


def _assigned(name: str, function: Function) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(
                isinstance(found, ast.Name) and found.id == name
                for target in targets
                for found in ast.walk(target)
            ):
                yield node.value or ast.Constant(None)
        loops = isinstance(node, ast.For | ast.AsyncFor | ast.comprehension)
        if loops and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node.target)):
            yield node.iter


def _is_fixed_source(value: ast.expr, module: Module, function: Function) -> bool:
    """What a name gets: a fixed text, or one after the other of a fixed list."""
    if isinstance(value, ast.Tuple | ast.List):
        return all(_is_fixed_source(part, module, function) for part in value.elts)
    return is_fixed(value, module, function)


def unfixed_sql(tree: ast.Module) -> Iterator[tuple[str, int, str]]:
    """(function, line, text) of everything that is run as SQL, or reads like it, and is not fixed."""
    module = Module(tree)
    for function, node in _with_functions(tree):
        name = function.name if function else "<module>"
        if (
            isinstance(node, ast.JoinedStr)
            and SQL.search(_text(node))
            and not is_fixed(node, module, function)
        ):
            yield name, node.lineno, ast.unparse(node)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in RUNS_SQL
            and not is_fixed(node.args[0] if node.args else None, module, function)
        ):
            yield name, node.lineno, ast.unparse(node)[:100]


def holds_sql(tree: ast.Module) -> Iterator[int]:
    """Lines of texts that read like SQL; docstrings don't count."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in docs:
            continue
        if SQL.search(node.value):
            yield node.lineno


def _text(joined: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else " x " for part in joined.values)


def _with_functions(tree: ast.Module) -> Iterator[tuple[Function | None, ast.AST]]:
    """Every node with the innermost function around it."""

    def walk(node: ast.AST, function: Function | None) -> Iterator[tuple[Function | None, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            inner = child if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            yield inner, child
            yield from walk(child, inner)

    yield from walk(tree, None)
