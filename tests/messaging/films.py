"""Sounds and films as phones and browsers make them, made here with FFmpeg's encoders."""

import array
import io
import math
from fractions import Fraction
from pathlib import Path

import av

AMR = (Path(__file__).parent / "data" / "voice.amr").read_bytes()
"""Two seconds by the OpenCORE encoder, which is none of FFmpeg's own (data/README.md)."""


def sound(seconds: float, codec: str, container: str, rate: int = 48_000, bits: int | None = None) -> bytes:
    """A tone."""
    made = io.BytesIO()
    with av.open(made, "w", format=container) as target:
        stream = target.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        if bits is not None:
            stream.bit_rate = bits
        _tone(target, stream, seconds)
    return made.getvalue()


def film(
    codec: str,
    container: str,
    *,
    turned: int = 0,
    sound_codec: str = "",
    seconds: int = 1,
    size: tuple[int, int] = (320, 180),
) -> bytes:
    """Upper half light, lower half dark, as the camera saw it; `turned`: how it was held, in degrees against the clock."""
    made = io.BytesIO()
    width, height = size
    with av.open(made, "w", format=container) as target:
        stream = target.add_stream(codec, rate=15)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        if turned:
            stream.set_display_rotation(turned)
        heard = target.add_stream(sound_codec, rate=48_000, layout="mono") if sound_codec else None
        for number in range(15 * seconds):
            frame = av.VideoFrame(width, height, "yuv420p")
            for plane, (upper, lower) in zip(frame.planes, ((220, 30), (128, 128), (128, 128)), strict=True):
                half = plane.buffer_size // 2
                plane.update(bytes([upper]) * half + bytes([lower]) * (plane.buffer_size - half))
            frame.pts, frame.time_base = number, Fraction(1, 15)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
        if isinstance(heard, av.AudioStream):
            _tone(target, heard, seconds)
    return made.getvalue()


def _tone(target: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    count = int(stream.rate * seconds)
    frame = av.AudioFrame("s16", "mono", count)
    frame.sample_rate = stream.rate
    frame.planes[0].update(
        array.array("h", (int(9000 * math.sin(sample / 8)) for sample in range(count))).tobytes()
    )
    waiting = av.AudioFifo()
    for piece in av.AudioResampler(stream.format, stream.layout, stream.rate).resample(frame):
        waiting.write(piece)
    while (piece := waiting.read(stream.frame_size or 160, partial=True)) is not None:  # type: ignore[assignment]
        target.mux(stream.encode(piece))
    target.mux(stream.encode(None))
