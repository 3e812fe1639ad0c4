"""Background and timed work of messaging."""

from datetime import timedelta

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.jobs import every, job, outbound_job
from kanghu.modules.messaging.models import Assign, Convert, Deliver
from kanghu.modules.messaging.service import conversion, delivery, upkeep


# Given up by the clock after half an hour: a dead letter is of no use here, the agent sees the message as failed.
@outbound_job("messaging.deliver", attempts=100, longest_delay=timedelta(minutes=1))
async def deliver(database: Database, payload: Deliver) -> None:
    await delivery.deliver(database, payload.message_id)


@outbound_job(conversion.JOB, concurrency=2)
async def convert(database: Database, payload: Convert) -> None:
    await conversion.convert(database, payload.media_id)


@job("messaging.assign")
async def assign(tx: Tx, payload: Assign) -> None:
    await upkeep.assign(tx, payload)


@every("*/2 * * * *", "messaging.remind_unread")
async def remind_unread(tx: Tx) -> None:
    await upkeep.remind_unread(tx)


@every("*/2 * * * *", "messaging.send_agents_home")
async def send_agents_home(tx: Tx) -> None:
    await upkeep.send_agents_home(tx)


@every("*/5 * * * *", "messaging.close_idle")
async def close_idle(tx: Tx) -> None:
    await upkeep.close_idle(tx)


@every("*/5 * * * *", "messaging.give_up_undelivered")
async def give_up_undelivered(tx: Tx) -> None:
    await upkeep.give_up_undelivered(tx)


@every("11 4 * * *", "messaging.tidy")
async def tidy(tx: Tx) -> None:
    await upkeep.tidy(tx)
