"""Signatures and AES of the callbacks (消息加解密), and the signature of JS-SDK.

Plaintext: 16 random bytes, the length of the message in 4 bytes big endian, the message, the appid; AES-256-CBC with the
first 16 bytes of the key as IV, PKCS#7 to blocks of 32 bytes.
"""

import base64
import binascii
import hashlib
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

BLOCK_BITS = 32 * 8


class BadCiphertext(Exception):
    """What came is not encrypted with this key, or is not for this appid."""


def sign(*parts: str) -> str:
    """sha1 over the sorted parts joined: (token, timestamp, nonce) or (token, timestamp, nonce, ciphertext)."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def sign_js(ticket: str, nonce: str, timestamp: str, url: str) -> str:
    """The signature that wx.config must bring; `url` counts up to its #."""
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.partition('#')[0]}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def encrypt(encoding_key: str, app_id: str, message: bytes, random: bytes | None = None) -> str:
    """Base64 of the ciphertext; `random` (16 bytes) only for known answers."""
    body = (random or secrets.token_bytes(16)) + struct.pack(">I", len(message)) + message + app_id.encode()
    padder = PKCS7(BLOCK_BITS).padder()
    encryptor = _cipher(encoding_key).encryptor()
    padded = padder.update(body) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def decrypt(encoding_key: str, app_id: str, ciphertext: str) -> bytes:
    """The message; raises BadCiphertext."""
    try:
        raw = base64.b64decode(ciphertext, validate=True)
        decryptor = _cipher(encoding_key).decryptor()
        unpadder = PKCS7(BLOCK_BITS).unpadder()
        body = unpadder.update(decryptor.update(raw) + decryptor.finalize()) + unpadder.finalize()
        (length,) = struct.unpack(">I", body[16:20])
    except (ValueError, binascii.Error, struct.error) as reason:
        raise BadCiphertext("解密失败") from reason
    message, owner = body[20 : 20 + length], body[20 + length :]
    if owner != app_id.encode():
        raise BadCiphertext("AppID 不符")
    return message


def _cipher(encoding_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(encoding_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
