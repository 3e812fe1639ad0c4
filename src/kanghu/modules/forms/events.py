"""What has happened in the module."""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class QuestionnaireCompleted(Event):
    """Somebody's response is complete and will not change any more; `form_code` tells which form."""

    person_id: UUID
    form_code: str
    response_id: UUID
