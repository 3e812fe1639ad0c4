"""Customers sign up on their own.

Knowing a name and an id number proves nothing. Whoever is on record already is joined to an account or a family only
with an activation code that staff handed out after seeing the papers; a stranger gets one and the same refusal.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import public as accounts
from kanghu.modules.people.errors import AlreadyOnRecord, PersonInvalid, TooManyAttempts
from kanghu.modules.people.models import PersonInput
from kanghu.modules.people.repository import enrolments as rows
from kanghu.modules.people.service import consents, enrolments, persons
from kanghu.modules.people.settings import settings

_SIGN_UP = "sign_up"  # what the phone code is good for


async def admit(tx: Tx, ip: str) -> None:
    """Counts an attempt from this address. Raises `TooManyAttempts` past the hour's limit.

    Runs in a transaction of its own, before the one of the request, so that a refused attempt counts too.
    """
    if await rows.count_attempt(tx, vault.blind_index("sign_up_ip", ip)) > settings().attempts_per_hour:
        raise TooManyAttempts(headers={"Retry-After": "3600"})


async def check_phone(database: Database, caller: Caller, phone: str | None, phone_code: str | None) -> None:
    """Whether the phone is the person's own, before the request's own transaction. Raises what accounts say of the code.

    Without a code there is nothing to check: the phone is then written down, and not used to sign in.
    """
    if phone_code is not None:
        await accounts.check_phone_code(database, caller, phone or "", _SIGN_UP, phone_code, "phone_code")


async def sign_up(
    tx: Tx,
    caller: Caller,
    given: PersonInput,
    institution_id: UUID,
    *,
    username: str | None,
    password: str,
    phone_code: str | None,
    activation_code: str | None,
    agreements: Sequence[tuple[str, str]],
    channel: str,
) -> tuple[UUID, UUID]:
    """(person id, account id) of a new customer. `agreements`: (kind, version) that were ticked.

    With `phone_code` (see `check_phone`) the phone signs in as well as the user name does.
    Raises `PersonInvalid`, `AlreadyOnRecord`, `AgreementOutdated`, and what accounts say of user name, phone, password.
    Of two sign-ups with one id number one succeeds; the other one finds the person on record.
    """
    person = persons.checked(given)
    if person.id_number is None:
        raise PersonInvalid(fields={"id_number": "请填写证件类别和证件号码"})
    phone = await _proven_phone(tx, caller, person, username, phone_code)
    person_id, is_new = await find_or_prove(tx, person, activation_code)
    await rows.enrol(tx, person_id, institution_id, None)
    account_id = await _open_account(tx, caller, person, person_id, institution_id, username, phone, password)
    signed_up = Caller(
        kind="customer",
        account_id=account_id,
        person_id=person_id,
        ip=caller.ip,
        request_id=caller.request_id,
    )
    await persons.registered(tx, signed_up, person_id, institution_id, is_new=is_new)
    for kind, version in agreements:
        await consents.sign(tx, signed_up, person_id, kind, institution_id, version, channel, caller.ip)
    return person_id, account_id


async def _proven_phone(
    tx: Tx, caller: Caller, person: PersonInput, username: str | None, phone_code: str | None
) -> str | None:
    """The phone that may sign in: one whose code is used up here. Raises `PersonInvalid` when nothing would be left to
    sign in with."""
    if phone_code is not None:
        await accounts.use_phone_code(tx, caller, person.phone or "", _SIGN_UP, phone_code, "phone_code")
        return person.phone
    if username is None and accounts.phone_codes_available():
        raise PersonInvalid(fields={"phone_code": "请填写短信验证码"})
    if username is None:
        raise PersonInvalid(fields={"username": "短信服务尚未开通，请填写用户名"})
    return None


async def _open_account(
    tx: Tx,
    caller: Caller,
    person: PersonInput,
    person_id: UUID,
    institution_id: UUID,
    username: str | None,
    phone: str | None,
    password: str,
) -> UUID:
    try:
        return await accounts.create_customer_account(
            tx,
            username=username,
            phone=phone,
            password=password,
            person_id=person_id,
            institution_id=institution_id,
            display_name=person.name,
            caller=caller,
        )
    except asyncpg.ForeignKeyViolationError:
        raise PersonInvalid(fields={"institution_id": "机构不存在"}) from None


async def find_or_prove(tx: Tx, person: PersonInput, activation_code: str | None) -> tuple[UUID, bool]:
    """(person id, whether the record is new) of a checked person. Raises `AlreadyOnRecord` without the right code."""
    known, person_id = await persons.find_or_create(tx, person)
    if known is None:
        return person_id, True
    if not await enrolments.use_activation_code(tx, person_id, activation_code):
        raise AlreadyOnRecord
    persons.refuse_differing(known, person)
    return person_id, False
