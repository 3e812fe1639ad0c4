"""The vendor's interface: US-K1 and US-K2. The platform calls it."""

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema

from kanghu_sandbox.wire import signature
from kanghu_sandbox.wire.client import new_request_id
from kanghu_sandbox.wire.envelope import Envelope
from kanghu_sandbox.wire.messages import AccountBinding, Appointment

from . import clock, guard, repository
from .context import centre_of
from .faults import InboundFaults
from .guard import Refused
from .repository import Call
from .service.bind_account import bind_account
from .service.book_exam import book_by_platform
from .store import Tx

log = logging.getLogger(__name__)

PREFIX = "/exam/v1"
M = TypeVar("M", bound=BaseModel)

router = APIRouter(prefix=PREFIX, tags=["体检中心接口（平台调用，须签名）"])

_BUSY = Refused(503, "transport.busy", "系统繁忙，请稍后以同一 X-Request-Id 重发")
_SIGNED = [
    {"name": name, "in": "header", "required": required, "schema": {"type": "string"}}
    for name, required in (
        (signature.APP_ID, True),
        (signature.TIMESTAMP, True),
        (signature.NONCE, True),
        (signature.SIGNATURE, True),
        (signature.SIGN_TYPE, False),
        (signature.REQUEST_ID, False),
    )
]
_FAULTS: dict[int | str, dict[str, Any]] = {
    401: {"model": Envelope, "description": "签名不符、时钟偏差过大或 X-Nonce 已用过"},
    409: {"model": Envelope, "description": "X-Request-Id 已用于另一条消息"},
    413: {"model": Envelope, "description": "正文超过 1 MiB"},
    415: {"model": Envelope, "description": "Content-Type 不是 application/json"},
    422: {"model": Envelope, "description": "正文不符合格式"},
}


# Schemas of the request bodies. FastAPI doesn't see them, because the guard reads the raw bytes that are signed.
SCHEMAS: dict[str, Any] = models_json_schema(
    [(AccountBinding, "validation"), (Appointment, "validation")], ref_template="#/components/schemas/{model}"
)[1]["$defs"]


def _documented(model: type[BaseModel]) -> dict[str, Any]:
    """Headers and body as the API document shows them."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "parameters": _SIGNED,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
    }


@router.post(
    "/account-bindings",
    operation_id="bind_account",
    response_model=Envelope,
    responses=_FAULTS,
    openapi_extra=_documented(AccountBinding),
)
async def bind(request: Request) -> Response:
    """US-K1 绑定体检账号：按姓名、性别、出生日期、证件号码查找；查无账号则新建，并以 103 提示。"""
    return await _answer(request, "K1", AccountBinding, lambda tx, asked: bind_account(tx, asked.person))


@router.post(
    "/appointments",
    operation_id="book_exam",
    response_model=Envelope,
    responses=_FAULTS,
    openapi_extra=_documented(Appointment),
)
async def book(request: Request) -> Response:
    """US-K2 预约体检：今天至 14 天后（含）可约；应答给出体检编号。"""
    places = centre_of(request).settings.daily_capacity
    return await _answer(
        request, "K2", Appointment, lambda tx, asked: book_by_platform(tx, asked, clock.today(), places)
    )


async def _answer(
    request: Request, interface: str, model: type[M], work: Callable[[Tx, M], Envelope]
) -> Response:
    """Verify, parse, do it once, log it, misbehave if told to."""
    centre, faults = centre_of(request), centre_of(request).faults.now.inbound
    started = time.monotonic()
    request_id, body = guard.request_id_of(request) or new_request_id(), b""
    try:
        body = await guard.read_body(request)
        await _stumble(request, faults)
        call = await guard.authenticate(request, body, centre.store, centre.inbound)
        request_id = call.request_id
        asked = _parse(model, body)
        envelope = await centre.store.run(
            lambda tx: guard.answer_once(tx, call, lambda inner: work(inner, asked))
        )
        status = 200
    except Refused as refusal:
        envelope, status = refusal.envelope(request_id), refusal.status
    except sqlite3.OperationalError:
        log.exception("the store did not answer")
        envelope, status = _BUSY.envelope(request_id), _BUSY.status
    record = Call(
        direction="in",
        interface=interface,
        request_id=request_id,
        status=status,
        request=body.decode(errors="replace"),
        answer=envelope.model_dump_json(),
        millis=int((time.monotonic() - started) * 1000),
        note="应答正文已换成乱码" if faults.garbage_body else "",
    )
    with contextlib.suppress(sqlite3.OperationalError):  # a full log must not spoil an answer
        await centre.store.run(lambda tx: repository.add_call(tx, record))
    if faults.garbage_body:
        return Response(b'\xff\xfe{"accepted": tr', status, media_type="application/json")
    return JSONResponse(
        envelope.model_dump(), status, headers={"Retry-After": "1"} if status in (429, 503) else None
    )


async def _stumble(request: Request, faults: InboundFaults) -> None:
    """The faults that come before any work."""
    await asyncio.sleep(faults.delay_ms / 1000)
    if faults.down:
        await _say_nothing(request)
    if faults.status is not None:
        raise Refused(faults.status, "transport.fault", "按故障设置应答")
    if faults.wrong_signature:
        raise Refused(401, "transport.signature", "签名不符（故障设置）")


async def _say_nothing(request: Request) -> None:
    """Hold the line until the caller gives up; whatever is returned then has nobody to go to."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    raise Refused(503, "transport.down", "按故障设置不应答")


def _parse(model: type[M], body: bytes) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError as failure:
        first = failure.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "正文"
        raise Refused(422, "transport.malformed", f"格式不符：{field} {first['msg']}") from failure
