"""X-For-Person: for one's family everywhere on the patients' routes, for a stranger nowhere; every role, every route."""

from typing import Any

import httpx
import pyotp
import pytest

from kanghu.kernel.security import Anyone
from kanghu.modules.accounts.roles import BUILTIN_ROLES

from .house import TOTP, House
from .requests import Route, body_of, path_of, routes_of
from .test_access import ask, undone

# The family itself is the customer's own, whomever they act for.
OF_THE_HOLDER = {"people_list_family", "people_list_holders"}
SAYS_WHO_SIGNED = {"people_sign_consent"}


def patients_routes(house: House) -> list[Route]:
    found = [route for route in routes_of(house.app) if route.path.startswith("/api/patient/")]
    return [route for route in found if not isinstance(route.access, Anyone)]


@pytest.fixture(scope="module")
async def me(house: House) -> dict[str, str]:
    return await house.sign_in("customer-ours")


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_a_stranger_is_refused_everywhere(house: House, me: dict[str, str]) -> None:
    """People of the same and of another institution, and their children; about my own things or theirs."""
    before, knocks = await house.fingerprint(), house.knocks
    asked = 0
    for whose in ("neighbour", "other"):
        side = house.sides[whose]
        for person in (side.person, side.ids["relative_id"]):
            headers = me | {"X-For-Person": str(person)}
            for route in patients_routes(house):
                about = house.sides["ours"] if asked % 2 else side
                answer = await ask(house, route, headers, about)
                assert code_of(answer) == (403, "people.not_family"), (route.label, answer.text)
                asked += 1
    assert asked > 150
    # Attempts per address are counted before anything else is looked at.
    assert (await house.changed_since(before)).keys() <= {"people.sign_up_attempts"}
    assert house.knocks == knocks


@pytest.mark.parametrize("role", [role.code for role in BUILTIN_ROLES if role.code != "customer"])
async def test_no_member_of_staff_acts_for_a_customer(house: House, role: str) -> None:
    needs_totp = next(found.requires_totp for found in BUILTIN_ROLES if found.code == role)
    code = pyotp.TOTP(TOTP).now() if needs_totp else None
    headers = await house.sign_in(f"ours-{role}".replace("_", "-"), code)
    headers |= {"X-For-Person": str(house.sides["ours"].person)}
    for route in patients_routes(house):
        answer = await ask(house, route, headers, house.sides["ours"])
        assert code_of(answer) == (403, "people.not_family"), (route.label, answer.text)


async def test_acting_for_my_child_i_see_the_childs_and_not_mine(house: House, me: dict[str, str]) -> None:
    ours = house.sides["ours"]
    headers = me | {"X-For-Person": str(ours.ids["relative_id"])}
    faults: list[Any] = []
    async with undone(house):
        for route in patients_routes(house):
            answer = await ask(house, route, headers, ours)
            mine = {str(value) for value in ours.own_marks()}
            shown = sorted(mark for mark in mine if mark in answer.text)
            if shown and route.operation not in OF_THE_HOLDER | SAYS_WHO_SIGNED:
                faults.append((route.label, "shows", shown))
            named = set(route.path.split("/")) & {
                "{booking_id}",
                "{document_id}",
                "{finding_id}",
                "{response_id}",
            }
            wanted = (404,) if named else (200, 201, 204, 404, 409, 422, 502)
            if answer.status_code not in wanted:
                faults.append((route.label, answer.status_code, answer.text[:200]))
    assert faults == []


async def test_what_a_child_has_done_is_the_childs(house: House, me: dict[str, str]) -> None:
    """An answer, a signature and a correction under the header land on the child, by the hand of the holder's account."""
    ours = house.sides["ours"]
    child = ours.ids["relative_id"]
    headers = me | {"X-For-Person": str(child)}
    async with undone(house):
        for operation in ("people_sign_consent", "people_change_me"):
            route = next(found for found in patients_routes(house) if found.operation == operation)
            answer = await house.client.request(
                route.method,
                path_of(route, ours, house.common),
                headers=headers,
                json=body_of(operation, ours, house.common),
            )
            assert answer.status_code in (200, 201), answer.text
        about_me = await house.client.get("/api/patient/people/me", headers=headers)
    assert about_me.json()["id"] == str(child)
