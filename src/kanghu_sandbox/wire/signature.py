"""Signature of every call, in both directions.

    X-Signature = lower-case hex of HMAC(secret, string_to_sign)
    string_to_sign = METHOD \\n PATH?QUERY \\n TIMESTAMP \\n NONCE \\n HEX(HASH(body))

HASH is the hash of the HMAC (SHA-256 or SM3). PATH?QUERY is what stands in the request line, percent-encoding and all;
without a query it is the path alone. The key is the UTF-8 bytes of the secret.
"""

import hmac as compare
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, hmac

APP_ID = "X-App-Id"
TIMESTAMP = "X-Timestamp"
NONCE = "X-Nonce"
SIGNATURE = "X-Signature"
SIGN_TYPE = "X-Sign-Type"
REQUEST_ID = "X-Request-Id"

HMAC_SHA256 = "HMAC-SHA256"
HMAC_SM3 = "HMAC-SM3"
WINDOW_SECONDS = 300

_HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {HMAC_SHA256: hashes.SHA256, HMAC_SM3: hashes.SM3}
_NONCE = re.compile(r"[!-~]{16,64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class BadSignature(Exception):
    """The call isn't who it says it is; the message says why (safe to show to the caller)."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An app and its live secrets: the first one signs, all of them are accepted (two while one is rotated)."""

    app_id: str
    secrets: tuple[str, ...]
    sign_type: str = HMAC_SHA256


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """The signature headers of one call, well-formed but not yet verified."""

    app_id: str
    timestamp: int
    nonce: str
    signature: str
    sign_type: str


def string_to_sign(
    method: str, target: str, timestamp: int, nonce: str, body: bytes, sign_type: str = HMAC_SHA256
) -> str:
    """The text that is signed; `target` is PATH or PATH?QUERY."""
    digest = hashes.Hash(_HASHES[sign_type]())
    digest.update(body)
    return "\n".join((method.upper(), target, str(timestamp), nonce, digest.finalize().hex()))


def sign(
    secret: str,
    method: str,
    target: str,
    timestamp: int,
    nonce: str,
    body: bytes,
    sign_type: str = HMAC_SHA256,
) -> str:
    """Lower-case hex signature of one call."""
    mac = hmac.HMAC(secret.encode(), _HASHES[sign_type]())
    mac.update(string_to_sign(method, target, timestamp, nonce, body, sign_type).encode())
    return mac.finalize().hex()


def signed_headers(
    credentials: Credentials,
    method: str,
    target: str,
    body: bytes,
    *,
    timestamp: int,
    nonce: str | None = None,
) -> dict[str, str]:
    """Headers to send with a call. Every attempt needs its own: a nonce is good for one."""
    nonce = nonce or new_nonce()
    kind = credentials.sign_type
    return {
        APP_ID: credentials.app_id,
        TIMESTAMP: str(timestamp),
        NONCE: nonce,
        SIGN_TYPE: kind,
        SIGNATURE: sign(credentials.secrets[0], method, target, timestamp, nonce, body, kind),
    }


def new_nonce() -> str:
    """32 hex characters nobody can guess."""
    return secrets.token_hex(16)


def read_headers(headers: Mapping[str, str]) -> SignedHeaders:
    """Take the signature headers of a call (names without regard to case). Raises BadSignature on a missing or odd one."""
    lower = {name.lower(): value for name, value in headers.items()}

    def need(name: str) -> str:
        value = lower.get(name.lower(), "").strip()
        if not value:
            raise BadSignature(f"缺少请求头 {name}")
        return value

    sign_type = lower.get(SIGN_TYPE.lower(), "").strip() or HMAC_SHA256
    timestamp, nonce = need(TIMESTAMP), need(NONCE)
    if sign_type not in _HASHES:
        raise BadSignature(f"{SIGN_TYPE} 只能是 {HMAC_SHA256} 或 {HMAC_SM3}")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise BadSignature(f"{TIMESTAMP} 应为 Unix 秒数")
    if not _NONCE.fullmatch(nonce):
        raise BadSignature(f"{NONCE} 应为 16 至 64 个可见字符")
    return SignedHeaders(need(APP_ID), int(timestamp), nonce, need(SIGNATURE), sign_type)


def verify(
    signed: SignedHeaders, live_secrets: Sequence[str], method: str, target: str, body: bytes, now: float
) -> None:
    """Raise BadSignature unless the clock is within the window and one of the secrets made the signature.

    The caller burns the nonce afterwards, and only then: a stranger must not be able to use up nonces.
    """
    if abs(now - signed.timestamp) > WINDOW_SECONDS:
        raise BadSignature(f"{TIMESTAMP} 与服务器时间相差超过 {WINDOW_SECONDS} 秒，请校准时钟")
    expected = (
        sign(secret, method, target, signed.timestamp, signed.nonce, body, signed.sign_type)
        for secret in live_secrets
    )
    # Every secret is tried, so that the time taken doesn't tell which one is right.
    if not any([compare.compare_digest(one.encode(), signed.signature.encode()) for one in expected]):
        raise BadSignature("签名不符")
