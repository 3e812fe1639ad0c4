"""Keyset paging: the cursor carries the sort key of the last row, so page 10,000 costs what page 1 costs."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import Query
from pydantic import BaseModel

from kanghu.kernel.errors import Invalid

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="每页条数")]
Cursor = Annotated[str | None, Query(max_length=512, description="上一页返回的 next")]


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = None


def encode_cursor(*key: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str | None, *types: type) -> tuple[Any, ...] | None:
    """The sort key inside `cursor`, converted to `types`; None for the first page. Raises `Invalid`."""
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = msgspec.json.decode(raw, type=list)
        if len(values) != len(types):
            raise ValueError
        return tuple(msgspec.convert(value, kind) for value, kind in zip(values, types, strict=True))
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise Invalid("翻页位置无效，请从第一页重新开始", fields={"cursor": "无效"}) from error


def split_page(
    found: Sequence[T], limit: int, key: Callable[[T], tuple[Any, ...]]
) -> tuple[list[T], str | None]:
    """From `limit + 1` rows read: the page and the cursor of the next one (None at the end)."""
    items = list(found[:limit])
    more = len(found) > limit
    return items, encode_cursor(*key(items[-1])) if more and items else None
