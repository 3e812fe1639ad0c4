"""Institutions and their departments."""

from typing import Any
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.accounts.models import Department, Institution

_INSTITUTION = "SELECT id, code, name, state, version FROM accounts.institutions"
_DEPARTMENT = "SELECT id, institution_id, parent_id, code, name, sort, version FROM accounts.departments"


async def list_institutions(tx: Tx, scope: tuple[Any, ...]) -> list[Institution]:
    """Those that `scope` reaches as a whole, and those of which it reaches a department."""
    return rows(
        Institution,
        await tx.fetch(
            _INSTITUTION
            + """ WHERE ($1::kernel.scope).everything OR id = ANY (($1::kernel.scope).institutions)
                     OR id IN (SELECT d.institution_id FROM accounts.departments AS d
                                WHERE d.id = ANY (($1::kernel.scope).departments))
                  ORDER BY code""",
            scope,
        ),
    )


async def get_institution(tx: Tx, institution_id: UUID, *, lock: bool = False) -> Institution | None:
    sql = _INSTITUTION + " WHERE id = $1" + (" FOR UPDATE" if lock else "")
    return row(Institution, await tx.fetchrow(sql, institution_id))


async def add_institution(tx: Tx, institution_id: UUID, code: str, name: str) -> bool:
    """False when the code is taken."""
    return bool(
        await tx.fetchval(
            """INSERT INTO accounts.institutions (id, code, name) VALUES ($1, $2, $3)
               ON CONFLICT (code) DO NOTHING RETURNING true""",
            institution_id,
            code,
            name,
        )
    )


async def institution_of_code(tx: Tx, code: str) -> UUID | None:
    return await tx.fetchval("SELECT id FROM accounts.institutions WHERE code = $1", code)


async def update_institution(tx: Tx, institution_id: UUID, version: int, *, name: str, state: str) -> bool:
    """False when it is no longer at `version`."""
    return bool(
        await tx.fetchval(
            """UPDATE accounts.institutions SET name = $3, state = $4, version = version + 1, updated_at = now()
                WHERE id = $1 AND version = $2 RETURNING true""",
            institution_id,
            version,
            name,
            state,
        )
    )


async def list_departments(tx: Tx, institution_id: UUID, scope: tuple[Any, ...]) -> list[Department]:
    return rows(
        Department,
        await tx.fetch(
            _DEPARTMENT
            + """ WHERE institution_id = $1
                    AND (($2::kernel.scope).everything OR institution_id = ANY (($2::kernel.scope).institutions)
                         OR id = ANY (($2::kernel.scope).departments))
                  ORDER BY sort, code""",
            institution_id,
            scope,
        ),
    )


async def get_department(tx: Tx, department_id: UUID) -> Department | None:
    return row(Department, await tx.fetchrow(_DEPARTMENT + " WHERE id = $1", department_id))


async def department_of_code(tx: Tx, institution_id: UUID, code: str) -> UUID | None:
    return await tx.fetchval(
        "SELECT id FROM accounts.departments WHERE institution_id = $1 AND code = $2", institution_id, code
    )


async def departments_below(tx: Tx, department_id: UUID) -> set[UUID]:
    """The department and all below it."""
    return set(await tx.fetchval("SELECT accounts.departments_below($1)", department_id))


async def add_department(tx: Tx, new: Department) -> bool:
    """False when the code is taken in the institution."""
    return bool(
        await tx.fetchval(
            """INSERT INTO accounts.departments (id, institution_id, parent_id, code, name, sort)
               VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (institution_id, code) DO NOTHING RETURNING true""",
            new.id,
            new.institution_id,
            new.parent_id,
            new.code,
            new.name,
            new.sort,
        )
    )


async def update_department(
    tx: Tx, department_id: UUID, version: int, *, parent_id: UUID | None, name: str, sort: int
) -> bool:
    """False when it is no longer at `version`."""
    return bool(
        await tx.fetchval(
            """UPDATE accounts.departments SET parent_id = $3, name = $4, sort = $5, version = version + 1,
                      updated_at = now()
                WHERE id = $1 AND version = $2 RETURNING true""",
            department_id,
            version,
            parent_id,
            name,
            sort,
        )
    )


async def delete_department(tx: Tx, department_id: UUID) -> bool:
    """False when accounts or departments hang on it."""
    return bool(
        await tx.fetchval(
            """DELETE FROM accounts.departments AS d
                WHERE d.id = $1
                  AND NOT EXISTS (SELECT FROM accounts.departments AS b WHERE b.parent_id = d.id)
                  AND NOT EXISTS (SELECT FROM accounts.accounts AS a
                                   WHERE a.institution_id = d.institution_id AND a.department_id = d.id)
               RETURNING true""",
            department_id,
        )
    )
