"""/api/session: signing in and out, and everything that concerns only oneself. Staff and customers alike."""

from typing import Annotated
from uuid import UUID

from fastapi import Request
from fastapi.responses import JSONResponse

from kanghu.kernel.security import Caller, Scope, anyone, signed_in
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts.access import enrolling, half_signed_in
from kanghu.modules.accounts.models import Session
from kanghu.modules.accounts.policy import PHONE_CODE_LIFE, PHONE_CODE_PAUSE
from kanghu.modules.accounts.schemas import (
    Ended,
    GrantView,
    Login,
    Me,
    PasswordChange,
    PhoneCodeOnItsWay,
    PhoneCodeWanted,
    PhoneLogin,
    PhonePassword,
    RecoveryCodes,
    SessionOpened,
    SessionView,
    TotpCode,
    TotpOfferView,
)
from kanghu.modules.accounts.service import phone_codes, phone_sign_in
from kanghu.modules.accounts.service import sessions as service
from kanghu.modules.accounts.service.sign_in import Attempt, SignedIn, sign_in

router = Router(prefix="/api/session", tags=["session"])

Anyone = Annotated[Caller, anyone("登录之前没有身份")]
SignedInCaller = Annotated[Caller, signed_in()]
HalfSignedInCaller = Annotated[Caller, half_signed_in()]
EnrollingCaller = Annotated[Caller, enrolling()]


@router.post("/login", operation_id="accounts_sign_in")
async def login(given: Login, request: Request, caller: Anyone) -> SessionOpened:
    """登录

    已启用动态口令的账号须同时提交 `code`；缺少时返回 401 `accounts.totp_needed`，带上后重新提交。
    """
    attempt = attempt_of(request, caller, given.login, given.password, given.code)
    return opened(await sign_in(request.app.state.database, attempt))


def attempt_of(
    request: Request, caller: Caller, login: str = "", password: str = "", code: str | None = None
) -> Attempt:
    return Attempt(
        login=login,
        password=password,
        code=code,
        ip=caller.ip,
        user_agent=request.headers.get("user-agent", ""),
        request_id=caller.request_id,
    )


def opened(session: SignedIn) -> SessionOpened:
    return SessionOpened(
        token=session.token,
        session_id=session.session_id,
        account_id=session.account_id,
        expires_at=session.expires_at,
    )


@router.post("/phone-codes", operation_id="accounts_request_phone_code")
async def request_phone_code(given: PhoneCodeWanted, caller: Anyone, tx: Transaction) -> PhoneCodeOnItsWay:
    """获取短信验证码"""
    await phone_codes.request(tx, caller, given.phone, given.purpose)
    return PhoneCodeOnItsWay(
        resend_after_s=int(PHONE_CODE_PAUSE.total_seconds()),
        expires_in_s=int(PHONE_CODE_LIFE.total_seconds()),
    )


@router.post("/phone-login", operation_id="accounts_sign_in_by_phone")
async def phone_login(given: PhoneLogin, request: Request, caller: Anyone) -> SessionOpened:
    """客户用短信验证码登录

    已启用动态口令的账号须同时提交 `totp`；缺少时返回 401 `accounts.totp_needed`，带上后重新提交，验证码仍有效。
    """
    attempt = attempt_of(request, caller, given.phone, "", given.totp)
    proof = phone_sign_in.Proof(given.phone, given.code)
    return opened(await phone_sign_in.sign_in(request.app.state.database, caller, proof, attempt))


@router.post("/phone-password", operation_id="accounts_reset_password_by_phone", status_code=204)
async def phone_password(given: PhonePassword, request: Request, caller: Anyone) -> None:
    """客户用短信验证码重置密码；原有会话随即结束"""
    proof = phone_sign_in.Proof(given.phone, given.code)
    await phone_sign_in.reset_password(request.app.state.database, caller, proof, given.password)


@router.post("/logout", operation_id="accounts_sign_out", status_code=204)
async def logout(caller: HalfSignedInCaller, tx: Transaction) -> None:
    """退出登录"""
    await service.sign_out(tx, caller)


@router.get("/me", operation_id="accounts_get_me")
async def me(request: Request, caller: HalfSignedInCaller) -> Me:
    """当前登录者及其权限"""
    return Me(
        account_id=caller.account_id,
        session_id=caller.session_id,
        kind=caller.kind,
        display_name=caller.display,
        institution_id=caller.institution_id,
        department_id=caller.department_id,
        person_id=caller.person_id,
        errand=request.state.errand,
        permissions={permission: _grant(scope) for permission, scope in sorted(caller.grants.items())},
    )


def _grant(scope: Scope) -> GrantView:
    return GrantView(
        everything=scope.everything,
        institutions=list(scope.institutions),
        departments=list(scope.departments),
        own=scope.account is not None,
        persons=list(scope.persons),
    )


@router.get("/sessions", operation_id="accounts_list_sessions")
async def list_sessions(caller: SignedInCaller, tx: Transaction) -> list[SessionView]:
    """我的登录会话"""
    return [_session(found, caller.session_id) for found in await service.list_own(tx, caller)]


def _session(found: Session, current: UUID | None) -> SessionView:
    return SessionView(
        id=found.id,
        current=found.id == current,
        created_at=found.created_at,
        last_seen_at=found.last_seen_at,
        expires_at=found.expires_at,
        ip=None if found.ip is None else str(found.ip).partition("/")[0],
        user_agent=found.user_agent,
    )


@router.delete("/sessions/{session_id}", operation_id="accounts_revoke_session", status_code=204)
async def revoke_session(session_id: UUID, caller: SignedInCaller, tx: Transaction) -> None:
    """结束我的一个会话"""
    await service.revoke_own(tx, caller, session_id)


@router.delete("/sessions", operation_id="accounts_revoke_other_sessions")
async def revoke_other_sessions(caller: SignedInCaller, tx: Transaction) -> Ended:
    """结束我的其他会话"""
    return Ended(ended=await service.revoke_others(tx, caller))


@router.post("/password", operation_id="accounts_change_password", status_code=204, response_model=None)
async def change_password(
    given: PasswordChange, caller: HalfSignedInCaller, tx: Transaction
) -> JSONResponse | None:
    """修改我的密码；其他会话随即结束"""
    refused = await service.change_password(tx, caller, given.current, given.new)
    if refused is not None:
        # an ordinary answer, not an exception: the failure that was counted must be committed
        return JSONResponse(refused.body(caller.request_id), refused.status, headers=refused.headers)
    return None


@router.post("/totp", operation_id="accounts_start_totp")
async def start_totp(caller: EnrollingCaller, tx: Transaction) -> TotpOfferView:
    """获取动态口令密钥（确认后才启用）"""
    offer = await service.start_totp(tx, caller)
    return TotpOfferView(secret=offer.secret, uri=offer.uri)


@router.post("/totp/confirm", operation_id="accounts_confirm_totp")
async def confirm_totp(given: TotpCode, caller: EnrollingCaller, tx: Transaction) -> RecoveryCodes:
    """用第一个动态口令确认启用，返回恢复码"""
    return RecoveryCodes(codes=await service.confirm_totp(tx, caller, given.code))
