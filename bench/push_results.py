"""US-H3 with 60 results, against the same rows inserted by pgbench on the same PostgreSQL, interleaved."""

import itertools
import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench import load
from bench.platform import APP_ID, SECRET, Bench, cpu_seconds, emit, settle, web
from kanghu.main.supervisor.postgres import EmbeddedPostgres
from kanghu_sandbox.wire.signature import Credentials

ROUNDS, PUSHES, CONNECTIONS = 3, 600, 8
PATH = "/open/v1/exam/results"


def body(bench: Bench, number: int) -> bytes:
    """One push: 60 numeric results of a new exam."""
    customer = bench.customers[number % len(bench.customers)]
    at = datetime.now(UTC).isoformat(timespec="seconds")
    results = [
        {
            "item_code": f"V-{item.code}",
            "item_name": item.name,
            "value": str(round(1.5 + place * 0.37 + number % 7, 2)),
            "value_type": "numeric",
            "unit": item.unit,
            "reference_range": "1.0-100.0",
            "abnormal_flag": "N",
            "specimen": item.specimen,
            "performed_at": at,
            "department": "检验科",
            "operator": "甲",
            "reviewer": "乙",
            "sequence": 1,
        }
        for place, item in enumerate(bench.items)
    ]
    push = {
        "exam_account": customer.exam_account,
        "exam_no": f"B{number:08}",
        "person": customer.person,
        "change": "1",
        "results": results,
    }
    return json.dumps(push, ensure_ascii=False).encode()


def requests(bench: Bench, host: str, numbers: Iterator[int], count: int) -> Iterator[bytes]:
    credentials = Credentials(APP_ID, (SECRET,))
    for number in itertools.islice(numbers, count):
        yield load.signed_post(credentials, host, PATH, body(bench, number))


SETUP = """
CREATE SCHEMA bench;
CREATE TABLE bench.results AS SELECT * FROM exams.results WHERE booking_id = (SELECT booking_id FROM exams.results LIMIT 1);
CREATE TABLE bench.message AS SELECT * FROM exchange.messages WHERE interface = 'H3' LIMIT 1;
CREATE TABLE bench.audit AS SELECT * FROM kernel.audit_inbox ORDER BY id DESC LIMIT 1;
CREATE TABLE bench.jobs AS SELECT * FROM pgqueuer WHERE payload IS NOT NULL ORDER BY id DESC LIMIT 2;
"""

# The rows of one push, no more and no less: booking, 60 results, 60 versions, message, nonce, audit entry, two jobs.
SCRIPT = """
BEGIN;
SELECT uuidv7() AS booking, uuidv7() AS message, md5(random()::text) AS nonce \\gset
INSERT INTO exams.bookings (id, person_id, institution_id, vendor_id, exam_account, exam_no, origin, state)
    SELECT :booking::uuid, person_id, institution_id, person_id, 'A', :booking::text, 'vendor', 'booked'
    FROM bench.results LIMIT 1;
INSERT INTO exams.results (booking_id, message_id, {columns})
    SELECT :booking::uuid, :message::uuid, {columns} FROM bench.results;
INSERT INTO exams.result_history (booking_id, vendor_item_code, revision, change, raw_value, raw_unit, numeric_value, unit,
    vendor_abnormal_flag, reference_text, performed_at, sequence, message_id)
    SELECT :booking::uuid, vendor_item_code, 1, '1', raw_value, raw_unit, numeric_value, unit, vendor_abnormal_flag,
    reference_text, performed_at, sequence, :message::uuid FROM bench.results;
INSERT INTO exchange.nonces (app_id, nonce) VALUES ('bench', :nonce);
INSERT INTO exchange.messages (id, vendor_id, direction, interface, app_id, body_sha256, body, answer, state, codes,
    person_id, booking_id, duration_ms, settled_at)
    SELECT :message::uuid, vendor_id, direction, interface, app_id, body_sha256, body, answer, state, codes, person_id,
    :booking::uuid, duration_ms, now() FROM bench.message;
INSERT INTO kernel.audit_inbox (at, actor_kind, actor_id, action, subject, person_id, institution_id, request_id, ip,
    detail, mac)
    SELECT at, actor_kind, actor_id, action, subject, person_id, institution_id, request_id, ip, detail, mac
    FROM bench.audit;
INSERT INTO pgqueuer (priority, entrypoint, payload, status) SELECT priority, 'bench', payload, 'queued' FROM bench.jobs;
INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority) SELECT id, 'queued', 'bench', priority FROM bench.jobs;
COMMIT;
"""


def pgbench(postgres: EmbeddedPostgres, script: Path, transactions: int) -> None:
    from kanghu.main.supervisor.postgres import _reachable_binaries

    binaries = _reachable_binaries(None)
    command = [binaries / "pgbench", "-n", "-M", "prepared", "-c", CONNECTIONS, "-j", "1", "-t", transactions // CONNECTIONS]
    subprocess.run([*map(str, command), "-f", str(script), postgres.dsn], check=True, stdout=subprocess.DEVNULL)


async def measure(bench: Bench) -> None:
    """Prints CPU per push of web, of PostgreSQL under it, of PostgreSQL under pgbench, and the ratio."""
    numbers = itertools.count()
    server = psutil.Process(bench.postgres.pid)
    with web(bench) as (url, running), tempfile.TemporaryDirectory() as folder:
        host = url.removeprefix("http://")
        warm = await load.run(url, requests(bench, host, numbers, 100), CONNECTIONS, keep=1)
        assert set(warm.statuses) == {200}, (warm.statuses, warm.bodies)
        assert json.loads(warm.bodies[0])["data"]["stored"] == len(bench.items), warm.bodies[0]
        await _set_up(bench)
        script = Path(folder) / "push.sql"
        script.write_text(SCRIPT.format(columns=await _result_columns(bench)))
        rounds = []
        for _ in range(ROUNDS):
            await settle(bench)
            before = cpu_seconds(running), cpu_seconds(server)
            answers = await load.run(url, requests(bench, host, numbers, PUSHES), CONNECTIONS)
            after = cpu_seconds(running), cpu_seconds(server)
            assert answers.statuses == {200: PUSHES}, answers.statuses
            await settle(bench)
            limit_before = cpu_seconds(server)
            pgbench(bench.postgres, script, PUSHES)
            limit = cpu_seconds(server) - limit_before
            rounds.append((after[0] - before[0], after[1] - before[1], limit, answers))
    python, database, limit = (statistics.median(each[place] for each in rounds) / PUSHES * 1e6 for place in range(3))
    seconds = [second for *_, answers in rounds for second in answers.seconds]
    emit(
        "push_results_60",
        ratio=round(limit / (python + database), 3),
        web_cpu_us=round(python),
        postgres_cpu_us=round(database),
        pgbench_cpu_us=round(limit),
        p50_ms=round(load.percentile(seconds, 0.5) * 1000, 2),
        p99_ms=round(load.percentile(seconds, 0.99) * 1000, 2),
        rounds=ROUNDS,
        pushes=PUSHES,
    )


async def _set_up(bench: Bench) -> None:
    async with bench.database.transaction() as tx:
        for statement in SETUP.strip().split(";\n"):
            await tx.execute(statement)


async def _result_columns(bench: Bench) -> str:
    async with bench.database.transaction() as tx:
        return await tx.fetchval(
            """SELECT string_agg(column_name, ', ') FROM information_schema.columns
                WHERE table_schema = 'exams' AND table_name = 'results'
                  AND column_name NOT IN ('booking_id', 'message_id')"""
        )
