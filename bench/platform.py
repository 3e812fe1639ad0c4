"""A platform to measure: durable PostgreSQL, our processes, a vendor with a mapping, customers with exam accounts."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import UUID

import httpx
import psutil

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller, Scope
from kanghu.main import modules, seed
from kanghu.main.home import Home
from kanghu.main.supervisor.postgres import EmbeddedPostgres
from kanghu.modules.accounts import public as accounts
from kanghu.modules.accounts.service.sign_in import Attempt, sign_in
from kanghu.modules.catalog import public as catalog
from kanghu.modules.catalog.schemas import MappingChoice
from kanghu.modules.catalog.service import mappings
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange import public as exchange
from kanghu.modules.people import public as people

APP_ID, SECRET = "bench-vendor", "bench-secret-of-a-vendor-0123456789"
VENDOR_ID = UUID("018f0000-0000-7000-8000-0000000be4c4")
PASSWORD = "bench-password-2026"


@dataclass
class Customer:
    exam_account: str
    person: dict[str, str]
    person_id: UUID
    username: str
    token: str = ""


@dataclass
class Bench:
    """`server` is the postmaster; `warming_cpu` is what `limit` measured of each script."""

    home: Home
    dsn: str
    server: psutil.Process
    database: Database
    institution: UUID
    customers: list[Customer]
    items: list[catalog.StandardItem]
    warming_cpu: dict[str, float] = field(default_factory=dict)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def prepared(folder: Path, customers: int) -> AsyncIterator[Bench]:
    """Migrated, seeded, with `customers` bound customers; nothing but PostgreSQL runs."""
    home = Home(folder)
    home.create()
    home.secrets()
    with EmbeddedPostgres(home.pg) as postgres:
        command = [sys.executable, "-m", "kanghu.main.cli", "migrate"]
        subprocess.run(command, env=environment(home, postgres.dsn), check=True)
        async with filled(home, postgres.dsn, psutil.Process(postgres.pid), customers) as bench:
            yield bench


@contextlib.asynccontextmanager
async def filled(home: Home, dsn: str, server: psutil.Process, customers: int) -> AsyncIterator[Bench]:
    """The vendor and `customers` bound customers in a migrated database. The keys in this process become `home`'s."""
    vault.load(home.secrets())
    modules.load()
    database = Database(dsn)
    await database.open()
    try:
        async with database.transaction() as tx:
            await seed.load_standards(tx, lambda _line: None)
            institution = await accounts.create_institution(tx, "bench", "性能测试医院")
            items = await _vendor(tx, institution)
        made = [await _customer(database, institution, number) for number in range(customers)]
        yield Bench(home, dsn, server, database, institution, made, items)
    finally:
        await database.close()


def environment(home: Home, dsn: str, **more: str) -> dict[str, str]:
    return {**os.environ, "KANGHU_HOME": str(home.root), "DATABASE_URL": dsn, **more}


async def _vendor(tx: Tx, institution: UUID) -> list[catalog.StandardItem]:
    """A vendor whose items are 60 numeric standard items under codes of its own, all mapped."""
    await exchange.ensure_vendor(
        tx,
        vendor_id=VENDOR_ID,
        name="性能测试体检系统",
        institution_id=institution,
        base_url="http://127.0.0.1:9",
        url_hosts=[],
        call_app_id=APP_ID,
        call_secret=SECRET,
    )
    await accounts.create_api_app(
        tx,
        app_id=APP_ID,
        name="性能测试",
        institution_id=institution,
        vendor_id=VENDOR_ID,
        rate_per_minute=1_000_000,
        secret=SECRET,
    )
    await exams.set_daily_capacity(tx, VENDOR_ID, 100_000)
    lab = await catalog.list_standard_items(tx, "lab")
    items = [item for item in lab if item.result_type == "numeric"][:60]
    dictionary = [catalog.VendorItem(f"V-{item.code}", item.name, unit=item.unit) for item in items]
    await catalog.apply_item_changes(tx, VENDOR_ID, "1", dictionary)
    await _map_all(tx, items)
    return items


async def _map_all(tx: Tx, items: list[catalog.StandardItem]) -> None:
    """Confirms the mapping of every item, as a person would in 项目对照."""
    reach = Scope(everything=True)
    grants = {f"catalog.mapping.{verb}": reach for verb in ("read", "write")}
    caller = Caller(kind="staff", account_id=new_id(), grants=grants)
    page = await mappings.search(tx, caller, VENDOR_ID, "", None, None, 200)
    seen = {row.code: row.changed_at for row in page.items}
    choices = [
        MappingChoice(vendor_item_code=code, item_code=code.removeprefix("V-"), seen=seen[code])
        for code in (f"V-{item.code}" for item in items)
    ]
    await mappings.confirm(tx, caller, VENDOR_ID, choices)


async def _customer(database: Database, institution: UUID, number: int) -> Customer:
    person = people.PersonInput(
        name="测" + chr(0x4E00 + number),
        sex="1" if number % 2 else "2",
        birth_date=date(1970, 1, 1 + number % 28),
    )
    async with database.transaction() as tx:
        person_id = await people.register_person(tx, SYSTEM, person, institution)
        account = f"BENCH{number:06}"
        await exams.bind_account(tx, SYSTEM, VENDOR_ID, institution, person_id, account)
        return Customer(account, await people.wire_person(tx, person_id), person_id, f"bench-{number}")


async def give_sessions(bench: Bench, customers: list[Customer]) -> None:
    """Every one of `customers` has an account with `PASSWORD` and a live session (`token`)."""
    for customer in customers:
        if customer.token:
            continue
        async with bench.database.transaction() as tx:
            await accounts.create_customer_account(
                tx,
                username=customer.username,
                phone=None,
                password=PASSWORD,
                person_id=customer.person_id,
                institution_id=bench.institution,
            )
        customer.token = await session(bench, customer.username)


async def staff_session(bench: Bench, username: str, role: str, scope: str) -> str:
    """The token of a new member of staff who holds `role` on `scope` (a key of accounts.policy.SCOPE_KINDS)."""
    async with bench.database.transaction() as tx:
        await accounts.create_staff_account(
            tx,
            username=username,
            password=PASSWORD,
            display_name="性能测试",
            institution_id=bench.institution,
            grants=[(role, scope)],
        )
    return await session(bench, username)


async def session(bench: Bench, username: str) -> str:
    """A token, by signing in."""
    attempt = Attempt(username, PASSWORD, None, ip="127.0.0.1", user_agent="bench", request_id="")
    return (await sign_in(bench.database, attempt)).token


@contextlib.contextmanager
def process(bench: Bench, module: str, **more: str) -> Iterator[psutil.Process]:
    """One of our processes."""
    with (bench.home.logs / f"{module}.log").open("ab") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", module], env=environment(bench.home, bench.dsn, **more), stderr=log
        )
    try:
        yield psutil.Process(started.pid)
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(30)


@contextlib.contextmanager
def web(bench: Bench) -> Iterator[tuple[str, psutil.Process]]:
    """A web process that answers; its address."""
    port = free_port()
    with process(bench, "kanghu.main.web", KANGHU_PORT=str(port)) as running:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url + "/healthz")
        yield url, running


def _wait_for(url: str) -> None:
    for _ in range(300):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(url)


async def jobs_done(bench: Bench) -> None:
    """Returns when the worker has nothing left to do: no waiting job, no audit entry that is not in the chain yet."""
    async with asyncio.timeout(300):
        while await _waiting(bench):
            await asyncio.sleep(0.2)


async def _waiting(bench: Bench) -> bool:
    async with bench.database.transaction() as tx:
        found: bool = await tx.fetchval(
            """SELECT EXISTS (SELECT FROM pgqueuer WHERE status IN ('queued', 'picked'))
                   OR EXISTS (SELECT FROM kernel.audit_inbox)"""
        )
        return found
