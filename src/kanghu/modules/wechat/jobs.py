"""Background and timed work."""

from datetime import timedelta

from kanghu.kernel import clock
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.jobs import enqueue, every, outbound_job
from kanghu.modules.wechat.models import (
    Answers,
    ApplyTagRules,
    AskBroadcast,
    RemovePermanent,
    RenewMaterial,
    SendBroadcast,
)
from kanghu.modules.wechat.repository import broadcast_parts, inbox, sends, tag_runs, template_sends
from kanghu.modules.wechat.service import (
    broadcast_asking,
    broadcasting,
    broadcasts,
    material_copies,
    replies,
    tagging,
)

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


@outbound_job(broadcast_asking.JOB, concurrency=1)
async def ask_broadcast(database: Database, payload: AskBroadcast) -> None:
    await broadcast_asking.ask(database, payload.part_id)


@every("*/5 * * * *", "wechat.ask_broadcasts")
async def ask_broadcasts(tx: Tx) -> None:
    """Parts of which WeChat has told nothing in time."""
    for part_id in await broadcast_parts.to_ask(tx, clock.now()):
        await enqueue(tx, ask_broadcast, AskBroadcast(part_id))


@outbound_job(tagging.JOB, concurrency=2)
async def apply_tag_rules(database: Database, payload: ApplyTagRules) -> None:
    """What WeChat does not do now is done by a later turn; this one fails only when the database does."""
    await tagging.apply(database, payload.account_id)


@every("*/1 * * * *", "wechat.wake_tag_rules")
async def wake_tag_rules(tx: Tx) -> None:
    """What fans did in the last minute, what their clocks brought, and what a turn left undone."""
    for account_id in await tag_runs.with_work(tx, clock.now()):
        await tagging.wake(tx, account_id)


@every("7 19 * * *", "wechat.judge_fans_anew")
async def judge_fans_anew(tx: Tx) -> None:
    """In the night of Shanghai: spans of days end without anybody doing anything."""
    await tag_runs.all_again(tx, clock.now())


@every("53 3 * * *", "wechat.purge_messages")
async def purge_messages(tx: Tx) -> None:
    """What fans wrote, and the list of what was sent to them."""
    before = clock.now() - KEEP_FOR
    await inbox.purge(tx, before)
    await sends.purge(tx, before)
    await template_sends.purge(tx, before)
