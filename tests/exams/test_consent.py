"""Who withdraws the data-use agreement is not reached by the vendor's pushes any more."""

from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM
from kanghu.modules.exams import handlers
from kanghu.modules.exams import public as exams
from kanghu.modules.people.events import ConsentRevoked


async def test_the_withdrawn_agreement_unbinds_at_its_institution_only(tx: Tx) -> None:
    person, vendors, places = new_id(), (new_id(), new_id()), (new_id(), new_id())
    for vendor, place in zip(vendors, places, strict=True):
        await exams.bind_account(tx, SYSTEM, vendor, place, person, "A1")
    for kind, left in (("privacy", 2), ("data_use_agreement", 1)):
        await handlers.unbind(
            tx, ConsentRevoked(consent_id=new_id(), person_id=person, kind=kind, institution_id=places[0])
        )
        assert len(await exams.accounts_of(tx, person)) == left
    await exams.bind_account(tx, SYSTEM, vendors[0], places[0], person, "A1")
    assert len(await exams.accounts_of(tx, person)) == 2
