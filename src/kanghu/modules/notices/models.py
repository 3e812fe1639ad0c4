"""Row types."""

from dataclasses import dataclass
from datetime import datetime
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
