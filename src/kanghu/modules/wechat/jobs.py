"""Background and timed work."""

from datetime import timedelta

from kanghu.kernel import clock
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.jobs import every, outbound_job
from kanghu.modules.wechat.models import Answers, SendBroadcast
from kanghu.modules.wechat.repository import inbox, sends, template_sends
from kanghu.modules.wechat.service import broadcasting, broadcasts, replies

KEEP_FOR = timedelta(days=30)
"""Who needs a message for longer has taken it over by then."""


@outbound_job("wechat.send_answers", attempts=6)
async def send_answers(database: Database, payload: Answers) -> None:
    await replies.send_answers(database, payload)


@outbound_job(broadcasts.JOB, concurrency=2)
async def send_broadcast(database: Database, payload: SendBroadcast) -> None:
    """Parts that fail are settled and tried again by jobs of their own; this one fails only when the database does."""
    await broadcasting.advance(database, payload.broadcast_id)


@every("53 3 * * *", "wechat.purge_messages")
async def purge_messages(tx: Tx) -> None:
    """What fans wrote, and the list of what was sent to them."""
    before = clock.now() - KEEP_FOR
    await inbox.purge(tx, before)
    await sends.purge(tx, before)
    await template_sends.purge(tx, before)
