"""The hospital that the tests of accounts are played in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel.db import Database
from kanghu.modules.accounts import public

Enter = Callable[..., Awaitable[dict[str, str]]]

PASSWORD = "Correct-Horse-9"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(frozen=True)
class Hospital:
    """Two institutions; in the first, surgery with two wards below it."""

    database: Database
    east: UUID
    west: UUID
    surgery: UUID
    ward: UUID
    annexe: UUID

    async def staff(
        self,
        username: str,
        *grants: tuple[str, str],
        institution: UUID | None = None,
        department: UUID | None = None,
        totp: bool = False,
        must_change: bool = False,
        phone: str | None = None,
    ) -> UUID:
        async with self.database.transaction() as tx:
            return await public.create_staff_account(
                tx,
                username=username,
                password=PASSWORD,
                display_name="张三丰",
                institution_id=institution or self.east,
                department_id=department,
                grants=grants,
                totp_secret=TOTP_SECRET if totp else None,
                must_change_password=must_change,
                phone=phone,
            )
