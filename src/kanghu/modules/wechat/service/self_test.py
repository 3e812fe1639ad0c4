"""What is misconfigured about an account, and how to mend it: asked of WeChat itself where that is possible."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Database
from kanghu.kernel.security import Caller
from kanghu.modules.wechat.errors import WechatFailed
from kanghu.modules.wechat.models import Account, Mode
from kanghu.modules.wechat.policy import callback_path
from kanghu.modules.wechat.repository import inbox
from kanghu.modules.wechat.service import calls, oauth, tokens
from kanghu.modules.wechat.service.accounts import WRITE, get_account

State = Literal["ok", "warning", "failed"]
QUIET_FOR = timedelta(days=3)
MODES: dict[Mode, str] = {"plain": "明文模式", "compatible": "兼容模式", "safe": "安全模式"}


@dataclass(frozen=True, slots=True)
class Check:
    """`advice` is empty when nothing is to be done."""

    name: str
    state: State
    found: str
    advice: str = ""


async def run(database: Database, caller: Caller, account_id: UUID) -> list[Check]:
    """Raises `AccountNotFound`. What fails is a line of the answer, not an error."""
    async with database.transaction() as tx:
        account = await get_account(tx, caller.scope(WRITE), account_id)
        heard = await inbox.newest(tx, account.id)
        await audit.record(
            tx,
            caller,
            "wechat.account.test",
            subject=f"wechat.accounts/{account.id}",
            institution_id=account.institution_id,
        )
    checks = [_in_use(account), _mode(account), _heard(account, heard), _quota(account)]
    return [*checks, *await _asked_of_wechat(database, account)]


async def _asked_of_wechat(database: Database, account: Account) -> list[Check]:
    """One after the other, and no further than the first that fails: what follows would fail for the same reason."""
    secret = await _asked("secret", "AppID、AppSecret 与 IP 白名单正确", tokens.ask(account))
    if secret.state != "ok":
        return [secret]
    token = await _asked("token", "接口凭证可用", calls.get(database, account, "/cgi-bin/getcallbackip"))
    if token.state != "ok" or account.kind != "official":
        return [secret, token]
    ticket = await _asked("js_sdk", "已取得网页 JS-SDK 票据", oauth.js_ticket(database, account))
    return [secret, token, ticket]


async def _asked(name: str, well: str, call: Awaitable[object]) -> Check:
    try:
        await call
    except WechatFailed as error:
        found, _, advice = error.message.partition("，")
        return Check(name, "failed", found, advice or error.message)
    return Check(name, "ok", well)


def _in_use(account: Account) -> Check:
    if account.active:
        return Check("active", "ok", "已启用")
    return Check("active", "failed", "已停用，不接收也不发送", "请在设置中启用")


def _mode(account: Account) -> Check:
    if account.mode == "safe":
        return Check("mode", "ok", MODES["safe"])
    advice = "消息在途中没有加密：请在公众平台与本系统都改为安全模式"
    return Check("mode", "warning", MODES[account.mode], advice)


def _heard(account: Account, at: datetime | None) -> Check:
    advice = (
        "请在公众平台的服务器配置中填写：地址为本系统的域名加 "
        f"{callback_path(account.id)}，Token 与 EncodingAESKey 与本系统一致，"
        f"消息加解密方式为{MODES[account.mode]}，然后启用，并给公众号发一条消息试试"
    )
    if at is None:
        return Check("callback", "failed", "从未收到微信推送的消息", advice)
    said = f"最近一次收到推送：{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    return (
        Check("callback", "warning", said, advice)
        if clock.now() - at > QUIET_FOR
        else Check("callback", "ok", said)
    )


def _quota(account: Account) -> Check:
    if account.paused_until is None or account.paused_until <= clock.now():
        return Check("quota", "ok", "今天的客服消息没有受到次数限制")
    return Check(
        "quota", "warning", "今天的客服消息次数已用完，明天自动恢复", "急用时可清零调用次数，每月 10 次"
    )
