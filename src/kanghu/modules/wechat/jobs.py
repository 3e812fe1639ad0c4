"""Timed work."""

from datetime import timedelta

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.jobs import every
from kanghu.modules.wechat.repository import inbox, sends, template_sends

KEEP_FOR = timedelta(days=30)
"""Who needs a message for longer has taken it over by then."""


@every("53 3 * * *", "wechat.purge_messages")
async def purge_messages(tx: Tx) -> None:
    """What fans wrote, and the list of what was sent to them."""
    before = clock.now() - KEEP_FOR
    await inbox.purge(tx, before)
    await sends.purge(tx, before)
    await template_sends.purge(tx, before)
