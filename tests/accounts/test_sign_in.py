"""Signing in through the door: pauses, second factor, what an answer gives away."""

import asyncio
from datetime import timedelta

import httpx
import pyotp
import pytest
from argon2 import PasswordHasher

from kanghu.kernel import clock
from kanghu.kernel.ids import new_id
from kanghu.modules.accounts import passwords, public
from kanghu.modules.accounts.models import Failures
from kanghu.modules.accounts.repository import sessions

from .hospital import PASSWORD, TOTP_SECRET, Enter, Hospital

LOGIN = "/api/session/login"


async def attempt(
    web: httpx.AsyncClient, login: str, password: str, code: str | None = None
) -> httpx.Response:
    return await web.post(LOGIN, json={"login": login, "password": password, "code": code})


def totp(shift: int = 0) -> str:
    return pyotp.TOTP(TOTP_SECRET).at(clock.now() + timedelta(seconds=30 * shift))


async def test_staff_sign_in_and_see_their_rights(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    await hospital.staff("zhang", ("it_staff", "institution"))
    me = (await web.get("/api/session/me", headers=await enter(" ZHANG "))).json()
    assert me["kind"] == "staff"
    assert me["errand"] is None
    assert me["display_name"] == "张三丰"
    assert me["permissions"]["accounts.app.read"] == {
        "everything": False,
        "institutions": [str(hospital.east)],
        "departments": [],
        "own": False,
        "persons": [],
    }


async def test_a_customer_signs_in_by_phone(hospital: Hospital, web: httpx.AsyncClient, enter: Enter) -> None:
    person = new_id()
    async with hospital.database.transaction() as tx:
        account = await public.create_customer_account(
            tx,
            username=None,
            phone="138 1234 5678",
            password=PASSWORD,
            person_id=person,
            institution_id=hospital.east,
        )
        assert await public.account_of_person(tx, person) == account
    me = (await web.get("/api/session/me", headers=await enter("+8613812345678"))).json()
    assert (me["kind"], me["person_id"]) == ("customer", str(person))
    assert all(
        scope["persons"] == [str(person)] and not scope["everything"] for scope in me["permissions"].values()
    )
    async with hospital.database.transaction() as tx:
        stored = await tx.fetchval("SELECT accounts::text FROM accounts.accounts WHERE id = $1", account)
    assert "13812345678" not in stored


async def test_known_and_unknown_users_get_the_same_answers(
    hospital: Hospital, web: httpx.AsyncClient
) -> None:
    await hospital.staff("zhang")
    for _ in range(5):
        known, unknown = await attempt(web, "zhang", "wrong"), await attempt(web, "nobody", "wrong")
        assert known.status_code == unknown.status_code == 401
        assert {**known.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    known, unknown = await attempt(web, "zhang", "wrong"), await attempt(web, "nobody", "wrong")
    assert known.status_code == unknown.status_code == 429
    assert (
        known.json()["message"] == unknown.json()["message"] == "错误次数过多，登录已暂停，请 15 分钟后再试"
    )
    assert 0 < int(known.headers["retry-after"]) <= 900


async def test_spelling_a_phone_differently_does_not_tell_a_known_one_from_an_unknown_one(
    hospital: Hospital, web: httpx.AsyncClient
) -> None:
    async with hospital.database.transaction() as tx:
        await public.create_customer_account(
            tx,
            username=None,
            phone="13812345678",
            password=PASSWORD,
            person_id=new_id(),
            institution_id=hospital.east,
        )
    for number in ("1381234567", "1391234567"):  # the first, with an 8, is known
        spellings = [
            f"{number}8",
            f"+86{number}8",
            f"{number[:3]}-{number[3:]}8",
            f" {number}8 ",
            f"86 {number}8",
        ]
        assert [(await attempt(web, s, "wrong")).status_code for s in spellings] == [401] * 5
        assert (await attempt(web, f"{number}8", "wrong")).status_code == 429


async def test_after_five_failures_even_the_right_password_waits_and_the_second_pause_is_longer(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    account = await hospital.staff("zhang")
    for _ in range(5):
        assert (await attempt(web, "zhang", "wrong")).status_code == 401
    assert (await attempt(web, "zhang", PASSWORD)).status_code == 429

    async def pass_time() -> None:
        async with hospital.database.transaction() as tx:
            await tx.execute(
                "UPDATE accounts.sign_in_failures SET locked_until = now() - interval '1 second'"
            )

    await pass_time()
    for _ in range(5):
        assert (await attempt(web, "zhang", "wrong")).status_code == 401
    refused = await attempt(web, "zhang", PASSWORD)
    assert refused.json()["message"] == "错误次数过多，登录已暂停，请 30 分钟后再试"
    await pass_time()
    await enter("zhang")
    async with hospital.database.transaction() as tx:
        left = await tx.fetchval(
            "SELECT count(*) FROM accounts.sign_in_failures WHERE key = $1", f"account:{account}"
        )
        refusals = await tx.fetchval(
            "SELECT count(*) FROM kernel.audit_inbox WHERE action = 'accounts.session.refuse'"
        )
    assert left == 0  # signed in: forgotten
    assert refusals == 10  # committed although every one of those requests failed


async def test_of_many_guesses_at_once_only_five_are_answered(
    hospital: Hospital, web: httpx.AsyncClient
) -> None:
    await hospital.staff("zhang")
    answers = await asyncio.gather(*(attempt(web, "zhang", f"guess number {n}") for n in range(20)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [401] * 5 + [429] * 15


async def test_a_right_guess_that_comes_behind_the_fifth_wrong_one_is_not_told_from_them(
    hospital: Hospital, web: httpx.AsyncClient
) -> None:
    """The verdict falls under the counter's lock. Here the right password has been verified, and waits for that lock,
    while the fifth failure is being written."""
    account = await hospital.staff("zhang")
    now = clock.now()
    async with hospital.database.transaction() as tx:
        counter = await sessions.hold_failures(tx, f"account:{account}", now)
        right = asyncio.create_task(attempt(web, "zhang", PASSWORD))
        while not await tx.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.02)
        await sessions.set_failures(tx, Failures(counter.key, 5, now, now + timedelta(minutes=15)))
    assert (await right).status_code == 429
    async with hospital.database.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM accounts.sessions") == 0


async def test_many_right_sign_ins_at_once_all_succeed(hospital: Hospital, web: httpx.AsyncClient) -> None:
    await hospital.staff("zhang")
    answers = await asyncio.gather(*(attempt(web, "zhang", PASSWORD) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["token"] for answer in answers}) == 20


async def test_a_rush_of_sign_ins_does_not_stop_other_requests(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    """No connection is held while passwords are hashed: with more sign-ins than connections, others still get one."""
    await hospital.staff("zhang")
    session = await enter("zhang")
    rush = [asyncio.create_task(attempt(web, "zhang", PASSWORD)) for _ in range(40)]
    await asyncio.sleep(0.05)
    answer = await web.get("/api/session/me", headers=session)
    unfinished = sum(not task.done() for task in rush)
    assert answer.status_code == 200
    assert unfinished >= 10, "the other request waited for the rush"
    assert {(await task).status_code for task in rush} == {200}


async def test_too_many_waiting_sign_ins_are_refused_at_once(
    hospital: Hospital, web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hospital.staff("zhang")
    monkeypatch.setattr(passwords, "_MAX_WAITING", 2)
    answers = await asyncio.gather(*(attempt(web, "zhang", PASSWORD) for _ in range(12)))
    codes = {answer.status_code for answer in answers}
    assert codes == {200, 503}
    async with hospital.database.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM accounts.sign_in_failures WHERE failures > 0") == 0


async def test_one_address_that_guesses_around_is_paused(hospital: Hospital, web: httpx.AsyncClient) -> None:
    await hospital.staff("zhang")
    for n in range(50):
        assert (await attempt(web, f"guess{n}", "wrong")).status_code == 401
    assert (await attempt(web, "zhang", PASSWORD)).status_code == 429


async def test_a_disabled_account_is_told_so_only_with_the_right_password(
    hospital: Hospital, web: httpx.AsyncClient
) -> None:
    account = await hospital.staff("zhang")
    async with hospital.database.transaction() as tx:
        await tx.execute("UPDATE accounts.accounts SET state = 'disabled' WHERE id = $1", account)
    assert (await attempt(web, "zhang", "wrong")).json()["code"] == "accounts.sign_in_refused"
    assert (await attempt(web, "zhang", PASSWORD)).json()["code"] == "accounts.account_disabled"


async def test_old_hashes_are_renewed_at_sign_in(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    account = await hospital.staff("zhang")
    old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    async with hospital.database.transaction() as tx:
        await tx.execute("UPDATE accounts.accounts SET password_hash = $2 WHERE id = $1", account, old)
    answers = await asyncio.gather(*(attempt(web, "zhang", PASSWORD) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {
        200
    }  # renewed by one, and still right for the others
    async with hospital.database.transaction() as tx:
        new = await tx.fetchval("SELECT password_hash FROM accounts.accounts WHERE id = $1", account)
    assert new.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await enter("zhang")


# ---- second factor ----------------------------------------------------------------------------------------------------


async def test_a_totp_code_is_needed_and_good_once(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    await hospital.staff("root", ("admin", "all"), totp=True)
    assert (await attempt(web, "root", PASSWORD)).json()["code"] == "accounts.totp_needed"
    code = totp()
    session = await enter("root", code)
    assert "accounts.role.write" in (await web.get("/api/session/me", headers=session)).json()["permissions"]
    assert (await attempt(web, "root", PASSWORD, code)).json()["code"] == "accounts.totp_refused"
    await enter("root", totp(1))


async def test_one_code_sent_many_times_at_once_opens_one_session(
    hospital: Hospital, web: httpx.AsyncClient
) -> None:
    await hospital.staff("root", ("admin", "all"), totp=True)
    code = totp()
    answers = await asyncio.gather(*(attempt(web, "root", PASSWORD, code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_wrong_codes_count_and_the_password_alone_does_not_clear_them(
    hospital: Hospital, web: httpx.AsyncClient
) -> None:
    await hospital.staff("root", ("admin", "all"), totp=True)
    for n in range(5):
        assert (await attempt(web, "root", PASSWORD)).status_code == 401
        assert (await attempt(web, "root", PASSWORD, f"00000{n}")).json()["code"] == "accounts.totp_refused"
    assert (await attempt(web, "root", PASSWORD, totp())).status_code == 429


async def test_an_administrator_without_totp_can_only_enrol(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    await hospital.staff("root", ("admin", "all"))
    session = await enter("root")
    me = (await web.get("/api/session/me", headers=session)).json()
    assert (me["errand"], me["permissions"]) == ("enrol_totp", {})
    for method, path in [("GET", "/api/admin/accounts/accounts"), ("GET", "/api/session/sessions")]:
        refused = await web.request(method, path, headers=session)
        assert (refused.status_code, refused.json()["code"]) == (403, "accounts.totp_enrolment_needed")

    offer = (await web.post("/api/session/totp", headers=session)).json()
    generator = pyotp.TOTP(offer["secret"])
    wrong = await web.post("/api/session/totp/confirm", headers=session, json={"code": "000000"})
    assert wrong.json()["code"] == "accounts.totp_refused"
    code = generator.at(clock.now())
    confirmed = await web.post("/api/session/totp/confirm", headers=session, json={"code": code})
    recovery = confirmed.json()["codes"]
    assert len(recovery) == 10
    assert (await web.get("/api/admin/accounts/accounts", headers=session)).status_code == 200
    assert (await attempt(web, "root", PASSWORD)).json()["code"] == "accounts.totp_needed"
    assert (await attempt(web, "root", PASSWORD, code)).json()[
        "code"
    ] == "accounts.totp_refused"  # used to confirm

    await enter("root", recovery[0].lower())
    assert (await attempt(web, "root", PASSWORD, recovery[0])).json()["code"] == "accounts.totp_refused"
    again = await web.post("/api/session/totp", headers=session)
    assert again.json()["code"] == "accounts.totp_already_enrolled"
    async with hospital.database.transaction() as tx:
        stored = await tx.fetchval("SELECT totp::text FROM accounts.totp")
    assert offer["secret"] not in stored


async def test_the_first_password_opens_nothing_but_its_change(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    await hospital.staff("root", ("admin", "all"), must_change=True)
    session = await enter("root")
    assert (await web.get("/api/session/me", headers=session)).json()["errand"] == "change_password"
    refused = await web.post("/api/session/totp", headers=session)
    assert refused.json()["code"] == "accounts.password_change_needed"
    weak = await web.post(
        "/api/session/password", headers=session, json={"current": PASSWORD, "new": "1234567890"}
    )
    assert weak.json()["fields"] == {"new": "这个密码太常见，请换一个"}
    same = await web.post(
        "/api/session/password", headers=session, json={"current": PASSWORD, "new": PASSWORD}
    )
    assert same.json()["fields"] == {"new": "新密码不能与当前密码相同"}
    done = await web.post(
        "/api/session/password", headers=session, json={"current": PASSWORD, "new": "A-New-One-77"}
    )
    assert done.status_code == 204
    assert (await web.get("/api/session/me", headers=session)).json()["errand"] == "enrol_totp"
