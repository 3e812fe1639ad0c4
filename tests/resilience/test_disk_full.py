"""No room for another page: the vendor is told to come back, what was acknowledged stays, and room makes all well again.

Full is simulated by the limit on the size of a file (RLIMIT_FSIZE) of the running server: it needs no privilege and no file system of
its own, and PostgreSQL meets it where it meets a full disk, when a table has to grow.
"""

import base64
import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.resilience.battered import Battered
from tests.resilience.storm import Push, Storm, assert_nothing_lost_nothing_doubled, template

pytestmark = pytest.mark.timeout(240)

SEGMENT = 16 * 1024 * 1024  # the log's files are this large from the start: the limit must not touch them


def _table(platform: Battered) -> Path:
    """The file that holds the bodies of messages."""
    place = platform.value(
        "SELECT pg_relation_filepath(reltoastrelid) FROM pg_class WHERE oid = 'exchange.messages'::regclass"
    )
    return platform.home / "pg" / "data" / place


def _fill(platform: Battered, exam_no: str, known: dict[str, object]) -> None:
    """Reports that do not compress, until the table is larger than a file of the log."""
    while _table(platform).stat().st_size <= SEGMENT:
        text = base64.b64encode(secrets.token_bytes(4 * 1024 * 1024)).decode()
        said = {name: known[name] for name in ("exam_account", "person")}
        answer = platform.vendor().push(
            "reports", {**said, "exam_no": exam_no, "report": {"kind": "text", "content": text}}
        )
        assert answer["accepted"], answer


def _limit(platform: Battered, size: str) -> None:
    """For the server and everything it started; processes that it starts later inherit it."""
    server = psutil.Process(platform.pid("/bin/postgres"))
    uids, gids = server.uids(), server.gids()
    for process in [server, *server.children()]:
        subprocess.run(
            ["prlimit", "--pid", str(process.pid), f"--fsize={size}:unlimited"],
            check=False,  # a process that ended meanwhile needs none
            capture_output=True,
            **({"user": uids.real, "group": gids.real, "extra_groups": []} if os.geteuid() == 0 else {}),
        )
    limits = Path(f"/proc/{server.pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max file size")]
    assert line.split()[3] == size


@contextmanager
def _no_room(platform: Battered) -> Iterator[None]:
    _limit(platform, str(_table(platform).stat().st_size))
    try:
        yield
    finally:
        _limit(platform, "unlimited")


def test_a_full_disk_refuses_clearly_and_loses_nothing(platform: Battered) -> None:
    storm = Storm(platform, [template(platform, platform.customer())])
    known = storm.templates[0]
    assert _send(storm, storm.push(known, "first")).status_code == 200
    _fill(platform, f"{storm.name}-first", known)
    with _no_room(platform):
        refused = []
        for number in range(200):
            answer = _send(storm, storm.push(known, f"full-{number}"))
            assert answer.status_code in (200, 503), answer.text
            if answer.status_code == 503:
                refused.append(answer)
            if len(refused) == 10:
                break
    assert len(refused) == 10, "there was room enough"
    for answer in refused:
        assert answer.headers["Retry-After"]
        assert answer.json()["code"] == "service.unavailable"
        assert answer.json()["message"] == "服务暂时不可用，请稍后再试"
    for push in storm.pushes:
        assert _send(storm, push).status_code == 200, "there is room again"
    assert len({json.dumps(push.answer) for push in storm.pushes}) == len(storm.pushes)
    platform.await_health()
    assert_nothing_lost_nothing_doubled(platform, storm)


def _send(storm: Storm, push: Push) -> httpx.Response:
    answer = storm.platform.vendor().post(
        "/open/v1/exam/results", push.body, **{"X-Request-Id": push.request_id}
    )
    if answer.status_code == 200:
        assert push.answer in (None, answer.json()), "another answer for the same request id"
        push.answer = answer.json()
    if push not in storm.pushes:
        storm.pushes.append(push)
    return answer
