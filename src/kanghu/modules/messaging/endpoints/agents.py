"""For agents and supervisors: who is there, and quick replies."""

from typing import Annotated
from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts import public as accounts
from kanghu.modules.messaging import policy
from kanghu.modules.messaging.agent_schemas import (
    AgentView,
    ChoicesView,
    OverviewView,
    PresenceGiven,
    QuickReplyChange,
    QuickReplyGiven,
    QuickReplyView,
    SkillQueueView,
)
from kanghu.modules.messaging.models import Agent
from kanghu.modules.messaging.service import agents, supervise

admin = Router(prefix="/api/admin/messaging", tags=["messaging"])

Reader = Annotated[Caller, can("messaging.conversation.read")]
Writer = Annotated[Caller, can("messaging.conversation.write")]
Editor = Annotated[Caller, can("messaging.quick_reply.write")]


@admin.get("/choices", operation_id="messaging_list_choices")
async def list_choices(_caller: Reader) -> ChoicesView:
    """技能与结束原因"""
    return ChoicesView(skills=policy.SKILLS, end_reasons=policy.END_REASONS)


@admin.get("/presence", operation_id="messaging_get_presence")
async def get_presence(caller: Writer, tx: Transaction) -> AgentView | None:
    """我的在岗状态，尚未报到过时为空"""
    found = await agents.presence(tx, caller)
    return None if found is None else (await _named(tx, [found]))[0]


@admin.put("/presence", operation_id="messaging_report_presence")
async def report_presence(body: PresenceGiven, caller: Writer, tx: Transaction) -> AgentView:
    """报到：在线、暂停或离线，技能与同时接待上限；页面每分钟重复一次"""
    found = await agents.report(
        tx,
        caller,
        state=body.state,
        skills=sorted(set(body.skills)),
        max_load=body.max_load,
        auto_accept=body.auto_accept and policy.CLAIM in caller.grants,
    )
    return (await _named(tx, [found]))[0]


@admin.get("/agents", operation_id="messaging_list_agents")
async def list_agents(caller: Reader, tx: Transaction) -> list[AgentView]:
    """客服及其状态、技能与负荷，供转接时选择"""
    return await _named(tx, await supervise.colleagues(tx, caller))


@admin.get("/overview", operation_id="messaging_get_overview")
async def get_overview(
    caller: Annotated[Caller, can("messaging.queue.supervise")], tx: Transaction
) -> OverviewView:
    """主管总览：各技能等待的人数与最久等待、各客服的负荷"""
    waiting, found = await supervise.overview(tx, caller)
    return OverviewView(
        waiting=[SkillQueueView.model_validate(one) for one in waiting], agents=await _named(tx, found)
    )


async def _named(tx: Tx, found: list[Agent]) -> list[AgentView]:
    staff = await accounts.account_brief(tx, [agent.account_id for agent in found])
    views = [AgentView.model_validate(agent) for agent in found]
    for view in views:
        if view.account_id in staff:
            view.name = staff[view.account_id].display_name
    return views


# ---- quick replies ---------------------------------------------------------------------------------------------------


@admin.get("/quick-replies", operation_id="messaging_list_quick_replies")
async def list_quick_replies(caller: Writer, tx: Transaction) -> list[QuickReplyView]:
    """快捷回复：我的在前，机构公用的在后"""
    return [QuickReplyView.model_validate(found) for found in await agents.quick_replies(tx, caller)]


@admin.post("/quick-replies", operation_id="messaging_add_quick_reply", status_code=201)
async def add_quick_reply(body: QuickReplyGiven, caller: Editor, tx: Transaction) -> QuickReplyView:
    """新增快捷回复"""
    made = await agents.add_reply(tx, caller, body.title, body.body, shared=body.shared)
    return QuickReplyView.model_validate(made)


@admin.put("/quick-replies/{reply_id}", operation_id="messaging_change_quick_reply")
async def change_quick_reply(
    reply_id: UUID, body: QuickReplyChange, caller: Editor, tx: Transaction
) -> QuickReplyView:
    """修改快捷回复"""
    changed = await agents.change_reply(tx, caller, reply_id, body.version, body.title, body.body)
    return QuickReplyView.model_validate(changed)


@admin.delete("/quick-replies/{reply_id}", operation_id="messaging_delete_quick_reply", status_code=204)
async def delete_quick_reply(reply_id: UUID, caller: Editor, tx: Transaction) -> None:
    """删除快捷回复"""
    await agents.delete_reply(tx, caller, reply_id)
