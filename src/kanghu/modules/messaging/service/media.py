"""Pictures, voices and videos: taken in as they come, given back as they came.

Here is the place for a form that every phone plays (voice as MP3, video as MP4): a job after `keep` that adds it beside the
original. Nothing of that is done yet.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import TooMany
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.messaging import channels, media_types
from kanghu.modules.messaging.errors import MediaNotFound, MediaRefused
from kanghu.modules.messaging.models import Conversation, Media
from kanghu.modules.messaging.repository import messages
from kanghu.modules.messaging.service import holding

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
    await holding.note(tx, caller, "media.upload", held.conversation, kind=kind, size=found.size)
    return found


async def upload(tx: Tx, caller: Caller, conversation_id: UUID, kind: str, content: bytes) -> Media:
    """An agent's. Raises `MediaRefused`, `ConversationNotFound`."""
    conversation = await holding.get(tx, caller, conversation_id, holding.WRITE)
    found = await keep(tx, conversation, kind, content, account_id=caller.account_id)
    await holding.note(tx, caller, "media.upload", conversation, kind=kind, size=found.size)
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
    media = Media(new_id(), conversation.id, kind, mime, len(content), person_id, account_id, clock.now())
    if await messages.unsent_media(tx, conversation.id) >= UNSENT:
        raise TooMany("上传而没有发送的文件过多，请先发送或稍后再试")
    sealed = vault.seal(content, messages.MEDIA_CONTENT, media.id)
    await messages.insert_media(tx, media, hashlib.sha256(content).digest(), sealed)
    return media


async def read_own(tx: Tx, caller: Caller, media_id: UUID) -> MediaFile:
    """Raises `MediaNotFound`, also for what was withdrawn."""
    return await _file(tx, caller, await messages.media_of_person(tx, media_id, caller.own_person()))


async def read(tx: Tx, caller: Caller, media_id: UUID) -> MediaFile:
    """Raises `MediaNotFound`, also outside the scope and for what was withdrawn."""
    scope = caller.scope(holding.READ)
    return await _file(tx, caller, await messages.media_in_reach(tx, media_id, scope, caller))


async def _file(tx: Tx, caller: Caller, found: tuple[Media, UUID | None] | None) -> MediaFile:
    if found is None:
        raise MediaNotFound
    media, person_id = found
    await audit.record(
        tx, caller, "messaging.media.read", subject=f"messaging.media/{media.id}", person_id=person_id
    )
    # Nobody's name: the file may lie in a folder where others look.
    ending = media.mime.rpartition("/")[2]
    return MediaFile(f"{media.kind}-{media.id.hex[-8:]}.{ending}", media.mime, await content_of(tx, media.id))


async def content_of(tx: Tx, media_id: UUID) -> bytes:
    """The bytes of a media that exists."""
    return vault.open_bytes(await messages.media_content(tx, media_id), messages.MEDIA_CONTENT, media_id)
