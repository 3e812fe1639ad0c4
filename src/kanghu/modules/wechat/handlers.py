"""What WeChat reports of messages that were sent."""

from kanghu.kernel.db import Tx
from kanghu.kernel.events import on
from kanghu.modules.wechat.events import TemplateReported
from kanghu.modules.wechat.service import templates


@on(TemplateReported)
async def take_template_report(tx: Tx, event: TemplateReported) -> None:
    await templates.take_report(tx, event)
