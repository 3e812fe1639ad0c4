"""What a file is, by its first bytes; what its sender calls it is not asked."""

from collections.abc import Callable

from kanghu.modules.messaging.models import File

MIB = 1024 * 1024
LONGEST = {"image": 10 * MIB, "voice": 2 * MIB, "video": 10 * MIB}
"""Bytes; what official accounts take as well."""
NAMES = {"image": "图片", "voice": "语音", "video": "视频"}


def _brand(content: bytes) -> bytes:
    """The major brand of an ISO base media file (MP4, M4A, 3GP), empty for anything else."""
    return content[8:12] if content[4:8] == b"ftyp" else b""


def _is_mpeg_audio(content: bytes) -> bool:
    """MP3: an ID3 tag, or a frame of layer III."""
    frame = len(content) > 2 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2
    return content.startswith(b"ID3") or frame


def _is_aac(content: bytes) -> bool:
    """AAC in ADTS frames, as phones record it."""
    return len(content) > 2 and content[0] == 0xFF and content[1] & 0xF6 == 0xF0


def _is_webm(content: bytes) -> bool:
    return content.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in content[:64]


Test = Callable[[bytes], bool]
_KNOWN: dict[str, tuple[tuple[str, Test], ...]] = {
    "image": (
        ("image/jpeg", lambda content: content.startswith(b"\xff\xd8\xff")),
        ("image/png", lambda content: content.startswith(b"\x89PNG\r\n\x1a\n")),
        ("image/gif", lambda content: content.startswith((b"GIF87a", b"GIF89a"))),
        ("image/webp", lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP"),
    ),
    "voice": (
        ("audio/amr", lambda content: content.startswith(b"#!AMR\n")),
        ("audio/mpeg", _is_mpeg_audio),
        ("audio/aac", _is_aac),
        ("audio/mp4", lambda content: bool(_brand(content))),
        ("audio/ogg", lambda content: content.startswith(b"OggS")),
        ("audio/wav", lambda content: content[:4] == b"RIFF" and content[8:12] == b"WAVE"),
        ("audio/webm", _is_webm),
    ),
    "video": (
        ("video/quicktime", lambda content: _brand(content) == b"qt  "),
        ("video/mp4", lambda content: bool(_brand(content))),
        ("video/webm", _is_webm),
    ),
}


MIMES = tuple(mime for known in _KNOWN.values() for mime, _is_one in known)
"""All that is taken in, and so all that is given back."""


PLAYABLE = {"voice": "audio/mpeg", "video": "video/mp4"}
"""What voices and films are converted to; also what official accounts take."""


def shown_as(kind: str, file: File) -> str:
    """The type of what people get."""
    return PLAYABLE[kind] if file.has_playable else file.mime


def mime_of(kind: str, content: bytes) -> str | None:
    """The type of a file that is sent as image, voice or video; None for what is none."""
    return next((mime for mime, is_one in _KNOWN[kind] if is_one(content)), None)
