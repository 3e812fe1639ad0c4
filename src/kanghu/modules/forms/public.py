"""What other modules may call.

`latest_response`, `has_completed` and `save_completed` take a person; `describe_persons_with` is called once by the module
that knows persons; `seed_forms` loads what the product ships. The pure engine is open to modules that fill forms of their own.
"""

from uuid import UUID

from kanghu.kernel.db import Tx
from kanghu.modules.forms.engine import Evaluation, FlagResult, Form, ScoreResult, assess
from kanghu.modules.forms.models import Response
from kanghu.modules.forms.repository import responses
from kanghu.modules.forms.service.filling import save_completed
from kanghu.modules.forms.service.ready import PersonContext, describe_persons_with
from kanghu.modules.forms.service.shipping import seed_forms

__all__ = [
    "Evaluation",
    "FlagResult",
    "Form",
    "PersonContext",
    "Response",
    "ScoreResult",
    "assess",
    "describe_persons_with",
    "has_completed",
    "latest_response",
    "save_completed",
    "seed_forms",
]


async def latest_response(tx: Tx, person_id: UUID, form_code: str) -> Response | None:
    """The newest completed response of this form, None when there is none. The caller answers for scope and audit."""
    return await responses.latest_completed(tx, person_id, form_code)


async def has_completed(tx: Tx, person_id: UUID) -> bool:
    """Whether the person has completed at least one health questionnaire (US-H1: «最少完成一类问卷表单的填写»).

    Scales such as PHQ-9 do not count.
    """
    return await responses.has_completed(tx, person_id)
