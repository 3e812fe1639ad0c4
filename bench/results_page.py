"""A page of 20 results of one person while the table holds two million rows: first page and a deep one, staff and customer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from bench.pages import Page, Plan, compare, nodes
from bench.platform import Bench, Customer, give_sessions, staff_session
from kanghu.kernel.pagination import encode_cursor

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


async def measure(bench: Bench, *, rows: int = 2_000_000, rounds: int = 3, requests: int = 300) -> None:
    """Prints for each page the CPU of web and PostgreSQL against the same statements under pgbench."""
    reader = bench.customers[-1]
    await give_sessions(bench, [reader])
    await _fill(bench, rows)
    await compare(
        bench,
        "results_page",
        await _pages(bench, reader),
        table="exams.results",
        size=PAGE,
        check=_reads_little,
        rows=rows,
        rounds=rounds,
        requests=requests,
    )


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


def _reads_little(plan: Plan) -> None:
    """By the person's index, two exams at the most."""
    steps = list(nodes(plan))
    assert [step["Node Type"] for step in steps if "Relation Name" in step] == ["Index Scan"], plan
    read = sum(
        step["Actual Rows"] + step.get("Rows Removed by Filter", 0) for step in steps if "Index Name" in step
    )
    assert read <= ITEMS * 2 + PAGE, plan
