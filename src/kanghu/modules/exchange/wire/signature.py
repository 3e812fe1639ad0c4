"""The signature of every call, in both directions.

`X-Signature` = lower-case hex of `HMAC(secret, "METHOD\\nPATH?QUERY\\nTIMESTAMP\\nNONCE\\nHEX(HASH(body))")`; hash and HMAC are
SHA-256, or SM3 (GB/T 32905) with `X-Sign-Type: HMAC-SM3`.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as sm_hmac

SHA256 = "HMAC-SHA256"
SM3 = "HMAC-SM3"
WINDOW_S = 300
_NONCE = re.compile(r"[\x21-\x7e]{16,64}")


@dataclass(frozen=True, slots=True)
class SignatureHeaders:
    app_id: str
    timestamp: str
    nonce: str
    signature: str
    sign_type: str = SHA256

    def as_headers(self) -> dict[str, str]:
        return {
            "X-App-Id": self.app_id,
            "X-Timestamp": self.timestamp,
            "X-Nonce": self.nonce,
            "X-Signature": self.signature,
            "X-Sign-Type": self.sign_type,
        }


def string_to_sign(
    method: str, target: str, timestamp: str, nonce: str, body: bytes, sign_type: str
) -> bytes:
    """`target` is the path with its query, as it stands in the request line."""
    if sign_type == SM3:
        digest = hashes.Hash(hashes.SM3())
        digest.update(body)
        body_hash = digest.finalize().hex()
    else:
        body_hash = hashlib.sha256(body).hexdigest()
    return f"{method}\n{target}\n{timestamp}\n{nonce}\n{body_hash}".encode()


def sign(secret: str, text: bytes, sign_type: str = SHA256) -> str:
    if sign_type == SM3:
        mac = sm_hmac.HMAC(secret.encode(), hashes.SM3())
        mac.update(text)
        return mac.finalize().hex()
    return hmac.digest(secret.encode(), text, "sha256").hex()


def is_signed_by(secret_values: Iterable[str], text: bytes, signature: str, sign_type: str) -> int | None:
    """The place of the secret that made the signature, None when none did. Every secret is tried, in constant time."""
    found = None
    for place, secret in enumerate(secret_values):
        if hmac.compare_digest(sign(secret, text, sign_type).encode(), signature.encode()):
            found = place
    return found


def is_fresh(timestamp: str, now: float) -> bool:
    """Whether the clock of the sender is within five minutes of ours."""
    return (
        timestamp.isascii()
        and timestamp.isdigit()
        and len(timestamp) <= 12
        and abs(now - int(timestamp)) <= WINDOW_S
    )


def is_nonce(nonce: str) -> bool:
    return _NONCE.fullmatch(nonce) is not None


def signed_headers(
    app_id: str, secret: str, method: str, target: str, body: bytes, sign_type: str = SHA256
) -> dict[str, str]:
    """Headers of a call of ours, with the present time and a new nonce."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    text = string_to_sign(method, target, timestamp, nonce, body, sign_type)
    return SignatureHeaders(app_id, timestamp, nonce, sign(secret, text, sign_type), sign_type).as_headers()
