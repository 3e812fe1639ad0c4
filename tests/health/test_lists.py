"""From a booking to the list that a doctor sends; and the list that a vendor asks for."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller, Scope
from kanghu.modules.exams import public as exams
from kanghu.modules.exams.events import BookingMoved, BookingRequested, ReportReceived
from kanghu.modules.exams.service.change_date import change_date
from kanghu.modules.health import handlers
from kanghu.modules.health import public as health

from .conftest import Store, Ward

Work = Callable[[], Awaitable[list[str]]]
Answer = Callable[..., Awaitable[None]]
AsDoctor = Callable[..., Caller]
BODY = {
    "EXAM.SBP": (150, "mm[Hg]"), "EXAM.DBP": (88, "mm[Hg]"), "EXAM.HEIGHT": (170, "cm"), "EXAM.WEIGHT": (65, "kg"),
    "EXAM.WAIST": (72, "cm"),
}  # fmt: skip
LISTS = "/api/admin/health/checklists"


@pytest.fixture
def headers(sign_in: Any, as_doctor: AsDoctor, app: Any) -> dict[str, str]:
    made: dict[str, str] = sign_in(as_doctor())
    return made


@pytest.fixture
async def booking(database: Database, ward: Ward, store: Store, answer: Answer, work: Work, app: Any) -> UUID:
    """The person answered, was measured, and asked for a day."""
    await store(BODY)
    await answer()
    async with database.transaction() as tx:
        made = await exams.request_booking(tx, SYSTEM, ward.person, ward.vendor, clock.today())
    await work()
    return made.id


async def the_list(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, Any]:
    (head,) = (await client.get(LISTS, headers=headers)).json()["items"]
    found: dict[str, Any] = (await client.get(f"{LISTS}/{head['id']}", headers=headers)).json()
    return found


def by_code(found: dict[str, Any]) -> dict[str, Any]:
    return {line["item_code"]: line for line in found["lines"]}


async def test_a_booking_gets_its_draft_with_reasons(
    booking: UUID, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    (head,) = (await client.get(LISTS, headers=headers)).json()["items"]
    assert (head["person_name"], head["booking_id"], head["state"]) == ("王小明", str(booking), "draft")
    assert head["x_items"] > 0
    found = await the_list(client, headers)
    lines = by_code(found)
    ldct = lines["EXAM.LDCT"]
    assert (ldct["origin"], ldct["optional"], ldct["ticked"]) == ("x", True, True)
    assert ldct["reasons"][0]["because"] == ["年龄 60 岁", "吸烟包年 35 包年", "戒烟年数 3 年"]
    assert "待院方确认" in ldct["reasons"][0]["confidence"]
    assert {"LAB.2HPG", "EXAM.SPIROMETRY", "EXAM.ABI", "EXAM.ABPM"} <= set(lines)
    assert [reason["rule"] for reason in lines["LAB.FOBT"]["reasons"]] == ["base", "crc"]
    assert found["facts"]["sbp"] | {"at": "", "reference": ""} == {
        "label": "收缩压", "value": 150, "unit": "mm[Hg]", "source": "result", "at": "", "reference": "",
    }  # fmt: skip
    assert any("患" in name or name for entry in found["undecided"] for name in entry["missing"])


async def test_the_same_request_delivered_twice_makes_one_list(
    booking: UUID, database: Database, ward: Ward
) -> None:
    from kanghu.modules.health.service import lists

    async with database.transaction() as tx:
        await lists.for_booking(tx, booking, ward.person)
        assert await tx.fetchval("SELECT count(*) FROM health.checklists") == 1


async def test_the_doctor_ticks_adds_and_sends(
    booking: UUID, client: httpx.AsyncClient, headers: dict[str, str], database: Database, ward: Ward
) -> None:
    found = await the_list(client, headers)
    path = f"{LISTS}/{found['id']}"
    base = await client.put(
        f"{path}/ticks", json={"revision": found["revision"], "ticks": {"LAB.HGB": False}}, headers=headers
    )
    assert (base.status_code, base.json()["code"]) == (422, "health.line_not_optional")
    nothing = await client.put(
        f"{path}/ticks", json={"revision": found["revision"], "ticks": {"LAB.XX": True}}, headers=headers
    )
    assert nothing.status_code == 404
    ticked = await client.put(
        f"{path}/ticks", json={"revision": found["revision"], "ticks": {"EXAM.PWV": False}}, headers=headers
    )
    assert by_code(ticked.json())["EXAM.PWV"]["ticked"] is False
    stale = await client.post(
        f"{path}/lines",
        json={"revision": found["revision"], "item_code": "LAB.CEA", "reason": "本人要求"},
        headers=headers,
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "health.checklist_changed")
    revision = ticked.json()["revision"]
    unknown = await client.post(
        f"{path}/lines", json={"revision": revision, "item_code": "LAB.NO", "reason": "x"}, headers=headers
    )
    assert unknown.status_code == 422
    added = await client.post(
        f"{path}/lines",
        json={"revision": revision, "item_code": "LAB.CEA", "reason": "本人要求"},
        headers=headers,
    )
    line = by_code(added.json())["LAB.CEA"]
    assert (line["origin"], line["name"], line["reasons"][0]["because"]) == (
        "doctor",
        "癌胚抗原",
        ["本人要求"],
    )
    sent = await client.post(f"{path}/confirm", json={"revision": added.json()["revision"]}, headers=headers)
    assert (sent.status_code, sent.json()["state"]) == (200, "confirmed")
    assert (sent.json()["confirmed_by_name"], sent.json()["person_name"]) == ("李医生", "王小明")
    found_in = {
        state: len((await client.get(LISTS, params={"state": state}, headers=headers)).json()["items"])
        for state in ("draft", "confirmed", "all")
    }
    assert found_in == {"draft": 0, "confirmed": 1, "all": 1}
    async with database.transaction() as tx:
        waiting = [
            record["payload"].decode()
            for record in await tx.fetch("SELECT payload FROM pgqueuer ORDER BY id")
        ]
        items = {item.item_code: item for item in await health.checklist_for_booking(tx, booking)}
        actions = {
            record["action"]
            for record in await tx.fetch(
                "SELECT action FROM kernel.audit_inbox WHERE person_id = $1", ward.person
            )
        }
    assert any("health.tell_list_ready" in payload for payload in waiting)
    assert "EXAM.PWV" not in items
    assert items["LAB.CEA"].reasons == ("医生添加：本人要求（医生判断）",)
    assert items["LAB.HGB"].optional is False
    assert {
        "health.checklist.read",
        "health.checklist.tick",
        "health.checklist.add",
        "health.checklist.confirm",
    } <= actions


async def test_of_two_doctors_who_send_at_once_one_wins(
    booking: UUID, client: httpx.AsyncClient, sign_in: Any, as_doctor: AsDoctor, ward: Ward, headers: dict[str, str],
    database: Database,
) -> None:  # fmt: skip
    found = await the_list(client, headers)
    both = [headers, sign_in(as_doctor(ward.second_doctor))]
    answers = await asyncio.gather(
        *(
            client.post(f"{LISTS}/{found['id']}/confirm", json={"revision": found["revision"]}, headers=who)
            for who in both
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner = next(answer for answer in answers if answer.status_code == 200).json()["confirmed_by"]
    lost = next(answer for answer in answers if answer.status_code == 409).json()
    assert lost["code"] == "health.checklist_already_confirmed"
    name = "李医生" if winner == str(ward.doctor) else "赵医生"
    assert f"已由{name}于 {clock.today()}" in lost["message"]
    async with database.transaction() as tx:
        told = await tx.fetchval(
            """SELECT count(*) FROM pgqueuer
                WHERE entrypoint = 'kernel.hand_out' AND convert_from(payload, 'UTF8') LIKE '%"health.tell_list_ready"%'"""
        )
    assert told == 1


async def test_a_confirmed_list_is_not_changed_any_more(
    booking: UUID, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    found = await the_list(client, headers)
    path, revision = f"{LISTS}/{found['id']}", found["revision"]
    await client.post(f"{path}/confirm", json={"revision": revision}, headers=headers)
    late = await client.put(
        f"{path}/ticks", json={"revision": revision, "ticks": {"EXAM.PWV": False}}, headers=headers
    )
    assert (late.status_code, late.json()["code"]) == (409, "health.checklist_already_confirmed")
    assert (await client.get(LISTS, headers=headers)).json()["items"] == []


async def test_the_list_of_a_cancelled_booking_is_not_sent(
    booking: UUID, client: httpx.AsyncClient, headers: dict[str, str], database: Database
) -> None:
    found = await the_list(client, headers)
    async with database.transaction() as tx:
        await exams.mark_failed(tx, booking, "已取消")
    sent = await client.post(
        f"{LISTS}/{found['id']}/confirm", json={"revision": found["revision"]}, headers=headers
    )
    assert (sent.status_code, sent.json()["code"]) == (409, "health.booking_gone")


async def move(database: Database, booking: UUID, days: int) -> str:
    day = clock.today() + timedelta(days=days)
    async with database.transaction() as tx:
        await change_date(tx, SYSTEM, booking, day, Scope(everything=True))
    return str(day)


async def test_the_list_follows_its_booking_to_another_day(
    booking: UUID, client: httpx.AsyncClient, headers: dict[str, str], database: Database, work: Work
) -> None:
    """And a doctor who has the list of the old day open is told."""
    seen = await the_list(client, headers)
    day = await move(database, booking, 2)
    await work()
    found = await the_list(client, headers)
    assert (found["appointment_date"], found["lines"]) == (day, seen["lines"])
    path = f"{LISTS}/{found['id']}/confirm"
    stale = await client.post(path, json={"revision": seen["revision"]}, headers=headers)
    assert (stale.status_code, stale.json()["code"]) == (409, "health.checklist_changed")
    assert (await client.post(path, json={"revision": found["revision"]}, headers=headers)).status_code == 200
    day = await move(database, booking, 3)
    await work()
    async with database.transaction() as tx:
        kept = await tx.fetchrow("SELECT state, appointment_date::text FROM health.checklists")
        booked = await exams.get_booking(tx, booking)
    assert (tuple(kept), str(booked.appointment_date)) == (("confirmed", day), day)


async def test_jobs_of_a_moved_booking_may_run_in_any_order(
    database: Database, ward: Ward, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    async with database.transaction() as tx:
        made = await exams.request_booking(tx, SYSTEM, ward.person, ward.vendor, clock.today())
        requested = BookingRequested(
            booking_id=made.id,
            person_id=ward.person,
            institution_id=ward.ours,
            appointment_date=clock.today(),
        )
    moves = []
    for days in (1, 2):
        day = await move(database, made.id, days)
        moves.append(
            BookingMoved(
                booking_id=made.id,
                person_id=ward.person,
                institution_id=ward.ours,
                appointment_date=clock.today() + timedelta(days=days),
            )
        )
    for handler, event in (
        (handlers.move_list, moves[1]),
        (handlers.make_list, requested),
        (handlers.move_list, moves[0]),
    ):
        async with database.transaction() as tx:
            await handler(tx, event)
    assert (await the_list(client, headers))["appointment_date"] == day


async def test_new_answers_reach_an_untouched_draft_and_warn_the_doctor(
    booking: UUID, client: httpx.AsyncClient, headers: dict[str, str], answer: Answer, work: Work
) -> None:
    found = await the_list(client, headers)
    await answer(snoring=True, diagnosed=["hepatitis_b"])
    await work()
    sent = await client.post(
        f"{LISTS}/{found['id']}/confirm", json={"revision": found["revision"]}, headers=headers
    )
    assert sent.json()["code"] == "health.checklist_changed"
    assert "LAB.HBV-DNA" in by_code(await the_list(client, headers))


async def test_what_a_doctor_changed_stays_as_it_is(
    booking: UUID, client: httpx.AsyncClient, headers: dict[str, str], answer: Answer, work: Work
) -> None:
    found = await the_list(client, headers)
    path = f"{LISTS}/{found['id']}"
    ticked = await client.put(
        f"{path}/ticks", json={"revision": found["revision"], "ticks": {"EXAM.PWV": False}}, headers=headers
    )
    await answer(diagnosed=["hepatitis_b"])
    await work()
    kept = await the_list(client, headers)
    assert kept["revision"] == ticked.json()["revision"]
    assert "LAB.HBV-DNA" not in by_code(kept)


async def test_another_institution_has_no_part_in_it(
    booking: UUID,
    client: httpx.AsyncClient,
    headers: dict[str, str],
    sign_in: Any,
    as_doctor: AsDoctor,
    ward: Ward,
) -> None:
    found = await the_list(client, headers)
    stranger = sign_in(as_doctor(institution=ward.other))
    path = f"{LISTS}/{found['id']}"
    assert (await client.get(LISTS, headers=stranger)).json()["items"] == []
    assert (await client.get(path, headers=stranger)).status_code == 404
    for method, tail, body in (
        ("POST", "/confirm", {"revision": 1}),
        ("PUT", "/ticks", {"revision": 1, "ticks": {"EXAM.PWV": False}}),
        ("POST", "/lines", {"revision": 1, "item_code": "LAB.CEA", "reason": "x"}),
    ):
        assert (await client.request(method, path + tail, json=body, headers=stranger)).status_code == 404
    reader = sign_in(as_doctor(without="health.checklist.confirm"))
    assert (await client.post(f"{path}/confirm", json={"revision": 1}, headers=reader)).status_code == 403


async def test_the_person_sees_their_list_with_reasons(
    booking: UUID, client: httpx.AsyncClient, sign_in: Any, as_person: Caller
) -> None:
    mine = (await client.get("/api/patient/health/checklist", headers=sign_in(as_person))).json()
    assert mine["confirmed"] is False
    ldct = next(line for line in mine["lines"] if line["item_code"] == "EXAM.LDCT")
    assert ldct["reasons"] == [
        "肺癌筛查：年龄 60 岁、吸烟包年 35 包年、戒烟年数 3 年（中国肺癌筛查与早诊早治指南（2021））"
    ]
    assert (mine["not_taken"], mine["removed"]) == ([], [])


async def test_the_person_sees_what_is_not_done_and_why(
    booking: UUID,
    client: httpx.AsyncClient,
    headers: dict[str, str],
    sign_in: Any,
    as_person: Caller,
    database: Database,
) -> None:
    found = await the_list(client, headers)
    body = {"revision": found["revision"], "ticks": {"EXAM.PWV": False}}
    await client.put(f"{LISTS}/{found['id']}/ticks", json=body, headers=headers)
    removed = [
        {"item": "EXAM.BMD", "removed_by": {"rule": "contra_pregnancy", "note": "怀孕期间不做骨密度。"}},
        {"item": "LAB.GONE", "removed_by": {"rule": "catalog", "note": "项目目录中没有这个项目或已停用。"}},
    ]
    async with database.transaction() as tx:
        await tx.execute("UPDATE health.checklists SET removed = $1", removed)
    mine = (await client.get("/api/patient/health/checklist", headers=sign_in(as_person))).json()
    assert [line["item_code"] for line in mine["not_taken"]] == ["EXAM.PWV"]
    assert "EXAM.PWV" not in {line["item_code"] for line in mine["lines"]}
    assert mine["removed"] == [{"name": "骨密度 T值", "reason": "怀孕期间不做骨密度。"}]


# -- US-H1 ------------------------------------------------------------------------------------------------------------


async def test_a_vendor_that_asks_gets_a_list_made_on_demand(
    database: Database, ward: Ward, store: Store, answer: Answer, work: Work, app: Any
) -> None:
    await store(BODY)
    await answer()
    await work()
    async with database.transaction() as tx:
        first = await health.confirmed_or_draft_list(tx, ward.person, ward.ours)
    async with database.transaction() as tx:
        second = await health.confirmed_or_draft_list(tx, ward.person, ward.ours)
        assert await tx.fetchval("SELECT count(*) FROM health.checklists") == 1
    assert first == second
    assert "EXAM.LDCT" in {item.item_code for item in first}
    assert all(item.name and item.category for item in first)
    await answer(smoking_status="never", cigarettes_per_day=None, smoking_years=None, quit_years=None)
    async with database.transaction() as tx:
        third = await health.confirmed_or_draft_list(tx, ward.person, ward.ours)
    assert "EXAM.LDCT" not in {item.item_code for item in third}


async def test_two_vendors_asking_at_once_make_one_list(
    database: Database, ward: Ward, answer: Answer, app: Any
) -> None:
    await answer()

    async def ask() -> int:
        async with database.transaction() as tx:
            return len(await health.confirmed_or_draft_list(tx, ward.person, ward.ours))

    assert len(set(await asyncio.gather(ask(), ask(), ask()))) == 1
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM health.checklists") == 1


async def test_after_the_report_the_list_is_history(
    booking: UUID, client: httpx.AsyncClient, headers: dict[str, str], database: Database, ward: Ward
) -> None:
    found = await the_list(client, headers)
    await client.post(f"{LISTS}/{found['id']}/confirm", json={"revision": found["revision"]}, headers=headers)
    async with database.transaction() as tx:
        confirmed = await health.confirmed_or_draft_list(tx, ward.person, ward.ours)
        assert await tx.fetchval("SELECT count(*) FROM health.checklists") == 1
        event = ReportReceived(person_id=ward.person, exam_id=booking, institution_id=ward.ours)
        await handlers.judge_report(tx, event)
        assert await tx.fetchval("SELECT state FROM health.checklists") == "used"
        await health.confirmed_or_draft_list(tx, ward.person, ward.ours)
        assert await tx.fetchval("SELECT count(*) FROM health.checklists WHERE state = 'draft'") == 1
    assert confirmed


async def test_a_booking_without_a_list_has_no_lines(database: Database, app: Any) -> None:
    async with database.transaction() as tx:
        assert await health.checklist_for_booking(tx, new_id()) == []


async def test_a_retired_item_is_shown_as_removed(
    database: Database, ward: Ward, store: Store, answer: Answer, work: Work, app: Any
) -> None:
    await store(BODY)
    await answer()
    async with database.transaction() as tx:
        await tx.execute("UPDATE catalog.items SET retired_at = now() WHERE code = 'EXAM.LDCT'")
        items = await health.confirmed_or_draft_list(tx, ward.person, ward.ours)
        removed = await tx.fetchval("SELECT removed FROM health.checklists")
    assert "EXAM.LDCT" not in {item.item_code for item in items}
    assert [(entry["item"], entry["removed_by"]["title"]) for entry in removed] == [
        ("EXAM.LDCT", "项目已停用")
    ]
