"""A few people the centre has known for years, so that some K1 calls find an account and some make one.

The document numbers are made up: right in form and check digit, given to nobody by us. One is still of the old 15-digit kind.
"""

from kanghu_sandbox.wire.messages import IdentifiedPerson

from . import data, repository
from .store import Tx


def seed(tx: Tx) -> None:
    """Store the demo people who aren't there yet."""
    people = [IdentifiedPerson.model_validate(row) for row in data.rows("persons.csv")]
    for person in people:
        if repository.find_by_document(tx, person.id_type, person.id_number) is None:
            repository.add_person(tx, person, origin="种子")
