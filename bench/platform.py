"""A platform to measure: durable PostgreSQL, the web process, a vendor with a mapping, customers with exam accounts."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import psutil

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM
from kanghu.main import modules, seed
from kanghu.main.home import Home
from kanghu.main.supervisor.postgres import EmbeddedPostgres
from kanghu.modules.accounts import public as accounts
from kanghu.modules.catalog import public as catalog
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange import public as exchange
from kanghu.modules.people import public as people

APP_ID, SECRET = "bench-vendor", "bench-secret-of-a-vendor-0123456789"
VENDOR_ID = UUID("018f0000-0000-7000-8000-0000000be4c4")


@dataclass
class Customer:
    exam_account: str
    person: dict[str, str]
    person_id: UUID


@dataclass
class Bench:
    home: Home
    postgres: EmbeddedPostgres
    database: Database
    institution: UUID
    customers: list[Customer]
    items: list[catalog.StandardItem]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def prepared(folder: Path, customers: int = 64) -> AsyncIterator[Bench]:
    """Migrated, seeded, with `customers` bound customers; nothing but PostgreSQL runs."""
    home = Home(folder)
    home.create()
    vault.load(home.secrets())
    with EmbeddedPostgres(home.pg) as postgres:
        command = [sys.executable, "-m", "kanghu.main.cli", "migrate"]
        subprocess.run(command, env=environment(home, postgres.dsn), check=True)
        database = Database(postgres.dsn)
        await database.open()
        modules.load()
        async with database.transaction() as tx:
            await seed.load_standards(tx, lambda _line: None)
            institution = await accounts.create_institution(tx, "bench", "性能测试医院")
            items = await _vendor(database, tx, institution)
        made = [await _customer(database, institution, number) for number in range(customers)]
        yield Bench(home, postgres, database, institution, made, items)
        await database.close()


def environment(home: Home, dsn: str, **more: str) -> dict[str, str]:
    return {**os.environ, "KANGHU_HOME": str(home.root), "DATABASE_URL": dsn, **more}


async def _vendor(database: Database, tx: object, institution: UUID) -> list[catalog.StandardItem]:
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
    items = [item for item in await catalog.list_standard_items(tx, "lab") if item.result_type == "numeric"][:60]
    dictionary = [catalog.VendorItem(f"V-{item.code}", item.name, unit=item.unit) for item in items]
    await catalog.apply_item_changes(tx, VENDOR_ID, "1", dictionary)
    await map_all(tx, items)
    return items


async def map_all(tx: object, items: list[catalog.StandardItem]) -> None:
    """Confirms the mapping of every item, as a person would in 项目对照."""
    from kanghu.kernel.security import Caller, Scope
    from kanghu.modules.catalog.service import mappings

    reach = Scope(everything=True)
    caller = Caller(kind="staff", account_id=new_id(), grants={f"catalog.mapping.{verb}": reach for verb in ("read", "write")})
    page = await mappings.search(tx, caller, VENDOR_ID, "", None, None, 200)
    seen = {row.code: row.changed_at for row in page.items}
    from kanghu.modules.catalog.schemas import MappingChoice, MappingChoices

    choices = [MappingChoice(vendor_item_code=f"V-{item.code}", item_code=item.code, seen=seen[f"V-{item.code}"]) for item in items]
    await mappings.confirm(tx, caller, VENDOR_ID, MappingChoices(mappings=choices).mappings)


async def _customer(database: Database, institution: UUID, number: int) -> Customer:
    from datetime import date

    person = people.PersonInput(name="测" + chr(0x4E00 + number), sex="1" if number % 2 else "2", birth_date=date(1970, 1, 1 + number % 28))
    async with database.transaction() as tx:
        person_id = await people.register_person(tx, SYSTEM, person, institution)
        account = f"BENCH{number:06}"
        await exams.bind_account(tx, SYSTEM, VENDOR_ID, institution, person_id, account)
        return Customer(account, await people.wire_person(tx, person_id), person_id)


@contextlib.contextmanager
def process(bench: Bench, module: str, **more: str) -> Iterator[psutil.Process]:
    """One of our processes."""
    started = subprocess.Popen(
        [sys.executable, "-m", module],
        env=environment(bench.home, bench.postgres.dsn, **more),
        stderr=(bench.home.logs / f"{module}.log").open("ab"),
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
        for _ in range(300):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(url + "/healthz", trust_env=False).status_code == 200:
                    break
            time.sleep(0.1)
        yield url, running


def cpu_seconds(root: psutil.Process) -> float:
    """CPU of a process, its living descendants, and those it has seen end."""
    total = 0.0
    for each in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system
            if each == root:
                total += times.children_user + times.children_system
    return total


def emit(name: str, **figures: object) -> None:
    print(json.dumps({"bench": name, **figures}, ensure_ascii=False), flush=True)


async def settle(bench: Bench) -> None:
    """Lets PostgreSQL finish what it does in the background, so that it is not counted to the next measurement."""
    async with bench.database.transaction() as tx:
        await tx.execute("SELECT 1")
    await asyncio.sleep(0.5)
