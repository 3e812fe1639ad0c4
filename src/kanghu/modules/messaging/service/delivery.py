"""A message on its way out, over a channel that has a sender."""

from uuid import UUID

from kanghu.kernel import clock, log
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.jobs import TryAgain
from kanghu.modules.messaging import channels
from kanghu.modules.messaging.channels import Undeliverable, WayClosed
from kanghu.modules.messaging.models import Message
from kanghu.modules.messaging.repository import messages
from kanghu.modules.messaging.service import holding, reminding


async def deliver(database: Database, message_id: UUID) -> None:
    """One try; nothing is done for a message that was settled before.

    Raises `TryAgain` while an earlier message of the conversation waits (they go out in their order), and what the channel
    raises while another try may help.
    """
    async with database.transaction() as tx:
        found = await messages.pending(tx, message_id)
    if found is None:
        return
    message, earlier_waits = found
    if earlier_waits:
        raise TryAgain("an earlier message of the conversation has not gone out yet")
    failure, closed = "", False
    try:
        await _hand_out(database, message)
    except Undeliverable as refused:
        failure, closed = str(refused), isinstance(refused, WayClosed)
        log.get("messaging").warning(
            "message_not_delivered", message_id=str(message_id), channel=message.channel
        )
    async with database.transaction() as tx:
        await settle(tx, message, failure, closed=closed)


async def _hand_out(database: Database, message: Message) -> None:
    sender = channels.CHANNELS.get(message.channel)
    if sender is None:
        raise Undeliverable("客户所用的渠道目前没有接通")
    await sender(database, message)


async def settle(tx: Tx, message: Message, failure: str, *, closed: bool = False) -> None:
    """Sent, or failed with the reason; the agent sees which. Where the way is `closed`, the customer is told by a notice instead."""
    held = await holding.hold_any(tx, message.conversation_id)
    if closed:
        failure = f"{failure}。{await reminding.instead(tx, held.conversation)}"
    if await messages.settle(tx, message.id, "failed" if failure else "sent", failure, clock.now()):
        await holding.show(tx, held.conversation, held.session)
