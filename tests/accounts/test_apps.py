"""Vendor credentials: two live secrets at most, revocation within two seconds, addresses, rate."""

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import asyncpg
import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.ids import new_id
from kanghu.modules.accounts import public
from kanghu.modules.accounts.service import apps

from .hospital import Enter, Hospital

BASE = "/api/admin/accounts/apps"


@pytest.fixture
async def officer(hospital: Hospital, enter: Enter) -> dict[str, str]:
    """The session of the eastern institution's IT officer."""
    await hospital.staff("officer", ("it_staff", "institution"))
    return await enter("officer")


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    apps._cache.clear()


def body(hospital: Hospital, **changes: Any) -> dict[str, Any]:
    return {
        "app_id": f"centre-{new_id().hex[-8:]}",
        "institution_id": str(hospital.east),
        "name": "体检中心",
        "vendor_id": str(new_id()),
        "interfaces": ["H3", "H1"],
        "ip_ranges": ["10.1.0.0/16", "2001:db8::/32"],
        "rate_per_minute": 60,
        "sign_types": ["HMAC-SHA256"],
        **changes,
    }


async def found(hospital: Hospital, app_id: str) -> public.ApiApp | None:
    async with hospital.database.transaction() as tx:
        return await public.get_app(tx, app_id)


async def test_an_app_is_made_and_found_with_its_secret(
    hospital: Hospital, web: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    given = body(hospital)
    made = await web.post(BASE, headers=officer, json=given)
    assert made.status_code == 201, made.text
    app = await found(hospital, given["app_id"])
    assert app is not None
    assert [secret.secret for secret in app.live_secrets(clock.now())] == [made.json()["secret"]]
    assert (app.interfaces, app.sign_types) == (frozenset({"H1", "H3"}), frozenset({"HMAC-SHA256"}))
    assert str(app.vendor_id) == given["vendor_id"]
    assert [app.admits(ip) for ip in ("10.1.2.3", "2001:db8::1", "10.2.0.1", "", "x")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    async with hospital.database.transaction() as tx:
        stored = await tx.fetchval("SELECT api_secrets::text FROM accounts.api_secrets")
        details = await tx.fetchval("SELECT string_agg(detail, ' ') FROM kernel.audit_inbox")
    assert made.json()["secret"] not in stored
    assert made.json()["secret"] not in details
    shown = (await web.get(f"{BASE}/{made.json()['id']}", headers=officer)).text
    assert made.json()["secret"] not in shown
    again = await web.post(BASE, headers=officer, json=given)
    assert again.json()["code"] == "accounts.app_id_taken"


@pytest.mark.parametrize(
    "changes",
    [
        {"interfaces": ["H9"]},
        {"ip_ranges": []},
        {"ip_ranges": ["10.1.2.3/8"]},
        {"sign_types": []},
        {"sign_types": ["MD5"]},
        {"rate_per_minute": 0},
        {"app_id": "x y"},
        {"surprise": 1},
    ],
)
async def test_nonsense_is_refused(
    hospital: Hospital, web: httpx.AsyncClient, officer: dict[str, str], changes: dict[str, Any]
) -> None:
    assert (await web.post(BASE, headers=officer, json=body(hospital, **changes))).status_code == 422


async def test_a_rotated_secret_stays_good_until_told_and_never_are_there_three(
    hospital: Hospital, web: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    given = body(hospital)
    made = (await web.post(BASE, headers=officer, json=given)).json()
    path = f"{BASE}/{made['id']}"
    second = (await web.post(f"{path}/secrets", headers=officer, json={"old_valid_minutes": 10})).json()[
        "secret"
    ]
    app = await found(hospital, given["app_id"])
    assert app is not None
    now = clock.now()
    assert [s.secret for s in app.live_secrets(now)] == [second, made["secret"]]
    assert [s.secret for s in app.live_secrets(now + timedelta(minutes=11))] == [second]
    third = await web.post(f"{path}/secrets", headers=officer, json={})
    assert (third.status_code, third.json()["code"]) == (409, "accounts.two_secrets_live")

    async with hospital.database.transaction() as tx:
        await tx.execute(
            """UPDATE accounts.api_secrets SET not_before = now() - interval '2 hours', expires_at = now()
                WHERE expires_at IS NOT NULL"""
        )
    third = await web.post(f"{path}/secrets", headers=officer, json={"old_valid_minutes": 0})
    assert third.status_code == 201
    app = await found(hospital, given["app_id"])
    assert app is not None
    assert [s.secret for s in app.live_secrets(clock.now())] == [third.json()["secret"]]


async def test_many_rotations_at_once_make_one_new_secret(
    hospital: Hospital, web: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    made = (await web.post(BASE, headers=officer, json=body(hospital))).json()
    answers = await asyncio.gather(
        *(web.post(f"{BASE}/{made['id']}/secrets", headers=officer, json={}) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_the_database_itself_refuses_a_third_live_secret(hospital: Hospital) -> None:
    async with hospital.database.transaction() as tx:
        app, _ = await public.create_api_app(tx, app_id="third-one", name="三", institution_id=hospital.east)
        insert = """INSERT INTO accounts.api_secrets (id, app_id, slot, secret_sealed, created_at, not_before)
                    VALUES ($1, $2, $3, '', now(), now())"""
        await tx.execute(insert, new_id(), app, 2)
    for slot, error in [
        (1, asyncpg.UniqueViolationError),
        (2, asyncpg.UniqueViolationError),
        (3, asyncpg.CheckViolationError),
    ]:
        with pytest.raises(error):
            async with hospital.database.transaction() as tx:
                await tx.execute(insert, new_id(), app, slot)


async def test_a_revoked_secret_and_a_disabled_app_are_refused_within_two_seconds_in_every_process(
    hospital: Hospital, web: httpx.AsyncClient, officer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = body(hospital)
    made = (await web.post(BASE, headers=officer, json=given)).json()
    seconds = 1000.0
    monkeypatch.setattr(apps.time, "monotonic", lambda: seconds)
    assert await found(hospital, given["app_id"]) is not None
    async with hospital.database.transaction() as tx:  # as another process would: our memory is not told
        await tx.execute("UPDATE accounts.api_secrets SET revoked_at = now()")
    seconds += apps.CACHE_SECONDS - 0.01
    cached = await found(hospital, given["app_id"])
    assert cached is not None
    assert len(cached.secrets) == 1
    seconds += 0.01
    app = await found(hospital, given["app_id"])
    assert app is not None
    assert app.secrets == ()

    update = {key: value for key, value in given.items() if key not in ("app_id", "institution_id")}
    done = await web.put(
        f"{BASE}/{made['id']}", headers=officer, json={**update, "state": "disabled", "version": 1}
    )
    assert done.status_code == 204, done.text
    assert await found(hospital, given["app_id"]) is None  # in this process at once


async def test_revoking_by_hand(hospital: Hospital, web: httpx.AsyncClient, officer: dict[str, str]) -> None:
    given = body(hospital)
    made = (await web.post(BASE, headers=officer, json=given)).json()
    assert await found(hospital, given["app_id"]) is not None
    view = (await web.get(f"{BASE}/{made['id']}", headers=officer)).json()
    path = f"{BASE}/{made['id']}/secrets/{view['secrets'][0]['id']}"
    assert (await web.delete(path, headers=officer)).status_code == 204
    app = await found(hospital, given["app_id"])
    assert app is not None
    assert app.secrets == ()
    assert (await web.delete(path, headers=officer)).json()["code"] == "accounts.secret_not_found"


async def test_apps_of_another_institution_are_out_of_reach(
    hospital: Hospital, web: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    async with hospital.database.transaction() as tx:
        theirs, _ = await public.create_api_app(
            tx, app_id="west-centre", name="西", institution_id=hospital.west
        )
    assert (await web.get(BASE, headers=officer)).json() == []
    assert (await web.get(f"{BASE}/{theirs}", headers=officer)).status_code == 404
    assert (await web.post(f"{BASE}/{theirs}/secrets", headers=officer, json={})).status_code == 404
    abroad = await web.post(BASE, headers=officer, json=body(hospital, institution_id=str(hospital.west)))
    assert abroad.status_code == 404


async def test_seeding_an_app_twice_keeps_the_first(hospital: Hospital) -> None:
    async with hospital.database.transaction() as tx:
        one, secret = await public.create_api_app(
            tx,
            app_id="demo-centre",
            name="一",
            institution_id=hospital.east,
            secret="a-known-secret-for-the-demo",
        )
        assert secret == "a-known-secret-for-the-demo"
        assert await public.create_api_app(
            tx, app_id="demo-centre", name="二", institution_id=hospital.east
        ) == (one, None)


async def test_the_use_of_a_secret_is_noted_once_a_minute(
    hospital: Hospital, web: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    async with hospital.database.transaction() as tx:
        await public.create_api_app(tx, app_id="used-one", name="用", institution_id=hospital.east)
        app = await public.get_app(tx, "used-one")
        assert app is not None
        await public.note_secret_used(tx, app.secrets[0].id)
        first = await tx.fetchval("SELECT last_used_at FROM accounts.api_secrets")
        await public.note_secret_used(tx, app.secrets[0].id)
        assert first is not None
        assert await tx.fetchval("SELECT last_used_at FROM accounts.api_secrets") == first
    (line,) = (await web.get(BASE, headers=officer)).json()
    assert (line["live_secrets"], datetime.fromisoformat(line["last_used_at"])) == (1, first)


def test_the_rate_of_an_app(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 50.0
    monkeypatch.setattr(apps.time, "monotonic", lambda: seconds)
    app = public.ApiApp(
        id=new_id(),
        app_id=f"rate-{new_id().hex}",
        name="",
        vendor_id=None,
        institution_id=new_id(),
        interfaces=frozenset(),
        ip_ranges=(ip_network("0.0.0.0/0"),),
        rate_per_minute=60,
        sign_types=frozenset(),
        secrets=(),
    )
    assert [public.take_token(app) for _ in range(60)] == [0.0] * 60
    assert public.take_token(app) == pytest.approx(1.0)
    seconds += 1.0
    assert public.take_token(app) == 0.0


def test_a_secret_counts_from_its_beginning_to_its_end() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    secret = public.ApiSecret(new_id(), "s", start, start + timedelta(hours=1))
    assert [secret.live(start + timedelta(minutes=m)) for m in (-1, 0, 59, 60)] == [False, True, True, False]
