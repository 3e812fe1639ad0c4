"""What higher floors may call.

**Whose data**: SQL of higher modules narrows by the caller's scope with one of three functions of this schema.
- `people.readable(person_id, $n::kernel.scope)` — for one person; where other conditions leave few rows; for a list in its
  own order when most of its rows pass (everything, a large institution). Under a narrow scope a list by this filter alone
  looks at every row: some 0.7 µs each.
- `person_id IN (SELECT f.id FROM people.readable_persons($n::kernel.scope) AS f (id))` — for lists under a narrow scope
  (own patients, a department, a customer): the planner starts from the set. Not with `everything`: it is the whole table.
- `people.readable_page($n::kernel.scope, before, wanted)` — a page of persons, newest first, cheap for every scope.

**Identity**: `people.pub_identity(person_id, name_index, sex, birth_date, id_number_index)` is a view for the 401 check;
`identity_indexes` makes the other side of the comparison and `compare_identity` names the fields that differ.

**Assurance**: `assurance_of` says how far it is known that somebody is who they are on record: none 未核验, real_name 已实名 (name and
number belong together), verified 已核验 (a face, or the document before two of staff). In SQL: the view `people.pub_assurance`.

Order of lists: by registration (person id). Names are sealed and a pinyin key would tell them, so no list is sorted by
name in the database; a short list that is open anyway may use `sort_key`.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.people.identity import (
    GivenIdentity,
    StoredIdentity,
    compare_identity,
    id_class,
    mask_address,
    mask_id_number,
    mask_name,
    mask_phone,
    normalise_id_number,
    normalise_name,
    normalise_phone,
    sort_key,
)
from kanghu.modules.people.models import Agreement, Assurance, Consent, Person, PersonFacts, PersonInput
from kanghu.modules.people.policy import RANK, REASONS
from kanghu.modules.people.repository import enrolments as _enrolment_rows
from kanghu.modules.people.repository import persons as _rows
from kanghu.modules.people.repository.resealing import reseal_checks
from kanghu.modules.people.sealing import id_number_index, identity_indexes
from kanghu.modules.people.service import checking as _checking
from kanghu.modules.people.service import consents as _consents
from kanghu.modules.people.service import enrolments as _enrolments
from kanghu.modules.people.service import families as _families_service
from kanghu.modules.people.service import persons as _persons
from kanghu.modules.people.service.families import represent

__all__ = [
    "REASONS",
    "Agreement",
    "Assurance",
    "Consent",
    "GivenIdentity",
    "Person",
    "PersonFacts",
    "PersonInput",
    "StoredIdentity",
    "add_family_member",
    "agreement",
    "assurance_of",
    "assurances_of",
    "compare_identity",
    "correct_person",
    "enrol",
    "family_of",
    "find_by_id_number",
    "get_person",
    "has_consent",
    "has_family",
    "identity_indexes",
    "identity_of",
    "institutions_of",
    "is_known",
    "mask_address",
    "mask_id_number",
    "mask_name",
    "mask_phone",
    "may_act_for",
    "names_of",
    "normalise_id_number",
    "normalise_name",
    "normalise_phone",
    "person_facts",
    "persons_of",
    "register_person",
    "represent",
    "reseal",
    "set_responsible",
    "sign_consent",
    "sort_key",
    "standing_consent",
    "wire_person",
]


async def register_person(
    tx: Tx,
    caller: Caller,
    person: PersonInput,
    institution_id: UUID,
    *,
    department_id: UUID | None = None,
    responsible_account_id: UUID | None = None,
) -> UUID:
    """The id of the person, put on record and enrolled; somebody whose id number is known is never doubled.

    Raises `people.person_invalid` (422, with fields), `people.identity_conflict` (409) when the number is on record under
    another name, sex or birth date. Safe when called twice or at once. The caller answers for the right to do so.
    """
    return await _enrolments.register(
        tx, caller, person, institution_id, department_id, responsible_account_id
    )


async def correct_person(
    tx: Tx, caller: Caller, scope: Scope, person_id: UUID, version: int, changes: Mapping[str, Any]
) -> Person:
    """Changes the given fields (names of `PersonInput`). Raises 404, `people.stale_version` 409, 422."""
    return await _persons.correct(tx, caller, scope, person_id, version, changes)


async def get_person(tx: Tx, scope: Scope, person_id: UUID) -> Person:
    """The person, opened. Raises `people.person_not_found` (404), also outside the scope. The caller audits the reading."""
    return await _persons.get(tx, scope, person_id)


async def names_of(tx: Tx, person_ids: list[UUID]) -> dict[UUID, str]:
    """Person id → name in clear, for persons that the caller's own scoped query has found. The caller audits and masks."""
    return {person.id: person.name for person in await _rows.get_many(tx, person_ids)}


async def persons_of(tx: Tx, person_ids: list[UUID]) -> dict[UUID, Person]:
    """Person id → the person, opened, on the same terms as `names_of`."""
    return {person.id: person for person in await _rows.get_many(tx, person_ids)}


async def wire_person(tx: Tx, person_id: UUID) -> dict[str, str]:
    """The contract's `person` data set: `birth_date` is YYYYMMDD, `blood_type_rh` a word; absent values are left out.

    Raises `people.person_not_found`.
    """
    return await _persons.wire(tx, person_id)


async def person_facts(tx: Tx, person_id: UUID) -> PersonFacts:
    """Sex (GB/T 2261.1) and birth date, for rules. Raises `people.person_not_found`."""
    return await _persons.facts(tx, person_id)


async def find_by_id_number(tx: Tx, id_type: str, id_number: str) -> UUID | None:
    """The person on record under this document, None when there is none. The caller answers for scope and audit."""
    found = await _rows.by_id_number(tx, id_class(id_type, id_number), id_number_index(id_number))
    return None if found is None else found.id


async def identity_of(tx: Tx, person_id: UUID) -> StoredIdentity:
    """The person's side of the 401 check. Raises `people.person_not_found`."""
    return await _persons.stored_identity(tx, person_id)


async def may_act_for(tx: Tx, caller: Caller, person_id: UUID) -> bool:
    """Whether a customer may act for the person: themselves, or somebody of their family who is a minor, has no account, was
    joined by activation code or has agreed. False for everybody else."""
    holder = caller.session_person()
    return holder is not None and await _families_service.may_act_for(tx, holder, person_id)


async def add_family_member(
    tx: Tx, holder: Caller, person: PersonInput, relation: str, institution_id: UUID
) -> UUID:
    """Puts somebody of the holder's family on record; the id of that person. Raises `people.already_family`,
    `people.already_on_record`, `people.person_invalid`."""
    added = await _families_service.add_family_member(
        tx, holder, holder.own_person(), person, relation, institution_id, None
    )
    return added.person.id


async def has_family(tx: Tx, holder: Caller) -> bool:
    """Whether the customer has added anybody to their family."""
    return bool(await _families_service.family(tx, holder.own_person()))


async def family_of(tx: Tx, person_id: UUID) -> list[UUID]:
    """The person and those of their family for whom they may act as a customer."""
    return await _families_service.acted_for(tx, person_id)


async def institutions_of(tx: Tx, person_id: UUID) -> list[UUID]:
    """Where the person is enrolled."""
    enrolments = await _enrolment_rows.of_person(tx, person_id)
    return [found.institution_id for found in enrolments if found.ended_at is None]


async def enrol(
    tx: Tx, caller: Caller, person_id: UUID, institution_id: UUID, department_id: UUID | None = None
) -> None:
    """Enrols a person in an institution; twice is once, and a live enrolment keeps its department. Raises `people.person_not_found`."""
    await _enrolments.enrol(tx, caller, person_id, institution_id, department_id)


async def set_responsible(
    tx: Tx, caller: Caller, person_id: UUID, institution_id: UUID, account_id: UUID | None
) -> None:
    """Makes a staff account answerable for a person, None nobody. Raises `people.enrolment_not_found` (404)."""
    await _enrolments.set_responsible(tx, caller, person_id, institution_id, account_id)


async def agreement(tx: Tx, kind: str) -> Agreement:
    """The text in force of `data_use_agreement`, `privacy` or `sensitive_data`. Raises `people.agreement_not_found`."""
    return await _consents.agreement(tx, kind)


async def sign_consent(
    tx: Tx,
    caller: Caller,
    person_id: UUID,
    kind: str,
    institution_id: UUID,
    text_version: str,
    channel: str,
    ip: str | None,
) -> UUID:
    """The consent's id. Signing the version in force twice gives the same one.

    `channel` is h5, mini_program, app or counter. Raises `people.agreement_outdated` (409) for any other version.
    """
    return await _consents.sign(tx, caller, person_id, kind, institution_id, text_version, channel, ip)


async def has_consent(tx: Tx, person_id: UUID, kind: str, institution_id: UUID) -> bool:
    """Whether a signature of any version holds (was not revoked)."""
    return await _consents.standing(tx, person_id, kind, institution_id) is not None


async def standing_consent(tx: Tx, person_id: UUID, kind: str, institution_id: UUID) -> Consent | None:
    """The newest signature that holds, with text version, hash, time and channel (decision 6)."""
    return await _consents.standing(tx, person_id, kind, institution_id)


async def assurance_of(tx: Tx, person_id: UUID) -> Assurance:
    """How far the person is known, by which way and since when. A corrected name or number begins at none again."""
    return await _checking.assurance(tx, person_id)


async def assurances_of(tx: Tx, person_ids: list[UUID]) -> dict[UUID, Assurance]:
    """The same for many: every id → its assurance."""
    return await _checking.assurances(tx, person_ids)


async def is_known(tx: Tx, person_id: UUID, level: str) -> bool:
    """Whether the person has reached `level` (real_name or verified)."""
    return RANK[(await assurance_of(tx, person_id)).level] >= RANK[level]


async def reseal(tx: Tx, limit: int) -> int:
    """Seals up to `limit` values again under the current key; how many. Call it in short transactions until it says 0."""
    return await _rows.reseal(tx, limit) or await reseal_checks(tx, limit)
