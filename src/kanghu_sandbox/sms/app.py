"""The web application: SendSms at its root, and the inbox for who has no phone at hand."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field, ValidationError

from kanghu_sandbox.desk import html_page, loopback_only
from kanghu_sandbox.tc3 import Call, Refused, verify

from .account import Account, AliyunAccount
from .aliyun import LIMITS as ALIYUN_LIMITS
from .aliyun import Aliyun
from .control import control
from .faults import Fault, FaultBox, after, before
from .inbox import Inbox, Message
from .receipts import Reports

ABOUT = (
    "短信服务的替身：按腾讯云（2021-01-11）与阿里云（2017-05-25，在 /aliyun/）的 SendSms 核对签名、模板与频率，"
    "短信不发出，留在收件箱中。"
)
_MOBILE = re.compile(r"\+861[3-9]\d{9}")
_SHANGHAI = ZoneInfo("Asia/Shanghai")


class SendSms(BaseModel):
    """The parameters of the action that matter here."""

    phone_numbers: list[str] = Field(alias="PhoneNumberSet", min_length=1, max_length=200)
    sdk_app_id: str = Field(alias="SmsSdkAppId")
    template_id: str = Field(alias="TemplateId")
    sign_name: str = Field("", alias="SignName")
    parameters: list[str] = Field([], alias="TemplateParamSet")


def create_app(
    account: Account,
    file: Path,
    now: Callable[[], float] = time.time,
    aliyun_account: AliyunAccount | None = None,
    pause_s: float = 5.0,
) -> FastAPI:
    """The services of these accounts; what is sent is kept in `file` and in one beside it."""
    inbox, aliyun_inbox = Inbox(file), Inbox(file.with_name(f"aliyun-{file.name}"), ALIYUN_LIMITS)
    aliyun = Aliyun(aliyun_account or AliyunAccount(), aliyun_inbox)
    faults, reports = FaultBox(), Reports(now, pause_s)
    app = FastAPI(title="短信服务", version="2021-01-11", description=ABOUT, docs_url=None, redoc_url=None)
    app.include_router(control(faults, reports))

    @app.post("/", operation_id="send_sms")
    async def send_sms(request: Request) -> JSONResponse:
        """腾讯云 SendSms：发送短信。"""
        fault = faults.now.tencent
        await before(fault)
        call = await _call(request)
        try:
            verify(call, "sms", account.secret_id, account.secret_key, now())
            content = _send(account, inbox, _read(call), now(), fault)
        except Refused as refused:
            content = {"Error": {"Code": refused.code, "Message": refused.message}}
        for sent in content.get("SendStatusSet", ()):
            if sent["Code"] == "Ok":
                reports.tencent(sent["SerialNo"], sent["PhoneNumber"], fault)
        after(fault)
        return JSONResponse({"Response": {**content, "RequestId": secrets.token_hex(16)}})

    @app.post("/aliyun/", operation_id="send_sms_aliyun")
    async def send_sms_aliyun(request: Request) -> JSONResponse:
        """阿里云 SendSms：发送短信。"""
        fault = faults.now.aliyun
        await before(fault)
        status, content, sent = aliyun.answer(await _call(request), fault, now())
        if sent is not None:
            reports.aliyun(sent.biz_id, sent.phone, sent.out_id, fault)
        after(fault)
        return JSONResponse(content, status)

    @app.get("/messages", dependencies=[Depends(loopback_only)], operation_id="list_messages")
    async def messages(phone: str = "") -> list[dict[str, Any]]:
        """收件箱：发给某个手机号或全部手机号的短信，新的在前。"""
        return [asdict(message) for message in _both(inbox, aliyun_inbox, phone)]

    @app.get("/", dependencies=[Depends(loopback_only)], include_in_schema=False)
    async def front_page() -> HTMLResponse:
        return html_page("短信收件箱", _table(_both(inbox, aliyun_inbox)), refresh_s=3)

    return app


def _both(one: Inbox, other: Inbox, phone: str = "") -> list[Message]:
    """What came by either service, newest first."""
    return sorted((*one.newest(phone), *other.newest(phone)), key=lambda message: -message.at)


async def _call(request: Request) -> Call:
    raw: bytes = request.scope["raw_path"]
    return Call(
        method=request.method,
        path=raw.decode("latin-1"),
        query=request.url.query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
    )


def _read(call: Call) -> SendSms:
    if call.headers.get("x-tc-action") != "SendSms":
        raise Refused("InvalidAction", "没有这个接口")
    if call.headers.get("x-tc-version") != "2021-01-11":
        raise Refused("NoSuchVersion", "没有这个版本")
    if not call.headers.get("x-tc-region"):
        raise Refused("MissingParameter", "缺少 X-TC-Region")
    try:
        return SendSms.model_validate_json(call.body)
    except ValidationError as wrong:
        raise Refused("InvalidParameter", f"参数有误：{wrong.errors()[0]['loc']}") from None


def _send(account: Account, inbox: Inbox, wanted: SendSms, now: float, fault: Fault) -> dict[str, Any]:
    if wanted.sdk_app_id != account.sdk_app_id:
        raise Refused("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "SmsSdkAppId 校验失败")
    return {
        "SendStatusSet": [
            _send_to(phone, account, inbox, wanted, now, fault) for phone in wanted.phone_numbers
        ]
    }


def _send_to(
    phone: str, account: Account, inbox: Inbox, wanted: SendSms, now: float, fault: Fault
) -> dict[str, Any]:
    code = fault.code or _fault(phone, account, wanted) or inbox.over_limit(phone, now)
    serial = ""
    if not code:
        serial = f"2640:{secrets.randbelow(10**19):019d}"
        text = account.texts[wanted.template_id]
        for place, parameter in enumerate(wanted.parameters, 1):
            text = text.replace(f"{{{place}}}", parameter)
        inbox.keep(Message(serial, phone, f"【{account.sign_name}】{text}", wanted.parameters, now))
    return {
        "SerialNo": serial,
        "PhoneNumber": phone,
        "Fee": 0 if code else 1,
        "SessionContext": "",
        "Code": code or "Ok",
        "Message": code or "send success",
        "IsoCode": "CN",
    }


def _fault(phone: str, account: Account, wanted: SendSms) -> str:
    if not _MOBILE.fullmatch(phone):
        return "InvalidParameterValue.IncorrectPhoneNumber"
    if wanted.sign_name != account.sign_name:
        return "FailedOperation.SignatureIncorrectOrUnapproved"
    text = account.texts.get(wanted.template_id)
    if text is None:
        return "FailedOperation.TemplateIncorrectOrUnapproved"
    if len(wanted.parameters) != len(set(re.findall(r"\{\d+\}", text))):
        return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
    allowed = r"\d{0,6}" if wanted.template_id == account.template_id else r".{1,64}"
    if not all(re.fullmatch(allowed, parameter) for parameter in wanted.parameters):
        return "InvalidParameterValue.TemplateParameterFormatError"
    return ""


def _table(messages: list[Message]) -> str:
    if not messages:
        return "<p>还没有短信。平台发出的短信会出现在这里，页面每 3 秒更新一次。</p>"
    rows = "".join(
        f"<tr><td>{datetime.fromtimestamp(one.at, _SHANGHAI):%m-%d %H:%M:%S}</td><td>{escape(one.phone)}</td>"
        f"<td>{escape(one.text)}</td></tr>"
        for one in messages
    )
    return f"<table><thead><tr><th>时间</th><th>手机号</th><th>内容</th></tr></thead><tbody>{rows}</tbody></table>"
