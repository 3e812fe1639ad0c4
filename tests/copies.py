"""Copies of the template for tests that commit. A copy in which a test left nothing but rows is used again.

Copying makes a thousand files, which costs more than most tests do; taking the rows out again takes some milliseconds. What is
trusted least is looked at: the shape of the schema, and every table that holds standards. A copy that differs is thrown away.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id

TEMPLATE = "kanghu_template"

_SHAPE = """
SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
    SELECT format('%s %s', attrelid::regclass, attname) FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0
    UNION ALL SELECT format('%s %s %s', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger WHERE oid >= 16384
    UNION ALL SELECT format('%s %s', conrelid::regclass, conname) FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT format('%s %s', oid::regprocedure, md5(prosrc)) FROM pg_proc WHERE oid >= 16384
) AS parts (part)"""

_OTHERS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""

_WRITTEN = """
SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables
 WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"""

_SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences"


def dsn_of(server: str, name: str) -> str:
    return server.rsplit("/", 1)[0] + "/" + name


@dataclass(frozen=True)
class _Original:
    """What a copy is like before anybody wrote to it. `filled`: tables with rows; `sequences`: where they stand."""

    shape: str
    filled: frozenset[str]
    sequences: dict[str, tuple[int, bool]]


async def _look(connection: asyncpg.Connection) -> _Original:
    tables = await connection.fetch("SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables")
    filled = [name for (name,) in tables if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {name})")]
    return _Original(await connection.fetchval(_SHAPE), frozenset(filled), await _standing(connection))


async def _standing(connection: asyncpg.Connection) -> dict[str, tuple[int, bool]]:
    names = [name for (name,) in await connection.fetch(_SEQUENCES)]
    return {
        name: tuple(await connection.fetchrow(f"SELECT last_value, is_called FROM {name}")) for name in names
    }


async def _left_alone(connection: asyncpg.Connection) -> bool:
    """Whether everybody else is gone; who has closed a moment ago is given the time."""
    for _ in range(100):
        if not await connection.fetchval(_OTHERS):
            return True
        await asyncio.sleep(0.02)
    return False


@dataclass
class Copies:
    """Of the template on `server`, for one worker."""

    server: str
    _clean: list[str] = field(default_factory=list)
    _original: _Original | None = None

    @asynccontextmanager
    async def opened(self, *, size: int = 10) -> AsyncIterator[Database]:
        """A database that nobody else has, open."""
        name = self._clean.pop() if self._clean else await self._made()
        database = Database(dsn_of(self.server, name), size=size)
        await database.open()
        try:
            yield database
        finally:
            await database.close()
            await self._back(name)

    async def _made(self) -> str:
        name = f"test_{new_id().hex}"
        await self._do(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        if self._original is None:
            connection = await asyncpg.connect(dsn_of(self.server, name))
            self._original = await _look(connection)
            await connection.close()
        return name

    async def _back(self, name: str) -> None:
        connection = await asyncpg.connect(dsn_of(self.server, name))
        try:
            clean = await self._cleaned(connection)
        finally:
            await connection.close()
        if clean:
            self._clean.append(name)
        else:
            await self._do(f"DROP DATABASE {name} WITH (FORCE)")

    async def _cleaned(self, connection: asyncpg.Connection) -> bool:
        """Whether the copy is as it was made, after taking out the rows that a test left."""
        original = self._original
        assert original is not None
        # Whoever is still connected may write later, and has not counted what it wrote.
        if not await _left_alone(connection) or await connection.fetchval(_SHAPE) != original.shape:
            return False
        written = [name for (name,) in await connection.fetch(_WRITTEN)]
        if not original.filled.isdisjoint(written):
            return False
        await connection.execute("SET session_replication_role = replica")  # what is append-only, too
        for name in written:
            await connection.execute(f"DELETE FROM {name}")
        for name, (value, called) in original.sequences.items():
            await connection.execute("SELECT setval($1::regclass, $2, $3)", name, value, called)
        await connection.execute("SELECT pg_stat_force_next_flush()")
        await connection.execute("SELECT pg_stat_reset()")
        return True

    async def _do(self, statement: str) -> None:
        connection = await asyncpg.connect(self.server)
        await connection.execute(statement)
        await connection.close()
