"""A page that listens, as a browser does: reads the stream, keeps the last number, comes back with it."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx


@dataclass(frozen=True)
class Event:
    id: int
    name: str
    data: dict[str, Any]


@dataclass
class Page:
    """`async with Page(url, headers) as page`: the line is up when the block begins."""

    url: str
    headers: dict[str, str]
    last: int | None = None
    events: list[Event] = field(default_factory=list)
    heartbeats: int = 0
    ended: bool = False
    answer: httpx.Response | None = None

    async def __aenter__(self) -> "Page":
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(10, read=60), trust_env=False)
        asked = {} if self.last is None else {"Last-Event-ID": str(self.last)}
        request = self._client.build_request("GET", f"{self.url}/api/live", headers={**self.headers, **asked})
        self.answer = await self._client.send(request, stream=True)
        assert self.answer.status_code == 200, await self.answer.aread()
        assert self.answer.headers["content-type"].startswith("text/event-stream")
        self._reading = asyncio.create_task(self._read(self.answer))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._client.aclose()

    async def _read(self, answer: httpx.Response) -> None:
        parts: dict[str, str] = {}
        try:
            async for line in answer.aiter_lines():
                if line.startswith(":"):
                    self.heartbeats += 1
                elif line:
                    name, _, value = line.partition(": ")
                    parts[name] = value
                elif parts:
                    event = Event(int(parts["id"]), parts["event"], json.loads(parts["data"]))
                    self.events.append(event)
                    self.last = event.id
                    parts = {}
        except httpx.TransportError:  # the process behind it was killed
            pass
        self.ended = True

    def heard(self, name: str = "change") -> list[tuple[str, str | None]]:
        return [
            (event.data.get("topic", ""), event.data.get("person_id"))
            for event in self.events
            if event.name == name
        ]

    def topics(self) -> set[str]:
        return {topic for topic, _ in self.heard()}

    async def until(self, true: Any, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, (self.events, self.ended)
            await asyncio.sleep(0.02)

    async def hears(self, *topics: str, seconds: float = 20) -> None:
        await self.until(lambda: set(topics) <= self.topics(), seconds)
