"""The path of a call from the account's holder: faults, whose token, quota, body, then the work, in that order.

WeChat answers HTTP 200 whatever happens; what went wrong stands in `errcode`.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from . import quotas, tokens
from .account import Account
from .codes import Refused
from .context import WeChat, address_of, wechat_of
from .pushes import Push, deliver
from .store import Tx

OFFICIAL, MINI, NOBODY = "official account", "mini-program", "nobody: the call brings its own credentials"
EITHER = "official account or mini-program"
BODY_LIMIT = 11 * 1024 * 1024
"""A video of 10 MB with what a form puts around it."""

Answer = dict[str, Any]


@dataclass(slots=True)
class Call:
    """One call, read: `body` is its JSON object, `raw` what came. `pushes` go out once the work is committed.
    `app_id`: whose token it carries, empty when it brings its own credentials."""

    wechat: WeChat
    path: str
    query: Mapping[str, str]
    content_type: str
    raw: bytes
    body: Mapping[str, Any]
    now: float
    address: str
    app_id: str = ""
    pushes: list[Push] = field(default_factory=list)

    @property
    def account(self) -> Account:
        return self.wechat.account

    def text(self, name: str, code: int = 40035) -> str:
        """A string of the body that must be there; raises Refused with `code`."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value:
            raise Refused(code, name)
        return value


@dataclass(frozen=True, slots=True)
class Api:
    """One interface. `text` marks the few that WeChat labels text/plain; `form` those that take no JSON."""

    method: str
    path: str
    work: Callable[[Tx, Call], Answer | Response]
    of: str = OFFICIAL
    text: bool = False
    form: bool = False


def add_interfaces(app: FastAPI, apis: Sequence[Api]) -> None:
    """Serve these interfaces; they stay out of the API document, which is the desk's."""
    for api in apis:
        app.add_api_route(api.path, _endpoint(api), methods=["GET", "POST"], include_in_schema=False)


def _endpoint(api: Api) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        wechat = wechat_of(request)
        await asyncio.sleep(wechat.faults.now.delay_ms / 1000)
        try:
            call = await _read(request, api, wechat)
            answer = await _work(api, call)
        except Refused as refused:
            return _json(refused.answer(), api)
        response = answer if isinstance(answer, Response) else _json(answer, api)
        response.background = BackgroundTask(_send_pushes, wechat, call.pushes)
        return response

    return endpoint


async def _send_pushes(wechat: WeChat, pushes: Sequence[Push]) -> None:
    """Only once the answer has gone out: the caller should know of a message before its finish is told."""
    for push in pushes:
        wechat.later(deliver(wechat, push))


async def _read(request: Request, api: Api, wechat: WeChat) -> Call:
    if request.method != api.method:
        raise Refused(43001 if api.method == "GET" else 43002)
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_LIMIT:
            raise Refused(45001)
    return Call(
        wechat=wechat,
        path=api.path,
        query=dict(request.query_params),
        content_type=request.headers.get("content-type", ""),
        raw=bytes(raw),
        body={},
        now=wechat.now(),
        address=address_of(request),
    )


async def _work(api: Api, call: Call) -> Answer | Response:
    _meet_faults(api, call.wechat)
    if api.of != NOBODY:
        await call.wechat.store.run(lambda tx: _admit(tx, api, call))
    if api.method == "POST" and not api.form:
        call.body = _object(call.raw)
    return await call.wechat.store.run(lambda tx: api.work(tx, call))


def _meet_faults(api: Api, wechat: WeChat) -> None:
    if wechat.faults.take_busy():
        raise Refused(-1)
    if code := wechat.faults.now.errcodes.get(api.path):
        raise Refused(code)
    if wechat.faults.now.token_invalidated and api.of != NOBODY:
        raise Refused(40001)


def _admit(tx: Tx, api: Api, call: Call) -> None:
    app_id = tokens.holder(tx, call.query.get("access_token", ""), call.now)
    refused = {OFFICIAL: call.account.mini_app_id, MINI: call.account.app_id}
    if app_id == refused.get(api.of):
        raise Refused(48001)
    call.app_id = app_id
    quotas.admit(tx, app_id, api.path, call.now)


def _object(raw: bytes) -> Mapping[str, Any]:
    if not raw.strip():
        raise Refused(44002)
    try:
        body = json.loads(raw)
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except ValueError:
        raise Refused(47001) from None
    if not isinstance(body, dict):
        raise Refused(47001)
    return body


def _json(answer: Answer, api: Api) -> Response:
    # /sns/* label their JSON text/plain: known from the field, no document says it; clients must not go by the label.
    kind = "text/plain" if api.text else "application/json; encoding=utf-8"
    return Response(json.dumps(answer, ensure_ascii=False), headers={"Content-Type": kind})
