"""What accounts want sent, and what WeChat says of what was sent."""

from kanghu.kernel.db import Tx
from kanghu.kernel.events import on
from kanghu.kernel.jobs import enqueue
from kanghu.modules.accounts.events import PhoneCodeRequested
from kanghu.modules.notices.jobs import SendPhoneCode, send_phone_code
from kanghu.modules.notices.service import delivering
from kanghu.modules.wechat.events import TemplateSettled


@on(PhoneCodeRequested)
async def send_code(tx: Tx, event: PhoneCodeRequested) -> None:
    await enqueue(tx, send_phone_code, SendPhoneCode(event.code_id))


@on(TemplateSettled)
async def take_template_report(tx: Tx, event: TemplateSettled) -> None:
    """A message is sent under the id of its delivery; what others sent is nothing of ours."""
    await delivering.receive(tx, event.send_id, event.arrived, event.status)
