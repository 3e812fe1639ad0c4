"""Who a token belongs to, and what people do with their own sessions, password and second factor."""

from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import AppError, Unauthenticated
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import passwords, sealing, second_factor, tokens
from kanghu.modules.accounts.errors import (
    PasswordChangeNeeded,
    PasswordUnfit,
    PasswordWrong,
    SessionNotFound,
    SignInPaused,
    TotpAlreadyEnrolled,
    TotpEnrolmentNeeded,
    TotpNotStarted,
    TotpRefused,
)
from kanghu.modules.accounts.models import LiveSession, Session
from kanghu.modules.accounts.policy import ACCOUNT_LOCK, Holder, grants_of
from kanghu.modules.accounts.repository import accounts as account_rows
from kanghu.modules.accounts.repository import organisation
from kanghu.modules.accounts.repository import sessions as rows
from kanghu.modules.accounts.service.sign_in import one_more, use_code


async def authenticate(
    tx: Tx, token: str, *, ip: str = "", request_id: str = "", idle: bool = False
) -> Caller | None:
    """The caller behind a session token, None when it is unknown, expired, idle or revoked: one round trip.

    `idle`: this is no use of the session and does not keep it alive.

    Raises `TotpEnrolmentNeeded` or `PasswordChangeNeeded` (both `SessionLimited`) for a session that is good for that only.
    """
    look = rows.peek_session if idle else rows.live_session
    live = await look(tx, tokens.token_hash(token), clock.now())
    if live is None:
        return None
    limited = _limit(live)
    caller = Caller(
        kind=live.kind,
        account_id=live.account_id,
        session_id=live.session_id,
        institution_id=live.institution_id,
        department_id=live.department_id,
        person_id=live.person_id,
        grants={} if limited else grants_of(live.held, _holder(live)),
        display=vault.open(live.display_name_sealed, sealing.NAME, live.account_id),
        ip=ip,
        request_id=request_id,
    )
    if limited:
        raise limited(caller)
    return caller


async def caller_of(tx: Tx, account_id: UUID) -> Caller | None:
    """The account as a caller with the rights it has now, for work that it asked for; None when it may do nothing."""
    account = await account_rows.get_account(tx, account_id)
    holder = await account_rows.holder(tx, account_id)
    if account is None or holder is None or account.state != "active":
        return None
    institution = await organisation.get_institution(tx, account.institution_id)
    if institution is None or institution.state != "active":
        return None
    return Caller(
        kind=account.kind,
        account_id=account_id,
        institution_id=account.institution_id,
        department_id=account.department_id,
        person_id=account.person_id,
        grants=grants_of(await account_rows.permissions_held(tx, account_id), holder),
        display=vault.open(account.display_name_sealed, sealing.NAME, account_id),
    )


def _limit(live: LiveSession) -> type[TotpEnrolmentNeeded] | type[PasswordChangeNeeded] | None:
    """The errand that must come first. Password before second factor: whoever knows the first password, the one who set
    it, must not be able to enrol a device."""
    if live.must_change_password:
        return PasswordChangeNeeded
    if live.requires_totp and not live.second_factor:
        return TotpEnrolmentNeeded
    return None


def _holder(live: LiveSession) -> Holder:
    return Holder(
        account_id=live.account_id,
        institution_id=live.institution_id,
        department_id=live.department_id,
        departments=tuple(live.departments),
        person_id=live.person_id,
    )


async def sign_out(tx: Tx, caller: Caller) -> None:
    """Ends the caller's own session."""
    account_id, session_id = _ids(caller)
    await rows.revoke_session(tx, account_id, session_id, clock.now())
    await audit.record(tx, caller, "accounts.session.close", subject=f"accounts.sessions/{session_id}")


async def list_own(tx: Tx, caller: Caller) -> list[Session]:
    return await rows.sessions_of(tx, _ids(caller)[0], clock.now())


async def revoke_own(tx: Tx, caller: Caller, session_id: UUID) -> None:
    """Ends one of the caller's sessions. Raises SessionNotFound."""
    if not await rows.revoke_session(tx, _ids(caller)[0], session_id, clock.now()):
        raise SessionNotFound
    await audit.record(tx, caller, "accounts.session.revoke", subject=f"accounts.sessions/{session_id}")


async def revoke_others(tx: Tx, caller: Caller) -> int:
    """Ends all of the caller's sessions but this one; returns how many."""
    account_id, session_id = _ids(caller)
    ended = await rows.revoke_sessions(tx, account_id, clock.now(), keep=session_id)
    await audit.record(
        tx,
        caller,
        "accounts.session.revoke",
        subject=f"accounts.accounts/{account_id}",
        detail={"ended": ended},
    )
    return ended


async def change_password(tx: Tx, caller: Caller, current: str, new: str) -> AppError | None:
    """Changes the caller's password and ends his other sessions. Raises PasswordUnfit.

    A wrong current password counts like a failed sign-in: a session left open must not become a place to guess it. The
    count has to be committed, so this answer is returned, not raised.
    """
    account_id, session_id = _ids(caller)
    now = clock.now()
    held = await rows.hold_failures(tx, f"account:{account_id}", now)
    if held.locked_until is not None and held.locked_until > now:
        return SignInPaused()
    known = await rows.credentials_of(tx, account_id, lock=True)
    assert known is not None, "accounts are never deleted"
    if not (await passwords.verify(known.password_hash, current)).right:
        await rows.set_failures(tx, one_more(ACCOUNT_LOCK, held, now))
        await audit.record(tx, caller, "accounts.password.refuse", subject=f"accounts.accounts/{account_id}")
        return PasswordWrong(fields={"current": PasswordWrong.message})
    if reason := passwords.refusal(new, (known.username or "",)) or _same(current, new):
        raise PasswordUnfit(reason, fields={"new": reason})
    await rows.clear_failures(tx, held.key)
    await account_rows.set_password(tx, account_id, await passwords.hash_password(new), must_change=False)
    ended = await rows.revoke_sessions(tx, account_id, now, keep=session_id)
    await audit.record(
        tx,
        caller,
        "accounts.password.change",
        subject=f"accounts.accounts/{account_id}",
        detail={"ended": ended},
    )
    return None


def _same(current: str, new: str) -> str | None:
    return "新密码不能与当前密码相同" if current == new else None


@dataclass(frozen=True, slots=True)
class TotpOffer:
    """A secret for the authenticator app: as text, and as the address behind the QR code."""

    secret: str
    uri: str


async def start_totp(tx: Tx, caller: Caller) -> TotpOffer:
    """A new TOTP secret for the caller; it counts only once confirmed. Raises TotpAlreadyEnrolled."""
    account_id, _ = _ids(caller)
    secret = second_factor.new_secret()
    known = await rows.credentials_of(tx, account_id)
    assert known is not None, "accounts are never deleted"
    if not await rows.start_totp(tx, account_id, vault.seal(secret, sealing.TOTP, account_id), clock.now()):
        raise TotpAlreadyEnrolled
    await audit.record(tx, caller, "accounts.totp.start", subject=f"accounts.accounts/{account_id}")
    return TotpOffer(secret=secret, uri=second_factor.provisioning_uri(secret, known.username or "康护用户"))


async def confirm_totp(tx: Tx, caller: Caller, code: str) -> list[str]:
    """Enables the second factor with a first code; returns the recovery codes, told this once.

    This session counts as having passed the second factor, the caller's other sessions end.
    """
    account_id, session_id = _ids(caller)
    now = clock.now()
    totp = await rows.totp_of(tx, account_id)
    if totp is None:
        raise TotpNotStarted
    if totp.confirmed_at is not None:
        raise TotpAlreadyEnrolled
    if not await use_code(tx, totp, code, now):
        raise TotpRefused(fields={"code": "动态口令不正确，请核对手机时间后重试"})
    codes = second_factor.new_recovery_codes()
    await rows.confirm_totp(tx, account_id, now)
    await rows.replace_recovery_codes(
        tx, account_id, [second_factor.recovery_hash(account_id, c) for c in codes]
    )
    await rows.pass_second_factor(tx, session_id)
    await rows.revoke_sessions(tx, account_id, now, keep=session_id)
    await audit.record(tx, caller, "accounts.totp.confirm", subject=f"accounts.accounts/{account_id}")
    return codes


def _ids(caller: Caller) -> tuple[UUID, UUID]:
    if caller.account_id is None or caller.session_id is None:
        raise Unauthenticated
    return caller.account_id, caller.session_id
