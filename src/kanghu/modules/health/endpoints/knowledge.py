"""The shipped models and rules with their sources, for the hospital to check and confirm."""

from collections.abc import Mapping
from typing import Annotated, Any

from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router
from kanghu.modules.health import monitoring
from kanghu.modules.health.checklist.rules import CONFIDENCE, conditions_by_name, ruleset
from kanghu.modules.health.conditions import Condition, in_words
from kanghu.modules.health.risk.assessment import confidence_text, parameters
from kanghu.modules.health.schemas import ChecklistRuleView, ModelView, RuleView

admin = Router(prefix="/api/admin/health", tags=["health"])


@admin.get("/abnormal-rules", operation_id="health_list_abnormal_rules")
async def list_abnormal_rules(_caller: Annotated[Caller, can("health.finding.read")]) -> list[RuleView]:
    """重要异常结果规则及其出处；“待院方确认”的一并列出"""
    return [
        RuleView(
            finding_class=rule["class"],
            **{name: rule[name] for name in rule if name in RuleView.model_fields},
        )
        for rule in monitoring.abnormal_rules()["rules"]
    ]


@admin.get("/checklist-rules", operation_id="health_list_checklist_rules")
async def list_checklist_rules(
    _caller: Annotated[Caller, can("health.checklist.read")],
) -> list[ChecklistRuleView]:
    """个性化清单规则：条件、加减项目、依据、可信度与未采用的条件"""
    rules = ruleset()
    named = conditions_by_name(rules)
    return [_rule_view(rule, named) for rule in (*rules["rules"], *rules["removals"])]


@admin.get("/risk-models", operation_id="health_list_risk_models")
async def list_risk_models(_caller: Annotated[Caller, can("health.risk.read")]) -> list[ModelView]:
    """风险模型：版本、出处、可信度、院方是否已签字确认"""
    return [
        ModelView(
            model=model,
            title=data["title"],
            version=data["version"],
            source=data["source"],
            confidence=confidence_text(data["confidence"]),
            reviewed_by=data["sign_off"]["reviewed_by"],
            reviewed_at=data["sign_off"]["reviewed_at"],
        )
        for model, data in parameters().items()
        if model != "_meta"
    ]


def _rule_view(rule: dict[str, Any], named: Mapping[str, Condition]) -> ChecklistRuleView:
    return ChecklistRuleView(
        id=rule["id"],
        title=rule["title"],
        when=rule["when"],
        when_text=in_words(rule["when"], named),
        add=[entry["item"] for entry in rule.get("add", [])],
        remove=rule.get("remove", []),
        suggest=[entry["name"] for entry in rule.get("unlisted", [])],
        evidence=rule["evidence"],
        confidence=CONFIDENCE[rule["confidence"]],
        restricted=rule.get("restricted"),
        enabled=rule["enabled"],
    )
