"""Aliyun's SendSms (2017-05-25) beside Tencent's: parameters in the query, errors of the gateway as HTTP 4xx, those of the service as 200."""

import json
import re
import secrets
from dataclasses import dataclass
from typing import Any

from kanghu_sandbox.tc3 import Call

from .account import AliyunAccount
from .aliyun_signature import GatewayRefused, Nonces, parameters, verify
from .faults import Fault
from .inbox import Inbox, Message

LIMITS = (
    (60.0, 1, "isv.BUSINESS_LIMIT_CONTROL"),
    (3600.0, 5, "isv.BUSINESS_LIMIT_CONTROL"),
    (86400.0, 10, "isv.BUSINESS_LIMIT_CONTROL"),
)
"""Of codes to one number; other messages up to fifty a day."""
NOTICES_A_DAY = 50

_MOBILE = re.compile(r"1[3-9]\d{9}")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Sent:
    """What the receipt will speak of."""

    biz_id: str
    phone: str
    out_id: str


class Aliyun:
    """The service; what is sent is kept in `inbox`."""

    def __init__(self, account: AliyunAccount, inbox: Inbox) -> None:
        self.account, self.inbox, self.nonces = account, inbox, Nonces()

    def answer(self, call: Call, fault: Fault, now: float) -> tuple[int, dict[str, Any], Sent | None]:
        """HTTP status, content, and what was sent."""
        request_id = secrets.token_hex(16).upper()
        try:
            verify(call, self.account, self.nonces, now)
            wanted = _action(call)
        except GatewayRefused as refused:
            return (
                refused.status,
                {"Code": refused.code, "Message": refused.message, "RequestId": request_id},
                None,
            )
        code = fault.code or self._fault(wanted, now)
        if code:
            return 200, {"Code": code, "Message": code, "RequestId": request_id}, None
        sent = Sent(
            f"{secrets.randbelow(9 * 10**17) + 10**17}^0", wanted["PhoneNumbers"], wanted.get("OutId", "")
        )
        self._keep(sent, wanted, now)
        return 200, {"Code": "OK", "Message": "OK", "RequestId": request_id, "BizId": sent.biz_id}, sent

    def _fault(self, wanted: dict[str, str], now: float) -> str:
        if not _MOBILE.fullmatch(wanted.get("PhoneNumbers", "")):
            return "isv.MOBILE_NUMBER_ILLEGAL"
        if wanted.get("SignName") != self.account.sign_name:
            return "isv.SMS_SIGNATURE_ILLEGAL"
        text = self.account.texts.get(wanted.get("TemplateCode", ""))
        if text is None:
            return "isv.SMS_TEMPLATE_ILLEGAL"
        return self._parameter_fault(text, wanted) or self._over_limit(wanted, now)

    def _parameter_fault(self, text: str, wanted: dict[str, str]) -> str:
        try:
            given = json.loads(wanted.get("TemplateParam") or "{}")
        except ValueError:
            return "isv.INVALID_JSON_PARAM"
        if not isinstance(given, dict):
            return "isv.INVALID_JSON_PARAM"
        return "isv.TEMPLATE_MISSING_PARAMETERS" if set(_VARIABLE.findall(text)) - given.keys() else ""

    def _over_limit(self, wanted: dict[str, str], now: float) -> str:
        phone = f"+86{wanted['PhoneNumbers']}"
        if wanted["TemplateCode"] == self.account.template_code:
            return self.inbox.over_limit(phone, now)
        today = [one for one in self.inbox.newest(phone) if now - one.at < 86400]
        return "isv.BUSINESS_LIMIT_CONTROL" if len(today) >= NOTICES_A_DAY else ""

    def _keep(self, sent: Sent, wanted: dict[str, str], now: float) -> None:
        given = json.loads(wanted.get("TemplateParam") or "{}")
        text = self.account.texts[wanted["TemplateCode"]]
        filled = _VARIABLE.sub(lambda found: str(given[found[1]]), text)
        shown = f"【{self.account.sign_name}】{filled}"
        values = [str(value) for value in given.values()]
        self.inbox.keep(Message(sent.biz_id, f"+86{sent.phone}", shown, values, now))


def _action(call: Call) -> dict[str, str]:
    """The parameters. Raises GatewayRefused for another action or version."""
    if call.headers.get("x-acs-version") != "2017-05-25":
        raise GatewayRefused(404, "InvalidVersion", "Specified parameter Version is not valid.")
    if call.headers.get("x-acs-action") != "SendSms":
        raise GatewayRefused(404, "InvalidAction.NotFound", "Specified api is not found.")
    return parameters(call)
