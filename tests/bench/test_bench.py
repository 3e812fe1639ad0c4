"""The measurements run, on sizes that measure nothing: so that they do not rot."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.cost import percentile
from bench.limit import Statement

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=220
    )


@pytest.fixture(scope="module")
def told() -> dict[str, list[dict[str, Any]]]:
    """What a small run prints, by name. `cold_start` starts the platform twice and is left to `make bench`."""
    names = "sign_in booking wechat_callback live_fanout push_results conversation_list results_page"
    done = bench("--small", *names.split())
    assert done.returncode == 0, done.stderr
    found: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        figures = json.loads(line)
        found.setdefault(figures["bench"], []).append(figures)
    return found


def test_every_measurement_prints_its_lines(told: dict[str, list[dict[str, Any]]]) -> None:
    assert {name: len(lines) for name, lines in told.items()} == {
        "sign_in": 1,
        "booking": 1,
        "wechat_callback": 1,
        "live_fanout": 1,
        "push_results_60": 1,
        "push_results_60_with_jobs": 1,
        "conversation_list": 2,
        "results_page": 4,
    }


def test_what_was_asked_was_done(told: dict[str, list[dict[str, Any]]]) -> None:
    [booking] = told["booking"]
    assert (booking["tries"], booking["booked_each_round"]) == (6, 2)
    assert {(page["reader"], page["page"]) for page in told["results_page"]} == {
        ("staff", "first"),
        ("staff", "deep"),
        ("customer", "first"),
        ("customer", "deep"),
    }
    assert [page["page"] for page in told["conversation_list"]] == ["first", "deep"]
    [jobs] = told["push_results_60_with_jobs"]
    assert jobs["worker_cpu_us"] > 0


def test_an_unknown_name_is_refused() -> None:
    refused = bench("no-such-thing")
    assert refused.returncode == 1
    assert "push_results" in refused.stderr


def test_a_statement_for_pgbench_holds_its_arguments() -> None:
    statement = Statement(
        "SELECT $1::kernel.scope, $2, $3, $10 ", ((True, ["a"], None), "it's :x", b"\x01", *"4567890")
    )
    assert statement.naming({"0": "nought"}).text() == (
        "SELECT ROW(True, E'{\"a\"}', NULL)::kernel.scope, E'it''s \\x3ax', E'\\\\x01', :nought "
    )


def test_percentile() -> None:
    assert [percentile([3, 1, 2], share) for share in (0, 0.5, 1)] == [1, 2, 3]
