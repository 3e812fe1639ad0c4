"""The ways out. A channel that needs no sender reaches the customer by what is stored (the customer's page reads it and hears
of it); any other is handed each message by a job. `main` registers what lower floors bring (`public.register_channel`).
"""

from collections.abc import Awaitable, Callable

from kanghu.kernel.db import Database
from kanghu.modules.messaging.models import Message


class Undeliverable(Exception):
    """The channel will never take this message, e.g. its window is closed; the text is Chinese and is shown to the agent."""


Sender = Callable[[Database, Message], Awaitable[None]]
"""Hands one message out. Raises `Undeliverable`, or `kernel.jobs.TryAgain` while another try may help.

Called again with the same message when a worker dies between sending and noting it, so it should be idempotent by its id.
"""

APP = "app"
"""H5 and mini-program: over our own routes and the stream of changes."""

CHANNELS: dict[str, Sender | None] = {APP: None}


def register(name: str, sender: Sender) -> None:
    CHANNELS[name] = sender


def is_stored_only(name: str) -> bool:
    """A channel that is not plugged in any more takes nothing, and is none of these."""
    return name in CHANNELS and CHANNELS[name] is None
