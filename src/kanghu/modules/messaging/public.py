"""What others may call.

A channel of its own (WeChat) is plugged in by `main`: `register_channel(name, sender)` is the way out, `receive` the way in.
"""

from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller
from kanghu.kernel.waiting import Waiting
from kanghu.modules.messaging.channels import Allowance, Undeliverable, WayClosed
from kanghu.modules.messaging.channels import register as register_channel
from kanghu.modules.messaging.errors import MediaRefused
from kanghu.modules.messaging.models import Message
from kanghu.modules.messaging.repository import sessions
from kanghu.modules.messaging.repository.resealing import reseal
from kanghu.modules.messaging.service.cards import decoded as decoded_card
from kanghu.modules.messaging.service.conversion import sendable
from kanghu.modules.messaging.service.customer import Incoming, Received, receive
from kanghu.modules.messaging.service.visitors import recognise

__all__ = [
    "Allowance",
    "Incoming",
    "MediaRefused",
    "Message",
    "Received",
    "Undeliverable",
    "WayClosed",
    "decoded_card",
    "receive",
    "recognise",
    "register_channel",
    "reseal",
    "sendable",
    "waiting_customers",
]


async def waiting_customers(tx: Tx, caller: Caller) -> Waiting:
    """How many wait whom the caller may take, and since when the first one does."""
    return await sessions.count_waiting(tx, caller.scope("messaging.queue.claim"), caller)
