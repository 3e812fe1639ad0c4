"""A message as support staff may read it: personal values covered wherever they stand, documents left out."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from kanghu.modules.people import public as people

_MASKS: dict[str, Callable[[str], str]] = {
    "name": people.mask_name,
    "id_number": people.mask_id_number,
    "phone": people.mask_phone,
    "address": people.mask_address,
}
_DOCUMENTS = ("guide", "report")
LEFT_OUT = "（内容已略）"


def masked(body: str, answer: str) -> tuple[str, str]:
    """Request and answer, JSON texts or empty, masked together: an answer may repeat what the request said (103 does)."""
    decoded = [msgspec.json.decode(text) if text else None for text in (body, answer)]
    covers = {value: cover for part in decoded for value, cover in _personal(part, inside_person=False)}
    # The longest first: a short value may be part of a longer one.
    ordered = sorted(covers.items(), key=lambda pair: len(pair[0]), reverse=True)
    shown = [_covered(part, ordered) for part in decoded]
    return (
        msgspec.json.encode(shown[0]).decode() if body else "",
        msgspec.json.encode(shown[1]).decode() if answer else "",
    )


def _personal(value: Any, *, inside_person: bool) -> Iterator[tuple[str, str]]:
    """Personal values and what covers them. A `name` is a person's only inside `person`: items have names too."""
    if isinstance(value, list):
        for part in value:
            yield from _personal(part, inside_person=inside_person)
    if not isinstance(value, dict):
        return
    for key, part in value.items():
        if isinstance(part, str) and part and key in _MASKS and (inside_person or key != "name"):
            yield part, _MASKS[key](part)
        yield from _personal(part, inside_person=inside_person or key == "person")


def _covered(value: Any, covers: list[tuple[str, str]]) -> Any:
    if isinstance(value, str):
        for personal, cover in covers:
            value = value.replace(personal, cover)
        return value
    if isinstance(value, list):
        return [_covered(part, covers) for part in value]
    if isinstance(value, dict):
        return {key: _covered(_without_document(key, part), covers) for key, part in value.items()}
    return value


def _without_document(key: str, value: Any) -> Any:
    return {**value, "content": LEFT_OUT} if key in _DOCUMENTS and isinstance(value, dict) else value
