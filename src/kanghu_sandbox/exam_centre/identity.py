"""Who is who: pure rules to compare a person that arrives with one that is known."""

import unicodedata

from kanghu_sandbox.wire.messages import ID_CARD, IdentifiedPerson, Person

FIELD_NAMES = {"name": "姓名", "sex": "性别", "birth_date": "出生日期", "id_number": "证件号码"}

# The dots written between the parts of a name: · • ・ ‧ ⋅ ∙ ●  All mean the same.
_DOTS = str.maketrans(dict.fromkeys("•・‧⋅∙●．.", "·"))
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def name_key(name: str) -> str:
    """A name in one spelling: full-width letters narrowed, blanks removed, one kind of dot."""
    return "".join(unicodedata.normalize("NFKC", name).split()).translate(_DOTS).upper()


def id_key(id_type: str, number: str) -> str:
    """A document number in one spelling; an old 15-digit identity card becomes its 18-digit form (GB 11643-1999)."""
    key = "".join(unicodedata.normalize("NFKC", number).split()).upper()
    if id_type == ID_CARD and len(key) == 15 and key.isascii() and key.isdigit():
        body = key[:6] + "19" + key[6:]
        total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
        return body + _CHECK[total % 11]
    return key


def differing_fields(known: IdentifiedPerson, arrived: Person) -> list[str]:
    """Names of the identity fields in which two persons differ; the document is compared only when it was sent."""
    pairs = {
        "name": (name_key(known.name), name_key(arrived.name)),
        "sex": (known.sex, arrived.sex),
        "birth_date": (known.birth_date, arrived.birth_date),
    }
    if arrived.id_number:
        pairs["id_number"] = (_document(known, known.id_number), _document(arrived, arrived.id_number))
    return [field for field, (left, right) in pairs.items() if left != right]


def _document(person: Person, number: str) -> str:
    return f"{person.id_type}/{id_key(person.id_type, number)}"


def in_chinese(fields: list[str]) -> str:
    """Field names as a person reads them."""
    return "、".join(FIELD_NAMES[field] for field in fields)


def masked(number: str) -> str:
    """A document number that may stand in a message: the first four and the last two characters."""
    return number[:4] + "*" * max(len(number) - 6, 0) + number[-2:] if len(number) > 6 else "*" * len(number)
