"""US-K1: a signed agreement first, then the vendor is asked for the exam account."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import msgspec

from kanghu.kernel import audit
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import Forbidden
from kanghu.kernel.http import PeerFailed
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange.errors import AgreementNotSigned, BindingFailed, VendorNotFound
from kanghu.modules.exchange.models import Vendor
from kanghu.modules.exchange.repository import messages, vendors
from kanghu.modules.exchange.service import vendor_client
from kanghu.modules.exchange.service.receive import ANSWER, seal_body
from kanghu.modules.exchange.wire.datasets import AccountBinding, AccountBindingData, Person
from kanghu.modules.people import public as people

AGREEMENT = "data_use_agreement"


@dataclass(frozen=True, slots=True)
class Binding:
    """`new_account` says that the vendor knew nobody and made the account (103)."""

    vendor_id: UUID
    exam_account: str
    new_account: bool
    hint: str


async def bind(
    database: Database, caller: Caller, person_id: UUID, vendor_id: UUID, agreement_version: str, channel: str
) -> Binding:
    """Signs the data-use agreement, asks the vendor, binds. The signature stands also when the vendor does not answer.

    Raises `AgreementNotSigned`, `VendorNotFound`, `BindingFailed` (104) with the reason; may be repeated.
    """
    async with database.transaction() as tx:
        vendor = await _prepare(tx, caller, person_id, vendor_id, agreement_version, channel)
        wire = await people.wire_person(tx, person_id)
    body = msgspec.json.encode(AccountBinding(msgspec.convert(wire, Person)))
    message_id = new_id()
    try:
        answered = await vendor_client.call(vendor, "K1", body, str(message_id))
    except PeerFailed as error:
        async with database.transaction() as tx:
            await _log(tx, vendor, message_id, person_id, body, None, "failed", ["104"])
        raise BindingFailed(f"绑定失败！{error.reason}") from error
    account, failure = _account(answered)
    async with database.transaction() as tx:
        if account:
            try:
                await exams.bind_account(tx, caller, vendor_id, vendor.institution_id, person_id, account)
                await people.enrol(tx, caller, person_id, vendor.institution_id)
            except exams.ExamAccountTaken as error:
                failure = error.message
        state = "refused" if failure else "done"
        codes = answered.codes() + (["104"] if failure and "104" not in answered.codes() else [])
        await _log(tx, vendor, message_id, person_id, body, answered.raw, state, codes)
    if failure:
        raise BindingFailed(f"绑定失败！{failure}")
    hints = [message.text for message in answered.envelope.messages if message.code == "103"]
    return Binding(vendor_id, account, bool(hints), "体检机构查无您的账号，已为您新建" if hints else "")


async def _prepare(
    tx: Tx, caller: Caller, person_id: UUID, vendor_id: UUID, agreement_version: str, channel: str
) -> Vendor:
    if not await people.may_act_for(tx, caller, person_id):
        raise Forbidden("只能为本人或家庭成员签约")
    vendor = await vendors.get(tx, vendor_id)
    if vendor is None or not vendor.active:
        raise VendorNotFound
    current = await people.agreement(tx, AGREEMENT)
    if agreement_version != current.version:
        raise AgreementNotSigned(fields={"agreement_version": f"当前版本为 {current.version}"})
    await people.sign_consent(
        tx, caller, person_id, AGREEMENT, vendor.institution_id, agreement_version, channel, caller.ip or None
    )
    return vendor


def _account(answered: vendor_client.VendorAnswer) -> tuple[str, str]:
    """(exam account, "") or ("", reason)."""
    if not answered.envelope.accepted:
        return "", answered.text("104").removeprefix("绑定失败！")
    try:
        return msgspec.json.decode(answered.envelope.data, type=AccountBindingData).exam_account, ""
    except (msgspec.ValidationError, msgspec.DecodeError):
        return "", "对方系统未返回体检账号"


async def _log(
    tx: Tx,
    vendor: Vendor,
    message_id: UUID,
    person_id: UUID,
    body: bytes,
    answer: bytes | None,
    state: str,
    codes: list[str],
) -> None:
    await messages.insert(
        tx,
        message_id=message_id,
        vendor_id=vendor.id,
        direction="out",
        interface="K1",
        app_id=vendor.call_app_id,
        request_id=str(message_id),
        body_sha256=sha256(body).digest(),
        body=seal_body(body, message_id),
        answer=None if answer is None else vault.seal(answer, ANSWER, message_id),
        state=state,
        codes=codes,
        person_id=person_id,
        booking_id=None,
        duration_ms=None,
    )
    await audit.record(
        tx, SYSTEM, "exchange.k1.send", subject=f"exchange.messages/{message_id}", person_id=person_id,
        institution_id=vendor.institution_id, detail={"state": state, "codes": codes},
    )  # fmt: skip
