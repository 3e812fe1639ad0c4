"""The database: one pool, one transaction per request or job, and the only commit of the house.

SQL stands in the modules' `repository`, written as SQL (ADR 0002).
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar, cast

import asyncpg
import msgspec

Tx: TypeAlias = asyncpg.Connection
"""A connection inside an open transaction. Who receives one must not commit."""

Record: TypeAlias = asyncpg.Record

Row = TypeVar("Row")


def row(cls: type[Row], record: Record | None) -> Row | None:
    """One record as a row type whose field names are the column names; None stays None."""
    return None if record is None else cls(**record)


def rows(cls: type[Row], records: Iterable[Record]) -> list[Row]:
    return [cls(**record) for record in records]


def _encode_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def _prepare_connection(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encode_json, decoder=msgspec.json.decode
    )


async def _keep_session(connection: asyncpg.Connection) -> None:
    """Nothing is set on a session outside a transaction, so returning a connection costs no round trip."""


class Database:
    """The pool of one process. `statement_cache_size=0` is for pgbouncer in transaction mode."""

    def __init__(self, dsn: str, *, size: int = 10, statement_cache_size: int = 256) -> None:
        self.dsn = dsn
        self._size = size
        self.statement_cache_size = statement_cache_size
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            self.dsn,
            min_size=1,
            max_size=self._size,
            init=_prepare_connection,
            reset=_keep_session,
            statement_cache_size=self.statement_cache_size,
            command_timeout=30,
            server_settings={"application_name": "kanghu", "jit": "off", "timezone": "UTC"},
        )

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    @asynccontextmanager
    async def transaction(self, *, readonly: bool = False) -> AsyncIterator[Tx]:
        """Commits when the block ends well, rolls back when it raises.

        Raises `TimeoutError` when no connection is free within 10 s.
        """
        assert self._pool is not None, "Database.open() was not called"
        async with self._pool.acquire(timeout=10) as connection:
            async with connection.transaction(readonly=readonly):
                yield cast(Tx, connection)
