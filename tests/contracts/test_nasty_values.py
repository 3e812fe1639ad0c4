"""Values that people never send and attackers do, in every place of every request: refused or taken, never an error of ours."""

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute

from kanghu.kernel.security import all_routes
from kanghu.modules.exchange.wire import examples
from kanghu.modules.exchange.wire.signature import signed_headers

from .house import SECRET, House, everything
from .requests import BODIES, CALLING_WECHAT, Route, body_of, path_of, routes_of
from .test_access import is_own, is_staff, undone
from .test_examples import PATHS

TEXTS = [
    "", "\x00", "a\x00b", "\ud800", "x" * 5000, "%_\\", "１２３", "{a}", "0001-01-01", "9999-12-31",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00", "1e400",
]  # fmt: skip
NUMBERS = [-1, 2**31, 2**63, 10**40, 0.5]
OTHERS = [None, [], {"a": "\x00"}, {"\x00": 1}]
LONGEST = 25
"""Of a large body (a whole form) only so many places, evenly spread."""


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a body, the body itself included."""
    yield at
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*at, key))


def nasty_for(value: Any) -> list[Any]:
    """What is nasty in the place of this value; of the wrong types only a few."""
    if isinstance(value, str):
        return [*TEXTS, *OTHERS, NUMBERS[2]]
    if isinstance(value, int | float):
        return [*NUMBERS, *OTHERS, *TEXTS[:2]]
    return [*OTHERS, *TEXTS[:2], NUMBERS[0]]


def at(body: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        body = body[key]
    return body


def spread(found: list[Any]) -> list[Any]:
    return found[:: -(-len(found) // LONGEST)]


def with_instead(body: Any, at: tuple[Any, ...], nasty: Any) -> Any:
    if not at:
        return nasty
    changed = copy.deepcopy(body)
    target = changed
    for key in at[:-1]:
        target = target[key]
    target[at[-1]] = nasty
    return changed


AWAY = {
    (operation, 502)
    for operation in (
        "exchange_bind_account",
        "wechat_clear_quota",
        "wechat_publish_menu",
        "wechat_roll_back_menu",
        "wechat_compare_menu",
        *CALLING_WECHAT,
    )
}


async def refused_badly(house: House, route: Route, headers: dict[str, str], url: str, body: Any) -> str:
    """What was wrong with the answer, empty when nothing was."""
    content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    answer = await house.client.request(
        route.method, url, content=content, headers={**headers, "Content-Type": "application/json"}
    )
    # The vendor of this house hangs up, and WeChat is not there: 502 is the true answer of the routes that call them.
    if answer.status_code >= 500 and (route.operation, answer.status_code) not in AWAY:
        return f"{route.label} {url[-80:]} {str(body)[:200]}: {answer.status_code} {answer.text[:200]}"
    if answer.status_code >= 400 and not answer.json()["message"]:
        return f"{route.label}: no message"
    return ""


@pytest.fixture(scope="module")
async def callers(house: House) -> dict[str, dict[str, str]]:
    return {"staff": house.stand_in(everything()), "customer": await house.sign_in("customer-ours")}


def headers_for(route: Route, callers: dict[str, dict[str, str]]) -> dict[str, str]:
    return callers["customer" if is_own(route) or route.path.startswith("/api/patient") else "staff"]


# Ends the session that the other requests need, or is slow on purpose (hashing passwords, pauses after failures).
APART = {"accounts_sign_in", "accounts_change_password", "accounts_confirm_totp"}


async def test_bodies(house: House, callers: dict[str, dict[str, str]]) -> None:
    ours, faults, asked = house.sides["ours"], [], 0
    async with undone(house):
        for route in routes_of(house.app):
            if route.operation not in BODIES or route.operation in APART:
                continue
            body, url = body_of(route.operation, ours, house.common), path_of(route, ours, house.common)
            if isinstance(body, bytes):
                body = {"a file": "which this is not"}
            for place in spread(list(places(body))):
                for nasty in nasty_for(at(body, place)):
                    changed = with_instead(body, place, nasty)
                    fault = await refused_badly(house, route, headers_for(route, callers), url, changed)
                    faults += [fault] if fault else []
                    asked += 1
    assert faults == []
    assert asked > 2000


async def test_paths_and_queries(house: House, callers: dict[str, dict[str, str]]) -> None:
    ours, faults, asked = house.sides["ours"], [], 0
    async with undone(house):
        for route in routes_of(house.app):
            if not (is_staff(route) or is_own(route)) or route.operation in APART:
                continue
            for url in urls(route, path_of(route, ours, house.common)):
                body = body_of(route.operation, ours, house.common)
                fault = await refused_badly(house, route, headers_for(route, callers), url, body)
                faults += [fault] if fault else []
                asked += 1
    assert faults == []
    assert asked > 1500


def urls(route: Route, good: str) -> Iterator[str]:
    template, parts = route.path.split("/"), good.split("/")
    nasty = (
        [quote(text, safe="", errors="surrogatepass") for text in TEXTS]
        + [str(n) for n in NUMBERS]
        + ["%FF", "%C0%80"]
    )
    for place, part in enumerate(template):
        if part.startswith("{"):
            for text in nasty[:4] if part.endswith("_id}") else nasty:
                yield "/".join([*parts[:place], text or "%20", *parts[place + 1 :]])
    for name in route.query:
        for text in nasty:
            yield f"{good}?{name}={text}"


RAW = [
    b"", b" ", b"null", b"[]", b"1", b'"x"', b"{", b"{}{}", b"\xff\xfe", b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a":' * 50_000,
    b'{"exam_account": 1' + b"0" * 5000 + b"}", b'{"exam_account": NaN}', b'{"exam_account": "\\ud800"}', b"\x00",
]  # fmt: skip


@pytest.mark.parametrize("interface", ["H1", "H2", "H3", "H4", "H5"])
async def test_pushes(house: House, interface: str) -> None:
    """A vendor's message is answered in the envelope, or refused as a transport fault with words."""
    side, faults = house.sides["ours"], []
    content = {**examples.REQUESTS[interface]}
    content |= {"exam_account": side.exam_account} if interface != "H5" else {}
    content |= {"exam_no": "E-ours", "person": side.wire} if interface in ("H2", "H3", "H4") else {}
    bodies = [
        json.dumps(with_instead(content, place, nasty)).encode()
        for place in places(content)
        for nasty in nasty_for(at(content, place))
    ]
    async with undone(house):
        good = await push_raw(house, PATHS[interface], side.app, json.dumps(content).encode())
        assert good.status_code == 200
        assert good.json()["accepted"] is True
        for body in bodies + RAW:
            answer = await push_raw(house, PATHS[interface], side.app, body)
            told = answer.json()
            fine = {"accepted", "messages", "data", "request_id"} == set(told) or bool(told["message"])
            if answer.status_code not in (200, 422) or not fine:
                faults.append(f"{body[:300]!r}: {answer.status_code} {answer.text[:200]}")
    assert faults == []


async def push_raw(house: House, path: str, app: str, body: bytes) -> httpx.Response:
    headers = signed_headers(app, SECRET, "POST", path, body)
    return await house.client.post(
        path, content=body, headers={**headers, "Content-Type": "application/json"}
    )


def test_all_bodies_are_known(house: House) -> None:
    """Who adds a route with a body adds a good request for it here."""
    wanted = {
        str(route.operation_id)
        for route in all_routes(house.app.routes)
        if isinstance(route, APIRoute) and route.body_field is not None
    }
    assert wanted <= BODIES.keys()
