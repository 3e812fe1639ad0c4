"""The doctor's queue of personalised lists."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from kanghu.kernel.db import Tx
from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts import public as accounts
from kanghu.modules.health import policy
from kanghu.modules.health.models import ChecklistRow, LineRow
from kanghu.modules.health.schemas import (
    ChecklistHeadView,
    ChecklistView,
    Confirmation,
    LineView,
    NewLine,
    Ticks,
)
from kanghu.modules.health.service import confirm_list
from kanghu.modules.people import public as people

admin = Router(prefix="/api/admin/health/checklists", tags=["health"])


@admin.get("", operation_id="health_list_checklists")
async def list_checklists(
    caller: Annotated[Caller, can("health.checklist.read")],
    tx: Transaction,
    state: Annotated[
        str, Query(pattern="^(draft|confirmed|used|replaced|all)$", description="all 为不论状态")
    ] = "draft",
    person_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ChecklistHeadView]:
    """个性化体检清单，默认为待确认的，等得最久的在前"""
    after = decode_cursor(cursor, UUID)
    found = await confirm_list.waiting(
        tx,
        caller,
        states=policy.LIST_STATES if state == "all" else (state,),
        person_id=person_id,
        after=after[0] if after else None,
        limit=limit + 1,
    )
    items, following = split_page(found, limit, lambda head: (head.id,))
    names = await people.names_of(tx, [head.person_id for head in items])
    views = [ChecklistHeadView.model_validate(head) for head in items]
    for view in views:
        view.person_name = names.get(view.person_id, "")
    return Page(items=views, next=following)


@admin.get("/{checklist_id}", operation_id="health_get_checklist")
async def get_checklist(
    checklist_id: UUID, caller: Annotated[Caller, can("health.checklist.read")], tx: Transaction
) -> ChecklistView:
    """一份清单：项目与全部理由、移除的项目、未能判定的规则"""
    return await _view(tx, *await confirm_list.get(tx, caller, checklist_id))


@admin.put("/{checklist_id}/ticks", operation_id="health_tick_checklist_lines")
async def tick_lines(
    checklist_id: UUID,
    body: Ticks,
    caller: Annotated[Caller, can("health.checklist.confirm")],
    tx: Transaction,
) -> ChecklistView:
    """勾选或取消可选项目"""
    await confirm_list.tick(tx, caller, checklist_id, body.revision, body.ticks)
    return await _read_back(tx, caller, checklist_id)


@admin.post("/{checklist_id}/lines", operation_id="health_add_checklist_line", status_code=201)
async def add_line(
    checklist_id: UUID,
    body: NewLine,
    caller: Annotated[Caller, can("health.checklist.confirm")],
    tx: Transaction,
) -> ChecklistView:
    """添加项目并写明理由"""
    await confirm_list.add_item(tx, caller, checklist_id, body.revision, body.item_code, body.reason)
    return await _read_back(tx, caller, checklist_id)


@admin.post("/{checklist_id}/confirm", operation_id="health_confirm_checklist")
async def confirm(
    checklist_id: UUID,
    body: Confirmation,
    caller: Annotated[Caller, can("health.checklist.confirm")],
    tx: Transaction,
) -> ChecklistView:
    """确认并发送；两人同时确认时先到者有效，后到者得知由谁何时确认"""
    await confirm_list.confirm(tx, caller, checklist_id, body.revision)
    return await _read_back(tx, caller, checklist_id)


async def _read_back(tx: Tx, caller: Caller, checklist_id: UUID) -> ChecklistView:
    return await _view(tx, *await confirm_list.changed(tx, caller, checklist_id))


async def _view(tx: Tx, found: ChecklistRow, lines: list[LineRow]) -> ChecklistView:
    view = ChecklistView.model_validate(found)
    view.person_name = (await people.names_of(tx, [found.person_id])).get(found.person_id, "")
    if found.confirmed_by is not None:
        staff = await accounts.account_brief(tx, [found.confirmed_by])
        view.confirmed_by_name = staff[found.confirmed_by].display_name
    view.lines = [LineView.model_validate(line) for line in lines]
    return view
