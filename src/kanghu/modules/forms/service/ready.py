"""Forms made ready to be evaluated, and what is known of the person who is asked."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.db import Tx
from kanghu.modules.forms.engine import Definition, Form, prepare
from kanghu.modules.forms.repository import definitions

MAX_READY = 200
_READY: dict[UUID, Form] = {}

PersonContext = Callable[[Tx, UUID], Awaitable[Mapping[str, Any]]]


async def _unknown(_tx: Tx, _person_id: UUID) -> Mapping[str, Any]:
    return {}


_person_context: PersonContext = _unknown


def describe_persons_with(source: PersonContext) -> None:
    """`people` stands above this floor, so it brings the way to ask for sex and age itself."""
    global _person_context
    _person_context = source


async def context_of(tx: Tx, person_id: UUID) -> dict[str, Any]:
    """`%sex`, `%age` as far as known, and `%today`: what conditions may ask besides answers."""
    return {**await _person_context(tx, person_id), "%today": clock.today().isoformat()}


async def ready(tx: Tx, version_id: UUID) -> Form:
    """The form of a published or retired version; those never change, so they are prepared once per process."""
    if version_id not in _READY:
        if len(_READY) >= MAX_READY:
            _READY.clear()
        definition = await definitions.get_definition(tx, version_id)
        _READY[version_id] = prepare(Definition.model_validate(definition))
    return _READY[version_id]
