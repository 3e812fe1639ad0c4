"""Institutions and departments."""

from uuid import UUID

from kanghu.kernel import audit
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Forbidden
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.accounts.errors import (
    DepartmentCircle,
    DepartmentCodeTaken,
    DepartmentInUse,
    DepartmentNotFound,
    InstitutionCodeTaken,
    InstitutionNotFound,
    StaleVersion,
)
from kanghu.modules.accounts.models import Department, Institution
from kanghu.modules.accounts.repository import organisation as rows
from kanghu.modules.accounts.service.staff import ensure_administrator

READ, WRITE = "accounts.institution.read", "accounts.institution.write"


async def list_institutions(tx: Tx, caller: Caller) -> list[Institution]:
    return await rows.list_institutions(tx, caller.scope(READ).sql())


async def create_institution(tx: Tx, caller: Caller, code: str, name: str) -> UUID:
    """Only who reaches everything may add one. Raises InstitutionCodeTaken."""
    if not caller.scope(WRITE).everything:
        raise Forbidden
    institution_id = new_id()
    if not await rows.add_institution(tx, institution_id, code, name):
        raise InstitutionCodeTaken(fields={"code": InstitutionCodeTaken.message})
    await audit.record(
        tx,
        caller,
        "accounts.institution.create",
        subject=_subject(institution_id),
        institution_id=institution_id,
    )
    return institution_id


async def update_institution(
    tx: Tx, caller: Caller, institution_id: UUID, version: int, name: str, state: str
) -> None:
    """Renames, disables or enables. Raises LastAdministrator when nobody could administrate any more."""
    await _institution(tx, caller.scope(WRITE), institution_id)
    if not await rows.update_institution(tx, institution_id, version, name=name, state=state):
        raise StaleVersion
    if state == "disabled":
        await ensure_administrator(tx)
    await audit.record(
        tx,
        caller,
        "accounts.institution.update",
        subject=_subject(institution_id),
        institution_id=institution_id,
        detail={"state": state},
    )


async def list_departments(tx: Tx, caller: Caller, institution_id: UUID) -> list[Department]:
    """The departments of one institution that the caller reaches; the tree is in `parent_id`."""
    return await rows.list_departments(tx, institution_id, caller.scope(READ).sql())


async def create_department(
    tx: Tx, caller: Caller, institution_id: UUID, parent_id: UUID | None, code: str, name: str, sort: int
) -> UUID:
    """Raises InstitutionNotFound, DepartmentNotFound (parent), DepartmentCodeTaken."""
    await _institution(tx, caller.scope(WRITE), institution_id)
    await _parent(tx, institution_id, parent_id)
    new = Department(new_id(), institution_id, parent_id, code, name, sort, version=1)
    if not await rows.add_department(tx, new):
        raise DepartmentCodeTaken(fields={"code": DepartmentCodeTaken.message})
    await audit.record(
        tx,
        caller,
        "accounts.department.create",
        subject=f"accounts.departments/{new.id}",
        institution_id=institution_id,
    )
    return new.id


async def update_department(
    tx: Tx, caller: Caller, department_id: UUID, version: int, parent_id: UUID | None, name: str, sort: int
) -> None:
    """Renames or moves. Raises DepartmentCircle when the new parent lies below the department itself."""
    department = await _department(tx, department_id)
    await _institution(tx, caller.scope(WRITE), department.institution_id)
    await _parent(tx, department.institution_id, parent_id)
    if parent_id in await rows.departments_below(tx, department_id):
        raise DepartmentCircle
    if not await rows.update_department(
        tx, department_id, version, parent_id=parent_id, name=name, sort=sort
    ):
        raise StaleVersion
    await audit.record(
        tx,
        caller,
        "accounts.department.update",
        subject=f"accounts.departments/{department_id}",
        institution_id=department.institution_id,
        detail={"parent": str(parent_id) if parent_id else None},
    )


async def delete_department(tx: Tx, caller: Caller, department_id: UUID) -> None:
    """Raises DepartmentInUse."""
    department = await _department(tx, department_id)
    await _institution(tx, caller.scope(WRITE), department.institution_id)
    if not await rows.delete_department(tx, department_id):
        raise DepartmentInUse
    await audit.record(
        tx,
        caller,
        "accounts.department.delete",
        subject=f"accounts.departments/{department_id}",
        institution_id=department.institution_id,
    )


async def _institution(tx: Tx, scope: Scope, institution_id: UUID) -> Institution:
    """The institution, locked: two moves of departments at once could otherwise close a circle."""
    found = await rows.get_institution(tx, institution_id, lock=True)
    if found is None or not (scope.everything or institution_id in scope.institutions):
        raise InstitutionNotFound
    return found


async def _department(tx: Tx, department_id: UUID) -> Department:
    found = await rows.get_department(tx, department_id)
    if found is None:
        raise DepartmentNotFound
    return found


async def _parent(tx: Tx, institution_id: UUID, parent_id: UUID | None) -> None:
    if parent_id is not None and (await _department(tx, parent_id)).institution_id != institution_id:
        raise DepartmentNotFound(fields={"parent_id": DepartmentNotFound.message})


def _subject(institution_id: UUID) -> str:
    return f"accounts.institutions/{institution_id}"
