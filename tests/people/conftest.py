"""People and callers for the tests of this module. Names and numbers are made up; checksums are right."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from uuid import UUID

import pytest

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.modules.accounts import public as accounts
from kanghu.modules.people import public as people
from kanghu.modules.people.models import PersonInput

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_serials = count(1)


def citizen_number(birth: date, sex: str, serial: int | None = None) -> str:
    """A well-formed id number (GB 11643), a new one each time."""
    number = serial if serial is not None else next(_serials) * 2 % 1000 + (sex == "1")
    body = f"110105{birth:%Y%m%d}{number:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def a_person(name: str = "王小明", **changes: object) -> PersonInput:
    birth, sex = date(1980, 5, 6), "1"
    values: dict[str, object] = {
        "name": name,
        "sex": sex,
        "birth_date": birth,
        "id_type": "01",
        "id_number": citizen_number(birth, sex),
        "phone": "13812345678",
        "address": "北京市海淀区中关村大街1号",
    }
    return PersonInput(**(values | changes))  # type: ignore[arg-type]


def as_json(person: PersonInput) -> dict[str, object]:
    """What a client sends for this person."""
    names = ("name", "sex", "id_type", "id_number", "phone", "address", "nation", "blood_type_rh")
    values = {name: getattr(person, name) for name in names if getattr(person, name) is not None}
    return values | {"birth_date": person.birth_date.isoformat()}


@dataclass(frozen=True)
class Hospital:
    """Two institutions; the first has two departments and a doctor."""

    ours: UUID
    other: UUID
    checkup: UUID
    chronic: UUID
    doctor: UUID


async def build_hospital(tx: Tx) -> Hospital:
    ours = await accounts.create_institution(tx, "ours", "康护医院")
    other = await accounts.create_institution(tx, "other", "另一医院")
    checkup = await accounts.create_department(tx, ours, "checkup", "体检中心")
    chronic = await accounts.create_department(tx, ours, "chronic", "慢病科")
    doctor = await accounts.create_staff_account(
        tx,
        username="doctor",
        password="Ying-Shan-Hong-7",
        display_name="李医生",
        institution_id=ours,
        department_id=checkup,
    )
    return Hospital(ours, other, checkup, chronic, doctor)


@pytest.fixture
async def hospital(database: Database) -> Hospital:
    async with database.transaction() as tx:
        return await build_hospital(tx)


Register = Callable[..., Awaitable[UUID]]


@pytest.fixture
def register(database: Database) -> Register:
    """`await register(person, institution, department_id=…, responsible_account_id=…)`, committed."""

    async def make(person: PersonInput, institution_id: UUID, **placed: UUID) -> UUID:
        async with database.transaction() as tx:
            return await people.register_person(tx, SYSTEM, person, institution_id, **placed)

    return make


def a_customer(person_id: UUID, institution_id: UUID) -> Caller:
    return Caller(kind="customer", account_id=new_id(), person_id=person_id, institution_id=institution_id)
