"""The whole platform as real processes on real sockets: database, web, worker, and the exam centre of the sandbox.

`kanghu run` starts them in a fresh home; nothing here reaches into them but through HTTP, the command line and signals.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from kanghu_sandbox.wire.signature import Credentials, signed_headers
from tests.wire.prepared import PreparedHome

START_S = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Vendor:
    """What a vendor's engineer has: an address, credentials, an HTTP client."""

    url: str
    app_id: str
    secret: str
    sign_type: str = "HMAC-SHA256"
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    def headers(self, path: str, body: bytes, **more: str) -> dict[str, str]:
        signed = signed_headers(
            Credentials(self.app_id, (self.secret,), self.sign_type),
            "POST",
            path,
            body,
            timestamp=int(time.time()),
        )
        return {**signed, "Content-Type": "application/json; charset=utf-8", **more}

    def post(self, path: str, content: Any, **more: str) -> httpx.Response:
        body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        return self.client.post(self.url + path, content=body, headers=self.headers(path, body, **more))

    def push(self, interface: str, content: Any, **more: str) -> dict[str, Any]:
        """The envelope of a business answer."""
        answer = self.post(f"/open/v1/exam/{interface}", content, **more)
        assert answer.status_code == 200, answer.text
        envelope: dict[str, Any] = answer.json()
        assert set(envelope) == {"accepted", "messages", "data", "request_id"}
        return envelope


@dataclass
class Platform:
    home: Path
    port: int
    sandbox_port: int
    process: subprocess.Popen[bytes]
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.home, self.port, self.sandbox_port)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of ours, against the running database."""
        dsn = json.loads((self.home / "pg" / "connection.json").read_text())
        url = f"postgresql://app:{dsn['password']}@127.0.0.1:{dsn['port']}/postgres"
        return subprocess.run(
            [sys.executable, "-m", "kanghu.main.cli", *arguments],
            env={**self.environment, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def vendor(self, **changes: str) -> Vendor:
        known = self.info["vendor"]
        return Vendor(**{"url": self.url, "app_id": known["app_id"], "secret": known["secret"], **changes})

    def customer(self, *, questionnaire: bool = True, place: int = 0) -> dict[str, Any]:
        return [found for found in self.info["customers"] if found["questionnaire_done"] is questionnaire][
            place
        ]

    def sign_in(self, role: str) -> httpx.Client:
        """A client signed in as the first demo account of `role`."""
        account = next(found for found in self.info["accounts"] if found["role"] == role)
        body = {"login": account["username"], "password": account["password"]}
        if "totp_secret" in account:
            import pyotp

            body["code"] = pyotp.TOTP(account["totp_secret"]).now()
        client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        answer = client.post("/api/session/login", json=body)
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return client

    def children(self, word: str) -> list[psutil.Process]:
        """Our processes whose command line holds `word`."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in found if word in " ".join(child.cmdline())]

    def kill(self, word: str) -> None:
        """kill -9 of the outermost process whose command line holds `word`."""
        victims = self.children(word)
        assert victims, f"no process {word}"
        os.kill(victims[0].pid, signal.SIGKILL)


def environment(home: Path, port: int, sandbox_port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {
        **kept,
        "KANGHU_HOME": str(home),
        "KANGHU_PORT": str(port),
        "KANGHU_SANDBOX_PORT": str(sandbox_port),
        # Everybody here signs up from one address.
        "KANGHU_PEOPLE_ATTEMPTS_PER_HOUR": "100000",
    }


def start(home: Path) -> Platform:
    port, sandbox_port = free_port(), free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "kanghu.main.cli", "run"],
        env=environment(home, port, sandbox_port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = []
    deadline = time.monotonic() + START_S
    for line in process.stdout:
        said.append(line.decode())
        if "ready" in said[-1]:
            break
        assert time.monotonic() < deadline, "".join(said)
    platform = Platform(home, port, sandbox_port, process)
    info = platform.command("demo", "info", "--json")
    assert info.returncode == 0, "".join(said) + info.stderr
    platform.info = json.loads(info.stdout)
    return platform


def stop(platform: Platform) -> None:
    platform.process.send_signal(signal.SIGINT)
    platform.process.communicate(timeout=60)


def once_ready(home: Path) -> None:
    stop(start(home))


@pytest.fixture(scope="session")
def platform(prepared_home: PreparedHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One running platform for all tests of this worker that don't break it."""
    running = start(prepared_home.copy_to(tmp_path_factory.mktemp("home")))
    yield running
    stop(running)


@pytest.fixture
def own_platform(prepared_home: PreparedHome, tmp_path: Path) -> Iterator[Platform]:
    """A platform of the test's own, to kill."""
    running = start(prepared_home.copy_to(tmp_path))
    yield running
    stop(running)


@pytest.fixture
def vendor(platform: Platform) -> Vendor:
    return platform.vendor()


def eventually(check: Callable[[], Any], *, seconds: float = 30) -> Any:
    """The first true answer of `check` within the time; background work needs a moment."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.1)
