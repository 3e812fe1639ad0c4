"""The limit that we measure ourselves against: pgbench running the same statements on the same PostgreSQL.

The statements are not written down again: `recorded` sends requests through the application in this process and notes what
reaches the database, and `script` turns that into a pgbench script.
"""

import re
import statistics
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
from asyncpg.connection import LoggedQuery

from bench.cost import cpu_seconds, settle
from bench.platform import Bench
from kanghu.kernel.db import Database, Tx
from kanghu.main.app import create_app
from kanghu.main.supervisor.postgres import reachable_binaries
from kanghu.modules.accounts import public as accounts

CLIENTS = 8
WARMINGS = 3
WARMING = WARMINGS * CLIENTS
"""Transactions of a script before the first that counts."""


@dataclass(frozen=True)
class Statement:
    sql: str
    arguments: tuple[Any, ...]

    def naming(self, names: Mapping[Any, str]) -> "Statement":
        """With arguments that are keys of `names` replaced by pgbench variables."""
        arguments = tuple(
            Variable(names[value]) if not isinstance(value, list | tuple | dict) and value in names else value
            for value in self.arguments
        )
        return replace(self, arguments=arguments)

    def text(self) -> str:
        """The statement with its arguments in their places, as pgbench reads it."""
        return re.sub(r"\$(\d+)", lambda found: literal(self.arguments[int(found[1]) - 1]), self.sql)


@dataclass(frozen=True)
class Variable:
    name: str


class Recorder(Database):
    """A database of one connection that notes the statements inside its transactions."""

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn, size=1)
        self.statements: list[Statement] = []

    @asynccontextmanager
    async def transaction(self, *, readonly: bool = False) -> AsyncIterator[Tx]:
        async with super().transaction(readonly=readonly) as tx:
            with tx.query_logger(self._note):
                yield tx

    def _note(self, query: LoggedQuery) -> None:
        self.statements.append(Statement(query.query, tuple(query.args)))


async def recorded(bench: Bench, requests: Sequence[httpx.Request]) -> list[list[Statement]]:
    """The statements of each request. The first one also shows how the driver learns types: send one that is not needed."""
    database = Recorder(bench.dsn)
    await database.open()
    found = []
    transport = httpx.ASGITransport(create_app(database, accounts.authenticate))
    async with httpx.AsyncClient(transport=transport) as client:
        for request in requests:
            database.statements = []
            await client.send(request)
            found.append(database.statements)
    await database.close()
    return found


def script(statements: Sequence[Statement], *, first: str = "", end: str = "COMMIT") -> str:
    """One transaction; `first` sets variables."""
    return "\n".join([first, "BEGIN;", *[f"{each.text()};" for each in statements], f"{end};\n"])


def literal(value: Any) -> str:
    """A value as SQL; types are left to PostgreSQL to find, as with parameters."""
    if isinstance(value, Variable):
        return f":{value.name}"
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, tuple):
        return f"ROW({', '.join(literal(each) for each in value)})"
    return _quoted(_plain(value))


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, list):
        return "{" + ",".join(_element(each) for each in value) + "}"
    return str(value)


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    return '"' + _plain(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(text: str) -> str:
    # pgbench takes :word for a variable inside quotes too.
    return "E'" + text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a") + "'"


async def pgbench_cpu(bench: Bench, text: str, transactions: int) -> float:
    """Seconds of PostgreSQL's CPU for each of so many transactions of the script, on connections that are warm.

    pgbench's own CPU is not counted. A connection's coming and its first transaction (signing in, catalogues, plans) are taken
    off, as measured once per script: ours are there already.
    """
    if text not in bench.warming_cpu:
        spent = [await _spent(bench, text, CLIENTS) for _ in range(WARMINGS)]
        bench.warming_cpu[text] = statistics.median(spent)
    spent_now = await _spent(bench, text, transactions)
    return max(0.0, spent_now - bench.warming_cpu[text]) / (transactions // CLIENTS * CLIENTS - CLIENTS)


async def _spent(bench: Bench, text: str, transactions: int) -> float:
    await settle()
    before = cpu_seconds(bench.server)
    pgbench(bench.dsn, text, transactions)
    await settle()
    return cpu_seconds(bench.server) - before


def pgbench(dsn: str, text: str, transactions: int) -> None:
    """Raises RuntimeError with what pgbench said."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(text)
        file.flush()
        options = [
            "-n",
            "-M",
            "prepared",
            "-c",
            CLIENTS,
            "-j",
            1,
            "-t",
            transactions // CLIENTS,
            "-f",
            file.name,
        ]
        command = [str(reachable_binaries(None) / "pgbench"), *map(str, options), dsn]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
