"""A customer's message on the open pages of 2,000 members of staff: how long until each has heard, and what an open page costs."""

import asyncio
import resource
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from bench import load
from bench.cost import cpu_seconds, emit, latency, memory_mb, settle
from bench.platform import Bench, give_sessions, process, staff_session, web

STREAMS_OF_AN_ACCOUNT = 10
TOPIC = b'"messaging.messages"'
PATIENCE_S = 60


@dataclass
class Audience:
    """Open pages; each notes when it hears of a message."""

    heard: list[float] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def open(self, url: str, token: str) -> None:
        place = urlsplit(url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(load.get(place.netloc, "/api/live", token))
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.split(b"\r\n")[0], head
        await reader.readuntil(b"event: ready")
        self.tasks.append(asyncio.create_task(self._listen(reader, writer)))

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                if TOPIC in line:
                    self.heard.append(time.perf_counter())
        finally:
            writer.close()

    async def all_heard(self) -> list[float]:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.heard) < len(self.tasks):
                await asyncio.sleep(0.01)
        heard, self.heard = self.heard, []
        return heard

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def measure(bench: Bench, *, streams: int = 2_000, messages: int = 10) -> None:
    """Prints p50 and p99 from the customer's request to each page that hears, web's memory per page and its CPU per page told."""
    _many_files(streams)
    writer = bench.customers[0]
    await give_sessions(bench, [writer])
    tokens = [
        await staff_session(bench, f"bench-listener-{number}", "customer_service", "institution")
        for number in range(-(-streams // STREAMS_OF_AN_ACCOUNT))
    ]
    audience, seconds, cpu = Audience(), [], []
    with process(bench, "kanghu.main.worker"), web(bench) as (url, running):
        await _say(url, bench, writer.token)
        await settle()
        empty = memory_mb(running)["total"]
        for number in range(streams):
            await audience.open(url, tokens[number // STREAMS_OF_AN_ACCOUNT])
        full = memory_mb(running)["total"]
        for _ in range(messages):
            # What was told before has arrived by then.
            await asyncio.sleep(2)
            audience.heard.clear()
            before, began = cpu_seconds(running), time.perf_counter()
            await _say(url, bench, writer.token)
            seconds += [heard - began for heard in await audience.all_heard()]
            cpu.append(cpu_seconds(running) - before)
        await audience.close()
    emit(
        "live_fanout",
        **latency(seconds),
        web_kib_per_page=round((full - empty) * 1024 / streams, 1),
        web_cpu_us_per_page_told=round(sum(cpu) / messages / streams * 1e6, 1),
        streams=streams,
        messages=messages,
    )


async def _say(url: str, bench: Bench, token: str) -> None:
    body = {"client_key": uuid4().hex, "kind": "text", "text": "请问几点开门？"}
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_S) as phone:
        answer = await phone.post(
            f"/api/patient/messaging/institutions/{bench.institution}/messages",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
    assert answer.status_code == 201, answer.text


def _many_files(streams: int) -> None:
    """Two ends of each page: one here, one in web, which inherits the limit."""
    wanted = streams + 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
