"""The operations manual says who may do what: a role holds what its description promises."""

import pytest

from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Invalid
from kanghu.main import first_admin
from kanghu.modules.accounts.errors import UsernameTaken


async def test_it_staff_and_administrators_look_after_dead_letters(tx: Tx) -> None:
    found = await tx.fetch(
        """SELECT role.code, held.permission FROM accounts.roles AS role
             JOIN accounts.role_permissions AS held ON held.role_id = role.id
            WHERE held.permission LIKE 'main.job.%'"""
    )
    assert {(row["code"], row["permission"]) for row in found} == {
        (role, permission)
        for role in ("admin", "it_staff")
        for permission in ("main.job.read", "main.job.retry")
    }


async def test_the_first_administrator_is_made_once(tx: Tx) -> None:
    made = await first_admin.create(tx, code="H001", institution="测试医院", username="root1", name="管理员")
    assert len(made) >= 12
    with pytest.raises(UsernameTaken):
        await first_admin.create(tx, code="H001", institution="测试医院", username="ROOT1", name="管理员")
    kept = await tx.fetchrow(
        """SELECT account.must_change_password, role.code, held.scope
             FROM accounts.accounts AS account
             JOIN accounts.account_roles AS held ON held.account_id = account.id
             JOIN accounts.roles AS role ON role.id = held.role_id
            WHERE account.username = 'root1'"""
    )
    assert tuple(kept) == (True, "admin", "all")
    with pytest.raises(Invalid):
        await first_admin.create(tx, code="H 001", institution="测试医院", username="root2", name="管理员")
