"""Customers: signing up (races, activation codes, limit), their own data, their family."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import public as accounts
from kanghu.modules.people import public as people
from kanghu.modules.people.models import PersonInput
from kanghu.modules.people.settings import settings
from tests.sms import Sms, sms_account, sms_service, use_sms_account

from .conftest import Hospital, Register, a_customer, a_person, as_json

ROOT = "/api/patient/people"
PASSWORD = "Chun-Xiao-Hua-Kai-9"


def sign_up_body(person: PersonInput, hospital: Hospital, /, **more: Any) -> dict[str, Any]:
    body = {
        "username": "wang",
        "password": PASSWORD,
        "person": as_json(person),
        "institution_id": str(hospital.ours),
    }
    return body | more


async def persons_on_record(database: Database) -> int:
    async with database.transaction() as tx:
        count: int = await tx.fetchval("SELECT count(*) FROM people.persons")
    return count


# ---- signing up ------------------------------------------------------------------------------------------------


async def test_a_customer_signs_up(client: httpx.AsyncClient, hospital: Hospital, database: Database) -> None:
    person = a_person()
    body = sign_up_body(person, hospital, agreements=[{"kind": "privacy", "text_version": "v1"}])
    answer = await client.post(f"{ROOT}/sign-up", json=body)
    assert answer.status_code == 201
    person_id, account_id = UUID(answer.json()["person_id"]), UUID(answer.json()["account_id"])
    async with database.transaction() as tx:
        assert await accounts.account_of_person(tx, person_id) == account_id
        assert (await people.wire_person(tx, person_id))["id_number"] == person.id_number
        assert await people.has_consent(tx, person_id, "privacy", hospital.ours)
        assert not await people.has_consent(tx, person_id, "sensitive_data", hospital.ours)
        actions = await tx.fetch(
            "SELECT action, actor_id FROM kernel.audit_inbox WHERE person_id = $1", person_id
        )
    assert {"people.person.register", "people.consent.sign"} <= {record["action"] for record in actions}
    assert {account_id} == {r["actor_id"] for r in actions if r["action"].startswith("people.")}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "1"}, "accounts.password_unfit"),
        ({"agreements": [{"kind": "privacy", "text_version": "v9"}]}, "people.agreement_outdated"),
        ({"institution_id": "01900000-0000-7000-8000-000000000000"}, "people.person_invalid"),
        ({"unknown": 1}, "request.invalid"),
    ],
)
async def test_a_refused_sign_up_leaves_nothing(
    client: httpx.AsyncClient, hospital: Hospital, database: Database, change: dict[str, Any], code: str
) -> None:
    answer = await client.post(f"{ROOT}/sign-up", json=sign_up_body(a_person(), hospital) | change)
    assert answer.json()["code"] == code
    assert answer.status_code in (409, 422)
    assert await persons_on_record(database) == 0


@pytest.mark.parametrize(
    "number", [{}, {"id_number": " "}, {"id_type": "01"}, {"id_type": "01", "id_number": ""}]
)
async def test_signing_up_needs_an_id_number(
    client: httpx.AsyncClient, hospital: Hospital, number: dict[str, str]
) -> None:
    person = as_json(a_person(id_type=None, id_number=None)) | number
    answer = await client.post(f"{ROOT}/sign-up", json=sign_up_body(a_person(), hospital, person=person))
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"id_number"})


async def test_two_sign_ups_of_one_number_at_once_are_one_person(
    client: httpx.AsyncClient, hospital: Hospital, database: Database
) -> None:
    person = a_person()
    number = person.id_number or ""
    as_fifteen = as_json(person) | {"id_number": number[:6] + number[8:17], "phone": "13700002222"}
    bodies = [sign_up_body(person, hospital, username=f"wang{n}") for n in range(3)]
    bodies += [sign_up_body(person, hospital, username=f"other{n}", person=as_fifteen) for n in range(3)]
    answers = await asyncio.gather(*[client.post(f"{ROOT}/sign-up", json=body) for body in bodies])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"people.already_on_record"}
    assert await persons_on_record(database) == 1
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM accounts.accounts WHERE kind = 'customer'") == 1


async def test_staff_registering_the_same_number_at_once_make_one_person(
    register: Register, hospital: Hospital, database: Database
) -> None:
    person = a_person()
    places = [hospital.ours, hospital.other] * 4
    made = await asyncio.gather(*[register(person, place) for place in places])
    assert len(set(made)) == 1
    assert await persons_on_record(database) == 1
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM people.enrolments") == 2
        told = await tx.fetchval(
            "SELECT count(*) FROM kernel.audit_inbox WHERE action = 'people.person.register'"
        )
    assert told == 1


async def test_knowing_a_name_and_a_number_opens_no_record(
    client: httpx.AsyncClient, hospital: Hospital, register: Register, database: Database
) -> None:
    person = a_person()
    person_id = await register(person, hospital.ours)
    wrong_name = as_json(person) | {"name": "李四"}
    answers = [
        await client.post(f"{ROOT}/sign-up", json=sign_up_body(person, hospital)),
        await client.post(f"{ROOT}/sign-up", json=sign_up_body(person, hospital, activation_code="ABCDEFGH")),
        await client.post(f"{ROOT}/sign-up", json=sign_up_body(person, hospital, person=wrong_name)),
    ]
    told = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in answers]
    assert {answer.status_code for answer in answers} == {409}
    assert told[0] == told[1] == told[2]  # a stranger cannot tell whether the name was right
    async with database.transaction() as tx:
        assert await accounts.account_of_person(tx, person_id) is None


async def test_an_activation_code_joins_the_record_once(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Callable[..., Caller], hospital: Hospital, register: Register
) -> None:
    person = a_person()
    person_id = await register(person, hospital.ours)
    headers = sign_in(staff("people.person.write", institution=hospital.ours))
    url = f"/api/admin/people/persons/{person_id}/activation-codes"
    old = (await client.post(url, headers=headers)).json()["code"]
    code = (await client.post(url, headers=headers)).json()["code"]

    async def attempt(activation_code: str, **change: Any) -> tuple[int, str]:
        body = sign_up_body(person, hospital, activation_code=activation_code, **change)
        answer = await client.post(f"{ROOT}/sign-up", json=body)
        return answer.status_code, answer.json().get("code") or answer.json()["person_id"]

    assert await attempt(old) == (409, "people.already_on_record")
    # the right code of somebody else's papers: refused, and still good afterwards
    wrong_name = as_json(person) | {"name": "李四"}
    assert await attempt(code, person=wrong_name) == (409, "people.identity_conflict")
    assert await attempt(f" {code.lower()} ") == (201, str(person_id))
    assert await attempt(code, username="again") == (409, "people.already_on_record")


async def test_an_expired_activation_code_is_worthless(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Callable[..., Caller], hospital: Hospital, register: Register,
    database: Database,
) -> None:  # fmt: skip
    person = a_person()
    person_id = await register(person, hospital.ours)
    headers = sign_in(staff("people.person.write", institution=hospital.ours))
    url = f"/api/admin/people/persons/{person_id}/activation-codes"
    code = (await client.post(url, headers=headers)).json()["code"]
    async with database.transaction() as tx:
        await tx.execute("UPDATE people.activation_codes SET expires_at = now() - interval '1 second'")
    answer = await client.post(f"{ROOT}/sign-up", json=sign_up_body(person, hospital, activation_code=code))
    assert (answer.status_code, answer.json()["code"]) == (409, "people.already_on_record")


async def test_attempts_are_counted_also_when_refused(
    client: httpx.AsyncClient, hospital: Hospital, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "attempts_per_hour", 3)
    body = sign_up_body(a_person(), hospital, password="1")
    codes = [(await client.post(f"{ROOT}/sign-up", json=body)).status_code for _ in range(4)]
    assert codes == [422, 422, 422, 429]
    # an hour later the address starts anew
    async with database.transaction() as tx:
        await tx.execute("UPDATE people.sign_up_attempts SET hour = hour - interval '1 hour'")
    assert (await client.post(f"{ROOT}/sign-up", json=body)).status_code == 422
    async with database.transaction() as tx:
        keys = await tx.fetch("SELECT DISTINCT key FROM people.sign_up_attempts")
    assert [record["key"] for record in keys] == [vault.blind_index("sign_up_ip", "127.0.0.1")]


async def test_a_taken_username_is_refused_and_leaves_nothing(
    client: httpx.AsyncClient, hospital: Hospital, database: Database
) -> None:
    assert (await client.post(f"{ROOT}/sign-up", json=sign_up_body(a_person(), hospital))).status_code == 201
    again = await client.post(f"{ROOT}/sign-up", json=sign_up_body(a_person(), hospital))
    assert (again.status_code, again.json()["code"]) == (409, "accounts.username_taken")
    assert await persons_on_record(database) == 1


# ---- signing up by phone -----------------------------------------------------------------------------------------

PHONE = "13812345678"  # of `a_person`


@pytest.fixture
async def sms(database: Database, tmp_path: Path) -> AsyncIterator[Sms]:
    async with sms_service(database, tmp_path) as running:
        yield running


async def phone_code(client: httpx.AsyncClient, sms: Sms, phone: str = PHONE) -> str:
    body = {"phone": phone, "purpose": "sign_up"}
    assert (await client.post("/api/session/phone-codes", json=body)).status_code == 200
    return await sms.code(phone)


async def login_phones(database: Database) -> int:
    async with database.transaction() as tx:
        count: int = await tx.fetchval("SELECT count(*) FROM accounts.accounts WHERE phone_index IS NOT NULL")
    return count


async def test_a_customer_signs_up_by_phone_alone(
    client: httpx.AsyncClient, hospital: Hospital, database: Database, sms: Sms
) -> None:
    person = a_person(phone=" +86 138-1234-5678")
    body = sign_up_body(person, hospital, username=None, phone_code=await phone_code(client, sms))
    assert (await client.post(f"{ROOT}/sign-up", json=body)).status_code == 201
    assert await login_phones(database) == 1
    # the code is used up: it opens nothing else
    other = body | {"person": as_json(a_person("另一人")), "username": "other"}
    again = await client.post(f"{ROOT}/sign-up", json=other)
    assert (again.status_code, set(again.json()["fields"])) == (422, {"phone_code"})
    assert await persons_on_record(database) == 1


async def test_a_phone_without_code_does_not_sign_in(
    client: httpx.AsyncClient, hospital: Hospital, database: Database, sms: Sms
) -> None:
    alone = await client.post(f"{ROOT}/sign-up", json=sign_up_body(a_person(), hospital, username=None))
    assert (alone.status_code, set(alone.json()["fields"])) == (422, {"phone_code"})
    assert (await client.post(f"{ROOT}/sign-up", json=sign_up_body(a_person(), hospital))).status_code == 201
    assert await login_phones(database) == 0


async def test_without_sms_a_username_is_needed(
    client: httpx.AsyncClient, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_sms_account(monkeypatch, sms_account(secret_id=""))
    answer = await client.post(f"{ROOT}/sign-up", json=sign_up_body(a_person(), hospital, username=None))
    assert answer.json()["fields"] == {"username": "短信服务尚未开通，请填写用户名"}


async def test_guessing_the_code_of_a_sign_up_is_counted(
    client: httpx.AsyncClient, hospital: Hospital, database: Database, sms: Sms
) -> None:
    code = await phone_code(client, sms)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(5):
        answer = await client.post(
            f"{ROOT}/sign-up", json=sign_up_body(a_person(), hospital, phone_code=wrong)
        )
        assert (answer.status_code, set(answer.json()["fields"])) == (422, {"phone_code"})
    answer = await client.post(f"{ROOT}/sign-up", json=sign_up_body(a_person(), hospital, phone_code=code))
    assert answer.status_code == 422
    assert await persons_on_record(database) == 0


async def test_a_refused_sign_up_leaves_the_code_good(
    client: httpx.AsyncClient, hospital: Hospital, sms: Sms
) -> None:
    body = sign_up_body(a_person(), hospital, phone_code=await phone_code(client, sms))
    refused = await client.post(f"{ROOT}/sign-up", json=body | {"password": "1"})
    assert refused.json()["code"] == "accounts.password_unfit"
    assert (await client.post(f"{ROOT}/sign-up", json=body)).status_code == 201


async def test_a_taken_phone_is_told_to_who_holds_it(
    client: httpx.AsyncClient, hospital: Hospital, database: Database, sms: Sms
) -> None:
    async with database.transaction() as tx:
        await accounts.create_customer_account(
            tx,
            username=None,
            phone=PHONE,
            password=PASSWORD,
            person_id=new_id(),
            institution_id=hospital.ours,
        )
    body = sign_up_body(a_person(), hospital, phone_code=await phone_code(client, sms))
    answer = await client.post(f"{ROOT}/sign-up", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "accounts.phone_taken")


async def test_a_code_belongs_to_the_phone_it_was_sent_to(
    client: httpx.AsyncClient, hospital: Hospital, sms: Sms
) -> None:
    code = await phone_code(client, sms, "13900000000")
    for person in (a_person(), a_person(phone=None), a_person(phone="010-66551234")):
        answer = await client.post(f"{ROOT}/sign-up", json=sign_up_body(person, hospital, phone_code=code))
        assert answer.status_code == 422


# ---- their own data --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("PUT", "/me/contact"),
        ("GET", "/family"),
        ("POST", "/family"),
        ("DELETE", "/family/01900000-0000-7000-8000-000000000000"),
        ("GET", "/consents"),
        ("POST", "/consents"),
        ("POST", "/consents/01900000-0000-7000-8000-000000000000/revoke"),
    ],
)
async def test_these_are_for_customers(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient,
    sign_in,
    staff: Callable[..., Caller],
    hospital: Hospital,
    method: str,
    path: str,
) -> None:
    bodies = {
        "PUT/me/contact": {"version": 1},
        "POST/family": {"relation": "child", "person": as_json(a_person())},
        "POST/consents": {
            "kind": "privacy", "institution_id": str(hospital.ours), "text_version": "v1", "channel": "h5"
        },
        "POST/consents/01900000-0000-7000-8000-000000000000/revoke": {"channel": "h5"},
    }  # fmt: skip
    body = bodies.get(method + path)
    assert (await client.request(method, ROOT + path, json=body)).status_code == 401
    answer = await client.request(method, ROOT + path, json=body, headers=sign_in(staff("*")))
    assert (answer.status_code, answer.json()["code"]) == (403, "people.not_a_customer")


async def test_my_data(client: httpx.AsyncClient, sign_in, hospital: Hospital, register: Register) -> None:  # type: ignore[no-untyped-def]
    person = a_person()
    me = await register(person, hospital.ours)
    await register(a_person("别人"), hospital.ours)
    headers = sign_in(a_customer(me, hospital.ours))
    mine = (await client.get(f"{ROOT}/me", headers=headers)).json()
    assert (mine["id"], mine["name"], mine["phone"]) == (str(me), "王小明", "13812345678")
    assert mine["id_number"] == f"110***********{(person.id_number or '')[-4:]}"
    change = {"version": mine["version"], "phone": "+86 137 0000 1111", "address": " 上海市  浦东新区1号 "}
    changed = (await client.put(f"{ROOT}/me/contact", json=change, headers=headers)).json()
    assert (changed["phone"], changed["address"]) == ("13700001111", "上海市 浦东新区1号")
    assert (changed["name"], changed["version"]) == ("王小明", mine["version"] + 1)


@pytest.mark.parametrize("field", ["name", "sex", "birth_date", "id_number", "id_type"])
async def test_i_cannot_change_who_i_am(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, hospital: Hospital, register: Register, field: str
) -> None:
    person = a_person()
    headers = sign_in(a_customer(await register(person, hospital.ours), hospital.ours))
    answer = await client.put(
        f"{ROOT}/me/contact", json={"version": 1, field: as_json(person)[field]}, headers=headers
    )
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {field})


# ---- family ----------------------------------------------------------------------------------------------------


async def test_a_family_by_pinyin(
    client: httpx.AsyncClient, sign_in, hospital: Hospital, register: Register
) -> None:  # type: ignore[no-untyped-def]
    me = await register(a_person(), hospital.ours)
    headers = sign_in(a_customer(me, hospital.ours))
    for name, relation in (("张三", "child"), ("单小芳", "spouse"), ("白居易", "parent")):
        body = {"relation": relation, "person": as_json(a_person(name))}
        assert (await client.post(f"{ROOT}/family", json=body, headers=headers)).status_code == 201
    listed = (await client.get(f"{ROOT}/family", headers=headers)).json()
    assert [member["name"] for member in listed] == ["白居易", "单小芳", "张三"]
    assert [member["relation"] for member in listed] == ["parent", "spouse", "child"]
    assert all("*" in member["id_number"] and "*" in member["phone"] for member in listed)


async def test_a_newborn_without_number_has_a_record_of_its_own(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, hospital: Hospital, register: Register, database: Database
) -> None:
    me = await register(a_person(), hospital.ours)
    caller = a_customer(me, hospital.ours)
    child = {"name": "王小宝", "sex": "2", "birth_date": "2026-01-02"}
    made = await client.post(
        f"{ROOT}/family", json={"relation": "child", "person": child}, headers=sign_in(caller)
    )
    child_id = UUID(made.json()["person_id"])
    async with database.transaction() as tx:
        assert await people.wire_person(tx, child_id) == child | {"birth_date": "20260102"}
        assert await people.may_act_for(tx, caller, child_id)
        assert not await people.may_act_for(tx, a_customer(child_id, hospital.ours), me)


async def test_a_member_is_checked_like_anybody(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, hospital: Hospital, register: Register
) -> None:
    headers = sign_in(a_customer(await register(a_person(), hospital.ours), hospital.ours))
    first = {"name": "王小宝", "sex": "2", "birth_date": "2026-01-02"}
    body = {"relation": "child", "person": first}
    assert (await client.post(f"{ROOT}/family", json=body, headers=headers)).status_code == 201
    body = {"relation": "child", "person": first | {"name": "王3", "sex": "7"}}
    answer = await client.post(f"{ROOT}/family", json=body, headers=headers)
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"name", "sex"})


@pytest.mark.parametrize("numbered", [True, False])
async def test_a_double_click_adds_a_member_once(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient,
    sign_in,
    hospital: Hospital,
    register: Register,
    database: Database,
    numbered: bool,
) -> None:
    headers = sign_in(a_customer(await register(a_person(), hospital.ours), hospital.ours))
    child = (
        as_json(a_person("王小宝"))
        if numbered
        else {"name": "王小宝", "sex": "2", "birth_date": "2026-01-02"}
    )
    body = {"relation": "child", "person": child}
    answers = await asyncio.gather(
        *[client.post(f"{ROOT}/family", json=body, headers=headers) for _ in range(4)]
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert await persons_on_record(database) == 2
    twin = {"relation": "child", "person": {"name": "王小贝", "sex": "2", "birth_date": "2026-01-02"}}
    assert (await client.post(f"{ROOT}/family", json=twin, headers=headers)).status_code == 201


async def test_a_family_reaches_nobody_elses_record(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, hospital: Hospital, register: Register, database: Database
) -> None:
    me, stranger = await register(a_person(), hospital.ours), a_person("陌生人")
    stranger_id = await register(stranger, hospital.ours)
    caller = a_customer(me, hospital.ours)
    body = {"relation": "spouse", "person": as_json(stranger)}
    answer = await client.post(f"{ROOT}/family", json=body, headers=sign_in(caller))
    assert (answer.status_code, answer.json()["code"]) == (409, "people.already_on_record")
    async with database.transaction() as tx:
        assert not await people.may_act_for(tx, caller, stranger_id)
        assert not await people.may_act_for(tx, caller, new_id())


async def test_a_member_on_record_joins_by_activation_code(  # type: ignore[no-untyped-def]
    client: httpx.AsyncClient, sign_in, staff: Callable[..., Caller], hospital: Hospital, register: Register
) -> None:
    me, mother = await register(a_person(), hospital.ours), a_person("赵兰")
    mother_id = await register(mother, hospital.ours)
    issue = sign_in(staff("people.person.write", institution=hospital.ours))
    headers = sign_in(a_customer(me, hospital.ours))

    async def add() -> httpx.Response:
        url = f"/api/admin/people/persons/{mother_id}/activation-codes"
        code = (await client.post(url, headers=issue)).json()["code"]
        body = {"relation": "parent", "person": as_json(mother), "activation_code": code}
        return await client.post(f"{ROOT}/family", json=body, headers=headers)

    first = await add()
    assert (first.status_code, first.json()["person_id"]) == (201, str(mother_id))
    assert (await add()).json()["code"] == "people.already_family"
    url = f"{ROOT}/family/{first.json()['id']}"
    somebody = sign_in(a_customer(mother_id, hospital.ours))
    assert (await client.delete(url, headers=somebody)).status_code == 404
    assert (await client.delete(url, headers=headers)).status_code == 204
    assert (await client.delete(url, headers=headers)).status_code == 404
    assert (await client.get(f"{ROOT}/family", headers=headers)).json() == []
    assert (await add()).status_code == 201
