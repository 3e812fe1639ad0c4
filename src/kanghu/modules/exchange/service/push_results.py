"""US-H3: results are matched and stored at once; what does not match waits, named, and nothing is lost."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kanghu.kernel import clock, live
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import enqueue
from kanghu.modules.catalog import public as catalog
from kanghu.modules.catalog.events import ItemsMapped
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange.errors import Malformed
from kanghu.modules.exchange.policy import STAGING_REASONS
from kanghu.modules.exchange.repository import staging
from kanghu.modules.exchange.service.exam_of import exam_of
from kanghu.modules.exchange.service.receive import Context, Outcome, refuse_stranger
from kanghu.modules.exchange.wire.datasets import Result, ResultPush
from kanghu.modules.exchange.wire.envelope import items_unmatched

DELETE = "3"
EXAM_UNKNOWN = "exam_unknown"


@dataclass(frozen=True, slots=True)
class Unmatched:
    result: Result
    reason: str


async def push_results(tx: Tx, context: Context, push: ResultPush) -> Outcome:
    refused = refuse_stranger(context, push.exam_account, push.person)
    if refused is not None:
        return refused
    times = performed_times(push.results, required=push.change != DELETE)
    results = newest_by_item(push.results, times)
    booking_id = await exam_of(tx, context, push.exam_account, push.exam_no)
    if booking_id is None:
        waiting = [Unmatched(result, EXAM_UNKNOWN) for result in results]
        return await _staged(tx, context, push.change, None, waiting, stored=0, unchanged=0)
    if push.change == DELETE:
        return await _delete(tx, context, booking_id, results, times)
    index = await catalog.mapping_index(tx, context.vendor_id, context.opening.mapping_version)
    batch, unmatched = match(index, results, times)
    stored = await _store(tx, context, booking_id, batch)
    unchanged = len(batch) - stored
    if not unmatched:
        return Outcome(
            "done", data={"stored": stored, "staged": 0, "unchanged": unchanged}, booking_id=booking_id
        )
    return await _staged(tx, context, push.change, booking_id, unmatched, stored=stored, unchanged=unchanged)


def performed_times(results: Iterable[Result], *, required: bool) -> dict[str, datetime]:
    """Every `performed_at` text as an instant; a time without zone is Asia/Shanghai. Raises `Malformed`.

    A delete may leave the time out: then it counts from now.
    """
    times: dict[str, datetime] = {}
    for result in results:
        text = result.performed_at
        if text not in times:
            times[text] = _instant(text, result.item_code, required=required)
    return times


def _instant(text: str, item_code: str, *, required: bool) -> datetime:
    if not text and not required:
        return clock.now()
    try:
        if len(text) == 14 and text.isdigit():
            text = f"{text[:8]}T{text[8:]}"
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=clock.SHANGHAI)
    except ValueError as error:
        raise Malformed(f"项目 {item_code} 的检查时间 performed_at 不是有效时间") from error


def newest_by_item(results: Iterable[Result], times: dict[str, datetime]) -> list[Result]:
    """One version per item: the highest sequence, then the latest time, then the last mention."""
    newest: dict[str, Result] = {}
    for result in results:
        known = newest.get(result.item_code)
        if known is None or not _is_newer(known, result, times):
            newest[result.item_code] = result
    return list(newest.values())


def _is_newer(one: Result, other: Result, times: dict[str, datetime]) -> bool:
    """Whether `one` is strictly newer than `other`; a missing sequence is decided by time."""
    if one.sequence is not None and other.sequence is not None and one.sequence != other.sequence:
        return one.sequence > other.sequence
    return times[one.performed_at] > times[other.performed_at]


def match(
    index: catalog.MappingIndex, results: Iterable[Result], times: dict[str, datetime]
) -> tuple[list[exams.NewResult], list[Unmatched]]:
    """Vendor results as rows of standard items, in memory; the raw value and unit are kept beside."""
    batch: list[exams.NewResult] = []
    unmatched: list[Unmatched] = []
    for result in results:
        value = catalog.parse_value(result.value)
        numeric = value.kind == "numeric"
        unit = result.unit or value.unit
        matched = index.match(result.item_code, name=result.item_name, unit=unit, numeric=numeric)
        if isinstance(matched, catalog.Unmatched):
            unmatched.append(Unmatched(result, matched.name.lower()))
            continue
        item = matched.item
        converted = matched.number(value)
        number = None if converted is None else float(converted)
        batch.append(
            exams.NewResult(
                vendor_item_code=result.item_code,
                item_code=item.item_code,
                item_name=result.item_name or item.name,  # a vendor may send the code alone
                value_type=value.kind,
                raw_value=result.value,
                raw_unit=result.unit or "",
                numeric_value=number,
                comparator=value.comparator,
                ordinal_rank=value.rank,
                coded_value=value.text if value.kind in ("coded", "ordinal") else "",
                unit=item.unit if numeric else "",
                reference_text=result.reference_range or "",
                vendor_abnormal_flag=result.abnormal_flag or "",
                specimen=result.specimen or "",
                method=result.method or "",
                performed_at=times[result.performed_at],
                department=result.department or "",
                operator=result.operator or "",
                reviewer=result.reviewer or "",
                sub_findings=result.sub_findings,
                images=result.images,
                sequence=result.sequence,
            )
        )
    return batch, unmatched


async def _store(tx: Tx, context: Context, booking_id: UUID, batch: list[exams.NewResult]) -> int:
    opening = context.opening
    assert opening.person_id is not None
    assert opening.institution_id is not None
    return await exams.store_results(
        tx,
        booking_id=booking_id,
        person_id=opening.person_id,
        institution_id=opening.institution_id,
        message_id=context.message_id,
        batch=batch,
    )


async def _delete(
    tx: Tx, context: Context, booking_id: UUID, results: list[Result], times: dict[str, datetime]
) -> Outcome:
    opening = context.opening
    assert opening.person_id is not None
    assert opening.institution_id is not None
    gone = await exams.delete_results(
        tx,
        booking_id=booking_id,
        person_id=opening.person_id,
        institution_id=opening.institution_id,
        message_id=context.message_id,
        versions=[(result.item_code, times[result.performed_at], result.sequence) for result in results],
    )
    data = {"stored": gone, "staged": 0, "unchanged": len(results) - gone}
    return Outcome("done", data=data, booking_id=booking_id)


async def _staged(
    tx: Tx,
    context: Context,
    change: str,
    booking_id: UUID | None,
    unmatched: list[Unmatched],
    *,
    stored: int,
    unchanged: int,
) -> Outcome:
    """Everything unmatched waits with its reason; 501 names it (decision 9)."""
    if not unmatched:
        return Outcome(
            "done", data={"stored": stored, "staged": 0, "unchanged": unchanged}, booking_id=booking_id
        )
    await stage(tx, context, change, booking_id, unmatched)
    named = [
        {
            "code": waiting.result.item_code,
            "name": waiting.result.item_name,
            "reason": STAGING_REASONS[waiting.reason],
        }
        for waiting in unmatched
    ]
    data = {"stored": stored, "staged": len(unmatched), "unchanged": unchanged}
    return Outcome("staged", [items_unmatched(named)], data, booking_id)


async def stage(
    tx: Tx, context: Context, change: str, booking_id: UUID | None, unmatched: list[Unmatched]
) -> None:
    opening = context.opening
    assert opening.person_id is not None
    assert opening.institution_id is not None
    results: list[Any] = [msgspec.to_builtins(waiting.result) for waiting in unmatched]
    await staging.stage(
        tx,
        vendor_id=context.vendor_id,
        message_id=context.message_id,
        person_id=opening.person_id,
        institution_id=opening.institution_id,
        booking_id=booking_id,
        change=change,
        ids=[new_id() for _ in unmatched],
        codes=[waiting.result.item_code for waiting in unmatched],
        names=[waiting.result.item_name for waiting in unmatched],
        results=results,
        hashes=[hashlib.sha256(msgspec.json.encode(result)).digest() for result in results],
        reasons=[waiting.reason for waiting in unmatched],
    )
    await live.tell(tx, "exchange.staged_results", institution_id=opening.institution_id)
    await show_for_mapping(tx, context.vendor_id, unmatched, opening.mapping_version)


async def show_for_mapping(
    tx: Tx, vendor_id: UUID, unmatched: list[Unmatched], mapping_version: int | None
) -> None:
    """Puts items on the mapping page; `mapping_version` is the one by which they did not match."""
    unfiled = [_seen(waiting.result) for waiting in unmatched if waiting.reason != EXAM_UNKNOWN]
    if unfiled and await catalog.see_vendor_items(tx, vendor_id, unfiled) != mapping_version:
        # A mapping was confirmed while we matched: its release may have passed before these results were there.
        codes = tuple(item.code for item in unfiled)
        await enqueue(
            tx, "exchange.release_staged", ItemsMapped(vendor_id=vendor_id, vendor_item_codes=codes)
        )


def _seen(result: Result) -> catalog.SeenItem:
    return catalog.SeenItem(
        code=result.item_code,
        name=result.item_name,
        unit=result.unit or "",
        specimen=result.specimen or "",
        department=result.department or "",
        result_type=result.value_type,
    )
