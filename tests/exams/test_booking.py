"""Days never overbook; a request is one; a vendor's exam finds or makes its booking."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller, Scope
from kanghu.modules.exams import public as exams
from kanghu.modules.exams.errors import DayFull
from kanghu.modules.exams.repository import bookings
from tests.conftest import SignIn

CAPACITY = 25


async def bound_person(database: Database, vendor: UUID) -> UUID:
    person = new_id()
    async with database.transaction() as tx:
        await exams.bind_account(tx, SYSTEM, vendor, new_id(), person, f"A{person.hex[-10:]}")
    return person


def customer(person: UUID) -> Caller:
    return Caller(
        kind="customer",
        account_id=new_id(),
        person_id=person,
        grants={"exams.own.use": Scope(persons=(person,))},
    )


async def test_two_hundred_at_once_never_overbook(database: Database) -> None:
    vendor, day = new_id(), clock.today() + timedelta(days=3)
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, CAPACITY)
    persons = [await bound_person(database, vendor) for _ in range(200)]

    async def book(person: UUID) -> bool:
        try:
            async with database.transaction() as tx:
                await exams.request_booking(tx, SYSTEM, person, vendor, day)
        except DayFull:
            return False
        return True

    got = await asyncio.gather(*[book(person) for person in persons])
    assert sum(got) == CAPACITY
    async with database.transaction() as tx:
        assert (
            await tx.fetchval("SELECT taken FROM exams.booking_days WHERE vendor_id = $1", vendor) == CAPACITY
        )
        assert (
            await tx.fetchval("SELECT count(*) FROM exams.bookings WHERE vendor_id = $1", vendor) == CAPACITY
        )


@pytest.mark.parametrize(("days", "status"), [(-1, 422), (0, 201), (14, 201), (15, 422)])
async def test_today_to_fourteen_days(
    database: Database, client: httpx.AsyncClient, sign_in: SignIn, days: int, status: int
) -> None:
    vendor = new_id()
    person = await bound_person(database, vendor)
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, 5)
    today = clock.today()
    body = {"vendor_id": str(vendor), "appointment_date": str(today + timedelta(days=days))}
    answer = await client.post("/api/patient/exams/bookings", json=body, headers=sign_in(customer(person)))
    assert answer.status_code == status, answer.text
    if status == 422:
        last = today + timedelta(days=14)
        assert answer.json()["code"] == "exams.date_not_allowed"
        assert answer.json()["message"] == f"请输入{today:%Y%m%d}至{last:%Y%m%d}的任意日期。"


async def test_one_open_request_and_a_cancelled_one_frees_its_place(
    database: Database, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    vendor = new_id()
    person = await bound_person(database, vendor)
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, 1)
    headers = sign_in(customer(person))
    body = {"vendor_id": str(vendor), "appointment_date": str(clock.today())}
    first = await client.post("/api/patient/exams/bookings", json=body, headers=headers)
    assert (await client.post("/api/patient/exams/bookings", json=body, headers=headers)).status_code == 409
    stranger = sign_in(customer(await bound_person(database, vendor)))
    path = f"/api/patient/exams/bookings/{first.json()['id']}/cancel"
    assert (await client.post(path, headers=stranger)).status_code == 404
    assert (await client.post("/api/patient/exams/bookings", json=body, headers=stranger)).status_code == 409
    assert (await client.post(path, headers=headers)).json()["state"] == "cancelled"
    assert (await client.post(path, headers=headers)).status_code == 409
    assert (await client.post("/api/patient/exams/bookings", json=body, headers=stranger)).status_code == 201


async def test_another_day_takes_a_place_there_and_gives_the_old_one_back(
    database: Database, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    vendor, today = new_id(), clock.today()
    person = await bound_person(database, vendor)
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, 1)
    headers = sign_in(customer(person))
    body = {"vendor_id": str(vendor), "appointment_date": str(today)}
    booking = (await client.post("/api/patient/exams/bookings", json=body, headers=headers)).json()
    path = f"/api/patient/exams/bookings/{booking['id']}/date"
    stranger = sign_in(customer(await bound_person(database, vendor)))
    later = {"appointment_date": str(today + timedelta(days=2))}

    assert (await client.put(path, json=later, headers=stranger)).status_code == 404
    assert (await client.put(path, json=later, headers=headers)).json()["appointment_date"] == str(
        today + timedelta(days=2)
    )
    assert (await client.put(path, json=later, headers=headers)).status_code == 200
    listed = await client.get("/api/patient/exams/days", params={"vendor_id": str(vendor)}, headers=headers)
    assert [day["taken"] for day in listed.json()[:3]] == [0, 0, 1]

    assert (await client.post("/api/patient/exams/bookings", json=body, headers=stranger)).status_code == 201
    back = await client.put(path, json={"appointment_date": str(today)}, headers=headers)
    assert back.json()["code"] == "exams.day_full"
    far = await client.put(path, json={"appointment_date": str(today + timedelta(days=15))}, headers=headers)
    assert far.json()["code"] == "exams.date_not_allowed"
    async with database.transaction() as tx:
        assert await exams.mark_sending(tx, UUID(booking["id"]))
    sent = await client.put(path, json=later, headers=headers)
    assert (sent.status_code, sent.json()["code"]) == (409, "exams.booking_not_changeable")


async def test_exam_accounts_are_read_within_the_scope(
    database: Database, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    vendor = new_id()
    person, stranger = await bound_person(database, vendor), await bound_person(database, vendor)
    reader = Caller(
        kind="staff", account_id=new_id(), grants={"exams.booking.read": Scope(persons=(person,))}
    )
    for whose, expected in ((person, [str(vendor)]), (stranger, [])):
        answer = await client.get(f"/api/admin/exams/persons/{whose}/accounts", headers=sign_in(reader))
        assert [account["vendor_id"] for account in answer.json()] == expected


async def test_parallel_pushes_of_one_new_exam_make_one_booking(database: Database) -> None:
    vendor, institution, person = new_id(), new_id(), new_id()

    async def ensure() -> UUID:
        async with database.transaction() as tx:
            return await exams.ensure_booking(
                tx,
                vendor_id=vendor,
                institution_id=institution,
                person_id=person,
                exam_account="A1",
                exam_no="T1",
            )

    assert len(set(await asyncio.gather(*[ensure() for _ in range(20)]))) == 1


async def test_an_exam_number_of_another_person_is_refused(database: Database) -> None:
    vendor, institution = new_id(), new_id()
    async with database.transaction() as tx:
        given = {"vendor_id": vendor, "institution_id": institution, "exam_account": "A1", "exam_no": "T1"}
        await exams.ensure_booking(tx, person_id=new_id(), **given)
        with pytest.raises(exams.ExamNoOfAnother):
            await exams.ensure_booking(tx, person_id=new_id(), **given)


async def test_the_booking_sent_without_number_adopts_the_number_of_the_guide(database: Database) -> None:
    vendor = new_id()
    person = await bound_person(database, vendor)
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, 5)
        booking = await exams.request_booking(tx, SYSTEM, person, vendor, clock.today())
        await exams.mark_sending(tx, booking.id)
        await exams.mark_booked(tx, booking.id, None)
        found = await exams.ensure_booking(
            tx,
            vendor_id=vendor,
            institution_id=booking.institution_id,
            person_id=person,
            exam_account=booking.exam_account,
            exam_no="T9",
        )
        assert found == booking.id
        assert (await bookings.booking_by_exam_no(tx, vendor, "T9")) is not None


async def test_a_failed_booking_gives_its_place_back(database: Database) -> None:
    vendor = new_id()
    person = await bound_person(database, vendor)
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, 1)
        booking = await exams.request_booking(tx, SYSTEM, person, vendor, clock.today())
        await exams.mark_sending(tx, booking.id)
        await exams.mark_failed(tx, booking.id, "号源已满")
        assert await exams.mark_failed(tx, booking.id, "again") is None
        assert await tx.fetchval("SELECT taken FROM exams.booking_days WHERE vendor_id = $1", vendor) == 0


async def test_what_was_prepared_for_a_cancelled_booking_hears_of_it(database: Database) -> None:
    vendor = new_id()
    person = await bound_person(database, vendor)
    async with database.transaction() as tx:
        await exams.set_daily_capacity(tx, vendor, 1)
        booking = await exams.request_booking(tx, SYSTEM, person, vendor, clock.today())
    async with database.transaction() as tx:
        await exams.mark_failed(tx, booking.id, "号源已满")
        assert await tx.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'health.drop_list'") == 1
