"""What the exchange does in the background."""

from datetime import timedelta

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.jobs import every, job, outbound_job
from kanghu.modules.exchange.events import AppointmentReady, MessageKept
from kanghu.modules.exchange.repository import messages
from kanghu.modules.exchange.service import book, replay


@outbound_job("exchange.send_appointment", attempts=book.MAX_TRIES + 5, longest_delay=timedelta(minutes=5))
async def send_appointment(database: Database, ready: AppointmentReady) -> None:
    await book.send_appointment(database, ready)


@job("exchange.reprocess", attempts=6)
async def reprocess(tx: Tx, kept: MessageKept) -> None:
    await replay.reprocess(tx, kept.message_id)


@every("*/5 * * * *", "exchange.purge_nonces")
async def purge_nonces(tx: Tx) -> None:
    await messages.purge_nonces(tx)
