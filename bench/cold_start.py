"""`kanghu run` from an empty folder to ready, and again; what its processes hold in memory, idle and after 500 pushes."""

import asyncio
import itertools
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import load
from bench.cost import cpu_seconds, emit, family, memory_mb
from bench.platform import filled, free_port, jobs_done
from bench.push_results import CONNECTIONS, requests
from kanghu.main.home import Home
from kanghu.main.supervisor.postgres import EmbeddedPostgres, known_dsn


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, and of CPU in all processes together: on a busy machine only the second is worth comparing."""

    seconds: float
    cpu: float

    def over(self, other: "Cost") -> dict[str, float]:
        return {
            "seconds": round(self.seconds / other.seconds, 2),
            "cpu": round(self.cpu / other.cpu, 2),
        }

    def told(self) -> dict[str, float]:
        return {"seconds": round(self.seconds, 2), "cpu": round(self.cpu, 2)}


@dataclass(frozen=True)
class Running:
    process: psutil.Process
    url: str
    cost: Cost
    steps: dict[str, float]


async def measure(folder: Path, *, pushes: int = 500) -> None:
    """Prints both starts, what they are compared with, and the memory."""
    folder.mkdir()
    folder.chmod(0o755)
    home = Home(folder / "home")
    empty_database = _initdb_and_start(folder / "pg")
    bare_import = _import_of_the_application()
    ports = free_port(), free_port()  # the same for both, as where it is installed
    with _running(home, ports) as running:
        first, first_steps = running.cost, running.steps
    with _running(home, ports) as running:
        second, second_steps = running.cost, running.steps
        idle = memory_mb(running.process)
        await _push(home, running, pushes)
        loaded = memory_mb(running.process)
    emit(
        "cold_start",
        first_start=first.told(),
        second_start=second.told(),
        initdb_and_start=empty_database.told(),
        import_of_the_application=bare_import.told(),
        first_start_to_initdb_and_start=first.over(empty_database),
        first_start_to_import=first.over(bare_import),
        second_start_to_import=second.over(bare_import),
        seconds_of_first_steps=first_steps,
        seconds_of_second_steps=second_steps,
    )
    emit("memory", unit="MiB PSS", idle=idle, after_pushes=loaded, pushes=pushes)


def _initdb_and_start(folder: Path) -> Cost:
    """PostgreSQL alone, as we start it, from an empty folder until it answers."""
    began, before = time.perf_counter(), _children_cpu()
    with EmbeddedPostgres(folder) as postgres:
        seconds = time.perf_counter() - began
        living = cpu_seconds(psutil.Process(postgres.pid))
        ended = _children_cpu() - before
    return Cost(seconds, living + ended)


def _import_of_the_application() -> Cost:
    began, before = time.perf_counter(), _children_cpu()
    subprocess.run([sys.executable, "-c", "import kanghu.main.app"], check=True)
    return Cost(time.perf_counter() - began, _children_cpu() - before)


def _children_cpu() -> float:
    """CPU of the children of this process that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _running(home: Home, ports: tuple[int, int]) -> Iterator[Running]:
    """`kanghu run` that has said *ready*, on these ports of platform and sandbox."""
    port, sandbox_port = ports
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    own = {
        "KANGHU_HOME": str(home.root),
        "KANGHU_PORT": str(port),
        "KANGHU_SANDBOX_PORT": str(sandbox_port),
    }
    began = time.perf_counter()
    started = subprocess.Popen(
        [sys.executable, "-m", "kanghu.main.cli", "run"],
        env=inherited | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert started.stdout is not None
        said = list(itertools.takewhile(lambda line: "ready" not in line, started.stdout))
        assert started.poll() is None, "".join(said)
        seconds = time.perf_counter() - began
        process = psutil.Process(started.pid)
        steps = {
            name: float(took) for line in said for name, took in re.findall(r"✓ (.+)（([\d.]+) 秒）", line)
        }
        yield Running(process, f"http://127.0.0.1:{port}", Cost(seconds, cpu_seconds(process)), steps)
    finally:
        started.send_signal(signal.SIGINT)
        started.communicate(timeout=60)


async def _push(home: Home, running: Running, pushes: int) -> None:
    """So many pushes of 60 results, and what the worker does about them."""
    postmaster = next(each for each in family(running.process) if "postgres" in each.name())
    dsn = known_dsn(home.pg)
    assert dsn is not None
    async with filled(home, dsn, postmaster, customers=50) as bench:
        batch = requests(bench, running.url.removeprefix("http://"), itertools.count(), pushes)
        (await load.run(running.url, batch, CONNECTIONS)).all(200)
        await jobs_done(bench)
        await asyncio.sleep(1)
