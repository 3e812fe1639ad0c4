"""Voices and films that not every phone plays: what was sent stays as it was, and beside it stands what plays everywhere."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

import av
import pytest

from kanghu.kernel.db import Database
from kanghu.modules.messaging.service import conversion

from .conftest import Desk, Phone
from .films import AMR, film, sound
from .test_media import FILES, sent

Work = Callable[[], Awaitable[list[str]]]


async def shown(phone: Phone) -> Any:
    return (await phone.get("/messages"))["items"][-1]["media"]


def lit(jpeg: bytes) -> tuple[int, int, str]:
    """Width, height, and where the picture is light."""
    with av.open(io.BytesIO(jpeg), "r") as opened:
        frame = next(opened.decode(video=0)).reformat(format="gray")
    plane, width, height = frame.planes[0], frame.width, frame.height
    rows = bytes(plane)

    def at(x: int, y: int) -> int:
        return rows[y * plane.line_size + x]

    points = {
        "top": at(width // 2, 8),
        "bottom": at(width // 2, height - 8),
        "left": at(8, height // 2),
        "right": at(width - 8, height // 2),
    }
    light = [side for side, grey in points.items() if grey > 190]
    dark = [side for side, grey in points.items() if grey < 60]
    assert light, points
    assert dark, points
    return width, height, next(side for side in light if _OTHER[side] in dark)


_OTHER = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (AMR, 2.0),
        (sound(3, "libopus", "webm"), 3.0),
        (sound(1, "libopus", "ogg"), 1.0),
        (sound(1, "aac", "adts", 44_100), 1.0),
        (sound(1, "aac", "mp4", 44_100), 1.0),
        (sound(1, "pcm_s16le", "wav", 16_000), 1.0),
    ],
    ids=["amr", "webm", "ogg", "aac", "m4a", "wav"],
)
async def test_a_voice_becomes_mp3_and_stays_what_it_was(
    phone: Phone, desk: Desk, work: Work, database: Database, content: bytes, seconds: float
) -> None:
    before = (await sent(phone, "voice", content))["media"]
    assert (before["converting"], before["duration_s"]) == (True, None)
    assert (await phone.ask("GET", f"/media/{before['id']}")).content == content, "until then, the original"
    assert "messaging.convert" in await work()
    after = await shown(phone)
    assert (after["mime"], after["converting"], after["size"]) == ("audio/mpeg", False, len(content))
    assert after["duration_s"] == pytest.approx(seconds, abs=0.15)
    for who in (phone, desk):
        heard = await who.ask("GET", f"/media/{after['id']}")
        assert heard.headers["content-type"] == "audio/mpeg"
        with av.open(io.BytesIO(heard.content), "r") as opened:
            assert opened.format.name == "mp3"
            assert opened.streams.audio[0].codec_context.name.startswith("mp3")
        original = await who.ask("GET", f"/media/{after['id']}?form=original")
        assert original.content == content
        assert (await who.ask("GET", f"/media/{after['id']}?form=thumbnail")).status_code == 404
    async with database.transaction() as tx:
        stored = await tx.fetchval("SELECT playable FROM messaging.media")
    assert heard.content not in stored, "sealed"


async def test_mp3_is_left_alone_but_its_length_is_known(phone: Phone, work: Work) -> None:
    content = sound(2, "libmp3lame", "mp3", 24_000)
    media = (await sent(phone, "voice", content))["media"]
    await work()
    assert (await shown(phone))["duration_s"] == pytest.approx(2, abs=0.15)
    assert (await phone.ask("GET", f"/media/{media['id']}")).content == content


@pytest.mark.parametrize(
    ("content", "size", "light", "changed"),
    [
        (film("h264", "mp4", sound_codec="aac"), (320, 180), "top", False),
        (film("libvpx", "webm", sound_codec="libopus"), (320, 180), "top", True),
        (film("h264", "mov", turned=-90, sound_codec="aac"), (180, 320), "right", True),
        (film("h264", "mov", turned=90), (180, 320), "left", True),
        (film("mpeg4", "mp4", turned=180), (320, 180), "bottom", True),
        (film("mpeg4", "mp4", size=(1600, 900)), (1280, 720), "top", True),
    ],
    ids=["mp4", "webm", "turned-right", "turned-left", "upside-down", "large"],
)
async def test_a_film_becomes_mp4_upright_with_a_thumbnail(
    phone: Phone, work: Work, content: bytes, size: tuple[int, int], light: str, changed: bool
) -> None:
    before = (await sent(phone, "video", content))["media"]
    assert not before["thumbnail"]
    await work()
    after = await shown(phone)
    assert (after["mime"], after["thumbnail"]) == ("video/mp4", True)
    assert after["duration_s"] == pytest.approx(1, abs=0.15)
    film_shown = (await phone.ask("GET", f"/media/{after['id']}")).content
    assert (film_shown != content) == changed
    with av.open(io.BytesIO(film_shown), "r") as opened:
        picture = opened.streams.video[0].codec_context
        assert (picture.name, picture.width, picture.height) == ("h264", *size)
        assert all(stream.codec_context.name == "aac" for stream in opened.streams.audio)
    thumbnail = await phone.ask("GET", f"/media/{after['id']}?form=thumbnail")
    assert thumbnail.headers["content-type"] == "image/jpeg"
    assert len(thumbnail.content) < 64 * 1024, "what official accounts take"
    width, height, where = lit(thumbnail.content)
    assert where == light
    assert max(width, height) == min(480, max(size))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("voice", FILES["voice", "audio/amr"]),
        ("voice", FILES["voice", "audio/webm"]),
        ("voice", sound(320, "libopencore_amrnb", "amr", 8_000, 4_750)),
        ("voice", film("libvpx", "webm")),
        ("video", FILES["video", "video/mp4"]),
        ("video", film("h264", "mp4")[:-400]),
    ],
    ids=["empty-amr", "empty-webm", "five-minutes", "no-sound", "empty-mp4", "torn"],
)
async def test_what_cannot_be_converted_stays_as_it_came(
    phone: Phone, work: Work, kind: str, content: bytes
) -> None:
    media = (await sent(phone, kind, content))["media"]
    await work()
    after = await shown(phone)
    assert (after["converting"], after["duration_s"], after["thumbnail"]) == (False, None, False)
    assert after["mime"] == media["mime"]
    assert (await phone.ask("GET", f"/media/{media['id']}")).content == content


async def test_once_however_many_begin(phone: Phone, work: Work, database: Database) -> None:
    media = (await sent(phone, "voice", AMR))["media"]
    done = await asyncio.gather(*(conversion.sendable(database, media["id"]) for _ in range(4)))
    assert len({one.content for one in done}) == 1
    assert done[0].content.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3"))
    await work()
    assert (await phone.ask("GET", f"/media/{media['id']}")).content == done[0].content
