"""Several workers and several web processes on one database: the work is shared, and nothing is done twice."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import httpx
import pytest

from kanghu.kernel.jobs import enqueue
from tests.resilience import probe_worker
from tests.resilience.battered import Battered
from tests.resilience.storm import Storm, assert_nothing_lost_nothing_doubled, template
from tests.wire.conftest import eventually, free_port

pytestmark = pytest.mark.timeout(240)

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def start(platform: Battered) -> Iterator[Start]:
    """Starts a module of ours on the platform's home and database."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(module: str, **environment: str) -> "subprocess.Popen[bytes]":
        with (platform.home / "logs" / f"{module.rsplit('.')[-1]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module],
                env={**platform.environment, "DATABASE_URL": platform.dsn, **environment},
                stdout=log,
                stderr=log,
            )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.send_signal(signal.SIGTERM)
    for process in started:
        process.wait(30)


@pytest.fixture(scope="module")
def doors(platform: Battered, start: Start) -> list[str]:
    """The addresses of the platform's own web and of a second one."""
    other = free_port()
    start("kanghu.main.web", KANGHU_PORT=str(other))
    return [platform.url, f"http://127.0.0.1:{other}"]


@pytest.fixture(scope="module")
def two_workers(platform: Battered, start: Start) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Two workers with probe jobs beside the platform's own."""
    platform.on_database(lambda connection: connection.execute(probe_worker.SCHEMA))
    yield [start("tests.resilience.probe_worker") for _ in range(2)]
    platform.on_database(lambda connection: connection.execute(probe_worker.CLEAN))


@pytest.mark.usefixtures("two_workers")
def test_two_webs_are_one_to_a_vendor(platform: Battered, doors: list[str]) -> None:
    """The same message and the same nonce at both doors at once, while three workers seal the audit log."""
    eventually(lambda: _answers(doors[1]) and platform.listening() == 3)
    templates = [template(platform, customer) for customer in platform.info["customers"]]
    with Storm(platform, templates, doors=doors) as storm, ThreadPoolExecutor(2) as pair:
        for number in range(8):
            push = storm.push(templates[0], f"pair-{number}")
            together = threading.Barrier(2)

            def send(door: str, push=push, together=together) -> httpx.Response:  # type: ignore[no-untyped-def]
                vendor = platform.vendor(url=door)
                together.wait()
                return vendor.post("/open/v1/exam/results", push.body, **{"X-Request-Id": push.request_id})

            first, second = pair.map(send, doors)
            assert first.status_code == second.status_code == 200
            assert first.content == second.content
            push.answer = first.json()
            storm.pushes.append(push)
        _a_nonce_counts_once(platform, doors, templates[0])
    assert storm.statuses.keys() == {200}, storm.statuses
    assert_nothing_lost_nothing_doubled(platform, storm)


def _answers(door: str) -> bool:
    try:
        return httpx.get(f"{door}/healthz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _a_nonce_counts_once(platform: Battered, doors: list[str], known: dict[str, object]) -> None:
    """A copied call, sent to both doors at once."""
    path = "/open/v1/exam/checklist-queries"
    for _ in range(5):
        body = json.dumps({"exam_account": known["exam_account"]}).encode()
        headers = platform.vendor().headers(path, body)
        with ThreadPoolExecutor(2) as pair:
            answers = list(
                pair.map(
                    lambda door, body=body, headers=headers: httpx.post(
                        door + path, content=body, headers=headers, trust_env=False, timeout=60
                    ),
                    doors,
                )
            )
        assert sorted(answer.status_code for answer in answers) == [200, 401], [a.text for a in answers]
        refused = next(answer for answer in answers if answer.status_code == 401)
        assert refused.json()["code"] == "exchange.nonce_replayed"


def _enqueue(platform: Battered, name: str, numbers: range) -> None:
    async def work(connection: asyncpg.Connection) -> None:
        async with connection.transaction():
            for number in numbers:
                await enqueue(connection, name, probe_worker.Note(number=number))

    platform.on_database(work)


def test_jobs_are_shared_and_take_effect_once_through_kill_and_poison(
    platform: Battered, two_workers: list["subprocess.Popen[bytes]"]
) -> None:
    """Poison in front, 300 jobs behind it; one of two workers is killed in the middle of its jobs."""
    eventually(lambda: platform.listening() == 3)
    _enqueue(platform, "probe.refuse", range(1000, 1003))
    _enqueue(platform, "probe.note", range(300))
    done = "SELECT count(*) FROM probe.notes WHERE number < 1000"
    eventually(lambda: platform.value(done) > 60)
    victim = two_workers[0]
    victim.kill()
    under_way = platform.value(
        "SELECT count(*) FROM pgqueuer WHERE status = 'picked' AND entrypoint = 'probe.note'"
    )
    assert under_way > 0, "nobody was at work"
    platform.await_idle()
    counted = platform.rows("SELECT number, count(*) FROM probe.notes GROUP BY number HAVING count(*) <> 1")
    assert counted == [], "a job took effect twice"
    assert platform.value(done) == 300
    assert platform.value("SELECT count(DISTINCT pid) FROM probe.notes") == 2, "the jobs were not shared"
    _dead_letters_are_seen_and_run_again(platform)
    _timer_fired_once_a_second(platform)


def _dead_letters_are_seen_and_run_again(platform: Battered) -> None:
    doctor, staff = platform.sign_in("doctor"), platform.sign_in("it_staff")
    assert doctor.get("/api/admin/operations/dead-letters").status_code == 403
    letters = staff.get("/api/admin/operations/dead-letters").json()["items"]
    assert [letter["name"] for letter in letters] == ["probe.refuse"] * 3
    assert all(letter["attempts"] == 1 and letter["reason"] for letter in letters), letters
    platform.on_database(lambda connection: connection.execute("INSERT INTO probe.mended DEFAULT VALUES"))
    for letter in letters:
        retry = f"/api/admin/operations/dead-letters/{letter['id']}/retry"
        assert doctor.post(retry).status_code == 403
        assert staff.post(retry).status_code == 204
        assert staff.post(retry).status_code == 404
    platform.await_idle()
    assert staff.get("/api/admin/operations/dead-letters").json()["items"] == []
    repaired = platform.rows("SELECT number FROM probe.notes WHERE number >= 1000 ORDER BY number")
    assert [record["number"] for record in repaired] == [1000, 1001, 1002]


def _timer_fired_once_a_second(platform: Battered) -> None:
    slots = [record["slot"] for record in platform.rows("SELECT slot FROM probe.ticks")]
    assert len(slots) >= 3
    assert len(set(slots)) == len(slots), "a timer fired twice"
