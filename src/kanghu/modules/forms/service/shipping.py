"""What the product brings along: the definitions in `data/`, loaded at the start of an installation and of each upgrade."""

import json
from importlib import resources
from typing import Any

from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.modules.forms.engine import Definition, prepare
from kanghu.modules.forms.repository import definitions

SHIPPED = ("health_self_test", "phq9", "gad7")


def shipped_definition(code: str) -> dict[str, Any]:
    text = (
        resources.files("kanghu.modules.forms").joinpath("data", f"{code}.json").read_text(encoding="utf-8")
    )
    definition: dict[str, Any] = json.loads(text)
    return definition


async def seed_forms(tx: Tx) -> None:
    """Publish every shipped form; an unchanged one is left alone.

    A changed one becomes a new version: published where the hospital still uses what was shipped before, a draft to be
    looked at where it has made its own version or retired the form.
    """
    for code in SHIPPED:
        await _seed(tx, shipped_definition(code))


async def _seed(tx: Tx, raw: dict[str, Any]) -> None:
    definition = prepare(Definition.model_validate(raw)).definition
    is_new = await definitions.insert_form(tx, new_id(), definition.code, definition.title, definition.kind)
    form = await definitions.get_form(tx, definition.code)
    assert form is not None
    await definitions.lock_form(tx, form.id)
    if await definitions.newest_shipped(tx, form.id) == raw:
        return
    version_id = new_id()
    number = await definitions.insert_draft(tx, version_id, form.id, raw, None, shipped=True)
    published = await definitions.published_version(tx, definition.code)
    if number is not None and (is_new or (published is not None and published.shipped)):
        await definitions.retire_published(tx, form.id)
        await definitions.publish_draft(tx, version_id, None, definition.title)
