"""Databases and clients for tests.

Each xdist worker starts a PostgreSQL of its own, migrates once into a template, and gives every test that writes a copy of it.

    tx           a transaction on the template's schema, rolled back after the test
    database     an opened Database on a copy of its own: commits are real
    client       httpx client of the application on `database`; `sign_in(Caller(...))` gives it a caller
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
from alembic import command
from alembic.config import Config
from fastapi import FastAPI

from kanghu.kernel.crypto import new_secrets, vault
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import PERMISSIONS, Caller, Scope
from kanghu.main.app import connect, create_app
from kanghu.main.supervisor.postgres import EmbeddedPostgres
from tests.copies import TEMPLATE, Copies, dsn_of
from tests.wire.conftest import once_ready
from tests.wire.prepared import PreparedHome

ROOT = Path(__file__).resolve().parents[1]
vault.load(new_secrets())


def migrate(dsn: str) -> None:
    os.environ["DATABASE_URL"] = dsn
    command.upgrade(Config(str(ROOT / "alembic.ini")), "head")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL for this worker; its address with the maintenance database."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("pg"), durable=False) as postgres:
        yield postgres.dsn


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> PreparedHome:
    """Where a platform of real processes starts in seconds instead of half a minute."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    return PreparedHome(shared, once_ready)


@pytest.fixture(scope="session")
async def template(server: str) -> str:
    """A migrated database with the standards loaded, from which tests get their copies."""
    import asyncio

    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {TEMPLATE}")
    await connection.close()
    dsn = dsn_of(server, TEMPLATE)
    await asyncio.to_thread(migrate, dsn)
    await load_standards(dsn)
    return dsn


async def load_standards(dsn: str) -> None:
    from kanghu.main import modules, seed

    modules.load()
    database = Database(dsn, size=1)
    await database.open()
    async with database.transaction() as tx:
        await seed.load_standards(tx, lambda _line: None)
    await database.close()


@pytest.fixture(scope="session")
def copies(server: str, template: str) -> Copies:
    return Copies(server)


@pytest.fixture
async def database(copies: Copies) -> AsyncIterator[Database]:
    async with copies.opened() as opened:
        yield opened


@pytest.fixture(scope="session")
async def shared_database(copies: Copies) -> AsyncIterator[Database]:
    """One copy for all tests that roll back."""
    async with copies.opened(size=4) as opened:
        yield opened


class _Undo(Exception):
    pass


@pytest.fixture
async def tx(shared_database: Database) -> AsyncIterator[Tx]:
    try:
        async with shared_database.transaction() as transaction:
            yield transaction
            raise _Undo
    except _Undo:
        pass


class SignIn:
    """Stands where accounts stand: a token for any caller that a test thinks up."""

    def __init__(self) -> None:
        self.callers: dict[str, Caller] = {}

    def __call__(self, caller: Caller) -> dict[str, str]:
        token = new_id().hex
        self.callers[token] = caller
        return {"Authorization": f"Bearer {token}"}

    async def authenticate(
        self, _tx: Tx, token: str, *, ip: str = "", request_id: str = "", idle: bool = False
    ) -> Caller | None:
        return self.callers.get(token)


@pytest.fixture
def sign_in() -> SignIn:
    return SignIn()


@pytest.fixture(scope="session")
def application() -> FastAPI:
    """For `connect`: making one takes longer than most tests, and routes learn their parameters at their first request."""
    return create_app(Database(""), SignIn().authenticate)


@pytest.fixture
def app(application: FastAPI, database: Database, sign_in: SignIn) -> FastAPI:
    """The whole application on `database`; callers come from `sign_in`, not from sessions."""
    connect(application, database, sign_in.authenticate)
    return application


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as made:
        yield made


@pytest.fixture
def staff() -> Callable[..., Caller]:
    """`staff("catalog.item.read", …, institution=…)`: a staff caller who holds exactly these permissions, on everything
    or on one institution; `"*"` is every permission."""

    def make(*permissions: str, institution: UUID | None = None, scope: Scope | None = None) -> Caller:
        reach = scope or (Scope(institutions=(institution,)) if institution else Scope(everything=True))
        names = PERMISSIONS if permissions == ("*",) else permissions
        return Caller(
            kind="staff",
            account_id=new_id(),
            institution_id=institution,
            grants=dict.fromkeys(names, reach),
            display="测试员工",
        )

    return make
