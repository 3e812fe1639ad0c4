"""Tencent Cloud SMS, API 2021-01-11, action SendSms.

Request and error codes: https://cloud.tencent.com/document/api/382/55981; the signature is `kernel.tc3`.
"""

from collections.abc import Sequence

import msgspec

from kanghu.kernel import clock, tc3
from kanghu.kernel.http import PeerFailed, outbound
from kanghu.modules.notices.adapters.sms import SmsRefused
from kanghu.modules.notices.settings import Settings

ACTION = tc3.Action("sms", "SendSms", "2021-01-11")


REASONS = (
    ("AuthFailure.SignatureExpire", "服务器时钟与短信服务相差过大，请校准"),
    ("AuthFailure", "短信服务不认可密钥，请核对 SecretId 与 SecretKey"),
    ("FailedOperation.ContainSensitiveWord", "短信内容含敏感词"),
    ("FailedOperation.InsufficientBalance", "短信套餐余量不足，请充值"),
    ("FailedOperation.PhoneNumberInBlacklist", "该手机号在短信服务的免打扰名单中"),
    ("FailedOperation.Signature", "短信签名未审批或不正确"),
    ("FailedOperation.MissingSignature", "短信签名未审批或不正确"),
    ("FailedOperation.TemplateParamSet", "短信模板的参数个数不符：应有验证码与有效分钟数两个参数"),
    ("FailedOperation.Template", "短信模板未审批或不存在"),
    ("InternalError.RequestTimeException", "服务器时钟与短信服务相差过大，请校准"),
    ("InternalError", "短信服务内部错误"),
    ("InvalidParameterValue.IncorrectPhoneNumber", "短信服务认为手机号格式不正确"),
    ("InvalidParameterValue.SdkAppId", "短信应用编号 SdkAppId 不存在"),
    ("InvalidParameterValue.TemplateParameter", "短信模板的参数格式不符"),
    ("LimitExceeded.PhoneNumber", "该手机号收到的短信过于频繁"),
    ("LimitExceeded", "短信发送超出短信服务设定的频率"),
    ("RequestLimitExceeded", "短信服务繁忙"),
    ("UnauthorizedOperation.ServiceSuspend", "短信服务已欠费停用"),
    ("UnauthorizedOperation", "短信服务未授权：请核对 SdkAppId、来源地址白名单与权限"),
)  # fmt: skip
"""Beginning of a code → what a person is told; the first that fits."""

PASSING = (
    "InternalError",
    "RequestLimitExceeded",
    "LimitExceeded.DeliveryFrequencyLimit",
    "LimitExceeded.PhoneNumberThirtySecondLimit",
)
"""What another try within minutes may mend. A day's or an hour's limit, a wrong key or template is not."""


HOPELESS = (
    "FailedOperation.ContainSensitiveWord",
    "FailedOperation.PhoneNumberInBlacklist",
    "InvalidParameterValue.IncorrectPhoneNumber",
)
"""What lies with the phone or the text: another service would say the same."""


def refusal(code: str) -> SmsRefused:
    known = next((reason for start, reason in REASONS if code.startswith(start)), "短信服务拒绝发送")
    return SmsRefused(code, known, passing=code.startswith(PASSING), hopeless=code.startswith(HOPELESS))


class _Status(msgspec.Struct, rename="pascal"):
    code: str
    serial_no: str = ""


class _Error(msgspec.Struct, rename="pascal"):
    code: str


class _Response(msgspec.Struct, rename="pascal"):
    error: _Error | None = None
    send_status_set: list[_Status] = []


class _Answer(msgspec.Struct, rename="pascal"):
    response: _Response


async def send(account: Settings, phone: str, parameters: Sequence[str], template_id: str = "") -> str:
    """Sends a template, by default the account's for codes, to a mainland mobile; the service's serial number.

    Raises SmsRefused, PeerFailed.
    """
    body = msgspec.json.encode(
        {
            "PhoneNumberSet": [f"+86{phone}"],
            "SmsSdkAppId": account.sdk_app_id,
            "SignName": account.sign_name,
            "TemplateId": template_id or account.template_id,
            "TemplateParamSet": list(parameters),
        }
    )
    headers = tc3.signed_headers(
        account.secret_id,
        account.secret_key.get_secret_value(),
        account.endpoint,
        account.region,
        ACTION,
        body,
        clock.now(),
    )
    answered = await outbound().post("sms:tencent", account.endpoint, content=body, headers=headers)
    if answered.status != 200:
        raise PeerFailed(f"短信服务返回 HTTP {answered.status}")
    try:
        response = msgspec.json.decode(answered.body, type=_Answer).response
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise PeerFailed("短信服务的应答格式不正确", maybe_done=True) from error
    if response.error is not None:
        raise refusal(response.error.code)
    if not response.send_status_set:
        raise PeerFailed("短信服务的应答格式不正确", maybe_done=True)
    status = response.send_status_set[0]
    if status.code != "Ok":
        raise refusal(status.code)
    return status.serial_no
