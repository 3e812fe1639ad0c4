"""Pages of a list in a large table, against the same statements under pgbench."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from bench import load
from bench.cost import cpu_seconds, emit, latency, median_us, settle
from bench.limit import Statement, literal, pgbench_cpu, recorded, script
from bench.platform import Bench, web

CONNECTIONS = 4
Plan = dict[str, Any]


@dataclass
class Page:
    """One of the pages, the limit's scripts for it, and what it cost in each round."""

    reader: str
    page: str
    path: str
    token: str
    same_statements: str = ""
    select_alone: str = ""
    web_cpu: list[float] = field(default_factory=list)
    server_cpu: list[float] = field(default_factory=list)
    pgbench_cpu: list[float] = field(default_factory=list)
    alone_cpu: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def request(self) -> httpx.Request:
        return httpx.Request(
            "GET", "http://bench" + self.path, headers={"Authorization": f"Bearer {self.token}"}
        )


async def compare(
    bench: Bench,
    name: str,
    pages: Sequence[Page],
    *,
    table: str,
    size: int,
    check: Callable[[Plan], None],
    rows: int,
    rounds: int,
    requests: int,
    plan: str = "force_generic_plan",
) -> None:
    """Prints for each page the CPU of web and PostgreSQL against the same statements under pgbench.

    `plan`: the plan_cache_mode under which `check` looks; unless told otherwise, at the one that serves every page.
    `table`: from which the one SELECT reads that makes the page, of `size` rows; `check` raises on a plan that reads too much.
    """
    await _record(bench, pages, table, check, plan)
    with web(bench) as (url, running):
        for page in pages:
            await _ask(bench, url, running, page, 50, size, noted=False)  # plans and caches
        for _ in range(rounds):
            for page in pages:
                await _ask(bench, url, running, page, requests, size)
                await _limit(bench, page, requests * 4)
    for page in pages:
        _tell(name, page, rows, rounds)


async def _ask(
    bench: Bench, url: str, running: psutil.Process, page: Page, count: int, size: int, *, noted: bool = True
) -> None:
    request = load.get(url.removeprefix("http://"), page.path, page.token)
    await settle()
    before = cpu_seconds(running), cpu_seconds(bench.server)
    answers = await load.run(url, itertools.repeat(request, count), CONNECTIONS, keep=1)
    assert len(json.loads(answers.all(200).bodies[0])["items"]) == size
    if noted:
        page.web_cpu.append((cpu_seconds(running) - before[0]) / count)
        page.server_cpu.append((cpu_seconds(bench.server) - before[1]) / count)
        page.seconds += answers.seconds


async def _record(
    bench: Bench, pages: Sequence[Page], table: str, check: Callable[[Plan], None], plan: str
) -> None:
    """Notes what each page asks the database."""
    asked = [page.request() for page in pages]
    for page, statements in zip(pages, (await recorded(bench, [asked[0], *asked]))[1:], strict=True):
        [select] = [each for each in statements if f"FROM {table}" in each.sql and "LIMIT" in each.sql]
        check(await _explained(bench, select, plan))
        page.same_statements, page.select_alone = script(statements), f"{select.text()};\n"


async def _limit(bench: Bench, page: Page, transactions: int) -> None:
    page.pgbench_cpu.append(await pgbench_cpu(bench, page.same_statements, transactions))
    page.alone_cpu.append(await pgbench_cpu(bench, page.select_alone, transactions))


async def _explained(bench: Bench, select: Statement, plan_cache_mode: str) -> Plan:
    async with bench.database.transaction() as tx:
        await tx.execute(f"SET LOCAL plan_cache_mode = {plan_cache_mode}")
        await tx.execute(f"PREPARE page AS {select.sql}")
        arguments = ", ".join(literal(each) for each in select.arguments)
        [told] = json.loads(await tx.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE page ({arguments})"))
        await tx.execute("DEALLOCATE page")
    plan: Plan = told["Plan"]
    return plan


def nodes(plan: Plan) -> Iterator[Plan]:
    """The plan's steps, from the top."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def _tell(name: str, page: Page, rows: int, rounds: int) -> None:
    ours = median_us(page.web_cpu) + median_us(page.server_cpu)
    emit(
        name,
        reader=page.reader,
        page=page.page,
        ratio=round(median_us(page.pgbench_cpu) / ours, 3),
        ratio_to_the_select_alone=round(median_us(page.alone_cpu) / ours, 3),
        web_cpu_us=median_us(page.web_cpu),
        postgres_cpu_us=median_us(page.server_cpu),
        pgbench_cpu_us=median_us(page.pgbench_cpu),
        pgbench_select_alone_cpu_us=median_us(page.alone_cpu),
        **latency(page.seconds),
        rows=rows,
        rounds=rounds,
    )
