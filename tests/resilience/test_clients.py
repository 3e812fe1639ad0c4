"""Bad clients and a vendor that never answers: the others are served all the same."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from tests.resilience.battered import Battered
from tests.resilience.storm import template
from tests.wire.conftest import eventually

pytestmark = pytest.mark.timeout(240)


def _idle_in_transaction(platform: Battered) -> int:
    """Connections that are kept by somebody who waits for something else, for longer than a moment."""
    return platform.value(
        """SELECT count(*) FROM pg_stat_activity
            WHERE state LIKE 'idle in transaction%' AND clock_timestamp() - state_change > interval '0.7 seconds'"""
    )


def _calls_to_vendor(platform: Battered) -> int:
    web = psutil.Process(platform.pid("kanghu.main.web"))
    peers = [line.raddr.port for line in web.net_connections("tcp") if line.raddr]
    return peers.count(platform.sandbox_port)


def _head(platform: Battered, body: bytes) -> bytes:
    path = "/open/v1/exam/results"
    headers = platform.vendor().headers(path, body)
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


def test_a_push_cut_in_its_body_leaves_nothing(platform: Battered) -> None:
    body = json.dumps(
        {**template(platform, platform.customer()), "exam_no": "cut-1"}, ensure_ascii=False
    ).encode()
    for kept in (0, 1, len(body) // 2, len(body) - 1):
        with socket.create_connection(("127.0.0.1", platform.port)) as line:
            line.sendall(_head(platform, body) + body[:kept])
    platform.await_health()
    assert platform.rows("SELECT FROM exams.bookings WHERE exam_no = 'cut-1'") == []
    assert _idle_in_transaction(platform) == 0
    answer = platform.vendor().push("results", json.loads(body))
    assert answer["data"]["stored"] == len(json.loads(body)["results"])
    assert "unexpected_error" not in platform.log("web")


def test_a_hundred_slow_connections_do_not_stop_the_others(platform: Battered) -> None:
    body = {**template(platform, platform.customer()), "exam_no": "beside-slow"}
    slow = [socket.create_connection(("127.0.0.1", platform.port)) for _ in range(100)]
    try:
        for piece in (
            b"POST /open/v1/exam/results HTTP/1.1\r\n",
            b"Host: 127.0.0.1\r\n",
            b"X-App-Id: ",
            b"d",
        ):
            for line in slow:
                line.sendall(piece)
            began = time.monotonic()
            assert platform.vendor().push("results", body)["accepted"]
            assert time.monotonic() - began < 5
        assert _idle_in_transaction(platform) == 0
    finally:
        for line in slow:
            line.close()


@pytest.fixture
def deaf_vendor(platform: Battered) -> Iterator[None]:
    platform.faults(down=True)
    yield
    platform.faults()


@pytest.mark.usefixtures("deaf_vendor")
def test_a_vendor_that_never_answers_holds_no_connection(platform: Battered) -> None:
    """More people than the pool has connections ask for their account at once (US-K1)."""
    client = platform.sign_in("customer")
    version = client.get("/api/patient/people/agreements/data_use_agreement").json()["version"]
    asked = {
        "vendor_id": platform.info["vendor"]["vendor_id"],
        "agreement_version": version,
        "accepted": True,
    }

    def bind(_number: int) -> httpx.Response:
        return client.post("/api/patient/exchange/bindings", json=asked)

    asked_at = time.monotonic()
    with ThreadPoolExecutor(15) as people:
        waiting = [people.submit(bind, number) for number in range(15)]
        eventually(lambda: _calls_to_vendor(platform) >= 8)
        for _ in range(10):
            began = time.monotonic()
            assert httpx.get(f"{platform.url}/healthz", trust_env=False).status_code == 200
            assert time.monotonic() - began < 3
            assert _idle_in_transaction(platform) == 0
            time.sleep(0.1)
        assert not all(ended.done() for ended in waiting), "nobody had to wait"
        answers = [ended.result() for ended in waiting]
    assert time.monotonic() - asked_at < 15, "who came later waited for those before"
    for answer in answers:
        assert answer.status_code == 502, answer.text
        assert answer.json()["code"] == "exchange.binding_failed"
        assert answer.json()["message"].startswith("绑定失败！")
