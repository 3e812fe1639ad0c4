"""What work costs: CPU and memory of process trees, and the JSON line in which it is told."""

import asyncio
import contextlib
import json
import re
import statistics
from collections.abc import Iterable
from pathlib import Path

import psutil


def cpu_seconds(root: psutil.Process) -> float:
    """CPU of a process and its descendants: the living ones, and those whose end their parent has seen."""
    total = 0.0
    for each in family(root):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory_mb(root: psutil.Process) -> dict[str, float]:
    """Proportional set size in MiB, pages shared by n processes counted 1/n, by kind of process and in all."""
    found: dict[str, float] = {}
    for each in family(root):
        with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            kind = _kind(each.cmdline())
            found[kind] = found.get(kind, 0.0) + _pss_kib(each.pid) / 1024
    found["total"] = sum(found.values())
    return {kind: round(size, 1) for kind, size in found.items()}


def family(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]


def _kind(command: list[str]) -> str:
    line = " ".join(command)
    names = {
        "kanghu.main.web": "web",
        "kanghu.main.worker": "worker",
        "kanghu_sandbox": "sandbox",
        "postgres": "postgres",
    }
    return next((name for word, name in names.items() if word in line), "supervisor")


def _pss_kib(pid: int) -> int:
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


async def settle() -> None:
    """Lets PostgreSQL end the backends of those who have left, so that their CPU is known and counted where it belongs."""
    await asyncio.sleep(0.5)


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def latency(seconds: list[float]) -> dict[str, float]:
    return {
        "p50_ms": round(percentile(seconds, 0.5) * 1000, 2),
        "p99_ms": round(percentile(seconds, 0.99) * 1000, 2),
    }


def median_us(seconds: Iterable[float]) -> int:
    return round(statistics.median(seconds) * 1e6)


def emit(name: str, **figures: object) -> None:
    print(json.dumps({"bench": name, **figures}, ensure_ascii=False), flush=True)
