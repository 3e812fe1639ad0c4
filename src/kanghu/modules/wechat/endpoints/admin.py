"""/api/admin/wechat: official accounts and mini-programs for the hospital's IT staff."""

from typing import Annotated
from uuid import UUID

from fastapi import Request

from kanghu.kernel.security import Caller, can, can_and_waits
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.wechat.schemas import (
    CheckView,
    NewWechatAccount,
    QuotaView,
    SelfTest,
    WechatAccountChange,
    WechatAccountSettings,
    WechatAccountView,
    WechatTemplateView,
)
from kanghu.modules.wechat.service import accounts, quota, self_test, templates

admin = Router(prefix="/api/admin/wechat", tags=["wechat"])

Reader = Annotated[Caller, can(accounts.READ)]
Writer = Annotated[Caller, can(accounts.WRITE)]
TemplateReader = Annotated[Caller, can_and_waits(templates.READ)]
WaitingReader = Annotated[Caller, can_and_waits(accounts.READ)]
WaitingWriter = Annotated[Caller, can_and_waits(accounts.WRITE)]


@admin.get("/accounts", operation_id="wechat_list_accounts")
async def list_accounts(caller: Reader, tx: Transaction) -> list[WechatAccountView]:
    """公众号与小程序"""
    return [WechatAccountView.model_validate(found) for found in await accounts.list_accounts(tx, caller)]


@admin.post("/accounts", operation_id="wechat_create_account", status_code=201)
async def create_account(body: NewWechatAccount, caller: Writer, tx: Transaction) -> WechatAccountView:
    """登记公众号或小程序"""
    wanted = _settings(body, body.secret, body.token, body.aes_key)
    made = await accounts.create_account(tx, caller, body.institution_id, body.kind, body.appid, wanted)
    return await _view(tx, caller, accounts.WRITE, made)


@admin.get("/accounts/{account_id}", operation_id="wechat_get_account")
async def get_account(account_id: UUID, caller: Reader, tx: Transaction) -> WechatAccountView:
    """一个公众号或小程序"""
    return await _view(tx, caller, accounts.READ, account_id)


@admin.put("/accounts/{account_id}", operation_id="wechat_update_account")
async def update_account(
    account_id: UUID, body: WechatAccountChange, caller: Writer, tx: Transaction
) -> WechatAccountView:
    """修改公众号或小程序的设置"""
    wanted = _settings(body, body.secret, body.token, body.aes_key)
    await accounts.update_account(tx, caller, account_id, body.version, wanted)
    return await _view(tx, caller, accounts.WRITE, account_id)


@admin.post("/accounts/{account_id}/self-test", operation_id="wechat_test_account")
async def test_account(account_id: UUID, caller: WaitingWriter, request: Request) -> SelfTest:
    """自检：哪一项设置有误，怎样改正"""
    checks = await self_test.run(request.app.state.database, caller, account_id)
    return SelfTest.of([CheckView.model_validate(check) for check in checks])


@admin.get(
    "/accounts/{account_id}/quotas",
    operation_id="wechat_list_quotas",
    responses={502: {"description": "微信拒绝，原因见 message"}},
)
async def list_quotas(account_id: UUID, caller: WaitingReader, request: Request) -> list[QuotaView]:
    """今天各接口已调用的次数与上限，向微信查询"""
    found = await quota.read(request.app.state.database, caller, account_id)
    return [QuotaView.model_validate(one) for one in found]


@admin.post(
    "/accounts/{account_id}/clear-quota",
    operation_id="wechat_clear_quota",
    status_code=204,
    responses={502: {"description": "微信拒绝，原因见 message"}},
)
async def clear_quota(account_id: UUID, caller: WaitingWriter, request: Request) -> None:
    """清零今天的接口调用次数（微信每月准许 10 次）"""
    await quota.clear(request.app.state.database, caller, account_id)


@admin.get(
    "/accounts/{account_id}/templates",
    operation_id="wechat_list_templates",
    responses={502: {"description": "微信拒绝，原因见 message"}},
)
async def list_templates(
    account_id: UUID, caller: TemplateReader, request: Request
) -> list[WechatTemplateView]:
    """该账号在微信上的模板消息与订阅通知"""
    found = await templates.list_templates(request.app.state.database, caller, account_id)
    return [WechatTemplateView.model_validate(one) for one in found]


async def _view(tx: Transaction, caller: Caller, permission: str, account_id: UUID) -> WechatAccountView:
    found = await accounts.get_account(tx, caller.scope(permission), account_id)
    return WechatAccountView.model_validate(found)


def _settings(
    body: WechatAccountSettings, secret: str | None, token: str | None, aes_key: str | None
) -> accounts.Settings:
    return accounts.Settings(
        body.name, body.mode, body.api_url, body.connect_url, secret, token, aes_key, body.active
    )
