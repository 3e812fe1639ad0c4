"""The operations manual says who may do what: a role holds what its description promises."""

from kanghu.kernel.db import Tx


async def test_it_staff_and_administrators_look_after_dead_letters(tx: Tx) -> None:
    found = await tx.fetch(
        """SELECT role.code, held.permission FROM accounts.roles AS role
             JOIN accounts.role_permissions AS held ON held.role_id = role.id
            WHERE held.permission LIKE 'main.job.%'"""
    )
    assert {(row["code"], row["permission"]) for row in found} == {
        (role, permission) for role in ("admin", "it_staff") for permission in ("main.job.read", "main.job.retry")
    }
