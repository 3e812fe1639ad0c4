"""No database: a clear answer at once; and when it is back, no request meets a dead connection."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import httpx
import psutil
import pytest

from tests.resilience.battered import Battered
from tests.resilience.storm import Storm, assert_nothing_lost_nothing_doubled, template
from tests.wire.conftest import eventually

pytestmark = pytest.mark.timeout(240)


def _says_come_back(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    body = answer.json()
    assert body.keys() == {"code", "message", "request_id"}
    assert (body["code"], body["message"]) == ("service.unavailable", "服务暂时不可用，请稍后再试")
    assert body["request_id"] == answer.headers["X-Request-Id"]


def _push(storm: Storm, known: dict[str, Any], name: str) -> httpx.Response:
    push = storm.push(known, name)
    answer = storm.platform.vendor().post(
        "/open/v1/exam/results", push.body, **{"X-Request-Id": push.request_id}
    )
    if answer.status_code == 200:
        push.answer = answer.json()
    storm.pushes.append(push)
    return answer


def test_while_the_database_is_away_and_after(platform: Battered) -> None:
    storm = Storm(platform, [template(platform, platform.customer())])
    known = storm.templates[0]
    doctor = platform.sign_in("doctor")
    with ThreadPoolExecutor(12) as vendors:  # every connection of the pool is made and used
        answers = vendors.map(lambda number: _push(storm, known, f"before-{number}"), range(12))
        assert {answer.status_code for answer in answers} == {200}
    worker = platform.pid("kanghu.main.worker")

    os.kill(platform.process.pid, signal.SIGSTOP)  # nobody starts it again for now
    try:
        os.kill(platform.pid("/bin/postgres"), signal.SIGKILL)
        began = time.monotonic()
        for number in range(5):
            _says_come_back(_push(storm, known, f"away-{number}"))
        _says_come_back(httpx.get(f"{platform.url}/healthz", trust_env=False))
        _says_come_back(doctor.get("/api/session/me"))
        assert time.monotonic() - began < 10, "who waits for the answer holds the line"
        eventually(lambda: psutil.Process(worker).status() == psutil.STATUS_ZOMBIE)  # it ended by itself
    finally:
        os.kill(platform.process.pid, signal.SIGCONT)

    eventually(lambda: _accepts(platform))
    with ThreadPoolExecutor(12) as vendors:
        answers = list(vendors.map(lambda number: _push(storm, known, f"after-{number}"), range(24)))
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    assert doctor.get("/api/session/me").status_code == 200
    platform.await_health()
    assert platform.pid("kanghu.main.worker") != worker
    assert_nothing_lost_nothing_doubled(platform, storm)


def _accepts(platform: Battered) -> bool:
    try:
        return platform.value("SELECT true")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
