"""Who may import whom (.importlinter): kept by the code, and a forbidden import would be seen."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(LINT), "--no-logo", "--no-cache", "--config", str(folder / ".importlinter")],
        cwd=folder / "src",
        env={"PYTHONPATH": str(folder / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=180,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Code and contracts somewhere else, to be spoilt."""
    folder = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "data", "*.json", "*.csv")
    shutil.copytree(ROOT / "src", folder / "src", ignore=ignored)
    shutil.copy(ROOT / ".importlinter", folder / ".importlinter")
    return folder


def test_all_contracts_are_kept(copy: Path) -> None:
    said = lint(copy)
    assert said.returncode == 0, said.stdout + said.stderr


# Where a line is added, the line, and the contract that must break.
FORBIDDEN = {
    "upwards": ("modules/people/policy.py", "from kanghu.modules.exams import public", "Modules only look down"),
    "sideways": ("modules/catalog/policy.py", "from kanghu.modules.forms import public", "Modules only look down"),
    "another's repository": (
        "modules/health/service/known.py", "from kanghu.modules.exams.repository import results as foreign",
        "Only public.py and events.py",
    ),
    "the kernel knows no module": (
        "kernel/clock.py", "from kanghu.modules.people import public", "main > modules > kernel",
    ),
    "nor does a module know main": ("modules/notices/policy.py", "from kanghu.main import home", "main > modules > kernel"),
    "service over its own endpoints": (
        "modules/exams/service/results.py", "from kanghu.modules.exams import endpoints", "Inside a module",
    ),
    "driver in an endpoint": ("modules/exams/endpoints.py", "import asyncpg", "The database driver"),
    "web in a service": ("modules/exams/service/results.py", "import fastapi", "FastAPI only at the edges"),
    "a pure engine with a database": (
        "modules/health/risk/engine.py", "from kanghu.kernel import db", "Pure engines",
    ),
    "the sandbox knows the platform": (
        "../kanghu_sandbox/wire/envelope.py", "from kanghu.kernel import clock", "The outside world",
    ),
    "hidden in a function": (
        "modules/people/policy.py", "def hidden() -> None:\n    import kanghu.modules.exchange.public",
        "Modules only look down",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", list(FORBIDDEN))
def test_a_forbidden_import_is_seen(copy: Path, case: str) -> None:
    name, line, contract = FORBIDDEN[case]
    path = copy / "src" / "kanghu" / name
    kept = path.read_text(encoding="utf-8")
    path.write_text(f"{kept}\n{line}\n", encoding="utf-8")
    try:
        said = lint(copy)
    finally:
        path.write_text(kept, encoding="utf-8")
    assert said.returncode != 0
    verdict = rf"^{re.escape(contract)}(?:(?!KEPT|BROKEN).)*BROKEN"
    assert re.search(verdict, said.stdout, re.DOTALL | re.MULTILINE), said.stdout


def test_a_module_that_nobody_placed_is_seen(copy: Path) -> None:
    """A new module must be given its floor before anything else."""
    stray = copy / "src" / "kanghu" / "modules" / "stray"
    stray.mkdir()
    (stray / "__init__.py").write_text("", encoding="utf-8")
    try:
        assert lint(copy).returncode != 0
    finally:
        shutil.rmtree(stray)
