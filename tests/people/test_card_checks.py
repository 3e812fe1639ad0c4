"""The equal second way: pictures of the document, two members of staff, and nothing left of the pictures afterwards."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database
from kanghu.kernel.security import Caller
from kanghu.modules.people.policy import LARGEST_PICTURE
from kanghu.modules.people.service import checking
from tests.conftest import SignIn

from .checking import JPEG, PNG, Customer, run_waiting
from .conftest import Hospital, Register, a_customer, a_person

QUEUE = "/api/admin/people/id-cards"


@pytest.fixture
async def me(client: httpx.AsyncClient, sign_in: SignIn, hospital: Hospital, register: Register) -> Customer:
    person = await register(a_person(), hospital.ours)
    customer = Customer(client, sign_in(a_customer(person, hospital.ours)), hospital.ours, person)
    await customer.agree("identity_check")
    return customer


@dataclass
class Desk:
    """Those who look at documents."""

    client: httpx.AsyncClient
    sign_in: SignIn
    reviewer: Callable[..., Caller]
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, name: str) -> dict[str, str]:
        if name not in self.headers:
            self.headers[name] = self.sign_in(self.reviewer())
        return self.headers[name]

    async def queue(self, name: str, **query: str) -> list[dict[str, Any]]:
        answer = await self.client.get(QUEUE, params=query, headers=self.of(name))
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def decides(self, name: str, check: str, **given: object) -> httpx.Response:
        return await self.client.post(f"{QUEUE}/{check}/decision", json=given, headers=self.of(name))

    async def looks(self, name: str, check: str, side: str) -> httpx.Response:
        return await self.client.get(f"{QUEUE}/{check}/pictures/{side}", headers=self.of(name))


@pytest.fixture
def desk(
    client: httpx.AsyncClient, sign_in: SignIn, staff: Callable[..., Caller], hospital: Hospital
) -> Desk:
    return Desk(client, sign_in, lambda: staff("people.identity.review", institution=hospital.ours))


async def pictures(database: Database) -> list[Any]:
    async with database.transaction() as tx:
        found: list[Any] = await tx.fetch("SELECT * FROM people.id_card_pictures ORDER BY side DESC")
        return found


async def notices(database: Database, person: UUID) -> list[str]:
    await run_waiting(database, "notices.tell_of_identity")
    async with database.transaction() as tx:
        found = await tx.fetch(
            "SELECT template_code FROM notices.notices WHERE person_id = $1 ORDER BY id", person
        )
    return [record["template_code"] for record in found]


async def test_two_of_staff_let_a_document_pass(me: Customer, desk: Desk, database: Database) -> None:
    sent = await me.send_card()
    assert sent.status_code == 201, sent.text
    check = sent.json()["id"]
    assert (await me.post("/identity/card")).json()["id"] == check, "sending again is once"
    for row, content in zip(await pictures(database), (JPEG, PNG), strict=True):
        assert content not in row["content"]
        assert vault.open_bytes(row["content"], "people.id_card_pictures.content", row["id"]) == content

    (line,) = await desk.queue("first", look="first")
    assert (line["id"], line["name"]) == (check, "王*明")
    seen = await desk.client.get(f"{QUEUE}/{check}", headers=desk.of("first"))
    shown = seen.json()
    assert (shown["name"], len(shown["id_number"]), shown["sides"]) == ("王小明", 18, ["front", "back"])
    front = await desk.looks("first", check, "front")
    assert (front.content, front.headers["content-type"]) == (JPEG, "image/jpeg")
    assert front.headers["cache-control"] == "no-store"

    assert (await desk.decides("first", check, agrees=True)).json()["state"] == "waiting"
    assert await me.level() == "none"
    assert await desk.queue("second", look="first") == []
    assert [line["id"] for line in await desk.queue("second", look="second")] == [check]
    again = await desk.decides("first", check, agrees=True)
    assert (again.status_code, again.json()["code"]) == (409, "people.same_reviewer")
    passed = await desk.decides("second", check, agrees=True)
    assert (passed.status_code, passed.json()["state"]) == (200, "passed")

    assert await me.level() == "verified"
    assert await pictures(database) == []
    assert (await desk.looks("second", check, "front")).json()["code"] == "people.picture_not_found"
    assert await desk.queue("second") == []
    assert [line["id"] for line in await desk.queue("second", look="decided")] == [check]
    assert await notices(database, me.person) == ["identity_passed"]
    async with database.transaction() as tx:
        told = await tx.fetch(
            """SELECT action FROM kernel.audit_inbox WHERE action LIKE 'people.identity.%' AND person_id = $1
                AND action <> 'people.identity.read' ORDER BY id""",
            me.person,
        )
    assert [row["action"].removeprefix("people.identity.") for row in told] == [
        "picture", "picture", "begin", "reveal", "look", "accept", "passed",
    ]  # fmt: skip


async def test_one_may_refuse_and_says_why(me: Customer, desk: Desk, database: Database) -> None:
    check = (await me.send_card()).json()["id"]
    assert (await desk.decides("first", check, agrees=False)).status_code == 422
    assert (await desk.decides("first", check, agrees=True, reason="unclear")).status_code == 422
    refused = await desk.decides("first", check, agrees=False, reason="unclear")
    assert (refused.json()["state"], refused.json()["reason"]) == ("failed", "unclear")
    late = await desk.decides("second", check, agrees=True)
    assert (late.status_code, late.json()["code"]) == (409, "people.card_decided")
    last = (await me.get("/identity"))["last"]
    assert "重新拍摄" in last["advice"]
    assert await pictures(database) == []
    assert await notices(database, me.person) == ["identity_refused"]
    assert (await me.send_card()).status_code == 201, "another try"


async def test_of_many_who_agree_at_once_two_decide(me: Customer, desk: Desk, database: Database) -> None:
    check = (await me.send_card()).json()["id"]
    answers = await asyncio.gather(*[desk.decides(f"n{n}", check, agrees=True) for n in range(5)])
    assert sorted(answer.status_code for answer in answers) == [200, 200, 409, 409, 409]
    async with database.transaction() as tx:
        row = await tx.fetchrow("SELECT state, first_reviewer, decided_by FROM people.identity_checks")
    assert row["state"] == "passed"
    assert row["first_reviewer"] != row["decided_by"]


async def test_another_institution_sees_nothing(
    me: Customer, desk: Desk, client: httpx.AsyncClient, sign_in: SignIn, staff: Callable[..., Caller], hospital: Hospital
) -> None:  # fmt: skip
    check = (await me.send_card()).json()["id"]
    elsewhere = Desk(client, sign_in, lambda: staff("people.identity.review", institution=hospital.other))
    assert await elsewhere.queue("other") == []
    assert (await elsewhere.looks("other", check, "front")).status_code == 404
    assert (await elsewhere.decides("other", check, agrees=True)).status_code == 404
    nobody = Desk(client, sign_in, lambda: staff("people.person.read", institution=hospital.ours))
    assert (await nobody.looks("reader", check, "front")).status_code == 403


async def test_pictures_need_the_consent_and_are_pictures(
    client: httpx.AsyncClient, sign_in: SignIn, hospital: Hospital, register: Register, me: Customer, database: Database
) -> None:  # fmt: skip
    person = await register(a_person(), hospital.ours)
    stranger = Customer(client, sign_in(a_customer(person, hospital.ours)), hospital.ours, person)
    assert (await stranger.picture("front", JPEG)).json()["code"] == "people.consent_missing"
    for wrong in (b"", b"%PDF-1.4", b"\xff\xd8\xff" + bytes(LARGEST_PICTURE)):
        answer = await me.picture("front", wrong)
        assert answer.status_code in (413, 422), answer.text
    assert (await me.post("/identity/card")).json()["code"] == "people.pictures_missing"
    assert (await me.picture("front", JPEG)).status_code == 204
    assert (await me.picture("front", PNG)).status_code == 204, "taken again"
    assert (await me.get("/identity"))["sides_kept"] == ["front"]
    assert (await me.post("/identity/card")).json()["code"] == "people.pictures_missing"
    assert [row["media_type"] for row in await pictures(database)] == ["image/png"]


async def test_withdrawn_pictures_are_gone(me: Customer, desk: Desk, database: Database) -> None:
    check = (await me.send_card()).json()["id"]
    assert (await me.picture("front", JPEG)).json()["code"] == "people.card_under_review"
    assert (await me.post(f"/identity/checks/{check}/withdraw")).json()["state"] == "void"
    assert await pictures(database) == []
    assert (await desk.decides("first", check, agrees=True)).json()["code"] == "people.card_decided"

    consent = await me.agree("identity_check")
    await me.send_card()
    await me.post(f"/consents/{consent}/revoke", channel="h5")
    assert await pictures(database) == []
    assert (await me.get("/identity"))["last"]["reason"] == "consent_revoked"


async def test_what_nobody_looked_at_in_time_is_deleted(me: Customer, desk: Desk, database: Database) -> None:
    check = (await me.send_card()).json()["id"]
    await desk.decides("first", check, agrees=True)
    async with database.transaction() as tx:
        await checking.sweep(tx)
    assert len(await pictures(database)) == 2
    async with database.transaction() as tx:
        await tx.execute("UPDATE people.identity_checks SET expires_at = now() - interval '1 minute'")
        await checking.sweep(tx)
    assert await pictures(database) == []
    assert (await me.get("/identity"))["last"]["reason"] == "expired"
    assert await notices(database, me.person) == ["identity_refused"]

    await me.picture("front", JPEG)
    async with database.transaction() as tx:
        await tx.execute("UPDATE people.id_card_pictures SET uploaded_at = now() - interval '25 hours'")
        await checking.sweep(tx)
    assert await pictures(database) == []


async def test_of_a_passport_one_side_is_enough_and_a_relative_may_send_it(
    client: httpx.AsyncClient, sign_in: SignIn, hospital: Hospital, register: Register, desk: Desk
) -> None:
    holder = await register(a_person(), hospital.ours)
    parent = await register(
        a_person("Li Ming", id_type="03", id_number="E12345678", birth_date=date(1950, 1, 2)), hospital.ours
    )
    acting = Customer(
        client, sign_in(a_customer(holder, hospital.ours).on_behalf_of(parent)), hospital.ours, parent
    )
    await acting.agree("identity_check")
    assert (await acting.get("/identity"))["sides_needed"] == ["front"]
    await acting.picture("front", JPEG)
    check = (await acting.post("/identity/card")).json()["id"]
    for name in ("first", "second"):
        assert (await desk.decides(name, check, agrees=True)).status_code == 200
    assert await acting.level() == "verified"
