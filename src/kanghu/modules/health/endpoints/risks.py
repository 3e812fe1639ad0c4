"""Risk assessments and monitored results of a person, for staff."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.health.schemas import AssessmentView, FlaggedResultView
from kanghu.modules.health.service import assess, flags

admin = Router(prefix="/api/admin/health/persons/{person_id}", tags=["health"])


@admin.get("/risks", operation_id="health_list_risks")
async def list_risks(
    person_id: UUID, caller: Annotated[Caller, can("health.risk.read")], tx: Transaction
) -> list[AssessmentView]:
    """某人当前的风险评估：每个模型一条，含缺少的数据与不适用的原因"""
    found = await assess.current(tx, caller, person_id, "health.risk.read")
    return [AssessmentView.model_validate(row) for row in found]


@admin.get("/risks/history", operation_id="health_list_risk_history")
async def list_risk_history(
    person_id: UUID,
    caller: Annotated[Caller, can("health.risk.read")],
    tx: Transaction,
    model: Annotated[str | None, Query(max_length=64, description="模型代码")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AssessmentView]:
    """某人历次的风险评估，新的在前"""
    before = decode_cursor(cursor, UUID)
    found = await assess.history(
        tx, caller, person_id, model=model, before=before[0] if before else None, limit=limit + 1
    )
    items, following = split_page(found, limit, lambda row: (row.id,))
    return Page(items=[AssessmentView.model_validate(row) for row in items], next=following)


@admin.post("/risks", operation_id="health_reassess")
async def reassess(
    person_id: UUID, caller: Annotated[Caller, can("health.risk.assess")], tx: Transaction
) -> list[AssessmentView]:
    """按现有数据重新评估；数据未变则不产生新记录"""
    return [AssessmentView.model_validate(row) for row in await assess.reassess(tx, caller, person_id)]


@admin.get("/monitoring", operation_id="health_list_monitored_results")
async def list_monitored_results(
    person_id: UUID, caller: Annotated[Caller, can("health.risk.read")], tx: Transaction
) -> list[FlaggedResultView]:
    """某人各项目的最近结果，按其性别、年龄的参考区间判定"""
    found = await flags.of_person(tx, caller, person_id, "health.risk.read")
    return [FlaggedResultView.model_validate(row) for row in found]
