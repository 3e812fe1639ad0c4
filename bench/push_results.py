"""US-H3 with 60 results, against the same rows inserted by pgbench on the same PostgreSQL, interleaved; then with the worker."""

import itertools
import json
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime

import psutil

from bench import load
from bench.cost import cpu_seconds, emit, latency, median_us, settle
from bench.limit import pgbench_cpu
from bench.platform import APP_ID, SECRET, Bench, jobs_done, process, web
from kanghu_sandbox.wire.signature import Credentials

CONNECTIONS = 8
PATH = "/open/v1/exam/results"


def body(bench: Bench, number: int) -> bytes:
    """One push: 60 numeric results of a new exam."""
    customers = bench.customers[:-1]  # the last one's page is read by results_page
    customer = customers[number % len(customers)]
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
CREATE TABLE bench.jobs AS SELECT * FROM pgqueuer WHERE payload IS NOT NULL ORDER BY id DESC LIMIT 1;
"""

# The rows of one push, no more and no less: booking, 60 results, 60 versions, message, nonce, audit entry, job.
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


async def measure(bench: Bench, *, rounds: int = 3, pushes: int = 600, pushes_with_jobs: int = 200) -> None:
    """Prints CPU per push of web, of PostgreSQL under it, of PostgreSQL under pgbench, and the ratio; once without, once
    with what the worker does afterwards."""
    numbers = itertools.count()
    with web(bench) as (url, running):
        await warm_up(bench, url, numbers)
        await _set_up(bench)
        script = SCRIPT.format(columns=await _result_columns(bench))
        costs, limits, seconds = [], [], []
        for _ in range(rounds):
            cost, answers = await _pushed(bench, url, [running], numbers, pushes)
            costs.append(cost)
            seconds += answers.seconds
            limits.append(await pgbench_cpu(bench, script, pushes))
        _tell("push_results_60", costs, limits, **latency(seconds), rounds=rounds, pushes=pushes)

        await _forget_jobs(bench)
        with process(bench, "kanghu.main.worker") as worker:
            await _pushed(bench, url, [running, worker], numbers, 20, with_jobs=True)
            cost, answers = await _pushed(
                bench, url, [running, worker], numbers, pushes_with_jobs, with_jobs=True
            )
        _tell(
            "push_results_60_with_jobs", [cost], limits, **latency(answers.seconds), pushes=pushes_with_jobs
        )


async def warm_up(bench: Bench, url: str, numbers: Iterator[int], count: int = 100) -> None:
    """Pushes; then what autovacuum does within its first minute, so that plans made for empty tables go."""
    host = url.removeprefix("http://")
    warm = await load.run(url, requests(bench, host, numbers, count), CONNECTIONS, keep=1)
    assert json.loads(warm.all(200).bodies[0])["data"]["stored"] == len(bench.items), warm.bodies[0]
    async with bench.database.transaction() as tx:
        await tx.execute("ANALYZE")


async def _pushed(
    bench: Bench,
    url: str,
    ours: list[psutil.Process],
    numbers: Iterator[int],
    pushes: int,
    *,
    with_jobs: bool = False,
) -> tuple[list[float], load.Answers]:
    """CPU seconds per push of each of our processes and, last, of PostgreSQL."""
    await settle()
    processes = [*ours, bench.server]
    before = [cpu_seconds(each) for each in processes]
    batch = requests(bench, url.removeprefix("http://"), numbers, pushes)
    answers = (await load.run(url, batch, CONNECTIONS)).all(200)
    if with_jobs:
        await jobs_done(bench)
    return [(cpu_seconds(each) - was) / pushes for each, was in zip(processes, before, strict=True)], answers


def _tell(name: str, costs: list[list[float]], limits: list[float], **figures: object) -> None:
    *ours, database = (statistics.median(part) for part in zip(*costs, strict=True))
    parts = dict(zip(("web_cpu_us", "worker_cpu_us"), (median_us([each]) for each in ours), strict=False))
    emit(
        name,
        ratio=round(statistics.median(limits) / (sum(ours) + database), 3),
        **parts,
        postgres_cpu_us=median_us([database]),
        pgbench_cpu_us=median_us(limits),
        **figures,
    )


async def _forget_jobs(bench: Bench) -> None:
    """The worker starts with nothing to do: neither our pushes' jobs nor pgbench's."""
    async with bench.database.transaction() as tx:
        await tx.execute("DELETE FROM pgqueuer")
        await tx.execute("DELETE FROM kernel.audit_inbox")


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
