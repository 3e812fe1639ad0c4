"""The process supervisor with tiny children: what dies comes back, and nothing stays behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from kanghu.main.supervisor import processes
from kanghu.main.supervisor.processes import (
    Child,
    StartFailed,
    StopRequested,
    Supervisor,
    explanation,
    only_one,
    shorten,
)
from kanghu.main.supervisor.spawn import spawn

Script = Callable[[str], subprocess.Popen[str]]
IsAlive = Callable[[int], bool]
WaitUntil = Callable[..., None]
NextLine = Callable[[subprocess.Popen[str]], str]

# Children that say they are ready by a file, and one that starts a child of its own.
SLEEPER = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = "import subprocess; subprocess.Popen(['sleep', '60']); " + SLEEPER
NOTES_ITS_END = """
import signal, sys, time, pathlib
def end(*_):
    with open('ends', 'a') as file:
        file.write(pathlib.Path(sys.argv[1]).name + ' ')
    sys.exit()
signal.signal(signal.SIGTERM, end)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""


class Stage:
    """A supervisor, what it said, and children that live in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.supervisor = Supervisor(self.said.append)
        self.launched: dict[str, list[subprocess.Popen[bytes]]] = {}

    def child(self, name: str, text: str, *, stop_seconds: float = 10.0, tries: int = 1) -> Child:
        mark, log = self.folder / name, self.folder / f"{name}.log"

        def launch() -> subprocess.Popen[bytes]:
            mark.unlink(missing_ok=True)
            process = spawn(
                [sys.executable, "-c", text, mark], log=log, cwd=self.folder, death_signal=signal.SIGKILL
            )
            self.launched.setdefault(name, []).append(process)
            return process

        return Child(name, launch, mark.exists, log, stop_seconds=stop_seconds, tries=tries)

    def tick_until(self, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < give_up, "it did not happen"
            self.supervisor.tick()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    created = Stage(tmp_path)
    yield created
    created.supervisor.stop()


def test_a_killed_child_comes_back(stage: Stage) -> None:
    stage.supervisor.start(stage.child("web", SLEEPER))
    stage.launched["web"][0].kill()
    stage.tick_until(lambda: "✓ web 已恢复" in stage.said)
    first, second = stage.launched["web"]
    assert first.returncode == -signal.SIGKILL
    assert second.poll() is None
    assert any("web 被信号 SIGKILL 结束" in line for line in stage.said)


def test_a_child_that_keeps_dying_is_started_ever_more_slowly(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LONGEST_DELAY", 0.5)
    stage.supervisor.start(stage.child("web", SLEEPER))
    times = []
    for round_ in range(1, 5):
        stage.launched["web"][-1].kill()
        began = time.monotonic()
        stage.tick_until(lambda n=round_: len(stage.launched["web"]) > n)
        times.append(time.monotonic() - began)
    assert all(took >= least for took, least in zip(times, (0.2, 0.4, 0.5, 0.5), strict=True))
    assert times[-1] < 1.5  # without the limit it would be 1.6


def test_a_child_that_lived_long_enough_is_trusted_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PROVEN_SECONDS", 0.3)
    stage.supervisor.start(stage.child("web", SLEEPER))
    for round_ in range(1, 5):
        began = time.monotonic()
        stage.launched["web"][-1].kill()
        stage.tick_until(lambda n=round_: len(stage.launched["web"]) > n)
        took = time.monotonic() - began
        stage.tick_until(lambda: stage.said[-1] == "✓ web 已恢复")
        quiet = time.monotonic() + 0.4
        stage.tick_until(lambda until=quiet: time.monotonic() > until)
    assert took < 1.2  # without trust it would be 1.6


def test_what_a_dead_child_had_started_goes_with_it(
    stage: Stage, is_alive: IsAlive, wait_until: WaitUntil
) -> None:
    stage.supervisor.start(stage.child("web", PARENT))
    dead = stage.launched["web"][0]
    grandchild = psutil.Process(dead.pid).children()[0].pid
    dead.kill()
    stage.tick_until(lambda: len(stage.launched["web"]) == 2)
    wait_until(lambda: not is_alive(grandchild))


def test_children_stop_in_reverse_order(stage: Stage) -> None:
    for name in ("postgres", "web", "sandbox"):
        stage.supervisor.start(stage.child(name, NOTES_ITS_END))
    stage.supervisor.stop()
    assert (stage.folder / "ends").read_text().split() == ["sandbox", "web", "postgres"]
    assert stage.said == []


def test_a_child_that_does_not_listen_is_killed_at_the_deadline(stage: Stage, is_alive: IsAlive) -> None:
    stage.supervisor.start(stage.child("web", DEAF, stop_seconds=0.5))
    began = time.monotonic()
    stage.supervisor.stop()
    assert 0.5 <= time.monotonic() - began < 5
    assert not is_alive(stage.launched["web"][0].pid)
    assert stage.said == ["✗ web 在 0.5 秒内没有停下，已强行结束"]


def test_a_failed_start_says_what_the_child_said(stage: Stage) -> None:
    with pytest.raises(StartFailed, match=r"web 没能启动，完整日志在 .*web\.log"):
        stage.supervisor.start(stage.child("web", "raise SystemExit('KANGHU_PORT 有误')"))
    assert any("web 退出（代码 1）" in line for line in stage.said)
    assert "  web │ KANGHU_PORT 有误" in stage.said


def test_only_what_this_run_said_is_shown(stage: Stage) -> None:
    (stage.folder / "web.log").write_text("ValueError: of yesterday\n")
    stage.supervisor.start(stage.child("web", SLEEPER))
    stage.launched["web"][0].kill()
    stage.tick_until(lambda: "✓ web 已恢复" in stage.said)
    assert not any("yesterday" in line for line in stage.said)


def test_the_error_is_shown_not_the_noise_behind_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    trace = "Traceback:\n  File x\npackage.SomethingError: why\n[SQL: " + "\n".join(
        f"line {n}" for n in range(50)
    )
    log.write_text(trace)
    assert explanation(log, 0).startswith("package.SomethingError: why\n[SQL: line 0")
    log.write_text("\n".join(f"line {n}" for n in range(50)))
    assert explanation(log, 0).splitlines()[-1] == "line 49"
    assert explanation(log, 10**6).endswith("line 49")  # the log was shortened meanwhile
    assert explanation(tmp_path / "none", 0) == ""


def test_a_start_that_needs_several_tries(stage: Stage) -> None:
    third_time_lucky = f"""
import pathlib, sys
counter = pathlib.Path('counter')
counter.write_text(counter.read_text() + 'x' if counter.exists() else 'x')
if len(counter.read_text()) < 3: sys.exit(1)
{SLEEPER}"""
    stage.supervisor.start(stage.child("postgres", third_time_lucky, tries=8))
    assert len(stage.launched["postgres"]) == 3


def test_a_child_that_never_gets_ready(stage: Stage) -> None:
    with pytest.raises(StartFailed, match="web 在 1 秒内没有就绪"):
        stage.supervisor.start(stage.child("web", "import time; time.sleep(60)"), seconds=1.0)


def test_a_program_that_is_not_there_is_a_failed_start(stage: Stage) -> None:
    def launch() -> subprocess.Popen[bytes]:
        return spawn(["/nowhere/web"], log=stage.folder / "web.log", death_signal=signal.SIGKILL)

    with pytest.raises(StartFailed, match="web 没能启动"):
        stage.supervisor.start(Child("web", launch, lambda: True, stage.folder / "web.log"))


def test_stop_is_obeyed_while_something_starts(stage: Stage) -> None:
    threading.Timer(0.3, lambda: setattr(stage.supervisor, "stopping", True)).start()
    with pytest.raises(StopRequested):
        stage.supervisor.start(stage.child("web", "import time; time.sleep(60)"))
    stage.supervisor.stop()
    assert stage.launched["web"][0].returncode == -signal.SIGTERM


def test_steps_run_to_their_end_or_say_why_not(stage: Stage) -> None:
    log, done = stage.folder / "migrate.log", stage.folder / "done"
    stage.supervisor.run_step([sys.executable, "-c", f"open({str(done)!r}, 'w')"], env={}, log=log)
    assert done.exists()
    with pytest.raises(StartFailed, match="没有这张表"):
        stage.supervisor.run_step(
            [sys.executable, "-c", "raise SystemExit('没有这张表')"], env={"PYTHONUTF8": "1"}, log=log
        )


def test_a_step_is_ended_when_asked_to_stop(stage: Stage, is_alive: IsAlive) -> None:
    pid = stage.folder / "pid"
    text = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    threading.Timer(0.7, lambda: setattr(stage.supervisor, "stopping", True)).start()
    with pytest.raises(StopRequested):
        stage.supervisor.run_step([sys.executable, "-c", text], env={}, log=stage.folder / "log")
    assert not is_alive(int(pid.read_text()))


SUPERVISOR = f"""
import json, signal, sys
from pathlib import Path
from kanghu.main.supervisor.processes import Child, Supervisor, only_one
from kanghu.main.supervisor.spawn import spawn
supervisor = Supervisor(lambda line: print(line, flush=True))
supervisor.listen_to_signals()
pids = []
def child(name, text):
    def launch():
        process = spawn([sys.executable, '-c', text, name], log=Path(name + '.log'), death_signal=signal.SIGKILL)
        pids.append(process.pid)
        return process
    return Child(name, launch, Path(name).exists, Path(name + '.log'), stop_seconds=2.0)
with only_one(Path('lock')):
    supervisor.start(child('web', {NOTES_ITS_END!r}), child('deaf', {DEAF!r}))
    print(json.dumps(pids), flush=True)
    supervisor.watch()
    supervisor.stop()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_everything(
    script: Script, next_line: NextLine, is_alive: IsAlive, number: signal.Signals
) -> None:
    running = script(SUPERVISOR)
    pids = json.loads(next_line(running))
    os.killpg(running.pid, number)  # as a terminal does: to the whole group
    time.sleep(0.2)
    running.send_signal(number)  # impatience changes nothing
    assert running.wait(20) == 0
    assert not any(is_alive(pid) for pid in pids)


def test_no_orphan_when_the_supervisor_is_killed(
    script: Script, next_line: NextLine, is_alive: IsAlive, wait_until: WaitUntil
) -> None:
    running = script(SUPERVISOR)
    pids = json.loads(next_line(running))
    assert all(is_alive(pid) for pid in pids)
    running.kill()
    wait_until(lambda: not any(is_alive(pid) for pid in pids))


def test_two_supervisors_never_run_on_one_home(script: Script, next_line: NextLine, tmp_path: Path) -> None:
    running = script(SUPERVISOR)
    next_line(running)
    with pytest.raises(StartFailed, match=f"已有一个康护在运行（进程 {running.pid}）"):
        with only_one(tmp_path / "lock"):
            pass
    running.kill()
    running.wait()
    with only_one(tmp_path / "lock"):  # a killed supervisor leaves no lock behind
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_long_log_is_shortened_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 100)
        shorten(log, 100)
        assert log.stat().st_size == 100
        writer.write(b"y")
        shorten(log, 100)
        assert log.stat().st_size == 0
        writer.write(b"z")
    assert log.read_bytes() == b"z"
    assert (tmp_path / "web.log.1").read_bytes() == b"x" * 100 + b"y"
