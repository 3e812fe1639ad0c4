"""The account that something is about, and what of it is sealed."""

from uuid import UUID

import msgspec

from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database, Tx
from kanghu.modules.wechat.errors import AccountInactive, AccountNotFound
from kanghu.modules.wechat.models import Account, CallbackKeys
from kanghu.modules.wechat.repository import accounts


async def usable(tx: Tx, account_id: UUID) -> Account:
    """Raises `AccountNotFound`, `AccountInactive`."""
    found = await accounts.get(tx, account_id)
    if found is None:
        raise AccountNotFound
    if not found.active:
        raise AccountInactive
    return found


async def usable_now(database: Database, account_id: UUID) -> Account:
    """Like `usable`, in a short transaction of its own."""
    async with database.transaction() as tx:
        return await usable(tx, account_id)


def secret_of(account: Account) -> str:
    return vault.open(account.secret, accounts.SECRET, account.id)


def callback_keys_of(account: Account) -> list[CallbackKeys]:
    """Those in force, and those before them: while they are changed on both sides, messages come with either."""
    opened = vault.open_bytes(account.callback_keys, accounts.CALLBACK_KEYS, account.id)
    return msgspec.json.decode(opened, type=list[CallbackKeys])


def sealed_callback_keys(account_id: UUID, keys: list[CallbackKeys]) -> bytes:
    return vault.seal(msgspec.json.encode(keys), accounts.CALLBACK_KEYS, account_id)
