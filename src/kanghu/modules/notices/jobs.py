"""Messages that leave the house, and what is heard of them."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.jobs import job, outbound_job
from kanghu.modules.notices.models import Deliver, SendEmailCode, SmsReceipt
from kanghu.modules.notices.service import delivering, emails, receipts, sms


@dataclass(frozen=True, slots=True)
class SendPhoneCode:
    """Neither phone nor code: the queue keeps what it is given."""

    code_id: UUID


# More tries than fit into a code's five minutes: the last one finds it expired and ends well. A dead letter is of no use here.
@outbound_job("notices.send_phone_code", longest_delay=timedelta(seconds=30))
async def send_phone_code(database: Database, payload: SendPhoneCode) -> None:
    await sms.send_phone_code(database, payload.code_id)


@outbound_job(delivering.JOB, concurrency=8)
async def deliver(database: Database, payload: Deliver) -> None:
    """Tries that fail are settled and tried again by jobs of their own; this one fails only when the database does."""
    await delivering.advance(database, payload.notice_id)


@job(receipts.JOB, longest_delay=timedelta(minutes=1))
async def take_sms_receipt(tx: Tx, payload: SmsReceipt) -> None:
    await receipts.take_sms(tx, payload)


@outbound_job(emails.JOB, longest_delay=timedelta(seconds=30))
async def send_email_code(database: Database, payload: SendEmailCode) -> None:
    await emails.send_code(database, payload.person_id)
