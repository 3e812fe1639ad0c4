"""US-K1 绑定体检账号."""

import sqlite3

from kanghu_sandbox.wire.envelope import Envelope, Message, error, info
from kanghu_sandbox.wire.messages import Person

from .. import identity, repository
from ..store import Tx


def bind_account(tx: Tx, person: Person) -> Envelope:
    """The exam account of a person; who isn't known gets a new one, said with 103.

    104 when the document belongs to somebody whose other data differ: handing out that account would give one person's
    health data to another. The stored values are never told.
    """
    known = repository.find_by_document(tx, person.id_type, person.id_number)
    if known is None:
        try:
            account = repository.add_person(tx, person, origin="K1")
        except sqlite3.Error as failure:
            return _failed("E02", "新建体检账号失败", error=type(failure).__name__)
        return Envelope(accepted=True, messages=[_nobody(person)], data={"exam_account": account})
    if fields := identity.differing_fields(known.person, person):
        reason = f"证件号码已登记，但{identity.in_chinese(fields)}不一致"
        return _failed("E01", reason, fields=fields)
    return Envelope(accepted=True, data={"exam_account": known.exam_account})


def _nobody(person: Person) -> Message:
    asked = f"{person.name}，{person.sex}，{person.birth_date}，{identity.masked(person.id_number)}"
    return info("103", f"{asked}，查无账号", created=True)


def _failed(code: str, reason: str, **details: object) -> Envelope:
    message = error("104", f"绑定失败！{code} {reason}", reason=code, **details)
    return Envelope(accepted=False, messages=[message])
