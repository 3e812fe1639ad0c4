"""My risk cards, my abnormal results, my list."""

from typing import Annotated
from uuid import UUID

from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.health import policy
from kanghu.modules.health.models import FindingRow, LineRow
from kanghu.modules.health.schemas import (
    FlaggedResultView,
    OwnChecklist,
    OwnFinding,
    OwnLine,
    OwnRemoved,
    RiskCard,
)
from kanghu.modules.health.service import assess, confirm_list, flags, handle_findings, lists, reference
from kanghu.modules.health.service.handle_findings import Told

patient = Router(prefix="/api/patient/health", tags=["health"])

OWN = "health.own.use"
# Class A and B in the words of the consensus that defines them.
MEANINGS = {
    "A": "需要立即进行临床干预，请尽快就医。",
    "B": "需要进一步检查以明确诊断，或需要医学治疗，请按医院通知就诊。",
}


@patient.get("/risks", operation_id="health_list_own_risks")
async def list_own_risks(caller: Annotated[Caller, can(OWN)], tx: Transaction) -> list[RiskCard]:
    """我的风险评估"""
    found = await assess.current(tx, caller, caller.own_person(), OWN)
    return [RiskCard.model_validate(row) for row in found]


@patient.get("/monitoring", operation_id="health_list_own_monitored_results")
async def list_own_monitored_results(
    caller: Annotated[Caller, can(OWN)], tx: Transaction
) -> list[FlaggedResultView]:
    """我的各项最近结果及其高低"""
    found = await flags.of_person(tx, caller, caller.own_person(), OWN)
    return [FlaggedResultView.model_validate(row) for row in found]


@patient.get("/findings", operation_id="health_list_own_findings")
async def list_own_findings(
    caller: Annotated[Caller, can(OWN)], tx: Transaction, limit: Limit = 20, cursor: Cursor = None
) -> Page[OwnFinding]:
    """我的重要异常结果，新的在前"""
    before = decode_cursor(cursor, UUID)
    found = await handle_findings.page(
        tx,
        caller,
        OWN,
        person_id=caller.own_person(),
        before=before[0] if before else None,
        limit=limit + 1,
    )
    items, following = split_page(found, limit, lambda finding: (finding.id,))
    return Page(items=[_in_plain_words(finding) for finding in items], next=following)


@patient.post("/findings/{finding_id}/acknowledge", operation_id="health_acknowledge_own_finding")
async def acknowledge_own_finding(
    finding_id: UUID, caller: Annotated[Caller, can(OWN)], tx: Transaction
) -> OwnFinding:
    """我已知晓"""
    caller.own_person()
    told = Told(channel="in_app", said="本人在应用中确认知晓")
    found, _ = await handle_findings.take_step(tx, caller, finding_id, "acknowledge", told, OWN)
    return _in_plain_words(found)


@patient.get("/checklist", operation_id="health_get_own_checklist")
async def get_own_checklist(caller: Annotated[Caller, can(OWN)], tx: Transaction) -> OwnChecklist | None:
    """我最近的个性化体检清单"""
    found = await confirm_list.newest_own(tx, caller, caller.own_person())
    if found is None:
        return None
    checklist, lines = found
    # An item that the house no longer has is nothing that a customer misses.
    removed = [entry for entry in checklist.removed if entry["removed_by"]["rule"] != lists.RETIRED.rule]
    names = await reference.items_of(tx, [entry["item"] for entry in removed])
    return OwnChecklist(
        id=checklist.id,
        appointment_date=checklist.appointment_date,
        confirmed=checklist.confirmed_at is not None,
        generated_at=checklist.generated_at,
        cautions=checklist.cautions,
        lines=[_own_line(line) for line in lines if line.ticked],
        not_taken=[_own_line(line) for line in lines if not line.ticked],
        removed=[
            OwnRemoved(name=names[entry["item"]][0], reason=entry["removed_by"]["note"])
            for entry in removed
            if entry["item"] in names
        ],
    )


def _own_line(line: LineRow) -> OwnLine:
    return OwnLine(
        item_code=line.item_code,
        name=line.name,
        category=line.category,
        group=line.group_name,
        optional=line.optional,
        reasons=[lists.sentence(reason) for reason in line.reasons],
        cautions=line.cautions,
    )


def _in_plain_words(found: FindingRow) -> OwnFinding:
    return OwnFinding(
        id=found.id,
        title=found.title,
        meaning=MEANINGS[found.finding_class],
        urgent=found.finding_class == "A",
        state=found.state,
        state_label=policy.STATE_LABELS[found.state],
        needs_remeasure=found.needs_remeasure,
        result_changed=found.result_changed_at is not None,
        found_at=found.found_at,
        can_acknowledge=found.state == "notified",
    )
