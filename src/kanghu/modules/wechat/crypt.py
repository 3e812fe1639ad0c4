"""Signatures of WeChat's calls and WXBizMsgCrypt, in which its messages are sealed.

Plain text is `random(16) ‖ length(4, big endian) ‖ message ‖ appid`, padded as in PKCS#7 to blocks of 32, AES-256-CBC, the first
half of the key as IV. Source: https://developers.weixin.qq.com/doc/oplatform/developers/dev/push/encryption.md
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_LENGTH = struct.Struct(">I")
_RANDOM = 16
_BLOCK = 32
_HEAD = _RANDOM + _LENGTH.size


class NotForUs(Exception):
    """The text does not open: another key, another appid, or bytes that were changed. Which of them is told to nobody."""


def signature(*parts: str) -> str:
    """SHA-1 in hex over the sorted parts: token, timestamp and nonce, and the sealed text where there is one."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def is_signed(given: str, *parts: str) -> bool:
    return hmac.compare_digest(given.encode(), signature(*parts).encode())


def js_signature(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """Of a page that uses the JS-SDK; `url` counts without what follows `#`."""
    page = url.partition("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def key_of(encoding_aes_key: str) -> bytes:
    """The 32 bytes behind the 43 letters that the platform shows. Raises `ValueError`."""
    try:
        key = base64.b64decode(encoding_aes_key + "=", validate=True)
    except binascii.Error as error:
        raise ValueError("EncodingAESKey") from error
    if len(key) != 32:
        raise ValueError("EncodingAESKey")
    return key


def encrypt(message: bytes, encoding_aes_key: str, appid: str, random: bytes | None = None) -> str:
    """The message sealed, in base64; `random` (16 bytes) is given by tests only."""
    plain = (random or secrets.token_bytes(_RANDOM)) + _LENGTH.pack(len(message)) + message + appid.encode()
    padding = _BLOCK - len(plain) % _BLOCK
    encryptor = _cipher(encoding_aes_key).encryptor()
    sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def decrypt(sealed: str, encoding_aes_key: str, appid: str) -> bytes:
    """The message inside. Raises `NotForUs`; the signature is to be checked before."""
    try:
        decryptor = _cipher(encoding_aes_key).decryptor()
        padded = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
    except ValueError as error:
        raise NotForUs from error
    plain = _without_padding(padded)
    if len(plain) < _HEAD:
        raise NotForUs
    end = _HEAD + _LENGTH.unpack_from(plain, _RANDOM)[0]
    if plain[end:] != appid.encode() or end > len(plain):
        raise NotForUs
    return plain[_HEAD:end]


def _without_padding(padded: bytes) -> bytes:
    count = padded[-1] if padded else 0
    if not 1 <= count <= _BLOCK or padded[-count:] != bytes([count]) * count:
        raise NotForUs
    return padded[:-count]


def _cipher(encoding_aes_key: str) -> Cipher[modes.CBC]:
    key = key_of(encoding_aes_key)
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
