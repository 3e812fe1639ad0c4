"""Codes by SMS: they prove that somebody holds a phone, for signing in, signing up and a forgotten password.

What is answered never tells whether a phone is known: an unknown one gets its row, its limits and its event too, only nothing
is sent. A wrong code is counted in a transaction of its own (`check`), because the request that brought it fails; the right one
is used up in the transaction of what it is good for (`use`).
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import AppError, Invalid
from kanghu.kernel.events import publish
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import policy, sealing
from kanghu.modules.accounts.errors import (
    PhoneCodeLimit,
    PhoneCodeRefused,
    PhoneCodesUnavailable,
    PhoneCodeTooSoon,
)
from kanghu.modules.accounts.events import PhoneCodeRequested
from kanghu.modules.accounts.models import PhoneCode
from kanghu.modules.accounts.policy import ADDRESS_LOCK
from kanghu.modules.accounts.repository import phone_codes as rows
from kanghu.modules.accounts.repository import sessions
from kanghu.modules.accounts.service.sign_in import one_more, paused


def _nobody_sends() -> bool:
    return False


_available: Callable[[], bool] = _nobody_sends


def send_phone_codes_when(available: Callable[[], bool]) -> None:
    """`notices` stands above this floor, so it brings the way to ask whether SMS are sent here at all."""
    global _available
    _available = available


def available() -> bool:
    return _available()


async def request(tx: Tx, caller: Caller, phone: str, purpose: str) -> None:
    """A new code, which replaces an older one. Raises PhoneCodesUnavailable, Invalid, PhoneCodeTooSoon, PhoneCodeLimit."""
    if not available():
        raise PhoneCodesUnavailable
    number, now, code_id = _mobile(phone), clock.now(), new_id()
    index, address = phone_index_of(number), vault.blind_index("phone_code_address", caller.ip)
    _refuse_too_many(await rows.asked(tx, index, address, purpose, now), now)
    known = await sessions.credentials_by_name(tx, None, index)
    code = f"{secrets.randbelow(10**6):06d}"
    message = vault.seal(f"{number} {code}", sealing.MESSAGE, code_id)
    new = PhoneCode(
        id=code_id,
        purpose=purpose,
        phone_index=index,
        code_hash=_hash(code_id, code),
        message_sealed=message if known or purpose == "sign_up" else None,
        expires_at=now + policy.PHONE_CODE_LIFE,
    )
    await rows.add(tx, new, address, now)
    await publish(tx, PhoneCodeRequested(code_id=code_id))
    await _tell(tx, caller, "request", code_id, purpose)


async def check(
    database: Database, caller: Caller, phone: str, purpose: str, code: str, field: str = "code"
) -> None:
    """Whether `code` is good for this, without using it. Raises PhoneCodeRefused on `field`, SignInPaused for the address.

    Opens its own transaction: a failure must be committed although the request fails.
    """
    index = phone_index_of(phone)
    async with database.transaction() as tx:
        refused = await _judge(tx, caller, index, purpose, code, field)
    if refused is not None:
        raise refused


async def _judge(
    tx: Tx, caller: Caller, index: bytes, purpose: str, code: str, field: str
) -> AppError | None:
    address, now = f"ip:{caller.ip}", clock.now()
    if (until := await sessions.locks(tx, [address], now)) is not None:
        return paused(until)
    found = await rows.hold_newest(tx, index, purpose)
    if found is not None and _is_good(found, code, now):
        return None
    if found is not None:
        await rows.count_try(tx, found.id)
        await _tell(tx, caller, "refuse", found.id, purpose)
    held = await sessions.hold_failures(tx, address, now)
    await sessions.set_failures(tx, one_more(ADDRESS_LOCK, held, now))
    return _refused(field)


async def use(tx: Tx, caller: Caller, phone: str, purpose: str, code: str, field: str = "code") -> None:
    """Uses the code up: of two requests with it one succeeds. Raises PhoneCodeRefused. `check` comes first, and counts."""
    now = clock.now()
    found = await rows.hold_newest(tx, phone_index_of(phone), purpose)
    if found is None or not _is_good(found, code, now):
        raise _refused(field)
    await rows.use(tx, found.id, now)
    await _tell(tx, caller, "use", found.id, purpose)


# ---- sending -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PhoneMessage:
    """What is to be sent now. Personal data and a secret: neither logged nor put into a job."""

    phone: str
    code: str
    minutes: int


async def to_send(tx: Tx, code_id: UUID) -> PhoneMessage | None:
    """None when there is nothing to send: sent, used, replaced or expired meanwhile, or never meant to be."""
    found, now = await rows.get(tx, code_id), clock.now()
    if found is None or found.message_sealed is None or found.used_at is not None or found.expires_at <= now:
        return None
    newest = await rows.hold_newest(tx, found.phone_index, found.purpose)
    if newest is None or newest.id != code_id:
        return None
    phone, code = vault.open(found.message_sealed, sealing.MESSAGE, code_id).split()
    return PhoneMessage(phone, code, ceil((found.expires_at - now).total_seconds() / 60))


async def sent(tx: Tx, code_id: UUID) -> None:
    """The message left, or never will: it is forgotten, only the code's hash stays."""
    await rows.forget_message(tx, code_id)


# ---- rules -------------------------------------------------------------------------------------------------------------


def phone_index_of(phone: str) -> bytes:
    """What a mobile number is found by, however it was typed. Raises Invalid."""
    return vault.blind_index("phone", _mobile(phone))


def _mobile(phone: str) -> str:
    number = policy.normal_phone(phone)
    if number is None:
        raise Invalid(fields={"phone": "请填写 11 位手机号"})
    return number


def _hash(code_id: UUID, code: str) -> bytes:
    return vault.blind_index("phone_code", f"{code_id}:{code.strip()}")


def _is_good(found: PhoneCode, code: str, now: datetime) -> bool:
    live = found.used_at is None and found.expires_at > now and found.tries < policy.PHONE_CODE_TRIES
    return live and hmac.compare_digest(found.code_hash, _hash(found.id, code))


def _refused(field: str) -> PhoneCodeRefused:
    return PhoneCodeRefused(fields={field: PhoneCodeRefused.message})


def _refuse_too_many(asked: rows.Asked, now: datetime) -> None:
    again = asked.last_at + policy.PHONE_CODE_PAUSE if asked.last_at else now
    if again > now:
        wait = ceil((again - now).total_seconds())
        raise PhoneCodeTooSoon(f"验证码已发送，请 {wait} 秒后再获取", headers={"Retry-After": str(wait)})
    if (
        asked.phone_hour >= policy.PHONE_CODES_AN_HOUR
        or asked.phone_day >= policy.PHONE_CODES_A_DAY
        or asked.address_hour >= policy.PHONE_CODES_OF_AN_ADDRESS_AN_HOUR
    ):
        raise PhoneCodeLimit(headers={"Retry-After": "3600"})


async def _tell(tx: Tx, caller: Caller, what: str, code_id: UUID, purpose: str) -> None:
    await audit.record(
        tx,
        caller,
        f"accounts.phone_code.{what}",
        subject=f"accounts.phone_codes/{code_id}",
        detail={"purpose": purpose},
    )
