"""Making the personalised list, and what others read of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from kanghu.kernel import audit, clock, live
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM
from kanghu.modules.exams import public as exams
from kanghu.modules.health.checklist import Draft, Reason, draft
from kanghu.modules.health.models import ChecklistRow, ListItem
from kanghu.modules.health.repository import assessments as persons
from kanghu.modules.health.repository import checklists as rows
from kanghu.modules.health.risk import lacking
from kanghu.modules.health.service import assess, reference
from kanghu.modules.health.service.known import Known, fingerprint, gather


async def for_booking(tx: Tx, booking_id: UUID, person_id: UUID) -> UUID:
    """The booking's list, made now unless it is there already; it waits for a doctor."""
    await persons.lock_person(tx, person_id)
    kept = await rows.of_booking(tx, booking_id)
    if kept is not None:
        return kept.id
    booking = await exams.get_booking(tx, booking_id)
    # A draft that the vendor's query had made is superseded: the booking's list is the one to be confirmed.
    await rows.replace_drafts_without_booking(tx, person_id, booking.institution_id)
    return await _make(tx, person_id, booking.institution_id, booking_id, booking.appointment_date)


async def follow_booking(tx: Tx, booking_id: UUID, person_id: UUID) -> None:
    """The list moves to the day that its booking has by now; the items stay, they depend on no day. A doctor who has the draft
    open is told by its revision."""
    await persons.lock_person(tx, person_id)  # a list that is being made is there when this goes on
    booking = await exams.get_booking(tx, booking_id)
    await rows.set_date(tx, booking_id, booking.appointment_date)
    await show(tx, person_id, booking.institution_id)


async def standing(tx: Tx, person_id: UUID, institution_id: UUID) -> list[ListItem]:
    """The list that holds now (US-H1): confirmed, or the draft; a draft that no doctor touched follows the latest facts."""
    await persons.lock_person(tx, person_id)
    kept = await rows.standing(tx, person_id, institution_id)
    if kept is None:
        return await taken(tx, await _make(tx, person_id, institution_id, None, None))
    if kept.state == "draft" and not kept.touched:
        await _refresh(tx, kept)
    return await taken(tx, kept.id)


async def refresh_drafts(tx: Tx, person_id: UUID) -> None:
    """Drafts that no doctor has touched follow new results and answers; their revision tells a doctor who looks on."""
    await persons.lock_person(tx, person_id)
    for kept in await rows.untouched_drafts(tx, person_id):
        await _refresh(tx, kept)


async def of_booking(tx: Tx, booking_id: UUID) -> list[ListItem]:
    """The taken lines of the booking's list; empty when it has none."""
    kept = await rows.of_booking(tx, booking_id)
    return [] if kept is None else await taken(tx, kept.id)


async def taken(tx: Tx, checklist_id: UUID) -> list[ListItem]:
    return [
        ListItem(
            item_code=line.item_code,
            name=line.name,
            category=line.category,
            optional=line.optional,
            reasons=(
                *(sentence(reason) for reason in line.reasons),
                *(f"注意：{caution}" for caution in line.cautions),
            ),
        )
        for line in await rows.lines(tx, checklist_id)
        if line.ticked
    ]


def sentence(reason: Any) -> str:
    """One reason as a line for people: “肺癌筛查：年龄 60 岁、吸烟包年 35 包年（中国肺癌筛查…）”."""
    because = "、".join(reason["because"])
    evidence = f"（{reason['evidence']}）" if reason["evidence"] and reason["rule"] != "base" else ""
    return f"{reason['title']}{'：' if because else ''}{because}{evidence}"


async def _make(
    tx: Tx, person_id: UUID, institution_id: UUID, booking_id: UUID | None, appointment_date: date | None
) -> UUID:
    known = await gather(tx, person_id)
    await assess.store(tx, person_id, known, None)
    made = draft(known.facts, lacking(known.assessments))
    items = await reference.items_of(tx, [line.item for line in made.lines])
    checklist_id = new_id()
    await rows.insert(
        tx,
        checklist_id,
        person_id=person_id,
        institution_id=institution_id,
        booking_id=booking_id,
        appointment_date=appointment_date,
        **_content(known, made, items),
        at=clock.now(),
    )
    await rows.replace_lines(tx, checklist_id, _lines(made, items))
    await show(tx, person_id, institution_id)
    await audit.record(
        tx,
        SYSTEM,
        "health.checklist.make",
        subject=f"health.checklists/{checklist_id}",
        person_id=person_id,
        institution_id=institution_id,
        detail={"lines": len(made.lines), "rules": made.version},
    )
    return checklist_id


async def _refresh(tx: Tx, kept: ChecklistRow) -> None:
    known = await gather(tx, kept.person_id)
    made = draft(known.facts, lacking(known.assessments))
    items = await reference.items_of(tx, [line.item for line in made.lines])
    content = _content(known, made, items)
    if content["fingerprint"] == kept.fingerprint:
        return
    if await rows.refresh(tx, kept.id, **content, at=clock.now()):
        await rows.replace_lines(tx, kept.id, _lines(made, items))
        await show(tx, kept.person_id, kept.institution_id)


async def show(tx: Tx, person_id: UUID, institution_id: UUID) -> None:
    """A list of this person has changed: to whoever has it on a screen."""
    await live.tell(tx, "health.checklists", person_id=person_id, institution_id=institution_id)


Items = Mapping[str, tuple[str, str]]
"""Item code → name and category, for items in use."""


def _content(known: Known, made: Draft, items: Items) -> dict[str, Any]:
    plain = msgspec.to_builtins(made)
    retired = [
        {
            "item": line["item"],
            "group": line["group"],
            "origin": line["origin"],
            "removed_by": _plain(RETIRED),
            "asked_by": line["reasons"],
        }
        for line in plain["lines"]
        if line["item"] not in items
    ]
    return {
        "rules_version": made.version,
        "facts": {name: fact.told() for name, fact in sorted(known.facts.items())},
        "removed": [*plain["removed"], *retired],
        "undecided": plain["undecided"],
        "suggestions": plain["suggestions"],
        "cautions": list(made.cautions),
        "fingerprint": fingerprint(plain, sorted(items)),
    }


def _lines(made: Draft, items: Items) -> list[tuple[Any, ...]]:
    return [
        (
            line.item,
            *items[line.item],
            position,
            line.group,
            line.origin,
            line.optional,
            line.ticked,
            [_plain(reason) for reason in line.reasons],
            list(line.cautions),
        )
        for position, line in enumerate(made.lines, 1)
        if line.item in items
    ]


RETIRED = Reason(
    rule="catalog",
    title="项目已停用",
    note="项目目录中没有这个项目或已停用。",
    evidence="项目目录",
    confidence="项目目录",
)


def _plain(reason: Reason) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(reason)
    return plain


def doctors_reason(text: str) -> dict[str, Any]:
    """The reason of an item that a doctor adds by hand."""
    return _plain(
        Reason(rule="doctor", title="医生添加", because=(text,), evidence="医生判断", confidence="医生判断")
    )
