"""Calls to WeChat's servers: the right address, JSON as it wants it, its error codes as errors of ours. Knows no token.

WeChat answers refusals with HTTP 200 and an `errcode`; -1 means that the same call may work in a moment.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from kanghu.kernel.http import Answer, PeerFailed, outbound
from kanghu.modules.wechat.errors import Misconfigured, WechatAway, WechatBusy, refused
from kanghu.modules.wechat.models import Account

BACK_OFF_S = (0.2, 0.8)
"""Before the second and the third try when WeChat is busy."""
UPLOAD_DEADLINE_S = 30.0
MAX_FILE_BYTES = 12 * 1024 * 1024
"""WeChat's largest file is 10 MB."""

JSON = {"Content-Type": "application/json; charset=utf-8"}

Fields = dict[str, Any]
Made = TypeVar("Made")


async def get(account: Account, path: str, **query: str) -> Fields:
    """Raises `WechatFailed`."""
    return await _patiently(lambda: _asked(account, "GET", path, query))


async def post(account: Account, path: str, body: Mapping[str, Any], **query: str) -> Fields:
    """Raises `WechatFailed`."""
    content = msgspec.json.encode(body)  # UTF-8 as it is: WeChat shows \\u escapes to people
    return await _patiently(lambda: _asked(account, "POST", path, query, content, JSON))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the form field `media`, with `fields` beside it."""

    name: str
    media_type: str
    content: bytes
    fields: Mapping[str, str] = field(default_factory=dict)


async def upload(account: Account, path: str, file: Upload, **query: str) -> Fields:
    """Raises `WechatFailed`."""
    form = httpx.Request(
        "POST",
        "http://form",
        data=dict(file.fields),
        files={"media": (file.name, file.content, file.media_type)},
    )
    headers = {"Content-Type": form.headers["content-type"]}
    return await _patiently(lambda: _asked(account, "POST", path, query, form.read(), headers))


async def download(account: Account, path: str, **query: str) -> Answer:
    """A file, or JSON that speaks of one (`media_type` tells). Raises `WechatFailed`."""

    async def ask() -> Answer:
        answer = await _call(account, "GET", path, query)
        if "json" in answer.media_type or "text/plain" in answer.media_type:
            _fields(answer)
        return answer

    return await _patiently(ask)


async def download_by_post(account: Account, path: str, body: Mapping[str, Any], **query: str) -> Answer:
    """Like `download`, of those that are asked for with JSON. Raises `WechatFailed`."""

    async def ask() -> Answer:
        answer = await _call(account, "POST", path, query, msgspec.json.encode(body), JSON)
        if "json" in answer.media_type or "text/plain" in answer.media_type:
            _fields(answer)
        return answer

    return await _patiently(ask)


async def file_at(account: Account, url: str) -> Answer:
    """A file at an address that WeChat named. Raises `WechatFailed`."""
    with _failures_as_ours():
        answer = await outbound().get(
            f"wechat-files:{account.id}", url, deadline_s=UPLOAD_DEADLINE_S, max_bytes=MAX_FILE_BYTES
        )
    if answer.status != 200:
        raise WechatAway(f"微信返回 HTTP {answer.status}，请稍后再试")
    return answer


async def _asked(
    account: Account,
    method: str,
    path: str,
    query: Mapping[str, str],
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Fields:
    return _fields(await _call(account, method, path, query, content, headers or {}))


async def _call(
    account: Account,
    method: str,
    path: str,
    query: Mapping[str, str],
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    peer = f"wechat:{account.id}"
    url = f"{account.api_url.rstrip('/')}{path}" + (f"?{urlencode(query)}" if query else "")
    with _failures_as_ours():
        if method == "GET":
            return await outbound().get(peer, url, max_bytes=MAX_FILE_BYTES)
        return await outbound().post(
            peer, url, content=content, headers=headers or {}, deadline_s=_deadline(content)
        )


def _deadline(content: bytes) -> float:
    return UPLOAD_DEADLINE_S if len(content) > 256 * 1024 else 10.0


@contextmanager
def _failures_as_ours() -> Iterator[None]:
    """What keeps a call inside the block from an answer, as an error of ours."""
    try:
        yield
    except httpx.InvalidURL as error:
        raise Misconfigured("微信给出的地址无法访问") from error
    except PeerFailed as error:
        if error.passing:
            raise WechatAway(f"微信：{error.reason}，请稍后再试", maybe_done=error.maybe_done) from error
        told = f"微信接口：{error.reason}，请核对接口地址"
        raise Misconfigured(told, maybe_done=error.maybe_done) from error


def _fields(answer: Answer) -> Fields:
    """The answer's JSON. Raises `WechatFailed` for what is none, and for a refusal."""
    if answer.status != 200:
        raise WechatAway(f"微信返回 HTTP {answer.status}，请稍后再试")
    try:
        found = msgspec.json.decode(answer.body, type=Fields)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WechatAway("微信的应答格式不正确，请稍后再试", maybe_done=True) from error
    errcode = found.get("errcode", 0)
    if errcode:
        refusal = refused(errcode if isinstance(errcode, int) else -1, str(found.get("errmsg", "")))
        refusal.answer = found
        raise refusal
    return found


async def _patiently(ask: Callable[[], Awaitable[Made]]) -> Made:
    for pause in BACK_OFF_S:
        try:
            return await ask()
        except WechatBusy:
            await asyncio.sleep(pause)
    return await ask()


def text(fields: Fields, name: str) -> str:
    """A text that has to be there. Raises `WechatAway`."""
    found = fields.get(name)
    if not isinstance(found, str) or not found:
        raise WechatAway("微信的应答格式不正确，请稍后再试")
    return found
