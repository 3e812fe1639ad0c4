"""Voices and films become ones that every phone plays and WeChat takes, in a process of their own (`converter`)."""

import asyncio
import os
import sys
from uuid import UUID

import msgspec

from kanghu.kernel import log
from kanghu.kernel.db import Database
from kanghu.modules.messaging.models import Converted, Sendable
from kanghu.modules.messaging.repository import media
from kanghu.modules.messaging.service import holding

JOB = "messaging.convert"
PATIENCE_S = 180


async def convert(database: Database, media_id: UUID) -> None:
    """Does it once; who comes later finds it done. What cannot be converted stays as it came."""
    async with database.transaction() as tx:
        kind = await media.to_convert(tx, media_id)
        content = None if kind is None else await media.content(tx, media_id, "original")
    if kind is None or content is None:
        return
    made = await _made(kind, content)
    async with database.transaction() as tx:
        if made is None:
            shown_in = await media.converted(tx, media_id, "failed", None, None, None)
        else:
            shown_in = await media.converted(
                tx, media_id, "done", made.duration_ms, made.playable, made.thumbnail
            )
        if shown_in is not None:
            held = await holding.hold_any(tx, shown_in)
            await holding.show(tx, held.conversation, held.session)


async def sendable(database: Database, media_id: UUID) -> Sendable:
    """For a channel to send; it is converted now when nobody has done so yet."""
    await convert(database, media_id)
    async with database.transaction() as tx:
        return await media.sendable(tx, media_id)


async def _made(kind: str, content: bytes) -> Converted | None:
    """None when the file cannot be converted. It is a stranger's: the process that reads it gets no keys and no address of ours."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "kanghu.modules.messaging.converter", kind,
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
    log.get("messaging").warning("media_not_converted", kind=kind, why=why[:200])
    return None
