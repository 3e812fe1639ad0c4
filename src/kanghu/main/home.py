"""KANGHU_HOME: the one folder that holds everything this installation must keep.

pg/            the embedded database (absent when DATABASE_URL is set)
logs/          one file per process
secrets.json   keys and seeds, 0600, made once and never changed: without it sealed fields cannot be opened
sandbox/       state of the stand-ins of the outside world
lock           held by the running supervisor
"""

import base64
import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is random in an installation. Keys are 32 bytes in base64."""

    vault_key: str
    blind_index_key: str
    demo_seed: str

    @classmethod
    def new(cls) -> Self:
        return cls(vault_key=_key(), blind_index_key=_key(), demo_seed=secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True)
class Home:
    """Paths inside KANGHU_HOME."""

    root: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """KANGHU_HOME, or .kanghu in the working folder."""
        return cls(Path(environment.get("KANGHU_HOME") or ".kanghu").resolve())

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

    def secrets(self) -> Secrets:
        """Read the secrets, making them at the first call; two processes that ask at once get the same."""
        if not self.secrets_file.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            write_private(self.secrets_file, json.dumps(asdict(Secrets.new()), indent=2), replace=False)
        return Secrets(**json.loads(self.secrets_file.read_text()))


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


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
