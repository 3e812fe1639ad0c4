"""What WeChat holds of the library: temporary media, which it forgets after three days, and permanent ones for menus.

Who uploads takes the row for a while (`taken_until`) and asks WeChat without holding a transaction; the others look again until
that ended, well or not. A process that dies meanwhile loses its turn when the while is over.

Temporary: https://developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia
Permanent: https://developers.weixin.qq.com/doc/service/api/material/permanent/api_addmaterial, its numbers as …/api_getmaterialcount
has them: 100000 pictures and articles, 1000 of each other kind.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import msgspec

from kanghu.kernel import clock, live, log
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import AppError
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import TryAgain, enqueue, enqueue_many
from kanghu.modules.wechat import client, media
from kanghu.modules.wechat.errors import MaterialMissing, MaterialsFull, MediaGone, WechatAway, WechatFailed
from kanghu.modules.wechat.models import (
    Account,
    CopyForm,
    Material,
    MaterialAnswer,
    MaterialCopy,
    RemovePermanent,
    RenewMaterial,
)
from kanghu.modules.wechat.repository import material_copies, materials
from kanghu.modules.wechat.service import calls
from kanghu.modules.wechat.service.known import usable, usable_now

LIFETIME = timedelta(days=3)
RENEW_BEFORE = timedelta(hours=12)
SLACK = timedelta(minutes=5)
"""A copy that ends sooner is not sent any more."""
TRY_AGAIN_AFTER = timedelta(hours=1)
"""What could not be uploaded waits so long for the timer; when it is needed, it is tried at once."""
TURN = timedelta(minutes=3)
"""Longer than an upload can last, with its second tries."""
REPLACED_FOR = timedelta(hours=1)
"""A menu at WeChat may still name the permanent material that another has replaced."""
PATIENCE_S = 30.0
LOOK_AGAIN_S = (0.05, 0.1, 0.2, 0.4)
PAGE, PAGES = 20, 250
"""Of permanent materials when one is looked for."""
MOST_PERMANENT = {"image": 100_000, "voice": 1_000, "video": 1_000}
RENEW, REMOVE = "wechat.renew_material", "wechat.remove_permanent"


@dataclass(frozen=True, slots=True)
class Sendable:
    """media_ids that WeChat knows now; `thumb` of a film."""

    media_id: str
    thumb: str = ""


async def sendable(
    database: Database, answer: MaterialAnswer, account_id: UUID, not_this: Sendable | None = None
) -> Sendable:
    """For a message to a fan; `not_this` was refused. Raises `MaterialMissing`, `WechatFailed`."""
    known = await _known(database, answer.material_id, account_id)
    refused = not_this or Sendable("")
    media_id = await held(database, known, "temporary", not_this=refused.media_id)
    if known.material.kind != "video":
        return Sendable(media_id)
    return Sendable(media_id, await held(database, known, "thumb", not_this=refused.thumb))


async def permanent(database: Database, account_id: UUID, material_ids: set[UUID]) -> dict[UUID, str]:
    """Entry → its media_id, for menus. Raises `MaterialMissing`, `WechatFailed`."""
    return {
        one: await held(database, await _known(database, one, account_id), "permanent")
        for one in sorted(material_ids)
    }


async def permanent_again(database: Database, account_id: UUID, known: dict[UUID, str]) -> dict[UUID, str]:
    """After WeChat refused a menu with these: those that it knows no more are uploaded anew."""
    found = dict(known)
    for one, media_id in known.items():
        entry = await _known(database, one, account_id)
        try:
            await calls.download_by_post(
                database, entry.account, "/cgi-bin/material/get_material", {"media_id": media_id}
            )
        except MediaGone:
            found[one] = await held(database, entry, "permanent", not_this=media_id)
    return found


# ---- kept fresh --------------------------------------------------------------------------------------------------------


async def renew_due(tx: Tx) -> None:
    """Puts into the queue what rules in use will soon lack."""
    now = clock.now()
    found = await material_copies.due(tx, now, now + RENEW_BEFORE, now - TRY_AGAIN_AFTER, limit=500)
    await enqueue_many(tx, [(RENEW, RenewMaterial(one)) for one in found])


async def renew(database: Database, material_id: UUID) -> None:
    """Does nothing for an entry that no rule in use answers with, or that WeChat holds for long. Raises `TryAgain`."""
    async with database.transaction() as tx:
        material = await materials.get(tx, material_id)
        wanted = any(use.in_force and use.place == "reply" for use in await materials.uses(tx, [material_id]))
    if material is None or not wanted:
        return
    try:
        known = await _known(database, material_id, material.account_id)
        for form in forms_of(known.material):
            await held(database, known, form, ahead=RENEW_BEFORE)
    except AppError as failed:
        if isinstance(failed, WechatFailed) and failed.passing:
            raise TryAgain(failed.message) from failed
        log.get("wechat").error("material_not_renewed", material_id=str(material_id), reason=failed.code)


def forms_of(material: Material) -> tuple[CopyForm, ...]:
    return ("temporary", "thumb") if material.kind == "video" else ("temporary",)


async def remove_permanent(database: Database, gone: RemovePermanent) -> None:
    """Raises `TryAgain`."""
    account = await usable_now(database, gone.account_id)
    try:
        await calls.post(database, account, "/cgi-bin/material/del_material", {"media_id": gone.media_id})
    except MediaGone:
        return
    except WechatFailed as failed:
        raise TryAgain(failed.message) from failed


# ---- one copy ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    account: Account
    material: Material


async def _known(database: Database, material_id: UUID, account_id: UUID) -> Known:
    async with database.transaction() as tx:
        found = await materials.get(tx, material_id)
        if found is None or found.account_id != account_id:
            raise MaterialMissing
        return Known(await usable(tx, account_id), found)


async def held(
    database: Database,
    known: Known,
    form: CopyForm,
    *,
    not_this: str | None = None,
    ahead: timedelta = SLACK,
) -> str:
    """The media_id, good for longer than `ahead`; uploaded when there is none. Raises `MaterialMissing`, `WechatFailed`, `MediaRefused`."""
    seen = await _look(database, known, form)
    first, waited, pauses = seen.ended, 0.0, iter(LOOK_AGAIN_S)
    while True:
        now = clock.now()
        if _good(seen, not_this) and (seen.expires_at is None or seen.expires_at > now + ahead):
            assert seen.media_id is not None
            return seen.media_id
        if seen.ended > first and seen.failure:
            raise WechatAway(seen.failure)
        if await _take(database, seen, turn := new_id()):
            return await _upload(database, known, seen, turn)
        if waited > PATIENCE_S:
            raise WechatAway("素材正在上传到微信，请稍后再试")
        pause = next(pauses, LOOK_AGAIN_S[-1])
        await asyncio.sleep(pause)
        waited += pause
        seen = await _look(database, known, form)


def _good(seen: MaterialCopy, not_this: str | None) -> bool:
    return seen.media_id is not None and seen.media_id != not_this


async def _look(database: Database, known: Known, form: CopyForm) -> MaterialCopy:
    async with database.transaction() as tx:
        found = await material_copies.read(tx, known.material.id, form)
    if found is None:
        raise MaterialMissing
    return found


async def _take(database: Database, seen: MaterialCopy, turn: UUID) -> bool:
    now = clock.now()
    async with database.transaction() as tx:
        return await material_copies.take(tx, seen, turn, now, now + TURN)


async def _upload(database: Database, known: Known, seen: MaterialCopy, turn: UUID) -> str:
    asked_at = clock.now()
    try:
        media_id = await _UPLOADERS[seen.form](database, known, seen)
    except AppError as failed:
        async with database.transaction() as tx:
            await material_copies.give_up(tx, seen, turn, failed.message, clock.now())
            await _tell(tx, known)
        raise
    lasts = seen.form != "permanent"
    async with database.transaction() as tx:
        kept = await material_copies.keep(tx, seen, turn, media_id, asked_at + LIFETIME if lasts else None)
        if not lasts and not kept:
            await enqueue(tx, REMOVE, RemovePermanent(known.account.id, media_id))
        elif not lasts and seen.media_id is not None and seen.media_id != media_id:
            await enqueue(tx, REMOVE, RemovePermanent(known.account.id, seen.media_id), delay=REPLACED_FOR)
        await _tell(tx, known)
    if not lasts and not kept:
        raise MaterialMissing
    return media_id


async def _tell(tx: Tx, known: Known) -> None:
    await live.tell(tx, "wechat.materials", institution_id=known.account.institution_id)


# ---- what WeChat is asked ----------------------------------------------------------------------------------------------


async def _temporary(database: Database, known: Known, _seen: MaterialCopy) -> str:
    content = await _content(database, known.material.id, "original")
    return await _sent_up(database, known, known.material.kind, content)


async def _thumb(database: Database, known: Known, _seen: MaterialCopy) -> str:
    return await _sent_up(database, known, "thumb", await _content(database, known.material.id, "thumbnail"))


async def _sent_up(database: Database, known: Known, kind: media.MediaKind, content: bytes) -> str:
    got = await calls.upload(
        database, known.account, "/cgi-bin/media/upload", _named(known, kind, content), type=kind
    )
    return client.text(got, "thumb_media_id" if "thumb_media_id" in got else "media_id")


async def _permanent(database: Database, known: Known, seen: MaterialCopy) -> str:
    """WeChat knows no number under which an upload could be asked for again: after a try whose end is unknown it is looked for
    by the name of its file. (What videos are called in the list is documented nowhere; one may be left over there.)"""
    kind = known.material.kind
    content = await _content(database, known.material.id, "original")
    file = _named(known, kind, content)
    if seen.failure or seen.taken_until is not None:
        found = await _listed(database, known, file.name)
        if found is not None and found != seen.media_id:
            return found
    await _refuse_when_full(database, known)
    if kind == "video":
        told = msgspec.json.encode({"title": known.material.title, "introduction": ""}).decode()
        file = client.Upload(file.name, file.media_type, content, {"description": told})
    got = await calls.upload(database, known.account, "/cgi-bin/material/add_material", file, type=kind)
    return client.text(got, "media_id")


async def _refuse_when_full(database: Database, known: Known) -> None:
    """What was made in WeChat's own console counts, too."""
    kind = known.material.kind
    got = await calls.get(database, known.account, "/cgi-bin/material/get_materialcount")
    counted = ("image", "news") if kind == "image" else (kind,)
    numbers = [got.get(f"{one}_count") for one in counted]
    most = MOST_PERMANENT.get(kind)
    if most is not None and sum(number for number in numbers if isinstance(number, int)) >= most:
        raise MaterialsFull(
            f"公众号的永久{media.NAMES[kind]}素材已有 {most} 个，达到微信的上限，请先在公众平台「素材管理」中删除不用的"
        )


async def _listed(database: Database, known: Known, name: str) -> str | None:
    for number in range(PAGES):
        body = {"type": known.material.kind, "offset": number * PAGE, "count": PAGE}
        got = await calls.post(database, known.account, "/cgi-bin/material/batchget_material", body)
        items = got.get("item")
        listed = [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []
        found = next((one for one in listed if one.get("name") == name), None)
        if found is not None:
            return client.text(found, "media_id")
        if len(listed) < PAGE:
            return None
    return None


def _named(known: Known, kind: media.MediaKind, content: bytes) -> client.Upload:
    """Looked at once more: what is kept may be older than the rules."""
    found = media.checked(kind, content)
    return client.Upload(f"{known.material.id}.{found.extension}", found.media_type, content)


async def _content(database: Database, material_id: UUID, form: materials.Form) -> bytes:
    async with database.transaction() as tx:
        found = await materials.content(tx, material_id, form)
    if found is None:
        raise MaterialMissing
    return found


_UPLOADERS: dict[CopyForm, Callable[[Database, Known, MaterialCopy], Awaitable[str]]] = {
    "temporary": _temporary,
    "thumb": _thumb,
    "permanent": _permanent,
}
