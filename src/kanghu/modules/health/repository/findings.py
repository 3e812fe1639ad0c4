"""Important abnormal results and the steps of their handling."""

from datetime import datetime
from typing import Any
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.security import Scope
from kanghu.kernel.waiting import Waiting
from kanghu.modules.health.models import FindingRow, StepRow

_COLUMNS = """id, person_id, institution_id, exam_id, result_id, item_code, rule_id, rules_version, finding_class, title,
              text, evidence, evidence_now, result_changed_at, source, basis, confidence, needs_confirmation,
              needs_remeasure, state, due_at, found_at, notified_at, acknowledged_at, followed_up_at, closed_at,
              escalated_at, replaced_by"""


async def insert(tx: Tx, finding: tuple[Any, ...]) -> bool:
    """False when the same result is open under the same rule already."""
    return bool(
        await tx.fetchval(
            """INSERT INTO health.findings
                   (id, person_id, institution_id, exam_id, result_id, item_code, rule_id, rules_version, finding_class,
                    title, text, evidence, source, basis, confidence, needs_confirmation, needs_remeasure, state, due_at,
                    found_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 'open', $18, $19)
               ON CONFLICT (result_id, rule_id) WHERE state <> 'closed' DO NOTHING RETURNING true""",
            *finding,
        )
    )


async def of_results(tx: Tx, result_ids: list[UUID]) -> list[FindingRow]:
    """The newest finding of each result and rule, open or closed."""
    return rows(
        FindingRow,
        await tx.fetch(
            f"""SELECT DISTINCT ON (result_id, rule_id) {_COLUMNS} FROM health.findings
                 WHERE result_id = ANY($1::uuid[]) ORDER BY result_id, rule_id, id DESC""",
            result_ids,
        ),
    )


async def open_of_exam(tx: Tx, exam_id: UUID, item_codes: list[str]) -> list[FindingRow]:
    """Findings by results (not by doctors) of one exam on these items that are not closed."""
    return rows(
        FindingRow,
        await tx.fetch(
            f"""SELECT {_COLUMNS} FROM health.findings
                 WHERE exam_id = $1 AND result_id IS NOT NULL AND item_code = ANY($2::text[]) AND state <> 'closed'
                 ORDER BY id""",
            exam_id,
            item_codes,
        ),
    )


async def of_exam(tx: Tx, exam_id: UUID, rule_ids: list[str]) -> list[FindingRow]:
    return rows(
        FindingRow,
        await tx.fetch(
            f"SELECT {_COLUMNS} FROM health.findings WHERE exam_id = $1 AND rule_id = ANY($2::text[]) ORDER BY id",
            exam_id,
            rule_ids,
        ),
    )


async def note_change(tx: Tx, finding_id: UUID, evidence_now: Any, at: datetime) -> bool:
    """Keeps what the corrected result says now; False when that is known already."""
    return bool(
        await tx.fetchval(
            """UPDATE health.findings SET evidence_now = $2, result_changed_at = $3
                WHERE id = $1 AND state <> 'closed' AND coalesce(evidence_now, evidence) IS DISTINCT FROM $2
               RETURNING true""",
            finding_id,
            evidence_now,
            at,
        )
    )


async def get(tx: Tx, finding_id: UUID, scope: Scope) -> FindingRow | None:
    """The finding, locked until the transaction ends."""
    return row(
        FindingRow,
        await tx.fetchrow(
            f"""SELECT {_COLUMNS} FROM health.findings
                 WHERE id = $1 AND people.readable(person_id, $2::kernel.scope) FOR UPDATE""",
            finding_id,
            scope.sql(),
        ),
    )


async def page(
    tx: Tx,
    scope: Scope,
    *,
    finding_class: str | None,
    state: str | None,
    person_id: UUID | None,
    overdue_at: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[FindingRow]:
    """Newest first. `state` "unclosed" is every state but closed; `overdue_at`: not told although due by then."""
    return rows(
        FindingRow,
        await tx.fetch(
            f"""SELECT {_COLUMNS} FROM health.findings
                 WHERE people.readable(person_id, $1::kernel.scope)
                   AND ($2::text IS NULL OR finding_class = $2)
                   AND ($3::text IS NULL OR state = $3 OR ($3 = 'unclosed' AND state <> 'closed'))
                   AND ($4::uuid IS NULL OR person_id = $4)
                   AND ($5::timestamptz IS NULL OR (state = 'open' AND due_at <= $5))
                   AND ($6::uuid IS NULL OR id < $6)
                 ORDER BY id DESC LIMIT $7""",
            scope.sql(),
            finding_class,
            state,
            person_id,
            overdue_at,
            before,
            limit,
        ),
    )


async def move(tx: Tx, finding_id: UUID, state: str, at: datetime) -> None:
    """To `state`; the time of the first notification and acknowledgement stays, that of follow-ups is the latest."""
    await tx.execute(
        """UPDATE health.findings
              SET state = $2,
                  notified_at = CASE WHEN $2 = 'notified' THEN coalesce(notified_at, $3) ELSE notified_at END,
                  acknowledged_at = CASE WHEN $2 = 'acknowledged' THEN $3 ELSE acknowledged_at END,
                  followed_up_at = CASE WHEN $2 = 'followed_up' THEN $3 ELSE followed_up_at END,
                  closed_at = CASE WHEN $2 = 'closed' THEN $3 ELSE closed_at END
            WHERE id = $1""",
        finding_id,
        state,
        at,
    )


async def replace(tx: Tx, finding_id: UUID, by: UUID) -> None:
    await tx.execute("UPDATE health.findings SET replaced_by = $2 WHERE id = $1", finding_id, by)


async def measured_again(tx: Tx, finding_id: UUID, evidence: Any) -> None:
    await tx.execute(
        "UPDATE health.findings SET needs_remeasure = false, evidence_now = $2 WHERE id = $1",
        finding_id,
        evidence,
    )


async def count_unclosed(tx: Tx, scope: Scope, now: datetime) -> dict[str, Waiting]:
    """By class, and under `overdue` those that nobody told the person in time."""
    found = await tx.fetchrow(
        """SELECT count(*) FILTER (WHERE finding_class = 'A') AS a, min(found_at) FILTER (WHERE finding_class = 'A') AS a_at,
                  count(*) FILTER (WHERE finding_class = 'B') AS b, min(found_at) FILTER (WHERE finding_class = 'B') AS b_at,
                  count(*) FILTER (WHERE late) AS overdue, min(found_at) FILTER (WHERE late) AS overdue_at
             FROM (SELECT finding_class, found_at, state = 'open' AND due_at <= $2 AS late FROM health.findings
                    WHERE state <> 'closed' AND people.readable(person_id, $1::kernel.scope)) AS unclosed""",
        scope.sql(),
        now,
    )
    assert found is not None
    return {kind: Waiting(found[kind], found[f"{kind}_at"]) for kind in ("a", "b", "overdue")}


async def take_overdue(tx: Tx, now: datetime, limit: int) -> list[FindingRow]:
    """Marks up to `limit` findings that nobody told in time as escalated and returns them."""
    return rows(
        FindingRow,
        await tx.fetch(
            f"""UPDATE health.findings SET escalated_at = $1
                 WHERE id IN (SELECT id FROM health.findings
                               WHERE state = 'open' AND escalated_at IS NULL AND due_at <= $1
                               ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
                RETURNING {_COLUMNS}""",
            now,
            limit,
        ),
    )


async def insert_step(
    tx: Tx,
    step_id: UUID,
    finding_id: UUID,
    action: str,
    at: datetime,
    *,
    actor_kind: str,
    account_id: UUID | None,
    channel: str | None = None,
    said: str = "",
    detail: Any = None,
) -> None:
    await tx.execute(
        """INSERT INTO health.finding_steps (id, finding_id, action, at, actor_kind, account_id, channel, said, detail)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        step_id,
        finding_id,
        action,
        at,
        actor_kind,
        account_id,
        channel,
        said,
        detail or {},
    )


async def steps(tx: Tx, finding_id: UUID) -> list[StepRow]:
    return rows(
        StepRow,
        await tx.fetch(
            """SELECT id, finding_id, action, at, actor_kind, account_id, channel, said, detail
                 FROM health.finding_steps WHERE finding_id = $1 ORDER BY id""",
            finding_id,
        ),
    )
