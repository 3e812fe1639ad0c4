"""Who calls, what they may do, and on whose data. Denied unless declared.

Every route depends on exactly one `Access`: `can("module.noun.verb")`, `signed_in()`, `anyone("why")` or a module's own
subclass. `check_routes` refuses to start an application in which one is missing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import UUID

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Forbidden, Invalid, Unauthenticated
from kanghu.kernel.web import Transaction


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data: the union of everything named here. An empty scope reaches nobody."""

    everything: bool = False
    institutions: tuple[UUID, ...] = ()
    departments: tuple[UUID, ...] = ()
    account: UUID | None = None
    persons: tuple[UUID, ...] = ()

    def __or__(self, other: "Scope") -> "Scope":
        return Scope(
            everything=self.everything or other.everything,
            institutions=tuple(sorted({*self.institutions, *other.institutions})),
            departments=tuple(sorted({*self.departments, *other.departments})),
            account=self.account or other.account,
            persons=tuple(sorted({*self.persons, *other.persons})),
        )

    def sql(self) -> tuple[Any, ...]:
        """The value of a `kernel.scope` parameter."""
        return (
            self.everything,
            list(self.institutions),
            list(self.departments),
            self.account,
            list(self.persons),
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: `kind` is staff, customer, app (a vendor's system) or system (a job, a command).

    `person_id` is whom a customer's request is about: themselves, or the one they act for, and then `holder_id` is themselves.
    """

    kind: str
    account_id: UUID | None = None
    session_id: UUID | None = None
    institution_id: UUID | None = None
    department_id: UUID | None = None
    person_id: UUID | None = None
    holder_id: UUID | None = None
    grants: Mapping[str, Scope] = field(default_factory=dict)
    display: str = ""
    ip: str = ""
    request_id: str = ""

    def own_person(self) -> UUID:
        """The customer, or whom they act for. Raises `Forbidden` for accounts without a person."""
        if self.person_id is None:
            raise Forbidden("请使用客户账户操作")
        return self.person_id

    def session_person(self) -> UUID | None:
        """The person behind a customer's session, whomever they act for."""
        return self.holder_id or self.person_id

    def on_behalf_of(self, person_id: UUID) -> "Caller":
        """The same caller, whose rights reach this person instead of themselves; who may do so is decided elsewhere."""
        reach = Scope(persons=(person_id,))
        return replace(
            self,
            person_id=person_id,
            holder_id=self.session_person(),
            grants=dict.fromkeys(self.grants, reach),
        )

    def scope(self, permission: str) -> Scope:
        """On whose data the caller has `permission`. Raises `Forbidden` where it is not granted."""
        try:
            return self.grants[permission]
        except KeyError:
            raise Forbidden from None


SYSTEM = Caller(kind="system", display="系统")
"""Jobs, timers and commands act as this caller in the audit log."""


class Authenticator(Protocol):
    """Who stands behind a token. `idle`: asked by a machine on its own, which does not keep a session alive."""

    async def __call__(
        self, tx: Tx, token: str, *, ip: str = "", request_id: str = "", idle: bool = False
    ) -> Caller | None: ...


class Represent(Protocol):
    """Turns a customer into one who acts for a person. Raises `Forbidden` when they may not."""

    async def __call__(self, tx: Tx, caller: Caller, person_id: UUID) -> Caller: ...


PERMISSIONS: dict[str, str] = {}
"""Every declared permission → its Chinese name; `main` fills it from the modules' `policy.PERMISSIONS`."""


def declare_permissions(permissions: Mapping[str, str]) -> None:
    PERMISSIONS.update(permissions)


class Access:
    """Marks the dependency that decides whether a route may be called."""

    permission: str | None = None


def bearer_token(request: Request) -> str:
    """Raises `Unauthenticated`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > 200:
        raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
    return token


async def _caller(request: Request, tx: Tx, *, idle: bool = False) -> Caller:
    """The caller behind the bearer token. Raises `Unauthenticated`."""
    token = bearer_token(request)
    authenticate: Authenticator = request.app.state.authenticate
    found = await authenticate(
        tx,
        token,
        ip=request.client.host if request.client else "",
        request_id=request.state.request_id,
        idle=idle,
    )
    if found is None:
        raise Unauthenticated("登录已失效，请重新登录", headers={"WWW-Authenticate": "Bearer"})
    return await _represented(request, tx, found)


FOR_PERSON = "X-For-Person"
"""The header of a customer's request that is about somebody of their family."""
ON_BEHALF = "/api/patient/"
"""Where that header counts."""


async def _represented(request: Request, tx: Tx, caller: Caller) -> Caller:
    given = request.headers.get(FOR_PERSON)
    if given is None or not request.url.path.startswith(ON_BEHALF):
        return caller
    try:
        person_id = UUID(given)
    except ValueError:
        raise Invalid(f"请求头 {FOR_PERSON} 应为家庭成员的人员编号") from None
    if person_id == caller.person_id:
        return caller
    represent: Represent = request.app.state.represent
    return await represent(tx, caller, person_id)


class Can(Access):
    """The caller holds the permission, on whatever scope."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    async def __call__(self, request: Request, tx: Transaction) -> Caller:
        caller = await _caller(request, tx)
        caller.scope(str(self.permission))
        return caller


class CanAndWaits(Access):
    """Like `Can`, in a short transaction of its own: the route holds no connection while it waits for the outside."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Caller:
        async with request.app.state.database.transaction() as tx:
            caller = await _caller(request, tx)
        caller.scope(str(self.permission))
        return caller


class SignedIn(Access):
    """Any signed-in caller: for what concerns nobody but themselves."""

    async def __call__(self, request: Request, tx: Transaction) -> Caller:
        return await _caller(request, tx)


class SignedInAndWaits(Access):
    """Like `SignedIn`, in a short transaction of its own: for a line that stays open. Its coming back by itself is no use of
    the session."""

    async def __call__(self, request: Request) -> Caller:
        async with request.app.state.database.transaction() as tx:
            return await _caller(request, tx, idle=True)


class Anyone(Access):
    """Nobody has to sign in; `why` is the reason that a reviewer reads."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def __call__(self, request: Request) -> Caller:
        return Caller(
            kind="system",
            display="未登录",
            ip=request.client.host if request.client else "",
            request_id=request.state.request_id,
        )


def can(permission: str) -> Any:
    return Depends(Can(permission), scope="function")


def can_and_waits(permission: str) -> Any:
    """For routes that call the outside: they get no `Transaction` and open short ones themselves."""
    return Depends(CanAndWaits(permission), scope="function")


def signed_in() -> Any:
    return Depends(SignedIn(), scope="function")


def signed_in_and_waits() -> Any:
    return Depends(SignedInAndWaits(), scope="function")


def anyone(why: str) -> Any:
    return Depends(Anyone(why), scope="function")


class RouteWithoutAccess(RuntimeError):
    """A route without exactly one declared access, or with an undeclared permission."""


def access_of(dependant: Dependant) -> list[Access]:
    found: list[Access] = [dependant.call] if isinstance(dependant.call, Access) else []
    return found + [access for child in dependant.dependencies for access in access_of(child)]


def all_routes(routes: Iterable[Any]) -> Iterator[Any]:
    """Routes of an application with those of its included routers, which FastAPI keeps behind a wrapper."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from all_routes(included.routes)


def check_routes(app: FastAPI, open_paths: Iterable[str] = ()) -> None:
    """Raises `RouteWithoutAccess` unless every route declares its access; `open_paths` are served to anyone."""
    for route in all_routes(app.routes):
        path = getattr(route, "path", str(route))
        if path in open_paths:
            continue
        if not isinstance(route, APIRoute):
            raise RouteWithoutAccess(f"{path}: not an API route and not listed as open")
        declared = access_of(route.dependant)
        if len(declared) != 1:
            raise RouteWithoutAccess(f"{path}: {len(declared)} accesses declared, exactly one is needed")
        if declared[0].permission is not None and declared[0].permission not in PERMISSIONS:
            raise RouteWithoutAccess(f"{path}: permission {declared[0].permission} is declared by no module")
