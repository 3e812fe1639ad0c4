"""The equal second way: pictures of the document, looked at by two members of staff, one after the other."""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.people import policy
from kanghu.modules.people.errors import (
    CardDecided,
    CardUnderReview,
    CheckNotFound,
    PictureNotFound,
    PictureRefused,
    PicturesMissing,
    SameReviewer,
)
from kanghu.modules.people.models import IdCardPicture, IdentityCheck, Person
from kanghu.modules.people.repository import id_cards, identity_checks
from kanghu.modules.people.repository import persons as person_rows
from kanghu.modules.people.service import checking, persons
from kanghu.modules.people.settings import settings

REVIEW = "people.identity.review"


@dataclass(frozen=True, slots=True)
class CardToReview:
    """What a reviewer compares: who it is on record, and which pictures there are."""

    check: IdentityCheck
    person: Person
    sides: list[str]


# ---- the customer ----------------------------------------------------------------------------------------------


async def keep_picture(tx: Tx, caller: Caller, side: str, content: bytes) -> None:
    """A picture of one side, in the place of an earlier one. Raises `ConsentMissing`, `PictureRefused`, `CardUnderReview`."""
    person_id, institution_id = checking.whom(caller)
    await checking.consent_for(tx, person_id, "card", institution_id)
    if not 0 < len(content) <= policy.LARGEST_PICTURE:
        raise PictureRefused(f"照片应在 {policy.LARGEST_PICTURE // 1024 // 1024} MB 以内，且不能为空")
    media_type = policy.picture_type(content)
    if media_type is None:
        raise PictureRefused("这个文件不是能识别的照片，请换一张（JPEG、PNG 或 WebP）")
    picture_id = new_id()
    sealed = vault.seal(content, id_cards.CONTENT, picture_id)
    picture = IdCardPicture(picture_id, side, media_type, sealed)
    if not await id_cards.keep(tx, picture, person_id, clock.now()):
        raise CardUnderReview
    await audit.record(
        tx,
        caller,
        "people.identity.picture",
        subject=f"people.persons/{person_id}",
        person_id=person_id,
        institution_id=institution_id,
        detail={"side": side},
    )


async def send(tx: Tx, caller: Caller) -> IdentityCheck:
    """Hands the pictures over to staff; while they are with them already, that check again.

    Raises `PicturesMissing`, and what `checking.begin` raises.
    """
    person_id, _institution = checking.whom(caller)
    await person_rows.lock(tx, person_id)
    held = await identity_checks.open_of(tx, person_id)
    if held is not None and held.state == "waiting":
        return held
    check, person = await checking.begin(tx, caller, "card", settings().id_card_lifetime)
    sides = policy.sides_needed(person.id_type)
    if not set(sides) <= await id_cards.unsent_sides(tx, person_id):
        raise PicturesMissing("请先拍摄证件的两面" if len(sides) > 1 else "请先拍摄证件有照片的一面")
    await id_cards.send(tx, person_id, check.id, sides)
    return check


# ---- staff -----------------------------------------------------------------------------------------------------


async def queue(
    tx: Tx, caller: Caller, second: bool | None, after: UUID | None, limit: int
) -> list[tuple[IdentityCheck, Person]]:
    """Cards that wait, the oldest first."""
    found = await identity_checks.queue(tx, caller.scope(REVIEW), second, after, limit)
    return await _with_persons(tx, caller, found)


async def decided(
    tx: Tx, caller: Caller, before: UUID | None, limit: int
) -> list[tuple[IdentityCheck, Person]]:
    """Cards that have ended, the newest first."""
    found = await identity_checks.decided(tx, caller.scope(REVIEW), before, limit)
    return await _with_persons(tx, caller, found)


async def _with_persons(
    tx: Tx, caller: Caller, found: list[IdentityCheck]
) -> list[tuple[IdentityCheck, Person]]:
    known = await person_rows.get_many(tx, [check.person_id for check in found])
    by_id = {person.id: person for person in known}
    await audit.record(tx, caller, "people.identity.list", detail={"rows": len(found)})
    return [(check, by_id[check.person_id]) for check in found]


async def read(tx: Tx, caller: Caller, check_id: UUID) -> CardToReview:
    """With the whole id number, which the reviewer compares: written down as such. Raises `CheckNotFound`."""
    scope = caller.scope(REVIEW)
    check = await identity_checks.in_reach(tx, check_id, scope)
    if check is None:
        raise CheckNotFound
    person = await persons.get(tx, scope, check.person_id)
    await checking.note(tx, caller, "reveal", check)
    return CardToReview(check, person, await id_cards.sides_of(tx, check_id))


async def picture(tx: Tx, caller: Caller, check_id: UUID, side: str) -> tuple[str, bytes]:
    """(media type, content). Raises `CheckNotFound`, `PictureNotFound` once it was deleted."""
    check = await identity_checks.in_reach(tx, check_id, caller.scope(REVIEW))
    if check is None:
        raise CheckNotFound
    found = await id_cards.get(tx, check_id, side)
    if found is None:
        raise PictureNotFound
    await checking.note(tx, caller, "look", check)
    return found.media_type, vault.open_bytes(found.content, id_cards.CONTENT, found.id)


async def accept(tx: Tx, caller: Caller, check_id: UUID) -> IdentityCheck:
    """The document is the person's. The first who says so is noted, the second, who must be somebody else, decides.

    Raises `CheckNotFound`, `CardDecided`, `SameReviewer`.
    """
    check = await _hold(tx, caller, check_id)
    assert caller.account_id is not None, "staff have accounts"
    if check.first_reviewer is None:
        await identity_checks.note_first(tx, check_id, caller.account_id, clock.now())
        noted = await identity_checks.get(tx, check_id)
        assert noted is not None
        await checking.note(tx, caller, "accept", noted)
        await checking.tell_pages(tx, noted)
        return noted
    if check.first_reviewer == caller.account_id:
        raise SameReviewer
    return await _end(tx, caller, check, "passed", None)


async def refuse(tx: Tx, caller: Caller, check_id: UUID, reason: str) -> IdentityCheck:
    """One is enough to refuse: the person may try again. Raises `CheckNotFound`, `CardDecided`."""
    assert reason in policy.CARD_REASONS
    return await _end(tx, caller, await _hold(tx, caller, check_id), "failed", reason)


async def line(tx: Tx, caller: Caller, check_id: UUID) -> tuple[IdentityCheck, Person]:
    """A card as the queue shows it, for who has just dealt with it. Raises `CheckNotFound`."""
    check = await identity_checks.in_reach(tx, check_id, caller.scope(REVIEW))
    if check is None:
        raise CheckNotFound
    return check, (await person_rows.get_many(tx, [check.person_id]))[0]


async def _hold(tx: Tx, caller: Caller, check_id: UUID) -> IdentityCheck:
    check = await identity_checks.in_reach(tx, check_id, caller.scope(REVIEW), lock=True)
    if check is None:
        raise CheckNotFound
    if check.state != "waiting":
        raise CardDecided
    return check


async def _end(tx: Tx, caller: Caller, check: IdentityCheck, state: str, reason: str | None) -> IdentityCheck:
    ended = await checking.end(tx, caller, check.id, state, reason, by=caller.account_id, tell=True)
    assert ended is not None, "it is locked and waits"
    return ended
