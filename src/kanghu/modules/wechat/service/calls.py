"""Calls that carry the shared token. One that WeChat no longer takes is refreshed once, and the call made once more."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from kanghu.kernel import log
from kanghu.kernel.db import Database
from kanghu.kernel.http import Answer
from kanghu.modules.wechat import client
from kanghu.modules.wechat.errors import TokenRefused
from kanghu.modules.wechat.models import Account
from kanghu.modules.wechat.service import tokens

Made = TypeVar("Made")


async def get(database: Database, account: Account, path: str, **query: str) -> client.Fields:
    """Raises `WechatFailed`."""
    return await _with_token(
        database, account, lambda token: client.get(account, path, access_token=token, **query)
    )


async def post(database: Database, account: Account, path: str, body: Mapping[str, Any]) -> client.Fields:
    """Raises `WechatFailed`."""
    return await _with_token(
        database, account, lambda token: client.post(account, path, body, access_token=token)
    )


async def upload(
    database: Database, account: Account, path: str, file: client.Upload, **query: str
) -> client.Fields:
    """Raises `WechatFailed`."""
    return await _with_token(
        database, account, lambda token: client.upload(account, path, file, access_token=token, **query)
    )


async def download_by_post(
    database: Database, account: Account, path: str, body: Mapping[str, Any]
) -> Answer:
    """Raises `WechatFailed`."""
    return await _with_token(
        database, account, lambda token: client.download_by_post(account, path, body, access_token=token)
    )


async def download(database: Database, account: Account, path: str, **query: str) -> Answer:
    """Raises `WechatFailed`."""
    return await _with_token(
        database, account, lambda token: client.download(account, path, access_token=token, **query)
    )


async def _with_token(database: Database, account: Account, ask: Callable[[str], Awaitable[Made]]) -> Made:
    token = await tokens.access_token(database, account)
    try:
        return await ask(token)
    except TokenRefused:
        fresh = await tokens.access_token(database, account, not_this=token)
    try:
        return await ask(fresh)
    except TokenRefused as error:
        log.get("wechat").error("token_refused_twice", account_id=str(account.id), errcode=error.errcode)
        raise
