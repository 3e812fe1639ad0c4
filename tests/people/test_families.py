"""Acting for somebody of one's family: whom, with what right, and what is written down about it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.modules.accounts import public as accounts
from kanghu.modules.notices import public as notices
from kanghu.modules.people import policy
from kanghu.modules.people import public as people
from kanghu.modules.people.models import FamilyMember
from tests.conftest import SignIn

from .conftest import Hospital, Register, a_customer, a_person, as_json

ROOT = "/api/patient/people"
CHILD = {"name": "王小宝", "sex": "2", "birth_date": "2020-01-02"}
Add = Callable[..., Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Me:
    """A customer with a session, and the way to use it for somebody else."""

    person: UUID
    caller: Caller
    headers: dict[str, str]

    def acting_for(self, person_id: object) -> dict[str, str]:
        return self.headers | {"X-For-Person": str(person_id)}


@pytest.fixture
async def me(hospital: Hospital, register: Register, sign_in: SignIn) -> Me:
    person = await register(a_person(), hospital.ours)
    caller = a_customer(person, hospital.ours)
    return Me(person, caller, sign_in(caller))


@pytest.fixture
def add(client: httpx.AsyncClient, me: Me) -> Add:
    async def added(person: dict[str, Any], relation: str = "child", **more: Any) -> dict[str, Any]:
        body = {"relation": relation, "person": person, **more}
        answer = await client.post(f"{ROOT}/family", json=body, headers=me.headers)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return added


async def open_account(database: Database, hospital: Hospital, person_id: str) -> Caller:
    """The member signs up (with an activation code, in life)."""
    async with database.transaction() as tx:
        await accounts.create_customer_account(
            tx, username=f"u{new_id().hex[:8]}", phone=None, password="Chun-Xiao-Hua-Kai-9",
            person_id=UUID(person_id), institution_id=hospital.ours,
        )  # fmt: skip
    return a_customer(UUID(person_id), hospital.ours)


async def status(client: httpx.AsyncClient, headers: dict[str, str]) -> tuple[int, str]:
    answer = await client.get(f"{ROOT}/me", headers=headers)
    return answer.status_code, answer.json().get("code") or answer.json()["name"]


async def member_of(client: httpx.AsyncClient, me: Me) -> dict[str, Any]:
    (found,) = (await client.get(f"{ROOT}/family", headers=me.headers)).json()
    assert isinstance(found, dict)
    return found


async def test_for_a_child(
    client: httpx.AsyncClient, me: Me, add: Add, database: Database, hospital: Hospital
) -> None:
    child = await add(CHILD)
    assert (child["has_account"], child["may_act"]) == (False, True)
    acting = me.acting_for(child["person_id"])
    assert await status(client, acting) == (200, "王小宝")
    body = {"version": 1, "address": "北京市某路 1 号"}
    assert (await client.put(f"{ROOT}/me/contact", json=body, headers=acting)).json()["address"] == body[
        "address"
    ]
    async with database.transaction() as tx:
        told = await tx.fetch(
            "SELECT action, actor_id FROM kernel.audit_inbox WHERE person_id = $1 AND action LIKE 'people.person.%'",
            UUID(child["person_id"]),
        )
    assert {record["action"] for record in told} >= {"people.person.read", "people.person.correct"}
    assert {record["actor_id"] for record in told} == {me.caller.account_id}
    # a grown-up child's own account changes nothing while they are minors
    await open_account(database, hospital, child["person_id"])
    assert await status(client, acting) == (200, "王小宝")


async def test_the_header_counts_only_for_customers_on_their_routes(
    client: httpx.AsyncClient, me: Me, add: Add, sign_in: SignIn, staff: Callable[..., Caller]
) -> None:
    child = await add(CHILD)
    assert await status(client, me.acting_for(me.person)) == (200, "王小明")
    own = await client.get("/api/session/me", headers=me.acting_for(child["person_id"]))
    assert own.json()["person_id"] == str(me.person)
    for wrong in ("", "1", "null", f"{child['person_id']}x"):
        assert (await client.get(f"{ROOT}/me", headers=me.acting_for(wrong))).status_code == 422
    clerk = sign_in(staff("people.person.read")) | {"X-For-Person": child["person_id"]}
    assert (await client.get("/api/patient/notices", headers=clerk)).json()["code"] == "people.not_family"
    listed = await client.get("/api/admin/people/persons", headers=clerk)
    assert listed.status_code == 200


async def test_strangers_are_no_family(
    client: httpx.AsyncClient, me: Me, add: Add, register: Register, hospital: Hospital, sign_in: SignIn
) -> None:
    stranger = await register(a_person("陌生人"), hospital.ours)
    for person in (stranger, new_id()):
        assert await status(client, me.acting_for(person)) == (403, "people.not_family")
    child = await add(CHILD)
    # neither somebody else for my child, nor my child for me
    other = sign_in(a_customer(stranger, hospital.ours))
    assert await status(client, other | {"X-For-Person": child["person_id"]}) == (403, "people.not_family")
    theirs = sign_in(a_customer(UUID(child["person_id"]), hospital.ours))
    assert await status(client, theirs | {"X-For-Person": str(me.person)}) == (403, "people.not_family")
    # and it ends with the tie
    await client.delete(f"{ROOT}/family/{child['id']}", headers=me.headers)
    assert await status(client, me.acting_for(child["person_id"])) == (403, "people.not_family")


async def test_an_adult_with_an_account_decides(
    client: httpx.AsyncClient, me: Me, add: Add, database: Database, hospital: Hospital, sign_in: SignIn
) -> None:
    mother = await add(as_json(a_person("赵兰", phone=None)), "parent")
    acting = me.acting_for(mother["person_id"])
    assert await status(client, acting) == (200, "赵兰")
    hers = sign_in(await open_account(database, hospital, mother["person_id"]))
    assert await status(client, acting) == (403, "people.member_not_agreed")
    listed = await member_of(client, me)
    assert (listed["has_account"], listed["may_act"]) == (True, False)
    (holder,) = (await client.get(f"{ROOT}/holders", headers=hers)).json()
    assert (holder["name"], holder["relation"], holder["may_act"]) == ("王小明", "parent", False)

    async def answer(headers: dict[str, str], method: str = "POST", path: str = "/agree") -> int:
        return (
            await client.request(method, f"{ROOT}/holders/{holder['id']}{path}", headers=headers)
        ).status_code

    assert await answer(me.headers) == 404, "nobody agrees for somebody else"
    assert [await answer(hers), await answer(hers)] == [204, 204]
    assert await status(client, acting) == (200, "赵兰")
    assert (await client.get(f"{ROOT}/holders", headers=hers)).json()[0]["agreed_at"]
    assert await answer(me.headers, "DELETE", "") == 404
    assert [await answer(hers, "DELETE", ""), await answer(hers, "DELETE", "")] == [204, 404]
    assert await status(client, acting) == (403, "people.not_family")
    assert (await client.get(f"{ROOT}/family", headers=me.headers)).json() == []


async def test_whom_staff_have_seen_together(
    client: httpx.AsyncClient, me: Me, add: Add, register: Register, hospital: Hospital, sign_in: SignIn,
    staff: Callable[..., Caller], database: Database,
) -> None:  # fmt: skip
    mother = a_person("赵兰", phone=None)
    mother_id = await register(mother, hospital.ours)
    await open_account(database, hospital, str(mother_id))
    issue = sign_in(staff("people.person.write", institution=hospital.ours))
    code = await client.post(f"/api/admin/people/persons/{mother_id}/activation-codes", headers=issue)
    added = await add(as_json(mother), "parent", activation_code=code.json()["code"])
    assert (added["has_account"], added["may_act"]) == (True, True)
    assert await status(client, me.acting_for(mother_id)) == (200, "赵兰")


async def test_a_family_is_the_customers_own_whomever_they_act_for(
    client: httpx.AsyncClient, me: Me, add: Add
) -> None:
    child = await add(CHILD)
    acting = me.acting_for(child["person_id"])
    for path in ("/family", "/holders"):
        own = await client.get(f"{ROOT}{path}", headers=me.headers)
        assert (await client.get(f"{ROOT}{path}", headers=acting)).json() == own.json()
    body = {"relation": "child", "person": CHILD | {"name": "王小贝"}}
    assert (await client.post(f"{ROOT}/family", json=body, headers=acting)).status_code == 201
    assert len((await client.get(f"{ROOT}/family", headers=me.headers)).json()) == 2


async def test_a_child_has_an_inbox_of_its_own(
    client: httpx.AsyncClient, me: Me, add: Add, database: Database
) -> None:
    child = await add(CHILD)
    async with database.transaction() as tx:
        for who in ({"person_id": me.person}, {"account_id": me.caller.account_id}):
            await notices.notify(tx, "guide_received", data={}, subject="x/1", **who)
        sent = await notices.notify(
            tx, "report_received", data={}, subject="x/2", person_id=UUID(child["person_id"])
        )
    acting = me.acting_for(child["person_id"])
    listed = (await client.get("/api/patient/notices", headers=acting)).json()["items"]
    assert [found["id"] for found in listed] == [str(sent.id)]
    assert (await client.get("/api/patient/notices/unread-count", headers=acting)).json() == {"unread": 1}
    assert (await client.get("/api/patient/notices/unread-count", headers=me.headers)).json() == {"unread": 2}
    assert (await client.post(f"/api/patient/notices/{sent.id}/read", headers=me.headers)).status_code == 404
    assert (await client.post(f"/api/patient/notices/{sent.id}/read", headers=acting)).status_code == 204


@pytest.mark.parametrize(
    ("birth", "signer"), [("2020-01-02", "guardian"), ("1950-01-02", "agent"), (None, "self")]
)
async def test_who_signs_as_what(
    client: httpx.AsyncClient, me: Me, add: Add, hospital: Hospital, database: Database, birth: str | None, signer: str
) -> None:  # fmt: skip
    whom = me.person if birth is None else UUID((await add(CHILD | {"birth_date": birth}))["person_id"])
    acting = me.acting_for(whom)
    body = {"kind": "privacy", "institution_id": str(hospital.ours), "text_version": "v1", "channel": "h5"}
    signed = await client.post(f"{ROOT}/consents", json=body, headers=acting)
    assert signed.status_code == 201, signed.text
    assert (signed.json()["signer"], signed.json()["signed_by"]) == (signer, str(me.person))
    url = f"{ROOT}/consents/{signed.json()['id']}/revoke"
    assert (await client.post(url, json={"channel": "h5"}, headers=acting)).json()["revoked_at"]
    async with database.transaction() as tx:
        kept = await tx.fetch("SELECT person_id, signer, signed_by, account_id FROM people.consents")
    assert {tuple(record) for record in kept} == {(whom, signer, me.person, me.caller.account_id)}
    assert len(kept) == 2


async def test_staff_only_write_down_what_a_person_signed(
    database: Database, hospital: Hospital, me: Me
) -> None:
    async with database.transaction() as tx:
        await people.sign_consent(tx, SYSTEM, me.person, "privacy", hospital.ours, "v1", "counter", None)
        found = await people.standing_consent(tx, me.person, "privacy", hospital.ours)
    assert found is not None
    assert (found.signer, found.signed_by) == ("self", me.person)


BORN = date(2008, 2, 29)


@pytest.mark.parametrize(
    ("today", "has_account", "basis", "agreed", "may"),
    [
        (date(2026, 2, 28), True, "added", False, True),  # a minor until the day before
        (date(2026, 3, 1), True, "added", False, False),
        (date(2026, 3, 1), False, "added", False, True),
        (date(2026, 3, 1), True, "activation_code", False, True),
        (date(2026, 3, 1), True, "added", True, True),
    ],
)
def test_the_rule(today: date, has_account: bool, basis: str, agreed: bool, may: bool) -> None:
    now = clock.now()
    link = FamilyMember(new_id(), new_id(), new_id(), "child", now, basis, now if agreed else None)
    assert policy.may_act(link, BORN, has_account, today) is may


async def test_institutions_to_choose_from(
    client: httpx.AsyncClient, hospital: Hospital, database: Database
) -> None:
    async with database.transaction() as tx:
        await tx.execute("UPDATE accounts.institutions SET state = 'disabled' WHERE id = $1", hospital.other)
    listed = await client.get(f"{ROOT}/institutions")
    assert listed.json() == [{"id": str(hospital.ours), "name": "康护医院"}]
