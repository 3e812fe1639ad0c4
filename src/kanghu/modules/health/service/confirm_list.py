"""A doctor goes through the list, ticks, adds, and sends it. Of two doctors who send at once one wins."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import public as accounts
from kanghu.modules.exams import public as exams
from kanghu.modules.health import policy
from kanghu.modules.health.errors import (
    BookingGone,
    ChecklistAlreadyConfirmed,
    ChecklistChanged,
    ChecklistNotFound,
    ChecklistReplaced,
    ItemUnknown,
    LineNotFound,
    LineNotOptional,
)
from kanghu.modules.health.events import ListConfirmed
from kanghu.modules.health.models import ChecklistHead, ChecklistRow, LineRow
from kanghu.modules.health.repository import checklists as rows
from kanghu.modules.health.service import lists, reference

READ, CONFIRM = "health.checklist.read", "health.checklist.confirm"


async def waiting(
    tx: Tx, caller: Caller, *, states: Sequence[str], person_id: UUID | None, after: UUID | None, limit: int
) -> list[ChecklistHead]:
    """Lists within the caller's scope, oldest first; the reading is audited."""
    found = await rows.waiting(
        tx, caller.scope(READ), states=states, person_id=person_id, after=after, limit=limit
    )
    await audit.record(tx, caller, READ, subject="health.checklists", person_id=person_id)
    return found


async def get(tx: Tx, caller: Caller, checklist_id: UUID) -> tuple[ChecklistRow, list[LineRow]]:
    """One list with its lines. Raises `ChecklistNotFound`, also outside the scope."""
    found = await rows.get(tx, checklist_id, caller.scope(READ))
    if found is None:
        raise ChecklistNotFound
    await audit.record(
        tx, caller, READ, subject=f"health.checklists/{checklist_id}", person_id=found.person_id
    )
    return found, await rows.lines(tx, checklist_id)


async def changed(tx: Tx, caller: Caller, checklist_id: UUID) -> tuple[ChecklistRow, list[LineRow]]:
    """The list after the caller's own change (that change is audited already)."""
    found = await rows.get(tx, checklist_id, caller.scope(CONFIRM))
    if found is None:
        raise ChecklistNotFound
    return found, await rows.lines(tx, checklist_id)


async def newest_own(tx: Tx, caller: Caller, person_id: UUID) -> tuple[ChecklistRow, list[LineRow]] | None:
    """The newest list of the customer themselves; None when there is none."""
    found = await rows.newest_of_person(tx, person_id)
    if found is None:
        return None
    await audit.record(
        tx, caller, "health.own.use", subject=f"health.checklists/{found.id}", person_id=person_id
    )
    return found, await rows.lines(tx, found.id)


async def tick(tx: Tx, caller: Caller, checklist_id: UUID, revision: int, ticks: Mapping[str, bool]) -> None:
    """Takes optional items on or off. Raises `LineNotFound`, `LineNotOptional`, and what `_draft` raises."""
    found = await _draft(tx, caller, checklist_id, revision)
    lines = {line.item_code: line for line in await rows.lines(tx, checklist_id)}
    for code, ticked in ticks.items():
        if code not in lines:
            raise LineNotFound(f"清单中没有 {code}")
        if not ticked and not policy.may_untick(optional=lines[code].optional):
            raise LineNotOptional(f"{lines[code].name}是基本项目，不能取消")
    await rows.tick(tx, checklist_id, list(ticks), list(ticks.values()), caller.account_id, clock.now())
    await _touched(tx, caller, found, "tick", {"items": dict(ticks)})


async def add_item(
    tx: Tx, caller: Caller, checklist_id: UUID, revision: int, item_code: str, reason: str
) -> None:
    """Adds an item with the doctor's reason. An item that a contraindication took off comes back with its warning.

    Raises `ItemUnknown` and what `_draft` raises.
    """
    found = await _draft(tx, caller, checklist_id, revision)
    item = (await reference.items_of(tx, [item_code])).get(item_code)
    if item is None:
        raise ItemUnknown(fields={"item_code": "没有这个项目或已停用"})
    cautions = [
        f"曾因禁忌移除：{removed['removed_by']['note']}"
        for removed in found.removed
        if removed["item"] == item_code
    ]
    await rows.add_line(
        tx,
        checklist_id,
        item_code,
        *item,
        [lists.doctors_reason(reason)],
        cautions,
        caller.account_id,
        clock.now(),
    )
    await _touched(tx, caller, found, "add", {"item": item_code})


async def confirm(tx: Tx, caller: Caller, checklist_id: UUID, revision: int) -> None:
    """Sends the list as the doctor saw it. Raises `BookingGone` and what `_draft` raises."""
    found = await _draft(tx, caller, checklist_id, revision)
    if found.booking_id is not None and (await exams.get_booking(tx, found.booking_id)).state != "requested":
        raise BookingGone
    await rows.confirm(tx, checklist_id, caller.account_id, clock.now())
    await lists.show(tx, found.person_id, found.institution_id)
    await _audited(tx, caller, found, "confirm", {"revision": revision})
    if found.booking_id is not None:
        await publish(
            tx,
            ListConfirmed(
                checklist_id=checklist_id,
                booking_id=found.booking_id,
                person_id=found.person_id,
                institution_id=found.institution_id,
            ),
        )


async def _draft(tx: Tx, caller: Caller, checklist_id: UUID, revision: int) -> ChecklistRow:
    """The draft, locked. Raises `ChecklistNotFound`, `ChecklistAlreadyConfirmed` (who and when), `ChecklistReplaced`,
    `ChecklistChanged` when it is not the revision that the doctor saw."""
    found = await rows.lock(tx, checklist_id, caller.scope(CONFIRM))
    if found is None:
        raise ChecklistNotFound
    if found.state == "confirmed":
        raise ChecklistAlreadyConfirmed(await _who_and_when(tx, found))
    if found.state != "draft":
        raise ChecklistReplaced
    if found.revision != revision:
        raise ChecklistChanged
    return found


async def _who_and_when(tx: Tx, found: ChecklistRow) -> str:
    assert found.confirmed_by is not None
    assert found.confirmed_at is not None
    who = (await accounts.account_brief(tx, [found.confirmed_by])).get(found.confirmed_by)
    at = found.confirmed_at.astimezone(clock.SHANGHAI)
    return f"这份清单已由{who.display_name if who else '其他医生'}于 {at:%Y-%m-%d %H:%M} 确认发送"


async def _touched(
    tx: Tx, caller: Caller, found: ChecklistRow, action: str, detail: Mapping[str, object]
) -> None:
    await rows.touch(tx, found.id)
    await lists.show(tx, found.person_id, found.institution_id)
    await _audited(tx, caller, found, action, detail)


async def _audited(
    tx: Tx, caller: Caller, found: ChecklistRow, action: str, detail: Mapping[str, object]
) -> None:
    await audit.record(
        tx,
        caller,
        f"health.checklist.{action}",
        subject=f"health.checklists/{found.id}",
        person_id=found.person_id,
        institution_id=found.institution_id,
        detail=detail,
    )
