"""The agents' side: the queue, claiming, answering, passing on, ending, and nobody beyond their reach."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Scope
from kanghu.modules.exams import public as exams
from kanghu.modules.people import public as people

from .conftest import Desk, MakePhone, Phone, Ward, key

MakeDesk = Callable[..., Desk]


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


# ---- the queue -------------------------------------------------------------------------------------------------------


async def test_the_queue_is_in_the_order_of_coming_and_names_are_masked(
    phone: Phone, phone_of: MakePhone, desk: Desk
) -> None:
    for name in ("李四", "赵六", "孙七"):
        await (await phone_of(name)).say("您好", skill="exam" if name == "赵六" else "general")
    await phone.say("我是第四位")
    queue = await desk.get("/queue", limit=3)
    assert [one["person_name"] for one in queue["items"]] == ["李*", "赵*", "孙*"]
    rest = await desk.get("/queue", limit=3, cursor=queue["next"])
    assert ([one["person_name"] for one in rest["items"]], rest["next"]) == (["王*明"], None)
    assert [one["skill"] for one in (await desk.get("/queue", skill="exam"))["items"]] == ["exam"]
    assert all(one["waiting_since"] and one["unread"] == 1 for one in queue["items"])


async def test_one_claims_and_the_customer_is_served(phone: Phone, desk: Desk, conversation: str) -> None:
    assert (await desk.claim(conversation)).status_code == 204
    assert (await desk.claim(conversation)).status_code == 204, "again is once"
    found = await desk.get(f"/conversations/{conversation}")
    assert (found["state"], found["person_name"], found["agent_name"]) == ("active", "王小明", "周客服")
    assert (await phone.get())["state"] == "active"
    assert [one["kind"] for one in (await phone.get("/messages"))["items"]] == ["text", "system"]
    assert (await desk.get("/queue"))["items"] == []
    mine = await desk.get("/conversations", mine=True, state="active")
    assert [one["id"] for one in mine["items"]] == [conversation]


async def test_of_twenty_who_claim_one_wins(
    database: Database, desk_of: MakeDesk, conversation: str, ward: Ward
) -> None:
    desks = [desk_of(account=new_id()) for _ in range(20)]
    for one in desks:
        await one.on_duty()
    answers = await asyncio.gather(*[one.claim(conversation) for one in desks])
    assert sorted(answer.status_code for answer in answers) == [204] + [409] * 19
    winner = next(one for one, answer in zip(desks, answers, strict=True) if answer.status_code == 204)
    assert {refused(answer) for answer in answers if answer.status_code == 409} == {
        (409, "messaging.served_by_another")
    }
    async with database.transaction() as tx:
        rows = await tx.fetch("SELECT agent_account_id FROM messaging.service_sessions")
        lines = await tx.fetchval("SELECT count(*) FROM messaging.messages WHERE kind = 'system'")
    assert [row["agent_account_id"] for row in rows] == [winner.account]
    assert lines == 1


async def test_twenty_who_take_the_next_one_get_one_each(
    database: Database, desk_of: MakeDesk, phone_of: MakePhone
) -> None:
    for number in range(12):
        await (await phone_of(f"客{chr(0x4E00 + number)}")).say("您好")
    desks = [desk_of(account=new_id()) for _ in range(20)]
    for one in desks:
        await one.on_duty(max_load=1)
    got: list[str] = []
    for _ in range(3):  # who looks while another one holds the first in the queue may find nobody
        answers = await asyncio.gather(*[one.ask("POST", "/queue/next") for one in desks])
        for answer in answers:
            assert answer.status_code == 200 or refused(answer) == (409, "messaging.agent_busy")
            if answer.status_code == 200 and answer.json()["conversation_id"]:
                got.append(answer.json()["conversation_id"])
    assert len(got) == len(set(got)) == 12
    async with database.transaction() as tx:
        agents = await tx.fetch("SELECT agent_account_id FROM messaging.service_sessions")
    assert len({row["agent_account_id"] for row in agents}) == 12


async def test_an_agent_never_gets_more_than_the_limit(desk_of: MakeDesk, phone_of: MakePhone) -> None:
    waiting = []
    for number in range(5):
        customer = await phone_of(f"客{chr(0x4E00 + number)}")
        await customer.say("您好")
        waiting.append((await customer.get())["id"])
    busy = desk_of(0)
    await busy.on_duty(max_load=2)
    answers = await asyncio.gather(*[busy.claim(one) for one in waiting])
    assert sorted(answer.status_code for answer in answers) == [204, 204, 409, 409, 409]
    assert (await busy.get("/presence"))["load"] == 2
    assert refused(await busy.ask("POST", "/queue/next")) == (409, "messaging.agent_busy")


async def test_who_is_not_there_or_has_not_the_skill_takes_nobody(phone: Phone, desk_of: MakeDesk) -> None:
    await phone.say("投诉", skill="complaint")
    conversation = (await phone.get())["id"]
    agent = desk_of(0)
    assert await agent.get("/presence") is None
    assert refused(await agent.claim(conversation)) == (409, "messaging.not_on_duty")
    for state in ("paused", "offline"):
        await agent.on_duty("complaint", state=state)
        assert refused(await agent.claim(conversation)) == (409, "messaging.not_on_duty")
    await agent.on_duty("general", "exam")
    assert refused(await agent.claim(conversation)) == (409, "messaging.not_my_skill")
    assert (await agent.do("POST", "/queue/next"))["conversation_id"] is None
    await agent.on_duty("complaint")
    assert (await agent.do("POST", "/queue/next"))["conversation_id"] == conversation
    assert (await agent.do("POST", "/queue/next"))["conversation_id"] is None


# ---- talking -----------------------------------------------------------------------------------------------------------


async def test_only_whose_customer_it_is_answers(
    phone: Phone, desk: Desk, desk_of: MakeDesk, conversation: str
) -> None:
    body = {"client_key": key(), "kind": "text", "text": "您好"}
    path = f"/conversations/{conversation}/messages"
    assert refused(await desk.ask("POST", path, body)) == (409, "messaging.not_claimed")
    await desk.claim(conversation)
    other = desk_of(1)
    assert refused(await other.ask("POST", path, body)) == (409, "messaging.served_by_another")
    first, again = await desk.do("POST", path, body), await desk.do("POST", path, body)
    assert first == again
    assert (first["state"], first["author_name"]) == ("sent", "周客服")
    assert (await phone.texts())[-1] == "您好"
    assert refused(await other.ask("POST", path, {**body, "client_key": key()}))[0] == 409


async def test_writing_where_nobody_serves_begins_a_service_of_ones_own(
    phone: Phone, desk: Desk, served: str
) -> None:
    await desk.end(served)
    assert (await phone.get())["state"] == "closed"
    await desk.say(served, "您的报告出来了")
    assert (await phone.get())["state"] == "active"
    await phone.say("谢谢")
    assert (await desk.get("/queue"))["items"] == []
    assert (await desk.get("/presence"))["load"] == 1


async def test_passed_on_to_a_colleague_with_a_note_that_the_customer_does_not_see(
    phone: Phone, desk: Desk, desk_of: MakeDesk, served: str, ward: Ward
) -> None:
    colleague = desk_of(1)
    path = f"/conversations/{served}/transfer"
    wanted = {"to_account_id": str(ward.agents[1]), "note": "客户着急"}
    assert refused(await desk.ask("POST", path, wanted)) == (409, "messaging.agent_unfit")
    await colleague.on_duty("nursing", max_load=1)
    assert refused(await colleague.ask("POST", path, wanted)) == (409, "messaging.served_by_another")
    await desk.do("POST", path, wanted)
    found = await colleague.get(f"/conversations/{served}")
    assert (found["agent_name"], [one["note"] for one in found["transfers"]]) == ("吴客服", ["客户着急"])
    await colleague.say(served, "我来处理")
    assert (
        await desk.ask("POST", f"/conversations/{served}/end", {"reason": "solved", "summary": "x"})
    ).status_code == 409
    shown = await phone.get("/messages")
    assert "客户着急" not in str(shown)
    assert [one["kind"] for one in shown["items"]] == ["text", "system", "system", "text"]


async def test_passed_on_to_a_skill_one_keeps_ones_place_in_the_queue(
    phone: Phone, phone_of: MakePhone, desk: Desk, desk_of: MakeDesk, served: str
) -> None:
    await (await phone_of("李四")).say("后来的", skill="nursing")
    await desk.do("POST", f"/conversations/{served}/transfer", {"to_skill": "nursing", "note": "问护理"})
    queue = (await desk.get("/queue", skill="nursing"))["items"]
    assert queue[0]["id"] == served
    assert (await phone.get())["state"] == "waiting"
    assert refused(await desk.claim(served)) == (409, "messaging.not_my_skill")
    nurse = desk_of(1)
    await nurse.on_duty("nursing")
    assert (await nurse.do("POST", "/queue/next"))["conversation_id"] == served


async def test_of_transfer_and_end_at_once_one_happens(
    desk: Desk, desk_of: MakeDesk, served: str, ward: Ward
) -> None:
    await desk_of(1).on_duty()
    answers = await asyncio.gather(
        desk.ask("POST", f"/conversations/{served}/end", {"reason": "solved", "summary": "好了"}),
        desk.ask(
            "POST",
            f"/conversations/{served}/transfer",
            {"to_account_id": str(ward.agents[1]), "note": "交给你"},
        ),
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_ended_with_reason_and_summary_and_the_next_word_waits_anew(
    phone: Phone, desk: Desk, served: str
) -> None:
    path = f"/conversations/{served}/end"
    assert (await desk.ask("POST", path, {"reason": "solved"})).status_code == 422
    assert (await desk.ask("POST", path, {"reason": "idle", "summary": "x"})).status_code == 422
    await desk.end(served, reason="passed_on", summary="转心内科")
    assert refused(await desk.ask("POST", path, {"reason": "solved", "summary": "x"})) == (
        409,
        "messaging.not_served",
    )
    await phone.say("还有个问题")
    assert (await phone.get())["state"] == "waiting"
    spells = (await desk.get(f"/conversations/{served}/service-sessions"))["items"]
    assert [(one["end_reason"], one["summary"]) for one in spells] == [
        (None, None),
        ("passed_on", "转心内科"),
    ]
    first_page = await desk.get(f"/conversations/{served}/service-sessions", limit=1)
    second = await desk.get(f"/conversations/{served}/service-sessions", limit=1, cursor=first_page["next"])
    assert [one["end_reason"] for one in second["items"]] == ["passed_on"]


# ---- supervisors ---------------------------------------------------------------------------------------------------------


async def test_a_supervisor_sees_loads_and_takes_over(
    phone: Phone, phone_of: MakePhone, desk: Desk, desk_of: MakeDesk, served: str
) -> None:
    await (await phone_of("李四")).say("您好", skill="exam")
    boss = desk_of(2, "messaging.queue.supervise")
    assert (await desk.ask("GET", "/overview")).status_code == 403
    overview = await boss.get("/overview")
    assert [(one["skill"], one["count"]) for one in overview["waiting"]] == [("exam", 1)]
    assert [(one["name"], one["load"]) for one in overview["agents"]] == [("周客服", 1)]
    path = f"/conversations/{served}/take-over"
    assert (await desk.ask("POST", path, {"note": "x"})).status_code == 403
    await boss.do("POST", path, {"note": "客户投诉，我来"})
    await boss.do("POST", path, {"note": "再按一次"})
    await boss.say(served, "我是主管")
    found = await boss.get(f"/conversations/{served}")
    assert (found["agent_name"], [one["kind"] for one in found["transfers"]]) == ("郑主管", ["taken_over"])
    assert (await desk.get("/presence"))["load"] == 0
    (waiting,) = (await boss.get("/queue"))["items"]
    await boss.do("POST", f"/conversations/{waiting['id']}/take-over", {"note": "等得太久"})
    assert (await boss.get("/overview"))["waiting"] == []


# ---- history -------------------------------------------------------------------------------------------------------------


async def test_history_is_searched_and_the_search_is_audited(
    phone: Phone, desk: Desk, served: str, database: Database
) -> None:
    for number in range(1, 6):
        await phone.say(f"第{number}次头晕")
    await desk.say(served, "头晕请先坐下")
    hidden = await phone.say("头晕：撤回")
    await phone.ask("POST", f"/messages/{hidden['id']}/withdraw")
    path = f"/persons/{phone.person}/search"
    found = await desk.do("POST", path, {"text": "头晕", "limit": 4})
    assert [one["text"] for one in found["items"]] == ["头晕请先坐下", "第5次头晕", "第4次头晕", "第3次头晕"]
    rest = await desk.do("POST", path, {"text": "头晕", "limit": 4, "cursor": found["next"]})
    assert ([one["text"] for one in rest["items"]], rest["next"]) == (["第2次头晕", "第1次头晕"], None)
    assert found["items"][0]["author_name"] == "周客服"
    assert found["items"][0]["conversation_id"] == served
    assert (await desk.do("POST", path, {"text": "咳嗽"}))["items"] == []
    async with database.transaction() as tx:
        done = await tx.fetch(
            "SELECT person_id, detail FROM kernel.audit_inbox WHERE action = 'messaging.message.search'"
        )
    assert {row["person_id"] for row in done} == {phone.person}
    assert not any("头晕" in row["detail"] for row in done)


# ---- cards ---------------------------------------------------------------------------------------------------------------


async def booking_of(database: Database, person: Any, institution: Any) -> str:
    async with database.transaction() as tx:
        vendor = new_id()
        await exams.bind_account(tx, SYSTEM, vendor, institution, person, f"TJ-{person}")
        booking = await exams.ensure_booking(
            tx, vendor_id=vendor, institution_id=institution, person_id=person,
            exam_account=f"TJ-{person}", exam_no=f"E-{person}-{institution}",
        )  # fmt: skip
        await exams.store_report(
            tx, booking_id=booking, person_id=person, institution_id=institution, kind="text", content="总检",
            version=None, conclusions=[],
        )  # fmt: skip
    return str(booking)


async def test_cards_of_what_the_agent_may_see(
    database: Database,
    phone: Phone,
    phone_of: MakePhone,
    desk: Desk,
    desk_of: MakeDesk,
    served: str,
    ward: Ward,
) -> None:
    booking = await booking_of(database, phone.person, ward.ours)
    foreign = await booking_of(database, (await phone_of("李四")).person, ward.ours)
    elsewhere = await booking_of(database, phone.person, ward.other)
    path = f"/conversations/{served}/messages"

    def card(kind: str, subject: Any) -> dict[str, Any]:
        return {"client_key": key(), "kind": "card", "card": {"kind": kind, "id": str(subject)}}

    body = card("booking", booking)
    sent = await desk.do("POST", path, body)
    assert (sent["card"]["title"], sent["card"]["subject"]) == ("体检预约", f"exams.bookings/{booking}")
    assert {"label": "状态", "text": "已预约"} in sent["card"]["lines"]
    assert (await desk.do("POST", path, body))["id"] == sent["id"]
    for other in (foreign, elsewhere):
        assert (
            refused(await desk.ask("POST", path, card("booking", other)))[1]
            == "messaging.card_subject_not_found"
        )
    assert refused(await desk.ask("POST", path, card("booking", new_id())))[0] == 404
    report = await _one(database, "SELECT id FROM exams.reports WHERE booking_id::text = $1", booking)
    assert refused(await desk.ask("POST", path, card("report", report))) == (403, "access.forbidden")
    doctor = desk_of(0, "exams.result.read")
    shown = await doctor.do("POST", path, card("report", report))
    assert shown["card"]["title"] == "体检报告"
    mine = (await phone.get("/messages"))["items"]
    assert [one["card"]["kind"] for one in mine if one["kind"] == "card"] == ["booking", "report"]


async def _one(database: Database, query: str, *arguments: Any) -> Any:
    async with database.transaction() as tx:
        return await tx.fetchval(query, *arguments)


# ---- quick replies -------------------------------------------------------------------------------------------------------


async def test_quick_replies_own_and_shared(desk: Desk, desk_of: MakeDesk, ward: Ward) -> None:
    colleague, stranger = desk_of(1), desk_of(2, institution=ward.other)
    own = await desk.do("POST", "/quick-replies", {"title": "问候", "body": "您好"})
    shared = await desk.do(
        "POST", "/quick-replies", {"title": "空腹", "body": "请空腹八小时", "shared": True}
    )
    assert [one["title"] for one in await desk.get("/quick-replies")] == ["问候", "空腹"]
    assert [one["title"] for one in await colleague.get("/quick-replies")] == ["空腹"]
    assert await stranger.get("/quick-replies") == []
    change = {"title": "空腹", "body": "请空腹十小时", "version": 1}
    changed = await colleague.do("PUT", f"/quick-replies/{shared['id']}", change)
    assert (changed["body"], changed["version"]) == ("请空腹十小时", 2)
    stale = await desk.ask("PUT", f"/quick-replies/{shared['id']}", change)
    assert refused(stale) == (409, "messaging.quick_reply_changed")
    for who, reply in ((colleague, own), (stranger, shared)):
        assert (await who.ask("PUT", f"/quick-replies/{reply['id']}", change)).status_code == 404
        assert (await who.ask("DELETE", f"/quick-replies/{reply['id']}")).status_code == 404
    await desk.do("DELETE", f"/quick-replies/{own['id']}")
    assert [one["title"] for one in await desk.get("/quick-replies")] == ["空腹"]


# ---- reach ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["institution", "department", "own", "nobody"])
async def test_nobody_reaches_another_hospitals_conversation_with_the_same_person(
    kind: str, database: Database, phone: Phone, desk_of: MakeDesk, served: str, ward: Ward
) -> None:
    """The other hospital's staff may read the person, and still not what they wrote to us."""
    async with database.transaction() as tx:
        await people.enrol(tx, SYSTEM, phone.person, ward.other, ward.foreign_department)
        await people.set_responsible(tx, SYSTEM, phone.person, ward.other, ward.foreign_agent)
    scope = {
        "institution": Scope(institutions=(ward.other,)),
        "department": Scope(departments=(ward.foreign_department,)),
        "own": Scope(account=ward.foreign_agent),
        "nobody": Scope(),
    }[kind]
    stranger = desk_of(
        2, "messaging.queue.supervise", institution=ward.other, scope=scope, account=ward.foreign_agent
    )
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/messages", None),
        ("GET", "/service-sessions", None),
        ("POST", "/messages", {"client_key": key(), "kind": "text", "text": "x"}),
        ("POST", "/read", {"up_to": 1}),
        ("POST", "/take-over", {"note": "x"}),
        ("POST", "/end", {"reason": "solved", "summary": "x"}),
    ):
        answer = await stranger.ask(method, f"/conversations/{served}{path}", body)
        assert answer.status_code == 404, path
    assert (await stranger.get("/conversations"))["items"] == []
    assert (await stranger.do("POST", f"/persons/{phone.person}/search", {"text": "空腹"}))["items"] == []
    assert (await stranger.get("/overview"))["waiting"] == []


async def test_who_has_part_of_the_hospital_reaches_its_own_customers(
    database: Database, phone: Phone, desk_of: MakeDesk, served: str, ward: Ward
) -> None:
    mine = desk_of(1, scope=Scope(account=ward.agents[1]))
    assert (await mine.get("/conversations"))["items"] == []
    async with database.transaction() as tx:
        await people.set_responsible(tx, SYSTEM, phone.person, ward.ours, ward.agents[1])
    assert [one["id"] for one in (await mine.get("/conversations"))["items"]] == [served]


async def test_lists_page_and_filter(phone: Phone, phone_of: MakePhone, desk: Desk, served: str) -> None:
    others = [await phone_of(f"客{chr(0x4E00 + number)}") for number in range(4)]
    for other in others:
        await other.say("您好")
    first = await desk.get("/conversations", limit=3)
    second = await desk.get("/conversations", limit=3, cursor=first["next"])
    ids = [one["id"] for one in first["items"] + second["items"]]
    assert (len(ids), len(set(ids)), second["next"]) == (5, 5, None)
    assert ids[-1] == served
    waiting: Callable[[], Awaitable[Any]] = lambda: desk.get("/conversations", state="waiting")  # noqa: E731
    assert len((await waiting())["items"]) == 4
    of_one = await desk.get("/conversations", person_id=str(phone.person))
    assert [one["id"] for one in of_one["items"]] == [served]
    assert (await desk.get("/conversations", state="closed"))["items"] == []
