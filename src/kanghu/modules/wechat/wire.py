"""Bodies of WeChat's callback: XML, or JSON where a mini-program chose it. Read with suspicion, into text by name."""

from typing import Any
from xml.parsers import expat

import msgspec

MAX_BYTES = 64 * 1024
"""Messages are at most a few KiB."""
_DEPTH = 8

Fields = dict[str, Any]
"""Name → text, or fields again; of a name that is there several times, the last."""


class Unreadable(Exception):
    """Neither of the two formats, or with parts that none of WeChat's messages has."""


def read(body: bytes) -> Fields:
    """Raises `Unreadable`."""
    if len(body) > MAX_BYTES:
        raise Unreadable("too long")
    return _read_json(body) if body.lstrip()[:1] == b"{" else _read_xml(body)


def text(fields: Fields, name: str) -> str:
    """The text under `name`, empty when there is none; numbers of the JSON format as text."""
    found = fields.get(name, "")
    return found if isinstance(found, str) else str(found) if isinstance(found, int | float) else ""


def _read_json(body: bytes) -> Fields:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable("json") from error


def _read_xml(body: bytes) -> Fields:
    """The elements below the root. A document type is refused, and with it every entity but the five of XML itself."""
    stack: list[tuple[str, Fields, list[str]]] = []
    whole: Fields = {}

    def start(name: str, _attributes: dict[str, str]) -> None:
        if len(stack) >= _DEPTH:
            raise Unreadable("too deep")
        stack.append((name, {}, []))

    def end(_name: str) -> None:
        name, inner, pieces = stack.pop()
        (stack[-1][1] if stack else whole)[name] = inner or "".join(pieces)

    def data(piece: str) -> None:
        stack[-1][2].append(piece)

    def refuse(*_declared: Any) -> None:
        raise Unreadable("document type")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Unreadable("xml") from error
    root = whole.get("xml")
    if not isinstance(root, dict):
        raise Unreadable("no xml element")
    return root
