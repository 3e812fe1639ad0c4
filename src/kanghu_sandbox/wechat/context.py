"""What every request needs, made once when the app is made."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, cast

from fastapi import Request

from .account import Account, Mode
from .faults import FaultBox
from .store import Store


@dataclass(slots=True)
class Callback:
    """The server of the account's holder, as the console has it now."""

    url: str
    token: str
    encoding_aes_key: str
    mode: Mode


@dataclass(slots=True)
class WeChat:
    """The running stand-in. `now` gives Unix seconds; tests turn it."""

    account: Account
    store: Store
    callback: Callback
    now: Callable[[], float]
    faults: FaultBox = field(default_factory=FaultBox)
    running: set[asyncio.Task[Any]] = field(default_factory=set)

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do `work` without anybody waiting for it."""
        task = asyncio.create_task(work)
        self.running.add(task)  # the loop itself keeps only weak references
        task.add_done_callback(self.running.discard)


def wechat_of(request: Request) -> WeChat:
    """The stand-in that a request came to."""
    return cast(WeChat, request.app.state.wechat)


def address_of(request: Request) -> str:
    """Where this stand-in is mounted, as the caller wrote it, without a slash at the end."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
