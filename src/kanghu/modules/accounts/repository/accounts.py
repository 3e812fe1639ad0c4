"""Accounts and what they hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.modules.accounts.models import Account, Grant
from kanghu.modules.accounts.policy import Holder
from kanghu.modules.accounts.repository.patterns import starting_with

_ACCOUNT = """
SELECT a.id, a.kind, a.username, a.display_name_sealed, a.phone_sealed, a.institution_id, a.department_id, a.person_id,
       a.state, a.must_change_password, a.last_signed_in_at, a.created_at, a.version, f.locked_until,
       t.confirmed_at IS NOT NULL AS totp_enrolled
  FROM accounts.accounts AS a
  LEFT JOIN accounts.sign_in_failures AS f ON f.key = 'account:' || a.id
  LEFT JOIN accounts.totp AS t ON t.account_id = a.id
"""


@dataclass(frozen=True, slots=True)
class NewAccount:
    id: UUID
    kind: str
    username: str | None
    password_hash: str
    must_change_password: bool
    display_name_sealed: bytes
    phone_sealed: bytes | None
    phone_index: bytes | None
    institution_id: UUID
    department_id: UUID | None
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of accounts is narrowed to; None does not narrow."""

    username_prefix: str | None = None
    phone_index: bytes | None = None
    kind: str | None = None
    state: str | None = None
    institution_id: UUID | None = None
    role_id: UUID | None = None


async def get_account(tx: Tx, account_id: UUID) -> Account | None:
    return row(Account, await tx.fetchrow(_ACCOUNT + " WHERE a.id = $1", account_id))


async def get_accounts(tx: Tx, ids: Sequence[UUID]) -> list[Account]:
    return rows(Account, await tx.fetch(_ACCOUNT + " WHERE a.id = ANY ($1)", ids))


async def list_accounts(
    tx: Tx, scope: tuple[Any, ...], wanted: Filter, after: tuple[datetime, UUID] | None, limit: int
) -> list[Account]:
    """Newest first, within `scope`."""
    return rows(
        Account,
        await tx.fetch(
            _ACCOUNT
            + """
             WHERE (($1::kernel.scope).everything OR a.institution_id = ANY (($1::kernel.scope).institutions)
                    OR a.department_id = ANY (($1::kernel.scope).departments) OR a.id = ($1::kernel.scope).account)
               AND ($2::text IS NULL OR a.username LIKE $2)
               AND ($3::bytea IS NULL OR a.phone_index = $3)
               AND ($4::text IS NULL OR a.kind = $4)
               AND ($5::text IS NULL OR a.state = $5)
               AND ($6::uuid IS NULL OR a.institution_id = $6)
               AND ($7::uuid IS NULL OR EXISTS (SELECT FROM accounts.account_roles AS g
                                                 WHERE g.account_id = a.id AND g.role_id = $7))
               AND ($8::timestamptz IS NULL OR (a.created_at, a.id) < ($8, $9::uuid))
             ORDER BY a.created_at DESC, a.id DESC LIMIT $10""",
            scope,
            None if wanted.username_prefix is None else starting_with(wanted.username_prefix),
            wanted.phone_index,
            wanted.kind,
            wanted.state,
            wanted.institution_id,
            wanted.role_id,
            *(after or (None, None)),
            limit,
        ),
    )


async def add_account(tx: Tx, new: NewAccount) -> None:
    """Raises asyncpg.UniqueViolationError with the constraint's name."""
    await tx.execute(
        """INSERT INTO accounts.accounts (id, kind, username, password_hash, must_change_password, display_name_sealed,
                                          phone_sealed, phone_index, institution_id, department_id, person_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        new.id,
        new.kind,
        new.username,
        new.password_hash,
        new.must_change_password,
        new.display_name_sealed,
        new.phone_sealed,
        new.phone_index,
        new.institution_id,
        new.department_id,
        new.person_id,
    )


async def update_account(
    tx: Tx,
    account_id: UUID,
    version: int,
    *,
    display_name_sealed: bytes,
    phone_sealed: bytes | None,
    phone_index: bytes | None,
    institution_id: UUID,
    department_id: UUID | None,
) -> bool:
    """False when the account is no longer at `version`."""
    return bool(
        await tx.fetchval(
            """UPDATE accounts.accounts
                  SET display_name_sealed = $3, phone_sealed = $4, phone_index = $5, institution_id = $6,
                      department_id = $7, version = version + 1, updated_at = now()
                WHERE id = $1 AND version = $2 RETURNING true""",
            account_id,
            version,
            display_name_sealed,
            phone_sealed,
            phone_index,
            institution_id,
            department_id,
        )
    )


async def set_state(tx: Tx, account_id: UUID, state: str) -> bool:
    """Whether it changed."""
    return bool(
        await tx.fetchval(
            """UPDATE accounts.accounts SET state = $2, version = version + 1, updated_at = now()
                WHERE id = $1 AND state <> $2 RETURNING true""",
            account_id,
            state,
        )
    )


async def set_password(tx: Tx, account_id: UUID, password_hash: str, *, must_change: bool) -> None:
    await tx.execute(
        """UPDATE accounts.accounts SET password_hash = $2, must_change_password = $3, password_changed_at = now(),
                  updated_at = now() WHERE id = $1""",
        account_id,
        password_hash,
        must_change,
    )


async def rehash(tx: Tx, account_id: UUID, old: str, new: str) -> None:
    """The same password under newer parameters; nothing happens when it was changed meanwhile."""
    await tx.execute(
        "UPDATE accounts.accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        account_id,
        old,
        new,
    )


async def id_of_username(tx: Tx, username: str) -> UUID | None:
    return await tx.fetchval("SELECT id FROM accounts.accounts WHERE username = $1", username)


async def id_of_person(tx: Tx, person_id: UUID) -> UUID | None:
    return await tx.fetchval(
        "SELECT id FROM accounts.accounts WHERE person_id = $1 AND kind = 'customer'", person_id
    )


async def persons_with_account(tx: Tx, person_ids: Sequence[UUID]) -> set[UUID]:
    found = await tx.fetch(
        "SELECT person_id FROM accounts.accounts WHERE person_id = ANY ($1::uuid[]) AND kind = 'customer'",
        person_ids,
    )
    return {record["person_id"] for record in found}


# ---- what they hold ---------------------------------------------------------------------------------------------------


async def holder(tx: Tx, account_id: UUID) -> Holder | None:
    found = await tx.fetchrow(
        """SELECT id AS account_id, institution_id, department_id, accounts.departments_below(department_id) AS departments,
                  person_id FROM accounts.accounts WHERE id = $1""",
        account_id,
    )
    return None if found is None else Holder(**{**found, "departments": tuple(found["departments"])})


async def grants_held(tx: Tx, account_id: UUID) -> list[Grant]:
    return rows(
        Grant,
        await tx.fetch(
            """SELECT g.role_id, r.code, r.name, g.scope
                 FROM accounts.account_roles AS g JOIN accounts.roles AS r ON r.id = g.role_id
                WHERE g.account_id = $1 ORDER BY r.code, g.scope""",
            account_id,
        ),
    )


async def role_names(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The names of the roles that each of these accounts holds, whatever the scope."""
    found = await tx.fetch(
        """SELECT g.account_id, array_agg(DISTINCT r.name ORDER BY r.name) AS names
             FROM accounts.account_roles AS g JOIN accounts.roles AS r ON r.id = g.role_id
            WHERE g.account_id = ANY ($1) GROUP BY g.account_id""",
        ids,
    )
    return {record["account_id"]: record["names"] for record in found}


async def permissions_held(tx: Tx, account_id: UUID) -> dict[str, list[str]]:
    """Scope kind → permissions."""
    found = await tx.fetch(
        """SELECT g.scope, array_agg(DISTINCT p.permission) AS permissions
             FROM accounts.account_roles AS g JOIN accounts.role_permissions AS p ON p.role_id = g.role_id
            WHERE g.account_id = $1 GROUP BY g.scope""",
        account_id,
    )
    return {record["scope"]: record["permissions"] for record in found}


async def roles_giving(tx: Tx, account_id: UUID, permission: str) -> list[Grant]:
    return rows(
        Grant,
        await tx.fetch(
            """SELECT g.role_id, r.code, r.name, g.scope
                 FROM accounts.account_roles AS g
                 JOIN accounts.roles AS r ON r.id = g.role_id
                 JOIN accounts.role_permissions AS p ON p.role_id = g.role_id AND p.permission = $2
                WHERE g.account_id = $1 ORDER BY r.code, g.scope""",
            account_id,
            permission,
        ),
    )


async def add_grants(
    tx: Tx, account_id: UUID, grants: Sequence[tuple[UUID, str]], granted_by: UUID | None
) -> None:
    """`grants`: (role id, scope kind)."""
    await tx.execute(
        """INSERT INTO accounts.account_roles (account_id, role_id, scope, granted_by)
           SELECT $1, role_id, scope, $4 FROM unnest($2::uuid[], $3::text[]) AS given (role_id, scope)
           ON CONFLICT DO NOTHING""",
        account_id,
        [role_id for role_id, _ in grants],
        [scope for _, scope in grants],
        granted_by,
    )


async def remove_grants(tx: Tx, account_id: UUID, grants: Sequence[tuple[UUID, str]]) -> None:
    await tx.execute(
        """DELETE FROM accounts.account_roles
            WHERE account_id = $1 AND (role_id, scope) IN (SELECT * FROM unnest($2::uuid[], $3::text[]))""",
        account_id,
        [role_id for role_id, _ in grants],
        [scope for _, scope in grants],
    )


async def administrators_left(tx: Tx, admin_role: str) -> int:
    """Active accounts that hold the administrator's role on everything. The role's row is locked first, so that of two
    requests that each take one administrator away, the second sees what the first did."""
    await tx.fetchval("SELECT id FROM accounts.roles WHERE code = $1 FOR UPDATE", admin_role)
    return await tx.fetchval(
        """SELECT count(*) FROM accounts.account_roles AS g
             JOIN accounts.roles AS r ON r.id = g.role_id AND r.code = $1
             JOIN accounts.accounts AS a ON a.id = g.account_id AND a.state = 'active'
             JOIN accounts.institutions AS i ON i.id = a.institution_id AND i.state = 'active'
            WHERE g.scope = 'all'""",
        admin_role,
    )


async def with_permission(tx: Tx, permission: str, institution_id: UUID) -> list[UUID]:
    """Active staff who hold the permission on everything, or who belong to the institution and hold it on any scope."""
    found = await tx.fetch(
        """SELECT DISTINCT a.id
             FROM accounts.role_permissions AS p
             JOIN accounts.account_roles AS g ON g.role_id = p.role_id
             JOIN accounts.accounts AS a ON a.id = g.account_id AND a.kind = 'staff' AND a.state = 'active'
            WHERE p.permission = $1 AND (g.scope = 'all' OR a.institution_id = $2)
            ORDER BY a.id""",
        permission,
        institution_id,
    )
    return [record["id"] for record in found]
