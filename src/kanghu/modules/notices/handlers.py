"""What accounts want sent."""

from kanghu.kernel.db import Tx
from kanghu.kernel.events import on
from kanghu.kernel.jobs import enqueue
from kanghu.modules.accounts.events import PhoneCodeRequested
from kanghu.modules.notices.jobs import SendPhoneCode, send_phone_code


@on(PhoneCodeRequested)
async def send_code(tx: Tx, event: PhoneCodeRequested) -> None:
    await enqueue(tx, send_phone_code, SendPhoneCode(event.code_id))
