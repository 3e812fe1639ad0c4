"""What other modules and the installation set up: customers who sign up, and the first institutions, staff and vendors.

Each `create_*` of this file may be run again: what is there already stays as it is.
"""

from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Invalid
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import SYSTEM, Caller
from kanghu.modules.accounts import passwords, policy, sealing
from kanghu.modules.accounts.errors import RoleNotFound
from kanghu.modules.accounts.models import Department
from kanghu.modules.accounts.policy import INTERFACES, SIGN_TYPES
from kanghu.modules.accounts.repository import accounts as rows
from kanghu.modules.accounts.repository import apps as app_rows
from kanghu.modules.accounts.repository import organisation, roles, sessions
from kanghu.modules.accounts.roles import CUSTOMER
from kanghu.modules.accounts.service import apps, staff
from kanghu.modules.accounts.service.staff import Profile


async def create_customer_account(
    tx: Tx,
    *,
    username: str | None,
    phone: str | None,
    password: str,
    person_id: UUID,
    institution_id: UUID,
    display_name: str = "",
    caller: Caller = SYSTEM,
) -> UUID:
    """An account for a person who signs up, with the customer's role on himself. At least one of username and phone.

    Raises Invalid, PasswordUnfit, UsernameTaken, PhoneTaken, PersonHasAccount.
    """
    number = policy.normal_phone(phone) if phone else None
    if phone and number is None:
        raise Invalid(fields={"phone": "请填写 11 位手机号"})
    if username is None and number is None:
        raise Invalid(fields={"phone": "请填写用户名或手机号"})
    name = None if username is None else staff.checked_username(username)
    profile = Profile(display_name or name or "客户", number, institution_id, None)
    account_id = await staff.add_customer(tx, name, profile, password, person_id)
    await _grant(tx, account_id, [(CUSTOMER, "self")])
    await audit.record(
        tx,
        caller,
        "accounts.account.create",
        subject=f"accounts.accounts/{account_id}",
        person_id=person_id,
        institution_id=institution_id,
    )
    return account_id


async def create_institution(tx: Tx, code: str, name: str) -> UUID:
    """The institution with this code."""
    await organisation.add_institution(tx, new_id(), code, name)
    found = await organisation.institution_of_code(tx, code)
    assert found is not None
    return found


async def create_department(
    tx: Tx, institution_id: UUID, code: str, name: str, parent_id: UUID | None = None, sort: int = 0
) -> UUID:
    """The department with this code in the institution."""
    new = Department(new_id(), institution_id, parent_id, code, name, sort, version=1)
    await organisation.add_department(tx, new)
    found = await organisation.department_of_code(tx, institution_id, code)
    assert found is not None
    return found


async def create_staff_account(
    tx: Tx,
    *,
    username: str,
    password: str,
    display_name: str,
    institution_id: UUID,
    department_id: UUID | None = None,
    phone: str | None = None,
    grants: Sequence[tuple[str, str]] = (),
    must_change_password: bool = False,
    totp_secret: str | None = None,
) -> UUID:
    """The staff account with this user name; `grants`: (role code, scope kind).

    With `totp_secret` (base32) the second factor is enrolled already: for a demonstration, or a hardware token.
    """
    name = staff.checked_username(username)
    if (known := await rows.id_of_username(tx, name)) is not None:
        return known
    profile = Profile(
        display_name, policy.normal_phone(phone) if phone else None, institution_id, department_id
    )
    hashed = await passwords.hash_password(password)
    account_id = await staff.add_staff(tx, name, profile, hashed, must_change=must_change_password)
    await _grant(tx, account_id, grants)
    if totp_secret is not None:
        now = clock.now()
        await sessions.start_totp(tx, account_id, vault.seal(totp_secret, sealing.TOTP, account_id), now)
        await sessions.confirm_totp(tx, account_id, now)
    return account_id


async def _grant(tx: Tx, account_id: UUID, grants: Sequence[tuple[str, str]]) -> None:
    ids = await roles.ids_of_codes(tx, [code for code, _ in grants])
    if any(code not in ids for code, _ in grants):
        raise RoleNotFound
    await rows.add_grants(tx, account_id, [(ids[code], scope) for code, scope in grants], None)


async def create_api_app(
    tx: Tx,
    *,
    app_id: str,
    name: str,
    institution_id: UUID,
    vendor_id: UUID | None = None,
    interfaces: Iterable[str] = INTERFACES,
    ip_ranges: Iterable[str] = ("127.0.0.0/8", "::1/128"),
    rate_per_minute: int = 6000,
    sign_types: Iterable[str] = SIGN_TYPES,
    secret: str | None = None,
) -> tuple[UUID, str | None]:
    """The vendor's system with this app id, and its secret when it was made by this call."""
    known = await app_rows.id_of_app(tx, app_id)
    if known is not None:
        return known, None
    wanted = apps.AppSettings(
        name=name,
        vendor_id=vendor_id,
        interfaces=list(interfaces),
        ip_ranges=[ip_network(text) for text in ip_ranges],
        rate_per_minute=rate_per_minute,
        sign_types=list(sign_types),
    )
    new = wanted.of(new_id(), app_id, institution_id)
    return new.id, await apps.add_app(tx, new, secret)
