"""What happened to people. Ids and codes only."""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PersonRegistered(Event):
    """A person came on record for the first time, anywhere."""

    person_id: UUID
    institution_id: UUID


@dataclass(frozen=True, kw_only=True)
class PersonCorrected(Event):
    """Values of a person changed; `fields` names them."""

    person_id: UUID
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ConsentSigned(Event):
    consent_id: UUID
    person_id: UUID
    kind: str
    institution_id: UUID


@dataclass(frozen=True, kw_only=True)
class ConsentRevoked(Event):
    """`consent_id` is the signature that no longer holds."""

    consent_id: UUID
    person_id: UUID
    kind: str
    institution_id: UUID


@dataclass(frozen=True, kw_only=True)
class IdentityDecided(Event):
    """A check came to its end without the person looking on: `way` and `reason` as in `policy`; no reason when passed."""

    check_id: UUID
    person_id: UUID
    institution_id: UUID
    way: str
    reason: str | None
