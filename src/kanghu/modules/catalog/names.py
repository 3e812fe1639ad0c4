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


@lru_cache(maxsize=16384)
def syllables(text: str) -> tuple[str, ...]:
    """The folded text in pinyin, one syllable a character; what is not Chinese stays together.

    >>> syllables("总胆红素")
    ('zong', 'dan', 'hong', 'su')
    """
    from pypinyin import lazy_pinyin  # half a second of dictionaries, which not every process needs

    return tuple(lazy_pinyin(fold(text)))


def spoken(text: str, term: str) -> bool:
    """Whether `term` spells the text, or a part of it, in pinyin: whole syllables from any character on, or initials.

    >>> spoken("总胆红素", "danhong"), spoken("总胆红素", "zdhs"), spoken("总胆红素", "anhong")
    (True, True, False)
    """
    said = syllables(text)
    initials = "".join(syllable[0] for syllable in said)
    return any(
        "".join(said[place:]).startswith(term) or initials.startswith(term, place)
        for place in range(len(said))
    )
