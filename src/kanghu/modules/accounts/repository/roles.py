"""Roles and the permissions in them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.accounts.models import Role

_ROLE = """
SELECT r.id, r.code, r.name, r.description, r.builtin, r.requires_totp, r.version,
       ARRAY(SELECT p.permission FROM accounts.role_permissions AS p WHERE p.role_id = r.id ORDER BY 1) AS permissions,
       (SELECT count(DISTINCT g.account_id) FROM accounts.account_roles AS g WHERE g.role_id = r.id) AS holders
  FROM accounts.roles AS r
"""


async def list_roles(tx: Tx) -> list[Role]:
    return rows(Role, await tx.fetch(_ROLE + " ORDER BY r.builtin DESC, r.code"))


async def get_role(tx: Tx, role_id: UUID) -> Role | None:
    return row(Role, await tx.fetchrow(_ROLE + " WHERE r.id = $1", role_id))


async def get_roles(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Role]:
    return {role.id: role for role in rows(Role, await tx.fetch(_ROLE + " WHERE r.id = ANY ($1)", ids))}


async def ids_of_codes(tx: Tx, codes: Sequence[str]) -> dict[str, UUID]:
    found = await tx.fetch("SELECT code, id FROM accounts.roles WHERE code = ANY ($1)", codes)
    return {record["code"]: record["id"] for record in found}


async def add_role(
    tx: Tx, role_id: UUID, code: str, name: str, description: str, *, requires_totp: bool
) -> bool:
    """False when the code is taken."""
    return bool(
        await tx.fetchval(
            """INSERT INTO accounts.roles (id, code, name, description, requires_totp) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (code) DO NOTHING RETURNING true""",
            role_id,
            code,
            name,
            description,
            requires_totp,
        )
    )


async def keep_builtin(
    tx: Tx, role_id: UUID, code: str, name: str, description: str, *, requires_totp: bool
) -> UUID:
    """Makes or renews a shipped role; returns its id (the old one when it was there)."""
    return await tx.fetchval(
        """INSERT INTO accounts.roles (id, code, name, description, requires_totp, builtin)
           VALUES ($1, $2, $3, $4, $5, true)
           ON CONFLICT (code) DO UPDATE SET builtin = true
           RETURNING id""",
        role_id,
        code,
        name,
        description,
        requires_totp,
    )


async def update_role(
    tx: Tx, role_id: UUID, version: int, *, name: str, description: str, requires_totp: bool
) -> bool:
    """False when the role is no longer at `version`."""
    return bool(
        await tx.fetchval(
            """UPDATE accounts.roles SET name = $3, description = $4, requires_totp = $5, version = version + 1,
                      updated_at = now()
                WHERE id = $1 AND version = $2 RETURNING true""",
            role_id,
            version,
            name,
            description,
            requires_totp,
        )
    )


async def set_permissions(tx: Tx, role_id: UUID, permissions: Sequence[str]) -> None:
    await tx.execute(
        "DELETE FROM accounts.role_permissions WHERE role_id = $1 AND permission <> ALL ($2)",
        role_id,
        permissions,
    )
    await add_permissions(tx, role_id, permissions)


async def add_permissions(tx: Tx, role_id: UUID, permissions: Sequence[str]) -> None:
    await tx.execute(
        """INSERT INTO accounts.role_permissions (role_id, permission) SELECT $1, unnest($2::text[])
           ON CONFLICT DO NOTHING""",
        role_id,
        permissions,
    )


async def delete_role(tx: Tx, role_id: UUID) -> bool:
    """False when it is shipped or held by somebody. A grant made at the same moment fails on its foreign key."""
    return bool(
        await tx.fetchval(
            """DELETE FROM accounts.roles AS r
                WHERE r.id = $1 AND NOT r.builtin
                  AND NOT EXISTS (SELECT FROM accounts.account_roles AS g WHERE g.role_id = r.id)
               RETURNING true""",
            role_id,
        )
    )


async def seeded_permissions(tx: Tx, role_id: UUID) -> Mapping[str, None]:
    """The permissions that seeding has given to this role at any time."""
    found = await tx.fetch("SELECT permission FROM accounts.role_seeds WHERE role_id = $1", role_id)
    return {record["permission"]: None for record in found}


async def note_seeded(tx: Tx, role_id: UUID, permissions: Sequence[str]) -> None:
    await tx.execute(
        "INSERT INTO accounts.role_seeds (role_id, permission) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
        role_id,
        permissions,
    )
