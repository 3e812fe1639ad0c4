"""Where a person can be reached outside the house. Which openid is whose is known to whoever binds them; `main` brings the way to ask."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.db import Tx


@dataclass(frozen=True, slots=True)
class Bound:
    """A person's openid at one official account or mini-program."""

    account_id: UUID
    openid: str


FindOpenids = Callable[[Tx, UUID], Awaitable[Sequence[Bound]]]
"""Those of a person, the one to be preferred first."""


async def _nobody(_tx: Tx, _person_id: UUID) -> Sequence[Bound]:
    return ()


_find: FindOpenids = _nobody


def find_openids_by(find: FindOpenids) -> None:
    """`main` calls it once, when modules are loaded."""
    global _find
    _find = find


async def openids_of(tx: Tx, person_id: UUID) -> Sequence[Bound]:
    return await _find(tx, person_id)


@dataclass(frozen=True, slots=True)
class Addresses:
    """What is known of a person. `phone`: the one on record; `email`: confirmed by its owner."""

    openids: Sequence[Bound] = ()
    phone: str | None = None
    email: str | None = None
