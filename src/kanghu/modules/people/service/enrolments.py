"""Which institution, department and member of staff looks after a person; families; activation codes."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import public as accounts
from kanghu.modules.people import policy
from kanghu.modules.people.errors import CaredForElsewhere, EnrolmentNotFound, OutsideScope, ResponsibleUnfit
from kanghu.modules.people.models import Enrolment, NamedEnrolment, PersonInput, PlacementChoices
from kanghu.modules.people.repository import enrolments
from kanghu.modules.people.service import persons
from kanghu.modules.people.settings import settings

# Without 0 O 1 I L: read out at a counter, typed on a phone. 8 of 31 characters are 40 bits, behind a limit by address.
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 8


async def enrol(
    tx: Tx, caller: Caller, person_id: UUID, institution_id: UUID, department_id: UUID | None = None
) -> None:
    """Enrols a person in an institution, or again after an end. Doing it twice changes nothing; a live enrolment keeps
    the department it has.

    The caller answers for the right to do so. Raises `PersonNotFound`.
    """
    await persons.facts(tx, person_id)
    if await enrolments.enrol(tx, person_id, institution_id, department_id):
        await _tell(tx, caller, "people.person.enrol", person_id, institution_id)


async def set_responsible(
    tx: Tx, caller: Caller, person_id: UUID, institution_id: UUID, account_id: UUID | None
) -> None:
    """Makes a member of staff answerable for a person, None nobody. Raises `EnrolmentNotFound`, `ResponsibleUnfit`."""
    await _check_responsible(tx, institution_id, account_id)
    if not await enrolments.set_responsible(tx, person_id, institution_id, account_id):
        raise EnrolmentNotFound
    await _tell(tx, caller, "people.person.set_responsible", person_id, institution_id)


async def register(
    tx: Tx,
    caller: Caller,
    given: PersonInput,
    institution_id: UUID,
    department_id: UUID | None,
    responsible_account_id: UUID | None,
) -> UUID:
    """`persons.register`, and makes a member of staff answerable. Raises what that raises, and `ResponsibleUnfit`."""
    person_id = await persons.register(tx, caller, given, institution_id, department_id)
    if responsible_account_id is not None:
        await set_responsible(tx, caller, person_id, institution_id, responsible_account_id)
    return person_id


async def register_for_staff(
    tx: Tx,
    caller: Caller,
    given: PersonInput,
    institution_id: UUID | None,
    department_id: UUID | None,
    responsible_account_id: UUID | None,
) -> UUID:
    """Puts a person on record where the caller may; what is left open is filled so that the caller can see the result.

    Somebody whom another department or colleague of the institution looks after is not taken away from them.
    Raises `OutsideScope`, `CaredForElsewhere`, `ResponsibleUnfit`, and what `persons.register` raises.
    """
    scope = caller.scope("people.person.write")
    institution = institution_id or caller.institution_id
    if institution is None:
        raise OutsideScope("请指定建档机构")
    if department_id is None and caller.department_id in scope.departments:
        department_id = caller.department_id
    if responsible_account_id is None and scope.account is not None and not scope.institutions:
        responsible_account_id = scope.account
    if not policy.may_place(scope, caller, institution, department_id):
        raise OutsideScope
    person_id = await register(tx, caller, given, institution, department_id, None)
    known = await enrolments.get(tx, person_id, institution)
    assert known is not None
    if department_id is not None and known.department_id != department_id:
        raise CaredForElsewhere
    if responsible_account_id is not None and known.responsible_account_id != responsible_account_id:
        if known.responsible_account_id is not None:
            raise CaredForElsewhere
        await set_responsible(tx, caller, person_id, institution, responsible_account_id)
    return person_id


async def place(
    tx: Tx,
    caller: Caller,
    person_id: UUID,
    institution_id: UUID,
    department_id: UUID | None,
    responsible_account_id: UUID | None,
) -> NamedEnrolment:
    """Enrols a person whom the caller may write, and sets department and responsible account as given.

    Raises `PersonNotFound`, `OutsideScope`, `ResponsibleUnfit`.
    """
    scope = caller.scope("people.person.write")
    await persons.get(tx, scope, person_id)
    if not policy.may_place(scope, caller, institution_id, department_id):
        raise OutsideScope
    await _check_responsible(tx, institution_id, responsible_account_id)
    await enrolments.enrol(tx, person_id, institution_id, department_id)
    await enrolments.place(tx, person_id, institution_id, department_id, responsible_account_id)
    await _tell(tx, caller, "people.person.place", person_id, institution_id)
    placed = await enrolments.get(tx, person_id, institution_id)
    assert placed is not None
    return (await _named(tx, [placed]))[0]


async def end(tx: Tx, caller: Caller, person_id: UUID, institution_id: UUID) -> None:
    """Ends an enrolment: the institution's staff no longer see the person. Raises as `place`, `EnrolmentNotFound`."""
    scope = caller.scope("people.person.write")
    await persons.get(tx, scope, person_id)
    known = await enrolments.get(tx, person_id, institution_id)
    if known is None:
        raise EnrolmentNotFound
    if not policy.may_place(scope, caller, institution_id, known.department_id):
        raise OutsideScope
    await enrolments.end(tx, person_id, institution_id)
    await _tell(tx, caller, "people.person.end_enrolment", person_id, institution_id)


async def of_person(tx: Tx, caller: Caller, person_id: UUID) -> list[NamedEnrolment]:
    await persons.read(tx, caller, person_id)
    return await _named(tx, await enrolments.of_person(tx, person_id))


async def _named(tx: Tx, found: Sequence[Enrolment]) -> list[NamedEnrolment]:
    institutions = {
        institution_id: await accounts.institution_brief(tx, institution_id)
        for institution_id in {enrolment.institution_id for enrolment in found}
    }
    responsible = [
        enrolment.responsible_account_id for enrolment in found if enrolment.responsible_account_id
    ]
    staff = await accounts.account_brief(tx, responsible)
    named = []
    for enrolment in found:
        institution = institutions[enrolment.institution_id]
        assert institution is not None  # enrolments refer to it
        account = staff.get(enrolment.responsible_account_id) if enrolment.responsible_account_id else None
        department = institution.departments.get(enrolment.department_id) if enrolment.department_id else None
        named.append(
            NamedEnrolment(enrolment, institution.name, department, account.display_name if account else None)
        )
    return named


async def placement_choices(tx: Tx, caller: Caller) -> PlacementChoices:
    """Departments and staff of the caller's institution; of the staff, those who may see people at all.

    Raises `OutsideScope` for a caller without an institution.
    """
    institution = (
        await accounts.institution_brief(tx, caller.institution_id) if caller.institution_id else None
    )
    if institution is None:
        raise OutsideScope
    readers = await accounts.accounts_with_permission(tx, "people.person.read", institution.id)
    staff = [
        (known.id, known.display_name, known.department_id)
        for known in (await accounts.account_brief(tx, readers)).values()
        if known.institution_id == institution.id
    ]
    return PlacementChoices(institution.id, institution.name, institution.departments, staff)


# ---- activation codes ------------------------------------------------------------------------------------------


async def issue_activation_code(tx: Tx, caller: Caller, person_id: UUID) -> tuple[str, datetime]:
    """(code, valid until) that a member of staff hands to somebody whose papers they have seen.

    With it that person signs up on the record that is already there. Shown once; a new one replaces it.
    """
    await persons.get(tx, caller.scope("people.person.write"), person_id)
    code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))
    expires_at = clock.now() + settings().activation_code_lifetime
    await enrolments.keep_activation_code(
        tx, person_id, _code_index(person_id, code), caller.account_id, expires_at
    )
    await audit.record(
        tx,
        caller,
        "people.person.issue_activation",
        subject=f"people.persons/{person_id}",
        person_id=person_id,
    )
    return code, expires_at


async def use_activation_code(tx: Tx, person_id: UUID, code: str | None) -> bool:
    """Whether `code` was the person's valid one; it is used up."""
    return code is not None and await enrolments.use_activation_code(
        tx, person_id, _code_index(person_id, code)
    )


def _code_index(person_id: UUID, code: str) -> bytes:
    return vault.blind_index("activation_code", f"{person_id}:{code.strip().upper()}")


async def _check_responsible(tx: Tx, institution_id: UUID, account_id: UUID | None) -> None:
    """Raises `ResponsibleUnfit` unless the account is that of an active member of the institution's staff."""
    if account_id is None:
        return
    found = (await accounts.account_brief(tx, [account_id])).get(account_id)
    if found is None or found.kind != "staff" or not found.active or found.institution_id != institution_id:
        raise ResponsibleUnfit


async def _tell(tx: Tx, caller: Caller, action: str, person_id: UUID, institution_id: UUID) -> None:
    await audit.record(
        tx,
        caller,
        action,
        subject=f"people.enrolments/{person_id}",
        person_id=person_id,
        institution_id=institution_id,
    )
