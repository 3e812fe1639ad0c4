"""Jobs commit with the business row and take effect once; the audit chain shows every kind of tampering."""

from dataclasses import dataclass

import asyncpg
import pytest

from kanghu.kernel import audit, jobs
from kanghu.kernel.db import Database
from kanghu.kernel.events import Event, on, publish
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM


@dataclass(frozen=True, kw_only=True)
class SomethingHappened(Event):
    number: int


@on(SomethingHappened)
async def remember(tx: asyncpg.Connection, event: SomethingHappened) -> None:
    await tx.execute("INSERT INTO probe VALUES ($1)", event.number)


async def _queued(database: Database) -> list[asyncpg.Record]:
    async with database.transaction() as tx:
        return await tx.fetch("SELECT id, entrypoint, payload FROM pgqueuer ORDER BY id")


async def test_a_rolled_back_transaction_leaves_no_job(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await publish(tx, SomethingHappened(number=1))
            raise RuntimeError
    assert await _queued(database) == []


async def test_a_job_delivered_twice_takes_effect_once(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE probe (number int)")
        await publish(tx, SomethingHappened(number=7))
    (queued,) = await _queued(database)
    kind = jobs.JOBS[queued["entrypoint"]]
    for _ in range(2):
        await jobs.run_job(database, kind, queued["id"], queued["payload"])
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT array_agg(number) FROM probe") == [7]


@dataclass(frozen=True, kw_only=True)
class SomethingHeardByTwo(Event):
    number: int


@on(SomethingHeardByTwo)
async def remember_it(tx: asyncpg.Connection, event: SomethingHeardByTwo) -> None:
    await tx.execute("INSERT INTO probe VALUES ($1)", event.number)


@on(SomethingHeardByTwo)
async def remember_double(tx: asyncpg.Connection, event: SomethingHeardByTwo) -> None:
    await tx.execute("INSERT INTO probe VALUES ($1)", event.number * 2)


async def test_an_event_is_one_row_and_each_listener_hears_it_once(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE probe (number int)")
        await publish(tx, SomethingHeardByTwo(number=7))
    assert len(await _queued(database)) == 1
    for _ in range(2):
        for queued in await _queued(database):
            await jobs.run_job(database, jobs.JOBS[queued["entrypoint"]], queued["id"], queued["payload"])
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT array_agg(number ORDER BY number) FROM probe") == [7, 14]


async def _write(database: Database, count: int) -> None:
    async with database.transaction() as tx:
        for number in range(count):
            await audit.record(
                tx, SYSTEM, "test.row.write", subject=f"t/{number}", person_id=new_id(), detail={"n": number}
            )


async def _seal_and_verify(database: Database, anchors: list[tuple[int, str]] | None = None) -> audit.Verdict:
    async with database.transaction() as tx:
        await audit.seal(tx)
    async with database.transaction() as tx:
        return await audit.verify(tx, anchors or [])


async def test_an_untouched_chain_is_whole(database: Database) -> None:
    await _write(database, 3)
    await _seal_and_verify(database)
    await _write(database, 2)
    verdict = await _seal_and_verify(database)
    assert (verdict.checked, verdict.broken_at) == (5, None)


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE kernel.audit_log SET action = 'x' WHERE seq = 2", 2),
        ("DELETE FROM kernel.audit_log WHERE seq = 2", 2),
        ("UPDATE kernel.audit_log SET detail = replace(detail, '1', '9') WHERE seq = 2", 2),
        ("UPDATE kernel.audit_log SET seq = seq + 10 WHERE seq = 4", 4),
        ("DELETE FROM kernel.audit_log WHERE seq = 4", 4),
    ],
)
async def test_tampering_shows(database: Database, tampering: str, broken_at: int) -> None:
    await _write(database, 4)
    whole = await _seal_and_verify(database)
    async with database.transaction() as tx:
        await tx.execute("ALTER TABLE kernel.audit_log DISABLE TRIGGER USER")
        await tx.execute(tampering)
    assert (await _seal_and_verify(database, [(4, whole.head)])).broken_at == broken_at


async def test_the_log_refuses_change(database: Database) -> None:
    await _write(database, 1)
    await _seal_and_verify(database)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with database.transaction() as tx:
            await tx.execute("DELETE FROM kernel.audit_log")
