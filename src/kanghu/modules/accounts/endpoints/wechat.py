"""/api/session/wechat: customers sign in by WeChat, and bind and unbind it.

What waits for WeChat holds no transaction meanwhile.
"""

import secrets
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request, Response

from kanghu.kernel.security import Caller, anyone, signed_in
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts.endpoints.session import attempt_of, opened
from kanghu.modules.accounts.service import wechat_sign_in as service
from kanghu.modules.accounts.wechat_schemas import (
    WechatBindingView,
    WechatChoice,
    WechatMiniCode,
    WechatMiniPhone,
    WechatOffer,
    WechatPageCode,
    WechatSignedIn,
    WechatStart,
)
from kanghu.modules.wechat import public as wechat

router = Router(prefix="/api/session/wechat", tags=["session"])

Anyone = Annotated[Caller, anyone("登录之前没有身份")]
SignedInCaller = Annotated[Caller, signed_in()]

PAGE = "/m/sign-in/wechat"
"""Where WeChat sends the visitor back to; a page of ours, never one that the request names."""
STATE = "wechat_state"
STATE_LIFE_S = 600
REFUSED: dict[int | str, dict[str, Any]] = {502: {"description": "微信拒绝，原因见 message"}}
NOT_IN: dict[int | str, dict[str, Any]] = {
    **REFUSED,
    403: {"description": "账户已停用，或登录不是在本机发起的"},
}


@router.get("/accounts", operation_id="accounts_list_wechat_choices")
async def list_choices(_caller: Anyone, tx: Transaction) -> list[WechatChoice]:
    """可用来登录的公众号与小程序"""
    return [WechatChoice.model_validate(one) for one in await wechat.active_accounts(tx)]


@router.post("/start/{account_id}", operation_id="accounts_start_wechat", responses=REFUSED)
async def start(account_id: UUID, request: Request, response: Response, _caller: Anyone) -> WechatStart:
    """开始用微信登录（H5）：得到微信网页授权的地址"""
    state = secrets.token_urlsafe(24)
    origin = f"{request.url.scheme}://{request.url.netloc}"
    url = await wechat.sign_in_url(
        request.app.state.database, account_id, f"{origin}{PAGE}?account_id={account_id}", state
    )
    response.set_cookie(
        STATE,
        state,
        max_age=STATE_LIFE_S,
        path="/api/session/wechat",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return WechatStart(url=url)


@router.post("/page", operation_id="accounts_sign_in_by_wechat", responses=NOT_IN)
async def page(given: WechatPageCode, request: Request, response: Response, caller: Anyone) -> WechatSignedIn:
    """用微信登录（H5）：提交微信带回的 code 与 state"""
    begun_with = request.cookies.get(STATE, "")
    outcome = await service.by_page(
        request.app.state.database,
        given.account_id,
        given.code,
        given.state,
        begun_with,
        attempt_of(request, caller),
    )
    response.delete_cookie(STATE, path="/api/session/wechat")
    return _told(outcome)


@router.post("/mini-program", operation_id="accounts_sign_in_by_mini_program", responses=NOT_IN)
async def mini_program(given: WechatMiniCode, request: Request, caller: Anyone) -> WechatSignedIn:
    """用微信登录（小程序）：提交 wx.login 的 code"""
    outcome = await service.by_mini_program(
        request.app.state.database, given.account_id, given.code, attempt_of(request, caller)
    )
    return _told(outcome)


@router.post("/mini-program/phone", operation_id="accounts_sign_in_by_wechat_phone", responses=NOT_IN)
async def mini_program_phone(given: WechatMiniPhone, request: Request, caller: Anyone) -> WechatSignedIn:
    """用微信认证的手机号绑定并登录（小程序）"""
    outcome = await service.by_phone_of_wechat(
        request.app.state.database, given.offer, given.code, attempt_of(request, caller)
    )
    return _told(outcome)


def _told(outcome: service.Outcome) -> WechatSignedIn:
    return WechatSignedIn(session=opened(outcome.session) if outcome.session else None, offer=outcome.offer)


@router.get("/bindings", operation_id="accounts_list_wechat_bindings")
async def list_bindings(caller: SignedInCaller, tx: Transaction) -> list[WechatBindingView]:
    """我绑定的微信"""
    found = await service.bindings(tx, caller)
    return [WechatBindingView.model_validate(one, from_attributes=True) for one in found]


@router.post("/bindings", operation_id="accounts_bind_wechat", status_code=204)
async def bind(given: WechatOffer, caller: SignedInCaller, tx: Transaction) -> None:
    """登录之后，凭绑定凭证绑定微信"""
    await service.bind(tx, caller, given.offer)


@router.delete("/bindings/{account_id}", operation_id="accounts_unbind_wechat", status_code=204)
async def unbind(account_id: UUID, caller: SignedInCaller, tx: Transaction) -> None:
    """解除与这个公众号或小程序的绑定"""
    await service.unbind(tx, caller, account_id)
