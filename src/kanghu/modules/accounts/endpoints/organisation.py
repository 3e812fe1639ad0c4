"""/api/admin/accounts/institutions and /departments."""

from typing import Annotated
from uuid import UUID

from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts.schemas import (
    Created,
    DepartmentCreate,
    DepartmentUpdate,
    DepartmentView,
    InstitutionCreate,
    InstitutionUpdate,
    InstitutionView,
)
from kanghu.modules.accounts.service import organisation as service

admin = Router(prefix="/api/admin/accounts", tags=["accounts"])

Reader = Annotated[Caller, can(service.READ)]
Writer = Annotated[Caller, can(service.WRITE)]


@admin.get("/institutions", operation_id="accounts_list_institutions")
async def list_institutions(caller: Reader, tx: Transaction) -> list[InstitutionView]:
    """机构"""
    return [InstitutionView.model_validate(found) for found in await service.list_institutions(tx, caller)]


@admin.post("/institutions", operation_id="accounts_create_institution", status_code=201)
async def create_institution(given: InstitutionCreate, caller: Writer, tx: Transaction) -> Created:
    """新建机构"""
    return Created(id=await service.create_institution(tx, caller, given.code, given.name))


@admin.put("/institutions/{institution_id}", operation_id="accounts_update_institution", status_code=204)
async def update_institution(
    institution_id: UUID, given: InstitutionUpdate, caller: Writer, tx: Transaction
) -> None:
    """修改、停用或启用机构"""
    await service.update_institution(tx, caller, institution_id, given.version, given.name, given.state)


@admin.get("/departments", operation_id="accounts_list_departments")
async def list_departments(institution_id: UUID, caller: Reader, tx: Transaction) -> list[DepartmentView]:
    """一个机构的科室"""
    found = await service.list_departments(tx, caller, institution_id)
    return [DepartmentView.model_validate(department) for department in found]


@admin.post("/departments", operation_id="accounts_create_department", status_code=201)
async def create_department(given: DepartmentCreate, caller: Writer, tx: Transaction) -> Created:
    """新建科室"""
    department_id = await service.create_department(
        tx, caller, given.institution_id, given.parent_id, given.code, given.name, given.sort
    )
    return Created(id=department_id)


@admin.put("/departments/{department_id}", operation_id="accounts_update_department", status_code=204)
async def update_department(
    department_id: UUID, given: DepartmentUpdate, caller: Writer, tx: Transaction
) -> None:
    """修改或移动科室"""
    await service.update_department(
        tx, caller, department_id, given.version, given.parent_id, given.name, given.sort
    )


@admin.delete("/departments/{department_id}", operation_id="accounts_delete_department", status_code=204)
async def delete_department(department_id: UUID, caller: Writer, tx: Transaction) -> None:
    """删除没有下级也没有账号的科室"""
    await service.delete_department(tx, caller, department_id)
