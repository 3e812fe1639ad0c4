"""Who reads responses: the person, and staff within their scope. Every reading is recorded."""

from uuid import UUID

from kanghu.kernel import audit
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller
from kanghu.modules.forms.engine import Form
from kanghu.modules.forms.errors import ResponseNotFound
from kanghu.modules.forms.models import Response, ResponseHead
from kanghu.modules.forms.repository import responses
from kanghu.modules.forms.service.filling import person_of
from kanghu.modules.forms.service.ready import ready

READ = "forms.response.read"


async def list_of_person(
    tx: Tx, caller: Caller, person_id: UUID, before: UUID | None, limit: int
) -> list[ResponseHead]:
    """Somebody's completed responses for staff; who is outside the caller's scope looks like somebody without responses."""
    if not await responses.may_read_person(tx, person_id, caller.scope(READ).sql()):
        return []
    await audit.record(tx, caller, READ, subject="forms.responses", person_id=person_id)
    return await responses.list_of_person(tx, person_id, before, limit, with_drafts=False)


async def get_response(tx: Tx, caller: Caller, response_id: UUID) -> tuple[Response, Form]:
    """Raises ResponseNotFound, also for what is outside the caller's scope."""
    return await _read(tx, caller, await responses.get_readable(tx, response_id, caller.scope(READ).sql()))


async def list_own(tx: Tx, caller: Caller, before: UUID | None, limit: int) -> list[ResponseHead]:
    person_id = person_of(caller)
    await audit.record(tx, caller, READ, subject="forms.responses", person_id=person_id)
    return await responses.list_of_person(tx, person_id, before, limit, with_drafts=True)


async def get_own(tx: Tx, caller: Caller, response_id: UUID) -> tuple[Response, Form]:
    """Raises ResponseNotFound."""
    return await _read(tx, caller, await responses.get_own(tx, response_id, person_of(caller)))


async def _read(tx: Tx, caller: Caller, found: Response | None) -> tuple[Response, Form]:
    if found is None:
        raise ResponseNotFound
    await audit.record(tx, caller, READ, subject=f"forms.responses/{found.id}", person_id=found.person_id)
    return found, await ready(tx, found.form_version_id)
