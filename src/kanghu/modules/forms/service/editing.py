"""Staff make forms: a draft is edited and tried out, published, and retired; what was published never changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.forms.engine import (
    Definition,
    DefinitionInvalid,
    Evaluation,
    Form,
    Problem,
    assess,
    prepare,
    read_definition,
)
from kanghu.modules.forms.errors import (
    DefinitionHasProblems,
    DraftExists,
    FormExists,
    FormNotFound,
    VersionChanged,
    VersionNotDraft,
    VersionNotFound,
    VersionNotPublished,
)
from kanghu.modules.forms.models import FormRow, VersionRow
from kanghu.modules.forms.repository import definitions
from kanghu.modules.forms.service.filling import storable

MAX_DEFINITION_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Edited:
    """A version with its definition as it was saved, and what is wrong with it."""

    version: VersionRow
    definition: Any
    problems: list[Problem]


async def list_forms(tx: Tx, after: str, limit: int) -> list[FormRow]:
    return await definitions.list_forms(tx, after, limit)


async def list_versions(tx: Tx, code: str) -> tuple[FormRow, list[VersionRow]]:
    form = await _form(tx, code)
    return form, await definitions.list_versions(tx, form.id)


async def get_version(tx: Tx, code: str, version: int) -> Edited:
    found = await _version(tx, code, version)
    return _edited(found, await definitions.get_definition(tx, found.id))


async def create_form(tx: Tx, caller: Caller, code: str, title: str, kind: str) -> Edited:
    """A form with an empty draft. Raises FormExists."""
    form_id = new_id()
    if not await definitions.insert_form(tx, form_id, code, title, kind):
        raise FormExists
    return await _add_draft(
        tx, caller, form_id, code, {"code": code, "title": title, "kind": kind, "item": []}
    )


async def create_draft(tx: Tx, caller: Caller, code: str, from_version: int) -> Edited:
    """A draft that begins as a copy of a version. Raises FormNotFound, VersionNotFound, DraftExists."""
    source = await _version(tx, code, from_version)
    return await _add_draft(tx, caller, source.form_id, code, await definitions.get_definition(tx, source.id))


async def _add_draft(tx: Tx, caller: Caller, form_id: UUID, code: str, definition: Any) -> Edited:
    await definitions.lock_form(tx, form_id)
    number = await definitions.insert_draft(tx, new_id(), form_id, definition, caller.account_id)
    if number is None:
        raise DraftExists
    await _record(tx, caller, "forms.form.write", code, number)
    return _edited(await _version(tx, code, number), definition)


async def save_draft(
    tx: Tx, caller: Caller, code: str, version: int, revision: int, definition: Mapping[str, Any]
) -> Edited:
    """Keep the draft also with problems, and tell them. Raises VersionNotFound, VersionNotDraft, VersionChanged."""
    found = await _draft(tx, code, version)
    kept = storable(definition, MAX_DEFINITION_BYTES)
    if await definitions.save_draft(tx, found.id, revision, kept) is None:
        raise VersionChanged(found.revision)
    await _record(tx, caller, "forms.form.write", code, version)
    return _edited(await _version(tx, code, version), kept)


async def publish(tx: Tx, caller: Caller, code: str, version: int, revision: int) -> VersionRow:
    """From now on this version is filled; the one before is retired, drafts of it may still be finished.

    Raises VersionNotFound, VersionNotDraft, VersionChanged, DefinitionHasProblems.
    """
    found = await _draft(tx, code, version)
    if found.revision != revision:
        raise VersionChanged(found.revision)
    raw = await definitions.get_definition(tx, found.id)
    definition, problems = read_definition(raw)
    problems += _identity_problems(definition, await _form(tx, code))
    if definition is None or problems:
        raise DefinitionHasProblems(fields={p.link_id or "form": p.message for p in reversed(problems)})
    await definitions.retire_published(tx, found.form_id)
    await definitions.publish_draft(tx, found.id, caller.account_id, definition.title)
    await _record(tx, caller, "forms.form.publish", code, version)
    return await _version(tx, code, version)


def _identity_problems(definition: Definition | None, form: FormRow) -> list[Problem]:
    if definition is None or (definition.code, definition.kind) == (form.code, form.kind):
        return []
    return [Problem("", f"编码和种类应与表单一致：{form.code}，{form.kind}")]


async def retire(tx: Tx, caller: Caller, code: str, version: int) -> VersionRow:
    """Nobody can fill the form any more until another version is published. Raises VersionNotPublished."""
    found = await _version(tx, code, version)
    await definitions.lock_form(tx, found.form_id)
    if (await _version(tx, code, version)).status != "published":
        raise VersionNotPublished
    await definitions.retire_published(tx, found.form_id)
    await _record(tx, caller, "forms.form.publish", code, version)
    return await _version(tx, code, version)


async def try_out(
    tx: Tx, code: str, version: int, answers: Mapping[str, Any], context: Mapping[str, Any]
) -> Evaluation:
    """What the form would say to these answers. Raises DefinitionHasProblems."""
    found = await _version(tx, code, version)
    form = _prepared(await definitions.get_definition(tx, found.id))
    return assess(form, answers, {"%today": clock.today().isoformat(), **context})


def _prepared(raw: Any) -> Form:
    definition, problems = read_definition(raw)
    if definition is None:
        raise DefinitionHasProblems(fields={p.link_id or "form": p.message for p in problems})
    try:
        return prepare(definition)
    except DefinitionInvalid as error:
        raise DefinitionHasProblems(fields={p.link_id or "form": p.message for p in error.problems}) from None


def _edited(version: VersionRow, definition: Any) -> Edited:
    return Edited(version, definition, read_definition(definition)[1])


async def _form(tx: Tx, code: str) -> FormRow:
    found = await definitions.get_form(tx, code)
    if found is None:
        raise FormNotFound
    return found


async def _version(tx: Tx, code: str, version: int) -> VersionRow:
    found = await definitions.get_version(tx, code, version)
    if found is None:
        raise VersionNotFound
    return found


async def _draft(tx: Tx, code: str, version: int) -> VersionRow:
    """The draft, with its form locked so that nobody publishes or saves it at the same time."""
    form = await _form(tx, code)
    await definitions.lock_form(tx, form.id)
    found = await _version(tx, code, version)
    if found.status != "draft":
        raise VersionNotDraft
    return found


async def _record(tx: Tx, caller: Caller, action: str, code: str, version: int) -> None:
    await audit.record(tx, caller, action, subject=f"forms.forms/{code}", detail={"version": version})
