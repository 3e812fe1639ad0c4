"""What stands before the vendor interface: size, type, signature, nonce, and one answer per X-Request-Id."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.requests import ClientDisconnect

from kanghu_sandbox.wire import signature
from kanghu_sandbox.wire.client import new_request_id
from kanghu_sandbox.wire.envelope import Envelope, error

from . import repository
from .store import Store, Tx

MAX_BODY_BYTES = 1024 * 1024
MAX_REQUEST_ID = 64


class Refused(Exception):
    """A transport fault: it has an HTTP status of its own and never a business code."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text

    def envelope(self, request_id: str) -> Envelope:
        """The same envelope as every answer; the code begins with a letter, so it can't be taken for a business code."""
        return Envelope(accepted=False, messages=[error(self.code, self.text)], request_id=request_id)


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A call that has shown who it is. `keyed` tells whether the caller chose the request id."""

    app_id: str
    body: bytes
    request_id: str
    keyed: bool
    fingerprint: str


async def authenticate(
    request: Request, body: bytes, store: Store, credentials: signature.Credentials
) -> SignedCall:
    """Verify a call whose body has been read. Raises Refused (401, 422)."""
    target = _target(request)
    now = time.time()
    try:
        signed = signature.read_headers(request.headers)
        known = credentials.secrets if signed.app_id == credentials.app_id else ()
        signature.verify(signed, known, request.method, target, body, now)
    except signature.BadSignature as reason:
        raise Refused(401, "transport.signature", str(reason)) from reason
    # A timestamp may lie ahead by the window, and stays good for the window after it: the nonce is kept that long.
    expires_at = signed.timestamp + signature.WINDOW_SECONDS
    fresh = await store.run(
        lambda tx: repository.burn_nonce(tx, signed.app_id, signed.nonce, expires_at, now)
    )
    if not fresh:
        raise Refused(401, "transport.replay", "X-Nonce 已经用过")
    return _signed_call(request, signed.app_id, body, target)


def answer_once(tx: Tx, call: SignedCall, work: Callable[[Tx], Envelope]) -> Envelope:
    """Do the work, or give the first answer again. Raises Refused 409 for the same id with another message.

    Answer and effect are stored in one transaction: a killed call has either both or neither.
    """
    if not call.keyed:
        return work(tx).model_copy(update={"request_id": call.request_id})
    first = repository.first_answer(tx, call.app_id, call.request_id)
    if first is not None:
        fingerprint, answer = first
        if fingerprint != call.fingerprint:
            raise Refused(409, "transport.request_id_reused", "X-Request-Id 已用于另一条消息，请换新的编号")
        return Envelope.model_validate_json(answer)
    envelope = work(tx).model_copy(update={"request_id": call.request_id})
    repository.keep_answer(tx, call.app_id, call.request_id, call.fingerprint, envelope.model_dump_json())
    return envelope


def request_id_of(request: Request) -> str:
    """The idempotency key that the caller chose; empty when it chose none."""
    return request.headers.get(signature.REQUEST_ID, "").strip()


async def read_body(request: Request) -> bytes:
    """The body, never more of it than allowed, whatever Content-Length says. Raises Refused (400, 413, 415)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "transport.media_type", "Content-Type 应为 application/json; charset=utf-8")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise Refused(413, "transport.too_large", "正文超过 1 MiB")
    except ClientDisconnect as gone:
        raise Refused(400, "transport.cut_off", "正文没有发完") from gone
    return bytes(body)


def _target(request: Request) -> str:
    """PATH?QUERY exactly as it stood in the request line."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


def _signed_call(request: Request, app_id: str, body: bytes, target: str) -> SignedCall:
    given = request_id_of(request)
    if len(given) > MAX_REQUEST_ID:
        raise Refused(422, "transport.request_id", "X-Request-Id 不得超过 64 个字符")
    message = f"{request.method} {target}\n".encode() + body
    fingerprint = hashlib.sha256(message).hexdigest()
    return SignedCall(app_id, body, given or new_request_id(), bool(given), fingerprint)
