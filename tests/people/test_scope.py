"""Whose data a scope reaches, and that a page of persons is read by index for every kind of scope."""

import json
from typing import Any
from uuid import UUID

import pytest

from kanghu.kernel.db import Database, Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Scope
from kanghu.modules.people import public as people

from .conftest import Hospital, Register, a_person, build_hospital

PERSONS = 100_000


async def reached(tx: Tx, scope: Scope, candidates: list[UUID]) -> tuple[set[UUID], set[UUID], set[UUID]]:
    """What each of the three functions says about `candidates`."""
    one_by_one = await tx.fetch(
        "SELECT id FROM unnest($1::uuid[]) AS given (id) WHERE people.readable(id, $2::kernel.scope)",
        candidates,
        scope.sql(),
    )
    as_set = await tx.fetch(
        "SELECT id FROM people.readable_persons($1::kernel.scope) AS found (id)", scope.sql()
    )
    page = await tx.fetch(
        "SELECT id FROM people.readable_page($1::kernel.scope, NULL, 100) AS p (id)", scope.sql()
    )
    sets = [{record["id"] for record in found} & set(candidates) for found in (one_by_one, as_set, page)]
    return sets[0], sets[1], sets[2]


async def test_each_kind_of_scope_reaches_its_own_and_nobody_else(tx: Tx) -> None:
    hospital = await build_hospital(tx)

    async def put(institution: UUID, **placed: UUID) -> UUID:
        return await people.register_person(tx, SYSTEM, a_person(), institution, **placed)

    plain = await put(hospital.ours)
    in_checkup = await put(hospital.ours, department_id=hospital.checkup)
    of_doctor = await put(hospital.ours, responsible_account_id=hospital.doctor)
    elsewhere = await put(hospital.other)
    left = await put(hospital.ours, department_id=hospital.checkup, responsible_account_id=hospital.doctor)
    await tx.execute("UPDATE people.enrolments SET ended_at = now() WHERE person_id = $1", left)
    everybody = [plain, in_checkup, of_doctor, elsewhere, left]
    expected = {
        Scope(): set(),
        Scope(everything=True): set(everybody),
        Scope(institutions=(hospital.ours,)): {plain, in_checkup, of_doctor},
        Scope(departments=(hospital.checkup,)): {in_checkup},
        Scope(departments=(hospital.checkup, hospital.chronic)): {in_checkup},
        Scope(account=hospital.doctor): {of_doctor},
        Scope(persons=(elsewhere,)): {elsewhere},
        Scope(persons=(elsewhere,), account=hospital.doctor): {elsewhere, of_doctor},
        Scope(
            institutions=(new_id(),), departments=(new_id(),), account=new_id(), persons=(new_id(),)
        ): set(),
    }
    for scope, whom in expected.items():
        assert await reached(tx, scope, everybody) == (whom, whom, whom), scope


async def test_a_person_in_two_institutions_is_one_row_of_a_page(tx: Tx) -> None:
    hospital = await build_hospital(tx)
    person_id = await people.register_person(
        tx, SYSTEM, a_person(), hospital.ours, department_id=hospital.checkup
    )
    await people.enrol(tx, SYSTEM, person_id, hospital.other)
    scope = Scope(
        institutions=(hospital.ours, hospital.other), departments=(hospital.checkup,), persons=(person_id,)
    )
    found = await tx.fetch(
        "SELECT id FROM people.readable_page($1::kernel.scope, NULL, 10) AS p (id)", scope.sql()
    )
    assert [record["id"] for record in found] == [person_id]


# ---- 100,000 persons -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def crowd(shared_database: Database) -> Any:
    """100,000 persons: one in ten in the large institution, one in a thousand in the small one, in the department, with
    the doctor. Taken away afterwards."""
    ids = {name: new_id() for name in ("large", "small", "department", "doctor")}
    async with shared_database.transaction() as tx:
        await tx.execute(
            """INSERT INTO people.persons (id, name_sealed, name_index, sex, birth_date)
               SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, decode('01010001', 'hex'),
                      sha256(int4send(n)), '1', '1980-01-01'
                 FROM generate_series(1, $1) AS n""",
            PERSONS,
        )
        await tx.execute(
            """INSERT INTO people.enrolments (person_id, institution_id, department_id, responsible_account_id)
               SELECT id, CASE WHEN n % 10 = 0 THEN $1::uuid WHEN n % 1000 = 1 THEN $2 ELSE gen_random_uuid() END,
                      CASE WHEN n % 1000 = 2 THEN $3::uuid END, CASE WHEN n % 1000 = 3 THEN $4::uuid END
                 FROM (SELECT id, row_number() OVER (ORDER BY id) AS n
                         FROM people.persons WHERE id < '01900000-0000-7000-8000-ffffffffffff') AS numbered""",
            ids["large"],
            ids["small"],
            ids["department"],
            ids["doctor"],
        )
        await tx.execute("ANALYZE people.persons, people.enrolments")
    yield ids
    async with shared_database.transaction() as tx:
        await tx.execute(
            "DELETE FROM people.enrolments WHERE person_id < '01900000-0000-7000-8000-ffffffffffff'"
        )
        await tx.execute("DELETE FROM people.persons WHERE id < '01900000-0000-7000-8000-ffffffffffff'")


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *[inner for child in plan.get("Plans", []) for inner in nodes(child)]]


async def explained(tx: Tx, sql: str, *arguments: Any) -> tuple[list[dict[str, Any]], float, int]:
    """(nodes, milliseconds, buffers touched) of the plan as it was carried out."""
    text = await tx.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *arguments)
    whole = (json.loads(text) if isinstance(text, str) else text)[0]
    touched = whole["Plan"]["Shared Hit Blocks"] + whole["Plan"]["Shared Read Blocks"]
    return nodes(whole["Plan"]), whole["Execution Time"], touched


PAGE = """SELECT p.id, p.name_sealed FROM people.readable_page($1::kernel.scope, $2, 21) AS wanted (id)
            JOIN people.persons p ON p.id = wanted.id ORDER BY p.id DESC"""


@pytest.mark.parametrize(
    "kind", ["everything", "large", "small", "department", "account", "persons", "mixed"]
)
@pytest.mark.parametrize("plan_cache_mode", ["force_custom_plan", "force_generic_plan"])
async def test_a_page_is_read_by_index(
    tx: Tx, crowd: dict[str, UUID], kind: str, plan_cache_mode: str
) -> None:
    somebody = UUID("01900000-0000-7000-8000-000000000777")
    scope = {
        "everything": Scope(everything=True),
        "large": Scope(institutions=(crowd["large"],)),
        "small": Scope(institutions=(crowd["small"],)),
        "department": Scope(departments=(crowd["department"],)),
        "account": Scope(account=crowd["doctor"]),
        "persons": Scope(persons=(somebody,)),
        "mixed": Scope(institutions=(crowd["small"],), account=crowd["doctor"], persons=(somebody,)),
    }[kind]
    await tx.execute(f"SET LOCAL plan_cache_mode = {plan_cache_mode}")
    before = UUID("01900000-0000-7000-8000-000000010000")
    plan, took, touched = await explained(tx, PAGE, scope.sql(), before)
    carried_out = [node for node in plan if node["Actual Loops"]]
    assert not [node for node in carried_out if node["Node Type"] == "Seq Scan"]
    rows = len(await tx.fetch(PAGE, scope.sql(), before))
    assert rows == (1 if kind == "persons" else 21)
    # 21 rows of an index and their persons: some hundreds of blocks at most, of more than ten thousand.
    assert touched < 400, f"{touched} blocks, {took} ms"


@pytest.mark.parametrize("kind", ["small", "department", "account", "persons"])
async def test_a_narrow_set_is_read_by_index(tx: Tx, crowd: dict[str, UUID], kind: str) -> None:
    scope = {
        "small": Scope(institutions=(crowd["small"],)),
        "department": Scope(departments=(crowd["department"],)),
        "account": Scope(account=crowd["doctor"]),
        "persons": Scope(persons=(UUID("01900000-0000-7000-8000-000000000777"),)),
    }[kind]
    plan, _, touched = await explained(
        tx, "SELECT count(*) FROM people.readable_persons($1::kernel.scope) AS found (id)", scope.sql()
    )
    assert not [node for node in plan if node["Actual Loops"] and node["Node Type"] == "Seq Scan"]
    assert touched < 400


async def test_scopes_that_no_enrolment_can_meet_look_at_none(tx: Tx, crowd: dict[str, UUID]) -> None:
    """`readable` is inlined: «everything» folds away, a customer's scope is a comparison with his own id."""
    somebody = UUID("01900000-0000-7000-8000-000000000777")
    sql = (
        "SELECT id FROM people.persons WHERE people.readable(id, $1::kernel.scope) ORDER BY id DESC LIMIT 21"
    )
    plan, _, touched = await explained(tx, sql, Scope(everything=True).sql())
    assert "enrolled_within" not in json.dumps(plan)
    assert touched < 50
    plan, _, touched = await explained(tx, sql, Scope(persons=(somebody,)).sql())
    assert "enrolled_within" not in json.dumps(plan)
    assert [record["id"] for record in await tx.fetch(sql, Scope(persons=(somebody,)).sql())] == [somebody]


async def test_one_person_is_looked_up_by_index(tx: Tx, crowd: dict[str, UUID]) -> None:
    plan, _, touched = await explained(
        tx,
        "SELECT id FROM people.persons WHERE id = $1 AND people.readable(id, $2::kernel.scope)",
        UUID("01900000-0000-7000-8000-00000000000a"),
        Scope(institutions=(crowd["small"],)).sql(),
    )
    assert not [node for node in plan if node["Node Type"] == "Seq Scan"]
    assert touched < 30


async def test_registering_is_seen_through_the_scope(
    register: Register, hospital: Hospital, database: Database
) -> None:
    person_id = await register(a_person(), hospital.ours, department_id=hospital.checkup)
    async with database.transaction() as tx:
        found = await people.get_person(tx, Scope(departments=(hospital.checkup,)), person_id)
    assert found.name == "王小明"
