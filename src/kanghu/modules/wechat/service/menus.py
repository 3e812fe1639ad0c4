"""Menus of official accounts: drafted here, published to WeChat as a whole, compared with what stands there."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec

from kanghu.kernel import audit, live
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.security import Caller
from kanghu.modules.wechat.errors import (
    MediaGone,
    MenuChanged,
    MenuInvalid,
    MenuNotFound,
    WechatFailed,
    WrongKind,
)
from kanghu.modules.wechat.menus import rules
from kanghu.modules.wechat.menus.menu import (
    Button,
    Menu,
    differences,
    materials_of,
    read,
    with_media,
    written,
)
from kanghu.modules.wechat.models import Account, MenuRow
from kanghu.modules.wechat.repository import materials, menus
from kanghu.modules.wechat.service import calls, material_copies
from kanghu.modules.wechat.service.accounts import get_account
from kanghu.modules.wechat.service.materials import hold

READ, WRITE = "wechat.menu.read", "wechat.menu.write"
NO_MENU = 46003


@dataclass(frozen=True, slots=True)
class Compared:
    """`number`: the version that was published last, None when none was. No lines: it stands there as it should."""

    number: int | None
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Matched:
    """The menu that WeChat shows to a fan, and which of ours it is: `tag_id` of a personal one."""

    source: Literal["default", "personal", "other", "none"]
    tag_id: int | None
    buttons: tuple[Button, ...]


def menu_of(content: dict[str, Any]) -> Menu:
    return msgspec.convert(content, Menu)


async def list_menus(tx: Tx, caller: Caller, account_id: UUID) -> list[MenuRow]:
    """Raises `AccountNotFound`, `WrongKind`."""
    await _account(tx, caller, READ, account_id)
    return await menus.list_menus(tx, account_id)


async def save_draft(
    tx: Tx, caller: Caller, account_id: UUID, revision: int, content: dict[str, Any]
) -> MenuRow:
    """A draft may have faults; publishing it looks at them. `revision` 0: a new one. Raises `MenuChanged`, `MaterialMissing`."""
    account = await _account(tx, caller, WRITE, account_id)
    used = await hold(tx, account, materials_of(menu_of(content)))
    if revision == 0:
        saved = await menus.add_draft(tx, account_id, content, caller.account_id)
    else:
        saved = await menus.change_draft(tx, account_id, revision, content, caller.account_id)
    found = await menus.draft(tx, account_id)
    if not saved or found is None:
        raise MenuChanged
    await materials.used_by_menu(tx, account_id, found.id, used)
    await _changed(tx, caller, account, "wechat.menu.draft", found)
    return found


async def roll_back(
    database: Database, caller: Caller, account_id: UUID, number: int, revision: int
) -> MenuRow:
    """Puts an earlier version in force again, as a version of its own; what was being drafted (`revision`, 0: nothing) goes.

    Raises `MenuNotFound`, `MenuChanged`, `MaterialMissing`, `MenuInvalid`, `WechatFailed`; after the last two the earlier version is the draft.
    """
    async with database.transaction() as tx:
        await _account(tx, caller, WRITE, account_id)
        earlier = await menus.published(tx, account_id, number)
        if earlier is None:
            raise MenuNotFound("没有发布过这个版本，请刷新后再选")
        draft = await save_draft(tx, caller, account_id, revision, earlier.content)
    return await publish(database, caller, account_id, draft.revision)


async def try_match(database: Database, caller: Caller, account_id: UUID, user: str) -> Matched:
    """Which menu a fan sees, by openid or WeChat name. Raises `WechatFailed`."""
    async with database.transaction() as tx:
        account = await _account(tx, caller, READ, account_id)
        published = await menus.in_force(tx, account_id)
    try:
        found = read(
            (await calls.post(database, account, "/cgi-bin/menu/trymatch", {"user_id": user})).get("button")
        )
    except WechatFailed as error:
        if error.errcode == NO_MENU:
            return Matched("none", None, ())
        raise
    ours = menu_of(published.content) if published is not None else Menu(())
    personal = next((one for one in ours.personal if not differences(one.buttons, found)), None)
    if personal is not None:
        return Matched("personal", personal.tag_id, found)
    return Matched("other" if differences(ours.buttons, found) else "default", None, found)


async def publish(database: Database, caller: Caller, account_id: UUID, revision: int) -> MenuRow:
    """Puts the draft in force for everybody within minutes. Raises `MenuNotFound`, `MenuChanged`, `MenuInvalid`, `MaterialMissing`,
    `WechatFailed`.

    WeChat knows no editing: personal menus are taken away and added again. Whatever stops it on the way, doing it again helps.
    """
    async with database.transaction() as tx:
        account = await _account(tx, caller, WRITE, account_id)
        draft = await menus.draft(tx, account_id)
    if draft is None:
        raise MenuNotFound
    if draft.revision != revision:
        raise MenuChanged
    menu = menu_of(draft.content)
    wrong = rules.problems(menu)
    if wrong:
        raise MenuInvalid(fields=wrong)
    told = await _told(database, account, menu)
    async with database.transaction() as tx:
        content = msgspec.to_builtins(told)
        if not await menus.mark_published(tx, draft.id, revision, content, caller.account_id):
            raise MenuChanged
        await materials.let_go_by_earlier_menus(tx, account_id, draft.id)
        await _changed(tx, caller, account, "wechat.menu.publish", draft)
        found = await menus.in_force(tx, account_id)
    assert found is not None
    return found


async def _told(database: Database, account: Account, menu: Menu) -> Menu:
    """Put in force, with what WeChat calls its material: buttons send nothing that would be forgotten after three days."""
    known = await material_copies.permanent(database, account.id, materials_of(menu))
    told = with_media(menu, known)
    try:
        await _put_in_force(database, account, told)
    except MediaGone:
        if not known:
            raise
        # Somebody deleted it in WeChat's console.
        told = with_media(menu, await material_copies.permanent_again(database, account.id, known))
        await _put_in_force(database, account, told)
    return told


async def _put_in_force(database: Database, account: Account, menu: Menu) -> None:
    _, personal = await _at_wechat(database, account)
    for menuid, _ in personal:
        await calls.post(database, account, "/cgi-bin/menu/delconditional", {"menuid": menuid})
    await calls.post(database, account, "/cgi-bin/menu/create", {"button": written(menu.buttons)})
    for one in reversed(menu.personal):  # of several that fit, the one added last counts at WeChat
        body = {"button": written(one.buttons), "matchrule": {"tag_id": str(one.tag_id)}}
        await calls.post(database, account, "/cgi-bin/menu/addconditional", body)


async def compare(database: Database, caller: Caller, account_id: UUID) -> Compared:
    """What was published last with what stands at WeChat, where somebody may have changed it. Raises `WechatFailed`."""
    async with database.transaction() as tx:
        account = await _account(tx, caller, READ, account_id)
        published = await menus.in_force(tx, account_id)
    ours = menu_of(published.content) if published is not None else Menu(())
    default, personal = await _at_wechat(database, account)
    lines = differences(ours.buttons, read(default))
    tagged = {str(found.get("matchrule", {}).get("tag_id", "")): found for _, found in personal}
    for one in ours.personal:
        found = tagged.pop(str(one.tag_id), None)
        if found is None:
            lines.append(f"标签 {one.tag_id} 的个性化菜单在微信上没有")
            continue
        inner = differences(one.buttons, read(found.get("button")))
        lines += [f"标签 {one.tag_id} 的个性化菜单：{line}" for line in inner]
    lines += [f"微信上多了标签 {tag} 的个性化菜单" for tag in tagged]
    return Compared(published.number if published is not None else None, lines)


async def _at_wechat(database: Database, account: Account) -> tuple[Any, list[tuple[str, dict[str, Any]]]]:
    """Buttons of the default menu, and each personal menu with its number."""
    try:
        got = await calls.get(database, account, "/cgi-bin/menu/get")
    except WechatFailed as error:
        if error.errcode == NO_MENU:
            return [], []
        raise
    menu, personal = got.get("menu"), got.get("conditionalmenu")
    default = menu.get("button") if isinstance(menu, dict) else []
    listed = personal if isinstance(personal, list) else []
    return default, [(str(found.get("menuid", "")), found) for found in listed if isinstance(found, dict)]


async def _account(tx: Tx, caller: Caller, permission: str, account_id: UUID) -> Account:
    found = await get_account(tx, caller.scope(permission), account_id)
    if found.kind != "official":
        raise WrongKind("小程序没有自定义菜单，请选择公众号")
    return found


async def _changed(tx: Tx, caller: Caller, account: Account, action: str, menu: MenuRow) -> None:
    await live.tell(tx, "wechat.menus", institution_id=account.institution_id)
    await audit.record(
        tx,
        caller,
        action,
        subject=f"wechat.menus/{menu.id}",
        institution_id=account.institution_id,
        detail={"number": menu.number, "revision": menu.revision},
    )
