"""Calls to the outside: a deadline, few retries, a breaker and a bulkhead per peer, and no way to inner addresses.

The address is checked where the connection is made, after the name was resolved, so a name that points elsewhere on the
second look-up gains nothing.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from kanghu.kernel.config import settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class PeerFailed(Exception):
    """The peer did not answer usefully. `reason` is Chinese; `passing` says that another try may help; `maybe_done`: what was
    asked for may have been done all the same, since the request may have reached the peer and no answer came back."""

    def __init__(self, reason: str, *, passing: bool = True, maybe_done: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing
        self.maybe_done = maybe_done


class AddressRefused(PeerFailed):
    def __init__(self, host: str) -> None:
        super().__init__(f"地址 {host} 指向内部网络，已拒绝访问", passing=False)


def is_allowed(address: str, inner: Iterable[Network]) -> bool:
    """Whether we may connect: a public address, or one inside a network that the operator has named."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return (found.is_global and not found.is_multicast) or any(found in network for network in inner)


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves the name itself and connects to an address that was checked."""

    def __init__(self, inner: tuple[Network, ...]) -> None:
        self._inner = inner
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 — httpcore's signature
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise httpcore.ConnectError(f"{host}: {error}") from error
        allowed = [str(entry[4][0]) for entry in found if is_allowed(str(entry[4][0]), self._inner)]
        if not allowed:
            raise AddressRefused(host)
        return await self._backend.connect_tcp(allowed[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    media_type: str = ""


@dataclass
class _Peer:
    """What we remember of one peer: how many calls are under way, how often it failed in a row."""

    calls: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(8))
    failures: int = 0
    open_until: float = 0.0

    def refuse_while_open(self) -> None:
        if self.open_until > time.monotonic():
            raise PeerFailed("对方系统连续失败，暂停访问片刻")


BREAK_AFTER = 5
BREAK_FOR_S = 15.0
MAX_ANSWER_BYTES = 8 * 1024 * 1024


class Outbound:
    """The one HTTP client of a process."""

    def __init__(self, inner: Iterable[Network] | None = None) -> None:
        allowed = tuple(settings().inner_networks if inner is None else inner)
        transport = httpx.AsyncHTTPTransport(http2=False)
        # httpx takes no network backend; its pool is replaced by one that has the guarded one.
        transport._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=50,
            max_keepalive_connections=20,
            network_backend=_GuardedBackend(allowed),
        )
        # The deadline of each call is the only clock: httpx would give up after five seconds of its own.
        self._client = httpx.AsyncClient(
            transport=transport, follow_redirects=False, trust_env=False, timeout=httpx.Timeout(None)
        )
        self._peers: dict[str, _Peer] = {}

    async def close(self) -> None:
        await self._client.aclose()

    async def post(
        self,
        peer: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        deadline_s: float = 10.0,
    ) -> "Answer":
        """One POST. Any HTTP answer below 500 but 429 is returned as it is; raises `PeerFailed`."""
        return await self._call(peer, "POST", url, content, headers, deadline_s, MAX_ANSWER_BYTES)

    async def get(
        self, peer: str, url: str, *, deadline_s: float = 10.0, max_bytes: int = MAX_ANSWER_BYTES
    ) -> "Answer":
        """One GET, like `post`; an answer of more than `max_bytes` is a failure of the peer."""
        return await self._call(peer, "GET", url, b"", {}, deadline_s, max_bytes)

    async def _call(
        self,
        peer: str,
        method: str,
        url: str,
        content: bytes,
        headers: Mapping[str, str],
        deadline_s: float,
        max_bytes: int,
    ) -> "Answer":
        """The deadline counts from here on: who waits for a turn behind others does not wait longer."""
        known = self._peers.setdefault(peer, _Peer())
        known.refuse_while_open()
        try:
            async with asyncio.timeout(deadline_s), known.calls:
                known.refuse_while_open()  # it may have opened while this call waited for its turn
                answer = await self._bounded(method, url, content, headers, max_bytes)
        except AddressRefused:
            raise
        except (httpx.HTTPError, httpcore.NetworkError, TimeoutError, OSError) as error:
            self._failed(known)
            raise PeerFailed(_describe(error), maybe_done=not _unconnected(error)) from error
        if answer.status >= 500 or answer.status == 429:
            self._failed(known)
            # A gateway speaks for a system whose answer it did not get.
            raise PeerFailed(f"对方系统返回 HTTP {answer.status}", maybe_done=answer.status in (502, 504))
        known.failures = 0
        return answer

    async def _bounded(
        self, method: str, url: str, content: bytes, headers: Mapping[str, str], max_bytes: int
    ) -> "Answer":
        async with self._client.stream(method, url, content=content, headers=dict(headers)) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > max_bytes:
                    raise PeerFailed("对方系统返回的内容过大", passing=False, maybe_done=True)
        return Answer(answer.status_code, bytes(body), answer.headers.get("content-type", ""))

    @staticmethod
    def _failed(known: _Peer) -> None:
        known.failures += 1
        if known.failures >= BREAK_AFTER:
            known.open_until = time.monotonic() + BREAK_FOR_S
            known.failures = BREAK_AFTER - 1  # one try when the pause is over; its failure opens again


@lru_cache
def outbound() -> Outbound:
    """The one client of this process, made when it is first needed."""
    return Outbound()


def _unconnected(error: Exception) -> bool:
    return isinstance(error, httpx.ConnectError | httpcore.ConnectError | httpx.ConnectTimeout)


def _describe(error: Exception) -> str:
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "对方系统超时未应答"
    if _unconnected(error) or isinstance(error, ConnectionError):
        return "无法连接对方系统"
    return "与对方系统的通信中断"
