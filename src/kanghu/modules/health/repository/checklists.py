"""Personalised lists and their lines."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.security import Scope
from kanghu.kernel.waiting import Waiting
from kanghu.modules.health.models import ChecklistHead, ChecklistRow, LineRow

_COLUMNS = """id, person_id, institution_id, booking_id, appointment_date, state, rules_version, revision, touched, facts,
              removed, undecided, suggestions, cautions, fingerprint, generated_at, confirmed_at, confirmed_by"""


async def insert(
    tx: Tx,
    checklist_id: UUID,
    *,
    person_id: UUID,
    institution_id: UUID,
    booking_id: UUID | None,
    appointment_date: date | None,
    rules_version: str,
    facts: Any,
    removed: Any,
    undecided: Any,
    suggestions: Any,
    cautions: list[str],
    fingerprint: bytes,
    at: datetime,
) -> bool:
    """False when the booking has a list already (or the person an open draft without a booking)."""
    return bool(
        await tx.fetchval(
            """INSERT INTO health.checklists
                   (id, person_id, institution_id, booking_id, appointment_date, state, rules_version, facts, removed,
                    undecided, suggestions, cautions, fingerprint, generated_at)
               VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7, $8, $9, $10, $11, $12, $13)
               ON CONFLICT DO NOTHING RETURNING true""",
            checklist_id,
            person_id,
            institution_id,
            booking_id,
            appointment_date,
            rules_version,
            facts,
            removed,
            undecided,
            suggestions,
            cautions,
            fingerprint,
            at,
        )
    )


async def refresh(
    tx: Tx,
    checklist_id: UUID,
    *,
    rules_version: str,
    facts: Any,
    removed: Any,
    undecided: Any,
    suggestions: Any,
    cautions: list[str],
    fingerprint: bytes,
    at: datetime,
) -> bool:
    """Takes newly generated content into a draft that no doctor has touched; False otherwise."""
    return bool(
        await tx.fetchval(
            """UPDATE health.checklists
                  SET rules_version = $2, facts = $3, removed = $4, undecided = $5, suggestions = $6, cautions = $7,
                      fingerprint = $8, generated_at = $9, revision = revision + 1
                WHERE id = $1 AND state = 'draft' AND NOT touched RETURNING true""",
            checklist_id,
            rules_version,
            facts,
            removed,
            undecided,
            suggestions,
            cautions,
            fingerprint,
            at,
        )
    )


async def replace_lines(tx: Tx, checklist_id: UUID, lines: list[tuple[Any, ...]]) -> None:
    """`lines` as (item_code, name, category, position, group, origin, optional, ticked, reasons, cautions)."""
    await tx.execute("DELETE FROM health.checklist_lines WHERE checklist_id = $1", checklist_id)
    await tx.executemany(
        """INSERT INTO health.checklist_lines
               (checklist_id, item_code, name, category, position, group_name, origin, optional, ticked, reasons,
                cautions)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        [(checklist_id, *line) for line in lines],
    )


async def get(tx: Tx, checklist_id: UUID, scope: Scope) -> ChecklistRow | None:
    return row(
        ChecklistRow,
        await tx.fetchrow(
            f"""SELECT {_COLUMNS} FROM health.checklists
                 WHERE id = $1 AND people.readable(person_id, $2::kernel.scope)""",
            checklist_id,
            scope.sql(),
        ),
    )


async def lock(tx: Tx, checklist_id: UUID, scope: Scope) -> ChecklistRow | None:
    """Like `get`, and nobody else changes it until the transaction ends."""
    return row(
        ChecklistRow,
        await tx.fetchrow(
            f"""SELECT {_COLUMNS} FROM health.checklists
                 WHERE id = $1 AND people.readable(person_id, $2::kernel.scope) FOR UPDATE""",
            checklist_id,
            scope.sql(),
        ),
    )


async def of_booking(tx: Tx, booking_id: UUID) -> ChecklistRow | None:
    return row(
        ChecklistRow,
        await tx.fetchrow(
            f"SELECT {_COLUMNS} FROM health.checklists WHERE booking_id = $1 AND state <> 'replaced'",
            booking_id,
        ),
    )


async def standing(tx: Tx, person_id: UUID, institution_id: UUID) -> ChecklistRow | None:
    """The list that holds now at this institution: the newest draft or confirmed one."""
    return row(
        ChecklistRow,
        await tx.fetchrow(
            f"""SELECT {_COLUMNS} FROM health.checklists
                 WHERE person_id = $1 AND institution_id = $2 AND state IN ('draft', 'confirmed')
                 ORDER BY id DESC LIMIT 1""",
            person_id,
            institution_id,
        ),
    )


async def untouched_drafts(tx: Tx, person_id: UUID) -> list[ChecklistRow]:
    return rows(
        ChecklistRow,
        await tx.fetch(
            f"SELECT {_COLUMNS} FROM health.checklists WHERE person_id = $1 AND state = 'draft' AND NOT touched",
            person_id,
        ),
    )


async def newest_of_person(tx: Tx, person_id: UUID) -> ChecklistRow | None:
    return row(
        ChecklistRow,
        await tx.fetchrow(
            f"""SELECT {_COLUMNS} FROM health.checklists
                 WHERE person_id = $1 AND state <> 'replaced' ORDER BY id DESC LIMIT 1""",
            person_id,
        ),
    )


async def waiting(
    tx: Tx, scope: Scope, *, states: Sequence[str], person_id: UUID | None, after: UUID | None, limit: int
) -> list[ChecklistHead]:
    """Oldest first: who waits longest is served first."""
    return rows(
        ChecklistHead,
        await tx.fetch(
            """SELECT list.id, person_id, institution_id, booking_id, appointment_date, state, revision, generated_at,
                      confirmed_at,
                      (SELECT count(*) FROM health.checklist_lines WHERE checklist_id = list.id AND ticked) AS ticked,
                      (SELECT count(*) FROM health.checklist_lines WHERE checklist_id = list.id AND origin <> 'base')
                          AS x_items
                 FROM health.checklists AS list
                WHERE state = ANY ($2::text[]) AND people.readable(person_id, $1::kernel.scope)
                  AND ($3::uuid IS NULL OR person_id = $3) AND ($4::uuid IS NULL OR list.id > $4)
                ORDER BY list.id LIMIT $5""",
            scope.sql(),
            list(states),
            person_id,
            after,
            limit,
        ),
    )


async def count_drafts(tx: Tx, scope: Scope) -> Waiting:
    found = await tx.fetchrow(
        """SELECT count(*) AS count, min(generated_at) AS oldest_at FROM health.checklists
            WHERE state = 'draft' AND people.readable(person_id, $1::kernel.scope)""",
        scope.sql(),
    )
    return Waiting.counted(found)


async def lines(tx: Tx, checklist_id: UUID) -> list[LineRow]:
    return rows(
        LineRow,
        await tx.fetch(
            """SELECT checklist_id, item_code, name, category, position, group_name, origin, optional, ticked, reasons, cautions,
                      changed_by, changed_at
                 FROM health.checklist_lines WHERE checklist_id = $1 ORDER BY position""",
            checklist_id,
        ),
    )


async def tick(
    tx: Tx,
    checklist_id: UUID,
    item_codes: list[str],
    ticked: list[bool],
    account_id: UUID | None,
    at: datetime,
) -> None:
    await tx.execute(
        """UPDATE health.checklist_lines AS line
              SET ticked = given.ticked, changed_by = $4, changed_at = $5
             FROM unnest($2::text[], $3::boolean[]) AS given (item_code, ticked)
            WHERE line.checklist_id = $1 AND line.item_code = given.item_code AND line.ticked <> given.ticked""",
        checklist_id,
        item_codes,
        ticked,
        account_id,
        at,
    )


async def add_line(
    tx: Tx,
    checklist_id: UUID,
    item_code: str,
    name: str,
    category: str,
    reasons: Any,
    cautions: list[str],
    account_id: UUID | None,
    at: datetime,
) -> None:
    """A doctor's item goes to the end; one that is on the list already gets the further reason and is ticked."""
    await tx.execute(
        """INSERT INTO health.checklist_lines AS line
               (checklist_id, item_code, name, category, position, group_name, origin, optional, ticked, reasons,
                cautions, changed_by, changed_at)
           SELECT $1, $2, $3, $4, coalesce(max(position), 0) + 1, '医生添加', 'doctor', true, true, $5, $6, $7, $8
             FROM health.checklist_lines WHERE checklist_id = $1
           ON CONFLICT (checklist_id, item_code) DO UPDATE
               SET ticked = true, reasons = line.reasons || excluded.reasons, changed_by = $7, changed_at = $8""",
        checklist_id,
        item_code,
        name,
        category,
        reasons,
        cautions,
        account_id,
        at,
    )


async def touch(tx: Tx, checklist_id: UUID) -> None:
    await tx.execute(
        "UPDATE health.checklists SET touched = true, revision = revision + 1 WHERE id = $1", checklist_id
    )


async def confirm(tx: Tx, checklist_id: UUID, account_id: UUID | None, at: datetime) -> None:
    await tx.execute(
        """UPDATE health.checklists SET state = 'confirmed', confirmed_by = $2, confirmed_at = $3
            WHERE id = $1 AND state = 'draft'""",
        checklist_id,
        account_id,
        at,
    )


async def replace_drafts_without_booking(tx: Tx, person_id: UUID, institution_id: UUID) -> None:
    await tx.execute(
        """UPDATE health.checklists SET state = 'replaced'
            WHERE person_id = $1 AND institution_id = $2 AND state = 'draft' AND booking_id IS NULL""",
        person_id,
        institution_id,
    )


async def drop_drafts(tx: Tx, booking_id: UUID) -> None:
    """The booking will not take place: its unconfirmed list waits for nobody."""
    await tx.execute(
        "UPDATE health.checklists SET state = 'replaced' WHERE booking_id = $1 AND state = 'draft'",
        booking_id,
    )


async def set_date(tx: Tx, booking_id: UUID, day: date | None) -> None:
    await tx.execute(
        """UPDATE health.checklists SET appointment_date = $2, revision = revision + 1
            WHERE booking_id = $1 AND state IN ('draft', 'confirmed') AND appointment_date IS DISTINCT FROM $2""",
        booking_id,
        day,
    )


async def mark_used(tx: Tx, person_id: UUID, institution_id: UUID, booking_id: UUID, at: datetime) -> None:
    """After the exam its confirmed list is history; so is one without a booking that was confirmed before the exam."""
    await tx.execute(
        """UPDATE health.checklists SET state = 'used'
            WHERE person_id = $1 AND institution_id = $2 AND state = 'confirmed'
              AND (booking_id = $3 OR (booking_id IS NULL AND confirmed_at <= $4))""",
        person_id,
        institution_id,
        booking_id,
        at,
    )
