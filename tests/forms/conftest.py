"""Real persons, so that sex and age come the way they come in the house."""

from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

import pytest

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM
from kanghu.modules.people import public as people

Enrol = Callable[[Tx, str], Awaitable[UUID]]


@pytest.fixture
def enrol() -> Enrol:
    """`await enrol(tx, "1")`: a person of this sex (GB/T 2261.1)."""

    async def make(tx: Tx, sex: str) -> UUID:
        return await people.register_person(
            tx, SYSTEM, people.PersonInput(name="王小明", sex=sex, birth_date=date(1979, 3, 5)), new_id()
        )

    return make


@pytest.fixture
async def man(database: Database, enrol: Enrol) -> UUID:
    async with database.transaction() as tx:
        return await enrol(tx, "1")


@pytest.fixture
async def woman(database: Database, enrol: Enrol) -> UUID:
    async with database.transaction() as tx:
        return await enrol(tx, "2")
