"""Nobody gets further than their role, and no role reaches further than its scope: every route, every role, foreign data."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from kanghu.kernel.security import PERMISSIONS, Anyone, Caller, Scope, SignedIn, SignedInAndWaits
from kanghu.modules.accounts.roles import BUILTIN_ROLES, permissions_of
from kanghu.modules.exchange.access import SignedAccess

from .house import TOTP, House, Side, Undone
from .matrix import SNAPSHOT, matrix
from .requests import BODIES, CALLING_WECHAT, Route, body_of, filters, path_of, routes_of, sent

ROLES = [role.code for role in BUILTIN_ROLES]
REFUSED = (401, 403, 404)


@pytest.fixture(scope="module")
async def sessions(house: House) -> dict[str, dict[str, str]]:
    """Role → headers of a real session of somebody of our institution who has this role and nothing else."""
    found = {}
    for role in BUILTIN_ROLES:
        login = "customer-ours" if role.code == "customer" else f"ours-{role.code}".replace("_", "-")
        found[role.code] = await house.sign_in(login, pyotp.TOTP(TOTP).now() if role.requires_totp else None)
    return found


async def ask(
    house: House,
    route: Route,
    headers: dict[str, str],
    side: Side,
    *,
    filtered: bool = False,
) -> httpx.Response:
    return await house.client.request(
        route.method,
        path_of(route, side, house.common),
        headers=headers,
        **sent(body_of(route.operation, side, house.common)),
        params=filters(route, side) if filtered else None,
    )


# --- roles -------------------------------------------------------------------------------------------------------


def test_who_may_what_is_what_was_agreed(house: House) -> None:
    """The committed table shows in a diff who gets wider rights: `python -m tests.contracts.matrix` writes it anew."""
    assert matrix(house.app) == Path(SNAPSHOT).read_text(encoding="utf-8")


async def test_nobody_gets_in_without_signing_in(house: House) -> None:
    before, knocks = await house.fingerprint(), house.knocks
    asked = 0
    for route in routes_of(house.app):
        if isinstance(route.access, Anyone):
            continue
        for headers in ({}, {"Authorization": "Bearer made-up"}, {"Authorization": "Basic YTpi"}):
            if isinstance(route.access, SignedAccess):
                headers["Content-Type"] = "application/json"
            answer = await ask(house, route, headers, house.sides["ours"])
            assert answer.status_code == 401, (route.label, answer.status_code, answer.text)
            asked += 1
    assert asked > 400
    changed = await house.changed_since(before)
    # Attempts per address are counted before anything else is looked at.
    assert changed.keys() <= {"people.sign_up_attempts"}
    assert house.knocks == knocks


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_is_refused_what_it_was_not_given(
    house: House, sessions: dict[str, dict[str, str]], role: str
) -> None:
    """Real sessions, good requests about their own institution: 403, nothing written, nothing sent."""
    given = set(permissions_of(next(found for found in BUILTIN_ROLES if found.code == role), PERMISSIONS))
    before, knocks = await house.fingerprint(), house.knocks
    asked = 0
    for route in routes_of(house.app):
        if route.access.permission is None or route.access.permission in given:
            continue
        answer = await ask(house, route, sessions[role], house.sides["ours"])
        assert answer.status_code == 403, (role, route.label, answer.status_code, answer.text)
        assert answer.json()["code"] == "access.forbidden"
        asked += 1
    assert asked >= 10
    assert (await house.changed_since(before), house.knocks) == ({}, knocks)


# --- scopes ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def undone(house: House) -> AsyncIterator[None]:
    kept = house.app.state.database
    house.app.state.database = Undone(kept.dsn, size=2)
    await house.app.state.database.open()
    try:
        yield
    finally:
        await house.app.state.database.close()
        house.app.state.database = kept


def staff_of(side: Side, scope: Scope) -> Caller:
    return Caller(
        kind="staff",
        account_id=side.ids["staff"],
        institution_id=side.institution,
        department_id=side.department,
        grants=dict.fromkeys((name for name in PERMISSIONS if ".own." not in name), scope),
        display="员工",
    )


def scopes(side: Side) -> dict[str, Scope]:
    return {
        "institution": Scope(institutions=(side.institution,)),
        "department": Scope(departments=(side.department,)),
        "own": Scope(account=side.ids["staff"]),
        "nobody": Scope(),
    }


def names_something(route: Route, side: Side) -> bool:
    """Whether the request is about something of a side, in its path or body."""
    named = set(re.findall(r"\{(\w+)\}", route.path)) & set(side.ids)
    body = str(BODIES[route.operation](side)) if route.operation in BODIES else ""
    return bool(named) or any(str(value) in body for value in side.ids.values() if len(str(value)) == 36)


def is_staff(route: Route) -> bool:
    return route.access.permission is not None and ".own." not in route.access.permission


async def test_requests_of_this_test_are_good_ones(house: House) -> None:
    """The refusals below prove something only because the same requests about one's own institution go through."""
    ours = house.sides["ours"]
    headers = house.stand_in(staff_of(ours, Scope(institutions=(ours.institution,))))
    refused = {}
    async with undone(house):
        for route in routes_of(house.app):
            if is_staff(route) and names_something(route, ours):
                answer = await ask(house, route, headers, ours)
                if answer.status_code not in (200, 201, 204, 409):
                    refused[route.operation] = (answer.status_code, answer.text[:200])
    # WeChat, which is not there, was to be asked.
    for operation in (
        "wechat_clear_quota",
        "wechat_publish_menu",
        "wechat_compare_menu",
        "wechat_list_templates",
        "wechat_preview_broadcast",
        *CALLING_WECHAT,
    ):
        assert refused.pop(operation)[0] == 502
    assert refused == {}


@pytest.mark.parametrize("kind", ["institution", "department", "own", "nobody"])
async def test_staff_never_reach_another_institution(house: House, kind: str) -> None:
    """With every permission, on four kinds of scope: requests about the other side are refused, lists don't show it."""
    ours, other = house.sides["ours"], house.sides["other"]
    headers = house.stand_in(staff_of(ours, scopes(ours)[kind]))
    before, knocks = await house.fingerprint(), house.knocks
    faults = []
    for route in routes_of(house.app):
        if not is_staff(route):
            continue
        if names_something(route, other):
            answer = await ask(house, route, headers, other)
            if answer.status_code not in REFUSED and not _is_empty(route, answer):
                faults.append((route.label, answer.status_code, answer.text[:300]))
            faults += _seen(route, answer, other)
        elif route.method == "GET":
            faults += await _seen_in_lists(house, route, headers, ours, other)
    assert faults == []
    assert (await house.changed_since(before), house.knocks) == ({}, knocks)


async def _seen_in_lists(
    house: House, route: Route, headers: dict[str, str], ours: Side, other: Side
) -> list[Any]:
    """Without filters, with ours, with theirs: never anything of the other side."""
    faults = []
    for side in (ours, other):
        answer = await ask(house, route, headers, side, filtered=True)
        if answer.status_code not in (200, 403, 404):
            faults.append((route.label, answer.status_code, answer.text[:300]))
        faults += _seen(route, answer, other)
    answer = await ask(house, route, headers, ours)
    return faults + _seen(route, answer, other)


def _is_empty(route: Route, answer: httpx.Response) -> bool:
    """A list about somebody out of reach may be empty instead of missing."""
    if route.method != "GET" and route.operation not in READS_BY_POST:
        return False
    return answer.status_code == 200 and answer.json() in (
        [], {"items": [], "next": None}, {"results": 0, "persons": 0, "items": []},
    )  # fmt: skip


READS_BY_POST = {"people_search_persons", "exchange_preview_release", "messaging_search_history"}


def _seen(route: Route, answer: httpx.Response, side: Side) -> list[Any]:
    shown = sorted(mark for mark in side.marks() if mark in answer.text)
    return [(route.label, "shows", shown)] if shown else []


# --- customers ---------------------------------------------------------------------------------------------------

# Mark one's own notices up to a point in time, which an id stands for; tested apart.
UP_TO = {"notices_mark_own_read_up_to", "notices_mark_staff_read_up_to"}


def is_own(route: Route) -> bool:
    """Routes for whoever is signed in, about nobody but themselves."""
    own = route.access.permission is not None and ".own." in route.access.permission
    return own or isinstance(route.access, SignedIn | SignedInAndWaits)


async def test_customers_requests_of_this_test_are_good_ones(house: House) -> None:
    ours = house.sides["ours"]
    headers = await house.sign_in("customer-ours")
    refused = {}
    async with undone(house):
        for route in routes_of(house.app):
            if is_own(route) and names_something(route, ours) and route.path.startswith("/api/patient/"):
                answer = await ask(house, route, headers, ours)
                # 502: the vendor, which hangs up here, was asked for an account.
                if answer.status_code not in (200, 201, 204, 409, 502):
                    refused[route.operation] = (answer.status_code, answer.text[:200])
    # An empty sheet cannot be completed: one's own is refused for what is missing in it, not as if it were not there.
    assert refused.pop("forms_complete_response")[0] == 422
    assert refused == {}


@pytest.mark.parametrize("whose", ["neighbour", "other"])
async def test_customers_never_reach_another_customer(
    house: House, sessions: dict[str, dict[str, str]], whose: str
) -> None:
    """Somebody of the same institution, and somebody of another one."""
    side, headers = house.sides[whose], sessions["customer"]
    before, knocks = await house.fingerprint(), house.knocks
    faults, asked = [], 0
    for route in routes_of(house.app):
        if not is_own(route) or route.operation in ENDS_THE_SESSION | UP_TO:
            continue
        about = names_something(route, side) and not _about_nobody(route)
        if not about and route.method != "GET":
            continue
        answer = await ask(house, route, headers, side, filtered=True)
        asked += 1
        if answer.status_code not in (REFUSED if about else (200, 403, 404)):
            faults.append((route.label, answer.status_code, answer.text[:300]))
        shown = sorted(mark for mark in side.own_marks() if mark in answer.text)
        faults += [(route.label, "shows", shown)] if shown else []
    assert faults == []
    assert asked >= 30
    assert (await house.changed_since(before), house.knocks) == ({}, knocks)


ENDS_THE_SESSION = {"accounts_sign_out", "accounts_change_password"}


def _about_nobody(route: Route) -> bool:
    """Booking, signing or writing at an institution is no request about another person."""
    return route.operation in {
        "exams_request_booking",
        "people_sign_consent",
        "people_keep_card_picture",
        "messaging_get_own_conversation",
        "messaging_list_own_messages",
        "messaging_send_own_message",
        "messaging_mark_own_read",
        "messaging_upload_own_media",
        "messaging_rate_service",
    }


async def test_staff_never_reach_the_inbox_and_sessions_of_others(
    house: House, sessions: dict[str, dict[str, str]]
) -> None:
    other, headers = house.sides["other"], sessions["doctor"]
    before = await house.fingerprint()
    asked = 0
    for route in routes_of(house.app):
        if (
            isinstance(route.access, SignedIn | SignedInAndWaits)
            and route.operation not in ENDS_THE_SESSION | UP_TO
        ):
            if route.method != "GET" and not names_something(route, other):
                continue
            answer = await ask(house, route, headers, other)
            asked += 1
            assert not _seen(route, answer, other)
            if names_something(route, other):
                assert answer.status_code in (401, 403, 404, 422), (route.label, answer.text)
    assert asked >= 15
    assert await house.changed_since(before) == {}


async def test_marking_up_to_a_foreign_notice_marks_nobody_elses(
    house: House, sessions: dict[str, dict[str, str]]
) -> None:
    unread = "SELECT count(*) FROM notices.notices WHERE read_at IS NULL AND person_id IS DISTINCT FROM $1"
    ours, other = house.sides["ours"], house.sides["other"]
    before = await house.one(unread, ours.person)
    for path, notice in (
        ("/api/patient/notices/read", other.ids["notice_id"]),
        ("/api/patient/notices/read", other.ids["staff_notice_id"]),
    ):
        await house.call("POST", path, sessions["customer"], {"up_to": str(notice)})
    assert await house.one(unread, ours.person) == before


# --- vendors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interface", ["checklist-queries", "guides", "results", "reports"])
async def test_a_vendor_never_reaches_customers_of_another(house: House, interface: str) -> None:
    """The account of our customer is nobody for the other institution's vendor, and what it sends about them is not taken."""
    ours, other = house.sides["ours"], house.sides["other"]
    content = {
        "checklist-queries": {},
        "guides": {"guide": {"kind": "text", "content": "x"}},
        "results": {
            "change": "1",
            "results": [{"item_code": "K", "value": "9", "performed_at": "20261121080000"}],
        },
        "reports": {"report": {"kind": "text", "content": "x"}},
    }[interface]
    body = {"exam_account": ours.exam_account, "exam_no": "E-ours", "person": ours.wire, **content}
    tables = ("exams.guides", "exams.results", "exams.reports", "exams.bookings", "notices.notices")
    before = await house.fingerprint()
    answer = await house.push(other, interface, body)
    assert answer["accepted"] is False
    assert [message["code"] for message in answer["messages"]] == ["301"]
    assert answer["data"] == {}
    assert not set(tables) & set(await house.changed_since(before))
