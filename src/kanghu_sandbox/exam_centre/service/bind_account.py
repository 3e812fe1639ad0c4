"""US-K1 绑定体检账号."""

from kanghu_sandbox.wire.envelope import Envelope, Message, error, info
from kanghu_sandbox.wire.messages import IdentifiedPerson

from .. import identity, repository
from ..store import Tx

IDENTITY_CONFLICT = "E01"


def bind_account(tx: Tx, person: IdentifiedPerson) -> Envelope:
    """The exam account of a person; who isn't known gets a new one, said with 103.

    104 when the document belongs to somebody whose other data differ: handing out that account would give one person's
    health data to another. The stored values are never told.
    """
    known = repository.find_by_document(tx, person.id_type, person.id_number)
    if known is None:
        account = repository.add_person(tx, person, origin="K1")
        return Envelope(accepted=True, messages=[_nobody(person)], data={"exam_account": account})
    if fields := identity.differing_fields(known.person, person):
        return Envelope(accepted=False, messages=[_conflict(fields)])
    return Envelope(accepted=True, data={"exam_account": known.exam_account})


def _nobody(person: IdentifiedPerson) -> Message:
    asked = f"{person.name}，{person.sex}，{person.birth_date}，{identity.masked(person.id_number)}"
    return info("103", f"{asked}，查无账号", created=True)


def _conflict(fields: list[str]) -> Message:
    reason = f"证件号码已登记，但{identity.in_chinese(fields)}不一致"
    return error("104", f"绑定失败！{IDENTITY_CONFLICT} {reason}", reason=IDENTITY_CONFLICT, fields=fields)
