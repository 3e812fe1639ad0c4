"""Background and timed work."""

from datetime import timedelta

from kanghu.kernel import clock
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.jobs import every, outbound_job
from kanghu.modules.wechat.models import Answers, RemovePermanent, RenewMaterial, SendBroadcast
from kanghu.modules.wechat.repository import inbox, sends, template_sends
from kanghu.modules.wechat.service import broadcasting, broadcasts, material_copies, replies

KEEP_FOR = timedelta(days=30)
"""Who needs a message for longer has taken it over by then."""


@outbound_job("wechat.send_answers", attempts=6)
async def send_answers(database: Database, payload: Answers) -> None:
    await replies.send_answers(database, payload)


@outbound_job(broadcasts.JOB, concurrency=2)
async def send_broadcast(database: Database, payload: SendBroadcast) -> None:
    """Parts that fail are settled and tried again by jobs of their own; this one fails only when the database does."""
    await broadcasting.advance(database, payload.broadcast_id)


@outbound_job(material_copies.RENEW, attempts=6, concurrency=2)
async def renew_material(database: Database, payload: RenewMaterial) -> None:
    """What it could not do is seen in the library, and the timer comes back to it."""
    await material_copies.renew(database, payload.material_id)


@outbound_job(material_copies.REMOVE)
async def remove_permanent(database: Database, payload: RemovePermanent) -> None:
    await material_copies.remove_permanent(database, payload)


@every("*/10 * * * *", "wechat.renew_materials")
async def renew_materials(tx: Tx) -> None:
    """Temporary media that automatic replies need, half a day before WeChat forgets them."""
    await material_copies.renew_due(tx)


@every("53 3 * * *", "wechat.purge_messages")
async def purge_messages(tx: Tx) -> None:
    """What fans wrote, and the list of what was sent to them."""
    before = clock.now() - KEEP_FOR
    await inbox.purge(tx, before)
    await sends.purge(tx, before)
    await template_sends.purge(tx, before)
