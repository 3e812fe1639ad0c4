"""The ways out. A channel that needs no sender reaches the customer by what is stored (the customer's page reads it and hears
of it); any other is handed each message by a job. `main` registers what lower floors bring (`public.register_channel`).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from kanghu.kernel.db import Database, Tx
from kanghu.modules.messaging.models import Message


class Undeliverable(Exception):
    """The channel will never take this message, e.g. its window is closed; the text is Chinese and is shown to the agent."""


class WayClosed(Undeliverable):
    """The customer has to come first, e.g. write again: until then nothing of ours arrives by this channel."""


Sender = Callable[[Database, Message], Awaitable[None]]
"""Hands one message out. Raises `Undeliverable`, or `kernel.jobs.TryAgain` while another try may help.

Called again with the same message when a worker dies between sending and noting it, so it should be idempotent by its id
and the number of times that an agent had it sent again (`resent`).
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many messages a channel takes for an address now, and until when; `until` None: none at all."""

    left: int
    until: datetime | None


Meter = Callable[[Tx, str], Awaitable[Allowance]]
"""Tells the allowance of an address, for channels that have one."""

APP = "app"
"""H5 and mini-program: over our own routes and the stream of changes."""

CHANNELS: dict[str, Sender | None] = {APP: None}
METERS: dict[str, Meter] = {}


def register(name: str, sender: Sender, meter: Meter | None = None) -> None:
    CHANNELS[name] = sender
    if meter is not None:
        METERS[name] = meter


async def allowance(tx: Tx, name: str, address: str | None) -> Allowance | None:
    """None where the channel takes as much as one likes."""
    meter = METERS.get(name)
    return None if meter is None or address is None else await meter(tx, address)


def is_stored_only(name: str) -> bool:
    """A channel that is not plugged in any more takes nothing, and is none of these."""
    return name in CHANNELS and CHANNELS[name] is None
