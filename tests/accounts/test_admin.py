"""Administrators: accounts, grants, roles, institutions — and what they must not be able to do."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pyotp
import pytest

from kanghu.kernel import clock
from kanghu.kernel.ids import new_id
from kanghu.modules.accounts import public
from kanghu.modules.accounts.service.roles import seed_roles

from .hospital import PASSWORD, TOTP_SECRET, Enter, Hospital

BASE = "/api/admin/accounts"


@pytest.fixture
async def root(hospital: Hospital, enter: Enter) -> dict[str, str]:
    """The session of the platform's administrator."""
    await hospital.staff("root", ("admin", "all"), totp=True)
    return await enter("root", pyotp.TOTP(TOTP_SECRET).at(clock.now()))


@pytest.fixture
async def manager(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], enter: Enter
) -> dict[str, str]:
    """The session of somebody who manages accounts of the eastern institution and has no power to delegate."""
    made = await web.post(
        f"{BASE}/roles",
        headers=root,
        json={
            "code": "manager",
            "name": "账号管理员",
            "permissions": [
                "accounts.account.read",
                "accounts.account.write",
                "accounts.role.read",
                "accounts.role.write",
                "accounts.institution.read",
                "accounts.institution.write",
                "accounts.app.read",
                "accounts.app.write",
                "accounts.audit.read",
                "accounts.access.explain",
            ],
        },
    )
    assert made.status_code == 201, made.text
    await hospital.staff("manager", ("manager", "institution"))
    return await enter("manager")


async def role_id(web: httpx.AsyncClient, headers: dict[str, str], code: str) -> str:
    return next(
        r["id"] for r in (await web.get(f"{BASE}/roles", headers=headers)).json() if r["code"] == code
    )


async def grant(
    web: httpx.AsyncClient, headers: dict[str, str], account: UUID, *grants: tuple[str, str]
) -> httpx.Response:
    wanted = [{"role_id": await role_id(web, headers, code), "scope": scope} for code, scope in grants]
    return await web.put(f"{BASE}/accounts/{account}/grants", headers=headers, json={"grants": wanted})


async def held(hospital: Hospital, account: UUID) -> set[tuple[str, str]]:
    async with hospital.database.transaction() as tx:
        found = await tx.fetch(
            """SELECT r.code, g.scope FROM accounts.account_roles AS g JOIN accounts.roles AS r ON r.id = g.role_id
                WHERE g.account_id = $1""",
            account,
        )
    return {(record["code"], record["scope"]) for record in found}


def profile(hospital: Hospital, **changes: Any) -> dict[str, Any]:
    return {"display_name": "李四光", "phone": "13912345678", "institution_id": str(hospital.east), **changes}


# ---- accounts ---------------------------------------------------------------------------------------------------------


async def test_an_account_from_its_making_to_its_first_sign_in(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], enter: Enter
) -> None:
    made = await web.post(f"{BASE}/accounts", headers=root, json=profile(hospital, username="Li.Si"))
    assert made.status_code == 201, made.text
    account, password = made.json()["id"], made.json()["password"]
    session = await enter("li.si", password=password)
    assert (await web.get("/api/session/me", headers=session)).json()["errand"] == "change_password"

    taken = await web.post(f"{BASE}/accounts", headers=root, json=profile(hospital, username="li.si"))
    assert (taken.status_code, taken.json()["code"]) == (409, "accounts.username_taken")

    seen = (await web.get(f"{BASE}/accounts/{account}", headers=root)).json()
    assert (seen["display_name"], seen["phone"], seen["grants"]) == ("李四光", "13912345678", [])
    listed = (await web.get(f"{BASE}/accounts", headers=root, params={"phone": "139 1234 5678"})).json()[
        "items"
    ]
    assert [(row["id"], row["display_name"], row["phone"]) for row in listed] == [
        (account, "李**", "139****5678")
    ]
    assert listed[0]["roles"] == []

    update = profile(
        hospital, display_name="李时珍", department_id=str(hospital.ward), version=seen["version"]
    )
    assert (await web.put(f"{BASE}/accounts/{account}", headers=root, json=update)).status_code == 204
    stale = await web.put(f"{BASE}/accounts/{account}", headers=root, json=update)
    assert (stale.status_code, stale.json()["code"]) == (409, "accounts.stale_version")
    assert (await web.get(f"{BASE}/accounts/{account}", headers=root)).json()["display_name"] == "李时珍"

    async with hospital.database.transaction() as tx:
        actions = [r["action"] for r in await tx.fetch("SELECT action FROM kernel.audit_inbox ORDER BY id")]
        details = await tx.fetchval("SELECT string_agg(detail || subject, ' ') FROM kernel.audit_inbox")
        stored = await tx.fetchval("SELECT accounts::text FROM accounts.accounts WHERE username = 'li.si'")
    for action in ("accounts.account.create", "accounts.account.update", "accounts.account.read"):
        assert action in actions
    for secret in ("李", "139", password):
        assert secret not in details
        assert secret not in stored or secret == "139"
    assert "13912345678" not in stored


@pytest.mark.parametrize("username", ["13812345678", "ab", "张三", "zhang san", "9lives", "x" * 33])
async def test_user_names_that_could_be_taken_for_something_else_are_refused(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], username: str
) -> None:
    answer = await web.post(f"{BASE}/accounts", headers=root, json=profile(hospital, username=username))
    assert answer.status_code == 422
    assert "username" in answer.json()["fields"]


async def test_the_list_pages_and_narrows(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    for n in range(5):
        await hospital.staff(f"a_{n}", institution=hospital.west)
    await hospital.staff("axe")
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2, "username": "a_", "institution_id": str(hospital.west)} | (
            {"cursor": cursor} if cursor else {}
        )
        page = (await web.get(f"{BASE}/accounts", headers=root, params=params)).json()
        seen += [row["username"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["a_4", "a_3", "a_2", "a_1", "a_0"]
    bad = await web.get(f"{BASE}/accounts", headers=root, params={"cursor": "nonsense"})
    assert bad.status_code == 422


async def test_the_list_tells_who_holds_a_role(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    both = await hospital.staff(
        "both", ("doctor", "own"), ("finance", "institution"), ("doctor", "department")
    )
    await hospital.staff("nobody")
    params = {"role_id": await role_id(web, root, "doctor")}
    listed = (await web.get(f"{BASE}/accounts", headers=root, params=params)).json()["items"]
    assert [(row["id"], row["roles"]) for row in listed] == [(str(both), ["医生", "财务"])]


async def test_a_department_of_another_institution_is_refused(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    wrong = profile(
        hospital, username="li.si", institution_id=str(hospital.west), department_id=str(hospital.ward)
    )
    answer = await web.post(f"{BASE}/accounts", headers=root, json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (404, "accounts.department_not_found")


async def test_disabling_ends_sessions_and_enabling_lets_in_again(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], enter: Enter
) -> None:
    account = await hospital.staff("zhang")
    session = await enter("zhang")
    assert (await web.post(f"{BASE}/accounts/{account}/disable", headers=root)).status_code == 204
    assert (await web.get("/api/session/me", headers=session)).status_code == 401
    assert (await web.post(f"{BASE}/accounts/{account}/enable", headers=root)).status_code == 204
    assert (await web.get("/api/session/me", headers=session)).status_code == 401  # ended is ended
    await enter("zhang")


async def test_a_reset_lifts_the_pause_and_ends_sessions(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], enter: Enter
) -> None:
    account = await hospital.staff("zhang")
    session = await enter("zhang")
    for _ in range(5):
        await web.post("/api/session/login", json={"login": "zhang", "password": "wrong"})
    assert (await web.get(f"{BASE}/accounts/{account}", headers=root)).json()["locked_until"] is not None
    first = (await web.post(f"{BASE}/accounts/{account}/password", headers=root)).json()["password"]
    assert (await web.get("/api/session/me", headers=session)).status_code == 401
    await enter("zhang", password=first)


async def test_ones_own_password_and_second_factor_are_not_reset_by_oneself(
    web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    me = (await web.get("/api/session/me", headers=root)).json()["account_id"]
    for method, path in [
        ("POST", f"{BASE}/accounts/{me}/password"),
        ("DELETE", f"{BASE}/accounts/{me}/totp"),
    ]:
        answer = await web.request(method, path, headers=root)
        assert (answer.status_code, answer.json()["code"]) == (403, "accounts.own_account")


async def test_a_lost_second_factor_is_reset_by_another_administrator(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], enter: Enter
) -> None:
    account = await hospital.staff("deputy", ("admin", "all"), totp=True)
    assert (await web.delete(f"{BASE}/accounts/{account}/totp", headers=root)).status_code == 204
    session = await enter("deputy")
    assert (await web.get("/api/session/me", headers=session)).json()["errand"] == "enrol_totp"


# ---- nobody gives or takes more than he has ---------------------------------------------------------------------------


async def test_an_administrator_gives_roles_he_does_not_hold(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    account = await hospital.staff("doctor")
    assert (
        await grant(web, root, account, ("doctor", "own"), ("it_staff", "institution"))
    ).status_code == 204
    assert (await grant(web, root, account, ("doctor", "department"))).status_code == 204
    assert await held(hospital, account) == {("doctor", "department")}


async def test_a_manager_cannot_give_more_than_he_has(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], manager: dict[str, str]
) -> None:
    account = await hospital.staff("li.si")
    for wanted in [("admin", "institution"), ("it_staff", "own"), ("manager", "all")]:
        answer = await grant(web, manager, account, wanted)
        assert (answer.status_code, answer.json()["code"]) == (403, "accounts.grant_too_wide"), wanted
    assert await held(hospital, account) == set()
    assert (await grant(web, manager, account, ("manager", "department"))).status_code == 204
    assert await held(hospital, account) == {("manager", "department")}


async def test_nobody_changes_his_own_roles(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], manager: dict[str, str]
) -> None:
    for headers in (root, manager):
        me = (await web.get("/api/session/me", headers=headers)).json()["account_id"]
        answer = await grant(web, headers, me, ("manager", "institution"))
        assert (answer.status_code, answer.json()["code"]) == (403, "accounts.own_grants")


async def test_a_manager_cannot_take_over_a_stronger_account(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], manager: dict[str, str], enter: Enter
) -> None:
    """Whoever resets a password can sign in with it: that too is giving oneself rights."""
    deputy = await hospital.staff("deputy", ("admin", "all"))
    for method, path in [("POST", "password"), ("DELETE", "totp"), ("POST", "disable"), ("POST", "unlock")]:
        answer = await web.request(method, f"{BASE}/accounts/{deputy}/{path}", headers=manager)
        assert (answer.status_code, answer.json()["code"]) == (403, "accounts.grant_too_wide"), path
    assert (await grant(web, manager, deputy)).status_code == 403
    await enter("deputy")  # the password still is what it was
    assert await held(hospital, deputy) == {("admin", "all")}


async def test_a_manager_reaches_his_institution_only(
    hospital: Hospital, web: httpx.AsyncClient, manager: dict[str, str]
) -> None:
    there = await hospital.staff("there", institution=hospital.west)
    listed = (await web.get(f"{BASE}/accounts", headers=manager)).json()["items"]
    assert {row["institution_id"] for row in listed} == {str(hospital.east)}
    assert (await web.get(f"{BASE}/accounts/{there}", headers=manager)).status_code == 404
    assert (await web.post(f"{BASE}/accounts/{there}/disable", headers=manager)).status_code == 404
    abroad = profile(hospital, username="abroad", institution_id=str(hospital.west))
    assert (await web.post(f"{BASE}/accounts", headers=manager, json=abroad)).status_code == 404


async def test_moving_an_account_must_not_carry_rights_beyond_the_movers(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], enter: Enter
) -> None:
    """A head of a ward, who manages «department and below», moves himself up to surgery: he would reach all of it."""
    body = {
        "code": "head",
        "name": "病区负责人",
        "permissions": ["accounts.account.read", "accounts.account.write"],
    }
    assert (await web.post(f"{BASE}/roles", headers=root, json=body)).status_code == 201
    head = await hospital.staff("head", ("head", "department"), department=hospital.ward)
    session = await enter("head")
    version = (await web.get(f"{BASE}/accounts/{head}", headers=session)).json()["version"]
    up = profile(hospital, department_id=str(hospital.surgery), version=version)
    assert (await web.put(f"{BASE}/accounts/{head}", headers=session, json=up)).status_code == 404
    down = profile(hospital, department_id=str(hospital.annexe), version=version)
    assert (await web.put(f"{BASE}/accounts/{head}", headers=session, json=down)).status_code == 204


async def test_a_customers_account_reaches_no_further_than_himself(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    async with hospital.database.transaction() as tx:
        customer = await public.create_customer_account(
            tx,
            username="cust",
            phone=None,
            password=PASSWORD,
            person_id=new_id(),
            institution_id=hospital.east,
        )
    staff = await hospital.staff("zhang")
    for account, wanted in [(customer, ("doctor", "institution")), (staff, ("customer", "self"))]:
        answer = await grant(web, root, account, wanted)
        assert (answer.status_code, answer.json()["code"]) == (422, "accounts.scope_unfit")


async def test_the_last_administrator_stays(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    me = (await web.get("/api/session/me", headers=root)).json()["account_id"]
    alone = await web.post(f"{BASE}/accounts/{me}/disable", headers=root)
    assert (alone.status_code, alone.json()["code"]) == (409, "accounts.last_administrator")
    listed = (await web.get(f"{BASE}/institutions", headers=root)).json()
    east = next(i for i in listed if i["code"] == "EAST")
    body = {"name": "东院", "state": "disabled", "version": east["version"]}
    closed = await web.put(f"{BASE}/institutions/{east['id']}", headers=root, json=body)
    assert closed.json()["code"] == "accounts.last_administrator"
    assert (await web.get("/api/session/me", headers=root)).status_code == 200

    deputy = await hospital.staff("deputy", ("admin", "all"))
    await hospital.staff("local", ("admin", "institution"))
    assert (await grant(web, root, deputy)).status_code == 204
    assert (await web.post(f"{BASE}/accounts/{me}/disable", headers=root)).status_code == 409


async def test_two_administrators_who_disable_each_other_at_once_leave_one(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], enter: Enter
) -> None:
    me = (await web.get("/api/session/me", headers=root)).json()["account_id"]
    deputy = await hospital.staff("deputy", ("admin", "all"), totp=True)
    other = await enter("deputy", pyotp.TOTP(TOTP_SECRET).at(clock.now()))
    answers = await asyncio.gather(
        web.post(f"{BASE}/accounts/{deputy}/disable", headers=root),
        web.post(f"{BASE}/accounts/{me}/disable", headers=other),
    )
    assert sorted(answer.status_code for answer in answers)[0] == 204
    async with hospital.database.transaction() as tx:
        left = await tx.fetchval(
            "SELECT count(*) FROM accounts.accounts WHERE id = ANY ($1) AND state = 'active'",
            [UUID(me), deputy],
        )
    assert left == 1


# ---- roles ------------------------------------------------------------------------------------------------------------


async def test_roles_are_made_changed_and_deleted(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], enter: Enter
) -> None:
    body = {"code": "reader", "name": "只读", "permissions": ["accounts.role.read"]}
    made = await web.post(f"{BASE}/roles", headers=root, json=body)
    reader = made.json()["id"]
    assert (await web.post(f"{BASE}/roles", headers=root, json=body)).json()[
        "code"
    ] == "accounts.role_code_taken"
    unknown = await web.post(
        f"{BASE}/roles", headers=root, json={**body, "code": "odd", "permissions": ["no.such.one"]}
    )
    assert (unknown.status_code, unknown.json()["fields"]) == (422, {"no.such.one": "权限不存在"})

    account = await hospital.staff("zhang", ("reader", "all"))
    session = await enter("zhang")
    assert (await web.get(f"{BASE}/permissions", headers=session)).status_code == 200
    assert (await web.get(f"{BASE}/institutions", headers=session)).status_code == 403
    update = {"name": "只读", "permissions": ["accounts.institution.read"], "version": 1}
    assert (await web.put(f"{BASE}/roles/{reader}", headers=root, json=update)).status_code == 204
    assert (await web.put(f"{BASE}/roles/{reader}", headers=root, json=update)).status_code == 409
    assert (await web.get(f"{BASE}/permissions", headers=session)).status_code == 403  # at the next request
    assert (await web.get(f"{BASE}/institutions", headers=session)).status_code == 200

    assert (await web.delete(f"{BASE}/roles/{reader}", headers=root)).json()["code"] == "accounts.role_in_use"
    assert (await grant(web, root, account)).status_code == 204
    assert (await web.delete(f"{BASE}/roles/{reader}", headers=root)).status_code == 204
    doctor = await role_id(web, root, "doctor")
    assert (await web.delete(f"{BASE}/roles/{doctor}", headers=root)).json()["code"] == "accounts.role_in_use"


async def test_a_role_is_not_widened_by_who_does_not_hold_it_everywhere(
    web: httpx.AsyncClient, root: dict[str, str], manager: dict[str, str]
) -> None:
    body = {"code": "mine", "name": "自制", "permissions": ["accounts.account.read"]}
    answer = await web.post(f"{BASE}/roles", headers=manager, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "accounts.grant_too_wide")
    roles = (await web.get(f"{BASE}/roles", headers=manager)).json()
    own = next(role for role in roles if role["code"] == "manager")
    wider = {
        "name": "自制",
        "permissions": [*own["permissions"], "accounts.permission.delegate"],
        "version": own["version"],
    }
    answer = await web.put(f"{BASE}/roles/{own['id']}", headers=manager, json=wider)
    assert (answer.status_code, answer.json()["code"]) == (403, "accounts.grant_too_wide")
    after = next(r for r in (await web.get(f"{BASE}/roles", headers=root)).json() if r["code"] == "manager")
    assert after["permissions"] == own["permissions"]


async def test_the_administrators_role_is_not_changed_by_hand(
    web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    admin = await role_id(web, root, "admin")
    body = {"name": "x", "permissions": [], "version": 1}
    answer = await web.put(f"{BASE}/roles/{admin}", headers=root, json=body)
    assert answer.json()["code"] == "accounts.role_protected"


async def test_seeding_again_changes_nothing_and_respects_what_was_taken_out(hospital: Hospital) -> None:
    table = "SELECT r.code, p.permission FROM accounts.roles r JOIN accounts.role_permissions p ON p.role_id = r.id"
    async with hospital.database.transaction() as tx:
        before = {tuple(record) for record in await tx.fetch(table)}
        await seed_roles(tx)
        assert {tuple(record) for record in await tx.fetch(table)} == before
        await tx.execute(
            """DELETE FROM accounts.role_permissions WHERE permission = 'accounts.app.read'
                AND role_id = (SELECT id FROM accounts.roles WHERE code = 'it_staff')"""
        )
        await seed_roles(tx)
        assert {tuple(record) for record in await tx.fetch(table)} == before - {
            ("it_staff", "accounts.app.read")
        }


# ---- institutions and departments -------------------------------------------------------------------------------------


async def test_departments_form_a_tree_without_circles(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    found = await web.get(f"{BASE}/departments", headers=root, params={"institution_id": str(hospital.east)})
    by_id = {row["id"]: row for row in found.json()}
    surgery = by_id[str(hospital.surgery)]
    body = {"name": "外科", "parent_id": str(hospital.annexe), "version": surgery["version"]}
    circle = await web.put(f"{BASE}/departments/{hospital.surgery}", headers=root, json=body)
    assert (circle.status_code, circle.json()["code"]) == (409, "accounts.department_circle")

    new = {
        "institution_id": str(hospital.west),
        "parent_id": str(hospital.surgery),
        "code": "X",
        "name": "错",
    }
    assert (await web.post(f"{BASE}/departments", headers=root, json=new)).status_code == 404
    new = {"institution_id": str(hospital.east), "code": "SUR", "name": "重复"}
    taken = await web.post(f"{BASE}/departments", headers=root, json=new)
    assert taken.json()["code"] == "accounts.department_code_taken"

    assert (await web.delete(f"{BASE}/departments/{hospital.ward}", headers=root)).status_code == 409
    assert (await web.delete(f"{BASE}/departments/{hospital.annexe}", headers=root)).status_code == 204
    assert (await web.delete(f"{BASE}/departments/{hospital.ward}", headers=root)).status_code == 204


async def test_two_moves_at_once_cannot_close_a_circle(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str]
) -> None:
    async with hospital.database.transaction() as tx:
        one = await public.create_department(tx, hospital.west, "ONE", "一")
        two = await public.create_department(tx, hospital.west, "TWO", "二")
    answers = await asyncio.gather(
        web.put(
            f"{BASE}/departments/{one}",
            headers=root,
            json={"name": "一", "parent_id": str(two), "version": 1},
        ),
        web.put(
            f"{BASE}/departments/{two}",
            headers=root,
            json={"name": "二", "parent_id": str(one), "version": 1},
        ),
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_only_who_reaches_everything_founds_an_institution(
    web: httpx.AsyncClient, root: dict[str, str], manager: dict[str, str]
) -> None:
    body = {"code": "NORTH", "name": "北院"}
    assert (await web.post(f"{BASE}/institutions", headers=manager, json=body)).status_code == 403
    assert (await web.post(f"{BASE}/institutions", headers=root, json=body)).status_code == 201
    assert len((await web.get(f"{BASE}/institutions", headers=root)).json()) == 3
    assert [i["code"] for i in (await web.get(f"{BASE}/institutions", headers=manager)).json()] == ["EAST"]


# ---- why --------------------------------------------------------------------------------------------------------------


async def test_explaining_why_somebody_may_or_may_not(
    hospital: Hospital, web: httpx.AsyncClient, root: dict[str, str], manager: dict[str, str]
) -> None:
    person = new_id()
    account = await hospital.staff("zhang", ("it_staff", "department"), department=hospital.ward)
    everywhere = await hospital.staff("everywhere", ("it_staff", "all"))

    async def ask(who: UUID, permission: str, headers: dict[str, str] = root) -> dict[str, Any]:
        params = {"account_id": str(who), "permission": permission, "person_id": str(person)}
        answer = await web.get(f"{BASE}/explain", headers=headers, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    yes = await ask(everywhere, "accounts.app.read")
    assert yes["allowed"] is True
    assert "角色「信息科」，数据范围「全部」" in yes["reasons"][2]["text"]
    depends = await ask(account, "accounts.app.read")
    assert depends["allowed"] is None
    assert depends["reasons"][3]["text"] == "满足以下任一条件时可以：此人属于该账号的科室或其下级科室"
    no = await ask(account, "accounts.role.write")
    assert no["allowed"] is False
    assert no["reasons"][2]["text"] == "账号的角色都没有「维护角色」；拥有它的角色：系统管理员、账号管理员"
    assert (await ask(account, "no.such.one"))["allowed"] is False

    await web.post(f"{BASE}/accounts/{account}/disable", headers=root)
    assert (await ask(account, "accounts.app.read"))["reasons"][0]["holds"] is False
    fresh = await hospital.staff("fresh", ("admin", "all"))
    assert "动态口令" in (await ask(fresh, "accounts.app.read"))["reasons"][1]["text"]
    abroad = await hospital.staff("abroad", institution=hospital.west)
    params = {"account_id": str(abroad), "permission": "accounts.app.read"}
    assert (await web.get(f"{BASE}/explain", headers=manager, params=params)).status_code == 404
