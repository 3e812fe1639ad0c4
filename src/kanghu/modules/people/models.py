"""Row types and values of the module. Personal values stay out of `repr`, so that they reach no log."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInput:
    """A person as somebody gives it: the contract's `person` data set. Codes as in `domains.DOMAINS`."""

    name: str = field(repr=False)
    sex: str
    birth_date: date = field(repr=False)
    id_type: str | None = None
    id_number: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    nation: str | None = None
    marital_status: str | None = None
    education: str | None = None
    occupation: str | None = None
    blood_type_abo: str | None = None
    blood_type_rh: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(PersonInput):
    """A person on record, opened."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What rules of age and sex need, without saying who it is."""

    sex: str
    birth_date: date


@dataclass(frozen=True, slots=True)
class Search:
    """Blind indexes to look for; None is no condition. At least one should be given."""

    name: bytes | None = None
    id_number: bytes | None = None
    phone: bytes | None = None
    phone_last4: bytes | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    person_id: UUID
    institution_id: UUID
    department_id: UUID | None
    responsible_account_id: UUID | None
    enrolled_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class NamedEnrolment:
    """An enrolment as people speak of it. The name of the responsible is personal data: show it, never log it."""

    enrolment: Enrolment
    institution: str
    department: str | None
    responsible: str | None


@dataclass(frozen=True, slots=True)
class PlacementChoices:
    """Where a caller may place people in the caller's own institution, and with whom."""

    institution_id: UUID
    institution: str
    departments: dict[UUID, str]
    staff: list[tuple[UUID, str, UUID | None]]


@dataclass(frozen=True, slots=True)
class FamilyMember:
    id: UUID
    holder_person_id: UUID
    member_person_id: UUID
    relation: str
    added_at: datetime
    basis: str
    agreed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody at the other end of a family tie, opened; `may_act`: whether the tie's holder may act for its member now."""

    member: FamilyMember
    person: Person
    has_account: bool
    may_act: bool


@dataclass(frozen=True, slots=True)
class AgreementVersion:
    """A published text as staff see it; `standing` is how many people have signed it and not revoked."""

    kind: str
    version: str
    title: str
    content: str
    content_hash: str
    provenance: str
    published_at: datetime
    standing: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """A published text. `content_hash` is the SHA-256 of `content` in UTF-8, lower-case hex."""

    kind: str
    version: str
    title: str
    content: str
    content_hash: str
    provenance: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Hand:
    """Who signs or revokes: through which account, as whom (self, guardian, agent), and which person that is."""

    account_id: UUID | None
    signer: str
    signed_by: UUID


@dataclass(frozen=True, slots=True)
class Consent:
    """A signature; `revoked_at` is None while it holds. `text_hash` is lower-case hex SHA-256.

    `signer` is self, guardian or agent, `signed_by` the person whose hand it was (None in early records: the person).
    """

    id: UUID
    person_id: UUID
    kind: str
    institution_id: UUID
    text_version: str
    text_hash: str
    signed_at: datetime
    channel: str
    signer: str
    signed_by: UUID | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """A check of who somebody is. `reason`: a code of `policy.REASONS`; `ticket` is sealed and there while `state` is started."""

    id: UUID
    person_id: UUID
    institution_id: UUID
    way: str
    state: str
    consent_id: UUID
    provider_no: str
    ticket: bytes | None
    reason: str | None
    asked_at: datetime
    expires_at: datetime
    first_reviewer: UUID | None
    first_at: datetime | None
    decided_at: datetime | None
    decided_by: UUID | None

    @property
    def order_no(self) -> str:
        """How services call this check: 32 characters."""
        return self.id.hex


@dataclass(frozen=True, slots=True)
class Assurance:
    """How far it is known that a person is who they are on record: `level` none, real_name or verified."""

    level: str = "none"
    way: str | None = None
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IdCardPicture:
    """`content` is sealed."""

    id: UUID
    side: str
    media_type: str
    content: bytes
