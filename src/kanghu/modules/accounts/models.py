"""Row types: what the repository gives out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Any
from uuid import UUID

Address = IPv4Address | IPv6Address | IPv4Interface | IPv6Interface
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Institution:
    id: UUID
    code: str
    name: str
    state: str
    version: int


@dataclass(frozen=True, slots=True)
class Department:
    id: UUID
    institution_id: UUID
    parent_id: UUID | None
    code: str
    name: str
    sort: int
    version: int


@dataclass(frozen=True, slots=True)
class Account:
    """An account; name and phone are sealed."""

    id: UUID
    kind: str
    username: str | None
    display_name_sealed: bytes
    phone_sealed: bytes | None
    institution_id: UUID
    department_id: UUID | None
    person_id: UUID | None
    state: str
    must_change_password: bool
    last_signed_in_at: datetime | None
    created_at: datetime
    version: int
    locked_until: datetime | None
    totp_enrolled: bool


@dataclass(frozen=True, slots=True)
class Credentials:
    """What sign-in compares with. `institution_active`: whether the account's institution is in use."""

    account_id: UUID
    kind: str
    username: str | None
    password_hash: str
    password_changed_at: datetime
    state: str
    institution_active: bool
    institution_id: UUID
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed sign-ins in a row of one key."""

    key: str
    failures: int
    last_failed_at: datetime
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Totp:
    account_id: UUID
    secret_sealed: bytes
    confirmed_at: datetime | None
    last_step: int


@dataclass(frozen=True, slots=True)
class PhoneCode:
    """A code by SMS. `message_sealed` is what is still to be sent, None when nothing is."""

    id: UUID
    purpose: str
    phone_index: bytes
    code_hash: bytes
    message_sealed: bytes | None
    expires_at: datetime
    tries: int = 0
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: Address | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A valid session, its account and all it was granted: everything that a request needs to know of its caller."""

    session_id: UUID
    second_factor: bool
    account_id: UUID
    kind: str
    display_name_sealed: bytes
    must_change_password: bool
    institution_id: UUID
    department_id: UUID | None
    person_id: UUID | None
    held: Mapping[str, list[str]]
    requires_totp: bool
    departments: list[UUID]


@dataclass(frozen=True, slots=True)
class NewSession:
    id: UUID
    account_id: UUID
    token_hash: bytes
    second_factor: bool
    created_at: datetime
    idle_limit: timedelta
    expires_at: datetime
    ip: Address | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class Role:
    id: UUID
    code: str
    name: str
    description: str
    builtin: bool
    requires_totp: bool
    version: int
    permissions: list[str]
    holders: int


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held by an account, on a kind of scope."""

    role_id: UUID
    code: str
    name: str
    scope: str


@dataclass(frozen=True, slots=True)
class App:
    """A vendor's system as it is kept."""

    id: UUID
    app_id: str
    name: str
    vendor_id: UUID | None
    institution_id: UUID
    interfaces: list[str]
    ip_ranges: list[Network]
    rate_per_minute: int
    sign_types: list[str]
    state: str
    version: int


@dataclass(frozen=True, slots=True)
class Secret:
    """A vendor secret without the secret itself."""

    id: UUID
    created_at: datetime
    not_before: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    seq: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    action: str
    subject: str
    person_id: UUID | None
    institution_id: UUID | None
    request_id: str
    ip: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditCheck:
    id: UUID
    at: datetime
    checked: int
    head: str
    broken_at: int | None
    reason: str
