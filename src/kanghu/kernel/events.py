"""Facts that a module tells to whoever stands above it: one durable job per listener, once the teller's transaction commits.

The teller pays for one row, however many listen: where there are several, the worker gives each of them its job.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from kanghu.kernel.db import Tx
from kanghu.kernel.jobs import enqueue, enqueue_many, job


@dataclass(frozen=True, kw_only=True)
class Event:
    """Past tense, ids and codes only: an event is kept in the queue and must hold no personal data."""


E = TypeVar("E", bound=Event)
Listener = Callable[[Tx, Any], Awaitable[None]]

LISTENERS: dict[type[Event], list[str]] = {}


def on(kind: type[E]) -> Callable[[Listener], Listener]:
    """Declares `async def react(tx, event)` a listener; its job is called `<module>.<function>`."""

    def decorate(react: Listener) -> Listener:
        # kanghu.modules.health.handlers → health, kanghu.main.wechat_line → main
        module = react.__module__.removeprefix("kanghu.").removeprefix("modules.").partition(".")[0]
        name = f"{module}.{react.__name__}"
        job(name)(react)
        LISTENERS.setdefault(kind, []).append(name)
        return react

    return decorate


@dataclass(frozen=True, slots=True)
class Told:
    """An event on its way to `listeners` (names of jobs)."""

    listeners: tuple[str, ...]
    event: msgspec.Raw


async def publish(tx: Tx, event: Event) -> None:
    """Every listener hears of it, each in a job of its own; none does unless the caller's transaction commits."""
    listeners = LISTENERS.get(type(event), [])
    if len(listeners) == 1:
        await enqueue(tx, listeners[0], event)
    elif listeners:
        await enqueue(tx, hand_out, Told(tuple(listeners), msgspec.Raw(msgspec.json.encode(event))))


@job("kernel.hand_out")
async def hand_out(tx: Tx, told: Told) -> None:
    await enqueue_many(tx, [(name, told.event) for name in told.listeners])
