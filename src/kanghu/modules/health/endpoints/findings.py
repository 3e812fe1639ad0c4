"""Important abnormal results and their handling."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts import public as accounts
from kanghu.modules.health.models import FindingRow, StepRow
from kanghu.modules.health.monitoring import Pressure
from kanghu.modules.health.schemas import (
    Closing,
    FindingDetail,
    FindingView,
    NewFinding,
    Remeasurement,
    StepTaken,
    StepView,
)
from kanghu.modules.health.service import handle_findings
from kanghu.modules.health.service.handle_findings import Told
from kanghu.modules.people import public as people

admin = Router(prefix="/api/admin/health", tags=["health"])

HANDLE = "health.finding.handle"
State = Annotated[
    str | None,
    Query(
        pattern="^(open|notified|acknowledged|followed_up|closed|unclosed)$",
        description="unclosed 为全部未关闭的",
    ),
]


@admin.get("/findings", operation_id="health_list_findings")
async def list_findings(
    caller: Annotated[Caller, can("health.finding.read")],
    tx: Transaction,
    finding_class: Annotated[Literal["A", "B"] | None, Query(description="类别")] = None,
    state: State = None,
    person_id: UUID | None = None,
    overdue: Annotated[bool, Query(description="只看超过期限未通知的")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[FindingView]:
    """重要异常结果，新的在前"""
    before = decode_cursor(cursor, UUID)
    found = await handle_findings.page(
        tx,
        caller,
        "health.finding.read",
        finding_class=finding_class,
        state=state,
        person_id=person_id,
        overdue=overdue,
        before=before[0] if before else None,
        limit=limit + 1,
    )
    items, following = split_page(found, limit, lambda finding: (finding.id,))
    names = await people.names_of(tx, [finding.person_id for finding in items])
    views = [FindingView.model_validate(finding) for finding in items]
    for view in views:
        view.person_name = names.get(view.person_id, "")
    return Page(items=views, next=following)


@admin.get("/findings/{finding_id}", operation_id="health_get_finding")
async def get_finding(
    finding_id: UUID, caller: Annotated[Caller, can("health.finding.read")], tx: Transaction
) -> FindingDetail:
    """一条异常结果及其处置经过"""
    return await _detail(tx, *await handle_findings.get(tx, caller, finding_id, "health.finding.read"))


@admin.post("/findings", operation_id="health_record_finding", status_code=201)
async def record_finding(
    body: NewFinding, caller: Annotated[Caller, can(HANDLE)], tx: Transaction
) -> FindingDetail:
    """登记医生发现的异常（心电图、体征、影像等文字结论）"""
    recorded = await handle_findings.record_by_doctor(
        tx,
        caller,
        person_id=body.person_id,
        institution_id=body.institution_id,
        exam_id=body.exam_id,
        rule_id=body.rule_id,
        item_code=body.item_code,
        note=body.note,
    )
    return await _detail(tx, *recorded)


@admin.post("/findings/{finding_id}/notify", operation_id="health_notify_finding")
async def notify(
    finding_id: UUID, body: StepTaken, caller: Annotated[Caller, can(HANDLE)], tx: Transaction
) -> FindingDetail:
    """登记已通知本人：方式、内容、时间"""
    return await _step(tx, caller, finding_id, "notify", body)


@admin.post("/findings/{finding_id}/acknowledge", operation_id="health_acknowledge_finding")
async def acknowledge(
    finding_id: UUID, body: StepTaken, caller: Annotated[Caller, can(HANDLE)], tx: Transaction
) -> FindingDetail:
    """登记本人已确认知晓"""
    return await _step(tx, caller, finding_id, "acknowledge", body)


@admin.post("/findings/{finding_id}/follow-up", operation_id="health_follow_up_finding")
async def follow_up(
    finding_id: UUID, body: StepTaken, caller: Annotated[Caller, can(HANDLE)], tx: Transaction
) -> FindingDetail:
    """登记随访，可多次"""
    return await _step(tx, caller, finding_id, "follow_up", body)


@admin.post("/findings/{finding_id}/close", operation_id="health_close_finding")
async def close(
    finding_id: UUID, body: Closing, caller: Annotated[Caller, can(HANDLE)], tx: Transaction
) -> FindingDetail:
    """关闭：A 类须已随访，B 类须本人已知晓；结果已更正的可直接关闭"""
    told = Told(said=body.reason)
    return await _detail(tx, *await handle_findings.take_step(tx, caller, finding_id, "close", told, HANDLE))


@admin.post("/findings/{finding_id}/remeasure", operation_id="health_remeasure_finding")
async def remeasure(
    finding_id: UUID, body: Remeasurement, caller: Annotated[Caller, can(HANDLE)], tx: Transaction
) -> FindingDetail:
    """登记休息后复测的血压；仍达 A 类阈值或有急性症状时升级为 A 类"""
    reading = Pressure(
        sbp=body.sbp,
        dbp=body.dbp,
        at=body.measured_at or clock.now(),
        acute_symptoms=body.acute_symptoms,
    )
    return await _detail(tx, *await handle_findings.remeasure(tx, caller, finding_id, reading))


async def _step(
    tx: Transaction, caller: Caller, finding_id: UUID, action: str, body: StepTaken
) -> FindingDetail:
    told = Told(channel=body.channel, said=body.said, at=body.at)
    return await _detail(tx, *await handle_findings.take_step(tx, caller, finding_id, action, told, HANDLE))


async def _detail(tx: Tx, found: FindingRow, steps: list[StepRow]) -> FindingDetail:
    view = FindingDetail.model_validate(found)
    view.person_name = (await people.names_of(tx, [found.person_id])).get(found.person_id, "")
    view.steps = [StepView.model_validate(step) for step in steps]
    staff = await accounts.account_brief(tx, list({step.account_id for step in steps if step.account_id}))
    for step in view.steps:
        if step.account_id in staff and step.actor_kind == "staff":
            step.account_name = staff[step.account_id].display_name
    return view
