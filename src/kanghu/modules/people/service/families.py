"""The people of a customer's family: who belongs to it, and for whom its holder may act.

For minors, and for members without an account of their own, the holder acts. An adult who has an account decides: the
holder acts for them when staff saw both (activation code), or when they have agreed.
"""

from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import public as accounts
from kanghu.modules.people import identity, policy
from kanghu.modules.people.errors import (
    AlreadyFamily,
    FamilyMemberNotFound,
    MemberNotAgreed,
    NotFamily,
    PersonInvalid,
)
from kanghu.modules.people.models import FamilyMember, Person, PersonInput, Relative
from kanghu.modules.people.repository import enrolments as rows
from kanghu.modules.people.repository import persons as person_rows
from kanghu.modules.people.service import persons, sign_up


async def add_family_member(
    tx: Tx,
    caller: Caller,
    holder: UUID,
    given: PersonInput,
    relation: str,
    institution_id: UUID,
    activation_code: str | None,
) -> Relative:
    """Puts somebody of the holder's family on record, or joins who is there already by activation code.

    A member without an id number (a newborn) gets a record too, once by name, sex and birth date.
    Raises `PersonInvalid`, `AlreadyOnRecord`, `AlreadyFamily`.
    """
    person = persons.checked(given)
    await person_rows.lock(tx, holder)  # a double click waits here, then meets the first one below
    if person.id_number is None and any(
        not persons.differing(known.person, person) for known in await family(tx, holder)
    ):
        raise AlreadyFamily
    person_id, is_new = await sign_up.find_or_prove(tx, person, activation_code)
    if person_id == holder:
        raise PersonInvalid(fields={"id_number": "不能把自己添加为家庭成员"})
    basis = "added" if is_new else "activation_code"
    if not await rows.add_family_member(tx, new_id(), holder, person_id, relation, basis):
        raise AlreadyFamily
    await rows.enrol(tx, person_id, institution_id, None)
    await persons.registered(tx, caller, person_id, institution_id, is_new=is_new)
    await _tell(tx, caller, "people.family.add", person_id)
    return next(one for one in await family(tx, holder) if one.person.id == person_id)


async def family(tx: Tx, holder: UUID) -> list[Relative]:
    """The holder's family by name. It is short, so it is opened and sorted by pinyin in memory."""
    members = {member.member_person_id: member for member in await rows.family(tx, holder)}
    having = await accounts.persons_with_account(tx, list(members))
    found = await person_rows.get_many(tx, list(members))
    return [
        _relative(members[person.id], person, person.id in having)
        for person in sorted(found, key=lambda one: identity.sort_key(one.name))
    ]


def _relative(member: FamilyMember, person: Person, has_account: bool) -> Relative:
    may_act = policy.may_act(member, person.birth_date, has_account, clock.today())
    return Relative(member, person, has_account, may_act)


async def end_family_member(tx: Tx, caller: Caller, holder: UUID, member_id: UUID) -> None:
    """The holder no longer acts for the member, whose record stays. Raises `FamilyMemberNotFound`."""
    person_id = await rows.end_family_member(tx, holder, member_id)
    if person_id is None:
        raise FamilyMemberNotFound
    await _tell(tx, caller, "people.family.end", person_id)


# ---- the member's side -----------------------------------------------------------------------------------------


async def holders(tx: Tx, member: UUID) -> list[Relative]:
    """Who has the member in their family, and whether they may act for the member. `person` is the holder."""
    links = {link.holder_person_id: link for link in await rows.holders(tx, member)}
    facts = await persons.facts(tx, member)
    having = await accounts.persons_with_account(tx, [member])
    found = await person_rows.get_many(tx, list(links))
    return [
        Relative(
            links[person.id],
            person,
            has_account=True,
            may_act=policy.may_act(links[person.id], facts.birth_date, member in having, clock.today()),
        )
        for person in sorted(found, key=lambda one: identity.sort_key(one.name))
    ]


async def agree(tx: Tx, caller: Caller, member: UUID, link_id: UUID) -> None:
    """The member lets a holder act for them; twice is once. Raises `FamilyMemberNotFound`."""
    if not await rows.agree(tx, member, link_id, clock.now()):
        raise FamilyMemberNotFound
    await _tell(tx, caller, "people.family.agree", member)


async def leave(tx: Tx, caller: Caller, member: UUID, link_id: UUID) -> None:
    """The member leaves a holder's family. Raises `FamilyMemberNotFound`."""
    if not await rows.leave_family(tx, member, link_id):
        raise FamilyMemberNotFound
    await _tell(tx, caller, "people.family.leave", member)


# ---- acting for somebody -----------------------------------------------------------------------------------------


async def represent(tx: Tx, caller: Caller, person_id: UUID) -> Caller:
    """The caller as the one who acts for this person of their family. Raises `NotFamily`, `MemberNotAgreed`."""
    if caller.person_id is None:
        raise NotFamily
    link = await rows.family_link(tx, caller.person_id, person_id)
    if link is None:
        raise NotFamily
    if not await _may_act(tx, link):
        raise MemberNotAgreed
    return caller.on_behalf_of(person_id)


async def may_act_for(tx: Tx, holder: UUID, person_id: UUID) -> bool:
    """Whether the person is the holder, or somebody of the holder's family for whom the holder may act."""
    if holder == person_id:
        return True
    link = await rows.family_link(tx, holder, person_id)
    return link is not None and await _may_act(tx, link)


async def acted_for(tx: Tx, holder: UUID) -> list[UUID]:
    """The holder, and everybody of their family for whom they may act."""
    return [
        holder,
        *[link.member_person_id for link in await rows.family(tx, holder) if await _may_act(tx, link)],
    ]


async def _may_act(tx: Tx, link: FamilyMember) -> bool:
    person_id = link.member_person_id
    facts = await persons.facts(tx, person_id)
    having = await accounts.persons_with_account(tx, [person_id])
    return policy.may_act(link, facts.birth_date, person_id in having, clock.today())


async def _tell(tx: Tx, caller: Caller, action: str, person_id: UUID) -> None:
    await audit.record(tx, caller, action, subject=f"people.family_members/{person_id}", person_id=person_id)
