"""The access of the vendor's routes: a call signed by an app that may use this interface, from where, and how often."""

import math
import time
from typing import Any
from uuid import UUID

from fastapi import Depends, Request

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.security import Access, Caller
from kanghu.modules.accounts import public as accounts
from kanghu.modules.exchange.errors import (
    AddressNotAllowed,
    AppUnknown,
    ClockOff,
    InterfaceNotAllowed,
    Malformed,
    NonceInvalid,
    NotJson,
    RateExceeded,
    SignatureMissing,
)
from kanghu.modules.exchange.service.receive import SignedCall
from kanghu.modules.exchange.wire import signature
from kanghu.modules.exchange.wire.signature import SignatureHeaders

NOTE_USE_EVERY_S = 60.0
_noted: dict[UUID, float] = {}


class SignedAccess(Access):
    """Verifies signature, clock, interface, address and rate; the nonce is used up in the call's own transaction."""

    def __init__(self, interface: str) -> None:
        self.interface = interface

    async def __call__(self, request: Request) -> SignedCall:
        started = time.perf_counter()
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise NotJson
        given = _headers(request)
        body = await request.body()
        database: Database = request.app.state.database
        ip = request.client.host if request.client else ""
        app = accounts.remembered_app(given.app_id)
        if app is None:
            async with database.transaction() as tx:
                app = await accounts.get_app(tx, given.app_id)
        if app is None or app.vendor_id is None:
            raise AppUnknown
        secret_id = _verified(app, given, request, body)
        await _note_use(database, secret_id)
        _check_rights(app, self.interface, ip)
        request_id = request.headers.get("x-request-id")
        if request_id is not None and not 0 < len(request_id) <= 64:
            raise Malformed("X-Request-Id 最长 64 个字符")
        caller = Caller(
            kind="app",
            account_id=app.id,
            institution_id=app.institution_id,
            ip=ip,
            request_id=request.state.request_id,
        )
        return SignedCall(app, app.vendor_id, self.interface, given.nonce, request_id, body, caller, started)


def signed_call(interface: str) -> Any:
    return Depends(SignedAccess(interface), scope="function")


def _headers(request: Request) -> SignatureHeaders:
    """Raises `SignatureMissing`, `ClockOff`, `NonceInvalid`."""
    names = ("x-app-id", "x-timestamp", "x-nonce", "x-signature")
    app_id, timestamp, nonce, signed = (request.headers.get(name, "") for name in names)
    if not (app_id and timestamp and nonce and signed):
        raise SignatureMissing
    given = SignatureHeaders(
        app_id, timestamp, nonce, signed, request.headers.get("x-sign-type", signature.SHA256)
    )
    if not signature.is_fresh(given.timestamp, time.time()):
        raise ClockOff
    if not signature.is_nonce(given.nonce):
        raise NonceInvalid
    return given


def _verified(app: accounts.ApiApp, given: SignatureHeaders, request: Request, body: bytes) -> UUID:
    """The id of the secret that signed. Raises `AppUnknown`, the same for an unknown app and a wrong signature."""
    if given.sign_type not in app.sign_types:
        raise AppUnknown
    query = request.scope["query_string"].decode("latin-1")
    raw_path = request.scope.get("raw_path") or request.url.path.encode()
    target = raw_path.decode("latin-1").partition("?")[0] + (f"?{query}" if query else "")
    text = signature.string_to_sign(
        request.method, target, given.timestamp, given.nonce, body, given.sign_type
    )
    secrets = app.live_secrets(clock.now())
    place = signature.is_signed_by([kept.secret for kept in secrets], text, given.signature, given.sign_type)
    if place is None:
        raise AppUnknown
    return secrets[place].id


def _check_rights(app: accounts.ApiApp, interface: str, ip: str) -> None:
    """Raises `InterfaceNotAllowed`, `AddressNotAllowed`, `RateExceeded`."""
    if interface not in app.interfaces:
        raise InterfaceNotAllowed
    if not app.admits(ip):
        raise AddressNotAllowed
    wait = accounts.take_token(app)
    if wait > 0:
        raise RateExceeded(headers={"Retry-After": str(math.ceil(wait))})


async def _note_use(database: Database, secret_id: UUID) -> None:
    """When a secret was last used, to the minute: a rotation wants to know whether the old one is still in use."""
    now = time.monotonic()
    if now - _noted.get(secret_id, -NOTE_USE_EVERY_S) >= NOTE_USE_EVERY_S:
        _noted[secret_id] = now
        async with database.transaction() as tx:
            await accounts.note_secret_used(tx, secret_id)
