"""Files that WeChat takes: told by their first bytes, not by their names. Pure.

https://developers.weixin.qq.com/doc/offiaccount/Asset_Management/New_temporary_materials.html
"""

from dataclasses import dataclass

from kanghu.modules.wechat.errors import MediaRefused
from kanghu.modules.wechat.models import MaterialKind as MediaKind

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Format:
    extension: str
    media_type: str


JPEG, PNG, GIF = Format("jpg", "image/jpeg"), Format("png", "image/png"), Format("gif", "image/gif")
AMR, MP3, MP4 = Format("amr", "audio/amr"), Format("mp3", "audio/mpeg"), Format("mp4", "video/mp4")

ACCEPTED: dict[MediaKind, tuple[int, tuple[Format, ...], str]] = {
    "image": (10 * MIB, (JPEG, PNG, GIF), "图片须为不超过 10 MB 的 JPG、PNG 或 GIF"),
    "voice": (2 * MIB, (AMR, MP3), "语音须为不超过 2 MB 的 AMR 或 MP3，时长不超过 60 秒"),
    "video": (10 * MIB, (MP4,), "视频须为不超过 10 MB 的 MP4"),
    "thumb": (64 * 1024, (JPEG,), "缩略图须为不超过 64 KB 的 JPG"),
}
"""Kind → the most bytes, what it may be, and what a person is told."""

LONGEST_VOICE_MS = 60_000
NAMES: dict[MediaKind, str] = {"image": "图片", "voice": "语音", "video": "视频", "thumb": "缩略图"}


def format_of(content: bytes) -> Format | None:
    """What the file is; None for anything that WeChat does not take."""
    starts = ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"GIF87a", GIF), (b"GIF89a", GIF),
              (b"#!AMR\n", AMR), (b"ID3", MP3))  # fmt: skip
    found = next((kind for start, kind in starts if content.startswith(start)), None)
    if found is None and content[4:8] == b"ftyp":
        return MP4
    if found is None and len(content) > 1 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2:
        return MP3  # a frame of layer III without a tag before it
    return found


def checked(kind: MediaKind, content: bytes) -> Format:
    """Raises `MediaRefused`."""
    most, formats, advice = ACCEPTED[kind]
    found = format_of(content)
    if len(content) > most or found not in formats:
        raise MediaRefused(advice, fields={"file": advice})
    assert found is not None
    return found
