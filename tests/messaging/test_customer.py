"""The customer's side: one conversation for each institution, messages once and in order, marks, withdrawing, rating."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.messaging import policy
from kanghu.modules.people import public as people
from tests.conftest import SignIn

from .conftest import Desk, MakePhone, Phone, Ward, key


async def count(database: Database, query: str) -> int:
    async with database.transaction() as tx:
        found: int = await tx.fetchval(query)
    return found


async def test_before_the_first_word_there_is_an_empty_conversation(phone: Phone, database: Database) -> None:
    found = await phone.get()
    assert (found["id"], found["state"], found["last_seq"]) == (None, "idle", 0)
    assert (await phone.get("/messages"))["items"] == []
    assert await count(database, "SELECT count(*) FROM messaging.conversations") == 0


async def test_the_first_word_begins_to_wait_and_the_next_ones_follow(phone: Phone) -> None:
    first = await phone.say("您好", skill="exam")
    second = await phone.say("在吗")
    assert (first["seq"], second["seq"], first["direction"], first["state"]) == (1, 2, "in", "received")
    found = await phone.get()
    assert (found["state"], found["service_session"]["skill"], found["ahead"]) == ("waiting", "exam", 0)
    assert await phone.texts() == ["您好", "在吗"]


async def test_one_conversation_for_each_institution(phone: Phone, phone_of: MakePhone, ward: Ward) -> None:
    elsewhere = await phone_of(institution=ward.other)
    await phone.say("一")
    await phone.say("二")
    await elsewhere.say("三")
    listed = (await phone.ask("GET", "/conversations")).json()
    assert [one["institution_id"] for one in listed] == [str(ward.other), str(ward.ours)]
    assert await phone.texts() == ["一", "二"]


async def test_how_many_wait_before_me(phone: Phone, phone_of: MakePhone) -> None:
    other = await phone_of("李四")
    await other.say("先来的", skill="exam")
    await (await phone_of("赵六")).say("别的事", skill="nursing")
    await phone.say("后来的", skill="exam")
    assert (await phone.get())["ahead"] == 1


async def test_an_institution_that_is_none_is_refused(phone: Phone) -> None:
    phone.institution = new_id()
    answer = await phone.post("/messages", {"client_key": key(), "kind": "text", "text": "您好"})
    assert (answer.status_code, answer.json()["code"]) == (404, "messaging.institution_not_found")


async def test_the_same_key_again_is_the_same_message(phone: Phone) -> None:
    body = {"client_key": "a-key-of-mine", "kind": "text", "text": "您好"}
    first, again = [await phone.post("/messages", body) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert await phone.texts() == ["您好"]


async def test_the_same_key_for_something_else_is_refused_and_nothing_is_lost_silently(phone: Phone) -> None:
    await phone.post("/messages", {"client_key": "a-key-of-mine", "kind": "text", "text": "您好"})
    other = await phone.post("/messages", {"client_key": "a-key-of-mine", "kind": "text", "text": "再见"})
    assert (other.status_code, other.json()["code"]) == (409, "messaging.key_taken")


async def test_bodies_say_one_thing(phone: Phone) -> None:
    for wrong in (
        {"kind": "text"},
        {"kind": "text", "text": "  "},
        {"kind": "text", "text": "x" * 2001},
        {"kind": "text", "text": "x", "media_id": str(new_id())},
        {"kind": "voice"},
        {"kind": "voice", "text": "x", "media_id": str(new_id())},
        {"kind": "card", "text": "x"},
        {"kind": "system", "text": "x"},
        {"kind": "text", "text": "x", "client_key": "short"},
        {"kind": "text", "text": "x", "skill": "surgery"},
    ):
        answer = await phone.post("/messages", {"client_key": key(), **wrong})
        assert answer.status_code == 422, wrong


async def test_pages_both_ways(phone: Phone) -> None:
    for number in range(1, 8):
        await phone.say(str(number))

    async def page(**params: int) -> tuple[list[int], bool]:
        found = await phone.get("/messages", **params)
        return [message["seq"] for message in found["items"]], found["more"]

    assert await page(limit=3) == ([5, 6, 7], True)
    assert await page(limit=3, before=5) == ([2, 3, 4], True)
    assert await page(limit=3, before=2) == ([1], False)
    assert await page(limit=3, after=0) == ([1, 2, 3], True)
    assert await page(limit=4, after=3) == ([4, 5, 6, 7], False)
    assert await page(limit=3, after=7) == ([], False)
    assert await page(limit=9, after=2, before=5) == ([3, 4], False)


async def test_marks_of_what_was_read_only_move_on(phone: Phone, desk: Desk, served: str) -> None:
    await desk.say(served, "要空腹。")
    found = await phone.get()
    assert (found["unread"], found["read_up_to"], found["state"]) == (1, 0, "active")
    for up_to, mark in ((3, 3), (2, 3), (99, found["last_seq"])):
        assert (await phone.post("/read", {"up_to": up_to})).status_code == 204
        assert (await phone.get())["read_up_to"] == mark
    assert (await phone.get())["unread"] == 0
    seen = await desk.get(f"/conversations/{served}")
    assert (seen["customer_read_up_to"], seen["unread"]) == (found["last_seq"], 1)
    await desk.do("POST", f"/conversations/{served}/read", {"up_to": 1})
    assert (await desk.get(f"/conversations/{served}"))["unread"] == 0
    assert (await phone.get())["staff_read_up_to"] == 1


async def test_withdrawn_within_two_minutes_and_shown_as_such(
    phone: Phone, desk: Desk, served: str, later: Callable[..., Awaitable[None]], database: Database
) -> None:
    said = await phone.say("说错了")
    answer = await phone.ask("POST", f"/messages/{said['id']}/withdraw")
    assert answer.status_code == 200
    assert (answer.json()["text"], answer.json()["withdrawn_at"] is None) == (None, False)
    again = await phone.ask("POST", f"/messages/{said['id']}/withdraw")
    assert again.json() == answer.json()
    listed = (await desk.get(f"/conversations/{served}/messages"))["items"]
    assert [(one["text"], one["withdrawn_at"] is not None) for one in listed][-1] == (None, True)
    kept = await phone.say("留着")
    await later(minutes=3)
    late = await phone.ask("POST", f"/messages/{kept['id']}/withdraw")
    assert (late.status_code, late.json()["code"]) == (409, "messaging.too_late_to_withdraw")


async def test_nobody_withdraws_what_others_said(
    phone: Phone, phone_of: MakePhone, desk: Desk, served: str
) -> None:
    mine, theirs = await phone.say("我说的"), await desk.say(served, "客服说的")
    answer = await phone.ask("POST", f"/messages/{theirs['id']}/withdraw")
    assert (answer.status_code, answer.json()["code"]) == (409, "messaging.not_withdrawable")
    answer = await desk.ask("POST", f"/conversations/{served}/messages/{mine['id']}/withdraw")
    assert answer.json()["code"] == "messaging.not_withdrawable"
    stranger = await phone_of("李四")
    assert (await stranger.ask("POST", f"/messages/{mine['id']}/withdraw")).status_code == 404


async def test_a_service_is_rated_once_after_its_end(
    phone: Phone, desk: Desk, served: str, later: Callable[..., Awaitable[None]]
) -> None:
    session = (await phone.get())["service_session"]["id"]
    rating = {"service_session_id": session, "score": 5, "comment": "很耐心"}
    early = await phone.post("/satisfaction", rating)
    assert (early.status_code, early.json()["code"]) == (409, "messaging.not_rateable")
    await desk.end(served)
    assert (await phone.get())["state"] == "closed"
    assert (await phone.post("/satisfaction", rating)).status_code == 204
    assert (await phone.post("/satisfaction", rating)).status_code == 409
    assert (await phone.get())["service_session"]["satisfaction"] == 5
    (spell,) = (await desk.get(f"/conversations/{served}/service-sessions"))["items"]
    assert (spell["satisfaction"], spell["comment"], spell["summary"]) == (5, "很耐心", "已答复")
    await phone.say("还有一事")
    await desk.claim(served)
    await desk.end(served)
    await later(days=8)
    late = await phone.post(
        "/satisfaction", {**rating, "service_session_id": (await phone.get())["service_session"]["id"]}
    )
    assert late.status_code == 409


async def test_a_mother_writes_for_her_child_and_reads_what_was_answered(
    database: Database, phone: Phone, desk: Desk, ward: Ward
) -> None:
    async with database.transaction() as tx:
        holder = Caller(kind="customer", account_id=new_id(), person_id=phone.person)
        born = date(clock.today().year - 5, 1, 1)
        child = await people.add_family_member(
            tx, holder, people.PersonInput(name="王小宝", sex="1", birth_date=born), "child", ward.ours
        )
    acting = {"X-For-Person": str(child)}
    await phone.say("我自己的")
    said = await phone.ask(
        "POST",
        f"/institutions/{ward.ours}/messages",
        headers=acting,
        json={"client_key": key(), "kind": "text", "text": "孩子的"},
    )
    assert said.status_code == 201, said.text
    of_child = await phone.ask("GET", f"/institutions/{ward.ours}/messages", headers=acting)
    assert [one["text"] for one in of_child.json()["items"]] == ["孩子的"]
    assert await phone.texts() == ["我自己的"]
    queue = (await desk.get("/queue"))["items"]
    assert {one["person_id"] for one in queue} == {str(child), str(phone.person)}
    withdrawn = await phone.ask("POST", f"/messages/{said.json()['id']}/withdraw", headers=acting)
    assert withdrawn.status_code == 200
    async with database.transaction() as tx:
        author = await tx.fetchval(
            "SELECT author_person_id FROM messaging.messages WHERE id = $1", UUID(said.json()["id"])
        )
    assert author == phone.person


async def test_what_is_kept_is_sealed_and_what_is_read_is_audited(
    phone: Phone, desk: Desk, served: str, database: Database
) -> None:
    await phone.say("我的血压是一百五")
    await desk.end(served, summary="建议就诊")
    await desk.get(f"/conversations/{served}/messages")
    await phone.texts()
    async with database.transaction() as tx:
        rows = await tx.fetch("SELECT m::text AS row FROM messaging.messages m")
        rows += await tx.fetch("SELECT s::text AS row FROM messaging.service_sessions s")
        for text in ("我的血压是一百五", "建议就诊"):
            assert not any(text in one["row"] or text.encode().hex() in one["row"] for one in rows)
        done = await tx.fetch("SELECT action, actor_kind, person_id, detail FROM kernel.audit_inbox")
    read = {(one["action"], one["actor_kind"]) for one in done}
    assert {("messaging.message.read", "staff"), ("messaging.message.read", "customer")} <= read
    assert {one["person_id"] for one in done if one["action"] == "messaging.message.read"} == {phone.person}
    assert not any("血压" in one["detail"] for one in done)


async def test_without_the_right_nothing(
    client: httpx.AsyncClient, sign_in: SignIn, ward: Ward, phone: Phone
) -> None:
    nobody = sign_in(Caller(kind="customer", account_id=new_id(), person_id=ward.person))
    path = f"/api/patient/messaging/institutions/{ward.ours}/messages"
    assert (await client.get(path, headers=nobody)).status_code == 403
    assert (await client.get(path)).status_code == 401


async def test_a_program_cannot_flood_the_desk_and_waits_a_minute(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(policy.MOST_A_MINUTE):
        await phone.say(str(number))
    body = {"client_key": key(), "kind": "text", "text": "还有"}
    refused = await phone.post("/messages", body)
    assert (refused.status_code, refused.json()["message"]) == (429, "发送过快，请一分钟后再发")
    later = clock.now() + timedelta(seconds=61)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert (await phone.post("/messages", body)).status_code == 201
    assert (await phone.texts())[-1] == "还有"
