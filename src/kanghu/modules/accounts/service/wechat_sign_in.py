"""Customers sign in with the WeChat that is bound to them; who is not bound yet signs in another way and binds it.

WeChat's proof of who somebody is can be used once. So whoever cannot be let in by it gets an offer, a secret good for ten
minutes, which says "this WeChat" to the request that binds it after signing in by password or by a code to the phone.
"""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.errors import AppError
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.accounts import tokens
from kanghu.modules.accounts.errors import (
    NotACustomer,
    TotpNeeded,
    WechatNotBound,
    WechatOfferGone,
    WechatStateWrong,
)
from kanghu.modules.accounts.models import Credentials
from kanghu.modules.accounts.policy import ADDRESS_LOCK
from kanghu.modules.accounts.repository import accounts as account_rows
from kanghu.modules.accounts.repository import sessions as rows
from kanghu.modules.accounts.repository import wechat_offers
from kanghu.modules.accounts.service import phone_codes
from kanghu.modules.accounts.service.sign_in import (
    Attempt,
    SignedIn,
    actor,
    let_in,
    one_more,
    paused,
    record_refusal,
)
from kanghu.modules.wechat import public as wechat

OFFER_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One of the two."""

    session: SignedIn | None = None
    offer: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    account_id: UUID
    name: str
    kind: str
    bound_at: datetime


async def by_page(
    database: Database, account_id: UUID, code: str, state: str, begun_with: str, attempt: Attempt
) -> Outcome:
    """`begun_with`: the state that this browser was given. Raises `WechatStateWrong`, `wechat.CodeInvalid`, `AccountDisabled`, …"""
    if not begun_with or not hmac.compare_digest(begun_with.encode(), state.encode()):
        raise WechatStateWrong
    async with _counted(database, attempt):
        identity = await wechat.identity_of_page(database, account_id, code)
    return await _known_by(database, identity, attempt)


async def by_mini_program(database: Database, account_id: UUID, code: str, attempt: Attempt) -> Outcome:
    """Raises `wechat.CodeInvalid`, `AccountDisabled`, …"""
    async with _counted(database, attempt):
        identity = await wechat.identity_of_mini_program(database, account_id, code)
    return await _known_by(database, identity, attempt)


@asynccontextmanager
async def _counted(database: Database, attempt: Attempt) -> AsyncIterator[None]:
    """Codes that WeChat does not know count against the address, as wrong passwords do. Raises `SignInPaused`."""
    address = f"ip:{attempt.ip}"
    async with database.transaction() as tx:
        paused_until = await rows.locks(tx, [address], clock.now())
    if paused_until is not None:
        raise paused(paused_until)
    try:
        yield
    except wechat.CodeInvalid:
        async with database.transaction() as tx:
            now = clock.now()
            held = await rows.hold_failures(tx, address, now)
            await rows.set_failures(tx, one_more(ADDRESS_LOCK, held, now))
        raise


async def _known_by(database: Database, identity: wechat.Identity, attempt: Attempt) -> Outcome:
    async with database.transaction() as tx:
        person_id = await wechat.person_of(tx, identity.account_id, identity.openid)
        found = None if person_id is None else await _credentials(tx, person_id)
        outcome = await _let_in(tx, attempt, found) if found else None
        if outcome is None:
            return Outcome(offer=await _offer(tx, identity.account_id, identity.openid))
    if isinstance(outcome, AppError):
        raise outcome  # only now: what was recorded above is committed
    return Outcome(session=outcome)


async def _credentials(tx: Tx, person_id: UUID) -> Credentials | None:
    account_id = await account_rows.id_of_person(tx, person_id)
    return None if account_id is None else await rows.credentials_of(tx, account_id)


async def _let_in(tx: Tx, attempt: Attempt, found: Credentials) -> SignedIn | AppError | None:
    """None for whom a second factor guards: they sign in where it can be asked for."""
    now = clock.now()
    counter = await rows.hold_failures(tx, f"account:{found.account_id}", now)
    outcome = await let_in(tx, attempt, found, counter, f"ip:{attempt.ip}", now)
    if isinstance(outcome, AppError):
        await record_refusal(tx, attempt, found, outcome)
    return None if isinstance(outcome, TotpNeeded) else outcome


async def _offer(tx: Tx, account_id: UUID, openid: str) -> str:
    token = tokens.new_token()
    expires_at = clock.now() + OFFER_LIFE
    await wechat_offers.add(tx, new_id(), tokens.token_hash(token), account_id, openid, expires_at)
    return token


async def by_phone_of_wechat(database: Database, offer: str, code: str, attempt: Attempt) -> Outcome:
    """The phone that WeChat has proven is a customer's: bound and signed in. Otherwise a new offer.

    Raises `WechatOfferGone`, `wechat.CodeInvalid`, `AccountDisabled`, …
    """
    hashed = tokens.token_hash(offer)
    async with database.transaction() as tx:
        offered = await wechat_offers.peek(tx, hashed, clock.now())
    if offered is None:
        raise WechatOfferGone
    async with _counted(database, attempt):
        phone = await wechat.phone_of_mini_program(database, offered.wechat_account_id, code)
    index = phone_codes.phone_index_of(phone)
    async with database.transaction() as tx:
        if await wechat_offers.take(tx, hashed, clock.now()) is None:
            raise WechatOfferGone
        found = await rows.credentials_by_name(tx, None, index)
        outcome = await _let_in(tx, attempt, found) if found else None
        if outcome is None:
            return Outcome(offer=await _offer(tx, offered.wechat_account_id, offered.openid))
        if isinstance(outcome, SignedIn) and found is not None and found.person_id is not None:
            owner = actor(attempt, found)
            await wechat.bind(tx, owner, offered.wechat_account_id, offered.openid, found.person_id)
    if isinstance(outcome, AppError):
        raise outcome
    return Outcome(session=outcome)


# ---- binding -------------------------------------------------------------------------------------------------------------


async def bind(tx: Tx, caller: Caller, offer: str) -> None:
    """The WeChat of the offer is the customer's from now on. Raises `NotACustomer`, `WechatOfferGone`."""
    person_id = _person(caller)
    offered = await wechat_offers.take(tx, tokens.token_hash(offer), clock.now())
    if offered is None:
        raise WechatOfferGone
    await wechat.bind(tx, caller, offered.wechat_account_id, offered.openid, person_id)


async def bindings(tx: Tx, caller: Caller) -> list[Binding]:
    """The customer's own; staff have none."""
    found = []
    for fan in await _bound(tx, caller):
        account = await wechat.account_brief(tx, fan.account_id)
        assert account is not None
        assert fan.bound_at is not None
        found.append(Binding(account.id, account.name, account.kind, fan.bound_at))
    return found


async def unbind(tx: Tx, caller: Caller, account_id: UUID) -> None:
    """Raises `WechatNotBound`."""
    fan = next((one for one in await _bound(tx, caller) if one.account_id == account_id), None)
    if fan is None:
        raise WechatNotBound
    await wechat.unbind(tx, caller, account_id, fan.openid)


async def _bound(tx: Tx, caller: Caller) -> list[wechat.Fan]:
    return [] if caller.person_id is None else await wechat.bound_fans(tx, caller.person_id)


def _person(caller: Caller) -> UUID:
    if caller.kind != "customer" or caller.person_id is None:
        raise NotACustomer
    return caller.person_id
