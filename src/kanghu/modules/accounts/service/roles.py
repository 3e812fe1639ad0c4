"""Roles: what may be put into them, by whom, and the shipped ones."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from kanghu.kernel import audit
from kanghu.kernel.db import Tx
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import PERMISSIONS, Caller
from kanghu.modules.accounts import policy
from kanghu.modules.accounts.errors import (
    GrantTooWide,
    RoleCodeTaken,
    RoleInUse,
    RoleNotFound,
    RoleProtected,
    StaleVersion,
    UnknownPermission,
)
from kanghu.modules.accounts.models import Role
from kanghu.modules.accounts.repository import roles as rows
from kanghu.modules.accounts.roles import ADMIN, BUILTIN_ROLES, permissions_of


async def list_roles(tx: Tx) -> list[Role]:
    return await rows.list_roles(tx)


async def create_role(
    tx: Tx,
    caller: Caller,
    code: str,
    name: str,
    description: str,
    permissions: Sequence[str],
    *,
    requires_totp: bool,
) -> UUID:
    """A new role. Raises RoleCodeTaken, UnknownPermission, GrantTooWide."""
    _check_permissions(caller, permissions)
    role_id = new_id()
    if not await rows.add_role(tx, role_id, code, name, description, requires_totp=requires_totp):
        raise RoleCodeTaken(fields={"code": RoleCodeTaken.message})
    await rows.set_permissions(tx, role_id, permissions)
    await audit.record(
        tx,
        caller,
        "accounts.role.create",
        subject=_subject(role_id),
        detail={"permissions": list(permissions)},
    )
    return role_id


async def update_role(
    tx: Tx,
    caller: Caller,
    role_id: UUID,
    version: int,
    name: str,
    description: str,
    permissions: Sequence[str],
    *,
    requires_totp: bool,
) -> None:
    """Changes a role for all who hold it. Raises RoleNotFound, RoleProtected, StaleVersion, GrantTooWide."""
    role = await _changeable(tx, role_id)
    added = sorted(set(permissions) - set(role.permissions))
    removed = sorted(set(role.permissions) - set(permissions))
    # loosening the second factor widens what a stolen password can do: only who may give everything in the role
    loosened = role.requires_totp and not requires_totp
    _check_permissions(caller, list(permissions) if loosened else added)
    kept = await rows.update_role(
        tx, role_id, version, name=name, description=description, requires_totp=requires_totp
    )
    if not kept:
        raise StaleVersion
    await rows.set_permissions(tx, role_id, permissions)
    await audit.record(
        tx,
        caller,
        "accounts.role.update",
        subject=_subject(role_id),
        detail={"added": added, "removed": removed, "requires_totp": requires_totp},
    )


async def delete_role(tx: Tx, caller: Caller, role_id: UUID) -> None:
    """Raises RoleNotFound, RoleInUse (held by somebody, or shipped)."""
    await _changeable(tx, role_id)
    if not await rows.delete_role(tx, role_id):
        raise RoleInUse
    await audit.record(tx, caller, "accounts.role.delete", subject=_subject(role_id))


async def seed_roles(tx: Tx) -> None:
    """Makes the shipped roles. Run again, it adds only permissions that were never seeded before, so that what an
    administrator took out of a role stays out; the administrator's own role always holds all that it should."""
    for role in BUILTIN_ROLES:
        role_id = await rows.keep_builtin(
            tx, new_id(), role.code, role.name, role.description, requires_totp=role.requires_totp
        )
        wanted = permissions_of(role, PERMISSIONS)
        seeded: Mapping[str, None] = {} if role.code == ADMIN else await rows.seeded_permissions(tx, role_id)
        await rows.add_permissions(tx, role_id, [p for p in wanted if p not in seeded])
        await rows.note_seeded(tx, role_id, wanted)


async def _changeable(tx: Tx, role_id: UUID) -> Role:
    role = await rows.get_role(tx, role_id)
    if role is None:
        raise RoleNotFound
    if role.code == ADMIN:
        raise RoleProtected
    return role


def _check_permissions(caller: Caller, permissions: Sequence[str]) -> None:
    unknown = [p for p in permissions if p not in PERMISSIONS]
    if unknown:
        raise UnknownPermission(fields={p: "权限不存在" for p in unknown})
    too_wide = policy.beyond_anywhere(caller.grants, permissions)
    if too_wide:
        raise GrantTooWide(fields={p: "超出您自己的权限或数据范围" for p in too_wide})


def _subject(role_id: UUID) -> str:
    return f"accounts.roles/{role_id}"
