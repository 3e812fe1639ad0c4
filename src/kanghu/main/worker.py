"""The worker process: `python -m kanghu.main.worker`. Runs jobs and timers, and moves the audit inbox into its chain.

It is crash-only: when the database goes away it ends, and the supervisor starts it again.
"""

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path

import asyncpg
from pgqueuer import PgQueuer

from kanghu.kernel import audit, jobs, log
from kanghu.kernel.db import Database
from kanghu.main import modules
from kanghu.main.process import NotPrepared, prepare

SEAL_EVERY_S = 2.0


async def seal_audit(database: Database, anchors: Path, stop: asyncio.Event) -> None:
    """Until `stop`: entries into the chain, and the new head into `anchors`, a file outside the database."""
    while True:
        async with database.transaction() as tx:
            sealed = await audit.seal(tx)
        if sealed:
            _, seq, head = sealed
            with anchors.open("a", encoding="ascii") as file:
                file.write(f"{seq} {head.hex()}\n")
        if stop.is_set():
            return
        if not sealed:
            try:
                await asyncio.wait_for(stop.wait(), SEAL_EVERY_S)
            except TimeoutError:
                continue


async def run(database: Database, anchors: Path, stop: asyncio.Event, *, concurrency: int = 16) -> None:
    """Works until `stop` is set or the database is lost (then it raises)."""
    modules.load()
    await database.open()
    pool = await asyncpg.create_pool(database.dsn, min_size=2, max_size=4, statement_cache_size=0)
    queue = PgQueuer.from_asyncpg_pool(pool)
    jobs.install(queue, database)
    sealer = asyncio.create_task(seal_audit(database, anchors, stop))
    worker = asyncio.create_task(
        queue.run(
            dequeue_timeout=timedelta(seconds=5),
            batch_size=8,
            max_concurrent_tasks=concurrency,
            # pgqueuer 1.6 asks for its first echo before it listens, and would end a healthy worker ten seconds later.
            # A lost database ends us by way of the sealer; a lost listener only costs the five seconds of polling.
            shutdown_on_listener_failure=False,
            heartbeat_timeout=timedelta(seconds=20),
        )
    )
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({sealer, worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    queue.shutdown.set()
    results = await asyncio.gather(sealer, worker, return_exceptions=True)
    stopping.cancel()
    await asyncio.wait_for(pool.close(), 5)
    await database.close()
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _main() -> None:
    chosen, database = prepare()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(database, chosen.home / "audit-anchors.txt", stop)


def main() -> None:
    try:
        asyncio.run(_main())
    except NotPrepared as error:
        sys.exit(str(error))
    except Exception as error:
        log.get("worker").error("worker_ended", exc_info=error)
        sys.exit(1)


if __name__ == "__main__":
    main()
