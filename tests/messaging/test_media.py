"""Pictures, voices and videos: what they are is seen from their content, they come back as they came, and only in their place."""

import struct
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.modules.messaging import jobs
from kanghu.modules.messaging.media_types import LONGEST, mime_of

from .conftest import Desk, MakePhone, Phone, key

BINARY = {"Content-Type": "application/octet-stream"}


def png() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


FILES = {
    ("image", "image/png"): png(),
    ("image", "image/jpeg"): b"\xff\xd8\xff\xe0" + bytes(20),
    ("image", "image/gif"): b"GIF89a" + bytes(20),
    ("image", "image/webp"): b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20),
    ("voice", "audio/amr"): b"#!AMR\n" + bytes(20),
    ("voice", "audio/mpeg"): b"ID3\x04" + bytes(20),
    ("voice", "audio/aac"): b"\xff\xf1\x50\x80" + bytes(20),
    ("voice", "audio/mp4"): b"\0\0\0\x1cftypM4A " + bytes(20),
    ("voice", "audio/ogg"): b"OggS" + bytes(20),
    ("voice", "audio/wav"): b"RIFF\x10\0\0\0WAVEfmt " + bytes(20),
    ("voice", "audio/webm"): b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1fwebm" + bytes(20),
    ("video", "video/mp4"): b"\0\0\0\x1cftypisom" + bytes(20),
    ("video", "video/quicktime"): b"\0\0\0\x14ftypqt  " + bytes(20),
    ("video", "video/webm"): b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1fwebm" + bytes(20),
}


@pytest.mark.parametrize(("kind", "mime"), list(FILES))
def test_a_file_is_what_its_content_says(kind: str, mime: str) -> None:
    assert mime_of(kind, FILES[kind, mime]) == mime
    assert mime_of(kind, b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>") is None
    assert mime_of(kind, b"") is None


@pytest.mark.parametrize(
    "content", [b"MZ" + bytes(60), b"%PDF-1.7", b"<html>", b"\xff\xd8", b"\xff\xfb", b"PK\x03\x04"]
)
def test_other_files_are_no_pictures(content: bytes) -> None:
    assert mime_of("image", content) is None
    assert mime_of("video", content) is None


async def upload(phone: Phone, kind: str, content: bytes) -> httpx.Response:
    path = f"/institutions/{phone.institution}/media/{kind}"
    return await phone.ask("POST", path, content=content, headers=BINARY)


async def sent(phone: Phone, kind: str, content: bytes) -> Any:
    media = (await upload(phone, kind, content)).json()
    body = {"client_key": key(), "kind": kind, "media_id": media["id"]}
    answer = await phone.post("/messages", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("kind", "mime"), [("image", "image/png"), ("voice", "audio/amr"), ("video", "video/mp4")]
)
async def test_both_sides_get_what_was_sent(
    phone: Phone, desk: Desk, kind: str, mime: str, database: Database
) -> None:
    content = FILES[kind, mime]
    message = await sent(phone, kind, content)
    assert (message["kind"], message["text"], message["media"]["mime"]) == (kind, None, mime)
    conversation = (await phone.get())["id"]
    assert (await desk.claim(conversation)).status_code == 204
    for answer in (
        await phone.ask("GET", f"/media/{message['media']['id']}"),
        await desk.ask("GET", f"/media/{message['media']['id']}"),
    ):
        assert (answer.content, answer.headers["content-type"]) == (content, mime)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    back = await desk.client.post(
        f"/api/admin/messaging/conversations/{conversation}/media/{kind}",
        content=content, headers={**desk.headers, **BINARY},
    )  # fmt: skip
    assert back.status_code == 201
    body = {"client_key": key(), "kind": kind, "media_id": back.json()["id"]}
    await desk.do("POST", f"/conversations/{conversation}/messages", body)
    heard = (await phone.get("/messages"))["items"][-1]
    assert (await phone.ask("GET", f"/media/{heard['media']['id']}")).content == content
    async with database.transaction() as tx:
        stored = await tx.fetchval("SELECT content FROM messaging.media LIMIT 1")
    assert content not in stored


async def test_too_large_empty_or_something_else_is_refused(phone: Phone) -> None:
    for kind, content in (
        ("voice", b"#!AMR\n" + bytes(LONGEST["voice"])),
        ("image", b""),
        ("image", b"<svg/>"),
        ("video", FILES["image", "image/png"]),
        ("voice", FILES["image", "image/png"]),
    ):
        answer = await upload(phone, kind, content)
        assert answer.status_code == 422, kind
    assert (await upload(phone, "voice", b"#!AMR\n" + bytes(LONGEST["voice"] - 6))).status_code == 201
    assert (
        await upload(phone, "video", FILES["video", "video/mp4"] + bytes(LONGEST["video"]))
    ).status_code == 413
    whole = FILES["video", "video/mp4"]
    assert (await upload(phone, "video", whole + bytes(LONGEST["video"] - len(whole)))).status_code == 201
    text = await phone.ask("POST", f"/institutions/{phone.institution}/media/image", json={"content": "x"})
    assert text.status_code == 422
    long = {"client_key": key(), "kind": "text", "text": "x" * 2_000_000}
    assert (await phone.post("/messages", long)).status_code == 422


async def test_a_file_is_sent_once_by_whom_it_is_and_where_it_was_uploaded(
    phone: Phone, phone_of: MakePhone, desk: Desk
) -> None:
    media = (await upload(phone, "image", png())).json()["id"]
    stranger = await phone_of("李四")
    body = {"client_key": key(), "kind": "image", "media_id": media}
    assert (await stranger.post("/messages", body)).status_code == 404
    assert (await phone.post("/messages", {**body, "kind": "voice"})).status_code == 404
    assert (await phone.ask("GET", f"/media/{media}")).status_code == 404, "not sent yet"
    first, again = await phone.post("/messages", body), await phone.post("/messages", body)
    assert first.json() == again.json()
    twice = await phone.post("/messages", {**body, "client_key": key()})
    assert (twice.status_code, twice.json()["code"]) == (409, "messaging.media_used")
    conversation = (await phone.get())["id"]
    await desk.claim(conversation)
    taken = await desk.ask("POST", f"/conversations/{conversation}/messages", {**body, "client_key": key()})
    assert taken.status_code == 404
    assert (await stranger.ask("GET", f"/media/{media}")).status_code == 404


async def test_a_withdrawn_picture_is_gone_for_both(phone: Phone, desk: Desk) -> None:
    message = await sent(phone, "image", png())
    shown = await phone.ask("POST", f"/messages/{message['id']}/withdraw")
    assert shown.json()["media"] is None
    for answer in (
        await phone.ask("GET", f"/media/{message['media']['id']}"),
        await desk.ask("GET", f"/media/{message['media']['id']}"),
    ):
        assert answer.status_code == 404


async def test_files_that_nobody_sends_are_bounded_and_go(
    phone: Phone, later: Callable[..., Awaitable[None]], database: Database
) -> None:
    kept = await sent(phone, "image", png())
    for _ in range(20):
        assert (await upload(phone, "image", png())).status_code == 201
    assert (await upload(phone, "image", png())).status_code == 429
    await later(hours=25)
    async with database.transaction() as tx:
        await jobs.tidy(tx)
        left = await tx.fetch("SELECT id FROM messaging.media")
    assert [str(row["id"]) for row in left] == [kept["media"]["id"]]
