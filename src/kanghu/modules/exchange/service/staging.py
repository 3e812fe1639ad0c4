"""Results that wait: what is shown of them, and how they get to their exam once they can."""

from collections.abc import Iterable
from itertools import groupby
from uuid import UUID

import msgspec

from kanghu.kernel import audit, live
from kanghu.kernel.db import Tx
from kanghu.kernel.jobs import enqueue
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.modules.catalog import public as catalog
from kanghu.modules.catalog.events import ItemsMapped
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange.errors import StagedNotFound
from kanghu.modules.exchange.models import StagedRow
from kanghu.modules.exchange.repository import messages, staging
from kanghu.modules.exchange.service.push_results import (
    DELETE,
    Unmatched,
    match,
    performed_times,
    show_for_mapping,
)
from kanghu.modules.exchange.wire.datasets import Result

BATCH = 500


async def release(tx: Tx, vendor_id: UUID, codes: list[str], after: UUID | None = None) -> int:
    """Stores the waiting results of items that match now, in order of arrival; returns how many went.

    A large queue goes in several transactions: the rest is asked for by an event like the one that came. Results that go on
    waiting are passed over (`after`), so that they do not stand in the way of later ones.
    """
    waiting = await staging.take_waiting(tx, vendor_id, codes, after, BATCH)
    if not waiting:
        return 0
    index = await catalog.mapping_index(tx, vendor_id)
    gone: list[UUID] = []
    still: dict[UUID, Unmatched] = {}
    for _, group in groupby(waiting, key=lambda row: (row.message_id, row.booking_id, row.change)):
        gone.extend(await _release_group(tx, index, list(group), still))
    await staging.settle(tx, gone, "released")
    await live.tell(tx, "exchange.staged_results", institution_id=waiting[0].institution_id)
    await _go_on_waiting(tx, vendor_id, still, index)
    await _settle_messages(tx, {row.message_id for row in waiting})
    await audit.record(
        tx,
        SYSTEM,
        "exchange.staged.release",
        subject=f"exchange.vendors/{vendor_id}",
        detail={"items": codes[:100], "results": len(gone)},
    )
    if len(waiting) < BATCH:
        return len(gone)
    if not gone:
        return await release(tx, vendor_id, codes, waiting[-1].id)
    await enqueue(
        tx, "exchange.release_staged", ItemsMapped(vendor_id=vendor_id, vendor_item_codes=tuple(codes))
    )
    return len(gone)


async def _go_on_waiting(
    tx: Tx, vendor_id: UUID, still: dict[UUID, Unmatched], index: catalog.MappingIndex
) -> None:
    """What still does not match is shown with its present reason, and on the mapping page."""
    await staging.explain(tx, list(still), [waiting.reason for waiting in still.values()])
    await show_for_mapping(tx, vendor_id, list(still.values()), index.version)


async def _release_group(
    tx: Tx, index: catalog.MappingIndex, group: list[StagedRow], still: dict[UUID, Unmatched]
) -> list[UUID]:
    """Stores results of one message and exam; returns what went and adds to `still` what does not match yet."""
    first = group[0]
    assert first.booking_id is not None
    results = [msgspec.convert(row.result, Result) for row in group]
    times = performed_times(results, required=first.change != DELETE)
    if first.change == DELETE:
        versions = [(result.item_code, times[result.performed_at], result.sequence) for result in results]
        await exams.delete_results(
            tx,
            booking_id=first.booking_id,
            person_id=first.person_id,
            institution_id=first.institution_id,
            message_id=first.message_id,
            versions=versions,
        )
        return [row.id for row in group]
    batch, unmatched = match(index, results, times)
    await exams.store_results(
        tx,
        booking_id=first.booking_id,
        person_id=first.person_id,
        institution_id=first.institution_id,
        message_id=first.message_id,
        batch=batch,
    )
    kept = {waiting.result.item_code: waiting for waiting in unmatched}
    still.update({row.id: kept[row.vendor_item_code] for row in group if row.vendor_item_code in kept})
    return [row.id for row in group if row.id not in still]


async def _settle_messages(tx: Tx, message_ids: Iterable[UUID]) -> None:
    ids = list(message_ids)
    for message_id in set(ids) - await staging.still_waiting(tx, ids):
        await messages.settle(tx, message_id, state="done", codes=["501"], tried=False, told_before=True)


async def look_at(tx: Tx, caller: Caller, staged_id: UUID) -> tuple[StagedRow, int, list[exams.Booking]]:
    """One that waits, how many wait from the same push, and the exams it may belong to while that is not known.

    Raises `StagedNotFound`.
    """
    row = await staging.find(tx, staged_id, caller.scope("exchange.staged.read"))
    if row is None:
        raise StagedNotFound
    possible = [] if row.booking_id else await exams.bookings_at(tx, row.vendor_id, row.person_id)
    await audit.record(
        tx,
        caller,
        "exchange.staged.read",
        subject=f"exchange.staged_results/{row.id}",
        person_id=row.person_id,
    )
    return row, await staging.count_of_message(tx, row.message_id), possible


async def assign_exam(tx: Tx, caller: Caller, staged_id: UUID, booking_id: UUID) -> None:
    """A person says which exam a whole waiting push belongs to. Raises `StagedNotFound`, `BookingNotFound`."""
    scope = caller.scope("exchange.staged.write")
    row = await staging.get(tx, staged_id, scope)
    booking = await exams.get_booking(tx, booking_id)
    if row is None or row.booking_id is not None or booking.person_id != row.person_id:
        raise StagedNotFound
    codes = await staging.assign(tx, row.message_id, booking_id)
    await live.tell(tx, "exchange.staged_results", institution_id=row.institution_id)
    await audit.record(
        tx,
        caller,
        "exchange.staged.assign",
        subject=f"exchange.messages/{row.message_id}",
        person_id=row.person_id,
        detail={"booking": str(booking_id), "items": len(codes)},
    )
    await release(tx, row.vendor_id, codes)


async def drop(tx: Tx, caller: Caller, staged_id: UUID, why: str) -> None:
    """A person decides that a result is not to be stored; it stays readable in the message. Raises `StagedNotFound`."""
    row = await staging.get(tx, staged_id, caller.scope("exchange.staged.write"))
    if row is None:
        raise StagedNotFound
    await staging.settle(tx, [row.id], "dropped")
    await live.tell(tx, "exchange.staged_results", institution_id=row.institution_id)
    await _settle_messages(tx, [row.message_id])
    await audit.record(
        tx,
        caller,
        "exchange.staged.drop",
        subject=f"exchange.staged_results/{row.id}",
        person_id=row.person_id,
        detail={"why": why},
    )
