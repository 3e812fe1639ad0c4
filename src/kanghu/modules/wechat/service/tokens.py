"""Tokens that all processes share: read by everybody, refreshed by one at a time.

Who refreshes takes the row for a while (`taken_until`) and asks WeChat without holding a transaction; the others look again until
it ended, well or not. A process that dies meanwhile loses its turn when the while is over.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat import client
from kanghu.modules.wechat.errors import WechatAway, WechatFailed, refused
from kanghu.modules.wechat.models import Account, Token
from kanghu.modules.wechat.repository import tokens
from kanghu.modules.wechat.service.known import secret_of

RENEW_BEFORE = timedelta(minutes=4)
"""WeChat keeps the old token valid for five minutes once there is a new one."""
TURN = timedelta(seconds=60)
"""Longer than two calls can last, with their second tries."""
PATIENCE_S = 20.0
LOOK_AGAIN_S = (0.05, 0.1, 0.2, 0.4)

Fetch = Callable[[], Awaitable[tuple[str, timedelta]]]
"""Asks WeChat: the new value and how long it lasts."""


async def access_token(database: Database, account: Account, *, not_this: str | None = None) -> str:
    """The one token of the account; `not_this` was refused by WeChat. Raises `WechatFailed`."""
    return await held(database, account, "access_token", lambda: ask(account, not_this), not_this)


async def ask(account: Account, not_this: str | None = None) -> tuple[str, timedelta]:
    """WeChat's token in force and how long it lasts, past what is kept here. Raises `WechatFailed`.

    As a rule WeChat gives the same one again. When that is the refused one, it is asked for another (20 times a day).
    """
    for force in (False, True):
        got = await client.post(
            account,
            "/cgi-bin/stable_token",
            {
                "grant_type": "client_credential",
                "appid": account.appid,
                "secret": secret_of(account),
                "force_refresh": force,
            },
        )
        if client.text(got, "access_token") != not_this:
            break
    return client.text(got, "access_token"), lasting(got)


def lasting(got: client.Fields) -> timedelta:
    """`expires_in` of an answer. Raises `WechatAway`."""
    seconds = got.get("expires_in")
    if not isinstance(seconds, int) or not 0 < seconds <= 86_400:
        raise WechatAway("微信的应答格式不正确，请稍后再试")
    return timedelta(seconds=seconds)


async def held(
    database: Database, account: Account, kind: str, fetch: Fetch, not_this: str | None = None
) -> str:
    """The shared value of this kind, fresh. Raises `WechatFailed`: our own try's, or that of the one we waited for."""
    seen = await _look(database, account.id, kind)
    first, waited, pauses = seen.ended, 0.0, iter(LOOK_AGAIN_S)
    while True:
        now = clock.now()
        value = _good(seen, now + RENEW_BEFORE, not_this)
        if value is not None:
            return value
        if seen.ended > first and seen.failure is not None:
            raise refused(seen.failure) if seen.failure else WechatAway()
        if await _take(database, seen, turn := new_id(), now):
            return await _refresh(database, seen, turn, fetch)
        value = _good(seen, now, not_this)
        if value is not None:  # somebody is about to renew it; until then it is good enough
            return value
        if waited > PATIENCE_S:
            raise WechatAway
        pause = next(pauses, LOOK_AGAIN_S[-1])
        await asyncio.sleep(pause)
        waited += pause
        seen = await _look(database, account.id, kind)


def _good(seen: Token, at: datetime, not_this: str | None) -> str | None:
    if seen.value is None or seen.expires_at is None or seen.expires_at <= at or seen.value == not_this:
        return None
    return seen.value


async def _look(database: Database, account_id: UUID, kind: str) -> Token:
    async with database.transaction() as tx:
        found = await tokens.read(tx, account_id, kind)
        if found is None:
            await tokens.ensure(tx, account_id, kind)
            found = await tokens.read(tx, account_id, kind)
    assert found is not None
    return found


async def _take(database: Database, seen: Token, turn: UUID, now: datetime) -> bool:
    async with database.transaction() as tx:
        return await tokens.take(tx, seen, turn, now, now + TURN)


async def _refresh(database: Database, seen: Token, turn: UUID, fetch: Fetch) -> str:
    asked_at = clock.now()
    try:
        value, lasts = await fetch()
    except WechatFailed as error:
        async with database.transaction() as tx:
            await tokens.give_up(tx, seen.id, turn, error.errcode)
        raise
    async with database.transaction() as tx:
        await tokens.keep(tx, seen.id, turn, value, asked_at + lasts)
    return value
