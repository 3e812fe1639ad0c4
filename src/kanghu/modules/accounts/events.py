"""What happened to accounts. Ids and codes only."""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PhoneCodeRequested(Event):
    """Somebody asked for a code by SMS; whether there is anything to send is not told here."""

    code_id: UUID
