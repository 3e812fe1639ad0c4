"""Where a person can be reached outside the house."""

from collections.abc import Sequence
from dataclasses import dataclass

from kanghu.modules.wechat.public import Fan


@dataclass(frozen=True, slots=True)
class Addresses:
    """What is known of a person. `fans`: what they are at official accounts and mini-programs, the newest binding first;
    `phone`: the one on record; `email`: confirmed by its owner."""

    fans: Sequence[Fan] = ()
    phone: str | None = None
    email: str | None = None
