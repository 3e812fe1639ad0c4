"""/api/admin/accounts/roles and the register of permissions."""

from typing import Annotated
from uuid import UUID

from kanghu.kernel.security import PERMISSIONS, Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts.schemas import Created, PermissionView, RoleCreate, RoleUpdate, RoleView
from kanghu.modules.accounts.service import roles as service

admin = Router(prefix="/api/admin/accounts", tags=["accounts"])

Reader = Annotated[Caller, can("accounts.role.read")]
Writer = Annotated[Caller, can("accounts.role.write")]


@admin.get("/permissions", operation_id="accounts_list_permissions")
async def list_permissions(_caller: Reader) -> list[PermissionView]:
    """全部权限"""
    return [PermissionView(code=code, name=name) for code, name in sorted(PERMISSIONS.items())]


@admin.get("/roles", operation_id="accounts_list_roles")
async def list_roles(_caller: Reader, tx: Transaction) -> list[RoleView]:
    """全部角色及其权限"""
    return [RoleView.model_validate(role) for role in await service.list_roles(tx)]


@admin.post("/roles", operation_id="accounts_create_role", status_code=201)
async def create_role(given: RoleCreate, caller: Writer, tx: Transaction) -> Created:
    """新建角色"""
    role_id = await service.create_role(
        tx,
        caller,
        given.code,
        given.name,
        given.description,
        given.permissions,
        requires_totp=given.requires_totp,
    )
    return Created(id=role_id)


@admin.put("/roles/{role_id}", operation_id="accounts_update_role", status_code=204)
async def update_role(role_id: UUID, given: RoleUpdate, caller: Writer, tx: Transaction) -> None:
    """修改角色，对所有持有者立即生效"""
    await service.update_role(
        tx,
        caller,
        role_id,
        given.version,
        given.name,
        given.description,
        given.permissions,
        requires_totp=given.requires_totp,
    )


@admin.delete("/roles/{role_id}", operation_id="accounts_delete_role", status_code=204)
async def delete_role(role_id: UUID, caller: Writer, tx: Transaction) -> None:
    """删除没有人使用的角色"""
    await service.delete_role(tx, caller, role_id)
