"""A person between the open form and the row: what is sealed, and the blind indexes beside it."""

from typing import Any
from uuid import UUID

from kanghu.kernel.crypto import Vault, vault
from kanghu.kernel.db import Record
from kanghu.modules.people import identity
from kanghu.modules.people.models import Person, PersonInput, Search

SEALED = ("name", "id_number", "phone", "address")
PLAIN = (
    "sex",
    "birth_date",
    "nation",
    "marital_status",
    "education",
    "occupation",
    "blood_type_abo",
    "blood_type_rh",
)


def name_index(name: str) -> bytes:
    return vault.blind_index("name", identity.name_key(name))


def id_number_index(number: str, keys: Vault = vault) -> bytes:
    return keys.blind_index("id_number", identity.id_number_key(number))


def phone_index(phone: str) -> bytes:
    return vault.blind_index("phone", phone)


def phone_last4_index(last4: str) -> bytes:
    return vault.blind_index("phone_last4", last4)


def identity_indexes(keys: Vault, name: str, id_number: str | None = None) -> tuple[bytes, bytes | None]:
    """The blind indexes (name, id number) of an identity in a message, for the check behind 401.

    A name that can be nobody's (empty, over-long) gets the index of its raw text, which matches nobody.
    """
    try:
        key = identity.name_key(name)
    except identity.Malformed:
        key = f"\x00{name}"
    return keys.blind_index("name", key), id_number_index(id_number, keys) if id_number else None


def sealed_values(person_id: UUID, person: PersonInput) -> dict[str, bytes | None]:
    """The sealed columns of `person` under the current key. They are always written together."""

    def seal(name: str, value: str | None) -> bytes | None:
        return None if value is None else vault.seal(value, f"people.persons.{name}", person_id)

    return {f"{name}_sealed": seal(name, getattr(person, name)) for name in SEALED}


def columns(person_id: UUID, person: PersonInput) -> dict[str, Any]:
    """Every column that `person` (checked, in normal form) fills, sealed where it must be."""
    number, phone = person.id_number, person.phone
    return {
        "id": person_id,
        **sealed_values(person_id, person),
        "name_index": name_index(person.name),
        "id_type": person.id_type,
        "id_class": identity.id_class(person.id_type, number) if person.id_type and number else None,
        "id_number_index": id_number_index(number) if number else None,
        "phone_index": phone_index(phone) if phone else None,
        "phone_last4_index": phone_last4_index(identity.last_four(phone)) if phone else None,
        **{name: getattr(person, name) for name in PLAIN},
    }


def opened(row: Record) -> Person:
    """The person in a row of `people.persons` (columns of `repository.persons.COLUMNS`)."""
    values = dict(row)
    for name in SEALED:
        sealed = values.pop(f"{name}_sealed")
        values[name] = None if sealed is None else vault.open(sealed, f"people.persons.{name}", row["id"])
    return Person(**values)


def search_for(
    name: str | None = None,
    id_number: str | None = None,
    phone: str | None = None,
    phone_last4: str | None = None,
) -> Search:
    """The blind indexes of what staff typed. Raises `identity.Malformed`."""
    return Search(
        name=name_index(name) if name else None,
        id_number=id_number_index(id_number) if id_number else None,
        phone=phone_index(identity.normalise_phone(phone)) if phone else None,
        phone_last4=phone_last4_index(phone_last4) if phone_last4 else None,
    )
