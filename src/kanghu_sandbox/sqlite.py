"""One SQLite file of a stand-in. A connection per transaction: cheap in SQLite, and none is ever shared between threads."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from fastapi.concurrency import run_in_threadpool

T = TypeVar("T")
Tx = sqlite3.Connection

BUSY_SECONDS = 10.0


class SqliteStore:
    """The file `path`, in WAL mode so that readers never wait for the writer; `schema` only creates what is not there."""

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(schema)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        # isolation_level=None: the module must not open or close transactions on its own.
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        # With WAL a killed process loses nothing; only a power cut may take the last transactions of a stand-in.
        connection.execute("PRAGMA synchronous = NORMAL")
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """Commit at the end, roll back on any exception.

        IMMEDIATE takes the write lock at once, so what is read in here (a free place, a known account) stays true until
        the commit.
        """
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    async def run(self, work: Callable[[Tx], T]) -> T:
        """Do `work` in one transaction, off the event loop."""

        def whole() -> T:
            with self.transaction() as tx:
                return work(tx)

        return await run_in_threadpool(whole)
