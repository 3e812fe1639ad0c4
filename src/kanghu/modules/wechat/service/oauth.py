"""Who stands before a page or a mini-program: their openid, by a code that WeChat gives them; and pages that use the JS-SDK."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.modules.wechat import client, crypt
from kanghu.modules.wechat.errors import CodeInvalid, SettingsInvalid, WrongKind
from kanghu.modules.wechat.models import Account, Kind
from kanghu.modules.wechat.repository import fans
from kanghu.modules.wechat.service import calls, tokens
from kanghu.modules.wechat.service.known import secret_of, usable_now

Scope = Literal["snsapi_base", "snsapi_userinfo"]


@dataclass(frozen=True, slots=True)
class Identity:
    """`unionid` is the same in all accounts of one open platform; None where there is none."""

    account_id: UUID
    openid: str
    unionid: str | None


@dataclass(frozen=True, slots=True)
class JsConfig:
    """What a page gives to `wx.config`."""

    appid: str
    timestamp: int
    nonce: str
    signature: str


async def sign_in_url(
    database: Database, account_id: UUID, redirect_uri: str, state: str, scope: Scope = "snsapi_base"
) -> str:
    """Where a page in WeChat sends its visitor, who comes back to `redirect_uri` with `code` and `state`.

    The caller binds `state` to the visitor's browser and compares it: somebody else's code must not sign them in.
    """
    account = await _of_kind(database, account_id, "official")
    query = {
        "appid": account.appid,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": scope,
        "state": state,
    }
    return f"{account.connect_url}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"


async def identity_of_page(database: Database, account_id: UUID, code: str) -> Identity:
    """The visitor of a page. Raises `CodeInvalid`, `WechatFailed`."""
    account = await _of_kind(database, account_id, "official")
    return await _identity(database, account, "/sns/oauth2/access_token", code=code)


async def identity_of_mini_program(database: Database, account_id: UUID, code: str) -> Identity:
    """The user of a mini-program, by the code of `wx.login`. Raises `CodeInvalid`, `RiskyUser`, `WechatFailed`.

    The session key that comes along is not kept: nothing here needs it, and it must never reach a client.
    """
    account = await _of_kind(database, account_id, "mini_program")
    return await _identity(database, account, "/sns/jscode2session", js_code=code)


async def phone_of_mini_program(database: Database, account_id: UUID, code: str) -> str:
    """The phone that WeChat has proven, by the code of the phone-number button. Raises `CodeInvalid`, `WechatFailed`."""
    account = await _of_kind(database, account_id, "mini_program")
    got = await calls.post(database, account, "/wxa/business/getuserphonenumber", {"code": code})
    info = got.get("phone_info")
    return client.text(info if isinstance(info, dict) else {}, "purePhoneNumber")


async def _identity(database: Database, account: Account, path: str, **code: str) -> Identity:
    if not all(0 < len(value) <= 128 for value in code.values()):
        raise CodeInvalid
    got = await client.get(
        account,
        path,
        appid=account.appid,
        secret=secret_of(account),
        grant_type="authorization_code",
        **code,
    )
    unionid = client.text(got, "unionid") if got.get("unionid") else None
    found = Identity(account.id, client.text(got, "openid"), unionid)
    async with database.transaction() as tx:
        await fans.remember(tx, account.id, found.openid, found.unionid)
    return found


async def js_config(database: Database, account_id: UUID, url: str) -> JsConfig:
    """For the page at `url`, which must lie under one of the account's JS domains. Raises `WechatFailed`."""
    account = await _of_kind(database, account_id, "official")
    if urlsplit(url).scheme not in ("http", "https"):
        raise SettingsInvalid(fields={"url": "应为当前网页的完整地址"})
    ticket = await js_ticket(database, account)
    nonce, timestamp = secrets.token_hex(8), int(clock.now().timestamp())
    return JsConfig(account.appid, timestamp, nonce, crypt.js_signature(ticket, nonce, timestamp, url))


async def js_ticket(database: Database, account: Account) -> str:
    """Shared by all processes like the token. Raises `WechatFailed`."""

    async def fetch() -> tuple[str, timedelta]:
        got = await calls.get(database, account, "/cgi-bin/ticket/getticket", type="jsapi")
        return client.text(got, "ticket"), tokens.lasting(got)

    return await tokens.held(database, account, "jsapi_ticket", fetch)


async def _of_kind(database: Database, account_id: UUID, kind: Kind) -> Account:
    found = await usable_now(database, account_id)
    if found.kind != kind:
        wanted = "公众号" if kind == "official" else "小程序"
        raise WrongKind(f"此操作须用{wanted}，「{found.name}」不是")
    return found
