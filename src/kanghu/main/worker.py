"""The worker process: `python -m kanghu.main.worker`. Runs jobs and timers, moves the audit inbox into its chain and gives live
updates their numbers.

It is crash-only: when the database goes away it ends at once, and the supervisor starts it again. What it was doing is
delivered again when its heartbeat has run out. A slow farewell would do harm: it would book running jobs as failed.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import asyncpg
import uvloop

from kanghu.kernel import audit, jobs, live, log
from kanghu.kernel.db import Database
from kanghu.main import modules
from kanghu.main.process import NotPrepared, prepare

SEAL_EVERY_S = 2.0
# A person who waits for a change sees it this much later, and many small changes become one.
NUMBER_EVERY_S = 0.3


class DatabaseLost(Exception):
    """The database ended our connection, or no longer takes the queue's notes."""


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
            await rest(stop, SEAL_EVERY_S)


async def number_live(database: Database, stop: asyncio.Event) -> None:
    """Until `stop`: what was told since the last look gets its numbers and goes out to the web processes."""
    while not stop.is_set():
        async with database.transaction() as tx:
            await live.number(tx)
        await rest(stop, NUMBER_EVERY_S)


async def rest(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def until_lost(dsn: str) -> None:
    """Returns when the database ends a connection that is kept for nothing else: a pool would mend itself unseen, without
    the queue's LISTEN."""
    lost = asyncio.Event()
    connection = await asyncpg.connect(dsn)
    connection.add_termination_listener(lambda _connection: lost.set())
    try:
        await lost.wait()
    finally:
        connection.terminate()


async def run(database: Database, anchors: Path, stop: asyncio.Event, *, concurrency: int = 16) -> None:
    """Works until `stop` is set; raises when the database is lost, with jobs still under way: the process has to end then."""
    modules.load()
    await database.open()
    pool = await asyncpg.create_pool(
        database.dsn, min_size=2, max_size=4, statement_cache_size=database.statement_cache_size
    )
    queue = jobs.queue_of(pool, database)
    lost = asyncio.create_task(until_lost(database.dsn))
    sealer = asyncio.create_task(seal_audit(database, anchors, stop))
    numberer = asyncio.create_task(number_live(database, stop))
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
    await asyncio.wait({sealer, numberer, worker, lost, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        for ended in (sealer, numberer, worker, lost):
            if ended.done() and (error := ended.exception()):
                raise error
        raise DatabaseLost
    queue.shutdown.set()
    await asyncio.gather(sealer, numberer, worker)
    lost.cancel()
    await asyncio.wait_for(pool.close(), 5)
    await database.close()


async def _main() -> None:
    chosen, database = prepare()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await run(database, chosen.home / "audit-anchors.txt", stop)
    except Exception as error:
        log.get("worker").error("worker_ended", exc_info=error)
        os._exit(1)  # leaving the loop would cancel running jobs, which the queue books as cancelled for good


def main() -> None:
    try:
        uvloop.run(_main())
    except NotPrepared as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
