"""The way to the converter, a process of its own: what a stranger's file does there it does to nobody else (ADR 0018)."""

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import Literal

import msgspec

from kanghu.kernel import log

PATIENCE_S = 180


@dataclass(frozen=True, slots=True)
class Converted:
    """`playable`: an MP3 or MP4, None where the original plays everywhere; `thumbnail`: a JPEG, of films and pictures alone."""

    duration_ms: int
    playable: bytes | None
    thumbnail: bytes | None = None


async def converted(kind: Literal["voice", "video", "film", "picture"], content: bytes) -> Converted | None:
    """`film`, `picture`: only looked at. None when it cannot be read. The process gets no keys and no address of ours."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "kanghu.kernel.converter", kind,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR", "LANG")},
    )  # fmt: skip
    try:
        answer, complaint = await asyncio.wait_for(process.communicate(content), PATIENCE_S)
    except TimeoutError:
        answer, complaint = b"", b"took too long"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return msgspec.msgpack.decode(answer, type=Converted)
    why = complaint.decode(errors="replace").strip().rpartition("\n")[2]
    log.get("conversion").warning("media_not_converted", kind=kind, why=why[:200])
    return None
