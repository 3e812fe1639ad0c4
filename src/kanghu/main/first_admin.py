"""`kanghu admin create`: an institution and its administrator, who makes everything else on the screens."""

import re

from kanghu.kernel import audit
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Invalid
from kanghu.kernel.security import SYSTEM
from kanghu.modules.accounts import public as accounts
from kanghu.modules.accounts.errors import UsernameTaken
from kanghu.modules.accounts.passwords import first_password
from kanghu.modules.accounts.repository.accounts import id_of_username

_CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")
"""As the constraint on accounts.institutions.code says."""


async def create(tx: Tx, *, code: str, institution: str, username: str, name: str) -> str:
    """The first password of the new administrator; it must be changed, and the second factor enrolled, at the first sign-in.

    The institution with this code is made unless it is there. Raises `UsernameTaken`, `Invalid`.
    """
    if not _CODE.fullmatch(code) or not institution.strip():
        raise Invalid(fields={"code": "机构代码为 1 至 32 位字母、数字、- 或 _，机构名称不能为空"})
    if await id_of_username(tx, username.strip().lower()) is not None:
        raise UsernameTaken
    password = first_password()
    institution_id = await accounts.create_institution(tx, code, institution)
    account_id = await accounts.create_staff_account(
        tx,
        username=username,
        password=password,
        display_name=name,
        institution_id=institution_id,
        grants=[("admin", "all")],
        must_change_password=True,
    )
    await audit.record(
        tx,
        SYSTEM,
        "accounts.account.create",
        subject=f"accounts.accounts/{account_id}",
        institution_id=institution_id,
    )
    return password
