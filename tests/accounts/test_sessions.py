"""Sessions: revoked at once, idle, expired; one's own password; the scope that comes out of a session."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.accounts import public, tokens

from .hospital import PASSWORD, Enter, Hospital

ME = "/api/session/me"
PERMISSION = "accounts.app.read"


async def caller_of(hospital: Hospital, headers: dict[str, str]) -> Caller:
    async with hospital.database.transaction() as tx:
        found = await public.authenticate(tx, headers["Authorization"].removeprefix("Bearer "))
    assert found is not None
    return found


async def role_with(tx: Tx, code: str, *permissions: str) -> None:
    role_id = new_id()
    await tx.execute("INSERT INTO accounts.roles (id, code, name) VALUES ($1, $2, $2)", role_id, code)
    await tx.execute(
        "INSERT INTO accounts.role_permissions SELECT $1, unnest($2::text[])", role_id, permissions
    )


async def test_signing_out_ends_the_session_at_once(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    await hospital.staff("zhang")
    one, two = await enter("zhang"), await enter("zhang")
    assert (await web.post("/api/session/logout", headers=one)).status_code == 204
    assert (await web.get(ME, headers=one)).status_code == 401
    assert (await web.get(ME, headers=two)).status_code == 200


async def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    await hospital.staff("zhang")
    await hospital.staff("li.si")
    mine, other, stranger = await enter("zhang"), await enter("zhang"), await enter("li.si")
    listed = (await web.get("/api/session/sessions", headers=mine)).json()
    assert [entry["current"] for entry in listed] == [False, True]
    assert listed[0]["ip"] == "127.0.0.1"

    theirs = (await web.get("/api/session/sessions", headers=stranger)).json()[0]["id"]
    assert (await web.delete(f"/api/session/sessions/{theirs}", headers=mine)).status_code == 404
    assert (await web.get(ME, headers=stranger)).status_code == 200

    assert (await web.delete(f"/api/session/sessions/{listed[0]['id']}", headers=mine)).status_code == 204
    assert (await web.get(ME, headers=other)).status_code == 401
    third = await enter("zhang")
    assert (await web.delete("/api/session/sessions", headers=mine)).json() == {"ended": 1}
    assert (await web.get(ME, headers=third)).status_code == 401
    assert (await web.get(ME, headers=mine)).status_code == 200


async def test_a_changed_password_ends_the_other_sessions(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    await hospital.staff("zhang")
    mine, other = await enter("zhang"), await enter("zhang")
    changed = await web.post(
        "/api/session/password", headers=mine, json={"current": PASSWORD, "new": "A-New-One-77"}
    )
    assert changed.status_code == 204
    assert (await web.get(ME, headers=mine)).status_code == 200
    assert (await web.get(ME, headers=other)).status_code == 401
    await enter("zhang", password="A-New-One-77")


async def test_a_session_left_open_is_no_place_to_guess_the_password(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    await hospital.staff("zhang")
    mine = await enter("zhang")

    async def change(current: str) -> httpx.Response:
        return await web.post(
            "/api/session/password", headers=mine, json={"current": current, "new": "A-New-One-77"}
        )

    answers = await asyncio.gather(*(change(f"guess number {n}") for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [422] * 5 + [429] * 3
    assert (await change(PASSWORD)).status_code == 429


async def test_sessions_run_out_unused_and_in_the_end(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    await hospital.staff("zhang")
    idle, old, good = await enter("zhang"), await enter("zhang"), await enter("zhang")

    async def change(headers: dict[str, str], sql: str) -> None:
        token = headers["Authorization"].removeprefix("Bearer ")
        async with hospital.database.transaction() as tx:
            await tx.execute(
                f"UPDATE accounts.sessions SET {sql} WHERE token_hash = $1", tokens.token_hash(token)
            )

    await change(idle, "last_seen_at = now() - idle_limit")
    await change(old, "created_at = now() - interval '1 day', expires_at = now()")
    await change(good, "last_seen_at = now() - idle_limit + interval '1 minute'")
    assert (await web.get(ME, headers=idle)).status_code == 401
    assert (await web.get(ME, headers=old)).status_code == 401
    assert (await web.get(ME, headers=good)).status_code == 200
    async with hospital.database.transaction() as tx:
        seen = await tx.fetchval("SELECT max(last_seen_at) FROM accounts.sessions")
    assert clock.now() - seen < timedelta(seconds=30)  # used: idle again from now


async def test_the_use_is_noted_once_a_minute_and_parallel_requests_do_not_wait_for_it(
    hospital: Hospital, enter: Enter
) -> None:
    await hospital.staff("zhang")
    token = (await enter("zhang"))["Authorization"].removeprefix("Bearer ")
    async with hospital.database.transaction() as tx:
        before = await tx.fetchval("SELECT last_seen_at FROM accounts.sessions")
        assert await public.authenticate(tx, token) is not None
        assert await tx.fetchval("SELECT last_seen_at FROM accounts.sessions") == before
        await tx.execute("UPDATE accounts.sessions SET last_seen_at = now() - interval '2 minutes'")
    async with hospital.database.transaction() as slow:
        assert await public.authenticate(slow, token) is not None  # holds the row until its request ends
        async with hospital.database.transaction() as other:
            assert await asyncio.wait_for(public.authenticate(other, token), 2) is not None


async def test_tokens_are_not_in_the_database(hospital: Hospital, enter: Enter) -> None:
    await hospital.staff("zhang")
    token = (await enter("zhang"))["Authorization"].removeprefix("Bearer ")
    assert len(token) == 43
    async with hospital.database.transaction() as tx:
        stored = await tx.fetchval("SELECT sessions::text FROM accounts.sessions")
        assert await public.authenticate(tx, "x" * 43) is None
    assert token not in stored
    assert tokens.token_hash(token).hex() in stored


async def test_a_disabled_account_or_institution_is_out_at_once(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    account = await hospital.staff("zhang")
    session = await enter("zhang")
    async with hospital.database.transaction() as tx:
        await tx.execute("UPDATE accounts.accounts SET state = 'disabled' WHERE id = $1", account)
    assert (await web.get(ME, headers=session)).status_code == 401
    async with hospital.database.transaction() as tx:
        await tx.execute("UPDATE accounts.accounts SET state = 'active' WHERE id = $1", account)
        await tx.execute("UPDATE accounts.institutions SET state = 'disabled' WHERE id = $1", hospital.east)
    assert (await web.get(ME, headers=session)).status_code == 401


async def test_department_scope_reaches_all_below_and_nothing_beside(
    hospital: Hospital, enter: Enter
) -> None:
    async with hospital.database.transaction() as tx:
        await public.create_department(tx, hospital.east, "MED", "内科")
    await hospital.staff("head", ("it_staff", "department"), department=hospital.surgery)
    await hospital.staff("nurse", ("it_staff", "department"), department=hospital.ward)
    head, nurse = (
        await caller_of(hospital, await enter("head")),
        await caller_of(hospital, await enter("nurse")),
    )
    assert head.scope(PERMISSION) == Scope(
        departments=tuple(sorted((hospital.surgery, hospital.ward, hospital.annexe)))
    )
    assert set(nurse.scope(PERMISSION).departments) == {hospital.ward, hospital.annexe}


async def test_a_new_role_counts_at_the_next_request_and_scopes_add_up(
    hospital: Hospital, enter: Enter
) -> None:
    async with hospital.database.transaction() as tx:
        await role_with(tx, "narrow", PERMISSION, "accounts.role.read")
    account = await hospital.staff("zhang", ("narrow", "own"), department=hospital.ward)
    session = await enter("zhang")
    assert (await caller_of(hospital, session)).scope(PERMISSION) == Scope(account=account)
    async with hospital.database.transaction() as tx:
        await tx.execute(
            """INSERT INTO accounts.account_roles (account_id, role_id, scope)
               SELECT $1, id, 'institution' FROM accounts.roles WHERE code = 'it_staff'""",
            account,
        )
    caller = await caller_of(hospital, session)
    assert caller.scope(PERMISSION) == Scope(institutions=(hospital.east,), account=account)
    assert caller.scope("accounts.role.read") == Scope(account=account)


async def test_a_circle_of_departments_that_should_not_be_does_not_hang_a_sign_in(
    hospital: Hospital, enter: Enter
) -> None:
    await hospital.staff("head", ("it_staff", "department"), department=hospital.surgery)
    async with hospital.database.transaction() as tx:
        await tx.execute(
            "UPDATE accounts.departments SET parent_id = $2 WHERE id = $1", hospital.surgery, hospital.annexe
        )
    assert len((await caller_of(hospital, await enter("head"))).scope(PERMISSION).departments) == 3


async def test_who_gets_notices_for_staff(hospital: Hospital) -> None:
    here = await hospital.staff("here", ("it_staff", "institution"))
    everywhere = await hospital.staff("everywhere", ("it_staff", "all"), institution=hospital.west)
    elsewhere = await hospital.staff("elsewhere", ("it_staff", "institution"), institution=hospital.west)
    gone = await hospital.staff("gone", ("it_staff", "institution"))
    async with hospital.database.transaction() as tx:
        await tx.execute("UPDATE accounts.accounts SET state = 'disabled' WHERE id = $1", gone)
        found: list[UUID] = await public.accounts_with_permission(tx, PERMISSION, hospital.east)
        briefs = await public.account_brief(tx, [here, gone, new_id()])
    assert set(found) == {here, everywhere}
    assert elsewhere not in found
    assert {brief.id: (brief.display_name, brief.active) for brief in briefs.values()} == {
        here: ("张三丰", True),
        gone: ("张三丰", False),
    }
