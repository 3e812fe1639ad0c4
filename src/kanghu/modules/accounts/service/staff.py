"""What administrators do with accounts. Nobody manages an account that may do more than he himself may give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from kanghu.kernel import audit, clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import AppError, Invalid
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import passwords, policy, sealing
from kanghu.modules.accounts.errors import (
    AccountNotFound,
    DepartmentNotFound,
    GrantTooWide,
    InstitutionNotFound,
    LastAdministrator,
    OwnAccount,
    OwnGrants,
    PasswordUnfit,
    PersonHasAccount,
    PhoneTaken,
    RoleNotFound,
    ScopeUnfit,
    StaleVersion,
    UsernameTaken,
)
from kanghu.modules.accounts.models import Account, Grant
from kanghu.modules.accounts.policy import Holder
from kanghu.modules.accounts.repository import accounts as rows
from kanghu.modules.accounts.repository import organisation, roles, sessions
from kanghu.modules.accounts.repository.accounts import Filter, NewAccount
from kanghu.modules.accounts.roles import ADMIN

READ, WRITE = "accounts.account.read", "accounts.account.write"


@dataclass(frozen=True, slots=True)
class Profile:
    """What people enter of an account; `phone` as 11 digits."""

    display_name: str
    phone: str | None
    institution_id: UUID
    department_id: UUID | None


async def list_accounts(
    tx: Tx, caller: Caller, wanted: Filter, after: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[Account, list[str]]]:
    """Accounts in the caller's reach with the names of their roles, newest first."""
    found = await rows.list_accounts(tx, caller.scope(READ).sql(), wanted, after, limit)
    held = await rows.role_names(tx, [account.id for account in found])
    await audit.record(tx, caller, READ, subject="accounts.accounts", detail={"listed": len(found)})
    return [(account, held.get(account.id, [])) for account in found]


async def read_account(tx: Tx, caller: Caller, account_id: UUID) -> tuple[Account, list[Grant]]:
    """One account and its roles. Raises AccountNotFound."""
    found = await _in_reach(tx, caller, account_id, READ)
    await audit.record(tx, caller, READ, subject=_subject(account_id), person_id=found.person_id)
    return found, await rows.grants_held(tx, account_id)


async def create_account(tx: Tx, caller: Caller, username: str, profile: Profile) -> tuple[UUID, str]:
    """A staff account without roles and its first password, which has to be changed at the first sign-in."""
    await _check_place(tx, caller, profile)
    password = passwords.first_password()
    hashed = await passwords.hash_password(password)
    account_id = await add_staff(tx, checked_username(username), profile, hashed, must_change=True)
    await audit.record(
        tx,
        caller,
        "accounts.account.create",
        subject=_subject(account_id),
        detail={"institution": str(profile.institution_id)},
    )
    return account_id, password


def checked_username(username: str) -> str:
    """The user name in lower case. Raises Invalid: it begins with a letter, so that it is never taken for a phone."""
    name = username.strip().lower()
    if not policy.USERNAME.fullmatch(name):
        raise Invalid(fields={"username": "3 至 32 位，以字母开头，只含字母、数字、点、下划线和短横线"})
    return name


async def add_staff(
    tx: Tx, username: str, profile: Profile, password_hash: str, *, must_change: bool
) -> UUID:
    """Writes a staff account. Raises UsernameTaken."""
    return await _add(tx, "staff", username, profile, password_hash, must_change=must_change, person_id=None)


async def add_customer(
    tx: Tx, username: str | None, profile: Profile, password: str, person_id: UUID
) -> UUID:
    """Writes a customer's account. Raises PasswordUnfit, UsernameTaken, PhoneTaken, PersonHasAccount."""
    if reason := passwords.refusal(password, (username or "", profile.phone or "")):
        raise PasswordUnfit(reason, fields={"password": reason})
    hashed = await passwords.hash_password(password)
    return await _add(tx, "customer", username, profile, hashed, must_change=False, person_id=person_id)


async def _add(
    tx: Tx,
    kind: str,
    username: str | None,
    profile: Profile,
    password_hash: str,
    *,
    must_change: bool,
    person_id: UUID | None,
) -> UUID:
    account_id = new_id()
    phone_sealed, phone_index = _sealed_phone(profile.phone, account_id)
    new = NewAccount(
        id=account_id,
        kind=kind,
        username=username,
        password_hash=password_hash,
        must_change_password=must_change,
        display_name_sealed=vault.seal(profile.display_name, sealing.NAME, account_id),
        phone_sealed=phone_sealed,
        phone_index=phone_index,
        institution_id=profile.institution_id,
        department_id=profile.department_id,
        person_id=person_id,
    )
    try:
        async with tx.transaction():  # a savepoint, so that the caller can answer the refusal
            await rows.add_account(tx, new)
    except asyncpg.UniqueViolationError as error:
        raise _taken(error.constraint_name) from error
    return account_id


def _taken(constraint: str | None) -> AppError:
    if constraint == "accounts_customer_phone":
        return PhoneTaken(fields={"phone": PhoneTaken.message})
    if constraint == "accounts_customer_person":
        return PersonHasAccount()
    return UsernameTaken(fields={"username": UsernameTaken.message})


def _sealed_phone(phone: str | None, account_id: UUID) -> tuple[bytes | None, bytes | None]:
    if phone is None:
        return None, None
    return vault.seal(phone, sealing.PHONE, account_id), vault.blind_index("phone", phone)


async def update_account(tx: Tx, caller: Caller, account_id: UUID, version: int, profile: Profile) -> None:
    """Changes name, phone and place. A move must not carry rights to where the caller could not give them."""
    account = await _manageable(tx, caller, account_id)
    await _check_place(tx, caller, profile)
    phone_sealed, phone_index = _sealed_phone(profile.phone, account_id)
    kept = await rows.update_account(
        tx,
        account_id,
        version,
        display_name_sealed=vault.seal(profile.display_name, sealing.NAME, account_id),
        phone_sealed=phone_sealed,
        phone_index=phone_index,
        institution_id=profile.institution_id,
        department_id=profile.department_id,
    )
    if not kept:
        raise StaleVersion
    if (account.institution_id, account.department_id) != (profile.institution_id, profile.department_id):
        await _check_rights(tx, caller, account_id)
    await audit.record(
        tx, caller, "accounts.account.update", subject=_subject(account_id), person_id=account.person_id
    )


async def disable(tx: Tx, caller: Caller, account_id: UUID) -> None:
    """Ends the account's sessions and lets nobody in. Raises LastAdministrator."""
    account = await _manageable(tx, caller, account_id)
    if not await rows.set_state(tx, account_id, "disabled"):
        return
    await ensure_administrator(tx)
    await sessions.revoke_sessions(tx, account_id, clock.now())
    await audit.record(
        tx, caller, "accounts.account.disable", subject=_subject(account_id), person_id=account.person_id
    )


async def enable(tx: Tx, caller: Caller, account_id: UUID) -> None:
    account = await _manageable(tx, caller, account_id)
    if await rows.set_state(tx, account_id, "active"):
        await audit.record(
            tx, caller, "accounts.account.enable", subject=_subject(account_id), person_id=account.person_id
        )


async def reset_password(tx: Tx, caller: Caller, account_id: UUID) -> str:
    """A new first password, told this once; sessions end and a pause is lifted. Raises OwnAccount."""
    account = await _somebody_else(tx, caller, account_id)
    password = passwords.first_password()
    hashed = await passwords.hash_password(password)
    await sessions.clear_failures(tx, f"account:{account_id}")  # before the account, as signing in does
    await rows.set_password(tx, account_id, hashed, must_change=True)
    await sessions.revoke_sessions(tx, account_id, clock.now())
    await audit.record(
        tx, caller, "accounts.password.reset", subject=_subject(account_id), person_id=account.person_id
    )
    return password


async def unlock(tx: Tx, caller: Caller, account_id: UUID) -> None:
    """Lifts a pause after failed sign-ins."""
    account = await _manageable(tx, caller, account_id)
    await sessions.clear_failures(tx, f"account:{account_id}")
    await audit.record(
        tx, caller, "accounts.account.unlock", subject=_subject(account_id), person_id=account.person_id
    )


async def reset_totp(tx: Tx, caller: Caller, account_id: UUID) -> None:
    """Forgets a lost second factor; sessions end. Raises OwnAccount."""
    account = await _somebody_else(tx, caller, account_id)
    if await sessions.drop_totp(tx, account_id):
        await sessions.revoke_sessions(tx, account_id, clock.now())
        await audit.record(
            tx, caller, "accounts.totp.reset", subject=_subject(account_id), person_id=account.person_id
        )


async def set_grants(tx: Tx, caller: Caller, account_id: UUID, wanted: Sequence[tuple[UUID, str]]) -> None:
    """Makes `wanted` = (role id, scope kind) the account's grants; what is added must lie within the caller's own rights.

    Raises OwnGrants, RoleNotFound, GrantTooWide, LastAdministrator.
    """
    if account_id == caller.account_id:
        raise OwnGrants
    account = await _manageable(tx, caller, account_id)
    holder = await _holder(tx, account_id)
    old = {(grant.role_id, grant.scope) for grant in await rows.grants_held(tx, account_id)}
    added, removed = sorted(set(wanted) - old), sorted(old - set(wanted))
    known = await roles.get_roles(tx, [role_id for role_id, _ in added])
    held: dict[str, list[str]] = {}
    for role_id, kind in added:
        if role_id not in known:
            raise RoleNotFound
        if kind not in policy.SCOPES_OF[account.kind]:
            raise ScopeUnfit
        held.setdefault(kind, []).extend(known[role_id].permissions)
    _refuse_beyond(caller, held, holder)
    await rows.add_grants(tx, account_id, added, caller.account_id)
    await rows.remove_grants(tx, account_id, removed)
    if removed:
        await ensure_administrator(tx)
    await audit.record(
        tx,
        caller,
        "accounts.grant.change",
        subject=_subject(account_id),
        person_id=account.person_id,
        detail={"added": _told(added), "removed": _told(removed)},
    )


async def ensure_administrator(tx: Tx) -> None:
    """Call after a change that may take an administrator away. Raises LastAdministrator."""
    if not await rows.administrators_left(tx, ADMIN):
        raise LastAdministrator


def _told(grants: Sequence[tuple[UUID, str]]) -> list[str]:
    return [f"{role_id}:{scope}" for role_id, scope in grants]


async def _in_reach(tx: Tx, caller: Caller, account_id: UUID, permission: str) -> Account:
    found = await rows.get_account(tx, account_id)
    if found is None or not policy.reaches(
        caller.scope(permission), found.institution_id, found.department_id, found.id
    ):
        raise AccountNotFound
    return found


async def _manageable(tx: Tx, caller: Caller, account_id: UUID) -> Account:
    """The account, if the caller reaches it and could have given it all it holds: who resets a password can sign in with
    it. Raises AccountNotFound, GrantTooWide."""
    found = await _in_reach(tx, caller, account_id, WRITE)
    if account_id != caller.account_id:
        await _check_rights(tx, caller, account_id)
    return found


async def _somebody_else(tx: Tx, caller: Caller, account_id: UUID) -> Account:
    """As `_manageable`; a session that was left open must not be enough to get around one's own password or second factor."""
    if account_id == caller.account_id:
        raise OwnAccount
    return await _manageable(tx, caller, account_id)


async def _check_rights(tx: Tx, caller: Caller, account_id: UUID) -> None:
    _refuse_beyond(caller, await rows.permissions_held(tx, account_id), await _holder(tx, account_id))


def _refuse_beyond(caller: Caller, held: Mapping[str, Sequence[str]], holder: Holder) -> None:
    too_wide = policy.beyond(caller.grants, policy.grants_of(held, holder), holder)
    if too_wide:
        raise GrantTooWide(fields={permission: "超出您自己的权限或数据范围" for permission in too_wide})


async def _holder(tx: Tx, account_id: UUID) -> Holder:
    found = await rows.holder(tx, account_id)
    if found is None:
        raise AccountNotFound
    return found


async def _check_place(tx: Tx, caller: Caller, profile: Profile) -> None:
    """Institution and department exist, belong together, and lie in the caller's reach."""
    if await organisation.get_institution(tx, profile.institution_id) is None or not policy.reaches(
        caller.scope(WRITE), profile.institution_id, profile.department_id
    ):
        raise InstitutionNotFound
    if profile.department_id is not None:
        department = await organisation.get_department(tx, profile.department_id)
        if department is None or department.institution_id != profile.institution_id:
            raise DepartmentNotFound


def _subject(account_id: UUID) -> str:
    return f"accounts.accounts/{account_id}"
