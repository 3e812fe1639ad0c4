"""The daily number of calls: what is left of it, and setting it back to zero, which WeChat allows ten times a month."""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel import audit
from kanghu.kernel.db import Database
from kanghu.kernel.security import Caller
from kanghu.modules.wechat.errors import WechatFailed
from kanghu.modules.wechat.models import Kind
from kanghu.modules.wechat.repository import accounts
from kanghu.modules.wechat.service import calls
from kanghu.modules.wechat.service.accounts import READ, WRITE, get_account

UNKNOWN = frozenset({76021, 76022})
"""WeChat keeps no count of this interface for this account."""

INTERFACES: dict[Kind, dict[str, str]] = {
    "official": {
        "/cgi-bin/message/custom/send": "客服消息",
        "/cgi-bin/message/template/send": "模板消息",
        "/cgi-bin/media/upload": "上传素材",
        "/cgi-bin/menu/create": "发布默认菜单",
        "/cgi-bin/menu/addconditional": "发布个性化菜单",
        "/cgi-bin/user/info": "读取粉丝资料",
        "/cgi-bin/qrcode/create": "生成二维码",
    },
    "mini_program": {
        "/cgi-bin/message/custom/send": "客服消息",
        "/cgi-bin/message/subscribe/send": "订阅消息",
        "/wxa/business/getuserphonenumber": "取得手机号",
    },
}
"""What we call most, by its path."""


@dataclass(frozen=True, slots=True)
class Quota:
    """Calls of today. `daily_limit` None: WeChat names none."""

    path: str
    name: str
    daily_limit: int | None
    used: int


async def read(database: Database, caller: Caller, account_id: UUID) -> list[Quota]:
    """Raises `AccountNotFound`, `WechatFailed`."""
    async with database.transaction() as tx:
        account = await get_account(tx, caller.scope(READ), account_id)
    found = []
    for path, name in INTERFACES[account.kind].items():
        try:
            answer = await calls.post(database, account, "/cgi-bin/openapi/quota/get", {"cgi_path": path})
        except WechatFailed as error:
            if error.errcode in UNKNOWN:
                continue
            raise
        told = answer.get("quota")
        counts = told if isinstance(told, dict) else {}
        limit, used = (_count(counts.get(key)) for key in ("daily_limit", "used"))
        found.append(Quota(path, name, limit or None, used))
    return found


def _count(found: object) -> int:
    return found if isinstance(found, int) and found > 0 else 0


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
