"""A second worker, started by hand: ours, with a few jobs more, whose effects a test can count.

python -m tests.resilience.probe_worker
"""

import asyncio
import os
from dataclasses import dataclass

from kanghu.kernel.db import Tx
from kanghu.kernel.jobs import every, job
from kanghu.main import worker

SCHEMA = """
CREATE SCHEMA probe;
CREATE TABLE probe.notes (number integer, pid integer);
CREATE TABLE probe.ticks (slot timestamptz, pid integer);
CREATE TABLE probe.mended ();
"""
CLEAN = """
DROP SCHEMA probe CASCADE;
DELETE FROM pgqueuer_schedules WHERE entrypoint = 'probe.tick';
DELETE FROM pgqueuer WHERE entrypoint LIKE 'probe.%';
"""


@dataclass(frozen=True, kw_only=True)
class Note:
    number: int


@job("probe.note")
async def note(tx: Tx, given: Note) -> None:
    """Long enough that a kill finds it between its effect and its end."""
    await tx.execute("INSERT INTO probe.notes VALUES ($1, $2)", given.number, os.getpid())
    await asyncio.sleep(0.1)


@job("probe.refuse", attempts=1)
async def refuse(tx: Tx, given: Note) -> None:
    """Fails until it is mended, with a text that PostgreSQL cannot keep."""
    if not await tx.fetchval("SELECT EXISTS (SELECT FROM probe.mended)"):
        raise ValueError(f"\0 \ud800 {given.number}")
    await tx.execute("INSERT INTO probe.notes VALUES ($1, $2)", given.number, os.getpid())


@every("* * * * * *", "probe.tick")
async def tick(tx: Tx) -> None:
    """Every second; who picked this run has written when the next one is due, so that time names the run."""
    await tx.execute(
        "INSERT INTO probe.ticks SELECT next_run, $1 FROM pgqueuer_schedules WHERE entrypoint = 'probe.tick'",
        os.getpid(),
    )


if __name__ == "__main__":
    worker.main()
