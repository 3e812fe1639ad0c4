"""Outbound calls over real sockets: no inner addresses, bounded answers, a breaker that opens and closes."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from kanghu.kernel import http
from kanghu.kernel.http import AddressRefused, Outbound, PeerFailed, is_allowed

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def peer(answer: bytes | None, seen: list[bytes] | None = None) -> AsyncIterator[str]:
    """A server that reads a request and writes these bytes, or nothing at all for None."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if seen is not None:
            seen.append(head)
        if answer is None:
            await asyncio.sleep(30)
        writer.write(answer or b"")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"


def reply(status: str, body: bytes = b"{}", more: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}Connection: close\r\n\r\n".encode() + body
    )


async def post(outbound: Outbound, url: str, **more: float) -> http.Answer:
    return await outbound.post("peer", url, content=b"{}", headers={"X-A": "1"}, **more)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("8.8.8.8", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("2001:4860:4860::8888", True),
    ],
)
def test_inner_addresses_are_refused_unless_named(address: str, allowed: bool) -> None:
    assert is_allowed(address, []) is allowed
    network = ipaddress.ip_network(address)
    assert is_allowed(address, [network]) or "ffff" in address


async def test_a_name_that_points_inside_is_refused_and_never_connected() -> None:
    seen: list[bytes] = []
    outbound = Outbound([])
    async with peer(reply("200 OK"), seen) as url:
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(AddressRefused):
                await post(outbound, url.replace("127.0.0.1", host))
    assert seen == []
    await outbound.close()


async def test_an_answer_comes_back_and_redirects_are_not_followed() -> None:
    outbound = Outbound(LOOPBACK)
    async with peer(reply("200 OK", b'{"a":1}')) as url:
        assert await post(outbound, url) == http.Answer(200, b'{"a":1}')
    async with peer(reply("302 Found", b"", "Location: http://169.254.169.254/\r\n")) as url:
        assert (await post(outbound, url)).status == 302
    await outbound.close()


async def test_too_large_an_answer_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 1000)
    outbound = Outbound(LOOPBACK)
    async with peer(reply("200 OK", b"x" * 5000)) as url:
        with pytest.raises(PeerFailed) as failed:
            await post(outbound, url)
    assert not failed.value.passing
    await outbound.close()


@pytest.mark.parametrize("answer", [reply("500 Oops"), reply("429 Slow"), b"garbage\r\n\r\n", b""])
async def test_a_useless_answer_is_a_passing_failure(answer: bytes) -> None:
    outbound = Outbound(LOOPBACK)
    async with peer(answer) as url:
        with pytest.raises(PeerFailed) as failed:
            await post(outbound, url)
    assert failed.value.passing
    await outbound.close()


async def test_a_silent_peer_costs_no_more_than_the_deadline() -> None:
    outbound = Outbound(LOOPBACK)
    async with peer(None) as url:
        with pytest.raises(PeerFailed, match="超时"):
            await post(outbound, url, deadline_s=0.2)
    await outbound.close()


async def test_the_breaker_opens_after_failures_and_closes_with_a_success(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "BREAK_FOR_S", 0.2)
    outbound = Outbound(LOOPBACK)
    seen: list[bytes] = []
    async with peer(reply("500 Oops"), seen) as url:
        for _ in range(http.BREAK_AFTER + 3):
            with pytest.raises(PeerFailed):
                await post(outbound, url)
        assert len(seen) == http.BREAK_AFTER
    await asyncio.sleep(0.25)
    async with peer(reply("200 OK")) as url:
        assert (await post(outbound, url)).status == 200
        assert (await post(outbound, url)).status == 200
    await outbound.close()


async def test_a_get_tells_the_kind_of_its_answer_and_is_bounded_as_asked() -> None:
    seen: list[bytes] = []
    outbound = Outbound(LOOPBACK)
    picture = reply("200 OK", b"x" * 100, "Content-Type: image/png\r\n")
    async with peer(picture, seen) as url:
        got = await outbound.get("peer", f"{url}?a=1", max_bytes=100)
        assert (got.status, got.body, got.media_type) == (200, b"x" * 100, "image/png")
        assert seen[0].startswith(b"GET /x?a=1 HTTP/1.1")
        with pytest.raises(PeerFailed, match="过大"):
            await outbound.get("peer", url, max_bytes=99)
    await outbound.close()
