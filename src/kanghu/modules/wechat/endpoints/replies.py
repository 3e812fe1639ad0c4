"""/api/admin/wechat/accounts/{account_id}/replies: automatic replies and the desk's hours."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.wechat.models import DeskHours
from kanghu.modules.wechat.reply_schemas import (
    DeskHoursGiven,
    ReplyChange,
    ReplyConflictView,
    ReplyGiven,
    ReplyTrial,
    ReplyTrialView,
    ReplyView,
)
from kanghu.modules.wechat.service import replies

admin = Router(prefix="/api/admin/wechat/accounts/{account_id}", tags=["wechat"])

Reader = Annotated[Caller, can(replies.READ)]
Writer = Annotated[Caller, can(replies.WRITE)]
WithDrafts = Annotated[bool, Query(description="连同未启用的规则一起")]


@admin.get("/replies", operation_id="wechat_list_replies")
async def list_replies(account_id: UUID, caller: Reader, tx: Transaction) -> list[ReplyView]:
    """自动回复规则，先建立的在前"""
    return [ReplyView.model_validate(found) for found in await replies.list_rules(tx, caller, account_id)]


@admin.post("/replies", operation_id="wechat_create_reply", status_code=201)
async def create_reply(account_id: UUID, body: ReplyGiven, caller: Writer, tx: Transaction) -> ReplyView:
    """新建自动回复规则；enabled 为 false 的是草稿"""
    return ReplyView.model_validate(await replies.add(tx, caller, account_id, body.wanted()))


@admin.get("/replies/conflicts", operation_id="wechat_list_reply_conflicts")
async def list_conflicts(
    account_id: UUID, caller: Reader, tx: Transaction, with_drafts: WithDrafts = False
) -> list[ReplyConflictView]:
    """永远轮不到的规则与关键词，及其原因"""
    found = await replies.conflicting(tx, caller, account_id, with_drafts=with_drafts)
    return [ReplyConflictView.of(one) for one in found]


@admin.post("/replies/trial", operation_id="wechat_try_replies")
async def try_replies(account_id: UUID, body: ReplyTrial, caller: Reader, tx: Transaction) -> ReplyTrialView:
    """试答：粉丝这样做时会怎样回复，与实际使用同一套判定"""
    decision = await replies.try_out(
        tx, caller, account_id, body.act(), body.at, with_drafts=body.with_drafts
    )
    return ReplyTrialView.of(decision)


@admin.put("/replies/{rule_id}", operation_id="wechat_update_reply")
async def update_reply(
    account_id: UUID, rule_id: UUID, body: ReplyChange, caller: Writer, tx: Transaction
) -> ReplyView:
    """修改、启用或停用自动回复规则"""
    changed = await replies.change(tx, caller, account_id, rule_id, body.version, body.wanted())
    return ReplyView.model_validate(changed)


@admin.delete("/replies/{rule_id}", operation_id="wechat_delete_reply", status_code=204)
async def delete_reply(account_id: UUID, rule_id: UUID, caller: Writer, tx: Transaction) -> None:
    """删除自动回复规则"""
    await replies.delete(tx, caller, account_id, rule_id)


@admin.get("/desk-hours", operation_id="wechat_get_desk_hours")
async def get_desk_hours(account_id: UUID, caller: Reader, tx: Transaction) -> DeskHoursGiven:
    """客服时间"""
    return DeskHoursGiven.model_validate(await replies.get_hours(tx, caller, account_id))


@admin.put("/desk-hours", operation_id="wechat_set_desk_hours")
async def set_desk_hours(
    account_id: UUID, body: DeskHoursGiven, caller: Writer, tx: Transaction
) -> DeskHoursGiven:
    """设置客服时间，自动回复据此区分时间内外"""
    wanted = DeskHours(body.opens, body.closes, sorted(set(body.days)))
    return DeskHoursGiven.model_validate(await replies.set_hours(tx, caller, account_id, wanted))
