"""The house with two institutions: built once for the tests that leave it as it is."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.main.live import stream

from ..conftest import TEMPLATE, dsn_of
from .house import House, built


@pytest.fixture(autouse=True)
def streams_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests read whole answers; open streams are for tests/live."""
    monkeypatch.setattr(stream, "LONGEST_S", 0.0)


@pytest.fixture(scope="session")
async def house(server: str, template: str) -> AsyncIterator[House]:
    admin = await asyncpg.connect(server)
    name = f"house_{new_id().hex}"
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    await admin.close()
    database = Database(dsn_of(server, name), size=6)
    await database.open()
    async with built(database) as made:
        yield made
    await database.close()
