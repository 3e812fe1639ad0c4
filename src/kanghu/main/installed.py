"""Which steps of the installation a database has behind it: a start does only those that are new to it.

The note is kept in the database itself, so a restored backup is brought up again.
"""

import hashlib
from pathlib import Path
from typing import Final

import asyncpg

from kanghu.kernel.config import Settings
from kanghu.kernel.db import Tx
from kanghu.main.home import Home

UPGRADE: Final = "upgrade"
DEMO: Final = "demo"

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_SOURCES: Final = (_PACKAGE, _PACKAGE.parents[1] / "migrations")


def fingerprint(chosen: Settings, step: str) -> str:
    """Of all that the step depends on: program and its data, keys, settings. SHA-256 in hex."""
    told = [chosen.demo, Home(chosen.home).secrets_file.read_text()]
    if step == DEMO:
        told.append(chosen.sandbox_port)
    digest = hashlib.sha256(repr(told).encode())
    for folder in _SOURCES:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(folder)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


async def is_done(connection: asyncpg.Connection, step: str, wanted: str) -> bool:
    """Whether `step` was done with this fingerprint; an empty database has done none."""
    if await connection.fetchval("SELECT to_regclass('kernel.installed_steps')") is None:
        return False
    kept = await connection.fetchval("SELECT fingerprint FROM kernel.installed_steps WHERE step = $1", step)
    return bool(kept == wanted)


async def note(tx: Tx, chosen: Settings, step: str) -> None:
    """In the transaction that does the step, or after all that it does."""
    await tx.execute(
        """INSERT INTO kernel.installed_steps (step, fingerprint) VALUES ($1, $2)
           ON CONFLICT (step) DO UPDATE SET fingerprint = excluded.fingerprint, done_at = now()""",
        step,
        fingerprint(chosen, step),
    )
