"""What jobs of the exchange carry."""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageKept(Event):
    """A received message whose effect could not be stored; it is tried again."""

    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class AppointmentReady(Event):
    """An appointment message lies in the log and waits to be sent to the vendor."""

    message_id: UUID
    booking_id: UUID
