"""Checks by a service outside: names compared with id numbers, faces with the photograph on the id card.

No transaction is held while the service is waited for; what it says is looked at only here, never what a phone says of it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

import msgspec

from kanghu.kernel import clock, log
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.http import PeerFailed
from kanghu.kernel.jobs import TryAgain, enqueue
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.modules.people import policy
from kanghu.modules.people.adapters import faceid, wechat_face
from kanghu.modules.people.adapters.port import FaceProvider, Phone, Subject, Ticket, Verdict
from kanghu.modules.people.errors import (
    CheckNotFound,
    OwnFaceOnly,
    ProviderAway,
    WayUnavailable,
    WechatNotBound,
)
from kanghu.modules.people.models import IdentityCheck
from kanghu.modules.people.repository import identity_checks
from kanghu.modules.people.repository import persons as person_rows
from kanghu.modules.people.service import checking, persons
from kanghu.modules.people.settings import face_id, settings
from kanghu.modules.wechat import public as wechat

Channel = Literal["h5", "mini_program"]

PROVIDERS: dict[str, FaceProvider] = {"tencent_face": faceid, "wechat_face": wechat_face}
JOB = "people.ask_verdict"
FIRST_ASK = timedelta(minutes=3)
"""When the service is asked without anybody coming back from it."""


@dataclass(frozen=True, slots=True)
class AskVerdict:
    check_id: UUID


def ways(channel: Channel) -> list[str]:
    """The ways by a service that are open in this channel."""
    face = {
        "mini_program": ("wechat_face", settings().wechat_face),
        "h5": ("tencent_face", face_id().able_to_see_faces()),
    }
    way, open_now = face[channel]
    return ([way] if open_now else []) + (["real_name"] if face_id().able_to_compare() else [])


# ---- faces -----------------------------------------------------------------------------------------------------


async def begin_face(database: Database, caller: Caller, channel: Channel) -> tuple[IdentityCheck, Ticket]:
    """The check and where the person goes; the same again while it is open and was begun here.

    Raises `WayUnavailable`, `OwnFaceOnly`, `WechatNotBound`, `ProviderAway`, and what `checking.begin` raises.
    """
    async with database.transaction() as tx:
        way = await _face_way(tx, caller, channel)
        held = await _still_open(tx, caller, way)
        if held is not None:
            return held
        phone = await _phone(tx, caller) if way == "wechat_face" else None
        check, person = await checking.begin(tx, caller, way, checking.START_TIME)
    subject = Subject(check.order_no, person.name, person.id_number or "", phone)
    try:
        ticket = await PROVIDERS[way].start(database, subject)
    except PeerFailed as error:
        await _not_begun(database, caller, check, error)
        raise ProviderAway(error.reason) from error
    sealed = vault.seal(msgspec.json.encode(ticket), identity_checks.TICKET, check.id)
    async with database.transaction() as tx:
        expires_at = clock.now() + ticket.lifetime
        begun = await identity_checks.hand_out(tx, check.id, ticket.provider_no, sealed, expires_at)
        if begun is None:  # the person has withdrawn, or revoked the consent, while the service was asked
            raise CheckNotFound("核验已停止")
        await enqueue(tx, JOB, AskVerdict(check.id), delay=FIRST_ASK)
    return begun, ticket


async def _face_way(tx: Tx, caller: Caller, channel: Channel) -> str:
    person_id, _institution = checking.whom(caller)
    found = [way for way in ways(channel) if way in PROVIDERS]
    if not found:
        raise WayUnavailable
    born = (await persons.facts(tx, person_id)).birth_date
    if not policy.may_use_face(caller.session_person(), person_id, born, clock.today()):
        raise OwnFaceOnly
    return found[0]


async def _still_open(tx: Tx, caller: Caller, way: str) -> tuple[IdentityCheck, Ticket] | None:
    """The person is locked first: two that begin at once must not each end the other's."""
    person_id, _institution = checking.whom(caller)
    await person_rows.lock(tx, person_id)
    held = await identity_checks.open_of(tx, person_id)
    if held is None or held.way != way or held.ticket is None or held.expires_at <= clock.now():
        return None
    return held, _opened(held)


async def _phone(tx: Tx, caller: Caller) -> Phone:
    """The mini-program of the institution in which the caller is signed in. Raises `WechatNotBound`."""
    holder = caller.session_person()
    for fan in await wechat.bound_fans(tx, holder) if holder else ():
        account = await wechat.account_brief(tx, fan.account_id)
        ours = account is not None and account.institution_id == caller.institution_id
        if account is not None and ours and account.active and account.kind == "mini_program":
            return Phone(account.id, fan.openid)
    raise WechatNotBound


async def _not_begun(database: Database, caller: Caller, check: IdentityCheck, error: PeerFailed) -> None:
    log.get("people").error("check_not_begun", check_id=str(check.id), way=check.way, reason=error.reason)
    async with database.transaction() as tx:
        await checking.end(tx, caller, check.id, "void", "away")


async def settle(database: Database, caller: Caller, check_id: UUID) -> IdentityCheck:
    """Asks the service what came of the person's check. One that has ended, or that has no verdict yet, stays as it is.

    Raises `CheckNotFound`, `ProviderAway`.
    """
    async with database.transaction() as tx:
        check = await checking.own(tx, caller, check_id)
    try:
        return await _settle(database, caller, check)
    except PeerFailed as error:
        raise ProviderAway(f"暂时查不到结果：{error.reason}") from error


async def settle_unattended(database: Database, check_id: UUID) -> None:
    """For who did not come back: asks from time to time, until the check's own time is over. Raises `TryAgain`."""
    async with database.transaction() as tx:
        check = await identity_checks.get(tx, check_id)
    if check is None or check.decided_at is not None:
        return
    over = check.expires_at < clock.now()
    try:
        check = await _settle(database, SYSTEM, check)
    except PeerFailed as error:
        if not over or error.passing:
            raise TryAgain(error.reason) from error
    if check.decided_at is None and not over:
        raise TryAgain("本人还没有完成")
    if check.decided_at is None:
        async with database.transaction() as tx:
            await checking.end(tx, SYSTEM, check_id, "void", "expired")


async def _settle(database: Database, caller: Caller, check: IdentityCheck) -> IdentityCheck:
    if check.state != "started":
        return check
    verdict = await PROVIDERS[check.way].verdict(database, check.order_no, _opened(check))
    if verdict.passed is None:
        return check
    async with database.transaction() as tx:
        return await _decide(tx, caller, check, verdict)


async def _decide(
    tx: Tx, caller: Caller, check: IdentityCheck, verdict: Verdict, provider_no: str | None = None
) -> IdentityCheck:
    """Of two who were told at once, the second finds it decided."""
    state = "passed" if verdict.passed else "failed"
    ended = await checking.end(
        tx, caller, check.id, state, None if verdict.passed else verdict.reason, provider_no=provider_no
    )
    found = ended or await identity_checks.get(tx, check.id)
    assert found is not None, "checks are never deleted"
    return found


def _opened(check: IdentityCheck) -> Ticket:
    assert check.ticket is not None, "a check that was begun has its ticket until it ends"
    return msgspec.json.decode(vault.open_bytes(check.ticket, identity_checks.TICKET, check.id), type=Ticket)


# ---- names and numbers -----------------------------------------------------------------------------------------


async def check_real_name(database: Database, caller: Caller) -> IdentityCheck:
    """Whether name and id number on record belong together. Raises `WayUnavailable`, `ProviderAway`, and as `checking.begin`."""
    if not face_id().able_to_compare():
        raise WayUnavailable
    async with database.transaction() as tx:
        check, person = await checking.begin(tx, caller, "real_name", checking.START_TIME)
    try:
        number, verdict = await faceid.compare(Subject(check.order_no, person.name, person.id_number or ""))
    except PeerFailed as error:
        await _not_begun(database, caller, check, error)
        raise ProviderAway(error.reason) from error
    async with database.transaction() as tx:
        return await _decide(tx, caller, check, verdict, number)
