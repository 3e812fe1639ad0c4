"""网页授权: code for token, token for profile. These tokens are not the account's access_token."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from kanghu_sandbox.wechat import grants, people
from kanghu_sandbox.wechat.codes import OK, Refused
from kanghu_sandbox.wechat.interface import NOBODY, Answer, Api, Call
from kanghu_sandbox.wechat.store import Tx

from .base import known_app


def exchange(tx: Tx, call: Call) -> Answer:
    """The code of the redirect for tokens and openid."""
    _official(call, known_app(call, call.query, "authorization_code"))
    found = grants.take_code(tx, grants.OAUTH, call.query.get("code", ""), call.now)
    return _tokens(tx, grants.grant(tx, found["openid"], found["scope"], call.now))


def refresh(tx: Tx, call: Call) -> Answer:
    if call.query.get("grant_type") != "refresh_token":
        raise Refused(40002)
    _official(call, call.query.get("appid", ""))
    return _tokens(tx, grants.renew(tx, call.query.get("refresh_token", ""), call.now))


def check(tx: Tx, call: Call) -> Answer:
    _grant(tx, call.query, call.now)
    return OK


def get_profile(tx: Tx, call: Call) -> Answer:
    """Only with snsapi_userinfo; otherwise 48001."""
    found = _grant(tx, call.query, call.now)
    if found["scope"] != grants.USERINFO:
        raise Refused(48001)
    person = people.get(tx, found["openid"])
    return {
        "openid": person.openid,
        "nickname": person.nickname,
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
        "unionid": person.unionid,
    }


def _official(call: Call, app_id: str) -> None:
    if app_id != call.account.app_id:
        raise Refused(40013)


def _grant(tx: Tx, query: Mapping[str, str], now: float) -> sqlite3.Row:
    return grants.check(tx, query.get("access_token", ""), query.get("openid", ""), now)


def _tokens(tx: Tx, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "access_token": row["access_token"],
        "expires_in": grants.TOKEN_SECONDS,
        "refresh_token": row["refresh_token"],
        "openid": row["openid"],
        "scope": row["scope"],
        "unionid": people.get(tx, row["openid"]).unionid,
    }


APIS = (
    Api("GET", "/sns/oauth2/access_token", exchange, of=NOBODY, text=True),
    Api("GET", "/sns/oauth2/refresh_token", refresh, of=NOBODY, text=True),
    Api("GET", "/sns/auth", check, of=NOBODY, text=True),
    Api("GET", "/sns/userinfo", get_profile, of=NOBODY, text=True),
)
