"""People answer forms. A draft is saved as one types; completing it freezes the answers and tells the house."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kanghu.kernel import audit, clock, live
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.forms.engine import Evaluation, Form, assess, initial_answers
from kanghu.modules.forms.errors import (
    AnswersChanged,
    AnswersIncomplete,
    AnswersNotStorable,
    FormNotFound,
    FormRenewed,
    NoPerson,
    ResponseCompleted,
    ResponseNotFound,
)
from kanghu.modules.forms.events import QuestionnaireCompleted
from kanghu.modules.forms.models import OpenForm, Response, VersionRow
from kanghu.modules.forms.repository import definitions, responses
from kanghu.modules.forms.service.ready import context_of, ready

MAX_ANSWERS_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form with somebody's answers on it. `revision` 0: nothing is saved yet, `response_id` is reserved for the first save."""

    response_id: UUID
    revision: int
    version: int
    form: Form
    answers: Mapping[str, Any]
    evaluation: Evaluation
    updated_at: datetime | None


def person_of(caller: Caller) -> UUID:
    if caller.person_id is None:
        raise NoPerson
    return caller.person_id


def storable(answers: Mapping[str, Any], limit: int = MAX_ANSWERS_BYTES) -> dict[str, Any]:
    """A JSON object as the database gives them back, so that «the same again» can be told. Raises AnswersNotStorable."""
    try:
        encoded = msgspec.json.encode(answers)
        if len(encoded) > limit or b"\\u0000" in encoded:
            raise AnswersNotStorable
        kept: dict[str, Any] = msgspec.json.decode(encoded)
    except (ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        raise AnswersNotStorable from None
    return kept


async def list_forms(tx: Tx, caller: Caller) -> list[OpenForm]:
    return await responses.list_open_forms(tx, person_of(caller))


async def _open_version(tx: Tx, code: str) -> tuple[VersionRow, Form]:
    """The published version of a form that people fill themselves. Raises FormNotFound."""
    version = await definitions.published_version(tx, code)
    if version is None:
        raise FormNotFound
    form = await ready(tx, version.id)
    if not form.definition.self_service:
        raise FormNotFound
    return version, form


async def open_form(tx: Tx, caller: Caller, code: str) -> Sheet:
    """The caller's draft, or a fresh sheet of the published version. Raises FormNotFound, NoPerson."""
    person_id = person_of(caller)
    version, form = await _open_version(tx, code)
    context = await context_of(tx, person_id)
    draft = await responses.get_draft(tx, person_id, code)
    if draft is None:
        answers = initial_answers(form)
        return Sheet(new_id(), 0, version.version, form, answers, assess(form, answers, context), None)
    await audit.record(
        tx, caller, "forms.response.read", subject=f"forms.responses/{draft.id}", person_id=person_id
    )
    form = await ready(tx, draft.form_version_id)
    return _sheet(draft, form, assess(form, draft.answers, context))


def _sheet(draft: Response, form: Form, evaluation: Evaluation) -> Sheet:
    return Sheet(
        draft.id, draft.revision, draft.form_version, form, draft.answers, evaluation, draft.updated_at
    )


async def save_draft(
    tx: Tx,
    caller: Caller,
    code: str,
    response_id: UUID,
    version: int,
    revision: int,
    answers: Mapping[str, Any],
) -> Sheet:
    """Keep `answers` as they are, right or wrong; the evaluation tells what is missing.

    `revision` is the one the client last saw. The same answers again change nothing, whatever the revision, so a
    doubled request is harmless. Raises AnswersChanged, ResponseCompleted, FormRenewed, FormNotFound, ResponseNotFound.
    """
    person_id = person_of(caller)
    published, form = await _open_version(tx, code)
    kept = storable(answers)
    context = await context_of(tx, person_id)
    stored = await responses.lock_response(tx, response_id)
    if stored is None and revision == 0:
        if published.version != version:
            raise FormRenewed
        found = assess(form, kept, context)
        inserted = await responses.insert_draft(
            tx,
            response_id,
            published.form_id,
            published.id,
            person_id,
            kept,
            found.completeness,
            caller.account_id,
        )
        if inserted:
            await _record_write(tx, caller, response_id, person_id)
            return Sheet(response_id, 1, version, form, kept, found, clock.now())
        stored = await responses.lock_response(tx, response_id)
        if stored is None:
            raise await _elsewhere(tx, person_id, code)
    draft = _own_draft(stored, person_id, code)
    form = await ready(tx, draft.form_version_id)
    found = assess(form, kept, context)
    if draft.answers == kept:
        return _sheet(draft, form, found)
    if draft.revision != revision:
        raise AnswersChanged(draft.id, draft.revision)
    await responses.save_draft(tx, draft.id, kept, found.completeness, caller.account_id)
    await _record_write(tx, caller, draft.id, person_id)
    saved = replace(draft, answers=kept, revision=revision + 1, updated_at=clock.now())
    return _sheet(saved, form, found)


async def _elsewhere(tx: Tx, person_id: UUID, code: str) -> Exception:
    """Why a first save found no place: another device has a draft, or has just completed it."""
    other = await responses.get_draft(tx, person_id, code)
    return ResponseCompleted() if other is None else AnswersChanged(other.id, other.revision)


def _own_draft(stored: Response | None, person_id: UUID, code: str) -> Response:
    if stored is None or stored.person_id != person_id or stored.form_code != code:
        raise ResponseNotFound
    if stored.status == "completed":
        raise ResponseCompleted
    return stored


async def complete(tx: Tx, caller: Caller, code: str, response_id: UUID, revision: int) -> Response:
    """Freeze the draft as the client last saw it. Completing again gives the completed response once more.

    Raises AnswersIncomplete, AnswersChanged, ResponseNotFound.
    """
    person_id = person_of(caller)
    stored = await responses.lock_response(tx, response_id)
    if stored is not None and stored.person_id == person_id and stored.status == "completed":
        return stored
    draft = _own_draft(stored, person_id, code)
    await _open_version(tx, code)
    if draft.revision != revision:
        raise AnswersChanged(draft.id, draft.revision)
    form = await ready(tx, draft.form_version_id)
    context = await context_of(tx, person_id)
    found = assess(form, draft.answers, context)
    if found.faults:
        raise AnswersIncomplete(found.faults)
    await responses.complete_draft(tx, draft.id, found, context)
    await _tell_completed(tx, caller, draft.id, person_id, code)
    completed = await responses.get_own(tx, draft.id, person_id)
    assert completed is not None
    return completed


async def save_completed(
    tx: Tx,
    person_id: UUID,
    form_code: str,
    answers: Mapping[str, Any],
    author: Caller,
    *,
    context: Mapping[str, Any] | None = None,
    completed_at: datetime | None = None,
) -> Response:
    """A complete response in one step, on the published version: for staff on a person's behalf, imports and seeding.

    `context` goes before what is known of the person. Raises FormNotFound, AnswersIncomplete, AnswersNotStorable.
    """
    version = await definitions.published_version(tx, form_code)
    if version is None:
        raise FormNotFound
    known = {**await context_of(tx, person_id), **(context or {})}
    found = assess(await ready(tx, version.id), storable(answers), known)
    if found.faults:
        raise AnswersIncomplete(found.faults)
    response_id = new_id()
    await responses.insert_completed(
        tx,
        response_id,
        version.form_id,
        version.id,
        person_id,
        found,
        known,
        author.account_id,
        completed_at or clock.now(),
    )
    await _tell_completed(tx, author, response_id, person_id, form_code)
    completed = await responses.get_own(tx, response_id, person_id)
    assert completed is not None
    return completed


async def _record_write(tx: Tx, caller: Caller, response_id: UUID, person_id: UUID) -> None:
    await audit.record(
        tx, caller, "forms.response.write", subject=f"forms.responses/{response_id}", person_id=person_id
    )


async def _tell_completed(tx: Tx, caller: Caller, response_id: UUID, person_id: UUID, code: str) -> None:
    await audit.record(
        tx,
        caller,
        "forms.response.complete",
        subject=f"forms.responses/{response_id}",
        person_id=person_id,
        detail={"form": code},
    )
    await live.tell(tx, "forms.responses", person_id=person_id, institution_id=caller.institution_id)
    await publish(tx, QuestionnaireCompleted(person_id=person_id, form_code=code, response_id=response_id))
