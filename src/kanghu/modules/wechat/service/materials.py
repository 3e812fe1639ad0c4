"""The library of an official account: files that automatic replies and menus send, kept here, as WeChat takes them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel import audit, clock, live
from kanghu.kernel.conversion import converted
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import enqueue
from kanghu.kernel.security import Caller
from kanghu.modules.wechat import media
from kanghu.modules.wechat.errors import (
    AccountNotFound,
    MaterialInUse,
    MaterialKnown,
    MaterialMissing,
    MaterialNotFound,
    MediaRefused,
    TooManyMaterials,
    WrongKind,
)
from kanghu.modules.wechat.models import (
    Account,
    Material,
    MaterialCopy,
    MaterialFile,
    MaterialKind,
    MaterialUse,
    RemovePermanent,
)
from kanghu.modules.wechat.repository import material_copies, materials
from kanghu.modules.wechat.service import material_copies as copying
from kanghu.modules.wechat.service.accounts import get_account

READ, WRITE = "wechat.material.read", "wechat.material.write"
MOST = 1000
"""Entries of one account."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A material, where it is used, and what WeChat holds of it."""

    material: Material
    uses: list[MaterialUse]
    copies: list[MaterialCopy]


@dataclass(frozen=True, slots=True)
class Shown:
    name: str
    mime: str
    content: bytes


# ---- looking -----------------------------------------------------------------------------------------------------------


async def page(
    tx: Tx,
    caller: Caller,
    account_id: UUID,
    kinds: list[MaterialKind] | None,
    words: str,
    before: UUID | None,
    limit: int,
) -> list[Entry]:
    """Newest first. Raises `AccountNotFound`."""
    await get_account(tx, caller.scope(READ), account_id)
    return await _whole(tx, await materials.page(tx, account_id, kinds, words, before, limit))


async def get(tx: Tx, caller: Caller, material_id: UUID) -> Entry:
    """Raises `MaterialNotFound`, also outside the scope."""
    found, _ = await _known(tx, caller, READ, material_id)
    (entry,) = await _whole(tx, [found])
    return entry


async def _whole(tx: Tx, found: list[Material]) -> list[Entry]:
    ids = [one.id for one in found]
    uses, copies = await materials.uses(tx, ids), await material_copies.of_materials(tx, ids)
    return [
        Entry(
            one,
            [use for use in uses if use.material_id == one.id],
            [copy for copy in copies if copy.material_id == one.id],
        )
        for one in found
    ]


async def show(tx: Tx, caller: Caller, material_id: UUID, form: materials.Form) -> Shown:
    """The file; of the playable form what there is. Raises `MaterialNotFound`."""
    found, _ = await _known(tx, caller, READ, material_id)
    content = await materials.content(tx, material_id, form)
    if content is None and form == "playable":
        form, content = "original", await materials.content(tx, material_id, "original")
    if content is None:
        raise MaterialNotFound
    mime = {"original": found.mime, "playable": media.MP3.media_type, "thumbnail": media.JPEG.media_type}[
        form
    ]
    return Shown(f"{found.kind}-{found.id.hex[-8:]}.{mime.rpartition('/')[2]}", mime, content)


# ---- keeping -----------------------------------------------------------------------------------------------------------


async def upload(
    database: Database, caller: Caller, account_id: UUID, kind: MaterialKind, title: str, content: bytes
) -> Entry:
    """Raises `AccountNotFound`, `WrongKind`, `MediaRefused`, `MaterialKnown`, `TooManyMaterials`."""
    sha256 = hashlib.sha256(content).digest()
    async with database.transaction() as tx:
        account = await get_account(tx, caller.scope(WRITE), account_id)
        _refuse_kind(account, kind)
        await _refuse_known(tx, account_id, kind, sha256)
    found = media.checked(kind, content)
    file = await _looked_at(kind, found, content)
    made = Material(
        new_id(),
        account_id,
        kind,
        title,
        file.mime,
        len(content),
        file.duration_ms,
        file.thumbnail is not None,
        clock.now(),
    )
    async with database.transaction() as tx:
        if await materials.count(tx, account_id) >= MOST:
            raise TooManyMaterials
        if not await materials.insert(tx, made, sha256, file, caller.account_id):
            await _refuse_known(tx, account_id, kind, sha256)
        await _changed(tx, caller, account, "wechat.material.create", made.id)
    return Entry(made, [], [])


def _refuse_kind(account: Account, kind: MaterialKind) -> None:
    if account.kind == "mini_program" and kind != "image":
        raise WrongKind("小程序只能发送图片，请在公众号的素材库中上传语音和视频")


async def _refuse_known(tx: Tx, account_id: UUID, kind: MaterialKind, sha256: bytes) -> None:
    same = await materials.same_file(tx, account_id, kind, sha256)
    if same is not None:
        raise MaterialKnown(f"素材库里已有这个文件：「{same}」，直接选用即可")


async def _looked_at(kind: MaterialKind, found: media.Format, content: bytes) -> MaterialFile:
    """Opened by a process of its own: what cannot be opened here cannot be by a fan. Raises `MediaRefused`."""
    if kind == "voice":
        heard = await converted("voice", content)
        if heard is None:
            raise _unfit("这段语音打不开，请换一个 AMR 或 MP3 文件")
        if heard.duration_ms > media.LONGEST_VOICE_MS:
            raise _unfit(f"语音最长 60 秒，这段有 {-(-heard.duration_ms // 1000)} 秒，请剪短后再上传")
        return MaterialFile(found.media_type, content, heard.duration_ms, heard.playable, None)
    if kind == "video":
        seen = await converted("film", content)
        if seen is None or seen.thumbnail is None:
            raise _unfit("这段视频打不开，请换一个 MP4 文件")
        return MaterialFile(found.media_type, content, seen.duration_ms, None, seen.thumbnail)
    seen = await converted("picture", content)
    if seen is None:
        raise _unfit(f"这张{media.NAMES[kind]}打不开，请换一个文件")
    small = seen.thumbnail if kind == "image" else None
    return MaterialFile(found.media_type, content, None, None, small)


def _unfit(why: str) -> MediaRefused:
    return MediaRefused(why, fields={"file": why})


async def rename(tx: Tx, caller: Caller, material_id: UUID, title: str) -> Entry:
    """Raises `MaterialNotFound`."""
    _, account = await _known(tx, caller, WRITE, material_id)
    await materials.rename(tx, material_id, title)
    await _changed(tx, caller, account, "wechat.material.rename", material_id)
    return await get(tx, caller, material_id)


async def delete(tx: Tx, caller: Caller, material_id: UUID) -> None:
    """Also the permanent one at WeChat, afterwards. Raises `MaterialNotFound`, `MaterialInUse`."""
    found, account = await _known(tx, caller, WRITE, material_id, lock=True)
    used = await materials.uses(tx, [material_id])
    if used:
        places = "、".join(_place(use) for use in used)
        raise MaterialInUse(f"「{found.title}」正用于{places}，请先在那里换掉再删除")
    for media_id in await material_copies.permanent_ids(tx, material_id):
        await enqueue(tx, copying.REMOVE, RemovePermanent(account.id, media_id))
    await _changed(tx, caller, account, "wechat.material.delete", material_id)
    await materials.delete(tx, material_id)


def _place(use: MaterialUse) -> str:
    if use.place == "reply":
        return f"自动回复「{use.name}」" + ("" if use.in_force else "（草稿）")
    return f"菜单{use.name}（{'已发布' if use.in_force else '草稿'}）"


async def upload_again(database: Database, caller: Caller, material_id: UUID) -> Entry:
    """To WeChat, now, in the forms that are used. Raises `MaterialNotFound`, `WechatFailed`."""
    async with database.transaction() as tx:
        found, account = await _known(tx, caller, WRITE, material_id)
        copies = await material_copies.of_materials(tx, [material_id])
    known = copying.Known(account, found)
    there = {copy.form: copy for copy in copies}
    for form in copying.forms_of(found):
        copy = there.get(form)
        await copying.held(database, known, form, not_this=copy.media_id if copy else None)
    lacking = there.get("permanent")
    if lacking is not None:
        await copying.held(database, known, "permanent")
    async with database.transaction() as tx:
        await _changed(tx, caller, account, "wechat.material.renew", material_id)
        return await get(tx, caller, material_id)


# ---- for replies and menus ---------------------------------------------------------------------------------------------


async def hold(tx: Tx, account: Account, material_ids: Iterable[UUID]) -> list[UUID]:
    """Entries that something begins to use: they are there, may be sent, and stay. Raises `MaterialMissing`."""
    wanted = sorted(set(material_ids))
    found = await materials.hold(tx, account.id, wanted)
    if len(found) < len(wanted):
        raise MaterialMissing
    unfit = next((one for one in found if one.kind == "thumb"), None)
    if unfit is not None:
        raise MaterialMissing(f"「{unfit.title}」是缩略图，不能发送，请选图片、语音或视频")
    return wanted


async def _known(
    tx: Tx, caller: Caller, permission: str, material_id: UUID, *, lock: bool = False
) -> tuple[Material, Account]:
    found = await materials.get(tx, material_id, lock=lock)
    if found is None:
        raise MaterialNotFound
    try:
        return found, await get_account(tx, caller.scope(permission), found.account_id)
    except AccountNotFound:
        raise MaterialNotFound from None


async def _changed(tx: Tx, caller: Caller, account: Account, action: str, material_id: UUID) -> None:
    await live.tell(tx, "wechat.materials", institution_id=account.institution_id)
    await audit.record(
        tx,
        caller,
        action,
        subject=f"wechat.materials/{material_id}",
        institution_id=account.institution_id,
    )
