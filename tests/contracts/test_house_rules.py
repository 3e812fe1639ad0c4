"""Rules of the house that a linter does not know. Each list of exceptions has its reasons, and may only shrink."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .fixed_text import holds_sql, unfixed_sql

SOURCES = Path(__file__).resolve().parents[2] / "src" / "kanghu"
FILES = {
    str(path.relative_to(SOURCES)): path.read_text(encoding="utf-8") for path in sorted(SOURCES.rglob("*.py"))
}
TREES = {name: ast.parse(text) for name, text in FILES.items()}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


# --- SQL ---------------------------------------------------------------------------------------------------------

SQL_BUILT = {
    (
        "kernel/audit.py",
        "insert_where",
    ): "numbers of parameters, and a condition that is fixed where it is called",
    ("modules/catalog/repository/packages.py", "items_of"): "column names of a constant, each with its table",
    ("modules/catalog/repository/seed.py", "upsert"): "table and columns of the shipped data files",
    (
        "modules/messaging/repository/conversations.py",
        "page",
    ): "conditions of constants that stand there or not, and numbers of parameters",
    ("modules/messaging/repository/media.py", "content"): "one of three columns of a constant",
    ("modules/wechat/repository/materials.py", "content"): "one of three columns of a constant",
    (
        "modules/people/repository/persons.py",
        "search",
    ): "column names of the dictionary above it; values are parameters",
}


def test_no_sql_is_made_of_anything_but_constants() -> None:
    found = {(name, function) for name, tree in TREES.items() for function, _, _ in unfixed_sql(tree)}
    assert found == set(SQL_BUILT)


@pytest.mark.parametrize(
    "code",
    [
        'async def f(tx, name): await tx.fetch(f"SELECT * FROM {name}")',
        'async def f(tx, name): await tx.fetch("SELECT 1 WHERE a = \'" + name + "\'")',
        'async def f(tx, name): await tx.execute("DELETE FROM a WHERE b = \'%s\'" % name)',
        'async def f(tx, name): await tx.execute("DELETE FROM a WHERE b = {}".format(name))',
        'async def f(tx, name):\n    sql = "SELECT 1"\n    sql += name\n    await tx.fetch(sql)',
        'async def f(tx, names):\n    for name in names:\n        await tx.fetch(f"SELECT {name}")',
        'def f(name): return f"SELECT a FROM b WHERE c = {name}"',
        'async def f(tx, q): await tx.fetchval(q)',
    ],
)  # fmt: skip
def test_the_rule_sees_built_sql(code: str) -> None:
    assert list(unfixed_sql(ast.parse(code)))


def test_the_rule_lets_constants_pass() -> None:
    code = """
COLUMNS = "a, b"
async def f(tx, lock, name):
    tail = " FOR UPDATE" if lock else ""
    await tx.fetch(f"SELECT {COLUMNS} FROM t WHERE a = $1{tail}", name)
    for table in ("x", "y"):
        await tx.execute(f"DELETE FROM {table} WHERE a = $1", name)
"""
    assert list(unfixed_sql(ast.parse(code))) == []


SQL_OUTSIDE = {
    "kernel/audit.py": "the audit log is the kernel's",
    "kernel/exports.py": "so are files on their way to who asked for them",
    "kernel/jobs.py": "so is the queue",
    "kernel/live.py": "and what is told to open pages",
    "main/app.py": "the probe of /healthz",
    "main/documents.py": "reads the database's own catalogue",
    "main/installed.py": "asked before anything else of ours is loaded",
    "main/operations.py": "dead letters of the queue",
    "main/supervisor/database.py": "whether somebody listens to the queue",
}


def test_sql_stands_in_repositories() -> None:
    found = {
        name
        for name, tree in TREES.items()
        if not re.search(r"/repository(\.py|/)", name) and list(holds_sql(tree))
    }
    assert found == set(SQL_OUTSIDE)


def test_nobody_commits_by_hand() -> None:
    """`Database.transaction` opens and commits; a `tx.transaction()` inside is a savepoint."""
    found = []
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("commit", "rollback"):
                found.append((name, node.lineno))
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.match(
                    r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|START TRANSACTION|END)\s*;?\s*$", node.value
                )
            ):
                found.append((name, node.lineno))
    assert found == []


# --- time, money, output -----------------------------------------------------------------------------------------


def test_only_the_clock_asks_for_the_time() -> None:
    """Aware UTC from `clock.now`, the day in Shanghai from `clock.today`: nobody else decides about zones."""
    forbidden = {
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("date", "today"),
        ("datetime", "today"),
        ("datetime", "utcfromtimestamp"),
    }
    found = [
        (name, node.lineno)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in forbidden
        and name != "kernel/clock.py"
    ]
    assert found == []


def test_no_naive_datetime_is_made() -> None:
    found = []
    for name, tree in TREES.items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            zones = {word.arg for word in call.keywords} & {"tzinfo", "tz"}
            made = ast.unparse(call.func)
            enough = {"datetime": 8, "datetime.fromtimestamp": 2}.get(made, 0)
            if len(call.args) < enough and not zones:
                found.append((name, call.lineno))
    assert found == []


MONEY = re.compile(r"(^|_)(fen|yuan|price|amount|fee|cost|money)(_|$)")


def test_money_is_never_a_float() -> None:
    found = [
        (name, node.lineno)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign | ast.arg)
        and node.annotation is not None
        and MONEY.search(node.arg if isinstance(node, ast.arg) else getattr(node.target, "id", ""))
        and "float" in ast.unparse(node.annotation)
    ]
    assert found == []


def test_nobody_prints_but_the_command_line() -> None:
    found = [
        (name, node.lineno)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        and not name.startswith("main/")
    ]
    assert found == []


# --- shape -------------------------------------------------------------------------------------------------------

HIDDEN_IMPORTS = {
    "kernel/spreadsheet.py": "a third of a second, and only exports need it",
    "main/cli.py": "a command loads only what it needs",
    "modules/catalog/names.py": "half a second of dictionaries, which not every process needs",
    "modules/people/identity.py": "dictionaries of 30 MB that only some processes need",
}


def test_imports_stand_at_the_top() -> None:
    found = {
        name
        for name, tree in TREES.items()
        for function in functions(tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert found == set(HIDDEN_IMPORTS)


BROAD = {
    "kernel/jobs.py": "whatever a job raises is a reason to try it again",
    "main/worker.py": "the last words of the process",
    "kernel/converter.py": "a stranger's file may fail in any way; the process ends with it",
}


def test_nobody_swallows_everything() -> None:
    found = [
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    ]
    assert sorted(found) == sorted(BROAD)


def test_files_stay_short() -> None:
    long = {name: len(text.splitlines()) for name, text in FILES.items() if len(text.splitlines()) > 500}
    assert long == {}


LONG_FUNCTIONS: dict[tuple[str, str], str] = {}


def test_functions_stay_short() -> None:
    long = {
        (name, function.name)
        for name, tree in TREES.items()
        for function in functions(tree)
        if (function.end_lineno or 0) - function.lineno + 1 > 60
    }
    assert long == set(LONG_FUNCTIONS)


FORBIDDEN_NAMES = {"utils.py", "helpers.py", "common.py", "manager.py", "base.py"}


def test_files_are_called_by_what_they_hold() -> None:
    assert [name for name in FILES if Path(name).name in FORBIDDEN_NAMES] == []
