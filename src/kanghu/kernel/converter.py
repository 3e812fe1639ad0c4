"""Sounds and films as every phone plays them and WeChat takes them. A program of its own, given a stranger's file:

    python -I -m kanghu.kernel.converter voice|video|film|picture  <file  >answer

`film` and `picture` are only looked at: how long it lasts, and a small picture of it.

It has neither the platform's keys nor its database, and bounds on time and memory: what breaks it breaks nothing else.
The answer is a `Converted` in msgpack; whatever cannot be converted ends with status 1.
"""

import io
import itertools
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import msgspec
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.video.frame import PictureType, VideoFrame

from kanghu.kernel.conversion import Converted

MEMORY = 1536 * 1024 * 1024
CPU_SECONDS = 120
LONGEST_S = 300
"""A longer sound or film is not converted; people hear and send the original."""
LONG_SIDE = 1280
THUMBNAIL_SIDE = 480
VOICE_RATE, VOICE_BITS = 24_000, 48_000


class CannotConvert(Exception):
    pass


def main() -> None:
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        converted = {"voice": voice, "video": video, "film": film, "picture": picture}[sys.argv[1]](content)
    except Exception as broken:  # a stranger's file may fail in any way
        sys.exit(f"{type(broken).__name__}: {broken}")
    sys.stdout.buffer.write(msgspec.msgpack.encode(converted))


# ---- sounds ------------------------------------------------------------------------------------------------------------


def voice(content: bytes) -> Converted:
    """Mono MP3 of 48 kbit/s: a minute takes 360 KB."""
    with av.open(io.BytesIO(content), "r") as source:
        is_mp3 = source.format.name == "mp3"
        if not source.streams.audio:
            raise CannotConvert("no sound in it")
        made = io.BytesIO()
        with av.open(made, "w", format="mp3") as target:
            out = target.add_stream("libmp3lame", rate=VOICE_RATE, layout="mono")
            out.bit_rate = VOICE_BITS
            length = _sound(source, target, out)
    return Converted(length, None if is_mp3 else made.getvalue())


def _sound(source: InputContainer, target: OutputContainer, out: AudioStream) -> int:
    """The sound of the source into a stream of the target; milliseconds."""
    resampler = av.AudioResampler(out.format, out.layout, out.rate)
    samples = 0
    for frame in source.decode(audio=0):
        samples = _write_sound(target, out, resampler.resample(frame), samples)
        _refuse_longer(Fraction(samples, out.rate))
    samples = _write_sound(target, out, resampler.resample(None), samples)
    target.mux(out.encode(None))
    if samples == 0:
        raise CannotConvert("no sound in it")
    return samples * 1000 // out.rate


def _write_sound(target: OutputContainer, out: AudioStream, frames: list[AudioFrame], samples: int) -> int:
    for frame in frames:
        frame.pts = None
        samples += frame.samples
        target.mux(out.encode(frame))
    return samples


# ---- films -------------------------------------------------------------------------------------------------------------


def video(content: bytes) -> Converted:
    """H.264 and AAC in MP4, upright, at most 1280 pixels on the long side; and a picture of its beginning."""
    with av.open(io.BytesIO(content), "r") as source:
        if not source.streams.video:
            raise CannotConvert("no picture in it")
        fits = _plays_everywhere(source)
        thumbnail, length = _thumbnail_and_length(source)
    _refuse_longer(Fraction(length, 1000))
    return Converted(length, None if fits else _film(content), thumbnail)


def film(content: bytes) -> Converted:
    """A film that is left as it is."""
    with av.open(io.BytesIO(content), "r") as source:
        if not source.streams.video:
            raise CannotConvert("no picture in it")
        thumbnail, length = _thumbnail_and_length(source)
    return Converted(length, None, thumbnail)


def picture(content: bytes) -> Converted:
    """Of one that moves, its beginning."""
    with av.open(io.BytesIO(content), "r") as source:
        if not source.streams.video:
            raise CannotConvert("no picture in it")
        return Converted(0, None, _jpeg(next(_shown(source.decode(video=0), THUMBNAIL_SIDE))))


def _plays_everywhere(source: InputContainer) -> bool:
    brand = source.metadata.get("major_brand", "").strip()
    picture = source.streams.video[0].codec_context
    return (
        brand not in ("", "qt")
        and picture.name == "h264"
        and picture.pix_fmt in ("yuv420p", "yuvj420p")
        and max(picture.width, picture.height) <= 1920
        and all(sound.codec_context.name == "aac" for sound in source.streams.audio)
    )


def _thumbnail_and_length(source: InputContainer) -> tuple[bytes, int]:
    """The length by the clock of the frames where the file does not tell (what a browser records does not)."""
    frames = source.decode(video=0)
    first = next(frames, None)
    if first is None:
        raise CannotConvert("no picture in it")
    seconds = Fraction(source.duration, av.time_base) if source.duration else _last_time(first, frames)
    return _jpeg(next(_shown(iter([first]), THUMBNAIL_SIDE))), int(seconds * 1000)


def _last_time(first: VideoFrame, frames: Iterator[VideoFrame]) -> Fraction:
    last = first.time or 0.0
    for frame in frames:
        last = frame.time or last
        _refuse_longer(Fraction(last))
    return Fraction(last)


def _jpeg(frame: VideoFrame) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    picture = frame.reformat(format="yuvj420p")
    picture.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))


def _film(content: bytes) -> bytes:
    """Made in a file: the index goes to its front at the end, so that the film plays while it loads."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        with (
            av.open(path, "w", format="mp4", options={"movflags": "faststart"}) as target,
            av.open(io.BytesIO(content), "r") as seen,
            av.open(io.BytesIO(content), "r") as heard,
        ):
            rate = min(seen.streams.video[0].average_rate or Fraction(25), Fraction(30))
            frames = _shown(seen.decode(video=0), LONG_SIDE, rate)
            first = next(frames)
            picture = target.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "27"})
            picture.width, picture.height, picture.pix_fmt = first.width, first.height, "yuv420p"
            sound = target.add_stream("aac", rate=44_100, layout="mono") if heard.streams.audio else None
            for frame in itertools.chain([first], frames):
                frame.pict_type = PictureType.NONE  # the encoder decides, not what the source had there
                target.mux(picture.encode(frame))
            target.mux(picture.encode(None))
            if sound is not None:
                sound.bit_rate = 64_000
                _sound(heard, target, sound)
        return path.read_bytes()


TURNS = {
    90: ("transpose=cclock",),
    -90: ("transpose=clock",),
    180: ("hflip", "vflip"),
    -180: ("hflip", "vflip"),
}
"""How the camera was held, in degrees against the clock → what sets it upright."""


def _shown(
    frames: Iterator[VideoFrame], long_side: int, rate: Fraction | None = None
) -> Iterator[VideoFrame]:
    """The pictures upright, no larger than `long_side`, with even sides; `rate` of them a second if given."""
    graph: Graph | None = None
    for frame in frames:
        if graph is None:
            graph = _graph(frame, long_side, rate)
        graph.push(frame)
        yield from _ready(graph)
    if graph is not None:
        graph.push(None)
        yield from _ready(graph)


def _graph(first: VideoFrame, long_side: int, rate: Fraction | None) -> Graph:
    turns = TURNS.get(first.rotation, ())
    width, height = first.width, first.height
    if turns and turns[0].startswith("transpose"):
        width, height = height, width
    scale = min(1.0, long_side / max(width, height))
    sides = (max(2, round(side * scale) // 2 * 2) for side in (width, height))
    steps = [*turns, "scale={}:{}".format(*sides), "format=yuv420p", *([f"fps={rate}"] if rate else [])]
    graph = Graph()
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format, time_base=first.time_base
    )
    nodes = [source, *(graph.add(*step.split("=", 1)) for step in steps), graph.add("buffersink")]
    graph.link_nodes(*nodes).configure()
    return graph


def _ready(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, EOFError):  # more is wanted, or nothing follows
            return


def _refuse_longer(seconds: Fraction) -> None:
    if seconds > LONGEST_S:
        raise CannotConvert(f"longer than {LONGEST_S} s")


if __name__ == "__main__":
    main()
