"""From changed results to assessments and important abnormal results. Runs as a job; the same results again change nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kanghu.kernel import audit, clock, live
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM
from kanghu.modules.exams import public as exams
from kanghu.modules.health import monitoring
from kanghu.modules.health.events import AbnormalFound
from kanghu.modules.health.models import FindingRow
from kanghu.modules.health.monitoring import Finding, Pressure
from kanghu.modules.health.policy import due_at
from kanghu.modules.health.repository import assessments as assessment_rows
from kanghu.modules.health.repository import findings as rows
from kanghu.modules.health.service import assess
from kanghu.modules.health.service.known import Known, gather

PRESSURE_RULES = ["A.BP", "B.BP"]
PRESSURE_ITEMS = ("EXAM.SBP", "EXAM.DBP")


async def results_changed(
    tx: Tx, person_id: UUID, exam_id: UUID, institution_id: UUID, item_codes: Sequence[str] | None
) -> None:
    """Assesses the person again and judges the given items of this exam (None: all of its items)."""
    await assessment_rows.lock_person(tx, person_id)
    known = await gather(tx, person_id)
    await assess.store(tx, person_id, known, exam_id)
    of_exam = {code: row for code, row in known.results.items() if row.exam_id == exam_id}
    asked = set(of_exam) if item_codes is None else set(item_codes)
    found = monitoring.findings(known.facts, asked & set(of_exam))
    pressure = await _pressure(tx, known, exam_id, asked)
    if pressure is not None:
        found.append(pressure)
    new = await _keep(tx, person_id, institution_id, exam_id, found, of_exam)
    await _note_corrections(tx, known, exam_id, asked, found)
    for finding_id, finding in new:
        await publish(
            tx,
            AbnormalFound(
                finding_id=finding_id,
                person_id=person_id,
                institution_id=institution_id,
                finding_class=finding.finding_class,
            ),
        )


async def _keep(
    tx: Tx,
    person_id: UUID,
    institution_id: UUID,
    exam_id: UUID,
    found: list[Finding],
    results: dict[str, exams.ResultRow],
) -> list[tuple[UUID, Finding]]:
    """Stores what is new: not what is open already, nor what was closed on the very same evidence."""
    about = [results[finding.item].result_id for finding in found]
    before = {(row.result_id, row.rule_id): row for row in await rows.of_results(tx, about)}
    new = []
    for finding in found:
        result = results[finding.item]
        known = before.get((result.result_id, finding.rule))
        if known is not None and (known.state != "closed" or _same(known, finding.evidence)):
            continue
        finding_id = await store(tx, person_id, institution_id, exam_id, result.result_id, finding)
        if finding_id is not None:
            new.append((finding_id, finding))
            await _upgrade(tx, exam_id, finding_id, finding)
    return new


async def store(
    tx: Tx,
    person_id: UUID,
    institution_id: UUID,
    exam_id: UUID | None,
    result_id: UUID | None,
    finding: Finding,
) -> UUID | None:
    """The new finding's id; None when it is open already."""
    finding_id, now = new_id(), clock.now()
    meta = monitoring.abnormal_rules()["_meta"]
    stored = await rows.insert(
        tx,
        (
            finding_id,
            person_id,
            institution_id,
            exam_id,
            result_id,
            finding.item,
            finding.rule,
            meta["version"],
            finding.finding_class,
            finding.title,
            finding.text,
            dict(finding.evidence),
            finding.source,
            finding.basis,
            finding.confidence,
            finding.needs_confirmation,
            finding.needs_remeasure,
            due_at(finding.finding_class, now, meta["handling"]),
            now,
        ),
    )
    if not stored:
        return None
    await show(tx, person_id, institution_id)
    await audit.record(
        tx,
        SYSTEM,
        "health.finding.found",
        subject=f"health.findings/{finding_id}",
        person_id=person_id,
        institution_id=institution_id,
        detail={"rule": finding.rule, "class": finding.finding_class},
    )
    return finding_id


async def _upgrade(tx: Tx, exam_id: UUID, finding_id: UUID, finding: Finding) -> None:
    """A re-measurement that made class A out of class B: the B finding is closed, visibly, in favour of the new one."""
    if finding.rule != "A.BP":
        return
    for older in await rows.of_exam(tx, exam_id, ["B.BP"]):
        if older.state != "closed":
            await replace_by(tx, older, finding_id)


async def replace_by(tx: Tx, found: FindingRow, urgent_id: UUID) -> None:
    """Closes a B finding in favour of the class-A finding that it became."""
    await step(tx, found, "upgrade", said="达到 A 类，由 A 类异常结果取代")
    await rows.replace(tx, found.id, urgent_id)
    await rows.move(tx, found.id, "closed", clock.now())


async def _note_corrections(
    tx: Tx, known: Known, exam_id: UUID, asked: set[str], found: list[Finding]
) -> None:
    """An open finding whose result now says something else is told so; closing it stays a person's decision."""
    still = {(finding.rule, finding.item): finding.evidence for finding in found}
    for row in await rows.open_of_exam(tx, exam_id, sorted(asked)):
        if row.rule_id in PRESSURE_RULES:
            continue  # its readings are kept together in the evidence
        current = known.results.get(row.item_code)
        now_says = still.get((row.rule_id, row.item_code))
        if now_says is None:
            if current is not None and current.result_id != row.result_id and not _withdrawn(row, current):
                continue  # a later exam has the item now; what this exam found stands
            fact = known.facts.get(row.item_code)
            same = current is not None and current.result_id == row.result_id
            now_says = {row.item_code: fact.told() if same and fact is not None else None}
        if not _same(row, now_says) and await rows.note_change(tx, row.id, dict(now_says), clock.now()):
            await step(tx, row, "result_changed", said="体检系统更正了结果")


async def step(tx: Tx, found: FindingRow, action: str, *, said: str, detail: Any = None) -> None:
    """A step that the platform itself takes."""
    await show(tx, found.person_id, found.institution_id)
    await rows.insert_step(
        tx,
        new_id(),
        found.id,
        action,
        clock.now(),
        actor_kind=SYSTEM.kind,
        account_id=None,
        said=said,
        detail=detail,
    )


async def show(tx: Tx, person_id: UUID, institution_id: UUID) -> None:
    """A finding of this person has changed: to whoever has it on a screen."""
    await live.tell(tx, "health.findings", person_id=person_id, institution_id=institution_id)


def _withdrawn(row: FindingRow, current: exams.ResultRow) -> bool:
    """Whether the result behind the finding was deleted, so that an older one is the person's latest again."""
    measured = row.evidence.get(row.item_code, {}).get("at")
    return measured is not None and current.performed_at < datetime.fromisoformat(measured)


def _same(row: FindingRow, evidence: Any) -> bool:
    return _plain(row.evidence_now or row.evidence) == _plain(evidence)


def _plain(evidence: Any) -> Any:
    """Evidence without what does not matter for "the same": when it was measured and in which row."""
    if isinstance(evidence, dict):
        return {key: _plain(value) for key, value in evidence.items() if key not in ("at", "reference")}
    return [_plain(value) for value in evidence] if isinstance(evidence, (list, tuple)) else evidence


# -- blood pressure: readings of one exam belong together ------------------------------------------------------------


async def _pressure(tx: Tx, known: Known, exam_id: UUID, asked: set[str]) -> Finding | None:
    """The blood-pressure finding of this exam from the reading that came and those that findings hold already."""
    if not asked & set(PRESSURE_ITEMS):
        return None
    systolic, diastolic = (
        row if row is not None and row.exam_id == exam_id else None
        for row in (known.results.get(code) for code in PRESSURE_ITEMS)
    )
    latest = reading_of(systolic, diastolic)
    if latest is None:
        return None
    before = await rows.of_exam(tx, exam_id, PRESSURE_RULES)
    earlier = [
        reading for row in before for reading in monitoring.readings_in(row.evidence_now or row.evidence)
    ]
    readings = monitoring.together(earlier, latest)
    for row in before:
        if row.state != "closed":
            await note_readings(tx, row, readings)
    return monitoring.blood_pressure_finding(readings)


def reading_of(systolic: exams.ResultRow | None, diastolic: exams.ResultRow | None) -> Pressure | None:
    """The present reading, at the time of its systolic side; None without an exact number."""
    sbp, dbp = _exact(systolic), _exact(diastolic)
    measured = systolic or diastolic
    if measured is None or (sbp is None and dbp is None):
        return None
    return Pressure(sbp=sbp, dbp=dbp, at=measured.performed_at, reference=str(measured.result_id))


def _exact(row: exams.ResultRow | None) -> float | None:
    return None if row is None or row.comparator else row.numeric_value


async def note_readings(tx: Tx, row: FindingRow, readings: list[Pressure]) -> None:
    """Tells an open finding that the pressure was measured again, or that a reading was corrected."""
    known = {reading.at: reading for reading in monitoring.readings_in(row.evidence_now or row.evidence)}
    evidence = monitoring.pressure_evidence(readings)
    corrected = any(
        (known[reading.at].sbp, known[reading.at].dbp) != (reading.sbp, reading.dbp)
        for reading in readings
        if reading.at in known
    )
    if corrected and await rows.note_change(tx, row.id, evidence, clock.now()):
        await step(tx, row, "result_changed", said="体检系统更正了血压值", detail=evidence)
    elif len(readings) > len(known):
        await rows.measured_again(tx, row.id, evidence)
        await step(tx, row, "remeasure", said="收到复测血压", detail=evidence)
