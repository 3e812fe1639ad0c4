"""TOTP (RFC 6238, 6 digits, 30 s, SHA-1: what every authenticator app understands) and one-time recovery codes."""

import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp

STEP_SECONDS = 30
RECOVERY_CODES = 10
ISSUER = "康护"

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 1 I L O, which people mistake for one another


def new_secret() -> str:
    """A fresh secret: base32 of 160 random bits."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, username: str) -> str:
    """The otpauth:// address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The time step that `code` belongs to, or None.

    One step of clock difference is allowed either way (RFC 6238 §5.2). Steps up to `last_step` have been used: a code
    read over somebody's shoulder is worth nothing.
    """
    totp = pyotp.TOTP(secret)
    current = int(now.timestamp()) // STEP_SECONDS
    for step in (current - 1, current, current + 1):
        if step > last_step and hmac.compare_digest(totp.generate_otp(step).encode(), code.strip().encode()):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Ten codes of 12 characters (≈ 59 bits each), shown once as XXXX-XXXX-XXXX."""
    raw = ["".join(secrets.choice(_ALPHABET) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in raw]


def recovery_hash(account_id: object, code: str) -> bytes:
    """What is stored of a recovery code; bound to the account so that equal codes of two people differ."""
    plain = code.upper().replace("-", "").replace(" ", "")
    return hashlib.sha256(f"{account_id}:{plain}".encode()).digest()
