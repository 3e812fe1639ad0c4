"""Who a person is, as pure rules: normal forms, what an id number says, and the comparison behind code 401.

Everything that is looked up by a blind index is normalised here first, so two spellings of the same name or
number meet in the same index. Nothing here touches the database or the vault.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric

MALE, FEMALE = "1", "2"  # GB/T 2261.1; 0 unknown and 9 unspecified contradict nothing an id number says

NAME_MAX = 50  # DE02.01.039.00, A..50
ID_NUMBER_MAX = 18  # DE02.01.030.00, AN..18
PHONE_MAX = 20  # DE02.01.010.00, AN..20

# What different keyboards and systems produce for the one dot of a translated name (GB 18030 writes U+00B7).
_DOTS = "\u00b7\u2022\u2027\u30fb\uff65\u2219\u22c5\u25cf\u2e31\u16eb\u1427"
_DOT_RUN = re.compile(rf"\s*[{_DOTS}][\s{_DOTS}]*")
_HAN = "\u3007\u3400-\u9fff\ue000-\uf8ff\U00020000-\U0003ffff"
# Some systems print a full stop where the dot belongs: between two Han characters it is never anything else.
_FULL_STOP_AS_DOT = re.compile(rf"(?<=[{_HAN}])\s*\.\s*(?=[{_HAN}])")
_SPACES = re.compile(r"\s+")
_CITIZEN_15 = re.compile(r"[0-9]{15}")
_CITIZEN_18 = re.compile(r"[0-9]{17}[0-9X]")


class Malformed(ValueError):
    """A value that cannot be what it claims to be. The message is Chinese and shown to the person who typed it."""


# ---- names -----------------------------------------------------------------------------------------------------


def normalise_name(raw: str) -> str:
    """The one spelling of a name that is stored, shown and indexed.

    NFKC folds full-width letters and compatibility forms; rare characters (extension blocks, private use) stay as
    they are. Invisible format characters go, every kind of middle dot becomes U+00B7, and spaces survive only
    between two non-Han words (`Li  Ming` → `Li Ming`, `张 三` → `张三`).

    Raises Malformed when nothing is left, when it is longer than 50 characters, or holds control characters or
    digits.
    """
    text = unicodedata.normalize("NFKC", "".join(c for c in raw if unicodedata.category(c) != "Cf"))
    text = _FULL_STOP_AS_DOT.sub("·", text)
    text = _DOT_RUN.sub("·", text)
    text = _SPACES.sub(_space_between, text.strip())
    if not text.strip("·"):
        raise Malformed("请填写姓名")
    if len(text) > NAME_MAX:
        raise Malformed(f"姓名不能超过 {NAME_MAX} 个字")
    if not all(_belongs_in_name(c) for c in text):
        raise Malformed("姓名中有不能使用的字符")
    return text


def name_key(raw: str) -> str:
    """What the blind index of a name is made from: the normal form without regard to Latin case."""
    return normalise_name(raw).casefold()


def _space_between(match: re.Match[str]) -> str:
    before, after = match.string[match.start() - 1], match.string[match.end()]
    return "" if _is_wide(before) or _is_wide(after) else " "


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def _belongs_in_name(character: str) -> bool:
    # Co: characters a registry of rare names placed in the private use area; Cn: newer than this Unicode database.
    return unicodedata.category(character)[0] in "LM" or (
        character in " ·.,'-’〇" or unicodedata.category(character) in ("Co", "Cn")
    )


# ---- id numbers ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CitizenFacts:
    """What a citizen's number (居民身份证号码) says about its bearer."""

    birth_date: date
    sex: str


def citizen_number(raw: str) -> str | None:
    """The 18-character form of a citizen's number (GB 11643-1999), or None if `raw` is not one.

    Accepts the 15-digit form of the cards before 1999 (the century is 19) and a lower-case x. Checksum and date
    are verified; the region code is not, because codes are issued and withdrawn faster than any shipped list.
    """
    number = _compact(raw)
    if _CITIZEN_15.fullmatch(number):
        number = f"{number[:6]}19{number[6:]}"
        number += ric.calc_check_digit(number + "0")
    if not _CITIZEN_18.fullmatch(number) or ric.calc_check_digit(number) != number[-1]:
        return None
    return number if _date_in(number) else None


def citizen_facts(number: str) -> CitizenFacts:
    """Birth date and sex in an 18-character citizen's number. Raises Malformed if it is not one."""
    birth_date = _date_in(number) if _CITIZEN_18.fullmatch(number) else None
    if birth_date is None:
        raise Malformed("身份证号码不正确")
    return CitizenFacts(birth_date=birth_date, sex=MALE if int(number[16]) % 2 else FEMALE)


def normalise_id_number(id_type: str, raw: str) -> str:
    """The stored form of an id number: 18 characters for 居民身份证 (id type 01), else as given without spaces.

    Raises Malformed for an empty or over-long one, and for a 居民身份证 whose checksum or date is wrong.
    """
    if id_type == "01":
        number = citizen_number(raw)
        if number is None:
            raise Malformed("身份证号码不正确，请核对")
        return number
    number = _SPACES.sub("", unicodedata.normalize("NFKC", raw))
    if not number or len(number) > ID_NUMBER_MAX:
        raise Malformed(f"证件号码应为 1 至 {ID_NUMBER_MAX} 位")
    return number


def id_number_key(raw: str) -> str:
    """What the blind index of an id number is made from. Knows no id type, because a caller may not send one:

    a number that is a citizen's number counts as its 18-character form whatever document it was read from
    (户口簿 and 驾驶证 carry it too); any other is compared without spaces, hyphens and case.
    """
    return citizen_number(raw) or _compact(raw)


def id_class(id_type: str, raw: str) -> str:
    """Within what an id number is unique: `citizen` for citizens' numbers, else its own document type."""
    return id_type if citizen_number(raw) is None else "citizen"


def contradictions(id_number: str | None, sex: str, birth_date: date) -> tuple[str, ...]:
    """Which of `sex` and `birth_date` a citizen's number contradicts (other numbers contradict nothing)."""
    number = citizen_number(id_number) if id_number else None
    if number is None:
        return ()
    facts = citizen_facts(number)
    wrong_sex = sex in (MALE, FEMALE) and sex != facts.sex
    return tuple(
        name
        for name, differs in (("sex", wrong_sex), ("birth_date", birth_date != facts.birth_date))
        if differs
    )


def _compact(raw: str) -> str:
    return re.sub(r"[\s\-‐‑–—]", "", unicodedata.normalize("NFKC", raw)).upper()


def _date_in(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


# ---- phones ----------------------------------------------------------------------------------------------------


def normalise_phone(raw: str) -> str:
    """Digits only; the prefix 86 of a mainland mobile number goes, other countries keep `+` and their code.

    Raises Malformed if fewer than 5 or more than 20 characters are left, or anything but digits.
    """
    text = re.sub(r"[\s()\-‐‑–—.]", "", unicodedata.normalize("NFKC", raw))
    text = re.sub(r"^00(?=[1-9])", "+", text)
    text = re.sub(r"^(?:\+?86)(?=1[0-9]{10}$)", "", text)
    if not re.fullmatch(r"\+?[0-9]{5,19}", text):
        raise Malformed("电话号码不正确，请核对")
    return text


def last_four(phone: str) -> str:
    """The last four digits, for the index by which staff find a person who gives only these."""
    return phone[-4:]


# ---- masks -----------------------------------------------------------------------------------------------------


def mask_name(name: str) -> str:
    """张三 → 张*, 张小三 → 张*三, 欧阳小娜 → 欧**娜."""
    if len(name) <= 2:
        return f"{name[:1]}*"
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def mask_id_number(number: str) -> str:
    """Region and last four of a citizen's number; of a shorter number only its first and last characters."""
    if len(number) >= 15:
        return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"
    if len(number) >= 6:
        return f"{number[0]}{'*' * (len(number) - 3)}{number[-2:]}"
    return "*" * len(number)


def mask_phone(phone: str) -> str:
    """138****5678; of a shorter number only the last two digits."""
    if len(phone) >= 11:
        return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
    return f"{'*' * (len(phone) - 2)}{phone[-2:]}"


_AREA = re.compile(r".{1,12}?[区县旗]|.{1,12}?[市州盟]|.{1,12}?省")


def mask_address(address: str) -> str:
    """Down to the district (北京市海淀区****), or nothing when no administrative area opens the address."""
    area = _AREA.match(address)
    return f"{area.group() if area else ''}****"


# ---- order -----------------------------------------------------------------------------------------------------

# Readings that characters have as surnames and that pypinyin 0.55 does not give. General knowledge of common
# readings (source: none quoted), confidence memory: they order a list and decide nothing. Surnames with two live
# readings (牟, 隗) are left to pypinyin.
# fmt: off
_SURNAMES = {
    "乐正": "yuezheng",
    "单": "shan", "仇": "qiu", "解": "xie", "曾": "zeng", "查": "zha", "区": "ou",
    "朴": "piao", "盖": "ge", "缪": "miao", "翟": "zhai", "乐": "yue", "员": "yun",
    "折": "she", "覃": "qin", "秘": "bi", "种": "chong", "繁": "po", "召": "shao",
    "黑": "he", "祭": "zhai", "卜": "bu", "薄": "bo", "句": "gou", "洗": "xian",
    "粘": "nian", "佴": "nai", "藏": "zang", "阚": "kan", "都": "du", "便": "pian",
}
# fmt: on


def sort_key(name: str) -> str:
    """By pinyin, surname first, for a list that is already open in memory.

    It is never stored: a pinyin key tells the name. Paged lists are ordered by person id instead (the order of
    registration), short ones (a family) by this key after opening.
    """
    from pypinyin import lazy_pinyin  # its dictionaries take 30 MB; only processes that sort pay for them

    for length in (2, 1):
        reading = _SURNAMES.get(name[:length])
        if reading:
            return " ".join([reading, *lazy_pinyin(name[length:])])
    return " ".join(lazy_pinyin(name))


# ---- the identity check ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredIdentity:
    """What the 401 check needs of a person on record; the indexes are blind."""

    name_index: bytes
    sex: str
    birth_date: date
    id_number_index: bytes | None


@dataclass(frozen=True, slots=True)
class GivenIdentity:
    """The same of a person in a message. `id_number_index` is None when no number was sent."""

    name_index: bytes
    sex: str
    birth_date: date
    id_number_index: bytes | None = None


def compare_identity(stored: StoredIdentity, given: GivenIdentity) -> tuple[str, ...]:
    """Names of the fields that differ, in the order of the `person` data set; empty when it is the same person.

    Names meet in normal form and 15- and 18-digit numbers are equal, because both sides are indexes of normal
    forms. The number counts only when it was sent and one is on record (decision 5).
    """
    pairs: Sequence[tuple[str, object, object]] = (
        ("name", stored.name_index, given.name_index),
        ("sex", stored.sex, given.sex),
        ("birth_date", stored.birth_date, given.birth_date),
    )
    if given.id_number_index is not None and stored.id_number_index is not None:
        pairs = (*pairs, ("id_number", stored.id_number_index, given.id_number_index))
    return tuple(name for name, ours, theirs in pairs if ours != theirs)
