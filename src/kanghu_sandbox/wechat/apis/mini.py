"""小程序: login and phone number."""

import base64
import secrets

from kanghu_sandbox.wechat import grants, people
from kanghu_sandbox.wechat.codes import OK, Refused
from kanghu_sandbox.wechat.interface import MINI, NOBODY, Answer, Api, Call
from kanghu_sandbox.wechat.store import Tx

from .base import known_app


def code_to_session(tx: Tx, call: Call) -> Answer:
    """wx.login's code for openid, unionid and session_key; nothing here is encrypted with that key."""
    if known_app(call, call.query, "authorization_code") != call.account.mini_app_id:
        raise Refused(40013)
    code = call.query.get("js_code", "")
    person = people.get(tx, grants.take_code(tx, grants.LOGIN, code, call.now)["openid"])
    return {
        "session_key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "openid": person.mini_openid,
        "unionid": person.unionid,
    }


def get_phone_number(tx: Tx, call: Call) -> Answer:
    """The code of the phone-number button, for one use. The documents name only 40029 for a code that does not work."""
    try:
        found = grants.take_code(tx, grants.PHONE, call.text("code", 40029), call.now)
    except Refused:
        raise Refused(40029) from None
    phone = people.get(tx, found["openid"]).phone
    info = {
        "phoneNumber": phone,
        "purePhoneNumber": phone,
        "countryCode": "86",
        "watermark": {"timestamp": int(call.now), "appid": call.account.mini_app_id},
    }
    return OK | {"phone_info": info}


APIS = (
    Api("GET", "/sns/jscode2session", code_to_session, of=NOBODY, text=True),
    Api("POST", "/wxa/business/getuserphonenumber", get_phone_number, of=MINI),
)
