"""A running platform with the pages of this checkout.

While one writes pages two variables spare the waiting: `KANGHU_APPS_DIR`, a folder of pages that are built already, and
`KANGHU_RUNNING=1`, the platform that already runs with the `KANGHU_HOME` and `KANGHU_PORT` of this environment.
"""

import fcntl
import importlib.util
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.pages.chromium import Missing
from tests.wire.conftest import Platform, start, stop

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Test workers build and install side by side, but not the same thing twice."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def already_runs() -> bool:
    return "KANGHU_RUNNING" in os.environ


def build_pages() -> None:
    """As `make install` does: only what is missing or older than its sources."""
    if "KANGHU_APPS_DIR" in os.environ or already_runs():
        return
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    with one_at_a_time("pages"):
        if not bootstrap.build_pages():
            raise Missing("网页没有构建成功：请执行 make install，按它的提示处理")


@contextmanager
def platform_in(home: Path) -> Iterator[Platform]:
    if already_runs():
        yield _already_running()
        return
    running = start(home)
    try:
        yield running
    finally:
        stop(running)


def _already_running() -> Platform:
    home = Path(os.environ["KANGHU_HOME"])
    port = int(os.environ["KANGHU_PORT"])
    sandbox_port = int(os.environ["KANGHU_SANDBOX_PORT"])
    # Not our process to stop: the handle of a program that has ended stands in for it.
    found = Platform(home, port, sandbox_port, subprocess.Popen(["true"]))
    told = found.command("demo", "info", "--json")
    assert told.returncode == 0, f"no platform runs in {home}:\n{told.stderr[-1500:]}"
    found.info = json.loads(told.stdout)
    return found
