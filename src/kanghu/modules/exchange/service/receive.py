"""What every received call goes through: once only, in one transaction, logged with its answer.

A call is answered inside the transaction that stores its effect. When storing fails for a reason that lies in the message, the
effect is rolled back, and the message is kept in a second transaction and tried again by a job: nothing that was acknowledged is
lost, and one bad message never stands in the way of the next.
"""

import hashlib
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kanghu.kernel import audit, log
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import enqueue
from kanghu.kernel.security import Caller
from kanghu.modules.accounts.public import ApiApp
from kanghu.modules.exchange.errors import Malformed, NonceReplayed, RequestIdReused
from kanghu.modules.exchange.events import MessageKept
from kanghu.modules.exchange.models import Opening
from kanghu.modules.exchange.repository import messages
from kanghu.modules.exchange.wire.datasets import Person
from kanghu.modules.exchange.wire.envelope import Envelope, Message, identity_differs, no_record
from kanghu.modules.people import public as people

BODY, ANSWER = "exchange.messages.body", "exchange.messages.answer"

# What PostgreSQL refuses because of what is in the message, not because of its own state.
_REFUSED_BY_DATABASE = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.RaiseError,
    asyncpg.ProgramLimitExceededError,
)


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A call whose signature is verified."""

    app: ApiApp
    vendor_id: UUID
    interface: str
    nonce: str
    request_id: str | None
    body: bytes
    caller: Caller
    started: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler knows of the message it handles: `opening` holds account, identity and booking, if there are."""

    message_id: UUID
    vendor_id: UUID
    opening: Opening
    caller: Caller


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message: `state` is done, staged (a part waits) or refused (nothing was taken)."""

    state: str
    messages: list[Message] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    booking_id: UUID | None = None

    @property
    def codes(self) -> list[str]:
        return [message.code for message in self.messages]

    def envelope(self, request_id: str) -> bytes:
        return msgspec.json.encode(Envelope(self.state != "refused", self.messages, self.data, request_id))


Handler = Callable[[Tx, Context, Any], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Interface:
    """One of H1–H5: what comes in, what is done with it, what is said when it could not be stored."""

    code: str
    decoder: msgspec.json.Decoder[Any]
    handle: Handler
    not_saved: Callable[[str], Message] | None

    def decode(self, body: bytes) -> Any:
        """Raises `Malformed` with the place of the fault."""
        # PostgreSQL stores no NUL; such a text would be refused later and less clearly.
        if b"\\u0000" in body:
            raise Malformed("报文含有 \\u0000 字符，无法保存")
        try:
            return self.decoder.decode(body)
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(f"报文格式不正确：{error}") from error


class NotSaved(Exception):
    """Raised by a handler whose message cannot be stored now but is kept; `reason` is Chinese."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _FirstDeliveryWasFaster(Exception):
    """Another delivery with the same request id committed while this one was at work."""


def seal_body(body: bytes, message_id: UUID) -> bytes:
    return vault.seal(zlib.compress(body, 1), BODY, message_id)


def open_body(sealed: bytes, message_id: UUID) -> bytes:
    return zlib.decompress(vault.open_bytes(sealed, BODY, message_id))


async def answer(database: Database, call: SignedCall, interface: Interface) -> bytes:
    """The envelope for a signed call. Raises transport faults (`Malformed`, `NonceReplayed`, `RequestIdReused`)."""
    push = interface.decode(call.body)
    while True:
        try:
            return await _answer(database, call, interface, push)
        except _FirstDeliveryWasFaster:
            continue  # its answer is there now


async def _answer(database: Database, call: SignedCall, interface: Interface, push: Any) -> bytes:
    try:
        async with database.transaction() as tx:
            return await _handle(tx, call, interface, push)
    except NotSaved as error:
        reason = error.reason
    except _REFUSED_BY_DATABASE as error:
        log.get("exchange").error("message_not_saved", interface=interface.code, error=type(error).__name__)
        reason = "内容不符合保存条件"
    if interface.not_saved is None:
        raise Malformed("无法处理该请求")
    async with database.transaction() as tx:
        return await _keep(tx, call, interface, interface.not_saved(reason))


async def _handle(tx: Tx, call: SignedCall, interface: Interface, push: Any) -> bytes:
    opening = await messages.open_call(
        tx,
        app_id=call.app.app_id,
        nonce=call.nonce,
        request_id=call.request_id,
        vendor_id=call.vendor_id,
        exam_account=getattr(push, "exam_account", ""),
        exam_no=getattr(push, "exam_no", None),
    )
    if not opening.fresh:
        raise NonceReplayed
    sha256 = hashlib.sha256(call.body).digest()
    if opening.prior_id is not None:
        if opening.prior_sha256 != sha256 or opening.prior_answer is None:
            raise RequestIdReused
        return vault.open_bytes(opening.prior_answer, ANSWER, opening.prior_id)
    context = Context(new_id(), call.vendor_id, opening, call.caller)
    outcome = await interface.handle(tx, context, push)
    return await _log(tx, call, context, outcome, sha256)


async def _log(tx: Tx, call: SignedCall, context: Context, outcome: Outcome, sha256: bytes) -> bytes:
    envelope = outcome.envelope(call.request_id or str(context.message_id))
    kept = await messages.insert(
        tx,
        message_id=context.message_id,
        vendor_id=call.vendor_id,
        direction="in",
        interface=call.interface,
        app_id=call.app.app_id,
        request_id=call.request_id,
        body_sha256=sha256,
        body=seal_body(call.body, context.message_id),
        answer=vault.seal(envelope, ANSWER, context.message_id),
        state=outcome.state,
        codes=outcome.codes,
        person_id=context.opening.person_id,
        booking_id=outcome.booking_id,
        duration_ms=round((time.perf_counter() - call.started) * 1000),
        audited=audit.entry(
            call.caller,
            f"exchange.{call.interface.lower()}.receive",
            subject=f"exchange.messages/{context.message_id}",
            person_id=context.opening.person_id,
            detail={"state": outcome.state, "codes": outcome.codes},
        ),
    )
    if not kept:
        raise _FirstDeliveryWasFaster
    return envelope


async def _keep(tx: Tx, call: SignedCall, interface: Interface, message: Message) -> bytes:
    """The message is taken over although its effect could not be stored: logged as failed, and tried again."""
    opening = await messages.open_call(
        tx,
        app_id=call.app.app_id,
        nonce=call.nonce,
        request_id=call.request_id,
        vendor_id=call.vendor_id,
        exam_account="",
        exam_no=None,
    )
    context = Context(new_id(), call.vendor_id, opening, call.caller)
    outcome = Outcome("failed", [message])
    envelope = await _log(tx, call, context, outcome, hashlib.sha256(call.body).digest())
    await enqueue(tx, "exchange.reprocess", MessageKept(message_id=context.message_id))
    return envelope


def refuse_stranger(context: Context, exam_account: str, person: Person) -> Outcome | None:
    """301 for an unknown account, 401 when the person is another one; None when all is well (decisions 5 and 7)."""
    opening = context.opening
    if opening.person_id is None:
        return Outcome("refused", [no_record(exam_account, "account_unknown")])
    assert opening.name_index is not None
    assert opening.sex is not None
    assert opening.birth_date is not None
    try:
        born = date.fromisoformat(f"{person.birth_date[:4]}-{person.birth_date[4:6]}-{person.birth_date[6:]}")
    except ValueError as error:
        raise Malformed("person.birth_date 不是有效日期") from error
    name_index, id_number_index = people.identity_indexes(vault, person.name, person.id_number)
    differing = people.compare_identity(
        people.StoredIdentity(opening.name_index, opening.sex, opening.birth_date, opening.id_number_index),
        people.GivenIdentity(name_index, person.sex, born, id_number_index),
    )
    return Outcome("refused", [identity_differs(list(differing))]) if differing else None
