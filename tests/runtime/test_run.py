"""`kanghu run` as a person has it: from an empty folder to ready, through kill -9, to Ctrl-C."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from kanghu.main.supervisor import EmbeddedPostgres

pytestmark = pytest.mark.timeout(480)

WaitUntil = Callable[..., None]
IsAlive = Callable[[int], bool]

# The first start on a small busy machine: initdb, migrations, standards, demo data.
PATIENCE = 150.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class Platform:
    """One installation in a folder of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.home = folder / "home"
        self.output = folder / "output"
        self.port, self.sandbox_port = free_port(), free_port()
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if name not in ("DATABASE_URL", "KANGHU_DEMO")
            },
            "KANGHU_HOME": str(self.home),
            "KANGHU_PORT": str(self.port),
            "KANGHU_SANDBOX_PORT": str(self.sandbox_port),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kanghu.main.cli", "run"],
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self.process

    def said(self) -> str:
        return self.output.read_text()

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        return "ready" in self.said()

    def family(self) -> dict[str, int]:
        """Process number of each child, by the last word of its module or program."""
        assert self.process is not None
        found = {}
        for child in psutil.Process(self.process.pid).children():
            try:
                words = child.cmdline()
            except psutil.Error:
                words = []
            if not words:  # killed a moment ago and not buried yet
                continue
            name = words[2] if words[1:2] == ["-m"] else words[0]
            found[name.replace("/", ".").rsplit(".", 1)[-1]] = child.pid
        return found

    def answers(self, port: int | None = None) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    created = Platform(tmp_path)
    yield created
    if created.process is not None:
        created.process.kill()
        created.process.wait()


# What runs, and the name under which the supervisor speaks of it.
MEMBERS = {"postgres": "postgres", "web": "web", "worker": "worker", "kanghu_sandbox": "sandbox"}


def test_from_an_empty_folder_to_ready_and_back(
    platform: Platform, wait_until: WaitUntil, is_alive: IsAlive
) -> None:
    running = platform.launch()
    wait_until(platform.is_ready, PATIENCE)
    assert platform.answers()
    assert platform.answers(platform.sandbox_port)
    for place in (
        f"127.0.0.1:{platform.port}",
        f"127.0.0.1:{platform.sandbox_port}",
        str(platform.home / "logs"),
    ):
        assert place in platform.said()
    assert set(platform.family()) == set(MEMBERS)

    for member, name in MEMBERS.items():
        os.kill(platform.family()[member], signal.SIGKILL)
        wait_until(lambda name=name: f"✓ {name} 已恢复" in platform.said() and platform.answers(), 60)
    wait_until(lambda: set(platform.family()) == set(MEMBERS), 60)

    other = subprocess.run(
        [sys.executable, "-m", "kanghu.main.cli", "run"],
        env={**platform.environment, "KANGHU_PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert other.returncode == 1
    assert f"已有一个康护在运行（进程 {running.pid}）" in other.stdout

    family = platform.family()
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 0, platform.said()
    assert not any(is_alive(pid) for pid in family.values())
    assert "没有停下" not in platform.said()


def test_a_killed_supervisor_leaves_nothing_behind_and_starts_again(
    platform: Platform, wait_until: WaitUntil, is_alive: IsAlive
) -> None:
    first = platform.launch()
    wait_until(platform.is_ready, PATIENCE)
    secrets = (platform.home / "secrets.json").read_text()
    family = platform.family()
    first.kill()
    first.wait()
    second = platform.launch()  # at once, while the database of the first one is still closing
    wait_until(lambda: not any(is_alive(pid) for pid in family.values()))
    wait_until(platform.is_ready, PATIENCE)
    assert platform.answers()
    assert (platform.home / "secrets.json").read_text() == secrets
    assert "升级数据库结构" not in platform.said()  # what is done is not done again
    second.send_signal(signal.SIGTERM)
    assert second.wait(60) == 0
    (platform.home / "secrets.json").write_text(secrets.replace("\n", "\n\n", 1))
    third = platform.launch()
    wait_until(platform.is_ready, PATIENCE)
    assert "✓ 升级数据库结构" in platform.said()  # but when something changed
    third.send_signal(signal.SIGTERM)
    assert third.wait(60) == 0


@pytest.mark.parametrize(
    ("variable", "which"), [("KANGHU_PORT", "port"), ("KANGHU_SANDBOX_PORT", "sandbox_port")]
)
def test_a_taken_port_is_named(platform: Platform, variable: str, which: str) -> None:
    taken = getattr(platform, which)
    with socket.create_server(("127.0.0.1", taken)):
        assert platform.launch().wait(60) == 1
    assert f"端口 {taken} 已被别的程序占用" in platform.said()
    assert f"{variable}={taken + 1} make run" in platform.said()
    assert not (platform.home / "pg").exists()


def test_a_wrong_setting_is_named(platform: Platform) -> None:
    platform.environment["KANGHU_PORT"] = "八千"
    assert platform.launch().wait(60) == 1
    assert "环境变量 KANGHU_PORT 有误" in platform.said()


def test_plain_http_is_refused_beyond_this_machine(platform: Platform) -> None:
    platform.environment |= {"KANGHU_HOST": "0.0.0.0", "KANGHU_DEMO": "false"}
    assert platform.launch().wait(PATIENCE) == 1
    assert "明文 HTTP" in platform.said()
    assert "ready" not in platform.said()


def test_another_database_replaces_the_embedded_one(tmp_path: Path, wait_until: WaitUntil) -> None:
    with EmbeddedPostgres(tmp_path / "elsewhere", durable=False) as server:
        platform = Platform(tmp_path, DATABASE_URL=server.dsn, KANGHU_DEMO="false")
        running = platform.launch()
        try:
            wait_until(platform.is_ready, PATIENCE)
            assert platform.answers()
            assert set(platform.family()) == {"web", "worker"}
            assert not (platform.home / "pg").exists()
        finally:
            running.send_signal(signal.SIGINT)
            assert running.wait(60) == 0


def test_an_unreachable_database_is_said(platform: Platform) -> None:
    platform.environment["DATABASE_URL"] = f"postgresql://somebody:hidden@127.0.0.1:{free_port()}/kanghu"
    assert platform.launch().wait(60) == 1
    assert "连不上 DATABASE_URL 指定的数据库" in platform.said()
    assert "hidden" not in platform.said()
