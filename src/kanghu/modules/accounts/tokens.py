"""Opaque session tokens: 256 random bits for the client, only their sha256 in the database."""

import hashlib
import secrets


def new_token() -> str:
    """A fresh token: 43 characters of base64url, 256 bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored; a plain hash is enough because the token has full entropy."""
    return hashlib.sha256(token.encode()).digest()
