"""A person's e-mail: given, confirmed by a code that was mailed to it, taken back. Only a confirmed one gets notices."""

import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.http import PeerFailed
from kanghu.kernel.jobs import TryAgain, enqueue
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.modules.notices.adapters import smtp
from kanghu.modules.notices.errors import (
    EmailCodeRefused,
    EmailInvalid,
    EmailsUnavailable,
    EmailTooSoon,
)
from kanghu.modules.notices.models import Email, SendEmailCode
from kanghu.modules.notices.repository import wishes
from kanghu.modules.notices.settings import mail

JOB = "notices.send_email_code"
LIFE = timedelta(minutes=30)
PAUSE = timedelta(minutes=1)
MAX_TRIES = 5


async def give(tx: Tx, caller: Caller, address: str) -> None:
    """Raises EmailsUnavailable, EmailInvalid, EmailTooSoon."""
    if not mail().able():
        raise EmailsUnavailable
    address = address.strip()
    if not smtp.is_address(address):
        raise EmailInvalid(fields={"email": "请填写正确的邮箱"})
    person_id, now = caller.own_person(), clock.now()
    known = await wishes.email(tx, person_id, lock=True)
    if known is not None and now < known.asked_at + PAUSE:
        raise EmailTooSoon
    await wishes.put_email(tx, person_id, address, f"{secrets.randbelow(10**6):06d}", now + LIFE, now)
    await enqueue(tx, JOB, SendEmailCode(person_id))
    await _tell(tx, caller, person_id, "give")


async def confirm(database: Database, caller: Caller, code: str) -> None:
    """Raises EmailCodeRefused. Opens its own transaction: a failure must be counted although the request fails."""
    person_id, now = caller.own_person(), clock.now()
    async with database.transaction() as tx:
        known = await wishes.email(tx, person_id, lock=True)
        good = known is not None and _is_good(known, code)
        if good:
            await wishes.confirm_email(tx, person_id, now)
            await _tell(tx, caller, person_id, "confirm")
        elif known is not None:
            await wishes.count_email_try(tx, person_id)
    if not good:
        raise EmailCodeRefused(fields={"code": EmailCodeRefused.message})


def _is_good(known: Email, code: str) -> bool:
    return (
        known.code is not None
        and known.expires_at is not None
        and clock.now() < known.expires_at
        and known.tries < MAX_TRIES
        and hmac.compare_digest(known.code, code)
    )


async def forget(tx: Tx, caller: Caller) -> None:
    person_id = caller.own_person()
    await wishes.delete_email(tx, person_id)
    await _tell(tx, caller, person_id, "forget")


async def send_code(database: Database, person_id: UUID) -> None:
    """One try. Raises TryAgain while that may help; a code that expired or was used meanwhile is not sent any more."""
    async with database.transaction() as tx:
        known = await wishes.email(tx, person_id)
    if known is None or known.code is None or known.expires_at is None or known.expires_at <= clock.now():
        return
    body = f"您的验证码为 {known.code}，30 分钟内有效。\n如果不是您本人操作，请忽略这封邮件。"
    try:
        await smtp.send(mail(), known.email, "确认您的邮箱", body, secrets.token_hex(16))
    except PeerFailed as error:
        if error.passing:
            raise TryAgain(error.reason) from error
        async with database.transaction() as tx:
            await audit.record(
                tx, SYSTEM, "notices.email.refuse", person_id=person_id, detail={"reason": error.reason}
            )


async def _tell(tx: Tx, caller: Caller, person_id: UUID, verb: str) -> None:
    await audit.record(
        tx, caller, f"notices.email.{verb}", subject=f"people.persons/{person_id}", person_id=person_id
    )
