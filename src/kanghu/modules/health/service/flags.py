"""Monitoring: a person's latest result of each item against the reference range for their sex and age."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kanghu.kernel import audit
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller
from kanghu.modules.exams import public as exams
from kanghu.modules.health import monitoring
from kanghu.modules.health.errors import PersonNotFound
from kanghu.modules.health.repository import assessments as persons
from kanghu.modules.health.service.known import Known, gather


@dataclass(frozen=True, slots=True)
class FlaggedResult:
    """`flag` is the platform's (None: cannot be judged), `vendor_flag` the laboratory's own; `differs` when they disagree
    on normal or not. `low` and `high` are in `unit`, the item's standard unit."""

    item_code: str
    item_name: str
    raw_value: str
    raw_unit: str
    numeric_value: float | None
    comparator: str
    unit: str
    flag: str | None
    flag_label: str
    low: float | None
    high: float | None
    range_text: str | None
    vendor_flag: str
    vendor_reference: str
    differs: bool
    performed_at: datetime
    exam_id: UUID


async def of_person(tx: Tx, caller: Caller, person_id: UUID, permission: str) -> list[FlaggedResult]:
    """The latest results by item code. Raises `PersonNotFound` outside the scope; the reading is audited."""
    if not await persons.is_readable(tx, person_id, caller.scope(permission)):
        raise PersonNotFound
    await audit.record(tx, caller, permission, subject=f"exams.results/{person_id}", person_id=person_id)
    known = await gather(tx, person_id)
    return [_flagged(known, code, row) for code, row in sorted(known.results.items())]


def _flagged(known: Known, code: str, row: exams.ResultRow) -> FlaggedResult:
    fact, reference = known.facts.get(code), known.ranges.get(code)
    flag = None if fact is None else monitoring.classify(fact, reference)
    vendor_flag = row.vendor_abnormal_flag
    return FlaggedResult(
        item_code=code,
        item_name=row.item_name,
        raw_value=row.raw_value,
        raw_unit=row.raw_unit,
        numeric_value=row.numeric_value,
        comparator=row.comparator,
        unit=row.unit,
        flag=flag,
        flag_label=monitoring.FLAG_LABELS[flag] if flag else "无法判定",
        low=reference.low if reference else None,
        high=reference.high if reference else None,
        range_text=reference.text if reference else None,
        vendor_flag=vendor_flag,
        vendor_reference=row.reference_text,
        differs=bool(flag and vendor_flag) and (flag == "N") != (vendor_flag == "N"),
        performed_at=row.performed_at,
        exam_id=row.exam_id,
    )
