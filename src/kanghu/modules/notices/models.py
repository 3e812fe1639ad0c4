"""Row types."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Template:
    id: UUID
    code: str
    version: int
    title: str
    body: str
    placeholders: dict[str, dict[str, Any]]
    shipped: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice in clear: `title` and `body` are opened."""

    id: UUID
    template_code: str
    person_id: UUID | None
    account_id: UUID | None
    title: str
    body: str
    data: dict[str, str]
    subject: str
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whose inbox: a person's notices and those of the account are one list."""

    person_id: UUID | None
    account_id: UUID | None


@dataclass(frozen=True, slots=True)
class ParameterText:
    """A parameter of a channel's template, and what it is filled with."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ChannelTemplate:
    """Which approved template a sender uses for a notice. `sender`: tencent, aliyun, or an official account's id."""

    id: UUID
    code: str
    channel: str
    sender: str
    kind: str
    external_id: str
    fields: list[ParameterText]
    url: str
    active: bool
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One channel of a notice as it is kept; `tries` counts all, `forgiven` those before somebody sent it again."""

    id: UUID
    channel: str
    state: str
    sender: str
    tries: int
    forgiven: int
    due_at: datetime | None
    uncertain: bool
    repeatable: bool


@dataclass(frozen=True, slots=True)
class TryRow:
    number: int
    sender: str
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None
    final: bool
    provider_id: str
    error: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """A delivery as the log shows it; `address` is opened."""

    id: UUID
    notice_id: UUID
    template_code: str
    person_id: UUID | None
    channel: str
    state: str
    reason: str
    address: str | None
    sender: str
    provider_id: str
    tries: int
    uncertain: bool
    due_at: datetime | None
    begun_at: datetime | None
    receipt: str
    receipt_at: datetime | None
    dead_at: datetime | None
    at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What the log is narrowed to; None does not narrow."""

    channel: str | None = None
    state: str | None = None
    dead: bool = False
    template_code: str | None = None
    person_id: UUID | None = None
    notice_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Email:
    """A person's e-mail, opened; `code` is the one that was mailed."""

    email: str
    code: str | None
    expires_at: datetime | None
    tries: int
    asked_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Cap:
    """So many to one person within an hour, and within 24 hours."""

    hour: int
    day: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What the hospital has set. Times of day in Asia/Shanghai; `version` 0: nothing was set yet."""

    channels: list[str]
    quiet_from: time
    quiet_until: time
    caps: dict[str, Cap]
    sms_order: list[str]
    version: int


DEFAULT_RULES = Rules(
    channels=["wechat", "sms", "email"],
    quiet_from=time(22),
    quiet_until=time(8),
    caps={"wechat": Cap(10, 30), "sms": Cap(5, 10), "email": Cap(10, 30)},
    sms_order=["tencent", "aliyun"],
    version=0,
)


@dataclass(frozen=True, slots=True)
class Deliver:
    """The job that sees to a notice's ways out."""

    notice_id: UUID


@dataclass(frozen=True, slots=True)
class SmsReceipt:
    """What a service says of one message; no phone number. `delivery_id`: the OutId that we gave it, where it tells it."""

    sender: str
    provider_id: str
    delivery_id: str
    arrived: bool
    code: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class SendEmailCode:
    """Neither address nor code: the queue keeps what it is given."""

    person_id: UUID
