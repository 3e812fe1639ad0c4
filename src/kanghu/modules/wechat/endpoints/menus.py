"""/api/admin/wechat/accounts/{account_id}/menus: menus of official accounts."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Request

from kanghu.kernel.security import Caller, can, can_and_waits
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.wechat.schemas import (
    MenuComparison,
    MenuDraft,
    MenuMatch,
    MenuView,
    PublishMenu,
    RollBackMenu,
    TryMenu,
)
from kanghu.modules.wechat.service import menus

admin = Router(prefix="/api/admin/wechat/accounts/{account_id}/menus", tags=["wechat"])

REFUSED: dict[int | str, dict[str, Any]] = {502: {"description": "微信拒绝，原因见 message"}}


@admin.get("", operation_id="wechat_list_menus")
async def list_menus(
    account_id: UUID, caller: Annotated[Caller, can(menus.READ)], tx: Transaction
) -> list[MenuView]:
    """公众号菜单的各个版本，新的在前"""
    return [MenuView.model_validate(found) for found in await menus.list_menus(tx, caller, account_id)]


@admin.put("/draft", operation_id="wechat_save_menu")
async def save_menu(
    account_id: UUID, body: MenuDraft, caller: Annotated[Caller, can(menus.WRITE)], tx: Transaction
) -> MenuView:
    """保存菜单草稿"""
    saved = await menus.save_draft(tx, caller, account_id, body.revision, body.content.model_dump())
    return MenuView.model_validate(saved)


@admin.post("/publish", operation_id="wechat_publish_menu", responses=REFUSED)
async def publish_menu(
    account_id: UUID,
    body: PublishMenu,
    caller: Annotated[Caller, can_and_waits(menus.WRITE)],
    request: Request,
) -> MenuView:
    """把菜单草稿发布到微信，约 5 分钟内粉丝都能看到"""
    published = await menus.publish(request.app.state.database, caller, account_id, body.revision)
    return MenuView.model_validate(published)


@admin.post("/roll-back", operation_id="wechat_roll_back_menu", responses=REFUSED)
async def roll_back_menu(
    account_id: UUID,
    body: RollBackMenu,
    caller: Annotated[Caller, can_and_waits(menus.WRITE)],
    request: Request,
) -> MenuView:
    """恢复以前的版本：它的内容成为新的版本并立即发布，正在编辑的草稿被取代"""
    published = await menus.roll_back(
        request.app.state.database, caller, account_id, body.number, body.revision
    )
    return MenuView.model_validate(published)


@admin.post("/try-match", operation_id="wechat_try_menu", responses=REFUSED)
async def try_menu(
    account_id: UUID, body: TryMenu, caller: Annotated[Caller, can_and_waits(menus.READ)], request: Request
) -> MenuMatch:
    """问微信：这位粉丝现在看到哪一份菜单"""
    found = await menus.try_match(request.app.state.database, caller, account_id, body.user)
    return MenuMatch.model_validate(found)


@admin.get("/difference", operation_id="wechat_compare_menu", responses=REFUSED)
async def compare_menu(
    account_id: UUID, caller: Annotated[Caller, can_and_waits(menus.READ)], request: Request
) -> MenuComparison:
    """最近发布的菜单与微信上的有什么不同"""
    compared = await menus.compare(request.app.state.database, caller, account_id)
    return MenuComparison.model_validate(compared)
