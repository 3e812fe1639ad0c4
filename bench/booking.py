"""US-K2 at the rush: 200 customers ask at the same moment for one of a day's 40 places."""

import json
from datetime import timedelta

import httpx

from bench import load
from bench.cost import cpu_seconds, emit, latency, median_us, settle
from bench.limit import WARMING, Statement, pgbench_cpu, recorded, script
from bench.platform import VENDOR_ID, Bench, Customer, give_sessions, web
from kanghu.kernel import clock
from kanghu.modules.exams.repository import bookings

PATH = "/api/patient/exams/bookings"
# A customer whose look-ups are real and whose booking is new each time.
VARIABLES = "SELECT uuidv7() AS booking, uuidv7() AS person \\gset"


async def measure(
    bench: Bench, *, rounds: int = 5, tries: int = 200, capacity: int = 40, transactions: int = 800
) -> None:
    """Prints CPU per try of web and PostgreSQL against the same statements under pgbench, and how many got a place."""
    customers = bench.customers[:tries]
    await give_sessions(bench, customers)
    web_costs, server_costs, seconds = [], [], []
    with web(bench) as (url, running):
        host = url.removeprefix("http://")
        for number in range(rounds):
            await _open_day(bench, number, capacity)
            requests = [load.post(host, PATH, _body(number), customer.token) for customer in customers]
            await settle()
            before = cpu_seconds(running), cpu_seconds(bench.server)
            answers = await load.at_once(url, requests)
            after = cpu_seconds(running), cpu_seconds(bench.server)
            assert answers.statuses == {201: capacity, 409: tries - capacity}, answers.statuses
            assert await _places(bench, number) == (capacity, capacity)
            web_costs.append((after[0] - before[0]) / tries)
            server_costs.append((after[1] - before[1]) / tries)
            seconds += answers.seconds
    got, refused = await _limit(bench, customers[:3], rounds, transactions)
    limit = (got * capacity + refused * (tries - capacity)) / tries
    ours = median_us(web_costs) + median_us(server_costs)
    emit(
        "booking",
        ratio=round(limit * 1e6 / ours, 3),
        web_cpu_us=median_us(web_costs),
        postgres_cpu_us=median_us(server_costs),
        pgbench_cpu_us=median_us([limit]),
        **latency(seconds),
        tries=tries,
        capacity=capacity,
        booked_each_round=capacity,
        rounds=rounds,
    )


def _body(number: int) -> bytes:
    day = clock.today() + timedelta(days=number)
    return json.dumps({"vendor_id": str(VENDOR_ID), "appointment_date": str(day)}).encode()


async def _open_day(bench: Bench, number: int, capacity: int) -> None:
    """The day has so many places; nobody waits for a booking any more."""
    async with bench.database.transaction() as tx:
        await tx.execute("UPDATE exams.bookings SET state = 'cancelled' WHERE state = 'requested'")
    await _set_capacity(bench, number, capacity)


async def _set_capacity(bench: Bench, number: int, capacity: int) -> None:
    async with bench.database.transaction() as tx:
        day = clock.today() + timedelta(days=number)
        assert await bookings.set_day_capacity(tx, VENDOR_ID, day, capacity)


async def _places(bench: Bench, number: int) -> tuple[int, int]:
    """(places taken, bookings) of the day."""
    async with bench.database.transaction() as tx:
        found = await tx.fetchrow(
            """SELECT (SELECT taken FROM exams.booking_days WHERE vendor_id = $1 AND day = $2),
                      (SELECT count(*) FROM exams.bookings
                        WHERE vendor_id = $1 AND appointment_date = $2 AND state = 'requested')""",
            VENDOR_ID,
            clock.today() + timedelta(days=number),
        )
        assert found is not None
        return found[0], found[1]


async def _limit(
    bench: Bench, customers: list[Customer], number: int, transactions: int
) -> tuple[float, float]:
    """Seconds of PostgreSQL's CPU under pgbench for a try that gets a place, and for one that is rolled back."""
    await _open_day(bench, number, capacity=2)
    _, taken, full = await recorded(bench, [_request(number, customer) for customer in customers])
    await _set_capacity(bench, number, 2 + transactions + WARMING)
    got = await pgbench_cpu(bench, script(_new_each_time(taken), first=VARIABLES), transactions)
    refused = await pgbench_cpu(
        bench, script(_new_each_time(full), first=VARIABLES, end="ROLLBACK"), transactions
    )
    assert (await _places(bench, number))[0] == 2 + transactions + WARMING
    return got, refused


def _request(number: int, customer: Customer) -> httpx.Request:
    headers = {"Authorization": f"Bearer {customer.token}", "Content-Type": "application/json"}
    return httpx.Request("POST", "http://bench" + PATH, headers=headers, content=_body(number))


def _new_each_time(statements: list[Statement]) -> list[Statement]:
    """The inserted booking gets an id and a person of its own: one person may have one open booking only."""
    insert = next(each for each in statements if "INSERT INTO exams.bookings" in each.sql)
    booking, person, *_ = insert.arguments
    return [
        each.naming({booking: "booking", person: "person"} if each is insert else {booking: "booking"})
        for each in statements
    ]
