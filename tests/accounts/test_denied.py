"""Nobody passes a door of the module without its permission."""

import re

import httpx
import pytest
from fastapi.routing import APIRoute

from kanghu.kernel.ids import new_id
from kanghu.modules.accounts import public
from kanghu.modules.accounts.endpoints import ROUTERS

from .hospital import PASSWORD, Enter, Hospital

ROUTES = sorted(
    (next(iter(route.methods)), route.path)
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
)
ADMIN = [(method, path) for method, path in ROUTES if path.startswith("/api/admin/")]
TO_SIGN_IN = {
    "/api/session/login",
    "/api/session/phone-codes",
    "/api/session/phone-login",
    "/api/session/phone-password",
    "/api/session/wechat/accounts",
    "/api/session/wechat/start/{account_id}",
    "/api/session/wechat/page",
    "/api/session/wechat/mini-program",
    "/api/session/wechat/mini-program/phone",
}
SIGNED_IN = [(method, path) for method, path in ROUTES if path not in TO_SIGN_IN]


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", str(new_id()), path)


async def test_without_a_session_everything_but_signing_in_is_refused(
    hospital: Hospital, web: httpx.AsyncClient
) -> None:
    assert len(SIGNED_IN) == len(ROUTES) - len(TO_SIGN_IN) > 30
    for method, path in SIGNED_IN:
        for headers in ({}, {"Authorization": "Bearer " + "x" * 43}, {"Authorization": "Basic eDp4"}):
            answer = await web.request(method, filled(path), headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), (method, path)


@pytest.mark.parametrize("kind", ["customer", "doctor"])
async def test_who_lacks_the_permission_gets_nowhere_and_changes_nothing(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter, kind: str
) -> None:
    if kind == "doctor":
        await hospital.staff("somebody", ("doctor", "all"))
    else:
        async with hospital.database.transaction() as tx:
            await public.create_customer_account(
                tx,
                username="somebody",
                phone=None,
                password=PASSWORD,
                person_id=new_id(),
                institution_id=hospital.east,
            )
    session = await enter("somebody")
    async with hospital.database.transaction() as tx:
        before = await tx.fetchval("SELECT count(*) FROM kernel.audit_inbox")
    for method, path in ADMIN:
        answer = await web.request(method, filled(path), headers=session)
        assert (answer.status_code, answer.json()["code"]) == (403, "access.forbidden"), (method, path)
    async with hospital.database.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM kernel.audit_inbox") == before


async def test_a_role_that_requires_totp_limits_open_sessions_at_once(
    hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    account = await hospital.staff("zhang", ("it_staff", "all"))
    session = await enter("zhang")
    assert (await web.get("/api/admin/accounts/apps", headers=session)).status_code == 200
    async with hospital.database.transaction() as tx:
        await tx.execute(
            """INSERT INTO accounts.account_roles (account_id, role_id, scope)
               SELECT $1, id, 'all' FROM accounts.roles WHERE code = 'admin'""",
            account,
        )
    answer = await web.get("/api/admin/accounts/apps", headers=session)
    assert (answer.status_code, answer.json()["code"]) == (403, "accounts.totp_enrolment_needed")
