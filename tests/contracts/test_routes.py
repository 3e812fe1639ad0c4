"""What every route must declare, and that an application with a route that does not will not start."""

import re
from collections import Counter
from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles

from kanghu.kernel.db import Database
from kanghu.kernel.security import (
    PERMISSIONS,
    Caller,
    RouteWithoutAccess,
    all_routes,
    anyone,
    can,
    check_routes,
    signed_in,
)
from kanghu.main import modules
from kanghu.main.app import create_app
from kanghu.modules.accounts import public as accounts
from kanghu.modules.accounts.roles import BUILTIN_ROLES, permissions_of

from .requests import routes_of

CHINESE = re.compile("[\u4e00-\u9fff]")
APP = create_app(Database(""), accounts.authenticate)
ROUTES = [route for route in all_routes(APP.routes) if isinstance(route, APIRoute)]

# Permissions that no route asks for, with what asks instead.
WITHOUT_ROUTE = {"accounts.permission.delegate": "looked at when roles and grants are given"}


async def without() -> str:
    return ""


async def once(_caller: Annotated[Caller, can("people.person.read")]) -> str:
    return ""


async def twice(
    _one: Annotated[Caller, can("people.person.read")], _two: Annotated[Caller, signed_in()]
) -> str:
    return ""


async def undeclared(_caller: Annotated[Caller, can("people.person.devour")]) -> str:
    return ""


def application(endpoint: object, *, within: int) -> FastAPI:
    """With the endpoint `within` so many routers."""
    router = APIRouter(prefix="/x")
    router.add_api_route("/y", endpoint)  # type: ignore[arg-type]
    for _ in range(within):
        outer = APIRouter(prefix="/outer")
        outer.include_router(router)
        router = outer
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    return app


@pytest.mark.parametrize("within", [0, 1, 2])
@pytest.mark.parametrize("endpoint", [without, twice, undeclared])
def test_a_route_without_exactly_one_known_access_does_not_start(endpoint: object, within: int) -> None:
    with pytest.raises(RouteWithoutAccess):
        check_routes(application(endpoint, within=within))


@pytest.mark.parametrize("within", [0, 1, 2])
def test_a_route_with_one_access_starts(within: int) -> None:
    check_routes(application(once, within=within))


def test_nothing_but_api_routes_unless_listed() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.mount("/files", StaticFiles(directory="."), name="files")
    with pytest.raises(RouteWithoutAccess):
        check_routes(app)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_route("/raw", lambda _request: JSONResponse({}))
    with pytest.raises(RouteWithoutAccess):
        check_routes(app)
    check_routes(app, open_paths=["/raw"])


def test_the_frameworks_own_pages_are_off() -> None:
    """FastAPI would serve documents and a playground to anybody."""
    with pytest.raises(RouteWithoutAccess):
        check_routes(FastAPI())


def test_an_access_hidden_in_a_router_counts() -> None:
    """Declared for a whole router and again on the route: two, and refused."""
    router = APIRouter(prefix="/x", dependencies=[anyone("why")])
    router.add_api_route("/y", once)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    with pytest.raises(RouteWithoutAccess):
        check_routes(app)


# --- names -------------------------------------------------------------------------------------------------------


def module_of(route: APIRoute) -> str:
    """kanghu.modules.exams.endpoints → exams; what `main` serves itself is main's."""
    parts = route.endpoint.__module__.split(".")
    return parts[2] if parts[1] == "modules" else parts[1]


def test_every_operation_has_an_id_of_its_module() -> None:
    for route in ROUTES:
        assert route.operation_id, route.path
        assert re.fullmatch(rf"{module_of(route)}_[a-z0-9]+(_[a-z0-9]+)*", route.operation_id), (
            route.operation_id
        )
    twice_used = [
        name for name, times in Counter(route.operation_id for route in ROUTES).items() if times > 1
    ]
    assert twice_used == []


def test_every_route_says_in_chinese_what_it_does() -> None:
    for route in ROUTES:
        summary = (route.description or "").strip().partition("\n")[0]
        assert CHINESE.search(summary), route.path
        assert len(summary) <= 60, (route.path, summary)
        assert route.tags, route.path


AUDIENCES = ("/api/admin/", "/api/patient/", "/api/session/", "/api/live", "/open/v1/", "/healthz")
# Called by WeChat, whose format it is: none of our versions says anything about it.
FORMATS_OF_OTHERS = ("/open/notices/", "/open/wechat/")


def test_paths_tell_their_audience() -> None:
    for route in ROUTES:
        assert route.path.startswith(AUDIENCES + FORMATS_OF_OTHERS)


def test_a_mini_program_can_send_every_request_of_a_patient() -> None:
    """`wx.request` knows no PATCH."""
    for route in ROUTES:
        if route.path.startswith(("/api/patient/", "/api/session/")):
            assert "PATCH" not in route.methods, route.path


def test_routes_are_not_hidden_by_earlier_ones() -> None:
    """`/forms/{code}` before `/forms/responses` would swallow it."""
    for place, route in enumerate(ROUTES):
        sample = route.path.replace("{", "").replace("}", "")
        for earlier in ROUTES[:place]:
            if earlier.methods & route.methods and earlier.path != route.path:
                assert not earlier.path_regex.match(sample) or "{" in route.path, (earlier.path, route.path)


# --- permissions -------------------------------------------------------------------------------------------------


def test_every_permission_is_asked_for_somewhere() -> None:
    asked = {route.access.permission for route in routes_of(APP)} - {None}
    assert set(PERMISSIONS) - asked == set(WITHOUT_ROUTE)


def test_permissions_are_named() -> None:
    for permission, name in PERMISSIONS.items():
        module, noun, verb = permission.split(".")
        assert module in (*modules.MODULES, "main"), permission
        assert re.fullmatch(r"[a-z_]+", noun), permission
        assert re.fullmatch(r"[a-z_]+", verb), permission
        assert CHINESE.search(name), permission


def test_patient_routes_take_no_staff_permission_and_the_other_way_round() -> None:
    for route in routes_of(APP):
        if route.access.permission is not None:
            own = ".own." in route.access.permission
            assert own == route.path.startswith("/api/patient/"), route.label


def test_what_customers_hold_nobody_else_holds() -> None:
    held = {role.code: set(permissions_of(role, PERMISSIONS)) for role in BUILTIN_ROLES}
    staff = set().union(*(permissions for role, permissions in held.items() if role != "customer"))
    assert held["customer"]
    assert not held["customer"] & staff
    assert held["customer"] | staff == set(PERMISSIONS)
