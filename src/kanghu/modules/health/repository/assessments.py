"""Risk assessments: one current row per person and model, older rows kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

from kanghu.kernel.db import Tx, rows
from kanghu.kernel.security import Scope
from kanghu.modules.health.models import AssessmentRow

_COLUMNS = """id, person_id, model, version, title, status, value, exact, unit, level, level_label, advice, missing, reason,
              inputs, notes, details, source, confidence, reviewed, exam_id, assessed_at, superseded_at"""


async def lock_person(tx: Tx, person_id: UUID) -> None:
    """One job at a time works out what follows from a person's results (until the transaction ends)."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('health:' || $1::text, 0))", str(person_id)
    )


async def current_fingerprints(tx: Tx, person_id: UUID) -> dict[str, bytes]:
    found = await tx.fetch(
        "SELECT model, fingerprint FROM health.risk_assessments WHERE person_id = $1 AND superseded_at IS NULL",
        person_id,
    )
    return {record["model"]: record["fingerprint"] for record in found}


async def supersede(tx: Tx, person_id: UUID, models: list[str], at: datetime) -> None:
    await tx.execute(
        """UPDATE health.risk_assessments SET superseded_at = $3
            WHERE person_id = $1 AND model = ANY($2::text[]) AND superseded_at IS NULL""",
        person_id,
        models,
        at,
    )


async def insert(tx: Tx, new: list[tuple[Any, ...]]) -> None:
    """Rows in the order of the columns below."""
    await tx.executemany(
        """INSERT INTO health.risk_assessments
               (id, person_id, model, version, title, status, value, exact, unit, level, level_label, advice, missing,
                reason, inputs, notes, details, source, confidence, reviewed, exam_id, fingerprint, assessed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)""",
        new,
    )


async def current(tx: Tx, person_id: UUID, scope: Scope) -> list[AssessmentRow]:
    return rows(
        AssessmentRow,
        await tx.fetch(
            f"""SELECT {_COLUMNS} FROM health.risk_assessments
                 WHERE person_id = $1 AND superseded_at IS NULL AND people.readable(person_id, $2::kernel.scope)
                 ORDER BY model""",
            person_id,
            scope.sql(),
        ),
    )


async def history(
    tx: Tx, person_id: UUID, scope: Scope, *, model: str | None, before: UUID | None, limit: int
) -> list[AssessmentRow]:
    """Newest first."""
    return rows(
        AssessmentRow,
        await tx.fetch(
            f"""SELECT {_COLUMNS} FROM health.risk_assessments
                 WHERE person_id = $1 AND people.readable(person_id, $2::kernel.scope)
                   AND ($3::text IS NULL OR model = $3) AND ($4::uuid IS NULL OR id < $4)
                 ORDER BY id DESC LIMIT $5""",
            person_id,
            scope.sql(),
            model,
            before,
            limit,
        ),
    )


async def is_readable(tx: Tx, person_id: UUID, scope: Scope) -> bool:
    return bool(await tx.fetchval("SELECT people.readable($1, $2::kernel.scope)", person_id, scope.sql()))
