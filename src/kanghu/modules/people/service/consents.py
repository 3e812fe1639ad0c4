"""Signing and revoking agreements."""

from uuid import UUID

import asyncpg

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Conflict
from kanghu.kernel.events import publish
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.people import policy
from kanghu.modules.people.errors import AgreementNotFound, AgreementOutdated, ConsentNotFound, PersonNotFound
from kanghu.modules.people.events import ConsentRevoked, ConsentSigned
from kanghu.modules.people.models import Agreement, AgreementVersion, Consent, Hand
from kanghu.modules.people.repository import consents, persons
from kanghu.modules.people.service import checking
from kanghu.modules.people.service import persons as person_service


async def agreement(tx: Tx, kind: str) -> Agreement:
    """The text in force. Raises `AgreementNotFound`."""
    found = await consents.current_agreement(tx, kind)
    if found is None:
        raise AgreementNotFound
    return found


async def versions(tx: Tx, kind: str) -> list[AgreementVersion]:
    return await consents.versions(tx, kind)


async def publish_agreement(
    tx: Tx, caller: Caller, kind: str, title: str, content: str, provenance: str
) -> Agreement:
    """Publishes the next version of a text; earlier signatures keep their own."""
    try:
        published = await consents.publish_agreement(tx, kind, title, content, provenance)
    except asyncpg.UniqueViolationError:
        raise Conflict from None
    subject = f"people.agreements/{kind}/{published.version}"
    await audit.record(
        tx, caller, "people.agreement.publish", subject=subject, detail={"sha256": published.content_hash}
    )
    return published


async def sign(
    tx: Tx,
    caller: Caller,
    person_id: UUID,
    kind: str,
    institution_id: UUID,
    text_version: str,
    channel: str,
    ip: str | None,
) -> UUID:
    """The id of the signature under the text in force; of the one that holds, when it was signed already.

    Raises `AgreementNotFound`, `AgreementOutdated` when `text_version` is not the version in force, `PersonNotFound`.
    """
    text = await agreement(tx, kind)
    if text.version != text_version:
        raise AgreementOutdated
    if not await persons.lock(tx, person_id):
        raise PersonNotFound
    held = await consents.standing(tx, person_id, kind, institution_id)
    if held is not None and held.text_hash == text.content_hash:
        return held.id
    consent_id = new_id()
    hand = await _hand(tx, caller, person_id)
    await consents.sign(tx, consent_id, person_id, text, institution_id, channel, ip or None, hand)
    await _tell(tx, caller, "people.consent.sign", consent_id, person_id, institution_id, kind)
    await publish(
        tx,
        ConsentSigned(consent_id=consent_id, person_id=person_id, kind=kind, institution_id=institution_id),
    )
    return consent_id


async def revoke(
    tx: Tx, caller: Caller, person_id: UUID, consent_id: UUID, channel: str, ip: str | None
) -> Consent:
    """Revokes a signature of the person by a row of its own; revoking twice changes nothing.

    Earlier signatures of the same kind for the same institution are revoked with it: the person said no to all of them.
    Raises `ConsentNotFound`.
    """
    await persons.lock(tx, person_id)
    consent = await consents.get(tx, person_id, consent_id)
    if consent is None:
        raise ConsentNotFound
    hand = await _hand(tx, caller, person_id)
    while held := await consents.standing(tx, person_id, consent.kind, consent.institution_id):
        await consents.revoke(tx, new_id(), held, channel, ip or None, hand)
        await checking.stop(tx, caller, held)
        await _tell(tx, caller, "people.consent.revoke", held.id, person_id, held.institution_id, held.kind)
        await publish(
            tx,
            ConsentRevoked(
                consent_id=held.id, person_id=person_id, kind=held.kind, institution_id=held.institution_id
            ),
        )
    revoked = await consents.get(tx, person_id, consent_id)
    assert revoked is not None
    return revoked


async def _hand(tx: Tx, caller: Caller, person_id: UUID) -> Hand:
    """Customers sign themselves; for somebody of their family it is said as what they sign. Staff only write down."""
    signed_by = caller.session_person() if caller.kind == "customer" else None
    facts = await person_service.facts(tx, person_id)
    signer = policy.signer(signed_by, person_id, facts.birth_date, clock.today())
    return Hand(caller.account_id, signer, signed_by or person_id)


async def get(tx: Tx, person_id: UUID, consent_id: UUID) -> Consent:
    """Raises `ConsentNotFound`."""
    found = await consents.get(tx, person_id, consent_id)
    if found is None:
        raise ConsentNotFound
    return found


async def standing(tx: Tx, person_id: UUID, kind: str, institution_id: UUID) -> Consent | None:
    return await consents.standing(tx, person_id, kind, institution_id)


async def of_person(tx: Tx, person_id: UUID) -> list[Consent]:
    return await consents.of_person(tx, person_id)


async def of_person_for_staff(tx: Tx, caller: Caller, person_id: UUID) -> list[Consent]:
    """What a person in the caller's scope has signed. Raises `PersonNotFound`."""
    await person_service.get(tx, caller.scope("people.consent.read"), person_id)
    await audit.record(
        tx, caller, "people.consent.read", subject=f"people.persons/{person_id}", person_id=person_id
    )
    return await consents.of_person(tx, person_id)


async def _tell(
    tx: Tx, caller: Caller, action: str, consent_id: UUID, person_id: UUID, institution_id: UUID, kind: str
) -> None:
    await audit.record(
        tx,
        caller,
        action,
        subject=f"people.consents/{consent_id}",
        person_id=person_id,
        institution_id=institution_id,
        detail={"kind": kind},
    )
