"""The platform under test, and what one can do to it and see of it from outside."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg
import httpx
import psutil

from tests.wire.conftest import START_S, Platform, environment, eventually, free_port

T = TypeVar("T")


class Battered(Platform):
    """A platform in one home on fixed ports, whose processes are killed and come back, the supervisor included."""

    @classmethod
    def install(cls, home: Path) -> Self:
        ports = free_port(), free_port()
        platform = cls(home, *ports, cls.launch(home, *ports))
        platform.await_ready()
        platform.info = json.loads(platform.command("demo", "info", "--json").stdout)
        return platform

    @staticmethod
    def launch(home: Path, port: int, sandbox_port: int) -> "subprocess.Popen[bytes]":
        with (home / "said").open("wb") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "kanghu.main.cli", "run"],
                env=environment(home, port, sandbox_port),
                stdout=said,
                stderr=said,
            )

    def start(self) -> None:
        self.process = self.launch(self.home, self.port, self.sandbox_port)
        self.await_ready()

    def await_ready(self) -> None:
        def ready() -> bool:
            said = (self.home / "said").read_text()
            assert self.process.poll() is None, said
            return "ready" in said

        eventually(ready, seconds=START_S)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)

    # What kills

    def pid(self, word: str) -> int:
        """Our own child whose command line holds `word`."""
        return next(
            child.pid
            for child in psutil.Process(self.process.pid).children()
            if word in " ".join(child.cmdline())
        )

    def kill_one(self, word: str) -> None:
        """kill -9 of a child, and wait until the supervisor has another one in its place that serves."""
        gone = self.pid(word)
        os.kill(gone, signal.SIGKILL)
        eventually(lambda: self._replaced(word, gone))
        self.await_health()

    def kill_all(self) -> None:
        """kill -9 of the supervisor and everything under it."""
        supervisor = psutil.Process(self.process.pid)
        for process in [supervisor, *supervisor.children(recursive=True)]:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.wait()

    def survivors(self) -> list[str]:
        """Command lines of processes that belong to this home, wherever they hang in the process tree."""
        return [" ".join(process.cmdline()) for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("KANGHU_HOME") == str(self.home) or process.cwd().startswith(
                str(self.home)
            )
        except psutil.Error:
            return False

    def _replaced(self, word: str, gone: int) -> bool:
        try:
            return self.pid(word) != gone
        except (StopIteration, psutil.Error):  # not there yet; a zombie has no command line
            return False

    # What one sees

    def await_health(self) -> None:
        """Web answers, a worker listens for jobs."""

        def healthy() -> bool:
            try:
                return (
                    httpx.get(f"{self.url}/healthz", trust_env=False).status_code == 200
                    and self.listening() > 0
                )
            except (httpx.HTTPError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return False

        eventually(healthy, seconds=60)

    def listening(self) -> int:
        """How many workers wait for jobs."""
        return self.value(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %pgqueuer%' AND state = 'idle'"
        )

    @property
    def dsn(self) -> str:
        known = json.loads((self.home / "pg" / "connection.json").read_text())
        return f"postgresql://app:{known['password']}@127.0.0.1:{known['port']}/postgres"

    def on_database(self, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        async def run() -> T:
            connection = await asyncpg.connect(self.dsn)
            try:
                return await work(connection)
            finally:
                await connection.close()

        return asyncio.run(run())

    def rows(self, query: str, *args: Any) -> list[asyncpg.Record]:
        return self.on_database(lambda connection: connection.fetch(query, *args))

    def value(self, query: str, *args: Any) -> Any:
        return self.on_database(lambda connection: connection.fetchval(query, *args))

    def await_idle(self, *, seconds: float = 60) -> None:
        """Until no job waits or runs. Jobs of a killed worker are delivered again when its heartbeat of 20 s has run out."""
        eventually(
            lambda: self.value("SELECT count(*) FROM pgqueuer WHERE status <> 'failed'") == 0, seconds=seconds
        )

    def dead_letters(self) -> int:
        return self.value("SELECT count(*) FROM pgqueuer WHERE status = 'failed'")

    def audit_is_whole(self) -> bool:
        verdict = self.command("audit", "verify", "--json")
        assert verdict.returncode == 0, verdict.stdout + verdict.stderr
        return json.loads(verdict.stdout)["checked"] > 0

    def log(self, name: str) -> str:
        return (self.home / "logs" / f"{name}.log").read_text()

    def faults(self, **inbound: Any) -> None:
        """How the sandbox's vendor interface misbehaves from now on; nothing given: not at all."""
        answer = httpx.put(f"{self.sandbox}/control/faults", json={"inbound": inbound}, trust_env=False)
        assert answer.status_code == 200, answer.text


def wait_for_growth(count: Callable[[], int], by: int, *, seconds: float = 60) -> None:
    """Until `count()` is larger by `by` than now."""
    start = count()
    deadline = time.monotonic() + seconds
    while count() < start + by:
        assert time.monotonic() < deadline, f"stands at {count()}"
        time.sleep(0.05)
