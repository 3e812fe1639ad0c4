"""A home in which a platform was ready once. The first start takes longest, so it is done once for all tests of a run.

What the first start does has tests of its own (tests/runtime); a copy begins where somebody stopped with Ctrl-C.
"""

import fcntl
import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

from kanghu.main.supervisor.ports import is_free
from kanghu.main.supervisor.postgres import PORTS


class PreparedHome:
    """`folder` is shared by the workers of this run; `make(home)` starts a platform there until it is ready, and stops it."""

    def __init__(self, folder: Path, make: Callable[[Path], None]) -> None:
        self._folder = folder
        self._make = make

    def copy_to(self, home: Path) -> Path:
        source = self._folder / "prepared"
        with (self._folder / "prepared.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not source.exists():
                unfinished = self._folder / "unfinished"
                self._make(unfinished)
                unfinished.rename(source)
        # The database's files belong to an account of their own, which only cp keeps.
        subprocess.run(["cp", "-a", f"{source}/.", home], check=True)
        _move_database(home / "pg" / "connection.json")
        return home


def _move_database(connection: Path) -> None:
    """To a port that no other copy has."""
    known = json.loads(connection.read_text())
    known["port"] = next(port for port in random.sample(PORTS, 200) if is_free(port))
    connection.write_text(json.dumps(known))
