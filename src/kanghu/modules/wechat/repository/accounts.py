"""Official accounts and mini-programs."""

from datetime import datetime
from uuid import UUID

from kanghu.kernel.db import Tx, row, rows
from kanghu.kernel.security import Scope
from kanghu.modules.wechat.models import Account

SECRET, CALLBACK_KEYS = "wechat.accounts.secret", "wechat.accounts.callback_keys"
_COLUMNS = """id, institution_id, kind, appid, name, secret, callback_keys, mode, api_url, connect_url, paused_until,
              active, version"""


async def get(tx: Tx, account_id: UUID) -> Account | None:
    return row(
        Account, await tx.fetchrow(f"SELECT {_COLUMNS} FROM wechat.accounts WHERE id = $1", account_id)
    )


async def list_accounts(tx: Tx, scope: Scope) -> list[Account]:
    return rows(
        Account,
        await tx.fetch(
            f"""SELECT {_COLUMNS} FROM wechat.accounts
                 WHERE ($1::kernel.scope).everything OR institution_id = ANY (($1::kernel.scope).institutions)
                 ORDER BY name, id LIMIT 500""",
            scope.sql(),
        ),
    )


async def insert(tx: Tx, account: Account) -> bool:
    """False when the appid is taken."""
    done = await tx.fetchval(
        """INSERT INTO wechat.accounts (id, institution_id, kind, appid, name, secret, callback_keys, mode, api_url,
                                        connect_url, active)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (appid) DO NOTHING RETURNING true""",
        account.id,
        account.institution_id,
        account.kind,
        account.appid,
        account.name,
        account.secret,
        account.callback_keys,
        account.mode,
        account.api_url,
        account.connect_url,
        account.active,
    )
    return bool(done)


async def update(tx: Tx, account: Account) -> bool:
    """Everything but institution, kind and appid. False when somebody else changed it since `account.version`."""
    done = await tx.fetchval(
        """UPDATE wechat.accounts
              SET name = $3, secret = $4, callback_keys = $5, mode = $6, api_url = $7, connect_url = $8, active = $9,
                  version = version + 1, updated_at = now()
            WHERE id = $1 AND version = $2 RETURNING true""",
        account.id,
        account.version,
        account.name,
        account.secret,
        account.callback_keys,
        account.mode,
        account.api_url,
        account.connect_url,
        account.active,
    )
    return bool(done)


async def pause(tx: Tx, account_id: UUID, until: datetime | None) -> None:
    """No customer-service messages until then; None: at once again."""
    await tx.execute("UPDATE wechat.accounts SET paused_until = $2 WHERE id = $1", account_id, until)
