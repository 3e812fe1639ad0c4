"""Keeps child processes running: starts them, restarts what dies, stops them in reverse order.

One thread, one loop, no pipes: children write to their own log files, so their output survives us and cannot block them.
"""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from kanghu.main.supervisor.spawn import kill_group, spawn, stop

FIRST_DELAY = 0.2
LONGEST_DELAY = 30.0
# A child that lived this long is healthy again: its next death is restarted without delay.
PROVEN_SECONDS = 60.0
TICK = 0.05
LOG_LIMIT = 20 * 1024 * 1024
EXPLANATION_LINES = 6
EXPLANATION_BYTES = 16384
# The last line of a Python traceback: "package.SomethingError: why".
ERROR_LINE = re.compile(r"[\w.]*(Error|Exception)(:|$)|\w+(\.\w+)+: ")


class StartFailed(RuntimeError):
    """Something could not be started; the message (Chinese) says what, and what its log says."""


class StopRequested(Exception):
    """Ctrl-C or SIGTERM arrived while something was being waited for."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running.

    `launch` starts it without waiting; `ready` tells whether it serves. `tries`: how often it may end before it was ever
    ready until that counts as a failed start.
    """

    name: str
    launch: Callable[[], subprocess.Popen[bytes]]
    ready: Callable[[], bool]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    tries: int = 1


@dataclass(slots=True)
class _Kept:
    """A child and how it is doing. Without a process it waits for `retry_at`."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    launched_at: float = 0.0
    log_start: int = 0
    retry_at: float = 0.0
    delay: float = FIRST_DELAY
    deaths: int = 0
    ready: bool = False


class Supervisor:
    """Keeps children running until it is asked to stop. Use from the main thread only."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._kept: list[_Kept] = []
        self.stopping = False

    def listen_to_signals(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal ask for a clean stop; repeating them changes nothing."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)

    def start(self, *children: Child, seconds: float = 120.0) -> None:
        """Launch `children` side by side and wait until all are ready. Raises StartFailed, StopRequested."""
        waiting = [_Kept(child) for child in children]
        self._kept += waiting
        give_up = time.monotonic() + seconds
        while waiting:
            self.tick()
            waiting = [kept for kept in waiting if not kept.ready]
            for kept in waiting:
                if kept.deaths >= kept.child.tries:
                    raise StartFailed(f"{kept.child.name} 没能启动，完整日志在 {kept.child.log}")
                if time.monotonic() > give_up:
                    raise StartFailed(
                        f"{kept.child.name} 在 {seconds:g} 秒内没有就绪，请看日志 {kept.child.log}"
                    )

    def run_step(
        self, command: Sequence[str | Path], *, env: dict[str, str], log: Path, cwd: Path | None = None
    ) -> None:
        """Run a command to its end; what it prints is shown, what it reports as errors goes to `log`.

        Raises StartFailed when it fails, StopRequested (the command is ended) when asked to stop meanwhile.
        """
        log_start = size_of(log)
        process = spawn(command, env=env, log=log, death_signal=signal.SIGKILL, show_output=True)
        try:
            while process.poll() is None:
                self.tick()
        finally:
            stop(process, signal.SIGTERM, 10.0)
        if process.returncode != 0:
            raise StartFailed(f"{command[-1]} 失败，完整日志在 {log}：\n{explanation(log, log_start)}")

    def watch(self) -> None:
        """Keep everything running until asked to stop."""
        next_look = 0.0
        with contextlib.suppress(StopRequested):
            while True:
                self.tick()
                if time.monotonic() > next_look:
                    next_look = time.monotonic() + 60
                    self._shorten_logs()

    def tick(self) -> None:
        """One round of looking after everything, and a short rest. Raises StopRequested when asked to stop."""
        if self.stopping:
            raise StopRequested
        for kept in self._kept:
            self._look_after(kept)
        time.sleep(TICK)

    def stop(self) -> None:
        """Stop all children, the last started first. Never raises."""
        self.stopping = True
        for kept in reversed(self._kept):
            if kept.process is not None and not stop(
                kept.process, kept.child.stop_signal, kept.child.stop_seconds
            ):
                self._say(f"✗ {kept.child.name} 在 {kept.child.stop_seconds:g} 秒内没有停下，已强行结束")
        self._kept.clear()

    def _request_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _look_after(self, kept: _Kept) -> None:
        now = time.monotonic()
        if kept.process is None:
            if now >= kept.retry_at:
                self._launch(kept, now)
        elif kept.process.poll() is not None:
            kill_group(kept.process)  # what it started goes with it
            self._note_death(kept, now, _ending(kept.process.returncode))
        elif not kept.ready:
            kept.ready = kept.child.ready()
            if kept.ready and kept.deaths:
                self._say(f"✓ {kept.child.name} 已恢复")
        elif kept.deaths and now - kept.launched_at > PROVEN_SECONDS:
            kept.deaths, kept.delay = 0, FIRST_DELAY

    def _launch(self, kept: _Kept, now: float) -> None:
        if kept.deaths:
            self._say(f"… 重新启动 {kept.child.name}")
        kept.launched_at = now
        kept.log_start = size_of(kept.child.log)
        try:
            kept.process = kept.child.launch()
        except (OSError, subprocess.SubprocessError) as error:  # a full disk, no process left: it may pass
            self._note_death(kept, now, f"无法启动（{error}）")

    def _note_death(self, kept: _Kept, now: float, how: str) -> None:
        """Say what happened and plan the next try."""
        kept.process, kept.ready = None, False
        kept.deaths += 1
        self._say(f"✗ {kept.child.name} {how}，日志 {kept.child.log}")
        for line in explanation(kept.child.log, kept.log_start).splitlines():
            self._say(f"  {kept.child.name} │ {line}")
        kept.retry_at = now + kept.delay
        kept.delay = min(kept.delay * 2, LONGEST_DELAY)

    def _shorten_logs(self) -> None:
        for kept in self._kept:
            shorten(kept.child.log, LOG_LIMIT)


def size_of(log: Path) -> int:
    """Bytes in a log now; what is written later stands behind them."""
    return log.stat().st_size if log.exists() else 0


def explanation(log: Path, since: int) -> str:
    """Why a process ended, by what its log says from byte `since` on: the last error with what follows, else the end."""
    size = size_of(log)
    if size < since:  # shortened in between
        since = 0
    if size == 0:
        return ""
    with log.open("rb") as file:
        file.seek(max(since, size - EXPLANATION_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    errors = [number for number, line in enumerate(lines) if ERROR_LINE.match(line)]
    first = errors[-1] if errors else max(0, len(lines) - EXPLANATION_LINES)
    return "\n".join(lines[first : first + EXPLANATION_LINES])


def shorten(log: Path, limit: int) -> None:
    """Move a log of more than `limit` bytes to `<name>.1` and begin anew; its writer, which appends, notices nothing."""
    if log.exists() and log.stat().st_size > limit:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold `lock` for as long as this process lives. Raises StartFailed when another process has it."""
    with lock.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StartFailed(
                f"{lock.parent} 已有一个康护在运行（进程 {file.read().strip() or '未知'}）。"
                "请先停止它（在它的窗口按 Ctrl-C），或用 KANGHU_HOME 指定另一个目录"
            ) from None
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _ending(code: int) -> str:
    return f"被信号 {signal.Signals(-code).name} 结束" if code < 0 else f"退出（代码 {code}）"
