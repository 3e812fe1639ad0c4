"""The database behind the platform: a look at what is stored, and faults that no caller can bring about."""

import asyncio
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from tests.wire.conftest import Platform

_numbers = itertools.count(1)


def query(platform: Platform, sql: str, *args: Any) -> list[asyncpg.Record]:
    """A look behind the scenes, or a fault that no caller can bring about."""
    kept = json.loads((platform.home / "pg" / "connection.json").read_text())

    async def run() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=kept["port"], user="app", password=kept["password"], database="postgres"
        )
        try:
            return await connection.fetch(sql, *args)
        finally:
            await connection.close()

    # A thread of its own: pytest-asyncio may hold a running loop in this one.
    found: list[list[asyncpg.Record]] = []
    worker = threading.Thread(target=lambda: found.append(asyncio.run(run())))
    worker.start()
    worker.join()
    assert found, "the statement failed"
    return found[0]


@contextmanager
def refusing(platform: Platform, table: str, when: str) -> Iterator[None]:
    """While this lasts the database refuses rows for which `when` (SQL about NEW) holds, as a full or broken one would."""
    name = f"wire_refuse_{next(_numbers)}"
    query(
        platform,
        f"""CREATE FUNCTION public.{name}() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF {when} THEN RAISE EXCEPTION 'refused for a test'; END IF; RETURN NEW; END $$""",
    )
    query(
        platform,
        f"CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION public.{name}()",
    )
    try:
        yield
    finally:
        query(platform, f"DROP TRIGGER {name} ON {table}")
        query(platform, f"DROP FUNCTION public.{name}()")
