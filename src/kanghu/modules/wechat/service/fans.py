"""Fans as staff see them, their tags at WeChat, and QR codes with scenes."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.wechat import client
from kanghu.modules.wechat.errors import WechatAway, WrongKind
from kanghu.modules.wechat.models import Account, ListedFan, QrCode
from kanghu.modules.wechat.repository import fans, qr_codes, tag_gifts, tag_rules
from kanghu.modules.wechat.service import calls
from kanghu.modules.wechat.service.accounts import get_account

READ, WRITE = "wechat.fan.read", "wechat.fan.write"
BATCH = 50
"""Fans that WeChat takes at a time."""


@dataclass(frozen=True, slots=True)
class Tag:
    id: int
    name: str
    count: int


async def list_fans(
    tx: Tx,
    caller: Caller,
    account_id: UUID,
    *,
    subscribed: bool | None,
    tag_id: int | None,
    bound: bool | None,
    before: UUID | None,
    limit: int,
) -> list[ListedFan]:
    """Newest first. Raises `AccountNotFound`."""
    account = await get_account(tx, caller.scope(READ), account_id)
    await _note(tx, caller, account, "wechat.fan.read", {})
    return await fans.page(
        tx, account_id, subscribed=subscribed, tag_id=tag_id, bound=bound, before=before, limit=limit
    )


# ---- tags ----------------------------------------------------------------------------------------------------------------


async def list_tags(database: Database, caller: Caller, account_id: UUID) -> list[Tag]:
    """As WeChat has them now. Raises `AccountNotFound`, `WrongKind`, `WechatFailed`."""
    account = await _official(database, caller, READ, account_id)
    got = await calls.get(database, account, "/cgi-bin/tags/get")
    return [_tag(found) for found in got.get("tags", [])]


def _tag(found: object) -> Tag:
    match found:
        case {"id": int(tag_id), "name": str(name), "count": int(count)}:
            return Tag(tag_id, name, count)
    raise WechatAway("微信的应答格式不正确，请稍后再试")


async def create_tag(database: Database, caller: Caller, account_id: UUID, name: str) -> Tag:
    """Raises `AccountNotFound`, `WrongKind`, `WechatFailed` (`TagRefused`)."""
    account = await _official(database, caller, WRITE, account_id)
    got = await calls.post(database, account, "/cgi-bin/tags/create", {"tag": {"name": name}})
    made = got.get("tag")
    tag = _tag({**made, "count": 0} if isinstance(made, dict) else None)
    await _note_now(database, caller, account, "wechat.tag.create", {"tag": tag.id})
    return tag


async def rename_tag(database: Database, caller: Caller, account_id: UUID, tag_id: int, name: str) -> None:
    """Raises like `create_tag`."""
    account = await _official(database, caller, WRITE, account_id)
    await calls.post(database, account, "/cgi-bin/tags/update", {"tag": {"id": tag_id, "name": name}})
    await _note_now(database, caller, account, "wechat.tag.update", {"tag": tag_id})


async def delete_tag(database: Database, caller: Caller, account_id: UUID, tag_id: int) -> None:
    """Nobody has it any more. Raises like `create_tag`."""
    account = await _official(database, caller, WRITE, account_id)
    await calls.post(database, account, "/cgi-bin/tags/delete", {"tag": {"id": tag_id}})
    async with database.transaction() as tx:
        await forget_tag(tx, account_id, tag_id)
        await _note(tx, caller, account, "wechat.tag.delete", {"tag": tag_id})


async def forget_tag(tx: Tx, account_id: UUID, tag_id: int) -> None:
    """It is no more: nobody has it, no rule gives it."""
    await fans.forget_tag(tx, account_id, tag_id)
    await tag_gifts.forget_tag(tx, account_id, tag_id)
    await tag_rules.switch_off(tx, account_id, tag_id, clock.now())


async def tag_fans(
    database: Database, caller: Caller, account_id: UUID, tag_id: int, openids: list[str], *, remove: bool
) -> None:
    """Fifty at a time; where WeChat refuses some, those before them are done, and doing it again is once. No rule takes away
    what was given so, also where a rule had given it before.

    Raises like `create_tag`.
    """
    account = await _official(database, caller, WRITE, account_id)
    path = f"/cgi-bin/tags/members/batch{'un' if remove else ''}tagging"
    wanted = sorted(set(openids))
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        async with database.transaction() as tx:
            await tag_gifts.by_hand(tx, account_id, some, tag_id, clock.now(), remove=remove)
        await calls.post(database, account, path, {"openid_list": some, "tagid": tag_id})
        async with database.transaction() as tx:
            await tag_gifts.by_hand(tx, account_id, some, tag_id, clock.now(), remove=remove)
            await fans.tag(tx, account_id, some, tag_id, remove=remove)
            what = "wechat.fan.untag" if remove else "wechat.fan.tag"
            await _note(tx, caller, account, what, {"tag": tag_id, "fans": len(some)})


# ---- QR codes ------------------------------------------------------------------------------------------------------------


async def list_codes(tx: Tx, caller: Caller, account_id: UUID) -> list[QrCode]:
    """Raises `AccountNotFound`."""
    await get_account(tx, caller.scope(READ), account_id)
    return await qr_codes.list_codes(tx, account_id)


async def create_code(
    database: Database, caller: Caller, account_id: UUID, name: str, scene: str, days: int | None
) -> QrCode:
    """For ever when `days` is None. Raises `AccountNotFound`, `WrongKind`, `WechatFailed`."""
    account = await _official(database, caller, WRITE, account_id)
    lasting = None if days is None else timedelta(days=days)
    wanted = {
        "action_name": "QR_LIMIT_STR_SCENE" if lasting is None else "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": scene}},
        **({} if lasting is None else {"expire_seconds": int(lasting.total_seconds())}),
    }
    got = await calls.post(database, account, "/cgi-bin/qrcode/create", wanted)
    now = clock.now()
    made = QrCode(
        new_id(),
        account_id,
        name,
        scene,
        client.text(got, "ticket"),
        client.text(got, "url"),
        None if lasting is None else now + lasting,
        now,
    )
    async with database.transaction() as tx:
        await qr_codes.insert(tx, made, caller.account_id)
        await _note(tx, caller, account, "wechat.qr_code.create", {"scene": scene})
    return made


async def _official(database: Database, caller: Caller, permission: str, account_id: UUID) -> Account:
    async with database.transaction() as tx:
        found = await get_account(tx, caller.scope(permission), account_id)
    if found.kind != "official":
        raise WrongKind(f"此操作须用公众号，「{found.name}」不是")
    return found


async def _note_now(
    database: Database, caller: Caller, account: Account, action: str, detail: dict[str, object]
) -> None:
    async with database.transaction() as tx:
        await _note(tx, caller, account, action, detail)


async def _note(tx: Tx, caller: Caller, account: Account, action: str, detail: dict[str, object]) -> None:
    await audit.record(
        tx,
        caller,
        action,
        subject=f"wechat.accounts/{account.id}",
        institution_id=account.institution_id,
        detail=detail,
    )
