"""Row types."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kanghu.modules.forms.engine import FlagResult, ScoreResult


@dataclass(frozen=True, slots=True)
class FormRow:
    """A form with the numbers of its published version and of its draft, where there are such."""

    id: UUID
    code: str
    title: str
    kind: str
    published: int | None
    draft: int | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    id: UUID
    form_id: UUID
    code: str
    version: int
    status: str
    shipped: bool
    revision: int
    updated_at: datetime
    published_at: datetime | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A published form as the list of a person's forms shows it."""

    code: str
    title: str
    kind: str
    description: str | None
    version: int
    draft_completeness: int | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Response:
    """What somebody answered: `answers` is linkId → value in the engine's normal form (drafts: as typed)."""

    id: UUID
    form_id: UUID
    form_version_id: UUID
    form_code: str
    form_version: int
    form_title: str
    person_id: UUID
    status: str
    answers: Mapping[str, Any]
    scores: Mapping[str, ScoreResult]
    flags: tuple[FlagResult, ...]
    completeness: int
    revision: int
    author_id: UUID | None
    updated_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """A response in a list, without its answers."""

    id: UUID
    form_code: str
    form_version: int
    form_title: str
    status: str
    completeness: int
    flags: tuple[FlagResult, ...]
    updated_at: datetime
    completed_at: datetime | None
