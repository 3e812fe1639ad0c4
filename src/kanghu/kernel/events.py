"""Facts that a module tells to whoever stands above it: one durable job per listener, in the teller's transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from kanghu.kernel.db import Tx
from kanghu.kernel.jobs import enqueue_many, job


@dataclass(frozen=True, kw_only=True)
class Event:
    """Past tense, ids and codes only: an event is kept in the queue and must hold no personal data."""


E = TypeVar("E", bound=Event)
Listener = Callable[[Tx, Any], Awaitable[None]]

LISTENERS: dict[type[Event], list[str]] = {}


def on(kind: type[E]) -> Callable[[Listener], Listener]:
    """Declares `async def react(tx, event)` a listener; its job is called `<module>.<function>`."""

    def decorate(react: Listener) -> Listener:
        # kanghu.modules.health.handlers → health
        module = react.__module__.removeprefix("kanghu.modules.").partition(".")[0]
        name = f"{module}.{react.__name__}"
        job(name)(react)
        LISTENERS.setdefault(kind, []).append(name)
        return react

    return decorate


async def publish(tx: Tx, event: Event) -> None:
    """One job per listener; none of them runs unless the caller's transaction commits."""
    await enqueue_many(tx, [(name, event) for name in LISTENERS.get(type(event), ())])
