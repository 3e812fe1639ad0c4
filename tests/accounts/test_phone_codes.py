"""Codes by SMS: asked for, sent, tried, used once; and what a stranger learns from the answers, which is nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from kanghu.kernel import clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.ids import new_id
from kanghu.modules.accounts import policy, public
from kanghu.modules.accounts.jobs import purge_sessions
from kanghu.modules.accounts.repository import sessions
from tests.sms import Sms, sms_account, sms_service, use_sms_account

from .hospital import PASSWORD, TOTP_SECRET, Enter, Hospital

PHONE, OTHER = "13812345678", "13900000000"
NEW = "Yi-Ge-Xin-Mi-Ma-8"


@pytest.fixture
async def sms(hospital: Hospital, tmp_path: Path) -> AsyncIterator[Sms]:
    async with sms_service(hospital.database, tmp_path) as running:
        yield running


@pytest.fixture
async def customer(hospital: Hospital) -> Any:
    async with hospital.database.transaction() as tx:
        return await public.create_customer_account(
            tx,
            username="wang",
            phone=PHONE,
            password=PASSWORD,
            person_id=new_id(),
            institution_id=hospital.east,
        )


async def ask(web: httpx.AsyncClient, phone: str = PHONE, purpose: str = "sign_in") -> httpx.Response:
    return await web.post("/api/session/phone-codes", json={"phone": phone, "purpose": purpose})


async def enter_by(web: httpx.AsyncClient, code: str, phone: str = PHONE, **more: Any) -> httpx.Response:
    return await web.post("/api/session/phone-login", json={"phone": phone, "code": code, **more})


async def execute(hospital: Hospital, statement: str) -> None:
    async with hospital.database.transaction() as tx:
        await tx.execute(statement)


async def later(hospital: Hospital, time: str) -> None:
    """What was asked for, was asked for this much earlier."""
    await execute(
        hospital,
        f"UPDATE accounts.phone_codes SET created_at = created_at - interval '{time}',"
        f" expires_at = expires_at - interval '{time}'",
    )


async def test_a_customer_signs_in_by_phone(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    asked = await ask(web, " +86 138-1234-5678 ")
    assert (asked.status_code, asked.json()) == (200, {"resend_after_s": 60, "expires_in_s": 300})
    code = await sms.code(PHONE)
    assert (await sms.received(PHONE))[0] == f"【康护测试】您的验证码为{code}，5分钟内有效，请勿告诉他人。"
    opened = await enter_by(web, code)
    assert opened.status_code == 200, opened.text
    assert opened.json()["account_id"] == str(customer)
    headers = {"Authorization": f"Bearer {opened.json()['token']}"}
    assert (await web.get("/api/session/me", headers=headers)).json()["kind"] == "customer"
    # used once
    again = await enter_by(web, code)
    assert (again.status_code, again.json()["code"]) == (422, "accounts.phone_code_refused")


async def test_neither_phone_nor_code_is_kept_in_clear(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    await ask(web)
    async with hospital.database.transaction() as tx:
        queued = await tx.fetchval("SELECT string_agg(convert_from(payload, 'UTF8'), ' ') FROM pgqueuer")
        waiting = await tx.fetchval("SELECT message_sealed IS NOT NULL FROM accounts.phone_codes")
    code = await sms.code(PHONE)
    async with hospital.database.transaction() as tx:
        kept = await tx.fetchval("SELECT string_agg(c::text, ' ') FROM accounts.phone_codes c")
        told = await tx.fetchval("SELECT string_agg(i::text, ' ') FROM kernel.audit_inbox i")
        sealed = await tx.fetchval("SELECT message_sealed FROM accounts.phone_codes")
        actions = [r["action"] for r in await tx.fetch("SELECT action FROM kernel.audit_inbox ORDER BY id")]
    assert waiting
    assert sealed is None, "sent and forgotten"
    for text in (queued, kept, told):
        assert PHONE not in text
        assert code not in text
    assert actions[-2:] == ["accounts.phone_code.request", "notices.sms.send"]


async def test_a_stranger_learns_nothing_and_gets_nothing(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    for purpose in ("sign_in", "reset_password"):
        known, unknown = await ask(web, PHONE, purpose), await ask(web, OTHER, purpose)
        assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
        known, unknown = await ask(web, PHONE, purpose), await ask(web, OTHER, purpose)
        assert known.status_code == unknown.status_code == 429
        assert known.json()["code"] == unknown.json()["code"] == "accounts.phone_code_too_soon"
    known, unknown = await enter_by(web, "000000"), await enter_by(web, "000000", OTHER)
    assert known.status_code == unknown.status_code == 422
    assert {**known.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    await sms.work()
    assert await sms.received(OTHER) == []
    async with hospital.database.transaction() as tx:
        rows = await tx.fetch("SELECT purpose, count(*) FROM accounts.phone_codes GROUP BY 1 ORDER BY 1")
    assert [tuple(found) for found in rows] == [("reset_password", 2), ("sign_in", 2)]


async def test_signing_up_reaches_everybody(web: httpx.AsyncClient, sms: Sms, customer: Any) -> None:
    """Who holds the phone may learn that it is taken: only they get the code."""
    for phone in (PHONE, OTHER):
        assert (await ask(web, phone, "sign_up")).status_code == 200
        assert len(await sms.code(phone)) == 6


async def test_staff_get_no_codes(hospital: Hospital, web: httpx.AsyncClient, sms: Sms) -> None:
    await hospital.staff("zhang", phone=PHONE)
    assert (await ask(web)).status_code == 200
    await sms.work()
    assert await sms.received(PHONE) == []


async def test_five_wrong_tries_spoil_a_code(web: httpx.AsyncClient, sms: Sms, customer: Any) -> None:
    await ask(web)
    code = await sms.code(PHONE)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(5):
        assert (await enter_by(web, wrong)).status_code == 422
    assert (await enter_by(web, code)).status_code == 422


async def test_guesses_sent_at_once_are_counted_one_by_one(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    await ask(web)
    code = await sms.code(PHONE)
    guesses = [f"{(int(code) + place) % 10**6:06d}" for place in range(1, 13)]
    answers = await asyncio.gather(*[enter_by(web, guess) for guess in guesses])
    assert {answer.status_code for answer in answers} == {422}
    async with hospital.database.transaction() as tx:
        assert await tx.fetchval("SELECT tries FROM accounts.phone_codes") == 12
    assert (await enter_by(web, code)).status_code == 422


async def test_of_two_sign_ins_at_once_with_one_code_one_succeeds(
    web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    await ask(web)
    code = await sms.code(PHONE)
    answers = await asyncio.gather(*[enter_by(web, code) for _ in range(5)])
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422, 422]


async def test_a_code_is_good_for_five_minutes_and_one_purpose(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    await ask(web, purpose="reset_password")
    code = await sms.code(PHONE)
    assert (await enter_by(web, code)).status_code == 422
    await later(hospital, "301 seconds")
    body = {"phone": PHONE, "code": code, "password": NEW}
    assert (await web.post("/api/session/phone-password", json=body)).status_code == 422


async def test_a_new_code_replaces_the_old_one(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    await ask(web)
    first = await sms.code(PHONE)
    await later(hospital, "61 seconds")
    assert (await ask(web)).status_code == 200
    assert await sms.work() == 1, "the service takes one message in thirty seconds"
    async with hospital.database.transaction() as tx:
        codes = await tx.fetch("SELECT id FROM accounts.phone_codes ORDER BY created_at")
        old, new = [await public.phone_code_to_send(tx, found["id"]) for found in codes]
    assert old is None
    assert new is not None
    assert (await enter_by(web, first)).status_code == 422
    assert (await enter_by(web, new.code)).status_code == 200


async def test_an_expired_code_is_not_sent(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    await ask(web)
    await later(hospital, "5 minutes")
    assert await sms.work() == 0
    assert await sms.received(PHONE) == []


async def test_limits_of_a_phone_by_hour_and_day(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    for batch in range(2):
        for _ in range(policy.PHONE_CODES_AN_HOUR):
            assert (await ask(web, OTHER)).status_code == 200, batch
            await later(hospital, "61 seconds")
        refused = await ask(web, OTHER)
        assert (refused.status_code, refused.json()["code"]) == (429, "accounts.phone_code_limit")
        assert (await ask(web, OTHER, "sign_up")).status_code == 429, "all purposes together"
        await later(hospital, "1 hour")
    assert (await ask(web, OTHER)).status_code == 429, "ten a day"
    assert (await ask(web)).status_code == 200
    await later(hospital, "22 hours")
    assert (await ask(web, OTHER)).status_code == 200


async def test_requests_at_once_make_one_code(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    answers = await asyncio.gather(*[ask(web) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [200] + [429] * 5
    assert int(answers[[a.status_code for a in answers].index(429)].headers["retry-after"]) <= 60


async def test_the_limit_of_an_address(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "PHONE_CODES_OF_AN_ADDRESS_AN_HOUR", 3)
    answers = [(await ask(web, f"1390000000{number}")).status_code for number in range(4)]
    assert answers == [200, 200, 200, 429]


async def test_wrong_codes_pause_the_address(hospital: Hospital, web: httpx.AsyncClient, sms: Sms) -> None:
    for _ in range(policy.ADDRESS_LOCK.every):
        assert (await enter_by(web, "000000", OTHER)).status_code == 422
    assert (await enter_by(web, "000000", OTHER)).json()["code"] == "accounts.sign_in_paused"


async def test_a_second_factor_is_asked_for_here_too(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    async with hospital.database.transaction() as tx:
        sealed = vault.seal(TOTP_SECRET, "accounts.totp.secret", customer)
        await sessions.start_totp(tx, customer, sealed, clock.now())
        await sessions.confirm_totp(tx, customer, clock.now())
    await ask(web)
    code = await sms.code(PHONE)
    assert (await enter_by(web, code)).json()["code"] == "accounts.totp_needed"
    assert (await enter_by(web, code, totp="000000")).json()["code"] == "accounts.totp_refused"
    opened = await enter_by(web, code, totp=pyotp.TOTP(TOTP_SECRET).at(clock.now()))
    assert opened.status_code == 200, opened.text


async def test_a_disabled_account_stays_out(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms, customer: Any
) -> None:
    await execute(hospital, "UPDATE accounts.accounts SET state = 'disabled'")
    await ask(web)
    refused = await enter_by(web, await sms.code(PHONE))
    assert (refused.status_code, refused.json()["code"]) == (403, "accounts.account_disabled")


async def test_a_forgotten_password(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter, sms: Sms, customer: Any
) -> None:
    session = await enter("wang")
    for _ in range(5):
        await web.post("/api/session/login", json={"login": "wang", "password": "wrong"})
    assert (
        await web.post("/api/session/login", json={"login": "wang", "password": PASSWORD})
    ).status_code == 429
    await ask(web, purpose="reset_password")
    code = await sms.code(PHONE)

    async def reset(password: str) -> httpx.Response:
        body = {"phone": PHONE, "code": code, "password": password}
        return await web.post("/api/session/phone-password", json=body)

    for unfit in ("1", PHONE):
        refused = await reset(unfit)
        assert (refused.status_code, set(refused.json()["fields"])) == (422, {"password"})
    assert (await reset(NEW)).status_code == 204
    assert (await web.get("/api/session/me", headers=session)).status_code == 401
    await enter("wang", password=NEW)  # and the pause is lifted
    assert (await reset(NEW)).status_code == 422


@pytest.mark.parametrize("phone", ["", "010-66551234", "1381234567", "+14155552671"])
async def test_only_mainland_mobiles(web: httpx.AsyncClient, sms: Sms, phone: str) -> None:
    for answer in (await ask(web, phone), await enter_by(web, "123456", phone)):
        assert (answer.status_code, set(answer.json()["fields"])) == (422, {"phone"})


async def test_without_an_account_at_an_sms_service(
    web: httpx.AsyncClient, customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_sms_account(monkeypatch, sms_account(secret_id=""))
    answer = await ask(web)
    assert (answer.status_code, answer.json()["code"]) == (503, "accounts.phone_codes_unavailable")
    assert "短信服务尚未开通" in answer.json()["message"]


async def test_codes_are_purged_when_they_no_longer_count(
    hospital: Hospital, web: httpx.AsyncClient, sms: Sms
) -> None:
    await ask(web)
    for time, left in (("47 hours", 1), ("2 hours", 0)):
        await later(hospital, time)
        async with hospital.database.transaction() as tx:
            await purge_sessions(tx)
            assert await tx.fetchval("SELECT count(*) FROM accounts.phone_codes") == left
