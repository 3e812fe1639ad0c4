"""Cards: something of the customer's, shown in the conversation as it was when it was sent.

Made from an id that the agent may see with their own rights. The customer opens the thing itself with theirs.
"""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller
from kanghu.modules.exams import public as exams
from kanghu.modules.messaging.errors import CardSubjectNotFound
from kanghu.modules.messaging.models import Conversation
from kanghu.modules.messaging.service import holding

_STATES = {
    "requested": "待确认",
    "sending": "正在提交",
    "booked": "已预约",
    "failed": "未成功",
    "cancelled": "已取消",
}


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """`subject` names what it is about, as notices do: the page opens it from there."""

    kind: str
    subject: str
    title: str
    lines: list[Line]


def encoded(card: Card) -> str:
    return msgspec.json.encode(card).decode()


def decoded(content: str) -> Card:
    return msgspec.json.decode(content, type=Card)


async def make(tx: Tx, caller: Caller, conversation_id: UUID, kind: str, subject_id: UUID) -> Card:
    """A booking or a report of the conversation's customer at its institution.

    Raises `Forbidden` without the right to read such things, `CardSubjectNotFound`, `BookingNotFound`.
    """
    conversation = await holding.get(tx, caller, conversation_id, holding.WRITE)
    card = await (_booking if kind == "booking" else _report)(tx, caller, conversation, subject_id)
    await audit.record(
        tx,
        caller,
        f"messaging.card.{kind}",
        subject=card.subject,
        person_id=conversation.person_id,
        institution_id=conversation.institution_id,
    )
    return card


async def _booking(tx: Tx, caller: Caller, conversation: Conversation, booking_id: UUID) -> Card:
    found = await exams.get_booking(tx, booking_id, caller.scope("exams.booking.read"))
    _check(conversation, found.person_id, found.institution_id)
    day = found.appointment_date
    lines = [Line("状态", _STATES[found.state])]
    if day is not None:
        lines.insert(0, Line("体检日期", f"{day.year}年{day.month}月{day.day}日"))
    return Card("booking", f"exams.bookings/{booking_id}", "体检预约", lines)


async def _report(tx: Tx, caller: Caller, conversation: Conversation, report_id: UUID) -> Card:
    found = await exams.report_head(tx, report_id, caller.scope("exams.result.read"))
    if found is None:
        raise CardSubjectNotFound
    _check(conversation, found.person_id, found.institution_id)
    day = found.received_at.astimezone(clock.SHANGHAI)
    lines = [
        Line("收到日期", f"{day.year}年{day.month}月{day.day}日"),
        Line("版本", f"第 {found.version} 版"),
    ]
    return Card("report", f"exams.bookings/{found.booking_id}", "体检报告", lines)


def _check(conversation: Conversation, person_id: UUID, institution_id: UUID) -> None:
    if (person_id, institution_id) != (conversation.person_id, conversation.institution_id):
        raise CardSubjectNotFound
