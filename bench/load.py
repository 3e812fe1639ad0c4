"""A load generator that costs little itself: keep-alive HTTP/1.1 over asyncio streams, requests signed as they go."""

import asyncio
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from kanghu_sandbox.wire.signature import Credentials, signed_headers


class Answers:
    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.seconds: list[float] = []
        self.bodies: list[bytes] = []


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
    """Sends all requests over so many connections; `keep` bodies of answers are kept."""
    answers = Answers()
    parts = urlsplit(url)
    await asyncio.gather(*[_connection(parts.hostname, parts.port, requests, answers, keep) for _ in range(connections)])
    return answers


async def _connection(
    host: str | None, port: int | None, requests: Iterator[bytes], answers: Answers, keep: int
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for request in requests:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        body = await reader.readexactly(length)
        answers.seconds.append(time.perf_counter() - began)
        answers.statuses[status] = answers.statuses.get(status, 0) + 1
        if len(answers.bodies) < keep or status >= 400 and len(answers.bodies) < keep + 3:
            answers.bodies.append(body)
    writer.close()


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
