"""Aliyun SMS, API 2017-05-25, action SendSms.

Request: https://help.aliyun.com/document_detail/419273.html; error codes: https://help.aliyun.com/document_detail/101346.html;
signature V3, ACS3-HMAC-SHA256: https://help.aliyun.com/document_detail/2593177.html. Checked against the worked example there and
against what Aliyun's own SDK signs (tests/notices/data). The action is not idempotent: `OutId` only comes back in the receipt.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import msgspec

from kanghu.kernel import clock
from kanghu.kernel.http import PeerFailed, outbound
from kanghu.modules.notices.adapters.sms import SmsRefused
from kanghu.modules.notices.settings import AliyunSettings

ACTION, VERSION = "SendSms", "2017-05-25"
ALGORITHM = "ACS3-HMAC-SHA256"
NOTHING = hashlib.sha256(b"").hexdigest()
"""The hash of the body: parameters go in the query."""

REASONS = (
    ("InvalidAccessKeyId", "短信服务不认可密钥，请核对 AccessKey ID"),
    ("SignatureDoesNotMatch", "短信服务不认可签名，请核对 AccessKey Secret"),
    ("IncompleteSignature", "短信服务不认可签名，请核对 AccessKey Secret"),
    ("InvalidTimeStamp", "服务器时钟与短信服务相差过大，请校准"),
    ("SignatureNonceUsed", "短信服务认为请求重复"),
    ("Throttling", "短信服务繁忙"),
    ("ServiceUnavailable", "短信服务暂时不可用"),
    ("InternalError", "短信服务内部错误"),
    ("isp.SYSTEM_ERROR", "短信服务内部错误"),
    ("isp.RAM_PERMISSION_DENY", "短信服务未授权，请为该 AccessKey 授予短信权限"),
    ("isp.", "短信服务内部错误"),
    ("isv.AMOUNT_NOT_ENOUGH", "短信余额不足，请充值"),
    ("isv.OUT_OF_SERVICE", "短信服务已欠费停用，请充值"),
    ("isv.BLACK_KEY_CONTROL_LIMIT", "短信内容含敏感词"),
    ("isv.SMS_CONTENT_ILLEGAL", "短信内容含禁止发送的内容"),
    ("isv.BUSINESS_LIMIT_CONTROL", "该手机号收到的短信过于频繁"),
    ("isv.DAY_LIMIT_CONTROL", "短信发送量已达到设定的每日上限"),
    ("isv.MONTH_LIMIT_CONTROL", "短信发送量已达到设定的每月上限"),
    ("isv.MOBILE_NUMBER_ILLEGAL", "短信服务认为手机号格式不正确"),
    ("isv.MOBILE_COUNT_OVER_LIMIT", "一次发送的手机号过多"),
    ("isv.SMS_SIGN", "短信签名未审批或不正确"),
    ("isv.SIGN_", "短信签名未审批或不正确"),
    ("isv.SMS_TEMPLATE", "短信模板未审批或不存在"),
    ("isv.TEMPLATE_", "短信模板与参数不符"),
    ("isv.INVALID_JSON_PARAM", "短信模板的参数格式不符"),
    ("isv.PARAM_LENGTH_LIMIT", "短信模板的参数过长"),
    ("isv.ACCOUNT_", "短信服务的账户异常，请登录阿里云查看"),
    ("isv.PRODUCT_UN", "阿里云账户没有开通短信服务"),
    ("isv.DENY_IP_RANGE", "本服务器所在地区的地址被短信服务拒绝"),
)
"""Beginning of a code → what a person is told; the first that fits."""

PASSING = ("Throttling", "ServiceUnavailable", "InternalError", "SignatureNonceUsed", "isp.SYSTEM_ERROR")
"""What another try within minutes may mend."""

HOPELESS = ("isv.MOBILE_NUMBER_ILLEGAL", "isv.BLACK_KEY_CONTROL_LIMIT", "isv.SMS_CONTENT_ILLEGAL")
"""What lies with the phone or the text."""


def refusal(code: str) -> SmsRefused:
    known = next((reason for start, reason in REASONS if code.startswith(start)), "短信服务拒绝发送")
    return SmsRefused(code, known, passing=code.startswith(PASSING), hopeless=code.startswith(HOPELESS))


class _Answer(msgspec.Struct, rename="pascal"):
    code: str
    biz_id: str = ""


async def send(
    account: AliyunSettings,
    phone: str,
    parameters: Mapping[str, str],
    template_code: str = "",
    out_id: str = "",
) -> str:
    """Sends a template, by default the account's for codes, to a mainland mobile; the service's BizId.

    Raises SmsRefused, PeerFailed.
    """
    query = {
        "PhoneNumbers": phone,
        "SignName": account.sign_name,
        "TemplateCode": template_code or account.template_code,
        "TemplateParam": msgspec.json.encode(dict(parameters)).decode(),
    }
    if out_id:
        query["OutId"] = out_id
    place, at = urlsplit(account.endpoint), clock.now()
    path = place.path or "/"
    headers = {
        "host": place.netloc,
        "x-acs-action": ACTION,
        "x-acs-content-sha256": NOTHING,
        "x-acs-date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-version": VERSION,
    }
    signed = authorization(
        account.access_key_id, account.access_key_secret.get_secret_value(), path, query, headers
    )
    url = f"{place.scheme}://{place.netloc}{path}?{canonical_query(query)}"
    answered = await outbound().post(
        "sms:aliyun", url, content=b"", headers={**headers, "Authorization": signed}
    )
    try:
        answer = msgspec.json.decode(answered.body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        if answered.status != 200:
            raise PeerFailed(f"短信服务返回 HTTP {answered.status}") from error
        raise PeerFailed("短信服务的应答格式不正确", maybe_done=True) from error
    if answer.code != "OK":  # refusals of the gateway come as HTTP 400 and 403, those of the service as 200
        raise refusal(answer.code)
    return answer.biz_id


def authorization(
    key_id: str, key_secret: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> str:
    """The header of a POST; `headers` (names in lower case, with the hash of the body) are all signed."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    canonical = "\n".join(
        ("POST", path, canonical_query(query), lines, names, headers["x-acs-content-sha256"])
    )
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(key_secret.encode(), to_sign.encode(), hashlib.sha256).hex()
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"


def canonical_query(query: Mapping[str, str]) -> str:
    """By name, percent-encoded as RFC 3986 wants it."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))
