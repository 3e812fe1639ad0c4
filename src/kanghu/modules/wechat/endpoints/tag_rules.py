"""/api/admin/wechat/accounts/{account_id}/tag-rules: rules that tag fans."""

from typing import Annotated
from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.wechat.service import fans, tag_rules
from kanghu.modules.wechat.tag_rule_schemas import (
    TagRuleChange,
    TagRuleGiven,
    TagRulePreviewGiven,
    TagRulePreviewView,
    TagRulesView,
    TagRuleView,
)

admin = Router(prefix="/api/admin/wechat/accounts/{account_id}/tag-rules", tags=["wechat"])

Reader = Annotated[Caller, can(fans.READ)]
Writer = Annotated[Caller, can(fans.WRITE)]


@admin.get("", operation_id="wechat_list_tag_rules")
async def list_tag_rules(account_id: UUID, caller: Reader, tx: Transaction) -> TagRulesView:
    """标签规则与执行情况"""
    return TagRulesView.of(await tag_rules.standing(tx, caller, account_id), clock.now())


@admin.post("", operation_id="wechat_create_tag_rule", status_code=201)
async def create_tag_rule(
    account_id: UUID, body: TagRuleGiven, caller: Writer, tx: Transaction
) -> TagRuleView:
    """新建标签规则；启用的立即执行，之后粉丝一有变化即再判断，每夜全部再判断一次"""
    return TagRuleView.of(await tag_rules.add(tx, caller, account_id, body.wanted()))


@admin.post("/preview", operation_id="wechat_preview_tag_rule")
async def preview_tag_rule(
    account_id: UUID, body: TagRulePreviewGiven, caller: Writer, tx: Transaction
) -> TagRulePreviewView:
    """试算：保存并启用后会给多少人打上、从多少人取下，与实际使用同一套判定；查看留痕"""
    found = await tag_rules.preview(tx, caller, account_id, body.wanted(), body.rule_id)
    return TagRulePreviewView.model_validate(found)


@admin.post("/run", operation_id="wechat_run_tag_rules", status_code=204)
async def run_tag_rules(account_id: UUID, caller: Writer, tx: Transaction) -> None:
    """立即把全部粉丝重新判断一遍；因故暂停的也立即再试"""
    await tag_rules.run_now(tx, caller, account_id)


@admin.put("/{rule_id}", operation_id="wechat_update_tag_rule")
async def update_tag_rule(
    account_id: UUID, rule_id: UUID, body: TagRuleChange, caller: Writer, tx: Transaction
) -> TagRuleView:
    """修改、启用或停用标签规则；停用的既不打上也不取下"""
    changed = await tag_rules.change(tx, caller, account_id, rule_id, body.version, body.wanted())
    return TagRuleView.of(changed)


@admin.delete("/{rule_id}", operation_id="wechat_delete_tag_rule", status_code=204)
async def delete_tag_rule(account_id: UUID, rule_id: UUID, caller: Writer, tx: Transaction) -> None:
    """删除标签规则；已打上的标签留着"""
    await tag_rules.delete(tx, caller, account_id, rule_id)
