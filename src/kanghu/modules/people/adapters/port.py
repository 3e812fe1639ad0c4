"""What every face check has in common: it is begun for a person, who then goes somewhere; later it has a verdict.

The person's phone is never believed: a verdict is what the service tells this server.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import msgspec

from kanghu.kernel.db import Database


@dataclass(frozen=True, slots=True)
class Phone:
    """The mini-program in which the person holds their face before the phone, and who the phone's owner is there."""

    account_id: UUID
    openid: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is to be checked. `order_no`: 32 characters, ours, the same in every call about this check."""

    order_no: str
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    phone: Phone | None = None


class Ticket(msgspec.Struct, frozen=True):
    """A check under way. `place`: the address or token that the phone needs; `memory`: what the adapter wants to have back."""

    provider_no: str
    place: str
    lifetime: timedelta
    memory: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`passed` is None while the person has not finished. `reason`: a code of `policy.REASONS` unless passed."""

    passed: bool | None
    reason: str = ""


NOT_YET = Verdict(None)
PASSED = Verdict(True)


class FaceProvider(Protocol):
    """Both raise `kernel.http.PeerFailed` with a reason in Chinese."""

    async def start(self, database: Database, subject: Subject) -> Ticket: ...

    async def verdict(self, database: Database, order_no: str, ticket: Ticket) -> Verdict: ...
