"""The line to one open page, as Server-Sent Events."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kanghu.main.live.audience import Audience, News

HEARTBEAT_S = 15.0
# Who does not take a few bytes within this time is gone or hopelessly slow; the page comes back by itself.
SEND_LIMIT_S = 10.0
# Then the page connects anew, perhaps to another process.
LONGEST_S = 3600.0


class Stream:
    """What one page has not been sent yet. The same change twice is kept once, so a slow page never piles anything up."""

    def __init__(self, token: str, audience: Audience) -> None:
        self.token = token
        self.audience = audience
        self.ended = False
        self._opening = b""
        self._pending: dict[tuple[str, str | None], int] = {}
        self._woken = asyncio.Event()

    def push(self, news: News) -> None:
        for heard in self.audience.hears(news):
            key = (heard.topic, str(heard.person_id) if heard.person_id else None)
            self._pending[key] = max(heard.number, self._pending.get(key, 0))
            self._woken.set()

    def begin(self, event: str, number: int) -> None:
        """What comes before all changes: `ready` names the number to come back with, `reset` says that some are lost."""
        self._opening = _event(event, number, {})

    def end(self) -> None:
        self.ended = True
        self._woken.set()

    def take(self) -> bytes:
        """All that waits, in the order of its numbers: a page that breaks off anywhere has nothing before its last one."""
        waiting = sorted(self._pending.items(), key=lambda item: item[1])
        taken = [
            _event("change", number, {"topic": topic, "person_id": person})
            for (topic, person), number in waiting
        ]
        found = b"".join([self._opening, *taken])
        self._opening = b""
        self._pending.clear()
        self._woken.clear()
        return found

    async def wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)


def _event(name: str, number: int, data: Mapping[str, Any]) -> bytes:
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


class EventStream(Response):
    """The answer that stays open until the page goes, the session ends or an hour is over."""

    media_type = "text/event-stream"

    def __init__(self, stream: Stream, left: Callable[[Stream], None]) -> None:
        # Proxies that gather an answer before they pass it on would hold everything back.
        super().__init__(headers={"x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._stream = stream
        self._left = left

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = asyncio.create_task(self._until_gone(receive))
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            await self._speak(send)
        except (TimeoutError, OSError):
            return  # too slow, or gone
        finally:
            watching.cancel()
            self._left(self._stream)

    async def _speak(self, send: Send) -> None:
        over = time.monotonic() + LONGEST_S
        while True:
            body = self._stream.take() or b":\n\n"
            last = self._stream.ended or time.monotonic() >= over
            async with asyncio.timeout(SEND_LIMIT_S):
                await send({"type": "http.response.body", "body": body, "more_body": not last})
            if last:
                return
            await self._stream.wait(HEARTBEAT_S)

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._stream.end()
