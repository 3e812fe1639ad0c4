"""US-H2: the guide is stored, the missing booking made, and the customer told."""

from datetime import date
from urllib.parse import urlsplit
from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange.errors import Malformed
from kanghu.modules.exchange.repository import vendors
from kanghu.modules.exchange.service.exam_of import exam_of
from kanghu.modules.exchange.service.receive import Context, Outcome, refuse_stranger
from kanghu.modules.exchange.wire.datasets import Guide, GuidePush
from kanghu.modules.exchange.wire.envelope import Message, guide_not_saved, notice_not_made, notice_not_sent
from kanghu.modules.notices import public as notices


def is_allowed_url(url: str, hosts: list[str]) -> bool:
    """https on a listed host, without credentials and on the usual port, in visible characters. Nothing is ever fetched."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and parts.username is None
        and parts.password is None
        and port in (None, 443)
        and (parts.hostname or "") in hosts
        and url.isprintable()
        and " " not in url
        and "\\" not in url
    )


async def push_guide(tx: Tx, context: Context, push: GuidePush) -> Outcome:
    refused = refuse_stranger(context, push.exam_account, push.person)
    if refused is not None:
        return refused
    fault = await _fault(tx, context, push.guide)
    if fault:
        return Outcome("refused", [guide_not_saved(fault)])
    booking_id = await exam_of(tx, context, push.exam_account, push.exam_no, _day(push.exam_date))
    assert booking_id is not None
    if not await exams.store_guide(tx, booking_id, push.guide.kind, push.guide.content):
        return Outcome("done", booking_id=booking_id)
    told = await _tell(tx, context, booking_id)
    return Outcome("done", [told] if told else [], booking_id=booking_id)


async def _fault(tx: Tx, context: Context, guide: Guide) -> str:
    if guide.kind != "url":
        return ""
    vendor = await vendors.get(tx, context.vendor_id)
    if vendor is None or not is_allowed_url(guide.content, vendor.url_hosts):
        return "体检指引地址必须是 https 且在允许的域名之内"
    return ""


def _day(given: str | None) -> date | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(f"{given[:4]}-{given[4:6]}-{given[6:]}")
    except ValueError as error:
        raise Malformed("exam_date 不是有效日期") from error


async def _tell(tx: Tx, context: Context, booking_id: UUID) -> Message | None:
    """403 when the message could not be made, 405 when it could not be sent; the guide stays stored."""
    try:
        await notices.notify(
            tx,
            "guide_received",
            person_id=context.opening.person_id,
            data={},
            subject=f"exams.bookings/{booking_id}",
        )
    except notices.NoticeNotRendered as error:
        return notice_not_made(str(error))
    except notices.NoticeNotDelivered as error:
        return notice_not_sent(str(error))
    return None
