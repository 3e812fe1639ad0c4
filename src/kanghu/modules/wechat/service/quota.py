"""The daily number of calls, set back to zero: WeChat allows it ten times a month."""

from uuid import UUID

from kanghu.kernel import audit
from kanghu.kernel.db import Database
from kanghu.kernel.security import Caller
from kanghu.modules.wechat.repository import accounts
from kanghu.modules.wechat.service import calls
from kanghu.modules.wechat.service.accounts import WRITE, get_account


async def clear(database: Database, caller: Caller, account_id: UUID) -> None:
    """Raises `AccountNotFound`, `WechatFailed` (`Banned` when this month's ten are used)."""
    async with database.transaction() as tx:
        account = await get_account(tx, caller.scope(WRITE), account_id)
    await calls.post(database, account, "/cgi-bin/clear_quota", {"appid": account.appid})
    async with database.transaction() as tx:
        await accounts.pause(tx, account.id, None)
        await audit.record(
            tx,
            caller,
            "wechat.account.clear_quota",
            subject=f"wechat.accounts/{account.id}",
            institution_id=account.institution_id,
        )
