"""The handling of important abnormal results: told, acknowledged, followed up, closed; every step with who, when, how."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.health import monitoring, policy
from kanghu.modules.health.errors import FindingNotFound, PersonNotFound, RuleUnknown, StepNotAllowed
from kanghu.modules.health.events import AbnormalFound, FindingOverdue
from kanghu.modules.health.models import FindingRow, StepRow
from kanghu.modules.health.monitoring import Pressure
from kanghu.modules.health.repository import assessments as persons
from kanghu.modules.health.repository import findings as rows
from kanghu.modules.health.service import monitor

ACTION_LABELS = {"notify": "通知", "acknowledge": "确认知晓", "follow_up": "随访", "close": "关闭"}


@dataclass(frozen=True, slots=True)
class Told:
    """How a step was taken: channel (phone, in_person, …) and what was said, or why."""

    channel: str | None = None
    said: str = ""
    at: datetime | None = None


async def page(
    tx: Tx,
    caller: Caller,
    permission: str,
    *,
    finding_class: str | None = None,
    state: str | None = None,
    person_id: UUID | None = None,
    overdue: bool = False,
    before: UUID | None = None,
    limit: int,
) -> list[FindingRow]:
    """Findings within the caller's scope, newest first; the reading is audited."""
    found = await rows.page(
        tx,
        caller.scope(permission),
        finding_class=finding_class,
        state=state,
        person_id=person_id,
        overdue_at=clock.now() if overdue else None,
        before=before,
        limit=limit,
    )
    await audit.record(tx, caller, permission, subject="health.findings", person_id=person_id)
    return found


async def get(tx: Tx, caller: Caller, finding_id: UUID, permission: str) -> tuple[FindingRow, list[StepRow]]:
    """The finding and its steps. Raises `FindingNotFound`, also outside the scope."""
    found = await _get(tx, caller, finding_id, permission)
    await audit.record(
        tx, caller, permission, subject=f"health.findings/{finding_id}", person_id=found.person_id
    )
    return found, await rows.steps(tx, finding_id)


async def take_step(
    tx: Tx, caller: Caller, finding_id: UUID, action: str, told: Told, permission: str
) -> tuple[FindingRow, list[StepRow]]:
    """Takes one step of the handling. Raises `FindingNotFound`, `StepNotAllowed` when it may not follow now."""
    found = await _get(tx, caller, finding_id, permission)
    state = policy.following_state(
        found.finding_class, found.state, action, result_changed=found.result_changed_at is not None
    )
    if state is None:
        now_is = policy.STATE_LABELS[found.state]
        raise StepNotAllowed(f"当前为“{now_is}”，不能{ACTION_LABELS[action]}")
    now = clock.now()
    await rows.insert_step(
        tx,
        new_id(),
        finding_id,
        action,
        min(told.at or now, now),
        actor_kind=caller.kind,
        account_id=caller.account_id,
        channel=told.channel,
        said=told.said,
    )
    await rows.move(tx, finding_id, state, now)
    return await _changed(tx, caller, found, action, permission)


async def remeasure(
    tx: Tx, caller: Caller, finding_id: UUID, reading: Pressure
) -> tuple[FindingRow, list[StepRow]]:
    """Records a blood pressure measured again after rest; class A when it still is so, or with acute symptoms.

    Returns the class-A finding when there is one now. Raises `FindingNotFound`, `StepNotAllowed` for other findings.
    """
    found = await _get(tx, caller, finding_id, "health.finding.handle")
    if found.rule_id not in monitor.PRESSURE_RULES or found.state == "closed":
        raise StepNotAllowed("只有未关闭的血压异常可以登记复测")
    readings = monitoring.together(monitoring.readings_in(found.evidence_now or found.evidence), reading)
    evidence = monitoring.pressure_evidence(readings)
    await rows.insert_step(
        tx,
        new_id(),
        finding_id,
        "remeasure",
        clock.now(),
        actor_kind=caller.kind,
        account_id=caller.account_id,
        channel="in_person",
        detail=evidence,
    )
    await rows.measured_again(tx, finding_id, evidence)
    judged = monitoring.blood_pressure_finding(readings)
    target = found
    if judged is not None and judged.finding_class == "A" and found.finding_class == "B":
        urgent_id = await _upgrade(tx, found, judged)
        target = await _get(tx, caller, urgent_id, "health.finding.handle") if urgent_id else found
    return await _changed(tx, caller, target, "remeasure", "health.finding.handle")


async def _upgrade(tx: Tx, found: FindingRow, judged: monitoring.Finding) -> UUID | None:
    urgent_id = await monitor.store(
        tx, found.person_id, found.institution_id, found.exam_id, found.result_id, judged
    )
    if urgent_id is None:
        return None
    await monitor.replace_by(tx, found, urgent_id)
    await _announce(tx, urgent_id, found, "A")
    return urgent_id


async def record_by_doctor(
    tx: Tx,
    caller: Caller,
    *,
    person_id: UUID,
    institution_id: UUID,
    exam_id: UUID | None,
    rule_id: str,
    item_code: str,
    note: str,
) -> tuple[FindingRow, list[StepRow]]:
    """A finding that a doctor reports (ECG, signs, imaging). Raises `RuleUnknown`, `PersonNotFound`."""
    scope = caller.scope("health.finding.handle")
    if not await persons.is_readable(tx, person_id, scope):
        raise PersonNotFound
    finding = monitoring.recorded_by_doctor(rule_id, item_code, note)
    if finding is None:
        raise RuleUnknown
    finding_id = await monitor.store(tx, person_id, institution_id, exam_id, None, finding)
    assert finding_id is not None  # without a result there is nothing to be a double of
    found = await _get(tx, caller, finding_id, "health.finding.handle")
    await _announce(tx, finding_id, found, finding.finding_class)
    return await _changed(tx, caller, found, "record", "health.finding.handle")


async def escalate_overdue(tx: Tx) -> int:
    """Says once of each finding that nobody told the person in time. Returns how many."""
    late = await rows.take_overdue(tx, clock.now(), 200)
    for found in late:
        await monitor.step(tx, found, "escalate", said="超过期限未通知")
        await publish(
            tx,
            FindingOverdue(
                finding_id=found.id,
                person_id=found.person_id,
                institution_id=found.institution_id,
                finding_class=found.finding_class,
            ),
        )
    return len(late)


async def _announce(tx: Tx, finding_id: UUID, found: FindingRow, finding_class: str) -> None:
    await publish(
        tx,
        AbnormalFound(
            finding_id=finding_id,
            person_id=found.person_id,
            institution_id=found.institution_id,
            finding_class=finding_class,
        ),
    )


async def _get(tx: Tx, caller: Caller, finding_id: UUID, permission: str) -> FindingRow:
    found = await rows.get(tx, finding_id, caller.scope(permission))
    if found is None:
        raise FindingNotFound
    return found


async def _changed(
    tx: Tx, caller: Caller, found: FindingRow, action: str, permission: str
) -> tuple[FindingRow, list[StepRow]]:
    await monitor.show(tx, found.person_id, found.institution_id)
    detail: dict[str, Any] = {"action": action, "rule": found.rule_id}
    await audit.record(
        tx,
        caller,
        f"health.finding.{action}",
        subject=f"health.findings/{found.id}",
        person_id=found.person_id,
        institution_id=found.institution_id,
        detail=detail,
    )
    return await _get(tx, caller, found.id, permission), await rows.steps(tx, found.id)
