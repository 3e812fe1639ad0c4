"""What services report of messages: pushed by them, kept by a job each, applied to the delivery that it is about."""

import hmac
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.jobs import TryAgain, enqueue
from kanghu.modules.notices.errors import ReceiptMalformed, ReceiptRefused
from kanghu.modules.notices.models import SmsReceipt
from kanghu.modules.notices.repository import deliveries
from kanghu.modules.notices.service import delivering
from kanghu.modules.notices.settings import settings

JOB = "notices.take_sms_receipt"
MAX_BYTES = 256 * 1024
MOST = 500
"""In one call."""
ANSWERED_WITHIN = timedelta(minutes=3)
"""A receipt may overtake the answer to the call; one that is about nothing of ours after that is another system's."""


class _Aliyun(msgspec.Struct):
    """https://help.aliyun.com/document_detail/101867.html"""

    biz_id: str
    success: bool
    err_code: str = ""
    out_id: str | None = None


class _Tencent(msgspec.Struct):
    """https://cloud.tencent.com/document/api/382/59178"""

    sid: str
    report_status: str
    errmsg: str = ""


def _read_aliyun(body: bytes, now: Any) -> list[SmsReceipt]:
    return [
        SmsReceipt("aliyun", one.biz_id, one.out_id or "", one.success, one.err_code[:60], now)
        for one in msgspec.json.decode(body, type=list[_Aliyun])
    ]


def _read_tencent(body: bytes, now: Any) -> list[SmsReceipt]:
    return [
        SmsReceipt("tencent", one.sid, "", one.report_status == "SUCCESS", one.errmsg[:60], now)
        for one in msgspec.json.decode(body, type=list[_Tencent])
    ]


_READERS = {"aliyun": _read_aliyun, "tencent": _read_tencent}


def refuse_strangers(key: str) -> None:
    """Neither service signs its reports; who knows the address that was entered there is believed. Raises ReceiptRefused."""
    expected = settings().receipt_key.get_secret_value()
    if not expected or not hmac.compare_digest(key.encode(), expected.encode()):
        raise ReceiptRefused


async def take_call(tx: Tx, sender: str, body: bytes) -> None:
    """All receipts of a call, kept before it is answered. Raises ReceiptMalformed."""
    try:
        found = _READERS[sender](body, clock.now())
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ReceiptMalformed from error
    if len(found) > MOST:
        raise ReceiptMalformed
    for receipt in found:
        await enqueue(tx, JOB, receipt)


async def take_sms(tx: Tx, receipt: SmsReceipt) -> None:
    """Raises TryAgain while the message that it is about may still be under way."""
    delivery_id = await _about(tx, receipt)
    if delivery_id is not None:
        await delivering.receive(tx, delivery_id, receipt.arrived, receipt.code)
    elif clock.now() < receipt.received_at + ANSWERED_WITHIN:
        raise TryAgain("no delivery with this number yet")


async def _about(tx: Tx, receipt: SmsReceipt) -> UUID | None:
    try:
        named = await deliveries.get(tx, UUID(receipt.delivery_id)) if receipt.delivery_id else None
    except ValueError:
        named = None
    if named is not None and named[0].sender == receipt.sender:
        return named[0].id
    return await deliveries.by_provider(tx, receipt.sender, receipt.provider_id)
