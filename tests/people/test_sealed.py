"""What stands in the database: no clear text, sealed to its row; the change of keys; the identity check."""

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Any

import asyncpg
import pytest

from kanghu.kernel.crypto import SealBroken, add_vault_key, new_secrets, vault
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import NotFound
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Scope
from kanghu.modules.people import public as people

from .conftest import Hospital, Register, a_person, build_hospital, citizen_number


async def test_no_clear_text_stands_in_the_tables(tx: Tx) -> None:
    hospital = await build_hospital(tx)
    person = a_person("诸葛测试", phone="13912340987", address="南阳市卧龙区草庐1号", occupation="军师")
    await people.register_person(tx, SYSTEM, person, hospital.ours)
    stored = await tx.fetchrow("SELECT * FROM people.persons")
    assert stored is not None
    raw = b" ".join(v if isinstance(v, bytes) else str(v).encode() for v in stored.values())
    for secret in (person.name, person.id_number, person.phone, person.address, "0987", "zhuge"):
        assert (secret or "").encode() not in raw
    assert "诸葛" not in repr(person)


async def test_a_value_moved_to_another_row_does_not_open(tx: Tx) -> None:
    hospital = await build_hospital(tx)
    one = await people.register_person(tx, SYSTEM, a_person("甲某"), hospital.ours)
    two = await people.register_person(tx, SYSTEM, a_person("乙某"), hospital.ours)
    await tx.execute(
        """UPDATE people.persons SET name_sealed = (SELECT name_sealed FROM people.persons WHERE id = $1)
            WHERE id = $2""",
        one,
        two,
    )
    with pytest.raises(SealBroken):
        await people.get_person(tx, Scope(everything=True), two)


@pytest.fixture
def kept() -> Iterator[dict[str, Any]]:
    """Keys of this test only; the vault has those of the run back afterwards."""
    before = dict(vars(vault))
    fresh = new_secrets()
    vault.load(fresh)
    yield fresh
    vars(vault).update(before)


async def test_keys_are_changed_in_batches_while_people_are_corrected(
    kept: dict[str, Any], register: Register, hospital: Hospital, database: Database
) -> None:
    everybody = [await register(a_person(f"王{'一二三四五六七'[n]}"), hospital.ours) for n in range(7)]
    old = vault.current_header()
    vault.load(add_vault_key(kept))
    async with database.transaction() as tx:  # a correction seals all values of its row under the new key
        await people.correct_person(
            tx, SYSTEM, Scope(everything=True), everybody[0], 1, {"phone": "13700001111"}
        )
    counts = []
    async with database.transaction() as tx, database.transaction() as other:
        counts.append(await people.reseal(tx, 2))
        counts.append(await people.reseal(other, 2))  # two at once do not wait for each other
    while counts[-1]:
        async with database.transaction() as tx:  # killed and started again here, it goes on where it stood
            counts.append(await people.reseal(tx, 2))
    assert counts == [2, 2, 2, 0]
    async with database.transaction() as tx:
        for column in ("name", "id_number", "phone", "address"):
            left = await tx.fetchval(
                f"SELECT count(*) FROM people.persons WHERE substring({column}_sealed FROM 1 FOR 4) = $1",
                old,
            )
            assert left == 0, column
        names = await people.names_of(tx, everybody)
        versions = await tx.fetch("SELECT version FROM people.persons ORDER BY id")
    assert [names[person_id] for person_id in everybody] == [f"王{c}" for c in "一二三四五六七"]
    # a new key is no correction: only the corrected person has a second version
    assert [record["version"] for record in versions] == [2] + [1] * 6


async def test_a_rolled_back_reseal_is_done_again(
    kept: dict[str, Any], register: Register, hospital: Hospital, database: Database
) -> None:
    await register(a_person(), hospital.ours)
    vault.load(add_vault_key(kept))
    with pytest.raises(asyncio.CancelledError):
        async with database.transaction() as tx:
            assert await people.reseal(tx, 10) == 1
            raise asyncio.CancelledError
    async with database.transaction() as tx:
        assert await people.reseal(tx, 10) == 1


# ---- the identity check ----------------------------------------------------------------------------------------


async def test_the_view_and_the_indexes_meet(tx: Tx) -> None:
    hospital = await build_hospital(tx)
    number = citizen_number(date(1980, 5, 6), "1", serial=5)
    person_id = await people.register_person(
        tx, SYSTEM, a_person("买买提·阿不都", id_number=number), hospital.ours
    )
    stored = await people.identity_of(tx, person_id)
    in_view = await tx.fetchrow("SELECT * FROM people.pub_identity WHERE person_id = $1", person_id)
    assert in_view is not None
    assert dict(in_view) == {
        "person_id": person_id,
        "name_index": stored.name_index,
        "sex": "1",
        "birth_date": date(1980, 5, 6),
        "id_number_index": stored.id_number_index,
    }

    def differs(
        name: str, number: str | None, sex: str = "1", birth: date = date(1980, 5, 6)
    ) -> tuple[str, ...]:
        name_index, number_index = people.identity_indexes(vault, name, number)
        given = people.GivenIdentity(name_index, sex, birth, number_index)
        return people.compare_identity(stored, given)

    assert differs("买买提•阿不都", number.lower()) == ()
    assert differs("买买提．阿不都", number[:6] + number[8:17]) == ()
    assert differs("买买提 · 阿不都", None) == ()
    assert differs("买买提", citizen_number(date(1980, 5, 6), "1", serial=7)) == ("name", "id_number")
    assert differs("买买提·阿不都", None, sex="2", birth=date(1980, 5, 7)) == ("sex", "birth_date")
    assert differs("", "") == ("name",)
    assert differs("x" * 999, None) == ("name",)


async def test_a_foreign_number_is_unique_within_its_document(tx: Tx) -> None:
    hospital = await build_hospital(tx)
    passport = a_person("John Smith", id_type="03", id_number="E1234567")
    officer = a_person("李军", id_type="04", id_number="E1234567")
    one = await people.register_person(tx, SYSTEM, passport, hospital.ours)
    two = await people.register_person(tx, SYSTEM, officer, hospital.ours)
    assert one != two
    assert await people.register_person(tx, SYSTEM, passport, hospital.ours) == one


async def test_a_childs_booklet_and_card_are_one_number(tx: Tx) -> None:
    hospital = await build_hospital(tx)
    card = a_person("王小宝")
    booklet = a_person("王小宝", id_type="02", id_number=card.id_number)
    one = await people.register_person(tx, SYSTEM, card, hospital.ours)
    assert await people.register_person(tx, SYSTEM, booklet, hospital.ours) == one


async def test_facts_and_wire_of_nobody(tx: Tx) -> None:
    for ask in (people.person_facts, people.wire_person, people.identity_of):
        with pytest.raises(NotFound):
            await ask(tx, new_id())


async def test_the_wire_shape(tx: Tx) -> None:
    hospital = await build_hospital(tx)
    person = a_person(
        nation="01", marital_status="20", blood_type_abo="1", blood_type_rh="阳性", address=None
    )
    person_id = await people.register_person(tx, SYSTEM, person, hospital.ours)
    assert await people.wire_person(tx, person_id) == {
        "name": "王小明",
        "sex": "1",
        "birth_date": "19800506",
        "id_type": "01",
        "id_number": person.id_number,
        "phone": "13812345678",
        "nation": "01",
        "marital_status": "20",
        "blood_type_abo": "1",
        "blood_type_rh": "阳性",
    }
    facts = await people.person_facts(tx, person_id)
    assert (facts.sex, facts.birth_date) == ("1", date(1980, 5, 6))


async def test_the_database_itself_refuses_a_second_person_of_one_number(tx: Tx) -> None:
    hospital = await build_hospital(tx)
    one = await people.register_person(tx, SYSTEM, a_person(), hospital.ours)
    two = await people.register_person(tx, SYSTEM, a_person(), hospital.ours)
    with pytest.raises(asyncpg.UniqueViolationError):
        async with tx.transaction():
            await tx.execute(
                """UPDATE people.persons SET id_number_index =
                      (SELECT id_number_index FROM people.persons WHERE id = $1) WHERE id = $2""",
                one,
                two,
            )


async def test_every_table_and_column_has_its_chinese_comment(tx: Tx) -> None:
    bare = await tx.fetch(
        """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'people'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum >= 0
              AND NOT a.attisdropped AND coalesce(col_description(c.oid, a.attnum), '') !~ '[一-龥]'"""
    )
    assert [tuple(record) for record in bare] == []
