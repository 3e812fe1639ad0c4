"""Risk assessment of a person: the current result of every model, with history."""

from typing import Any
from uuid import UUID

from kanghu.kernel import audit, clock, live
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.health.errors import PersonNotFound
from kanghu.modules.health.models import AssessmentRow
from kanghu.modules.health.repository import assessments as rows
from kanghu.modules.health.risk import Assessment
from kanghu.modules.health.service.known import Known, fingerprint, gather
from kanghu.modules.people import public as people


async def store(tx: Tx, person_id: UUID, known: Known, exam_id: UUID | None) -> int:
    """Keeps what is new: the same model, version and inputs again add nothing. Returns how many rows were added.

    The caller holds the person's lock (`repository.assessments.lock_person`).
    """
    now = clock.now()
    current = await rows.current_fingerprints(tx, person_id)
    new: list[tuple[Any, ...]] = []
    for assessment in known.assessments:
        mark = _fingerprint(assessment)
        if current.get(assessment.model) != mark:
            new.append(_row(person_id, assessment, exam_id, mark, now))
    await rows.supersede(tx, person_id, [entry[2] for entry in new], now)
    await rows.insert(tx, new)
    if new:
        for institution_id in await people.institutions_of(tx, person_id):
            await live.tell(tx, "health.risks", person_id=person_id, institution_id=institution_id)
    return len(new)


async def from_answers(tx: Tx, person_id: UUID) -> None:
    """A questionnaire was completed: assesses again."""
    await rows.lock_person(tx, person_id)
    await store(tx, person_id, await gather(tx, person_id), None)


def _fingerprint(assessment: Assessment) -> bytes:
    return fingerprint(
        assessment.model,
        assessment.version,
        assessment.status,
        assessment.exact,
        assessment.level,
        assessment.inputs,
        assessment.missing,
        assessment.reason,
        assessment.notes,
        assessment.reviewed,
    )


def _row(
    person_id: UUID, assessment: Assessment, exam_id: UUID | None, mark: bytes, at: Any
) -> tuple[Any, ...]:
    return (
        new_id(),
        person_id,
        assessment.model,
        assessment.version,
        assessment.title,
        assessment.status,
        assessment.value,
        assessment.exact,
        assessment.unit,
        assessment.level,
        assessment.level_label,
        assessment.advice,
        list(assessment.missing),
        assessment.reason,
        dict(assessment.inputs),
        list(assessment.notes),
        dict(assessment.details),
        assessment.source,
        assessment.confidence,
        assessment.reviewed,
        exam_id,
        mark,
        at,
    )


async def current(tx: Tx, caller: Caller, person_id: UUID, permission: str) -> list[AssessmentRow]:
    """The current result of every model. Raises `PersonNotFound` outside the scope."""
    scope = caller.scope(permission)
    await _must_be_readable(tx, person_id, scope)
    await audit.record(
        tx, caller, permission, subject=f"health.risk_assessments/{person_id}", person_id=person_id
    )
    return await rows.current(tx, person_id, scope)


async def history(
    tx: Tx, caller: Caller, person_id: UUID, *, model: str | None, before: UUID | None, limit: int
) -> list[AssessmentRow]:
    """All results, newest first. Raises `PersonNotFound` outside the scope."""
    scope = caller.scope("health.risk.read")
    await _must_be_readable(tx, person_id, scope)
    await audit.record(
        tx, caller, "health.risk.read", subject=f"health.risk_assessments/{person_id}", person_id=person_id
    )
    return await rows.history(tx, person_id, scope, model=model, before=before, limit=limit)


async def reassess(tx: Tx, caller: Caller, person_id: UUID) -> list[AssessmentRow]:
    """Assesses again from what is known now. Raises `PersonNotFound` outside the scope."""
    scope = caller.scope("health.risk.assess")
    await _must_be_readable(tx, person_id, scope)
    await rows.lock_person(tx, person_id)
    added = await store(tx, person_id, await gather(tx, person_id), None)
    await audit.record(
        tx,
        caller,
        "health.risk.assess",
        subject=f"health.risk_assessments/{person_id}",
        person_id=person_id,
        detail={"added": added},
    )
    return await rows.current(tx, person_id, scope)


async def _must_be_readable(tx: Tx, person_id: UUID, scope: Scope) -> None:
    if not await rows.is_readable(tx, person_id, scope):
        raise PersonNotFound
