"""What all identity checks share: when one may begin, how one ends, and how far somebody is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from kanghu.kernel import audit, clock, live
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller, Scope
from kanghu.modules.people import policy
from kanghu.modules.people.errors import (
    AlreadyKnown,
    CardUnderReview,
    CheckNotFound,
    CheckUnderWay,
    CitizensOnly,
    ConsentMissing,
    NoIdNumber,
    NotACustomer,
    TooManyChecks,
)
from kanghu.modules.people.events import IdentityDecided
from kanghu.modules.people.models import Assurance, Consent, IdentityCheck, Person
from kanghu.modules.people.repository import consents, id_cards, identity_checks
from kanghu.modules.people.repository import persons as person_rows
from kanghu.modules.people.service import persons
from kanghu.modules.people.settings import settings

START_TIME = timedelta(minutes=2)
"""How long the service may take to begin a check, before it counts as forgotten."""
A_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands. `left`: way → how many checks may still begin; `signed`: which agreements hold."""

    person: Person
    institution_id: UUID
    assurance: Assurance
    open: IdentityCheck | None
    last: IdentityCheck | None
    left: dict[str, int]
    signed: frozenset[str]
    card_sides: frozenset[str]


async def standing(tx: Tx, caller: Caller) -> Standing:
    """Of the customer, or whom they act for. Raises `NotACustomer`."""
    person_id, institution_id = whom(caller)
    person = await persons.get(tx, Scope(persons=(person_id,)), person_id)
    asked = await identity_checks.asked_since(tx, person_id, clock.now() - A_DAY)
    most = settings().identity_checks_per_day
    kinds = sorted(set(policy.CONSENT_OF_WAY.values()))
    signed = [kind for kind in kinds if await consents.standing(tx, person_id, kind, institution_id)]
    await audit.record(
        tx, caller, "people.identity.read", subject=f"people.persons/{person_id}", person_id=person_id
    )
    return Standing(
        person=person,
        institution_id=institution_id,
        assurance=await assurance(tx, person_id),
        open=await identity_checks.open_of(tx, person_id),
        last=await identity_checks.last_of(tx, person_id),
        left={way: max(0, most - asked.get(way, 0)) for way in policy.WAYS},
        signed=frozenset(signed),
        card_sides=frozenset(await id_cards.unsent_sides(tx, person_id)),
    )


async def assurance(tx: Tx, person_id: UUID) -> Assurance:
    return (await assurances(tx, [person_id]))[person_id]


async def assurances(tx: Tx, person_ids: Sequence[UUID]) -> dict[UUID, Assurance]:
    found = await identity_checks.assurances(tx, person_ids)
    return {person_id: found.get(person_id, Assurance()) for person_id in person_ids}


def whom(caller: Caller) -> tuple[UUID, UUID]:
    """(the person to be checked, for which institution). Raises `NotACustomer`."""
    if caller.kind != "customer" or caller.person_id is None or caller.institution_id is None:
        raise NotACustomer
    return caller.person_id, caller.institution_id


async def consent_for(tx: Tx, person_id: UUID, way: str, institution_id: UUID) -> Consent:
    """The signature on which a check by this way rests. Raises `ConsentMissing`."""
    kind = policy.CONSENT_OF_WAY[way]
    held = await consents.standing(tx, person_id, kind, institution_id)
    if held is None:
        raise ConsentMissing(f"请先阅读并同意《{policy.CONSENT_KINDS[kind]}》")
    return held


async def begin(tx: Tx, caller: Caller, way: str, lifetime: timedelta) -> tuple[IdentityCheck, Person]:
    """A new check of the customer, or of whom they act for. What they had begun before by a service ends with it.

    Raises `NotACustomer`, `NoIdNumber`, `CitizensOnly`, `ConsentMissing`, `AlreadyKnown`, `CheckUnderWay`, `CardUnderReview`,
    `TooManyChecks`.
    """
    person_id, institution_id = whom(caller)
    await person_rows.lock(tx, person_id)
    person = await persons.get(tx, Scope(persons=(person_id,)), person_id)
    if person.id_number is None:
        raise NoIdNumber
    if way != "card" and person.id_type != "01":
        raise CitizensOnly
    consent = await consent_for(tx, person_id, way, institution_id)
    known = await assurance(tx, person_id)
    if policy.RANK[known.level] >= policy.GIVES[way]:
        raise AlreadyKnown(f"已经是“{policy.LEVELS[known.level]}”，不需要再次核验")
    now = clock.now()
    await _make_room(tx, caller, person_id, way, now)
    asked = await identity_checks.asked_since(tx, person_id, now - A_DAY)
    if asked.get(way, 0) >= settings().identity_checks_per_day:
        raise TooManyChecks
    check = IdentityCheck(
        id=new_id(),
        person_id=person_id,
        institution_id=institution_id,
        way=way,
        state="waiting" if way == "card" else "starting",
        consent_id=consent.id,
        provider_no="",
        ticket=None,
        reason=None,
        asked_at=now,
        expires_at=now + lifetime,
        first_reviewer=None,
        first_at=None,
        decided_at=None,
        decided_by=None,
    )
    begun = await identity_checks.begin(tx, check, person, caller.account_id)
    assert begun, "the person is locked, and nothing of theirs was open"
    await note(tx, caller, "begin", check)
    await tell_pages(tx, check)
    return check, person


async def _make_room(tx: Tx, caller: Caller, person_id: UUID, way: str, now: datetime) -> None:
    """Ends what was begun another way, or too long ago. One that a service has just taken is not begun once more."""
    held = await identity_checks.open_of(tx, person_id)
    if held is None:
        return
    if held.state == "waiting":
        raise CardUnderReview
    if held.expires_at > now and (held.state == "starting" or held.way == way):
        raise CheckUnderWay
    await end(tx, caller, held.id, "void", "given_up" if held.state == "started" else "away")


async def end(
    tx: Tx,
    caller: Caller,
    check_id: UUID,
    state: str,
    reason: str | None = None,
    *,
    by: UUID | None = None,
    provider_no: str | None = None,
    tell: bool = False,
) -> IdentityCheck | None:
    """Ends an open check; None when it has ended already. Pictures of a card go with it, whatever came of it.

    `tell`: the person does not look on and is sent a notice.
    """
    ended = await identity_checks.decide(
        tx, check_id, state, reason, clock.now(), by=by, provider_no=provider_no
    )
    if ended is None:
        return None
    if ended.way == "card":
        await id_cards.delete_of_person(tx, ended.person_id)
    await note(tx, caller, state, ended)
    await tell_pages(tx, ended)
    if tell:
        await publish(
            tx,
            IdentityDecided(
                check_id=ended.id,
                person_id=ended.person_id,
                institution_id=ended.institution_id,
                way=ended.way,
                reason=ended.reason,
            ),
        )
    return ended


async def withdraw(tx: Tx, caller: Caller, check_id: UUID) -> IdentityCheck:
    """The person wants this check no longer; again is once. Raises `CheckNotFound`."""
    check = await own(tx, caller, check_id)
    return await end(tx, caller, check_id, "void", "withdrawn") or check


async def own(tx: Tx, caller: Caller, check_id: UUID) -> IdentityCheck:
    """Raises `NotACustomer`, `CheckNotFound`."""
    person_id, _institution = whom(caller)
    check = await identity_checks.get(tx, check_id)
    if check is None or check.person_id != person_id:
        raise CheckNotFound
    return check


async def stop(tx: Tx, caller: Caller, consent: Consent) -> None:
    """A consent no longer holds: what rests on it and has not ended, ends; pictures go."""
    if consent.kind == "identity_check":
        await id_cards.delete_of_person(tx, consent.person_id)
    held = await identity_checks.open_of(tx, consent.person_id)
    if held is not None and held.consent_id == consent.id:
        await end(tx, caller, held.id, "void", "consent_revoked")


async def sweep(tx: Tx) -> None:
    """Ends what nobody finished in time, and deletes pictures that were never sent."""
    now = clock.now()
    for check in await identity_checks.expired(tx, now, 200):
        reason = "away" if check.state == "starting" else "expired"
        await end(tx, SYSTEM, check.id, "void", reason, tell=check.way == "card")
    await id_cards.delete_unsent(tx, now - A_DAY)


async def note(tx: Tx, caller: Caller, verb: str, check: IdentityCheck) -> None:
    await audit.record(
        tx,
        caller,
        f"people.identity.{verb}",
        subject=f"people.identity_checks/{check.id}",
        person_id=check.person_id,
        institution_id=check.institution_id,
        detail={"way": check.way} | ({"reason": check.reason} if check.reason else {}),
    )


async def tell_pages(tx: Tx, check: IdentityCheck) -> None:
    """The person's page hears of it, and for a card the reviewers'."""
    institution = check.institution_id if check.way == "card" else None
    await live.tell(tx, "people.identity", person_id=check.person_id, institution_id=institution)
