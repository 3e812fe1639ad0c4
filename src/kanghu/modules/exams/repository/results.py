"""Results: the one statement that stores a push, and the reads."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from kanghu.kernel.db import Tx, rows
from kanghu.kernel.security import Scope
from kanghu.modules.exams.models import NewResult, ResultRow, ResultVersion

# Newest wins: by the vendor's sequence; where one side has none, or both are equal, by the time of the examination; and among
# equals by arrival. A version that changes nothing but its sequence is stored too, so that a late version between the two loses.
_NEWER = """(coalesce(excluded.sequence, kept.sequence, 0), excluded.performed_at)
         >= (coalesce(kept.sequence, excluded.sequence, 0), kept.performed_at)"""

_HISTORY = """INSERT INTO exams.result_history
                  (booking_id, vendor_item_code, revision, change, raw_value, raw_unit, numeric_value, unit,
                   vendor_abnormal_flag, reference_text, performed_at, sequence, message_id)
              SELECT booking_id, vendor_item_code, revision,
                     CASE WHEN deleted THEN '3' WHEN revision = 1 THEN '1' ELSE '2' END,
                     raw_value, raw_unit, numeric_value, unit, vendor_abnormal_flag, reference_text, performed_at,
                     sequence, message_id
                FROM stored"""

STORE = f"""
WITH stored AS (
    INSERT INTO exams.results AS kept
        (booking_id, person_id, institution_id, message_id, deleted, vendor_item_code, item_code, item_name,
         value_type, raw_value, raw_unit, numeric_value, comparator, ordinal_rank, coded_value, unit, reference_text,
         vendor_abnormal_flag, specimen, method, performed_at, department, operator, reviewer, sub_findings, images,
         sequence)
    SELECT $1, $2, $3, $4, false, vendor_item_code, item_code, item_name, value_type, raw_value,
           coalesce(raw_unit, ''), numeric_value, coalesce(comparator, ''), ordinal_rank, coalesce(coded_value, ''),
           coalesce(unit, ''), coalesce(reference_text, ''), coalesce(vendor_abnormal_flag, ''), coalesce(specimen, ''),
           coalesce(method, ''), performed_at, coalesce(department, ''), coalesce(operator, ''), coalesce(reviewer, ''),
           sub_findings, images, sequence
      FROM json_to_recordset($5::json) AS incoming (
               vendor_item_code text, item_code text, item_name text, value_type text, raw_value text,
               raw_unit text, numeric_value float8, comparator text, ordinal_rank integer, coded_value text, unit text,
               reference_text text, vendor_abnormal_flag text, specimen text, method text, performed_at timestamptz,
               department text, operator text, reviewer text, sub_findings jsonb, images jsonb, sequence bigint)
    ON CONFLICT (booking_id, vendor_item_code) DO UPDATE SET
        message_id = excluded.message_id, deleted = false, item_code = excluded.item_code,
        item_name = excluded.item_name, value_type = excluded.value_type, raw_value = excluded.raw_value,
        raw_unit = excluded.raw_unit, numeric_value = excluded.numeric_value, comparator = excluded.comparator,
        ordinal_rank = excluded.ordinal_rank, coded_value = excluded.coded_value, unit = excluded.unit,
        reference_text = excluded.reference_text, vendor_abnormal_flag = excluded.vendor_abnormal_flag,
        specimen = excluded.specimen, method = excluded.method, performed_at = excluded.performed_at,
        department = excluded.department, operator = excluded.operator, reviewer = excluded.reviewer,
        sub_findings = excluded.sub_findings, images = excluded.images,
        sequence = coalesce(excluded.sequence, kept.sequence), revision = kept.revision + 1, updated_at = now()
    WHERE {_NEWER}
      AND (kept.deleted, kept.item_code, kept.item_name, kept.value_type, kept.raw_value, kept.raw_unit,
           kept.numeric_value, kept.unit, kept.reference_text, kept.vendor_abnormal_flag, kept.specimen, kept.method,
           kept.performed_at, kept.department, kept.operator, kept.reviewer, kept.sub_findings, kept.images,
           kept.sequence)
          IS DISTINCT FROM
          (false, excluded.item_code, excluded.item_name, excluded.value_type, excluded.raw_value, excluded.raw_unit,
           excluded.numeric_value, excluded.unit, excluded.reference_text, excluded.vendor_abnormal_flag,
           excluded.specimen, excluded.method, excluded.performed_at, excluded.department, excluded.operator,
           excluded.reviewer, excluded.sub_findings, excluded.images, coalesce(excluded.sequence, kept.sequence))
    RETURNING booking_id, vendor_item_code, item_code, revision, deleted, raw_value, raw_unit, numeric_value, unit,
              vendor_abnormal_flag, reference_text, performed_at, sequence, message_id
), history AS ({_HISTORY})
SELECT array_agg(item_code) FROM stored
"""

# A delete keeps the values it hides; of something unknown it leaves an invisible mark, so that a late add does not revive it.
DELETE = f"""
WITH stored AS (
    INSERT INTO exams.results AS kept
        (booking_id, person_id, institution_id, message_id, deleted, vendor_item_code, item_code, item_name,
         value_type, raw_value, raw_unit, comparator, coded_value, unit, reference_text, vendor_abnormal_flag, specimen,
         method, performed_at, department, operator, reviewer, sequence)
    SELECT $1, $2, $3, $4, true, code, '', '', 'text', '', '', '', '', '', '', '', '', '', performed, '', '', '', number
      FROM unnest($5::text[], $6::timestamptz[], $7::bigint[]) AS incoming (code, performed, number)
    ON CONFLICT (booking_id, vendor_item_code) DO UPDATE SET
        message_id = excluded.message_id, deleted = true, sequence = coalesce(excluded.sequence, kept.sequence),
        performed_at = greatest(excluded.performed_at, kept.performed_at), revision = kept.revision + 1, updated_at = now()
    WHERE {_NEWER}
      AND (NOT kept.deleted OR kept.sequence IS DISTINCT FROM coalesce(excluded.sequence, kept.sequence))
    RETURNING booking_id, vendor_item_code, item_code, revision, deleted, raw_value, raw_unit, numeric_value, unit,
              vendor_abnormal_flag, reference_text, performed_at, sequence, message_id
), history AS ({_HISTORY} WHERE item_code <> '')
SELECT array_agg(item_code) FILTER (WHERE item_code <> '') FROM stored
"""

_RESULT = """id AS result_id, booking_id AS exam_id, vendor_item_code, item_code, item_name, value_type, raw_value,
             raw_unit, numeric_value, comparator, ordinal_rank, coded_value, unit, reference_text, vendor_abnormal_flag,
             specimen, department, performed_at, sub_findings, images, revision"""


_BEFORE_ALL = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))


async def store(
    tx: Tx, booking_id: UUID, person_id: UUID, institution_id: UUID, message_id: UUID, batch: list[NewResult]
) -> list[str]:
    """Adds or updates; returns the standard codes of what changed. A vendor item code may stand once in the batch."""
    return (
        await tx.fetchval(
            STORE, booking_id, person_id, institution_id, message_id, msgspec.json.encode(batch).decode()
        )
        or []
    )


async def delete(
    tx: Tx,
    booking_id: UUID,
    person_id: UUID,
    institution_id: UUID,
    message_id: UUID,
    *,
    codes: list[str],
    performed_at: list[datetime],
    sequences: list[int | None],
) -> list[str]:
    """Soft delete; returns the standard codes of what was there."""
    return (
        await tx.fetchval(
            DELETE, booking_id, person_id, institution_id, message_id, codes, performed_at, sequences
        )
        or []
    )


async def latest_of_person(tx: Tx, person_id: UUID) -> list[ResultRow]:
    """The latest result of each standard item, from whichever exam."""
    return rows(
        ResultRow,
        await tx.fetch(
            f"""SELECT DISTINCT ON (item_code) {_RESULT} FROM exams.results
                 WHERE person_id = $1 AND NOT deleted
                 ORDER BY item_code, performed_at DESC, booking_id DESC, vendor_item_code""",
            person_id,
        ),
    )


async def of_booking(tx: Tx, booking_id: UUID) -> list[ResultRow]:
    return rows(
        ResultRow,
        await tx.fetch(
            f"""SELECT {_RESULT} FROM exams.results WHERE booking_id = $1 AND NOT deleted
                 ORDER BY department, item_code, vendor_item_code""",
            booking_id,
        ),
    )


async def page_of_person(
    tx: Tx,
    person_id: UUID,
    scope: Scope,
    *,
    item_code: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ResultRow]:
    """Newest first; `before` is (performed_at, result id) of the last row seen."""
    performed_at, result_id = before or _BEFORE_ALL
    # Conditions stand there or not, instead of `$n IS NULL OR …`: only so does the plan that is kept read by the index.
    narrowed = "" if item_code is None else "AND item_code = $6"
    return rows(
        ResultRow,
        await tx.fetch(
            f"""SELECT {_RESULT} FROM exams.results
                 WHERE person_id = $1 AND NOT deleted
                   AND people.readable($1, $2::kernel.scope)
                   AND (performed_at, id) < ($3, $4) {narrowed}
                 ORDER BY performed_at DESC, id DESC LIMIT $5""",
            person_id,
            scope.sql(),
            performed_at,
            result_id,
            limit,
            *([] if item_code is None else [item_code]),
        ),
    )


async def history(tx: Tx, booking_id: UUID, vendor_item_code: str) -> list[ResultVersion]:
    return rows(
        ResultVersion,
        await tx.fetch(
            """SELECT revision, change, raw_value, raw_unit, numeric_value, unit, vendor_abnormal_flag, reference_text,
                      performed_at, sequence, recorded_at
                 FROM exams.result_history WHERE booking_id = $1 AND vendor_item_code = $2 ORDER BY revision""",
            booking_id,
            vendor_item_code,
        ),
    )
