"""The one way out, whom it reaches, and the templates behind it."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.modules.notices import public
from kanghu.modules.notices.models import Recipient
from kanghu.modules.notices.repository import deliveries
from kanghu.modules.notices.repository import notices as repository
from kanghu.modules.notices.repository import templates as template_rows
from kanghu.modules.notices.service import templates

MINE = "/api/patient/notices"
DAY = {"appointment_date": date(2026, 12, 1)}


async def tell(database: Database, template: str = "checklist_ready", **more: Any) -> UUID:
    async with database.transaction() as tx:
        return (await public.notify(tx, template, **{"data": {}, "subject": "x/1", **more})).id


async def test_notice_reaches_its_inbox_and_is_read(
    client: httpx.AsyncClient, sign_in: Any, database: Database
) -> None:
    person, account = new_id(), new_id()
    who = sign_in(Caller(kind="customer", account_id=account, person_id=person))
    other = sign_in(Caller(kind="customer", account_id=new_id(), person_id=new_id()))
    first = await tell(database, "booking_confirmed", person_id=person, data=DAY, subject="exams.bookings/1")
    second = await tell(database, "report_received", account_id=account)
    third = await tell(database, "guide_received", person_id=person)

    page = (await client.get(f"{MINE}?limit=2", headers=who)).json()
    assert [n["id"] for n in page["items"]] == [str(third), str(second)]
    rest = (await client.get(f"{MINE}?limit=2&cursor={page['next']}", headers=who)).json()
    (booking,) = rest["items"]
    assert rest["next"] is None
    assert booking["title"] == "体检预约成功"
    assert booking["body"] == "您已预约 2026年12月1日 体检，请按时前往。点开可查看体检项目和注意事项。"
    assert (booking["subject"], booking["data"]) == (
        "exams.bookings/1",
        {"appointment_date": "2026年12月1日"},
    )

    async def unread(whose: dict[str, str]) -> int:
        answer: int = (await client.get(f"{MINE}/unread-count", headers=whose)).json()["unread"]
        return answer

    assert (await unread(who), await unread(other)) == (3, 0)
    for _ in range(2):  # doubled
        assert (await client.post(f"{MINE}/{third}/read", headers=who)).status_code == 204
    assert await unread(who) == 2
    assert [n["id"] for n in (await client.get(f"{MINE}?unread_only=true", headers=who)).json()["items"]] == [
        str(second),
        str(first),
    ]
    await client.post(f"{MINE}/read", json={"up_to": str(first)}, headers=who)
    assert await unread(who) == 1  # what came after the list was drawn stays unread
    await client.post(f"{MINE}/read", json={"up_to": str(third)}, headers=who)
    assert await unread(who) == 0

    stolen = await client.post(f"{MINE}/{third}/read", headers=other)
    assert (stolen.status_code, stolen.json()["code"]) == (404, "notices.notice_not_found")
    assert (await client.get(MINE, headers=other)).json()["items"] == []
    assert (await client.get(MINE)).status_code == 401


async def test_staff_see_what_was_sent_to_their_account_only(
    client: httpx.AsyncClient, sign_in: Any, database: Database
) -> None:
    account, person = new_id(), new_id()
    who = sign_in(Caller(kind="staff", account_id=account, person_id=person))
    await tell(database, "abnormal_result", person_id=person)
    mine = await tell(database, "abnormal_result", account_id=account)
    listed = (await client.get("/api/admin/notices", headers=who)).json()["items"]
    assert [n["id"] for n in listed] == [str(mine)]
    assert (await client.get("/api/admin/notices/unread-count", headers=who)).json() == {"unread": 1}
    assert (await client.post(f"/api/admin/notices/{mine}/read", headers=who)).status_code == 204
    await client.post("/api/admin/notices/read", json={"up_to": str(mine)}, headers=who)
    assert (await client.get("/api/admin/notices/unread-count", headers=who)).json() == {"unread": 0}


async def test_stored_without_a_word_in_clear(tx: Tx) -> None:
    await template_rows.insert_template(
        tx, new_id(), "greeting", 1, "{name}，您好", "{name}：{day}",
        {"name": {"label": "姓名", "sample": "张三", "personal": True},
         "day": {"label": "日期", "sample": "今天", "personal": False}},
        shipped=False, author=None,
    )  # fmt: skip
    notice = await public.notify(
        tx, "greeting", person_id=new_id(), data={"name": "欧阳·秀", "day": "今天", "phone": "13800000000"}
    )
    assert (notice.title, notice.body) == ("欧阳·秀，您好", "欧阳·秀：今天")
    kept = await tx.fetchrow("SELECT * FROM notices.notices WHERE id = $1", notice.id)
    assert kept["data"] == {"day": "今天"}
    for column in ("title", "body"):
        assert "欧阳".encode() not in kept[column]
    (stored,) = await repository.list_notices(tx, Recipient(notice.person_id, None), False, None, 10)
    assert (stored.title, stored.body) == (notice.title, notice.body)
    delivery = await tx.fetchrow(
        "SELECT channel, state FROM notices.deliveries WHERE notice_id = $1", notice.id
    )
    assert tuple(delivery) == ("in_app", "delivered")


async def test_what_cannot_be_rendered(tx: Tx) -> None:
    person = new_id()
    with pytest.raises(public.NoticeNotRendered, match="没有模板 nothing"):
        await public.notify(tx, "nothing", person_id=person, data={})
    with pytest.raises(public.NoticeNotRendered, match="缺少 appointment_date"):
        await public.notify(tx, "booking_confirmed", person_id=person, data={})
    assert await tx.fetchval("SELECT count(*) FROM notices.notices WHERE person_id = $1", person) == 0


async def test_what_cannot_be_delivered_leaves_the_transaction_usable(tx: Tx) -> None:
    for recipient in ({}, {"person_id": new_id(), "account_id": new_id()}):
        with pytest.raises(public.NoticeNotDelivered, match="收件人"):
            await public.notify(tx, "checklist_ready", **recipient, data={})
    person = new_id()
    with pytest.raises(public.NoticeNotDelivered):
        await public.notify(tx, "checklist_ready", person_id=person, data={}, subject="\x00")
    assert await tx.fetchval("SELECT count(*) FROM notices.notices WHERE person_id = $1", person) == 0
    assert (await public.notify(tx, "checklist_ready", person_id=person, data={})).person_id == person


async def test_once_is_once_also_in_parallel(database: Database) -> None:
    person = new_id()
    once = {"person_id": person, "once": True}
    told = await asyncio.gather(
        *(tell(database, "results_received", **once, subject="exams.bookings/7") for _ in range(6))
    )
    assert len(set(told)) == 1
    other_exam = await tell(database, "results_received", **once, subject="exams.bookings/8")
    assert other_exam not in told
    async with database.transaction() as tx:
        assert await repository.count_unread(tx, Recipient(person, None)) == 2


async def test_templates_are_reworded_in_versions(
    client: httpx.AsyncClient, sign_in: Any, staff: Any, database: Database
) -> None:
    writer = sign_in(staff("notices.template.read", "notices.template.write"))
    reader = sign_in(staff("notices.template.read"))
    place = "/api/admin/notices/templates/booking_failed"
    listed = (await client.get("/api/admin/notices/templates", headers=reader)).json()
    assert len(listed) == 13
    failed = next(t for t in listed if t["code"] == "booking_failed")
    assert failed["preview"].startswith("体检预约未成功\n您 2026年12月1日 的体检预约没有成功")
    change = {"version": 1, "title": "预约没有成功", "body": "{appointment_date} 约满了。"}
    assert (await client.put(place, json=change, headers=reader)).status_code == 403
    wrong = await client.put(place, json={**change, "body": "{reason}{"}, headers=writer)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "notices.template_invalid")
    assert wrong.json()["fields"] == {
        "body": "没有“{reason}”这个占位符，可用的有：appointment_date；大括号不成对"
    }
    assert (await client.put(place, json=change, headers=writer)).json()["version"] == 2
    late = await client.put(place, json=change, headers=writer)
    assert (late.status_code, late.json()["code"]) == (409, "notices.template_changed")
    versions = (await client.get(place, headers=reader)).json()
    assert [(t["version"], t["shipped"]) for t in versions] == [(2, False), (1, True)]
    assert (await client.get("/api/admin/notices/templates/none", headers=reader)).status_code == 404
    async with database.transaction() as tx:
        notice = await public.notify(tx, "booking_failed", person_id=new_id(), data=DAY)
    assert notice.body == "2026年12月1日 约满了。"


async def test_template_version_never_changes(tx: Tx) -> None:
    for statement in ("UPDATE notices.templates SET body = 'x'", "DELETE FROM notices.templates"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with tx.transaction():
                await tx.execute(statement)


async def test_seeding_keeps_the_hospital_s_wording(tx: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    async def state() -> tuple[int, str]:
        found = await template_rows.current_template(tx, "checklist_ready")
        assert found is not None
        return found.version, found.body

    def ship(body: str, placeholders: dict[str, Any]) -> None:
        shipped = {"code": "checklist_ready", "title": "清单", "body": body, "placeholders": placeholders}
        monkeypatch.setattr(templates, "shipped_templates", lambda: [shipped])

    before = await state()
    await public.seed_templates(tx)
    assert await state() == before
    ship("二", {})
    await public.seed_templates(tx)
    await public.seed_templates(tx)
    assert await state() == (2, "二")
    await templates.reword(tx, SYSTEM, "checklist_ready", 2, "清单", "本院的说法")
    ship("三", {})
    await public.seed_templates(tx)
    assert await state() == (3, "本院的说法")
    ship("{n} 项", {"n": {"label": "项数", "sample": "9", "personal": False}})
    await public.seed_templates(tx)
    assert await state() == (4, "{n} 项")


async def test_fault_of_the_database_is_not_delivered(tx: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(*_: Any) -> None:
        raise asyncpg.DiskFullError("no space left")

    monkeypatch.setattr(deliveries, "add_in_app", break_down)
    person = new_id()
    with pytest.raises(public.NoticeNotDelivered):
        await public.notify(tx, "checklist_ready", person_id=person, data={})
    assert await tx.fetchval("SELECT count(*) FROM notices.notices WHERE person_id = $1", person) == 0
