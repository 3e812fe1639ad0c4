"""Checks by a service: names with id numbers, faces. The phone is never believed, nothing but the verdict is kept."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.people import public as people
from kanghu.modules.people.service import checking
from kanghu.modules.people.service.service_checks import settle_unattended
from tests.conftest import SignIn

from .checking import Customer, Service, face_account, face_service, run_waiting, use_face_account
from .conftest import Hospital, Register, a_customer, a_person, citizen_number


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with face_service(tmp_path) as running:
        yield running


@pytest.fixture
async def me(client: httpx.AsyncClient, sign_in: SignIn, hospital: Hospital, register: Register) -> Customer:
    person = await register(a_person(), hospital.ours)
    return Customer(client, sign_in(a_customer(person, hospital.ours)), hospital.ours, person)


async def kept(database: Database) -> list[dict[str, Any]]:
    async with database.transaction() as tx:
        return [dict(row) for row in await tx.fetch("SELECT * FROM people.identity_checks ORDER BY id")]


async def test_a_face_check_from_consent_to_verdict(
    service: Service, me: Customer, database: Database
) -> None:
    shown = await me.get("/identity")
    assert [(way["way"], way["gives"], way["signed"]) for way in shown["ways"]] == [
        ("tencent_face", "verified", False),
        ("real_name", "real_name", False),
        ("card", "verified", False),
    ]
    assert (shown["assurance"]["level"], shown["name"], shown["open"]) == ("none", "王*明", None)

    refused = await me.post("/identity/face", channel="h5")
    assert (refused.status_code, refused.json()["code"]) == (409, "people.consent_missing")
    await me.agree("face_check")
    begun = await me.post("/identity/face", channel="h5")
    assert begun.status_code == 201, begun.text
    ticket = begun.json()
    assert ticket["url"].startswith(f"{service.url}/h5?token=")
    assert (ticket["check"]["state"], ticket["verify_id"]) == ("started", None)
    again = (await me.post("/identity/face", channel="h5")).json()
    assert (again["check"]["id"], again["url"]) == (ticket["check"]["id"], ticket["url"])
    assert len(await service.sessions()) == 1

    verdict = f"/identity/checks/{ticket['check']['id']}/verdict"
    assert (await me.post(verdict)).json()["state"] == "started", "the person has not finished"
    await service.ends(0)
    assert await me.level() == "none", "nobody has asked the service yet"
    assert (await me.post(verdict)).json()["state"] == "passed"
    assert (await me.post(verdict)).json()["state"] == "passed"
    assert await me.level() == "verified"
    async with database.transaction() as tx:
        assert await people.is_known(tx, me.person, "verified")
        told = await tx.fetch(
            "SELECT action FROM kernel.audit_inbox WHERE action LIKE 'people.identity.%' AND action NOT LIKE '%read' ORDER BY id"
        )
    assert [row["action"] for row in told] == ["people.identity.begin", "people.identity.passed"]
    (row,) = await kept(database)
    assert (row["ticket"], row["provider_no"]) == (None, (await service.sessions())[0]["biz_token"])
    refused = await me.post("/identity/face", channel="h5")
    assert (refused.status_code, refused.json()["code"]) == (409, "people.already_known")


@pytest.mark.parametrize(
    ("err_code", "reason"),
    [(2016, "not_the_person"), (1002, "not_alive"), (2007, "not_on_file"), (2006, "mismatch"), (9999, "not_recognised")],
)  # fmt: skip
async def test_a_refusal_says_what_to_do(service: Service, me: Customer, err_code: int, reason: str) -> None:
    await me.agree("face_check")
    check = (await me.post("/identity/face", channel="h5")).json()["check"]["id"]
    await service.ends(err_code)
    ended = (await me.post(f"/identity/checks/{check}/verdict")).json()
    assert (ended["state"], ended["reason"]) == ("failed", reason)
    assert "证件" in ended["advice"]
    assert await me.level() == "none"
    assert (await me.get("/identity"))["last"]["id"] == check


async def test_a_name_is_compared_with_its_number(service: Service, me: Customer) -> None:
    refused = await me.post("/identity/real-name")
    assert refused.json()["code"] == "people.consent_missing"
    await me.agree("identity_check")
    assert (await me.post("/identity/real-name")).json()["state"] == "passed"
    assert await me.level() == "real_name"
    assert (await me.post("/identity/real-name")).json()["code"] == "people.already_known"
    # A face, or the card, still leads further.
    await me.agree("face_check")
    assert (await me.post("/identity/face", channel="h5")).status_code == 201


@pytest.mark.parametrize(
    ("result", "reason"), [("-1", "mismatch"), ("-5", "not_on_file"), ("-7", "too_often")]
)
async def test_a_name_that_does_not_agree(service: Service, me: Customer, result: str, reason: str) -> None:
    await me.agree("identity_check")
    await service.fails(result=result)
    ended = (await me.post("/identity/real-name")).json()
    assert (ended["state"], ended["reason"]) == ("failed", reason)
    assert await me.level() == "none"


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ({"status": 500}, "HTTP 500"),
        ({"codes": {"DetectAuth": "RequestLimitExceeded"}}, "繁忙"),
        ({"codes": {"DetectAuth": "UnauthorizedOperation.Arrears"}}, "欠费"),
        ({"codes": {"DetectAuth": "AuthFailure.SignatureFailure"}}, "密钥"),
    ],
)
async def test_a_service_that_is_away_costs_no_attempt(
    service: Service, me: Customer, database: Database, faults: dict[str, object], told: str
) -> None:
    await me.agree("face_check")
    await service.fails(**faults)
    for _ in range(checking.settings().identity_checks_per_day + 1):
        answer = await me.post("/identity/face", channel="h5")
        assert (answer.status_code, answer.json()["code"]) == (503, "people.provider_away")
        assert told in answer.json()["message"] or "暂停访问" in answer.json()["message"]
    assert {row["reason"] for row in await kept(database)} == {"away"}
    assert (await me.get("/identity"))["ways"][0]["left"] == checking.settings().identity_checks_per_day


async def test_a_wrong_key_is_refused_by_the_service(tmp_path: Path, me: Customer) -> None:
    async with face_service(tmp_path, secret_key="another-key"):
        await me.agree("face_check")
        answer = await me.post("/identity/face", channel="h5")
    assert (answer.status_code, "密钥" in answer.json()["message"]) == (503, True)


async def test_attempts_are_bounded(service: Service, me: Customer) -> None:
    await me.agree("face_check")
    for left in reversed(range(checking.settings().identity_checks_per_day)):
        check = (await me.post("/identity/face", channel="h5")).json()["check"]["id"]
        assert (await me.get("/identity"))["ways"][0]["left"] == left
        assert (await me.post(f"/identity/checks/{check}/withdraw")).json()["reason"] == "withdrawn"
    answer = await me.post("/identity/face", channel="h5")
    assert (answer.status_code, answer.json()["code"]) == (429, "people.too_many_checks")
    assert len(await service.sessions()) == checking.settings().identity_checks_per_day


async def test_many_at_once_begin_one(service: Service, me: Customer, database: Database) -> None:
    await me.agree("face_check")
    answers = await asyncio.gather(*[me.post("/identity/face", channel="h5") for _ in range(6)])
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["check"]["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(await kept(database)) == len(await service.sessions()) == 1
    # Whoever was told to wait a moment gets the same check.
    assert (await me.post("/identity/face", channel="h5")).status_code == 201


async def test_many_verdicts_at_once_are_one(service: Service, me: Customer, database: Database) -> None:
    await me.agree("face_check")
    check = (await me.post("/identity/face", channel="h5")).json()["check"]["id"]
    await service.ends(0)
    answers = await asyncio.gather(*[me.post(f"/identity/checks/{check}/verdict") for _ in range(5)])
    assert {answer.json()["state"] for answer in answers} == {"passed"}
    async with database.transaction() as tx:
        passed = "SELECT count(*) FROM kernel.audit_inbox WHERE action = 'people.identity.passed'"
        assert await tx.fetchval(passed) == 1


async def test_who_does_not_come_back_is_asked_for(
    service: Service, me: Customer, database: Database
) -> None:
    await me.agree("face_check")
    assert (await me.post("/identity/face", channel="h5")).status_code == 201
    assert await run_waiting(database, "people.ask_verdict") == 1, "not finished: later again"
    await service.ends(0)
    await settle_unattended(database, (await kept(database))[0]["id"])
    assert await me.level() == "verified"


async def test_what_nobody_finishes_ends_by_itself(
    service: Service, me: Customer, database: Database
) -> None:
    await me.agree("face_check")
    assert (await me.post("/identity/face", channel="h5")).status_code == 201
    async with database.transaction() as tx:
        await tx.execute("UPDATE people.identity_checks SET expires_at = now() - interval '1 minute'")
    await settle_unattended(database, (await kept(database))[0]["id"])
    (row,) = await kept(database)
    assert (row["state"], row["reason"], row["ticket"]) == ("void", "expired", None)


async def test_a_start_that_was_interrupted_is_in_nobodys_way(
    service: Service, me: Customer, database: Database
) -> None:
    await me.agree("face_check")
    caller = Caller(kind="customer", person_id=me.person, institution_id=me.institution)
    async with database.transaction() as tx:
        await checking.begin(tx, caller, "tencent_face", timedelta(minutes=2))
    answer = await me.post("/identity/face", channel="h5")
    assert (answer.status_code, answer.json()["code"]) == (409, "people.check_under_way")
    async with database.transaction() as tx:
        await tx.execute("UPDATE people.identity_checks SET expires_at = now() - interval '1 second'")
    assert (await me.post("/identity/face", channel="h5")).status_code == 201
    assert [row["state"] for row in await kept(database)] == ["void", "started"]


async def test_a_revoked_consent_stops_the_check(service: Service, me: Customer) -> None:
    consent = await me.agree("face_check")
    check = (await me.post("/identity/face", channel="h5")).json()["check"]["id"]
    await service.ends(0)
    assert (await me.post(f"/consents/{consent}/revoke", channel="h5")).status_code == 200
    ended = (await me.post(f"/identity/checks/{check}/verdict")).json()
    assert (ended["state"], ended["reason"]) == ("void", "consent_revoked")
    assert await me.level() == "none"


async def test_a_corrected_name_has_to_be_checked_anew(
    service: Service, me: Customer, database: Database
) -> None:
    await me.agree("identity_check")
    await me.post("/identity/real-name")
    reach = Scope(persons=(me.person,))
    async with database.transaction() as tx:
        person = await people.get_person(tx, reach, me.person)
        caller = Caller(kind="system")
        await people.correct_person(tx, caller, reach, me.person, person.version, {"name": "王晓明"})
    assert await me.level() == "none"
    async with database.transaction() as tx:
        person = await people.get_person(tx, reach, me.person)
        await people.correct_person(tx, caller, reach, me.person, person.version, {"name": "王小明"})
    assert await me.level() == "real_name"


async def test_only_citizens_of_whom_there_is_a_number(
    client: httpx.AsyncClient, sign_in: SignIn, hospital: Hospital, register: Register, service: Service
) -> None:
    async def begins(**person: object) -> str:
        someone = await register(a_person(**person), hospital.ours)  # type: ignore[arg-type]
        customer = Customer(client, sign_in(a_customer(someone, hospital.ours)), hospital.ours, someone)
        await customer.agree("face_check")
        return str((await customer.post("/identity/face", channel="h5")).json()["code"])

    assert await begins(id_type=None, id_number=None) == "people.no_id_number"
    assert await begins(id_type="03", id_number="E12345678") == "people.citizens_only"


async def test_faces_are_shown_by_who_is_there(
    client: httpx.AsyncClient, sign_in: SignIn, hospital: Hospital, register: Register, service: Service
) -> None:
    holder = await register(a_person(), hospital.ours)
    parent = await register(a_person("王建国", birth_date=date(1950, 1, 2), id_number=citizen_number(date(1950, 1, 2), "1")), hospital.ours)  # fmt: skip
    born = date.today() - timedelta(days=9 * 365)
    child = await register(
        a_person("王小小", birth_date=born, id_number=citizen_number(born, "1")), hospital.ours
    )
    caller = a_customer(holder, hospital.ours)
    for_parent = Customer(client, sign_in(caller.on_behalf_of(parent)), hospital.ours, parent)
    for_child = Customer(client, sign_in(caller.on_behalf_of(child)), hospital.ours, child)
    for acting in (for_parent, for_child):
        await acting.agree("face_check")
    assert not (await for_parent.get("/identity"))["own_face"]
    answer = await for_parent.post("/identity/face", channel="h5")
    assert (answer.status_code, answer.json()["code"]) == (403, "people.own_face_only")
    assert (await for_child.post("/identity/face", channel="h5")).status_code == 201


async def test_nobody_asks_about_somebody_elses_check(
    client: httpx.AsyncClient, sign_in: SignIn, hospital: Hospital, register: Register, service: Service, me: Customer
) -> None:  # fmt: skip
    await me.agree("face_check")
    check = (await me.post("/identity/face", channel="h5")).json()["check"]["id"]
    stranger = await register(a_person(), hospital.ours)
    other = Customer(client, sign_in(a_customer(stranger, hospital.ours)), hospital.ours, stranger)
    for act in ("verdict", "withdraw"):
        answer = await other.post(f"/identity/checks/{check}/{act}")
        assert (answer.status_code, answer.json()["code"]) == (404, "people.check_not_found")


async def test_without_an_account_at_a_service_the_card_is_left(
    me: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_face_account(monkeypatch, face_account(secret_key=""))
    for channel in ("h5", "mini_program"):
        ways = (await me.get("/identity", channel=channel))["ways"]
        assert [way["way"] for way in ways] == ["card"]
    assert (await me.post("/identity/face", channel="h5")).json()["code"] == "people.way_unavailable"
    assert (await me.post("/identity/real-name")).json()["code"] == "people.way_unavailable"


def test_an_account_never_speaks_in_clear() -> None:
    for url in ("http://faceid.tencentcloudapi.com/", "http://10.0.0.8/", "ftp://127.0.0.1/"):
        with pytest.raises(ValueError, match="https"):
            face_account(url)
        with pytest.raises(ValueError, match="https"):
            face_account(return_url=url)
