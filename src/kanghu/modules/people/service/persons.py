"""Registering, finding, reading and correcting people."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.people import domains, identity, sealing
from kanghu.modules.people.errors import (
    IdentityConflict,
    NumberTaken,
    PersonInvalid,
    PersonNotFound,
    SearchEmpty,
    StaleVersion,
)
from kanghu.modules.people.events import PersonCorrected, PersonRegistered
from kanghu.modules.people.models import Person, PersonFacts, PersonInput, Search
from kanghu.modules.people.repository import enrolments, persons

_EARLIEST_BIRTH = date(1850, 1, 1)
_ADDRESS_MAX, _OCCUPATION_MAX = 200, 70


# ---- what may be stored ----------------------------------------------------------------------------------------


def checked(given: PersonInput) -> PersonInput:
    """`given` in normal form. Raises `PersonInvalid` that names every field that is wrong."""
    faults: dict[str, str] = {}

    def normal(name: str, rule: Callable[[str], str]) -> str | None:
        value = getattr(given, name)
        if value is None or not value.strip():
            return None
        try:
            return rule(value)
        except identity.Malformed as fault:
            faults[name] = str(fault)
            return None

    person = replace(
        given,
        name=normal("name", identity.normalise_name) or "",
        id_number=normal("id_number", lambda raw: identity.normalise_id_number(given.id_type or "", raw)),
        phone=normal("phone", identity.normalise_phone),
        address=normal("address", lambda raw: _bounded(raw, _ADDRESS_MAX)),
        occupation=normal("occupation", lambda raw: _bounded(raw, _OCCUPATION_MAX)),
    )
    faults = _faults(person, bool(given.id_type)) | faults
    if faults:
        raise PersonInvalid(fields=faults)
    return person


def _faults(person: PersonInput, has_id_type: bool) -> dict[str, str]:
    found: dict[str, str | None] = {
        name: domains.fault(name, getattr(person, name)) for name in domains.DOMAINS
    }
    if not person.name:
        found["name"] = "请填写姓名"
    if not _EARLIEST_BIRTH <= person.birth_date <= clock.today():
        found["birth_date"] = "出生日期不能晚于今天，也不能早于 1850 年"
    if has_id_type != (person.id_number is not None):
        found["id_number"] = "证件类别与证件号码应同时填写"
    for name in identity.contradictions(person.id_number, person.sex, person.birth_date):
        found[name] = found.get(name) or "与身份证号码不一致"
    return {name: fault for name, fault in found.items() if fault}


def _bounded(raw: str, longest: int) -> str:
    text = " ".join(raw.split())
    if len(text) > longest:
        raise identity.Malformed(f"不能超过 {longest} 个字")
    return text


# ---- registering -----------------------------------------------------------------------------------------------


async def find_or_create(tx: Tx, person: PersonInput) -> tuple[Person | None, UUID]:
    """(who was on record already, person id) for a checked person; creates one where nobody has the id number.

    The unique index decides between two registrations at once: the later one waits, then finds the earlier.
    """
    person_id = new_id()
    if await persons.insert(tx, person_id, person):
        return None, person_id
    assert person.id_type is not None
    assert person.id_number is not None
    id_class = identity.id_class(person.id_type, person.id_number)
    known = await persons.by_id_number(tx, id_class, sealing.id_number_index(person.id_number))
    assert known is not None  # the insert has just met it, and persons are never deleted
    return known, known.id


def differing(known: Person, given: PersonInput) -> tuple[str, ...]:
    """Which of name, sex and birth date `given` has otherwise than the person on record."""
    pairs = {
        "name": (identity.name_key(known.name), identity.name_key(given.name)),
        "sex": (known.sex, given.sex),
        "birth_date": (known.birth_date, given.birth_date),
    }
    return tuple(name for name, (ours, theirs) in pairs.items() if ours != theirs)


def refuse_differing(known: Person, given: PersonInput) -> None:
    """Raises `IdentityConflict` unless both are the same person."""
    if wrong := differing(known, given):
        raise IdentityConflict(fields=dict.fromkeys(wrong, "与档案不一致"))


async def register(
    tx: Tx,
    caller: Caller,
    given: PersonInput,
    institution_id: UUID,
    department_id: UUID | None = None,
) -> UUID:
    """Puts a person on record and enrols them; somebody whose id number is known is enrolled, not doubled.

    Raises `PersonInvalid`; `IdentityConflict` when the number is on record under another name, sex or birth date.
    Values that are on record stay as they are: a correction is its own act.
    """
    person = checked(given)
    known, person_id = await find_or_create(tx, person)
    if known is not None:
        refuse_differing(known, person)
    await enrolments.enrol(tx, person_id, institution_id, department_id)
    await registered(tx, caller, person_id, institution_id, is_new=known is None)
    return person_id


async def registered(tx: Tx, caller: Caller, person_id: UUID, institution_id: UUID, *, is_new: bool) -> None:
    """Says in audit log and events that somebody was put on record or enrolled."""
    await audit.record(
        tx,
        caller,
        "people.person.register" if is_new else "people.person.enrol",
        subject=f"people.persons/{person_id}",
        person_id=person_id,
        institution_id=institution_id,
    )
    if is_new:
        await publish(tx, PersonRegistered(person_id=person_id, institution_id=institution_id))


# ---- reading ---------------------------------------------------------------------------------------------------


async def get(tx: Tx, scope: Scope, person_id: UUID) -> Person:
    """The person, opened. Raises `PersonNotFound`, also for somebody outside the scope. The caller audits."""
    person = await persons.get(tx, scope, person_id)
    if person is None:
        raise PersonNotFound
    return person


async def read(tx: Tx, caller: Caller, person_id: UUID) -> Person:
    """One person for a member of staff, written down as a reading."""
    person = await get(tx, caller.scope("people.person.read"), person_id)
    await audit.record(
        tx, caller, "people.person.read", subject=f"people.persons/{person_id}", person_id=person_id
    )
    return person


async def reveal_id_number(tx: Tx, caller: Caller, person_id: UUID) -> str | None:
    """The whole id number, written down apart from the reading of the person."""
    person = await get(tx, caller.scope("people.person.reveal"), person_id)
    await audit.record(
        tx, caller, "people.person.reveal", subject=f"people.persons/{person_id}", person_id=person_id
    )
    return person.id_number


async def page(tx: Tx, caller: Caller, before: UUID | None, limit: int) -> list[Person]:
    found = await persons.page(tx, caller.scope("people.person.read"), before, limit)
    await audit.record(tx, caller, "people.person.list", detail={"rows": len(found)})
    return found


async def some(tx: Tx, caller: Caller, person_ids: list[UUID]) -> list[Person]:
    """Those of the persons that are in the caller's scope."""
    found = await persons.some(tx, caller.scope("people.person.read"), person_ids)
    await audit.record(tx, caller, "people.person.list", detail={"rows": len(found)})
    return found


async def search(tx: Tx, caller: Caller, wanted: Search, before: UUID | None, limit: int) -> list[Person]:
    """Persons in the caller's scope with exactly this name, number, phone or last four digits. Raises `SearchEmpty`."""
    if wanted == Search():
        raise SearchEmpty
    found = await persons.search(tx, caller.scope("people.person.read"), wanted, before, limit)
    await audit.record(tx, caller, "people.person.search", detail={"rows": len(found)})
    return found


async def facts(tx: Tx, person_id: UUID) -> PersonFacts:
    found = await persons.facts(tx, person_id)
    if found is None:
        raise PersonNotFound
    return found


async def stored_identity(tx: Tx, person_id: UUID) -> identity.StoredIdentity:
    found = await persons.stored_identity(tx, person_id)
    if found is None:
        raise PersonNotFound
    return found


async def wire(tx: Tx, person_id: UUID) -> dict[str, str]:
    """The contract's `person` data set; what is not on record is left out."""
    found = await persons.get_many(tx, [person_id])
    if not found:
        raise PersonNotFound
    values = {name: getattr(found[0], name) for name in _WIRE}
    return {
        name: f"{value:%Y%m%d}" if isinstance(value, date) else value
        for name, value in values.items()
        if value is not None
    }


_WIRE = tuple(field.name for field in fields(PersonInput))


# ---- correcting ------------------------------------------------------------------------------------------------


async def correct(
    tx: Tx, caller: Caller, scope: Scope, person_id: UUID, version: int, changes: Mapping[str, Any]
) -> Person:
    """Changes the given fields of a person in `scope`; all others stay.

    Raises `PersonNotFound`, `StaleVersion` when somebody else was faster, `PersonInvalid`, `NumberTaken`.
    """
    known = await get(tx, scope, person_id)
    before = PersonInput(**{name: getattr(known, name) for name in _WIRE})
    after = checked(replace(before, **changes))
    changed = tuple(name for name in _WIRE if getattr(after, name) != getattr(before, name))
    if version != known.version:
        raise StaleVersion
    if not changed:
        return known
    try:
        if not await persons.update(tx, person_id, version, after):
            raise StaleVersion
    except asyncpg.UniqueViolationError:
        raise NumberTaken from None
    await audit.record(
        tx,
        caller,
        "people.person.correct",
        subject=f"people.persons/{person_id}",
        person_id=person_id,
        detail={"fields": changed},
    )
    await publish(tx, PersonCorrected(person_id=person_id, fields=changed))
    return await get(tx, scope, person_id)
