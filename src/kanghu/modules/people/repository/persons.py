"""SQL of natural persons. Rows come out opened, values go in sealed."""

from collections.abc import Sequence
from uuid import UUID

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx, row
from kanghu.kernel.security import Scope
from kanghu.modules.people import sealing
from kanghu.modules.people.identity import StoredIdentity
from kanghu.modules.people.models import Person, PersonFacts, PersonInput, Search

COLUMNS = """p.id, p.name_sealed, p.id_type, p.id_number_sealed, p.phone_sealed, p.address_sealed, p.sex, p.birth_date,
    p.nation, p.marital_status, p.education, p.occupation, p.blood_type_abo, p.blood_type_rh, p.version, p.created_at,
    p.updated_at"""


async def insert(tx: Tx, person_id: UUID, person: PersonInput) -> bool:
    """False when somebody with this id number is on record already; a registration under way is waited for."""
    values = sealing.columns(person_id, person)
    inserted = await tx.fetchval(
        """INSERT INTO people.persons (id, name_sealed, id_number_sealed, phone_sealed, address_sealed, name_index,
                  id_type, id_class, id_number_index, phone_index, phone_last4_index, sex, birth_date, nation,
                  marital_status, education, occupation, blood_type_abo, blood_type_rh)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
           ON CONFLICT (id_number_index, id_class) DO NOTHING RETURNING true""",
        *values.values(),
    )
    return bool(inserted)


async def update(tx: Tx, person_id: UUID, version: int, person: PersonInput) -> bool:
    """False when somebody else changed the person since `version`. Raises `asyncpg.UniqueViolationError`."""
    values = sealing.columns(person_id, person)
    updated = await tx.fetchval(
        """UPDATE people.persons SET name_sealed = $2, id_number_sealed = $3, phone_sealed = $4, address_sealed = $5,
                  name_index = $6, id_type = $7, id_class = $8, id_number_index = $9, phone_index = $10,
                  phone_last4_index = $11, sex = $12, birth_date = $13, nation = $14, marital_status = $15,
                  education = $16, occupation = $17, blood_type_abo = $18, blood_type_rh = $19,
                  version = version + 1, updated_at = now()
            WHERE id = $1 AND version = $20 RETURNING true""",
        *values.values(),
        version,
    )
    return bool(updated)


async def get(tx: Tx, scope: Scope, person_id: UUID) -> Person | None:
    found = await tx.fetchrow(
        f"SELECT {COLUMNS} FROM people.persons p WHERE p.id = $1 AND people.readable(p.id, $2::kernel.scope)",
        person_id,
        scope.sql(),
    )
    return sealing.opened(found) if found else None


async def get_many(tx: Tx, person_ids: Sequence[UUID]) -> list[Person]:
    """Persons whose reading the caller has settled already (one's own family). In no particular order."""
    found = await tx.fetch(
        f"SELECT {COLUMNS} FROM people.persons p WHERE p.id = ANY ($1::uuid[])", person_ids
    )
    return [sealing.opened(record) for record in found]


async def some(tx: Tx, scope: Scope, person_ids: Sequence[UUID]) -> list[Person]:
    """Those of the persons that are in `scope`, the newest first."""
    found = await tx.fetch(
        f"""SELECT {COLUMNS} FROM people.persons p
             WHERE p.id = ANY ($1::uuid[]) AND people.readable(p.id, $2::kernel.scope) ORDER BY p.id DESC""",
        person_ids,
        scope.sql(),
    )
    return [sealing.opened(record) for record in found]


async def page(tx: Tx, scope: Scope, before: UUID | None, limit: int) -> list[Person]:
    """The `limit` newest persons in `scope` that were registered before `before`."""
    found = await tx.fetch(
        f"""SELECT {COLUMNS} FROM people.readable_page($1::kernel.scope, $2, $3) AS wanted (id)
              JOIN people.persons p ON p.id = wanted.id ORDER BY p.id DESC""",
        scope.sql(),
        before,
        limit,
    )
    return [sealing.opened(record) for record in found]


async def search(tx: Tx, scope: Scope, wanted: Search, before: UUID | None, limit: int) -> list[Person]:
    """Persons in `scope` who carry every index in `wanted`, newest first."""
    given = {
        "name_index": wanted.name,
        "id_number_index": wanted.id_number,
        "phone_index": wanted.phone,
        "phone_last4_index": wanted.phone_last4,
    }
    asked = {column: value for column, value in given.items() if value is not None}
    # Only the asked columns stand in the statement: `$1 IS NULL OR …` would keep the planner from their indexes.
    conditions = " AND ".join(f"p.{column} = ${place}" for place, column in enumerate(asked, start=4))
    found = await tx.fetch(
        f"""SELECT {COLUMNS} FROM people.persons p
             WHERE ($2::uuid IS NULL OR p.id < $2) AND {conditions} AND people.readable(p.id, $1::kernel.scope)
             ORDER BY p.id DESC LIMIT $3""",
        scope.sql(),
        before,
        limit,
        *asked.values(),
    )
    return [sealing.opened(record) for record in found]


async def by_id_number(tx: Tx, id_class: str, index: bytes) -> Person | None:
    found = await tx.fetchrow(
        f"SELECT {COLUMNS} FROM people.persons p WHERE p.id_number_index = $1 AND p.id_class = $2",
        index,
        id_class,
    )
    return sealing.opened(found) if found else None


async def facts(tx: Tx, person_id: UUID) -> PersonFacts | None:
    return row(
        PersonFacts, await tx.fetchrow("SELECT sex, birth_date FROM people.persons WHERE id = $1", person_id)
    )


async def stored_identity(tx: Tx, person_id: UUID) -> StoredIdentity | None:
    found = await tx.fetchrow(
        "SELECT name_index, sex, birth_date, id_number_index FROM people.pub_identity WHERE person_id = $1",
        person_id,
    )
    return row(StoredIdentity, found)


async def lock(tx: Tx, person_id: UUID) -> bool:
    """Makes what follows happen one after the other for one person. False when there is no such person."""
    return bool(
        await tx.fetchval("SELECT true FROM people.persons WHERE id = $1 FOR NO KEY UPDATE", person_id)
    )


async def reseal(tx: Tx, limit: int) -> int:
    """Seals up to `limit` persons again who carry an old key or cipher; how many, 0 when none is left.

    Rows that somebody is changing are passed over: they come out of that change under the current key.
    """
    current = vault.current_header()
    found = await tx.fetch(
        f"""SELECT {COLUMNS} FROM people.persons p
             WHERE substring(p.name_sealed FROM 1 FOR 4) < $1 OR substring(p.name_sealed FROM 1 FOR 4) > $1
             LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED""",
        current,
        limit,
    )
    persons = [sealing.opened(record) for record in found]
    sealed = [sealing.sealed_values(person.id, person) for person in persons]
    await tx.execute(
        """UPDATE people.persons p SET name_sealed = n.name, id_number_sealed = n.id_number, phone_sealed = n.phone,
                  address_sealed = n.address
             FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[])
                  AS n (id, name, id_number, phone, address)
            WHERE p.id = n.id""",
        [person.id for person in persons],
        *[[values[f"{name}_sealed"] for values in sealed] for name in sealing.SEALED],
    )
    return len(persons)
