"""Start a child process that never outlives us, never runs as root when it must not, and writes to a log file."""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h

# Loaded before any fork: the child of a fork must not load libraries.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Account:
    """A system account without privileges."""

    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """The account to run as instead of root; None when we are not root and nothing has to change."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise RuntimeError("系统里既没有 postgres 用户也没有 nobody 用户，请先建一个：useradd --system postgres")


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    death_signal: signal.Signals,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    show_output: bool = False,
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session with its output appended to `log`; `show_output` lets what it prints through.

    `death_signal` reaches the child when the thread that called this dies, however it dies: call it from a thread that
    lives as long as the child should, which in practice is the main one. `cwd` is entered before the privileges are
    dropped, so the child may work in a folder whose parents it cannot enter.
    """
    parent = os.getpid()

    def in_child() -> None:
        # Runs between fork and exec, after the change of user (which would clear the setting).
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
            if os.getppid() != parent:  # the parent died before the line above
                os._exit(1)

    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=None if show_output else output,
            stderr=output,
            cwd=cwd,
            env=None if env is None else dict(env),
            start_new_session=True,  # Ctrl-C reaches the supervisor only, which stops its children in order
            preexec_fn=in_child,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def stop(process: subprocess.Popen[bytes], how: signal.Signals, seconds: float) -> bool:
    """Ask with `how`, wait, then kill the child and what it started; True when asking was enough."""
    asked = True
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            asked = False
    kill_group(process)
    process.wait()
    return asked


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of the child's session: itself and processes that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
