"""The actions of the service (2018-03-01) that are played here: DetectAuth, GetDetectInfoEnhanced, IdCardVerification."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError

from kanghu_sandbox.sqlite import Tx
from kanghu_sandbox.tc3 import Call, Refused

from . import sessions
from .account import Account
from .faults import Faults

VERSION = "2018-03-01"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """What an action is answered with. `page`: the address of the page where faces are shown."""

    account: Account
    faults: Faults
    page: str
    now: float


class DetectAuth(BaseModel):
    rule_id: str = Field(alias="RuleId")
    id_card: str = Field("", alias="IdCard")
    name: str = Field("", alias="Name")
    redirect_url: str = Field("", alias="RedirectUrl")
    extra: str = Field("", alias="Extra")


class GetDetectInfo(BaseModel):
    biz_token: str = Field(alias="BizToken")
    rule_id: str = Field(alias="RuleId")
    info_type: str = Field("0", alias="InfoType")


class IdCardVerification(BaseModel):
    id_card: str = Field(alias="IdCard")
    name: str = Field(alias="Name")


def answer(tx: Tx, service: Service, call: Call) -> Answer:
    """Raises Refused with the service's own code."""
    action = call.headers.get("x-tc-action", "")
    if code := service.faults.codes.get(action):
        raise Refused(code, "设定的故障")
    if call.headers.get("x-tc-version") != VERSION:
        raise Refused("NoSuchVersion", "没有这个版本")
    if not call.headers.get("x-tc-region"):
        raise Refused("MissingParameter", "缺少 X-TC-Region")
    try:
        return _ACTIONS[action](tx, service, call.body)
    except KeyError:
        raise Refused("InvalidAction", "没有这个接口") from None
    except ValidationError as wrong:
        raise Refused("InvalidParameter", f"参数有误：{wrong.errors()[0]['loc']}") from None


def _detect_auth(tx: Tx, service: Service, body: bytes) -> Answer:
    wanted = DetectAuth.model_validate_json(body)
    _known_rule(service, wanted.rule_id)
    if wanted.id_card and not is_id_card(wanted.id_card):
        raise Refused("FailedOperation.IdFormatError", "身份证号格式不正确")
    if wanted.redirect_url and urlsplit(wanted.redirect_url).scheme not in ("http", "https"):
        raise Refused("InvalidParameterValue", "RedirectUrl 不正确")
    session = sessions.begin(
        tx, wanted.rule_id, wanted.id_card, wanted.name, wanted.redirect_url, wanted.extra, service.now
    )
    return {"BizToken": session.biz_token, "Url": f"{service.page}?token={session.biz_token}"}


def _detect_info(tx: Tx, service: Service, body: bytes) -> Answer:
    wanted = GetDetectInfo.model_validate_json(body)
    _known_rule(service, wanted.rule_id)
    session = sessions.get(tx, wanted.biz_token)
    if session is None or session.rule_id != wanted.rule_id:
        raise Refused("InvalidParameterValue.BizTokenIllegal", "BizToken 非法")
    if service.faults.expired or service.now > session.begun_at + sessions.KEPT_S:
        raise Refused("InvalidParameterValue.BizTokenExpired", "BizToken 过期")
    if not set("01") & set(wanted.info_type):
        return {"Text": None}
    code = session.err_code
    return {
        "Text": {
            "ErrCode": code,
            "ErrMsg": None if code is None else sessions.OUTCOMES.get(code, "失败"),
            "IdCard": session.id_card,
            "Name": session.name,
            "LiveStatus": None if code is None else (1002 if code == 1002 else 0),
            "Comparestatus": code,
            "Sim": None if code is None else ("96.32" if code == 0 else "31.05"),
            "Extra": session.extra,
        }
    }


def _id_card_verification(_tx: Tx, service: Service, body: bytes) -> Answer:
    wanted = IdCardVerification.model_validate_json(body)
    result = service.faults.result or _compared(service.account, wanted)
    told = {
        "0": "姓名和身份证号一致",
        "-1": "姓名和身份证号不一致",
        "-2": "非法身份证号",
        "-5": "证件库中无此身份证记录",
    }
    return {"Result": result, "Description": told.get(result, "证件库服务异常")}


def _compared(account: Account, wanted: IdCardVerification) -> str:
    if not is_id_card(wanted.id_card):
        return "-2"
    return "0" if account.on_file.get(wanted.id_card, wanted.name) == wanted.name else "-1"


def _known_rule(service: Service, rule_id: str) -> None:
    if rule_id != service.account.rule_id:
        raise Refused("InvalidParameterValue.RuleIdNotExist", "RuleId 不存在")


def is_id_card(number: str) -> bool:
    """GB 11643 as far as its last character tells."""
    if len(number) != 18 or not (number[:17].isdigit() and number.isascii()):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[17].upper()


_ACTIONS = {
    "DetectAuth": _detect_auth,
    "GetDetectInfoEnhanced": _detect_info,
    "IdCardVerification": _id_card_verification,
}


def wrapped(content: Mapping[str, Any]) -> Answer:
    """As it goes over the wire."""
    return {"Response": {**content, "RequestId": secrets.token_hex(16)}}
