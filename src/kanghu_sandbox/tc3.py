"""TC3-HMAC-SHA256 as Tencent Cloud's services check it: https://cloud.tencent.com/document/api/382/52072."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

WINDOW_SECONDS = 300
_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d{2}-\d{2})/([^/]+)/tc3_request, *"
    r"SignedHeaders=([a-z0-9;-]+), *Signature=([0-9a-f]{64})"
)


class Refused(Exception):
    """An error of the whole call, with the service's own code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Call:
    """What came in, as it stood in the request line and headers (names in lower case)."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def verify(call: Call, service: str, secret_id: str, secret_key: str, now: float) -> None:
    """A call of this service by the holder of these keys. Raises Refused (AuthFailure.*)."""
    found = _AUTHORIZATION.fullmatch(call.headers.get("authorization", ""))
    if found is None:
        raise Refused("AuthFailure.InvalidAuthorization", "Authorization 的格式不正确")
    given_id, date, named, signed, signature = found.groups()
    if given_id != secret_id or not secret_key:
        raise Refused("AuthFailure.SecretIdNotFound", "SecretId 不存在")
    try:
        timestamp = int(call.headers.get("x-tc-timestamp", ""))
    except ValueError:
        raise Refused("AuthFailure.SignatureFailure", "缺少 X-TC-Timestamp") from None
    if abs(now - timestamp) > WINDOW_SECONDS:
        raise Refused("AuthFailure.SignatureExpire", "时间与服务器相差超过 5 分钟")
    expected = _signature(call, secret_key, timestamp, named, signed.split(";"))
    same_day = date == f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}"
    if named != service or not same_day or not hmac.compare_digest(expected, signature):
        raise Refused("AuthFailure.SignatureFailure", "签名不正确")


def _signature(call: Call, secret_key: str, timestamp: int, service: str, signed: list[str]) -> str:
    if not {"content-type", "host"} <= set(signed):
        raise Refused("AuthFailure.SignatureFailure", "content-type 与 host 须参与签名")
    # X-TC-Action is signed in lower case where it is signed at all.
    values = {name: call.headers.get(name, "").strip().lower() for name in signed}
    lines = "".join(f"{name}:{values[name]}\n" for name in sorted(signed))
    request = "\n".join(
        (
            call.method,
            call.path,
            call.query,
            lines,
            ";".join(sorted(signed)),
            hashlib.sha256(call.body).hexdigest(),
        )
    )
    date = f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}"
    text = "\n".join(
        (
            "TC3-HMAC-SHA256",
            str(timestamp),
            f"{date}/{service}/tc3_request",
            hashlib.sha256(request.encode()).hexdigest(),
        )
    )
    key = hmac.digest(f"TC3{secret_key}".encode(), date.encode(), "sha256")
    key = hmac.digest(hmac.digest(key, service.encode(), "sha256"), b"tc3_request", "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()
