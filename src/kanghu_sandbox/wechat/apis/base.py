"""基础接口: access_token, jsapi_ticket, quotas."""

import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any

from kanghu_sandbox.wechat import quotas, tokens
from kanghu_sandbox.wechat.codes import OK, Refused
from kanghu_sandbox.wechat.interface import EITHER, NOBODY, Answer, Api, Call
from kanghu_sandbox.wechat.store import Tx


def get_token(tx: Tx, call: Call) -> Answer:
    """Every call makes a new token, whoever held the last one."""
    app_id = known_app(call, call.query, "client_credential")
    return _answer(tokens.issue(tx, app_id, tokens.PLAIN, call.now), call.now)


def get_stable_token(tx: Tx, call: Call) -> Answer:
    """The same token until five minutes before its end; a new one by force."""
    app_id = known_app(call, call.body, "client_credential")
    quotas.admit(tx, app_id, call.path, call.now)
    if call.body.get("force_refresh") is True:
        return _answer(tokens.force(tx, app_id, call.now), call.now)
    return _answer(tokens.stable(tx, app_id, call.now), call.now)


def get_ticket(tx: Tx, call: Call) -> Answer:
    """jsapi_ticket; other tickets (wx_card) are not played here."""
    if call.query.get("type") != "jsapi":
        raise Refused(40035, "type")
    value, seconds = tokens.ticket(tx, call.now)
    return OK | {"ticket": value, "expires_in": seconds}


def get_callback_addresses(_tx: Tx, _call: Call) -> Answer:
    """From where pushes come: this machine."""
    return {"ip_list": ["127.0.0.1"]}


def clear_quota(tx: Tx, call: Call) -> Answer:
    """Ten times a month."""
    if call.text("appid", 41002) != call.app_id:
        raise Refused(40013)
    quotas.clear(tx, call.app_id, call.now)
    return OK


def get_quota(tx: Tx, call: Call) -> Answer:
    """daily_limit 0 where no document gives one: then the interface is not limited here."""
    path = call.text("cgi_path")
    used = quotas.used_today(tx, call.app_id, path, call.now)
    limit = quotas.daily_limit(tx, path) or 0
    return OK | {"quota": {"daily_limit": limit, "used": used, "remain": max(limit - used, 0)}}


def known_app(call: Call, given: Mapping[str, Any], grant_type: str) -> str:
    """The appid whose secret was given. Raises Refused 40002, 41002, 40013, 41004 or 40125."""
    if given.get("grant_type") != grant_type:
        raise Refused(40002)
    app_id, secret = given.get("appid"), given.get("secret")
    if not app_id:
        raise Refused(41002)
    expected = call.account.secret_of(str(app_id))
    if expected is None:
        raise Refused(40013)
    if not secret:
        raise Refused(41004)
    if not expected or not secrets.compare_digest(expected.encode(), str(secret).encode()):
        raise Refused(40125)
    return str(app_id)


def _answer(token: sqlite3.Row, now: float) -> Answer:
    return {"access_token": token["value"], "expires_in": int(token["expires_at"] - now)}


APIS = (
    Api("GET", "/cgi-bin/token", get_token, of=NOBODY),
    Api("POST", "/cgi-bin/stable_token", get_stable_token, of=NOBODY),
    Api("GET", "/cgi-bin/ticket/getticket", get_ticket),
    Api("GET", "/cgi-bin/getcallbackip", get_callback_addresses, of=EITHER),
    Api("POST", "/cgi-bin/clear_quota", clear_quota, of=EITHER),
    Api("POST", "/cgi-bin/openapi/quota/get", get_quota, of=EITHER),
)
