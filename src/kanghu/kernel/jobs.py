"""Background work on pgqueuer: a job row commits with the business row, and its effect with its "done" mark (ADR 0003).

`@job` runs in one transaction: what it does to the database happens once, also when it is delivered twice.
`@outbound_job` talks to the outside: it gets the `Database`, opens short transactions itself and must be idempotent.
A failed job is retried with growing delay; after `attempts` it is held as a dead letter that a person can see and re-run.
"""

import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_type_hints

import asyncpg
import msgspec
from pgqueuer import PgQueuer
from pgqueuer.core.executors import AbstractEntrypointExecutor
from pgqueuer.core.qm import QueueManager
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job, Schedule

from kanghu.kernel import log
from kanghu.kernel.db import Database, Tx

JobFunction = Callable[[Any, Any], Awaitable[None]]


class TryAgain(Exception):
    """Raised by a job that wants another try later without being at fault, e.g. the vendor does not answer."""


@dataclass(frozen=True, slots=True)
class JobType:
    name: str
    run: JobFunction
    payload_type: type
    in_transaction: bool
    attempts: int
    longest_delay: timedelta
    concurrency: int


@dataclass(frozen=True, slots=True)
class Timer:
    name: str
    expression: str
    run: Callable[[Tx], Awaitable[None]]


FIRST_DELAY = timedelta(seconds=2)
"""Before the second try; it doubles from try to try up to the job's `longest_delay`."""

JOBS: dict[str, JobType] = {}
TIMERS: dict[str, Timer] = {}
_NAME_OF: dict[Any, str] = {}


def _declare(
    name: str, *, in_transaction: bool, attempts: int, longest_delay: timedelta, concurrency: int
) -> Callable[[JobFunction], JobFunction]:
    def decorate(run: JobFunction) -> JobFunction:
        if name in JOBS and JOBS[name].run is not run:
            raise RuntimeError(f"two jobs are called {name}")
        hints = [hint for key, hint in get_type_hints(run).items() if key != "return"]
        JOBS[name] = JobType(name, run, hints[1], in_transaction, attempts, longest_delay, concurrency)
        _NAME_OF[run] = name
        return run

    return decorate


def job(
    name: str, *, attempts: int = 8, longest_delay: timedelta = timedelta(minutes=10), concurrency: int = 0
) -> Callable[[JobFunction], JobFunction]:
    """`async def name(tx, payload)` as a durable job; `concurrency` bounds how many run at once (0 = unbounded)."""
    return _declare(
        name, in_transaction=True, attempts=attempts, longest_delay=longest_delay, concurrency=concurrency
    )


def outbound_job(
    name: str, *, attempts: int = 20, longest_delay: timedelta = timedelta(minutes=5), concurrency: int = 4
) -> Callable[[JobFunction], JobFunction]:
    """`async def name(database, payload)`: no transaction is held while the outside is waited for."""
    return _declare(
        name, in_transaction=False, attempts=attempts, longest_delay=longest_delay, concurrency=concurrency
    )


def every(
    expression: str, name: str
) -> Callable[[Callable[[Tx], Awaitable[None]]], Callable[[Tx], Awaitable[None]]]:
    """`async def name(tx)` by the clock; `expression` is a cron line (five fields, UTC)."""

    def decorate(run: Callable[[Tx], Awaitable[None]]) -> Callable[[Tx], Awaitable[None]]:
        TIMERS[name] = Timer(name, expression, run)
        return run

    return decorate


# pgqueuer's own enqueue statement also writes a line "queued" into its log and maps ids back to inputs: half of its cost, and
# nobody here reads either. The table is what migration 0001 made; its version is pinned.
ENQUEUE = """
INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, status)
SELECT 0, name, payload, now() + delay, key, 'queued'
  FROM unnest($1::text[], $2::bytea[], $3::interval[], $4::text[]) AS job (name, payload, delay, key)
    ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING
"""

NO_DELAY = timedelta(0)


async def enqueue(
    tx: Tx, run: JobFunction | str, payload: Any, *, delay: timedelta | None = None, key: str | None = None
) -> None:
    """Puts a job into the queue, in the caller's transaction.

    With `key`, nothing is added while a job with the same key waits or runs: only for work that looks at the present
    state when it starts over and over, since a change made while it runs is not seen by it.
    """
    name = run if isinstance(run, str) else _NAME_OF[run]
    await tx.execute(ENQUEUE, [name], [msgspec.json.encode(payload)], [delay or NO_DELAY], [key])


async def enqueue_many(tx: Tx, jobs: list[tuple[str, Any]]) -> None:
    if not jobs:
        return
    names, payloads = [name for name, _ in jobs], [msgspec.json.encode(payload) for _, payload in jobs]
    await tx.execute(ENQUEUE, names, payloads, [NO_DELAY] * len(jobs), [None] * len(jobs))


class DatabaseRefused(Exception):
    """A job's statement failed. Stands for the database's own error, whose DETAIL would put row content into the queue's log."""


async def run_job(database: Database, kind: JobType, job_id: int, payload: bytes | None) -> None:
    """Runs one delivery of a job. In a transaction, a delivery whose effect is already there does nothing."""
    try:
        await _run_job(database, kind, job_id, payload)
    except asyncpg.PostgresError as error:
        log.get("jobs").error("job_failed", job=kind.name, job_id=job_id, exc_info=error)
        raise DatabaseRefused(f"{kind.name}: {type(error).__name__} {error.sqlstate}") from None


async def _run_job(database: Database, kind: JobType, job_id: int, payload: bytes | None) -> None:
    message: Any = msgspec.json.decode(payload or b"null", type=kind.payload_type)
    if not kind.in_transaction:
        await kind.run(database, message)
        return
    async with database.transaction() as tx:
        first = await tx.fetchval(
            "INSERT INTO kernel.jobs_done (job_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true", job_id
        )
        if first:
            await kind.run(tx, message)


class JobFailed(Exception):
    """Stands for an error whose text the database can't keep."""


class _Queue(QueueManager):
    """pgqueuer's, but a job whose retry could not be written is not a failed job."""

    async def log_failure(
        self, job: Job, executor: AbstractEntrypointExecutor, exc: Exception, jbuff: Any
    ) -> None:
        if job.attempts >= JOBS[job.entrypoint].attempts:
            await super().log_failure(job, executor, exc, jbuff)
            return
        # The database is unwell. The job stays picked and the worker ends: without heartbeat it is delivered again.
        log.get("jobs").error("retry_not_written", job=job.entrypoint, job_id=job.id, exc_info=exc)
        self.shutdown.set()


def queue_of(pool: asyncpg.Pool, database: Database) -> PgQueuer:
    """The worker's queue with every declared job and timer; it stops by itself when it can no longer keep its books."""
    queue = PgQueuer.from_asyncpg_pool(pool)
    assert queue.queries is not None
    queue.qm = _Queue(queue.queries, queue.channel)
    queue.qm.shutdown = queue.shutdown
    for kind in JOBS.values():
        queue.entrypoint(
            kind.name, concurrency_limit=kind.concurrency, on_failure="hold", accepts_context=False
        )(_deliver(database, kind))
    for timer in TIMERS.values():
        queue.schedule(timer.name, timer.expression, accepts_context=False)(_tick(database, timer))
    return queue


def retry_delay(kind: JobType, attempts: int) -> timedelta:
    """Doubles from `FIRST_DELAY` up to `longest_delay`; bounded before it is multiplied, a timedelta ends at 2**46 s."""
    return min(FIRST_DELAY * 2 ** min(attempts, 20), kind.longest_delay)


def _deliver(database: Database, kind: JobType) -> Callable[[Job], Awaitable[None]]:
    async def deliver(delivered: Job) -> None:
        failure = None
        try:
            await run_job(database, kind, delivered.id, delivered.payload)
        except Exception as error:
            failure = _storable(error)
        if failure is None:
            return
        if delivered.attempts >= kind.attempts:
            raise failure
        raise RetryRequested(retry_delay(kind, delivered.attempts), str(failure)) from failure

    return deliver


def _storable(error: Exception) -> Exception:
    """The error, or one in its place when its text is none that PostgreSQL can keep: the queue could never note it."""
    told = "".join(traceback.format_exception(error))
    cleaned = told.encode(errors="replace").decode().replace("\0", "?")
    return error if cleaned == told else JobFailed(cleaned)


def _tick(database: Database, timer: Timer) -> Callable[[Schedule], Awaitable[None]]:
    async def tick(_schedule: Schedule) -> None:
        async with database.transaction() as tx:
            await timer.run(tx)

    return tick


@every("17 3 * * *", "kernel.purge_done_jobs")
async def purge_done_jobs(tx: Tx) -> None:
    """A job is delivered again within minutes or never: a week of marks is ample."""
    await tx.execute("DELETE FROM kernel.jobs_done WHERE at < now() - interval '7 days'")
    await tx.execute("DELETE FROM pgqueuer_log WHERE created < now() - interval '14 days'")
