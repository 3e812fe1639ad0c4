"""Sealed personal fields and blind indexes.

A sealed value is `version(1) ‖ cipher(1) ‖ key id(2) ‖ nonce(12) ‖ ciphertext ‖ tag(16)`; the additional data bind it to
table, column and row, so that a value copied elsewhere does not open. Keys stand outside the database (`secrets.json` of
KANGHU_HOME). Sources: AES-GCM NIST SP 800-38D; SM4-GCM GB/T 32907 with GCM mode; SM3 GB/T 32905.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1
CIPHERS = {"AES-256-GCM": 1, "SM4-GCM": 2}
_HEADER = struct.Struct(">BBH")
_NONCE = 12
_TAG = 16


class SealBroken(Exception):
    """The value was changed, moved to another row, or its key is not loaded."""


def new_secrets() -> dict[str, Any]:
    """Fresh keys for a new installation, as they stand in `secrets.json`."""
    return {
        "vault": {"current": 1, "keys": {"1": _b64(secrets.token_bytes(32))}},
        "index_key": _b64(secrets.token_bytes(32)),
        "audit_key": _b64(secrets.token_bytes(32)),
    }


def add_vault_key(kept: Mapping[str, Any]) -> dict[str, Any]:
    """`secrets.json` with one more vault key, which becomes the current one; old keys still open old values."""
    keys = dict(kept["vault"]["keys"])
    number = max(int(key) for key in keys) + 1
    keys[str(number)] = _b64(secrets.token_bytes(32))
    return {**kept, "vault": {"current": number, "keys": keys}}


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class Vault:
    """Seals and opens personal fields. One per process, loaded at the start with `load`."""

    def __init__(self) -> None:
        self._keys: dict[int, bytes] = {}
        self._aes: dict[int, AESGCM] = {}
        self._current = 0
        self._cipher = CIPHERS["AES-256-GCM"]
        self._index_key = b""
        self.audit_key = b""
        self._file: Path | None = None

    def load_file(self, path: Path, cipher: str = "AES-256-GCM") -> None:
        """Loads the keys of `secrets.json`; they are read again when a value carries a key added since (rotation)."""
        self._file = path
        self.load(json.loads(path.read_text(encoding="utf-8")), cipher)

    def load(self, kept: Mapping[str, Any], cipher: str = "AES-256-GCM") -> None:
        self._keys = {int(number): base64.b64decode(key) for number, key in kept["vault"]["keys"].items()}
        self._aes = {number: AESGCM(key) for number, key in self._keys.items()}
        self._current = int(kept["vault"]["current"])
        self._cipher = CIPHERS[cipher]
        self._index_key = base64.b64decode(kept["index_key"])
        self.audit_key = base64.b64decode(kept["audit_key"])

    def seal(self, text: str | bytes, context: str, row_id: object) -> bytes:
        """`text` encrypted under the current key, bound to `context` (`schema.table.column`) and `row_id`."""
        plain = text.encode() if isinstance(text, str) else text
        header = _HEADER.pack(VERSION, self._cipher, self._current)
        nonce = os.urandom(_NONCE)
        bound = header + f"{context}:{row_id}".encode()
        if self._cipher == CIPHERS["AES-256-GCM"]:
            return header + nonce + self._aes[self._current].encrypt(nonce, plain, bound)
        return header + nonce + _sm4_encrypt(self._keys[self._current], nonce, plain, bound)

    def open_bytes(self, sealed: bytes, context: str, row_id: object) -> bytes:
        """Raises `SealBroken`."""
        try:
            version, cipher, key_id = _HEADER.unpack_from(sealed)
            nonce, body = sealed[_HEADER.size : _HEADER.size + _NONCE], sealed[_HEADER.size + _NONCE :]
            bound = sealed[: _HEADER.size] + f"{context}:{row_id}".encode()
            if version != VERSION or cipher not in CIPHERS.values():
                raise SealBroken(context)
            if key_id not in self._keys and self._file is not None:
                name = next(name for name, number in CIPHERS.items() if number == self._cipher)
                self.load_file(self._file, name)
            if cipher == CIPHERS["AES-256-GCM"]:
                return self._aes[key_id].decrypt(nonce, body, bound)
            return _sm4_decrypt(self._keys[key_id], nonce, body, bound)
        except (InvalidTag, KeyError, struct.error, ValueError) as error:
            raise SealBroken(context) from error

    def open(self, sealed: bytes, context: str, row_id: object) -> str:
        return self.open_bytes(sealed, context, row_id).decode()

    def needs_reseal(self, sealed: bytes) -> bool:
        """Whether the value carries another key or cipher than the current one."""
        return sealed[: _HEADER.size] != _HEADER.pack(VERSION, self._cipher, self._current)

    def reseal(self, sealed: bytes, context: str, row_id: object) -> bytes:
        """The same content under the current key and cipher."""
        return self.seal(self.open_bytes(sealed, context, row_id), context, row_id)

    def current_header(self) -> bytes:
        """The first four bytes of every up-to-date value: SQL finds the others with it."""
        return _HEADER.pack(VERSION, self._cipher, self._current)

    def blind_index(self, kind: str, normalised: str) -> bytes:
        """A keyed hash (HMAC-SHA256, 32 bytes) of a normalised value, to find a sealed value by equality."""
        return hmac.digest(self._index_key, f"{kind}\x00{normalised}".encode(), hashlib.sha256)


def _sm4_encrypt(key: bytes, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
    encryptor = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bound)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def _sm4_decrypt(key: bytes, nonce: bytes, body: bytes, bound: bytes) -> bytes:
    decryptor = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce, body[-_TAG:])).decryptor()
    decryptor.authenticate_additional_data(bound)
    return decryptor.update(body[:-_TAG]) + decryptor.finalize()


vault = Vault()
"""The vault of this process; `main` loads it."""
