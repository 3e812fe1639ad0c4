"""Pictures, voices and videos: taken in as they come; given as they came, or in the form that `conversion` made of them."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import TooMany
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import enqueue
from kanghu.kernel.security import Caller
from kanghu.modules.messaging import channels, media_types
from kanghu.modules.messaging.errors import MediaNotFound, MediaRefused
from kanghu.modules.messaging.models import Conversation, Convert, File, Media
from kanghu.modules.messaging.repository import media
from kanghu.modules.messaging.repository.media import Form
from kanghu.modules.messaging.service import conversion, holding

UNSENT = 20
"""Files of one conversation that were not sent yet."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    name: str
    mime: str
    content: bytes


async def upload_own(tx: Tx, caller: Caller, institution_id: UUID, kind: str, content: bytes) -> Media:
    """A customer's file, to be sent with a message. Raises `MediaRefused`, `InstitutionClosed`."""
    held = await holding.hold_of_person(tx, caller.own_person(), institution_id, channels.APP)
    found = await keep(tx, held.conversation, kind, content, person_id=caller.session_person())
    await holding.note(tx, caller, "media.upload", held.conversation, kind=kind, size=found.file.size)
    return found


async def upload(tx: Tx, caller: Caller, conversation_id: UUID, kind: str, content: bytes) -> Media:
    """An agent's. Raises `MediaRefused`, `ConversationNotFound`."""
    conversation = await holding.get(tx, caller, conversation_id, holding.WRITE)
    found = await keep(tx, conversation, kind, content, account_id=caller.account_id)
    await holding.note(tx, caller, "media.upload", conversation, kind=kind, size=found.file.size)
    return found


async def keep(
    tx: Tx,
    conversation: Conversation,
    kind: str,
    content: bytes,
    *,
    person_id: UUID | None = None,
    account_id: UUID | None = None,
) -> Media:
    """Raises `MediaRefused` when it is too large, or not what it is sent as; `TooMany`."""
    longest = media_types.LONGEST[kind]
    if not 0 < len(content) <= longest:
        raise MediaRefused(f"{media_types.NAMES[kind]}应在 {longest // media_types.MIB} MB 以内，且不能为空")
    mime = media_types.mime_of(kind, content)
    if mime is None:
        raise MediaRefused(f"这个文件不是能识别的{media_types.NAMES[kind]}，请换一个文件")
    file = File(mime, len(content), "waiting" if kind in media_types.PLAYABLE else "none")
    kept = Media(new_id(), conversation.id, kind, file, person_id, account_id, clock.now())
    if await media.count_unsent(tx, conversation.id) >= UNSENT:
        raise TooMany("上传而没有发送的文件过多，请先发送或稍后再试")
    await media.insert(tx, kept, hashlib.sha256(content).digest(), content)
    if file.conversion == "waiting":
        await enqueue(tx, conversion.JOB, Convert(kept.id))
    return kept


async def read_own(tx: Tx, caller: Caller, media_id: UUID, form: Form) -> MediaFile:
    """Raises `MediaNotFound`, also for what was withdrawn."""
    return await _file(tx, caller, await media.of_person(tx, media_id, caller.own_person()), form)


async def read(tx: Tx, caller: Caller, media_id: UUID, form: Form) -> MediaFile:
    """Raises `MediaNotFound`, also outside the scope and for what was withdrawn."""
    scope = caller.scope(holding.READ)
    return await _file(tx, caller, await media.in_reach(tx, media_id, scope, caller), form)


async def _file(tx: Tx, caller: Caller, found: tuple[Media, UUID | None] | None, form: Form) -> MediaFile:
    """What there is of the playable form: the original, when that is all."""
    if found is None:
        raise MediaNotFound
    kept, person_id = found
    if form == "playable" and not kept.file.has_playable:
        form = "original"
    content = await media.content(tx, kept.id, form)
    if content is None:
        raise MediaNotFound
    await audit.record(
        tx, caller, "messaging.media.read", subject=f"messaging.media/{kept.id}", person_id=person_id
    )
    mime = {
        "original": kept.file.mime,
        "playable": media_types.shown_as(kept.kind, kept.file),
        "thumbnail": "image/jpeg",
    }[form]
    # Nobody's name: the file may lie in a folder where others look.
    return MediaFile(f"{kept.kind}-{kept.id.hex[-8:]}.{mime.rpartition('/')[2]}", mime, content)
