"""KANGHU_HOME: the one folder that holds everything this installation must keep.

pg/            the embedded database (absent when DATABASE_URL is set)
logs/          one file per process
secrets.json   keys and seeds, 0600, made once: without it no sealed field can be opened
sandbox/       state of the stand-ins of the outside world
lock           held by the running supervisor
"""

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from kanghu.kernel.crypto import new_secrets

SANDBOX_APP_ID = "demo-exam-centre"
"""The application number with which platform and sandbox call each other."""

SANDBOX_SMS = {
    "SECRET_ID": "AKIDkanghudemo",
    "SDK_APP_ID": "1400000000",
    "SIGN_NAME": "康护示范医院",
    "TEMPLATE_ID": "1000001",
}
"""The demonstration's account at the sandbox's SMS service: ends of KANGHU_SMS_* and of SANDBOX_SMS_*."""


SANDBOX_FACEID = {"SECRET_ID": "AKIDkanghudemo", "RULE_ID": "1"}
"""The demonstration's account at the sandbox's FaceID: ends of KANGHU_FACEID_* and of SANDBOX_FACEID_*."""

WECHAT_ID = UUID("018f0000-0000-7000-8000-00000000d101")
MINI_PROGRAM_ID = UUID("018f0000-0000-7000-8000-00000000d102")
"""The demonstration's official account and mini-program at the sandbox's WeChat."""


@dataclass(frozen=True, slots=True)
class Home:
    """Paths inside KANGHU_HOME."""

    root: Path

    @property
    def pg(self) -> Path:
        return self.root / "pg"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.json"

    def create(self) -> None:
        """Make the folders that every process expects."""
        for folder in (self.root, self.logs):
            folder.mkdir(parents=True, exist_ok=True)

    def secrets(self) -> dict[str, Any]:
        """Keys and seeds, made at the first call; two processes that ask at once get the same.

        What `kernel.crypto.new_secrets` holds, and `demo_seed` (demo passwords are derived from it) and
        `sandbox_secret` (signs the calls between the platform and the exam centre of the sandbox), both text.
        """
        if not self.secrets_file.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            fresh = {
                **new_secrets(),
                "demo_seed": secrets.token_urlsafe(24),
                "sandbox_secret": secrets.token_urlsafe(32),
            }
            write_private(self.secrets_file, json.dumps(fresh, indent=2), replace=False)
        kept: dict[str, Any] = json.loads(self.secrets_file.read_text())
        return kept

    def sandbox_wechat(self) -> dict[str, str]:
        """What the holder of the account enters at WeChat, and we with us: ends of SANDBOX_WECHAT_*."""
        key = self.secrets()["sandbox_secret"].encode()

        def derived(name: str, length: int) -> str:
            return hmac.digest(key, f"wechat {name}".encode(), hashlib.sha256).hex()[:length]

        return {
            "APP_ID": "wx00000000demo01",
            "APP_SECRET": derived("secret", 32),
            "TOKEN": derived("token", 32),
            "ENCODING_AES_KEY": derived("aes key", 43),
            "MODE": "safe",
            "NAME": "康护示范医院",
            "MINI_APP_ID": "wx00000000demo02",
            "MINI_APP_SECRET": derived("mini-program", 32),
        }


def write_private(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a 0600 file so that after a crash it is there whole or not at all.

    `replace=False` leaves an existing file as it is, even one that appears at this very moment.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mkstemp gives 0600
    new = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            new.replace(path)
        else:
            _keep_first(new, path)
    finally:
        new.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep_first(new: Path, path: Path) -> None:
    with contextlib.suppress(FileExistsError):  # unlike a rename, a link never replaces
        path.hardlink_to(new)
