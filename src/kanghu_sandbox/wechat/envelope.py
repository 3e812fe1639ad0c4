"""The XML of pushes and replies, in the clear and encrypted."""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Union
from xml.etree import ElementTree

from . import crypt

Value = Union[str, int, float, "Fields", Sequence["Fields"]]
Fields = Mapping[str, Value]
"""A string becomes CDATA, a number stands bare, a list repeats its element, as WeChat writes them."""


_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadReply(Exception):
    """An answer to a push that WeChat cannot use."""


def write(fields: Fields) -> str:
    """`<xml>…</xml>`."""
    return f"<xml>{_inner(fields)}</xml>"


def seal(fields: Fields, to: str, key: str, app_id: str, plain_too: bool) -> tuple[str, str]:
    """The body of an encrypted push and its ciphertext; the compatible mode shows the plain fields as well."""
    ciphertext = crypt.encrypt(key, app_id, write(fields).encode())
    return write({**(fields if plain_too else {"ToUserName": to}), "Encrypt": ciphertext}), ciphertext


def read(body: bytes) -> ElementTree.Element:
    """The `<xml>` of a reply. Raises BadReply."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise BadReply("应答的 XML 不得有 DOCTYPE")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  entities are refused above
    except ElementTree.ParseError as reason:
        raise BadReply(f"应答不是 XML：{reason}") from reason
    if root.tag != "xml":
        raise BadReply("应答的根元素应为 xml")
    return root


def open_reply(root: ElementTree.Element, token: str, key: str, app_id: str) -> ElementTree.Element:
    """The reply inside an encrypted one. Raises BadReply when signature, key or appid are wrong."""
    ciphertext, stamp = text_of(root, "Encrypt"), text_of(root, "TimeStamp")
    expected = crypt.sign(token, stamp, text_of(root, "Nonce"), ciphertext)
    if not secrets.compare_digest(expected, text_of(root, "MsgSignature")):
        raise BadReply("应答的 MsgSignature 不符")
    try:
        return read(crypt.decrypt(key, app_id, ciphertext))
    except crypt.BadCiphertext as reason:
        raise BadReply(f"应答{reason}") from reason


def text_of(root: ElementTree.Element, path: str) -> str:
    """The text at a path below the root, empty when there is none."""
    return root.findtext(path) or ""


def _inner(fields: Fields) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Value) -> str:
    if isinstance(value, str):
        escaped = _NOT_IN_XML.sub("", value).replace("]]>", "]]]]><![CDATA[>")
        return f"<{name}><![CDATA[{escaped}]]></{name}>"
    if isinstance(value, int | float):
        return f"<{name}>{value}</{name}>"
    if isinstance(value, Mapping):
        return f"<{name}>{_inner(value)}</{name}>"
    return "".join(_element(name, one) for one in value)
