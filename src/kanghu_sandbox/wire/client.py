"""An HTTP client that signs, and that may safely be used again when nobody answered.

A retry carries the same X-Request-Id and the same body bytes, so the other side can tell it from a new message; the
timestamp and the nonce are new, because a nonce is good for one call.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from . import signature
from .envelope import Envelope, read_envelope

RETRY_STATUS = frozenset({429, 503})
LONGEST_PAUSE_SECONDS = 30.0


class NoAnswer(Exception):
    """Nobody answered on any attempt. Whether the message arrived is unknown: send it again with the same request id."""

    def __init__(self, request_id: str, attempts: int, reason: str) -> None:
        super().__init__(reason)
        self.request_id, self.attempts, self.reason = request_id, attempts, reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `envelope` is None where the body wasn't one."""

    status: int
    body: bytes
    envelope: Envelope | None
    request_id: str
    attempts: int


def encode(payload: Any) -> bytes:
    """JSON as it goes over the wire: UTF-8, no escapes for Chinese."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def new_request_id() -> str:
    """A fresh idempotency key."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class SignedClient:
    """Calls one other side. `clock` gives unix seconds; `attempts` counts the first try."""

    http: httpx.AsyncClient
    base_url: str
    credentials: signature.Credentials
    attempts: int = 4
    first_pause: float = 0.5
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def prepare(self, method: str, path: str, body: bytes, request_id: str) -> httpx.Request:
        """One signed request, ready to be sent once."""
        request = self.http.build_request(
            method,
            self.base_url.rstrip("/") + path,
            content=body,
            headers={"Content-Type": "application/json; charset=utf-8", signature.REQUEST_ID: request_id},
        )
        # The target is taken from the built request: what is signed must be what stands in the request line.
        target = request.url.raw_path.decode("ascii")
        request.headers.update(
            signature.signed_headers(self.credentials, method, target, body, timestamp=int(self.clock()))
        )
        return request

    async def post(self, path: str, body: bytes, request_id: str | None = None) -> Answer:
        """Send `body`, again on 429, 503 and silence. Raises NoAnswer when every attempt ended in silence."""
        request_id = request_id or new_request_id()
        reason = ""
        for attempt in range(1, self.attempts + 1):
            pause = self.first_pause * 2 ** (attempt - 1)
            try:
                response = await self.http.send(self.prepare("POST", path, body, request_id))
            except httpx.TransportError as failure:
                reason = f"{type(failure).__name__} {failure}".strip()
            else:
                answer = Answer(
                    response.status_code,
                    response.content,
                    read_envelope(response.content),
                    request_id,
                    attempt,
                )
                if response.status_code not in RETRY_STATUS or attempt == self.attempts:
                    return answer
                pause = _retry_after(response) or pause
            if attempt < self.attempts:
                await self.sleep(min(pause, LONGEST_PAUSE_SECONDS))
        raise NoAnswer(request_id, self.attempts, reason)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds the other side asks to wait. The form with a date is not used in this exchange."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
