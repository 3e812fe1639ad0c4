"""The edge of HTTP: request id, body bound, the transaction of a request, errors as answers."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kanghu.kernel import log
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import AppError, Invalid, NotFound, TooLarge, Unavailable
from kanghu.kernel.ids import new_id

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,64}")
MIB = 1024 * 1024


async def transaction(request: Request) -> AsyncIterator[Tx]:
    """One request = one transaction, committed before the answer is sent, rolled back when an error is raised."""
    database: Database = request.app.state.database
    async with database.transaction() as tx:
        yield tx


Transaction = Annotated[Tx, Depends(transaction, scope="function")]


class Router(APIRouter):
    """Routes of a module under one prefix. Whoever calls another one passes by in one comparison instead of one for every route."""

    def __init__(self, prefix: str, **more: Any) -> None:
        super().__init__(prefix=prefix, **more)
        self._begins = prefix.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope) if scope["path"].startswith(self._begins) else (Match.NONE, {})


class Edge:
    """Outermost middleware: gives each request its id, bounds its body, adds the security headers."""

    def __init__(self, app: ASGIApp, limits: Callable[[str], int]) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _REQUEST_ID.fullmatch(given) else str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        limit = self.limits(scope["path"])
        if int(headers.get(b"content-length", b"0") or b"0") > limit:
            error = TooLarge(f"提交的内容过大，最多 {limit // MIB} MiB")
            await JSONResponse(error.body(request_id), error.status)(scope, receive, send)
            return
        await self.app(scope, _bounded(receive, limit), _with_headers(send, request_id))


def _bounded(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                # FastAPI lets only HTTPException through while it reads a body.
                raise HTTPException(413, f"提交的内容过大，最多 {limit // MIB} MiB")
        return message

    return bounded


_SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'self'; object-src 'none'; frame-ancestors 'none'"),
]


def _with_headers(send: Send, request_id: str) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(header for header in _SECURITY_HEADERS if header[0] not in own),
                (b"x-request-id", request_id.encode()),
            ]
        await send(message)

    return with_headers


# What pydantic says → what a person reads. `{…}` are pydantic's own context values.
_FIELD_MESSAGES = {
    "missing": "必填",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "格式不正确",
    "string_type": "应为文字",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "float_parsing": "应为数字",
    "decimal_parsing": "应为数字",
    "bool_parsing": "应为是或否",
    "bool_type": "应为是或否",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "greater_than": "应大于 {gt}",
    "less_than": "应小于 {lt}",
    "date_from_datetime_parsing": "日期格式应为 YYYY-MM-DD",
    "date_parsing": "日期格式应为 YYYY-MM-DD",
    "datetime_parsing": "时间格式不正确",
    "datetime_from_date_parsing": "时间格式不正确",
    "uuid_parsing": "编号格式不正确",
    "uuid_type": "编号格式不正确",
    "literal_error": "只能是 {expected}",
    "enum": "只能是 {expected}",
    "json_invalid": "不是有效的 JSON",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "extra_forbidden": "不认识的字段",
    "value_error": "{error}",
}


def field_messages(errors: list[dict[str, Any]]) -> dict[str, str]:
    """pydantic's errors as {field path: Chinese sentence}."""
    found: dict[str, str] = {}
    for error in errors:
        place = ".".join(str(part) for part in error["loc"] if part not in ("body", "query", "path"))
        template = _FIELD_MESSAGES.get(error["type"], "填写有误")
        try:
            found[place or "body"] = template.format(**error.get("ctx", {}))
        except (KeyError, IndexError):
            found[place or "body"] = "填写有误"
    return found


def _answer(request: Request, error: AppError) -> JSONResponse:
    return JSONResponse(error.body(_request_id(request)), error.status, headers=error.headers)


def _request_id(request: Request) -> str:
    return getattr(request.state, "request_id", "")


# What the database refuses of what a client sent: text that cannot be stored, numbers out of range.
_BAD_VALUES = (
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,
    asyncpg.DataError,
    UnicodeEncodeError,
    OverflowError,
)
# What passes by itself, or when somebody mends the machine: no connection, restart, disk full, input/output, lock trouble.
_PASSING = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke in the middle of a statement
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.InternalServerError,
    asyncpg.OperatorInterventionError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    TimeoutError,
    ConnectionError,
    OSError,
)


def _told(error: HTTPException) -> AppError:
    """What the framework itself refuses, in the words of the house."""
    if error.status_code == 400:
        # The one case: a body that is no text in UTF-8.
        return Invalid("提交的内容不是 UTF-8 编码的 JSON")
    if error.status_code == 404:
        return NotFound("没有这个地址")
    known = AppError(str(error.detail))
    if error.status_code == 405:
        known = AppError("此地址不支持这种请求方法")
        known.code = "request.method_not_allowed"
    if error.status_code == TooLarge.status:
        known.code = TooLarge.code
    return known


def install_error_handlers(app: FastAPI) -> None:
    """Every error becomes `{code, message, request_id, fields?}`; the unexpected ones are logged without content."""
    logger = log.get("web")

    async def app_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AppError)
        return _answer(request, error)

    async def validation_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return _answer(request, Invalid(fields=field_messages(list(error.errors()))))

    async def http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        known = _told(error)
        status = known.status if isinstance(known, Invalid) else error.status_code
        return JSONResponse(
            known.body(_request_id(request)), status, headers=dict(error.headers or {}) or None
        )

    async def bad_value(request: Request, _error: Exception) -> JSONResponse:
        return _answer(request, Invalid("提交的内容含有无法保存的字符或超出范围的数字"))

    async def passing(request: Request, error: Exception) -> JSONResponse:
        logger.error(
            "passing_fault", path=request.url.path, error=type(error).__name__, request=_request_id(request)
        )
        return _answer(request, Unavailable(headers={"Retry-After": "2"}))

    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        logger.error("unexpected_error", path=request.url.path, request=_request_id(request), exc_info=error)
        body = {
            "code": "service.internal_error",
            "message": "系统出现内部错误，请稍后再试",
            "request_id": _request_id(request),
        }
        return JSONResponse(body, 500)

    handlers: list[tuple[type[Exception], Callable[[Request, Exception], Awaitable[JSONResponse]]]] = [
        (AppError, app_error),
        (RequestValidationError, validation_error),
        (HTTPException, http_error),
        (ClientDisconnect, bad_value),  # nobody is there to read it
        *[(kind, bad_value) for kind in _BAD_VALUES],
        *[(kind, passing) for kind in _PASSING],
        (Exception, unexpected),
    ]
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)
