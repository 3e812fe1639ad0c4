"""Signing in: password, second factor, pauses after failures.

The only use case that opens its transactions itself: no connection may be held while a password is hashed (a rush of
sign-ins would take the pool from everybody else), and a failure must be committed although the request fails.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from math import ceil
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import AppError
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import passwords, policy, sealing, second_factor, tokens
from kanghu.modules.accounts.errors import (
    AccountDisabled,
    SignInPaused,
    SignInRefused,
    TotpNeeded,
    TotpRefused,
)
from kanghu.modules.accounts.models import Address, Credentials, Failures, NewSession, Totp
from kanghu.modules.accounts.policy import ACCOUNT_LOCK, ADDRESS_LOCK, SESSION_LIFE, LockRule
from kanghu.modules.accounts.repository import accounts as account_rows
from kanghu.modules.accounts.repository import sessions as rows


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in. `login` is a user name or a customer's phone; `code` a TOTP or recovery code."""

    login: str
    password: str
    code: str | None
    ip: str
    user_agent: str
    request_id: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; `token` is told this once."""

    token: str
    session_id: UUID
    account_id: UUID
    expires_at: datetime


async def sign_in(database: Database, attempt: Attempt) -> SignedIn:
    """A session for who knows the secrets. Raises the sign-in errors; an unknown user is treated like a known one.

    The verdict is given under a lock on the account's failure counter, so of many guesses sent at once only those before
    the pause get an answer, right or wrong.
    """
    username, phone = _who(attempt.login)
    phone_index = None if phone is None else vault.blind_index("phone", phone)
    async with database.transaction() as tx:
        found = await rows.credentials_by_name(tx, username, phone_index)
        keys = _keys(found, phone or username or "", attempt.ip)
        paused_until = await rows.locks(tx, keys, clock.now())
    if paused_until is not None:
        raise paused(paused_until)

    verdict = await passwords.verify(found.password_hash if found else None, attempt.password)
    renewed = await passwords.hash_password(attempt.password) if verdict.right and verdict.outdated else None

    async with database.transaction() as tx:
        outcome = await _decide(tx, attempt, found if verdict.right else None, keys)
        if found and renewed and isinstance(outcome, SignedIn):
            await account_rows.rehash(tx, found.account_id, found.password_hash, renewed)
        if isinstance(outcome, AppError):
            await record_refusal(tx, attempt, found, outcome)
    if isinstance(outcome, AppError):
        raise outcome  # only now: what was counted and recorded above is committed
    return outcome


def _who(login: str) -> tuple[str | None, str | None]:
    """(user name, phone): one of them. User names begin with a letter, so the two never mix."""
    phone = policy.normal_phone(login)
    return (None, phone) if phone else (login.strip().lower(), None)


def _keys(found: Credentials | None, login: str, ip: str) -> list[str]:
    """The counters of this attempt: the account's first, then the address's.

    Where there is no account, the name's, in the one form in which it would be looked up: spelling it differently must
    not tell a known name from an unknown one.
    """
    account = f"account:{found.account_id}" if found else f"name:{vault.blind_index('login', login).hex()}"
    return [account, f"ip:{ip}"]


async def _decide(
    tx: Tx, attempt: Attempt, proven: Credentials | None, keys: list[str]
) -> SignedIn | AppError:
    """The verdict on an attempt whose password was right (`proven`) or not (None)."""
    now = clock.now()
    counter = await rows.hold_failures(tx, keys[0], now)
    if counter.locked_until is not None and counter.locked_until > now:
        return paused(counter.locked_until)
    if proven is None or not await _unchanged(tx, proven):
        return await _count_failure(tx, counter, keys[1], now, SignInRefused())
    return await let_in(tx, attempt, proven, counter, keys[1], now)


async def let_in(
    tx: Tx, attempt: Attempt, proven: Credentials, counter: Failures, ip_key: str, now: datetime
) -> SignedIn | AppError:
    """A session for who has proven to be this account's owner, once the second factor is passed where there is one."""
    if proven.state != "active" or not proven.institution_active:
        return AccountDisabled()
    totp = await rows.totp_of(tx, proven.account_id)
    enrolled = totp is not None and totp.confirmed_at is not None
    if totp is not None and enrolled:
        if not attempt.code:
            return TotpNeeded()  # not a failure, but it does not clear the counter either
        if not await use_code(tx, totp, attempt.code, now):
            return await _count_failure(tx, counter, ip_key, now, TotpRefused())
    await rows.clear_failures(tx, counter.key)
    return await _open_session(tx, proven, attempt, now, second_factor=enrolled)


async def _unchanged(tx: Tx, proven: Credentials) -> bool:
    """Whether the password that was verified is still the account's: it may have been reset meanwhile."""
    current = await rows.credentials_of(tx, proven.account_id)
    return (
        current is not None
        and current.password_changed_at == proven.password_changed_at
        and current.state == proven.state
    )


async def use_code(tx: Tx, totp: Totp, code: str, now: datetime) -> bool:
    """Whether `code` is a TOTP or recovery code of the account that was never used; it is used up by this."""
    secret = vault.open(totp.secret_sealed, sealing.TOTP, totp.account_id)
    step = second_factor.matching_step(secret, code, now, totp.last_step)
    if step is not None:
        return await rows.use_step(tx, totp.account_id, step)
    return await rows.use_recovery_code(
        tx, totp.account_id, second_factor.recovery_hash(totp.account_id, code), now
    )


async def _count_failure(tx: Tx, counter: Failures, ip_key: str, now: datetime, answer: AppError) -> AppError:
    """Counts on the account and on the address (always in this order, so two attempts never wait for each other)."""
    for rule, held in ((ACCOUNT_LOCK, counter), (ADDRESS_LOCK, await rows.hold_failures(tx, ip_key, now))):
        await rows.set_failures(tx, one_more(rule, held, now))
    return answer


def one_more(rule: LockRule, held: Failures, now: datetime) -> Failures:
    """The counter after one more failure at `now`."""
    forgotten = now - held.last_failed_at > rule.forget_after and (
        held.locked_until is None or now - held.locked_until > rule.forget_after
    )
    failures = 1 if forgotten else held.failures + 1
    pause = rule.pause(failures)
    return Failures(held.key, failures, now, now + pause if pause else held.locked_until)


async def _open_session(
    tx: Tx, who: Credentials, attempt: Attempt, now: datetime, *, second_factor: bool
) -> SignedIn:
    token, life = tokens.new_token(), SESSION_LIFE[who.kind]
    new = NewSession(
        id=new_id(),
        account_id=who.account_id,
        token_hash=tokens.token_hash(token),
        second_factor=second_factor,
        created_at=now,
        idle_limit=life.idle,
        expires_at=now + life.longest,
        ip=_address(attempt.ip),
        user_agent=attempt.user_agent[:300] or None,
    )
    await rows.add_session(tx, new)
    await rows.note_signed_in(tx, who.account_id, now)
    await audit.record(
        tx,
        actor(attempt, who),
        "accounts.session.open",
        subject=f"accounts.sessions/{new.id}",
        person_id=who.person_id,
    )
    return SignedIn(token=token, session_id=new.id, account_id=who.account_id, expires_at=new.expires_at)


async def record_refusal(tx: Tx, attempt: Attempt, found: Credentials | None, error: AppError) -> None:
    await audit.record(
        tx,
        actor(attempt, found),
        "accounts.session.refuse",
        subject=f"accounts.accounts/{found.account_id}" if found else "",
        person_id=found.person_id if found else None,
        detail={"code": error.code},
    )


def actor(attempt: Attempt, who: Credentials | None) -> Caller:
    if who is None:
        return Caller(kind="system", ip=attempt.ip, request_id=attempt.request_id)
    return Caller(
        kind=who.kind,
        account_id=who.account_id,
        institution_id=who.institution_id,
        ip=attempt.ip,
        request_id=attempt.request_id,
    )


def paused(until: datetime) -> SignInPaused:
    wait = max(until - clock.now(), timedelta(seconds=1))
    minutes = ceil(wait.total_seconds() / 60)
    return SignInPaused(
        f"错误次数过多，登录已暂停，请 {minutes} 分钟后再试",
        headers={"Retry-After": str(ceil(wait.total_seconds()))},
    )


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
