"""Signing calls to Tencent Cloud: TC3-HMAC-SHA256, the same for all of its services.

https://cloud.tencent.com/document/api/382/52072. Checked against what Tencent's own SDK signs (tests/notices/data/tc3.json).
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

CONTENT_TYPE = "application/json"
ALGORITHM = "TC3-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Action:
    """An interface of a service: `service` as in its host name, e.g. `sms`."""

    service: str
    name: str
    version: str


def signed_headers(
    secret_id: str, secret_key: str, endpoint: str, region: str, action: Action, body: bytes, at: datetime
) -> dict[str, str]:
    """All headers of a POST of `body` to `endpoint`."""
    place = urlsplit(endpoint)
    signed = authorization(secret_id, secret_key, action.service, place.netloc, place.path or "/", body, at)
    return {
        "Authorization": signed,
        "Content-Type": CONTENT_TYPE,
        "X-TC-Action": action.name,
        "X-TC-Version": action.version,
        "X-TC-Timestamp": str(int(at.timestamp())),
        "X-TC-Region": region,
    }


def authorization(
    secret_id: str, secret_key: str, service: str, host: str, path: str, body: bytes, at: datetime
) -> str:
    """The header of a POST without query whose `host` and `CONTENT_TYPE` are signed."""
    stamp = at.astimezone(UTC)
    canonical = "\n".join(
        (
            "POST",
            path,
            "",
            f"content-type:{CONTENT_TYPE}\nhost:{host}\n",
            "content-type;host",
            hashlib.sha256(body).hexdigest(),
        )
    )
    scope = f"{stamp:%Y-%m-%d}/{service}/tc3_request"
    to_sign = "\n".join(
        (ALGORITHM, str(int(stamp.timestamp())), scope, hashlib.sha256(canonical.encode()).hexdigest())
    )
    key = f"TC3{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    signature = hmac.digest(key, to_sign.encode(), hashlib.sha256).hex()
    return (
        f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
    )
