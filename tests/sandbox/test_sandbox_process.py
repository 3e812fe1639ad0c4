"""The exam centre as a process: started as the manual says, stopped cleanly, killed without loss."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from kanghu_sandbox.exam_centre import outbox
from kanghu_sandbox.exam_centre.store import Store

from .conftest import OUTBOUND, RecordingPlatform


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[bytes], str]]]:
    """Start the centre on the home of this test; gives the process and its address once it answers."""
    (tmp_path / "secret").write_text(OUTBOUND[1])
    running: list[subprocess.Popen[bytes]] = []

    def start_one(platform_url: str, *options: str) -> tuple[subprocess.Popen[bytes], str]:
        port = free_port()
        command = [sys.executable, "-m", "kanghu_sandbox.exam_centre", "--port", str(port), *options]
        environment = os.environ | {
            "SANDBOX_HOME": str(tmp_path / "home"),
            "SANDBOX_APP_ID": OUTBOUND[0],
            "SANDBOX_SECRET_FILE": str(tmp_path / "secret"),
            "SANDBOX_PLATFORM_URL": platform_url,
        }
        process = subprocess.Popen(command, env=environment)
        running.append(process)
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while True:
            assert process.poll() is None, "the centre did not start"
            assert time.monotonic() < deadline, "the centre did not start in time"
            try:
                if httpx.get(f"{address}/healthz", trust_env=False).status_code == 200:
                    return process, address
            except httpx.TransportError:
                time.sleep(0.1)

    yield start_one
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly(start: Callable[..., tuple[subprocess.Popen[bytes], str]], number: int) -> None:
    process, _ = start("http://127.0.0.1:9")
    process.send_signal(number)
    assert process.wait(timeout=15) == 0


def test_says_in_chinese_why_it_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kanghu_sandbox.exam_centre", "--home", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
    ended = subprocess.run(command, env=environment, capture_output=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert "无法启动：缺少凭据" in ended.stderr.decode()


def test_killed_with_a_message_undelivered_it_delivers_after_the_restart(
    start: Callable[..., tuple[subprocess.Popen[bytes], str]], recording_platform: RecordingPlatform
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    process, address = start(nobody)
    done = httpx.post(
        f"{address}/control/exams",
        json={"exam_account": "TJ00000002", "steps": ["results"]},
        timeout=60,
        trust_env=False,
    ).json()
    assert done["deliveries"][0]["state"] == "pending"
    process.kill()
    process.wait()

    _, address = start(recording_platform.address)
    [delivery] = httpx.post(f"{address}/control/outbox/resend", timeout=60, trust_env=False).json()
    [call] = recording_platform.received
    assert delivery["state"] == "delivered"
    assert call.signed_well
    assert call.headers["x-request-id"] == done["deliveries"][0]["request_id"]
    assert call.payload["exam_no"] == done["exam_no"]
    assert httpx.get(f"{address}/control/outbox", trust_env=False).json() == []


def test_what_was_stored_but_never_sent_goes_out_by_itself(
    start: Callable[..., tuple[subprocess.Popen[bytes], str]],
    recording_platform: RecordingPlatform,
    tmp_path: Path,
) -> None:
    """A kill between the commit and the sending: the message is there, its lease has run out."""
    with Store(tmp_path / "home").transaction() as tx:
        message = outbox.put(tx, "H5", {"items": [], "change": "1"}, lease_seconds=-1)
    _, address = start(recording_platform.address, "--resend-seconds", "0.2")
    deadline = time.monotonic() + 15
    while httpx.get(f"{address}/control/outbox", trust_env=False).json():
        assert time.monotonic() < deadline, "it was never sent"
        time.sleep(0.1)
    time.sleep(0.6)  # three more rounds: it must not go out again
    [call] = recording_platform.received
    assert call.payload == {"items": [], "change": "1"}
    assert call.headers["x-request-id"] == message.request_id


def test_what_is_delivered_never_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    with store.transaction() as tx:
        delivered, refused = (outbox.put(tx, "H5", {"n": number}, lease_seconds=0) for number in range(2))
        outbox.settle(tx, delivered, outbox.DELIVERED)
        outbox.settle(tx, refused, outbox.REFUSED, "平台应答 HTTP 422")
        tx.execute("UPDATE outbox SET next_try_at = 0")
    with store.transaction() as tx:
        assert outbox.lease_due(tx, 60) == []
        assert outbox.revive(tx) == 1
        assert [message.id for message in outbox.lease_due(tx, 60)] == [refused.id]
        assert outbox.lease_due(tx, 60) == [], "a leased message is somebody else's for a while"


def test_front_page_shows_what_happened_and_escapes_it(
    start: Callable[..., tuple[subprocess.Popen[bytes], str]], recording_platform: RecordingPlatform
) -> None:
    _, address = start(recording_platform.address)
    evil = "<script>alert(1)</script>"
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as http:
        person = {"name": evil, "sex": "1", "birth_date": "19700101", "id_number": "P1", "id_type": "03"}
        assert http.post("/control/persons", json=person).status_code == 201
        assert http.post("/control/persons", json=person).status_code == 409
        http.post(
            "/control/exams",
            json={"exam_account": "TJ00000001", "steps": ["guide"], "guide": {"content": evil}},
        )
        http.put("/control/faults", json={"outbound": {"double": True}})
        page = http.get("/").text
        document = http.get("/openapi.json").json()
    for text in ("体检中心参考系统", "张建国", "US-H2", "正在模拟故障", "&lt;script&gt;", "全部送达"):
        assert text in page, text
    assert evil not in page
    assert "/exam/v1/account-bindings" in document["paths"]
    assert {"Person", "AccountBinding", "Appointment", "ListItem"} <= document["components"]["schemas"].keys()
