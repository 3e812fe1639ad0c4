"""After a change of keys everything opens as before, under the new key."""

from collections.abc import Iterator

import httpx
import pyotp
import pytest

from kanghu.kernel import clock
from kanghu.kernel.crypto import add_vault_key, new_secrets, vault
from kanghu.modules.accounts import public
from kanghu.modules.accounts.service import apps

from .hospital import TOTP_SECRET, Enter, Hospital


@pytest.fixture
def keys() -> Iterator[dict]:
    before = dict(vault.__dict__)
    kept = new_secrets()
    vault.load(kept)
    yield kept
    vault.__dict__.update(before)


async def test_names_phones_and_secrets_move_to_the_new_key(
    keys: dict, hospital: Hospital, web: httpx.AsyncClient, enter: Enter
) -> None:
    await hospital.staff("root", ("admin", "all"), totp=True, phone="13812345678")
    for n in range(4):
        await hospital.staff(f"staff{n}")
    async with hospital.database.transaction() as tx:
        _, secret = await public.create_api_app(
            tx, app_id="resealed", name="换钥", institution_id=hospital.east
        )
        assert await public.reseal(tx, 3) == 0

    vault.load(add_vault_key(keys), "SM4-GCM")
    async with hospital.database.transaction() as tx:
        done = [await public.reseal(tx, 3) for _ in range(3)]
    assert done == [3 + 1 + 1, 2, 0]

    async with hospital.database.transaction() as tx:
        sealed = await tx.fetch(
            """SELECT display_name_sealed FROM accounts.accounts UNION ALL SELECT phone_sealed FROM accounts.accounts
                WHERE phone_sealed IS NOT NULL UNION ALL SELECT secret_sealed FROM accounts.totp
                UNION ALL SELECT secret_sealed FROM accounts.api_secrets"""
        )
        assert len(sealed) == 5 + 1 + 1 + 1
        assert not any(vault.needs_reseal(record[0]) for record in sealed)
        apps._cache.clear()
        app = await public.get_app(tx, "resealed")
    assert app is not None
    assert [s.secret for s in app.live_secrets(clock.now())] == [secret]
    session = await enter("root", pyotp.TOTP(TOTP_SECRET).at(clock.now()))
    me = (await web.get("/api/session/me", headers=session)).json()
    seen = (await web.get(f"/api/admin/accounts/accounts/{me['account_id']}", headers=session)).json()
    assert (seen["display_name"], seen["phone"]) == ("张三丰", "13812345678")
