"""A web process of the test's own on a real socket, and somebody who gives the numbers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn

from kanghu.kernel import live
from kanghu.kernel.db import Database
from kanghu.main.app import create_app
from kanghu.main.live import hub, stream
from kanghu.main.live.hub import Hub
from kanghu.main.web import Server
from kanghu.main.worker import number_live
from tests.conftest import SignIn
from tests.wire.conftest import free_port, own_platform, platform  # noqa: F401 - fixtures


@dataclass
class Web:
    url: str
    hub: Hub
    server: Server
    running: "asyncio.Task[None]"


@asynccontextmanager
async def served(database: Database, sign_in: SignIn, *, pool: int = 2) -> AsyncIterator[Web]:
    """Another process would differ only in its number."""
    app = create_app(Database(database.dsn, size=pool), sign_in.authenticate)
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=10)
    server = Server(config, app)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Web(f"http://127.0.0.1:{port}", app.state.live, server, running)
    server.should_exit = True
    await running


@pytest.fixture
async def numbering(database: Database) -> AsyncIterator[None]:
    """What the worker does beside its jobs."""
    stop = asyncio.Event()
    working = asyncio.create_task(number_live(database, stop))
    yield
    stop.set()
    await working


@pytest.fixture
async def web(database: Database, sign_in: SignIn, numbering: None) -> AsyncIterator[Web]:
    async with served(database, sign_in) as running:
        yield running


@pytest.fixture
def tell(database: Database) -> Callable[..., Awaitable[None]]:
    """`await tell("exams.results", person_id=…)`, committed."""

    async def told(topic: str, **whom: Any) -> None:
        async with database.transaction() as tx:
            await live.tell(tx, topic, **whom)

    return told


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes as moments."""
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.1)
    monkeypatch.setattr(stream, "SEND_LIMIT_S", 0.5)
    monkeypatch.setattr(hub, "CHECK_EVERY_S", 0.1)
    monkeypatch.setattr(hub, "CONNECT_AGAIN_S", 0.1)
