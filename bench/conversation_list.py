"""A page of 50 conversations of the desk while there are a million: first page and a deep one."""

from urllib.parse import urlencode

from bench.pages import Page, Plan, compare, nodes
from bench.platform import Bench, staff_session
from kanghu.kernel.ids import new_id
from kanghu.kernel.pagination import encode_cursor

PAGE = 50
DEEP = 100_000
"""A deep page lies behind so many conversations."""

# Every conversation has been served once and has ended; every fifth is another hospital's.
FILL = """
WITH made AS (
    INSERT INTO messaging.conversations (id, person_id, institution_id, channel, last_seq, last_at, last_direction,
                                         customer_read_seq, staff_read_seq, created_at)
    SELECT uuidv7(), uuidv7(), CASE WHEN number % 5 = 0 THEN $2::uuid ELSE $1::uuid END, 'app', 0, now() - number * interval '20 s', 'out', 0, 0,
           now() - interval '400 days'
      FROM generate_series($3::int, $4::int) AS number
    RETURNING id, last_at)
INSERT INTO messaging.service_sessions (id, conversation_id, skill, started_at, waiting_since, agent_account_id, claimed_at, ended_at,
                                        end_reason)
SELECT uuidv7(), id, 'general', last_at, last_at, $5::uuid, last_at, last_at, 'solved' FROM made
"""
BATCH = 100_000


async def measure(bench: Bench, *, rows: int = 1_000_000, rounds: int = 3, requests: int = 200) -> None:
    """Prints for each page the CPU of web and PostgreSQL against the same statements under pgbench."""
    await _fill(bench, rows)
    token = await staff_session(bench, "bench-desk", "customer_service", "institution")
    async with bench.database.transaction() as tx:
        deep = await tx.fetchrow(
            "SELECT last_at, id FROM messaging.conversations ORDER BY last_at DESC, id DESC OFFSET $1 LIMIT 1",
            min(DEEP, rows // 2),
        )
    assert deep is not None
    queries = {
        "first": {},
        "deep": {"cursor": encode_cursor(deep["last_at"], deep["id"])},
    }
    await compare(
        bench,
        "conversation_list",
        [
            Page("staff", page, f"/api/admin/messaging/conversations?{urlencode(query)}", token)
            for page, query in queries.items()
        ],
        table="messaging.conversations",
        size=PAGE,
        check=_reads_little,
        rows=rows,
        rounds=rounds,
        requests=requests,
        # How many rows LIMIT takes is not known to the plan without arguments, so PostgreSQL makes one each time.
        plan="force_custom_plan",
    )


async def _fill(bench: Bench, rows: int) -> None:
    other, agent = new_id(), new_id()
    for first in range(0, rows, BATCH):
        async with bench.database.transaction() as tx:
            await tx.execute("SET LOCAL synchronous_commit = off")
            last = min(first + BATCH, rows) - 1
            await tx.execute(FILL, bench.institution, other, first, last, agent, timeout=300)
    async with bench.database.transaction() as tx:
        await tx.execute("ANALYZE messaging.conversations")
        await tx.execute("ANALYZE messaging.service_sessions")


def _reads_little(plan: Plan) -> None:
    """Along the index of the last use; what it passes over is the other hospital's fifth."""
    [scan] = [step for step in nodes(plan) if step.get("Relation Name") == "conversations"]
    assert scan["Node Type"] == "Index Scan", plan
    assert scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) <= PAGE * 3, plan
