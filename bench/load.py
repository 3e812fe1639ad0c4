"""A load generator that costs little itself: HTTP/1.1 over asyncio streams."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kanghu_sandbox.wire.signature import Credentials, signed_headers


@dataclass
class Answers:
    """`seconds` of every answer in the order of arrival; `bodies` of the first few, and of errors."""

    statuses: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def add(self, status: int, seconds: float, body: bytes, keep: int) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.seconds.append(seconds)
        if len(self.bodies) < keep or (status >= 400 and len(self.bodies) < keep + 3):
            self.bodies.append(body)

    def all(self, status: int) -> "Answers":
        """Itself. Raises AssertionError when something else was answered."""
        assert set(self.statuses) == {status}, (self.statuses, self.bodies)
        return self


def signed_post(credentials: Credentials, host: str, path: str, body: bytes) -> bytes:
    headers = {
        "Host": host,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **signed_headers(credentials, "POST", path, body, timestamp=int(time.time())),
    }
    return _request("POST", path, headers, body)


def get(host: str, path: str, token: str) -> bytes:
    return _request("GET", path, {"Host": host, "Authorization": f"Bearer {token}"}, b"")


def post(host: str, path: str, body: bytes, token: str = "") -> bytes:
    headers = {"Host": host, "Content-Type": "application/json", "Content-Length": str(len(body))}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return _request("POST", path, headers, body)


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def run(url: str, requests: Iterator[bytes], connections: int, *, keep: int = 0) -> Answers:
    """Sends all requests over so many connections, each connection one after the other."""
    answers = Answers()

    async def client() -> None:
        reader, writer = await _open(url)
        for request in requests:
            began = time.perf_counter()
            status, body = await _exchange(reader, writer, request)
            answers.add(status, time.perf_counter() - began, body, keep)
        writer.close()

    await asyncio.gather(*[client() for _ in range(connections)])
    return answers


async def at_once(url: str, requests: Iterable[bytes]) -> Answers:
    """Sends all requests at the same moment, each over a connection that stands already."""
    answers = Answers()

    async def client(request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        began = time.perf_counter()
        status, body = await _exchange(reader, writer, request)
        answers.add(status, time.perf_counter() - began, body, 0)
        writer.close()

    ready = [(request, *await _open(url)) for request in requests]
    await asyncio.gather(*[client(*each) for each in ready])
    return answers


async def at_rate(url: str, requests: Iterator[bytes], per_second: float, seconds: float) -> Answers:
    """Sends a request every 1/`per_second` s whether the earlier ones are answered or not, each over a connection of its
    own. The time of an answer counts from the moment at which its request was due."""
    answers = Answers()
    began = time.perf_counter()

    async def client(request: bytes, due: float) -> None:
        reader, writer = await _open(url)
        status, body = await _exchange(reader, writer, request)
        answers.add(status, time.perf_counter() - due, body, 0)
        writer.close()

    async with asyncio.TaskGroup() as clients:
        for place in range(round(per_second * seconds)):
            due = began + place / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            clients.create_task(client(next(requests), due))
    return answers


async def _open(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes]:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return int(head[9:12]), await reader.readexactly(int(lengths[0]) if lengths else 0)
