"""Voices and films become ones that every phone plays and WeChat takes, in a process of their own (`kernel.converter`)."""

from typing import Literal, cast
from uuid import UUID

from kanghu.kernel.conversion import converted
from kanghu.kernel.db import Database
from kanghu.modules.messaging.models import Sendable
from kanghu.modules.messaging.repository import media
from kanghu.modules.messaging.service import holding

JOB = "messaging.convert"


async def convert(database: Database, media_id: UUID) -> None:
    """Does it once; who comes later finds it done. What cannot be converted stays as it came."""
    async with database.transaction() as tx:
        kind = await media.to_convert(tx, media_id)
        content = None if kind is None else await media.content(tx, media_id, "original")
    if kind is None or content is None:
        return
    made = await converted(cast(Literal["voice", "video"], kind), content)
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
