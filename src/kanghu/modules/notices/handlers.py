"""What lower floors want sent, and what WeChat says of what was sent."""

from kanghu.kernel.db import Tx
from kanghu.kernel.events import on
from kanghu.kernel.jobs import enqueue
from kanghu.modules.accounts.events import PhoneCodeRequested
from kanghu.modules.notices.jobs import SendPhoneCode, send_phone_code
from kanghu.modules.notices.service import delivering
from kanghu.modules.notices.service.sending import notify
from kanghu.modules.people import public as people
from kanghu.modules.people.events import IdentityDecided
from kanghu.modules.wechat.events import TemplateSettled


@on(PhoneCodeRequested)
async def send_code(tx: Tx, event: PhoneCodeRequested) -> None:
    await enqueue(tx, send_phone_code, SendPhoneCode(event.code_id))


@on(TemplateSettled)
async def take_template_report(tx: Tx, event: TemplateSettled) -> None:
    """A message is sent under the id of its delivery; what others sent is nothing of ours."""
    await delivering.receive(tx, event.send_id, event.arrived, event.status)


@on(IdentityDecided)
async def tell_of_identity(tx: Tx, event: IdentityDecided) -> None:
    """What staff, or the calendar, decided while the person did something else."""
    await notify(
        tx,
        "identity_refused" if event.reason else "identity_passed",
        person_id=event.person_id,
        data={"advice": people.REASONS[event.reason]} if event.reason else {},
        subject=f"people.identity_checks/{event.check_id}",
        once=True,
    )
