"""Passwords: argon2id hashes made off the event loop, and the rules a new password must satisfy.

Parameters are the second recommendation of the OWASP Password Storage Cheat Sheet (argon2id, m = 19 MiB, t = 2, p = 1).
"""

import asyncio
import os
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kanghu.modules.accounts.errors import SignInBusy

R = TypeVar("R")

MIN_LENGTH = 10
MAX_LENGTH = 128
"""Longer ones cost hashing time without adding safety."""

# Well-known passwords of at least MIN_LENGTH characters: keyboard runs and the ones people build from «password» and «admin».
BLOCKED = frozenset(
    [
        "1234567890",
        "12345678910",
        "123456789a",
        "a123456789",
        "0123456789",
        "0987654321",
        "9876543210",
        "1122334455",
        "1234512345",
        "1357924680",
        "147258369a",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "qwertyuiop",
        "qwerty1234",
        "qwerty12345",
        "asdfghjkl;",
        "zaq12wsxcde3",
        "qazwsxedcr",
        "password12",
        "password123",
        "password1234",
        "passw0rd123",
        "p@ssw0rd123",
        "admin12345",
        "admin123456",
        "administrator",
        "root123456",
        "welcome123",
        "iloveyou123",
        "woaini1314",
        "woaini520520",
        "abcdefghij",
        "abcd123456",
        "abc1234567",
        "aa12345678",
        "a1b2c3d4e5",
        "kanghu123456",
        "kanghu2026",
        "yiyuan123456",
        "hospital123",
    ]
)

_READABLE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 1 I L O, which people mistake for one another

# The hash of a random string nobody kept, with today's parameters: an unknown user costs as much as a known one.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$psXWfMXFvDbayfAEub5mbA$8XWPShGgQzEtopFN5LMwuWQwfb64CVykQzWIbsSuN3k"

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

# Half of the cores at most, so that a rush of sign-ins leaves the others to the event loop and the database.
_threads = max(1, (os.cpu_count() or 2) // 2)
_pool = ThreadPoolExecutor(max_workers=_threads, thread_name_prefix="argon2")

# Beyond this many waiting sign-ins a wait would be longer than anybody's patience (≈ 40 ms each): refuse at once.
_MAX_WAITING = 100
_waiting = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is right, and whether its hash was made with older parameters."""

    right: bool
    outdated: bool


def refusal(password: str, names: tuple[str, ...] = ()) -> str | None:
    """Why `password` may not be chosen, in Chinese; None when it may. `names`: the owner's username and phone."""
    text = _normalised(password)
    if len(text) < MIN_LENGTH:
        return f"密码至少需要 {MIN_LENGTH} 个字符"
    if len(text) > MAX_LENGTH:
        return f"密码最多 {MAX_LENGTH} 个字符"
    folded = text.casefold()
    if folded in {name.casefold() for name in names if name}:
        return "密码不能与用户名或手机号相同"
    if len(set(folded)) < 4 or folded in BLOCKED:
        return "这个密码太常见，请换一个"
    return None


def first_password() -> str:
    """A random password that an administrator reads out once: 14 letters and digits that nobody mistakes (≈ 69 bits)."""
    return "".join(secrets.choice(_READABLE) for _ in range(14))


async def hash_password(password: str) -> str:
    """An argon2id hash in PHC string form; raises SignInBusy when too many are waiting."""
    return await _off_the_loop(_hasher.hash, _normalised(password))


async def verify(stored: str | None, password: str) -> Verdict:
    """Check `password` against a stored hash; None (unknown user) costs the same and is always wrong."""
    return await _off_the_loop(_verify, stored or NOBODY, _normalised(password))


def _verify(stored: str, password: str) -> Verdict:
    try:
        _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return Verdict(right=False, outdated=False)
    return Verdict(right=True, outdated=_hasher.check_needs_rehash(stored))


def _normalised(password: str) -> str:
    """NFKC, so that one password typed on two keyboards (full and half width) is the same one."""
    return unicodedata.normalize("NFKC", password)[: MAX_LENGTH + 1]


async def _off_the_loop(work: Callable[..., R], *args: str) -> R:
    global _waiting  # one event loop, no await between test and change
    if _waiting >= _MAX_WAITING:
        raise SignInBusy
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, work, *args)
    finally:
        _waiting -= 1
