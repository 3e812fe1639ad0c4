"""A page of 20 results of one person while the table holds two million rows: first page and a deep one, staff and customer."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import psutil

from bench import load
from bench.cost import cpu_seconds, emit, latency, median_us, settle
from bench.limit import Statement, literal, pgbench_cpu, recorded, script
from bench.platform import Bench, Customer, give_sessions, staff_session, web
from kanghu.kernel.db import Tx
from kanghu.kernel.pagination import encode_cursor

CONNECTIONS = 4
ITEMS, EXAMS_EACH, PAGE = 60, 20, 20
DEEP = 1000
"""A deep page lies behind so many of the person's own rows, of 60 × 20."""

# The exams of all persons come round after round, half a year between the rounds, as they come in life.
FILL = """
INSERT INTO exams.results
    (booking_id, vendor_item_code, id, person_id, institution_id, item_code, item_name, value_type, raw_value, raw_unit,
     numeric_value, comparator, coded_value, unit, reference_text, vendor_abnormal_flag, specimen, method, performed_at,
     department, operator, reviewer, deleted, message_id)
SELECT exam.id, 'V-' || item.code, uuidv7(), exam.person_id, $1, item.code, item.name, 'numeric', '5.' || exam.number % 100,
       item.unit, 5 + exam.number % 100 / 100.0, '', '', item.unit, '1.0-100.0', 'N', '血清', '', exam.at, '检验科', '甲', '乙',
       false, exam.id
  FROM (SELECT number, now() - ($2 - number / $3) * interval '183 days' AS at,
               ('018e0000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid AS id,
               coalesce(($4::uuid[])[number % $3 + 1],
                        ('018e0000-0000-7000-9000-' || lpad(to_hex(number % $3), 12, '0'))::uuid) AS person_id
          FROM generate_series($5::int, $6::int) AS number) AS exam,
       unnest($7::text[], $8::text[], $9::text[]) AS item (code, name, unit)
"""


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


async def measure(bench: Bench, *, rows: int = 2_000_000, rounds: int = 3, requests: int = 300) -> None:
    """Prints for each page the CPU of web and PostgreSQL against the same statements under pgbench."""
    reader = bench.customers[-1]
    await give_sessions(bench, [reader])
    await _fill(bench, rows)
    pages = await _pages(bench, reader)
    await _record(bench, pages)
    with web(bench) as (url, running):
        for page in pages:
            await _ask(bench, url, running, page, 50, noted=False)  # plans and caches
        for _ in range(rounds):
            for page in pages:
                await _ask(bench, url, running, page, requests)
                await _limit(bench, page, requests * 4)
    for page in pages:
        _tell(page, rows, rounds)


async def _fill(bench: Bench, rows: int) -> None:
    """Two connections at a time: there are two cores."""
    exams = rows // ITEMS
    persons = max(1, exams // EXAMS_EACH)
    items = [(item.code, item.name, item.unit or "") for item in bench.items]
    known = [
        customer.person_id for customer in reversed(bench.customers)
    ]  # the reader is among the persons for sure

    async def some(first: int, last: int) -> None:
        async with bench.database.transaction() as tx:
            await tx.execute("SET LOCAL synchronous_commit = off")
            await tx.execute(
                FILL, bench.institution, EXAMS_EACH, persons, known, first, last, *map(list, zip(*items, strict=True)),
                timeout=300,
            )  # fmt: skip

    async with _without_person_index(bench):
        await asyncio.gather(some(0, exams // 2 - 1), some(exams // 2, exams - 1))
    async with bench.database.transaction() as tx:
        await tx.execute("ANALYZE exams.results")


@asynccontextmanager
async def _without_person_index(bench: Bench) -> AsyncIterator[None]:
    """One sort afterwards is faster than two million places in the tree."""
    async with bench.database.transaction() as tx:
        made_by = await tx.fetchval(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'exams' AND indexname = 'results_person_idx'"
        )
        await tx.execute("DROP INDEX exams.results_person_idx")
    yield
    async with bench.database.transaction() as tx:
        await tx.execute("SET LOCAL maintenance_work_mem = '256MB'")
        await tx.execute(made_by, timeout=300)


async def _pages(bench: Bench, customer: Customer) -> list[Page]:
    async with bench.database.transaction() as tx:
        last = await tx.fetchrow(
            """SELECT performed_at, id FROM exams.results WHERE person_id = $1
                ORDER BY performed_at DESC, id DESC OFFSET $2 LIMIT 1""",
            customer.person_id,
            DEEP - 1,
        )
    assert last is not None, "too few rows for a deep page"
    deep = "?" + urlencode({"cursor": encode_cursor(last["performed_at"], last["id"])})
    doctor = await staff_session(bench, "bench-doctor", "doctor", "institution")
    as_staff, as_customer = (
        f"/api/admin/exams/persons/{customer.person_id}/results",
        "/api/patient/exams/results",
    )
    return [
        Page(reader, page, path + query, token)
        for reader, path, token in (("staff", as_staff, doctor), ("customer", as_customer, customer.token))
        for page, query in (("first", ""), ("deep", deep))
    ]


async def _ask(
    bench: Bench, url: str, running: psutil.Process, page: Page, count: int, *, noted: bool = True
) -> None:
    request = load.get(url.removeprefix("http://"), page.path, page.token)
    await settle()
    before = cpu_seconds(running), cpu_seconds(bench.server)
    answers = await load.run(url, itertools.repeat(request, count), CONNECTIONS, keep=1)
    assert len(json.loads(answers.all(200).bodies[0])["items"]) == PAGE
    if noted:
        page.web_cpu.append((cpu_seconds(running) - before[0]) / count)
        page.server_cpu.append((cpu_seconds(bench.server) - before[1]) / count)
        page.seconds += answers.seconds


async def _record(bench: Bench, pages: list[Page]) -> None:
    """Notes what each page asks the database; how is checked."""
    asked = [page.request() for page in pages]
    for page, statements in zip(pages, (await recorded(bench, [asked[0], *asked]))[1:], strict=True):
        [select] = [each for each in statements if "FROM exams.results" in each.sql]
        await _check_plan(bench, select)
        page.same_statements, page.select_alone = script(statements), f"{select.text()};\n"


async def _limit(bench: Bench, page: Page, transactions: int) -> None:
    page.pgbench_cpu.append(await pgbench_cpu(bench, page.same_statements, transactions))
    page.alone_cpu.append(await pgbench_cpu(bench, page.select_alone, transactions))


async def _check_plan(bench: Bench, select: Statement) -> None:
    """The plan that serves every page, the one without known arguments, reads by the person's index and little else."""
    async with bench.database.transaction() as tx:
        await tx.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        plan = await _explained(tx, select)
    nodes = list(_nodes(plan))
    scans = [node["Node Type"] for node in nodes if "Relation Name" in node]
    assert scans == ["Index Scan"], plan
    read = sum(
        node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in nodes if "Index Name" in node
    )
    assert read <= ITEMS * 2 + PAGE, plan


async def _explained(tx: Tx, select: Statement) -> dict[str, Any]:
    await tx.execute(f"PREPARE page AS {select.sql}")
    arguments = ", ".join(literal(each) for each in select.arguments)
    [told] = json.loads(await tx.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE page ({arguments})"))
    await tx.execute("DEALLOCATE page")
    plan: dict[str, Any] = told["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _tell(page: Page, rows: int, rounds: int) -> None:
    ours = median_us(page.web_cpu) + median_us(page.server_cpu)
    emit(
        "results_page",
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
