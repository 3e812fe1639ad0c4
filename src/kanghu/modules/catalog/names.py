"""Names of items, in the form in which they are compared."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_GREEK: Final = str.maketrans({"γ": "r", "β": "b", "α": "a"})
_IGNORED: Final = re.compile(r"[^0-9a-z%#\u3400-\u9fff]")


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Full-width to plain, lower case, without spaces and punctuation; cached, since the same names come all day.

    >>> fold("总 胆红素（ＴＢＩＬ）")
    '总胆红素tbil'
    """
    plain = unicodedata.normalize("NFKC", text.translate(_GREEK)).casefold()
    return _IGNORED.sub("", plain)
