"""Messages that leave the house."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from kanghu.kernel.db import Database
from kanghu.kernel.jobs import outbound_job
from kanghu.modules.notices.service import sms


@dataclass(frozen=True, slots=True)
class SendPhoneCode:
    """Neither phone nor code: the queue keeps what it is given."""

    code_id: UUID


# More tries than fit into a code's five minutes: the last one finds it expired and ends well. A dead letter is of no use here.
@outbound_job("notices.send_phone_code", longest_delay=timedelta(seconds=30))
async def send_phone_code(database: Database, payload: SendPhoneCode) -> None:
    await sms.send_phone_code(database, payload.code_id)
