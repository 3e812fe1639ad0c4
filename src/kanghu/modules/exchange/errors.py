"""Transport faults: only these use HTTP status codes (decision 12). Business outcomes are codes in the envelope."""

from kanghu.kernel.errors import (
    AppError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unauthenticated,
    UnsupportedMedia,
)


class SignatureMissing(Unauthenticated):
    code = "exchange.signature_missing"
    message = "缺少签名请求头：X-App-Id、X-Timestamp、X-Nonce、X-Signature"


class AppUnknown(Unauthenticated):
    code = "exchange.signature_invalid"
    message = "签名不正确，请核对应用编号、密钥与签名原文"


class ClockOff(Unauthenticated):
    code = "exchange.timestamp_outside_window"
    message = "X-Timestamp 与服务器时间相差超过 300 秒，请校准时钟"


class NonceInvalid(Unauthenticated):
    code = "exchange.nonce_invalid"
    message = "X-Nonce 应为 16 至 64 个可见字符"


class NonceReplayed(Unauthenticated):
    code = "exchange.nonce_replayed"
    message = "X-Nonce 已使用过，每次请求请使用新的随机串"


class InterfaceNotAllowed(Forbidden):
    code = "exchange.interface_not_allowed"
    message = "该应用未开通此接口，请联系医院信息科"


class AddressNotAllowed(Forbidden):
    code = "exchange.address_not_allowed"
    message = "请求来源地址不在该应用的允许范围内"


class RateExceeded(TooMany):
    code = "exchange.rate_exceeded"
    message = "请求过于频繁，请按 Retry-After 稍后再试"


class RequestIdReused(Conflict):
    code = "exchange.request_id_reused"
    message = "X-Request-Id 已用于另一内容的请求"


class Malformed(Invalid):
    code = "exchange.body_malformed"
    message = "报文格式不正确"


class NotJson(UnsupportedMedia):
    code = "exchange.not_json"


class VendorNotFound(NotFound):
    code = "exchange.vendor_not_found"
    message = "没有这个体检系统"


class MessageNotFound(NotFound):
    code = "exchange.message_not_found"
    message = "没有这条报文"


class MessageNotReplayable(Conflict):
    code = "exchange.message_not_replayable"
    message = "只有接收到的推送类报文（H2–H5）可以重新处理"


class StillNotSaved(Conflict):
    code = "exchange.message_still_not_saved"
    message = "这条报文仍无法保存"


class StagedNotFound(NotFound):
    code = "exchange.staged_not_found"
    message = "没有这条待处理结果，可能已被处理"


class StaleVendor(Conflict):
    code = "exchange.vendor_changed"
    message = "体检系统的设置已被他人修改，请刷新后重试"


class AgreementNotSigned(Invalid):
    code = "exchange.agreement_not_signed"
    message = "请先阅读并勾选当前版本的数据使用授权协议"


class BindingFailed(AppError):
    """US-K1 104."""

    status = 502
    code = "exchange.binding_failed"
