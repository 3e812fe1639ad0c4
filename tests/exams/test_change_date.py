"""Many clients who change their day at once: no day is overbooked, no place is lost, nobody waits for ever."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from random import Random
from uuid import UUID

import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM
from kanghu.modules.exams import public as exams
from tests.conftest import SignIn

from .test_booking import bound_person, customer

CAPACITY, CLIENTS = 6, 16


async def booked(database: Database, vendor: UUID, day: date) -> tuple[UUID, UUID]:
    person = await bound_person(database, vendor)
    async with database.transaction() as tx:
        return person, (await exams.request_booking(tx, SYSTEM, person, vendor, day)).id


async def days_of(database: Database, vendor: UUID) -> tuple[dict[date, int], dict[date, int]]:
    """(places taken, bookings waiting) by day."""
    async with database.transaction() as tx:
        taken = await tx.fetch("SELECT day, taken FROM exams.booking_days WHERE vendor_id = $1", vendor)
        waiting = await tx.fetch(
            """SELECT appointment_date, count(*) FROM exams.bookings
                WHERE vendor_id = $1 AND state IN ('requested', 'sending') GROUP BY 1""",
            vendor,
        )
    return {day: count for day, count in taken if count}, dict(map(tuple, waiting))


async def test_everybody_wants_the_same_day(
    database: Database, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    vendor, today = new_id(), clock.today()
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, CAPACITY)
    theirs = [await booked(database, vendor, today + timedelta(days=place % 3)) for place in range(CLIENTS)]
    wanted = {"appointment_date": str(today + timedelta(days=5))}

    async def change(person: UUID, booking: UUID) -> tuple[int, str]:
        path = f"/api/patient/exams/bookings/{booking}/date"
        answer = await client.put(path, json=wanted, headers=sign_in(customer(person)))
        return answer.status_code, answer.json().get("code", "")

    answers = Counter(await asyncio.gather(*[change(*one) for one in theirs]))
    assert answers == {(200, ""): CAPACITY, (409, "exams.day_full"): CLIENTS - CAPACITY}
    taken, waiting = await days_of(database, vendor)
    assert taken == waiting
    assert sum(taken.values()) == CLIENTS


@pytest.mark.parametrize("seed", range(3))
async def test_changes_bookings_and_cancellations_at_random(
    database: Database, client: httpx.AsyncClient, sign_in: SignIn, seed: int
) -> None:
    """Opposite ways between the same days, doubled requests, a cancellation and a sending in between."""
    random, vendor, today = Random(seed), new_id(), clock.today()
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, CAPACITY)
    days = [today + timedelta(days=place) for place in range(4)]
    theirs = [await booked(database, vendor, days[place % 4]) for place in range(CLIENTS)]

    async def act(person: UUID, booking: UUID) -> int:
        path, headers = f"/api/patient/exams/bookings/{booking}", sign_in(customer(person))
        if random.random() < 0.1:
            return (await client.post(f"{path}/cancel", headers=headers)).status_code
        if random.random() < 0.1:
            async with database.transaction() as tx:
                await exams.mark_sending(tx, booking)
            return 200
        body = {"appointment_date": str(random.choice(days))}
        return (await client.put(f"{path}/date", json=body, headers=headers)).status_code

    answers = await asyncio.gather(*[act(*one) for one in theirs * 4])
    assert set(answers) <= {200, 409}
    taken, waiting = await days_of(database, vendor)
    assert taken == waiting
    assert max(taken.values()) <= CAPACITY


async def test_a_doubled_change_takes_one_place(
    database: Database, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    vendor, today = new_id(), clock.today()
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, CAPACITY)
    person, booking = await booked(database, vendor, today)
    headers, day = sign_in(customer(person)), today + timedelta(days=1)
    path, body = f"/api/patient/exams/bookings/{booking}/date", {"appointment_date": str(day)}
    answers = await asyncio.gather(*[client.put(path, json=body, headers=headers) for _ in range(5)])
    assert [answer.status_code for answer in answers] == [200] * 5
    assert await days_of(database, vendor) == ({day: 1}, {day: 1})
    async with database.transaction() as tx:
        told = await tx.fetchval(
            "SELECT count(*) FROM kernel.audit_inbox WHERE action = 'exams.booking.move'"
        )
    assert told == 1


async def test_what_was_sent_says_what_to_do(
    database: Database, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    vendor, today = new_id(), clock.today()
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, CAPACITY)
    person, booking = await booked(database, vendor, today)
    async with database.transaction() as tx:
        await exams.mark_sending(tx, booking)
    answer = await client.put(
        f"/api/patient/exams/bookings/{booking}/date",
        json={"appointment_date": str(today + timedelta(days=1))},
        headers=sign_in(customer(person)),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "exams.booking_not_changeable")
    assert "请联系体检机构" in answer.json()["message"]
    assert await days_of(database, vendor) == ({today: 1}, {today: 1})


async def test_what_is_over_is_booked_anew(
    database: Database, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    vendor, today = new_id(), clock.today()
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, CAPACITY)
    person, booking = await booked(database, vendor, today)
    headers, path = sign_in(customer(person)), f"/api/patient/exams/bookings/{booking}"
    await client.post(f"{path}/cancel", headers=headers)
    answer = await client.put(f"{path}/date", json={"appointment_date": str(today)}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "exams.booking_over")
    assert await days_of(database, vendor) == ({}, {})
