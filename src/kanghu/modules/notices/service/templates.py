"""Templates: shipped with the product, reworded by staff. The program decides which placeholders there are."""

import json
from importlib import resources
from typing import Any

from kanghu.kernel import audit
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.notices.errors import TemplateChanged, TemplateInvalid, TemplateNotFound
from kanghu.modules.notices.models import Template
from kanghu.modules.notices.policy import text_problems
from kanghu.modules.notices.repository import templates as repository


async def list_templates(tx: Tx) -> list[Template]:
    return await repository.list_templates(tx)


async def list_versions(tx: Tx, code: str) -> list[Template]:
    """Newest first. Raises TemplateNotFound."""
    found = await repository.list_versions(tx, code)
    if not found:
        raise TemplateNotFound
    return found


async def reword(tx: Tx, caller: Caller, code: str, version: int, title: str, body: str) -> Template:
    """A new version, in force at once. `version` is the one that was reworded.

    Raises TemplateNotFound, TemplateChanged, TemplateInvalid.
    """
    current = await repository.current_template(tx, code)
    if current is None:
        raise TemplateNotFound
    texts = {"title": title, "body": body}
    wrong = {name: text_problems(text, current.placeholders) for name, text in texts.items()}
    if any(wrong.values()):
        raise TemplateInvalid(fields={name: "；".join(found) for name, found in wrong.items() if found})
    inserted = current.version == version and await repository.insert_template(
        tx,
        new_id(),
        code,
        version + 1,
        title,
        body,
        current.placeholders,
        shipped=False,
        author=caller.account_id,
    )
    if not inserted:
        raise TemplateChanged
    await audit.record(
        tx,
        caller,
        "notices.template.write",
        subject=f"notices.templates/{code}",
        detail={"version": version + 1},
    )
    made = await repository.current_template(tx, code)
    assert made is not None
    return made


def shipped_templates() -> list[dict[str, Any]]:
    text = (
        resources.files("kanghu.modules.notices")
        .joinpath("data", "templates.json")
        .read_text(encoding="utf-8")
    )
    found: list[dict[str, Any]] = json.loads(text)
    return found


async def seed_templates(tx: Tx) -> None:
    """Put the shipped templates in force. What the hospital has reworded stays, unless the program now fills other
    placeholders: then its wording could not be rendered any more."""
    for shipped in shipped_templates():
        await _seed(tx, shipped["code"], shipped["title"], shipped["body"], shipped["placeholders"])


async def _seed(tx: Tx, code: str, title: str, body: str, placeholders: dict[str, Any]) -> None:
    newest = await repository.newest_shipped(tx, code)
    if newest is not None and (newest.title, newest.body, newest.placeholders) == (title, body, placeholders):
        return
    current = await repository.current_template(tx, code)
    if current is not None and not current.shipped and current.placeholders == placeholders:
        return
    version = current.version + 1 if current is not None else 1
    await repository.insert_template(
        tx, new_id(), code, version, title, body, placeholders, shipped=True, author=None
    )
