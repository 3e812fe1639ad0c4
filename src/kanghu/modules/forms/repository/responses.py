"""Responses: drafts that are saved as one types, and completed ones that never change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from kanghu.kernel.db import Tx, rows
from kanghu.modules.forms.engine import Evaluation, FlagResult, ScoreResult
from kanghu.modules.forms.models import OpenForm, Response, ResponseHead

_RESPONSES = """
    SELECT r.id, r.form_id, r.form_version_id, f.code AS form_code, v.version AS form_version, f.title AS form_title,
           r.person_id, r.status, r.answers, r.scores, r.flags, r.completeness, r.revision, r.author_id,
           r.updated_at, r.completed_at
      FROM forms.responses r
      JOIN forms.forms f ON f.id = r.form_id
      JOIN forms.form_versions v ON v.id = r.form_version_id
"""
_HEADS = """
    SELECT r.id, f.code AS form_code, v.version AS form_version, f.title AS form_title, r.status, r.completeness,
           r.flags, r.updated_at, r.completed_at
      FROM forms.responses r
      JOIN forms.forms f ON f.id = r.form_id
      JOIN forms.form_versions v ON v.id = r.form_version_id
"""


def _flags(kept: Any) -> tuple[FlagResult, ...]:
    return msgspec.convert(kept, tuple[FlagResult, ...])


def _response(record: Record | None) -> Response | None:
    if record is None:
        return None
    scores = msgspec.convert(record["scores"], list[ScoreResult])
    fields = {**record, "scores": {score.code: score for score in scores}, "flags": _flags(record["flags"])}
    return Response(**fields)


async def list_open_forms(tx: Tx, person_id: UUID) -> list[OpenForm]:
    """The published forms that people fill themselves, with where this person stands."""
    found = await tx.fetch(
        """SELECT f.code, f.title, f.kind, v.definition ->> 'description' AS description, v.version,
                  draft.completeness AS draft_completeness, done.completed_at
             FROM forms.forms f
             JOIN forms.form_versions v ON v.form_id = f.id AND v.status = 'published'
             LEFT JOIN forms.responses draft
                    ON draft.person_id = $1 AND draft.form_id = f.id AND draft.status = 'draft'
             LEFT JOIN LATERAL (SELECT r.completed_at FROM forms.responses r
                                 WHERE r.person_id = $1 AND r.form_id = f.id AND r.status = 'completed'
                                 ORDER BY r.completed_at DESC, r.id DESC LIMIT 1) done ON true
            WHERE v.definition @> '{"selfService": true}'
            ORDER BY f.kind, f.code""",
        person_id,
    )
    return rows(OpenForm, found)


async def get_draft(tx: Tx, person_id: UUID, code: str) -> Response | None:
    return _response(
        await tx.fetchrow(
            _RESPONSES + "WHERE r.person_id = $1 AND f.code = $2 AND r.status = 'draft'", person_id, code
        )
    )


async def lock_response(tx: Tx, response_id: UUID) -> Response | None:
    """The response, locked until the transaction ends: saves and completion of it go one after the other."""
    return _response(await tx.fetchrow(_RESPONSES + "WHERE r.id = $1 FOR UPDATE OF r", response_id))


async def insert_draft(
    tx: Tx,
    response_id: UUID,
    form_id: UUID,
    version_id: UUID,
    person_id: UUID,
    answers: Mapping[str, Any],
    completeness: int,
    author: UUID | None,
) -> bool:
    """Whether it was inserted; False when this response or another draft of the form is there already."""
    done = await tx.fetchval(
        """INSERT INTO forms.responses (id, form_id, form_version_id, person_id, answers, completeness, author_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING true""",
        response_id,
        form_id,
        version_id,
        person_id,
        answers,
        completeness,
        author,
    )
    return bool(done)


async def save_draft(
    tx: Tx, response_id: UUID, answers: Mapping[str, Any], completeness: int, author: UUID | None
) -> None:
    await tx.execute(
        """UPDATE forms.responses
              SET answers = $2, completeness = $3, author_id = $4, revision = revision + 1, updated_at = now()
            WHERE id = $1""",
        response_id,
        answers,
        completeness,
        author,
    )


async def complete_draft(tx: Tx, response_id: UUID, found: Evaluation, context: Mapping[str, Any]) -> None:
    await tx.execute(
        """UPDATE forms.responses
              SET status = 'completed', answers = $2, context = $3, scores = $4, flags = $5, completeness = $6,
                  revision = revision + 1, updated_at = now(), completed_at = now()
            WHERE id = $1""",
        response_id,
        found.values,
        context,
        list(found.scores),
        list(found.flags),
        found.completeness,
    )


async def insert_completed(
    tx: Tx,
    response_id: UUID,
    form_id: UUID,
    version_id: UUID,
    person_id: UUID,
    found: Evaluation,
    context: Mapping[str, Any],
    author: UUID | None,
    completed_at: datetime,
) -> None:
    await tx.execute(
        """INSERT INTO forms.responses (id, form_id, form_version_id, person_id, status, answers, context, scores, flags,
                                        completeness, author_id, created_at, updated_at, completed_at)
           VALUES ($1, $2, $3, $4, 'completed', $5, $6, $7, $8, $9, $10, $11, $11, $11)""",
        response_id,
        form_id,
        version_id,
        person_id,
        found.values,
        context,
        list(found.scores),
        list(found.flags),
        found.completeness,
        author,
        completed_at,
    )


async def latest_completed(tx: Tx, person_id: UUID, code: str) -> Response | None:
    return _response(
        await tx.fetchrow(
            _RESPONSES
            + """WHERE r.person_id = $1 AND r.status = 'completed'
                   AND r.form_id = (SELECT id FROM forms.forms WHERE code = $2)
                 ORDER BY r.completed_at DESC, r.id DESC LIMIT 1""",
            person_id,
            code,
        )
    )


async def has_completed(tx: Tx, person_id: UUID) -> bool:
    """Whether this person completed at least one questionnaire of any code."""
    found: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT 1 FROM forms.responses r JOIN forms.forms f ON f.id = r.form_id
                           WHERE r.person_id = $1 AND r.status = 'completed' AND f.kind = 'questionnaire')""",
        person_id,
    )
    return found


async def list_of_person(
    tx: Tx, person_id: UUID, before: UUID | None, limit: int, *, with_drafts: bool
) -> list[ResponseHead]:
    """A page of somebody's responses, newest first. The caller has checked who may read them."""
    found = await tx.fetch(
        _HEADS
        + """WHERE r.person_id = $1 AND ($2::uuid IS NULL OR r.id < $2) AND ($4 OR r.status = 'completed')
             ORDER BY r.id DESC LIMIT $3""",
        person_id,
        before,
        limit,
        with_drafts,
    )
    return [ResponseHead(**{**record, "flags": _flags(record["flags"])}) for record in found]


async def may_read_person(tx: Tx, person_id: UUID, scope: Sequence[Any]) -> bool:
    allowed: bool = await tx.fetchval("SELECT people.readable($1, $2::kernel.scope)", person_id, scope)
    return allowed


async def get_readable(tx: Tx, response_id: UUID, scope: Sequence[Any]) -> Response | None:
    """A completed response within the scope: what somebody has not handed in is nobody else's business."""
    return _response(
        await tx.fetchrow(
            _RESPONSES
            + "WHERE r.id = $1 AND r.status = 'completed' AND people.readable(r.person_id, $2::kernel.scope)",
            response_id,
            scope,
        )
    )


async def get_own(tx: Tx, response_id: UUID, person_id: UUID) -> Response | None:
    return _response(
        await tx.fetchrow(_RESPONSES + "WHERE r.id = $1 AND r.person_id = $2", response_id, person_id)
    )
