"""What other modules and `main` may call."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Scope
from kanghu.modules.accounts import sealing
from kanghu.modules.accounts.models import Institution
from kanghu.modules.accounts.repository import accounts as _rows
from kanghu.modules.accounts.repository import organisation as _organisation
from kanghu.modules.accounts.repository.resealing import reseal
from kanghu.modules.accounts.service.apps import (
    ApiApp,
    ApiSecret,
    note_secret_used,
    remembered_app,
    take_token,
)
from kanghu.modules.accounts.service.apps import find_app as get_app
from kanghu.modules.accounts.service.phone_codes import (
    PhoneMessage,
    send_phone_codes_when,
)
from kanghu.modules.accounts.service.phone_codes import available as phone_codes_available
from kanghu.modules.accounts.service.phone_codes import check as check_phone_code
from kanghu.modules.accounts.service.phone_codes import sent as phone_code_sent
from kanghu.modules.accounts.service.phone_codes import to_send as phone_code_to_send
from kanghu.modules.accounts.service.phone_codes import use as use_phone_code
from kanghu.modules.accounts.service.provision import (
    create_api_app,
    create_customer_account,
    create_department,
    create_institution,
    create_staff_account,
)
from kanghu.modules.accounts.service.roles import seed_roles
from kanghu.modules.accounts.service.sessions import authenticate, caller_of

__all__ = [
    "AccountBrief",
    "ApiApp",
    "ApiSecret",
    "Institution",
    "InstitutionBrief",
    "PhoneMessage",
    "account_brief",
    "account_of_person",
    "accounts_with_permission",
    "active_institutions",
    "authenticate",
    "caller_of",
    "check_phone_code",
    "create_api_app",
    "create_customer_account",
    "create_department",
    "create_institution",
    "create_staff_account",
    "get_app",
    "institution_brief",
    "note_secret_used",
    "persons_with_account",
    "phone_code_sent",
    "phone_code_to_send",
    "phone_codes_available",
    "remembered_app",
    "reseal",
    "seed_roles",
    "send_phone_codes_when",
    "take_token",
    "use_phone_code",
]


@dataclass(frozen=True, slots=True)
class AccountBrief:
    """What others may know of an account. `display_name` is personal data: show it, never log it."""

    id: UUID
    kind: str
    display_name: str
    institution_id: UUID
    department_id: UUID | None
    person_id: UUID | None
    active: bool


async def account_brief(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, AccountBrief]:
    """The accounts among `ids` that exist, by id."""
    return {
        found.id: AccountBrief(
            id=found.id,
            kind=found.kind,
            display_name=vault.open(found.display_name_sealed, sealing.NAME, found.id),
            institution_id=found.institution_id,
            department_id=found.department_id,
            person_id=found.person_id,
            active=found.state == "active",
        )
        for found in await _rows.get_accounts(tx, ids)
    }


@dataclass(frozen=True, slots=True)
class InstitutionBrief:
    """An institution as it is called, with its departments by id in their order."""

    id: UUID
    name: str
    departments: dict[UUID, str]


async def institution_brief(tx: Tx, institution_id: UUID) -> InstitutionBrief | None:
    found = await _organisation.get_institution(tx, institution_id)
    if found is None:
        return None
    departments = await _organisation.list_departments(tx, found.id, Scope(everything=True).sql())
    return InstitutionBrief(found.id, found.name, {known.id: known.name for known in departments})


async def account_of_person(tx: Tx, person_id: UUID) -> UUID | None:
    """The customer's account of a person, None when he has none."""
    return await _rows.id_of_person(tx, person_id)


async def persons_with_account(tx: Tx, person_ids: Sequence[UUID]) -> set[UUID]:
    """Those among the persons who have a customer's account."""
    return await _rows.persons_with_account(tx, person_ids)


async def active_institutions(tx: Tx) -> list[Institution]:
    """Those that people may choose, by code."""
    found = await _organisation.list_institutions(tx, Scope(everything=True).sql())
    return [institution for institution in found if institution.state == "active"]


async def accounts_with_permission(tx: Tx, permission: str, institution_id: UUID) -> list[UUID]:
    """The staff who hold `permission` and may be concerned with the institution: those who hold it on everything, and
    those who belong to the institution, on whatever scope. Who gets notices for staff."""
    return await _rows.with_permission(tx, permission, institution_id)
