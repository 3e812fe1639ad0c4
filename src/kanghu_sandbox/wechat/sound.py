"""How long a recording plays: AMR (narrow band) and MP3, by counting frames."""

AMR_HEADER = b"#!AMR\n"
_AMR_FRAME_SECONDS = 0.02
_AMR_FRAME_BYTES = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)
"""Size of a frame with its leading byte, by the four bits of its type."""

_MP3_BITRATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_MP3_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""Version bits (3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5) → sampling rates."""


def form(data: bytes) -> str:
    """amr, mp3 or empty."""
    if data.startswith(AMR_HEADER):
        return "amr"
    if data.startswith(b"ID3") or (_mp3_frame(data, 0) is not None):
        return "mp3"
    return ""


def seconds(data: bytes, form: str) -> float:
    """Playing time."""
    return _amr_seconds(data) if form == "amr" else _mp3_seconds(data)


def silence(length: int) -> bytes:
    """An AMR recording of so many seconds with nothing to hear, for phones without a microphone."""
    frame = bytes((0x04,)) + bytes(12)
    return AMR_HEADER + frame * int(length / _AMR_FRAME_SECONDS)


def _amr_seconds(data: bytes) -> float:
    at, frames = len(AMR_HEADER), 0
    while at < len(data):
        at += _AMR_FRAME_BYTES[data[at] >> 3 & 0x0F]
        frames += 1
    return frames * _AMR_FRAME_SECONDS


def _mp3_seconds(data: bytes) -> float:
    at, total = _after_tag(data), 0.0
    while at + 4 <= len(data):
        frame = _mp3_frame(data, at)
        if frame is None:
            at += 1  # something between the frames, or a tag at the end
            continue
        size, length = frame
        at, total = at + size, total + length
    return total


def _after_tag(data: bytes) -> int:
    if not data.startswith(b"ID3") or len(data) < 10:
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _mp3_frame(data: bytes, at: int) -> tuple[int, float] | None:
    """Bytes and seconds of the layer III frame at this place; None when there is none."""
    if len(data) < at + 4 or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
    bitrates = _MP3_BITRATES_1 if version == 3 else _MP3_BITRATES_2
    bitrate, rate_index = bitrates[data[at + 2] >> 4], data[at + 2] >> 2 & 3
    if version == 1 or layer != 1 or not bitrate or rate_index == 3:
        return None
    rate = _MP3_RATES[version][rate_index]
    samples = 1152 if version == 3 else 576
    padding = data[at + 2] >> 1 & 1
    return samples // 8 * bitrate * 1000 // rate + padding, samples / rate
