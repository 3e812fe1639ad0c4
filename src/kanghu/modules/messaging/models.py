"""Row types; sealed columns are opened."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Conversation:
    """Of a person, or of a visitor (`person_id` None) of whom only channel and address are known."""

    id: UUID
    person_id: UUID | None
    institution_id: UUID
    channel: str
    address: str | None
    last_seq: int
    last_at: datetime
    last_direction: str | None
    customer_read_seq: int
    staff_read_seq: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceSession:
    """A conversation's spell of service, from the first question to the end."""

    id: UUID
    conversation_id: UUID
    skill: str
    started_at: datetime
    waiting_since: datetime
    agent_account_id: UUID | None
    claimed_at: datetime | None
    ended_at: datetime | None
    ended_by: UUID | None
    end_reason: str | None
    summary: str | None
    satisfaction: int | None
    comment: str | None
    rated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that nobody else changes until the transaction ends, and its open spell."""

    conversation: Conversation
    session: ServiceSession | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list, with its newest spell and what was not read yet on the one side or the other."""

    conversation: Conversation
    session: ServiceSession | None
    unread: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to say. `content`: the text, or a card as JSON; empty for media."""

    kind: str
    client_key: str
    content: str = ""
    media_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class File:
    """`mime`, `size` (bytes): of the original. `conversion`: none (nothing to do), waiting, done, failed; once it is done a sound
    or film has a length, a film a thumbnail, and either a form that plays everywhere unless the original does."""

    mime: str
    size: int
    conversion: str
    duration_ms: int | None = None
    has_playable: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """`address`: where on the channel it came from or goes to; `resent`: how often an agent asked for another try."""

    id: UUID
    conversation_id: UUID
    seq: int
    service_session_id: UUID
    direction: str
    kind: str
    author_person_id: UUID | None
    author_account_id: UUID | None
    content: str
    media_id: UUID | None
    channel: str
    address: str | None
    client_key: str | None
    state: str
    resent: int
    failure: str
    created_at: datetime
    sent_at: datetime | None
    withdrawn_at: datetime | None
    file: File | None


@dataclass(frozen=True, slots=True)
class Transfer:
    id: UUID
    service_session_id: UUID
    from_account_id: UUID | None
    to_account_id: UUID | None
    to_skill: str | None
    kind: str
    note: str | None
    made_by: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, a voice or a video, without its content; of a person, of an account, or of a visitor (both None)."""

    id: UUID
    conversation_id: UUID
    kind: str
    file: File
    person_id: UUID | None
    account_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Sendable:
    """A media as other systems take it; what could not be converted is as it came, of unknown length and without a thumbnail."""

    content: bytes
    duration_ms: int | None
    thumbnail: bytes | None


@dataclass(frozen=True, slots=True)
class Agent:
    """`load`: how many open spells are in the agent's hands."""

    account_id: UUID
    institution_id: UUID
    state: str
    skills: list[str]
    max_load: int
    auto_accept: bool
    seen_at: datetime
    load: int


@dataclass(frozen=True, slots=True)
class SkillQueue:
    skill: str
    count: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class QuickReply:
    id: UUID
    institution_id: UUID
    account_id: UUID | None
    title: str
    body: str
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Convert:
    """The job that makes a voice or film one that plays everywhere."""

    media_id: UUID


@dataclass(frozen=True, slots=True)
class Deliver:
    """The job that hands a message to its channel."""

    message_id: UUID


@dataclass(frozen=True, slots=True)
class Assign:
    """The job that gives waiting customers of an institution to its free agents."""

    institution_id: UUID
