"""Permissions of the module and its pure rules: locks, masks, scopes and who may grant what."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from kanghu.kernel.security import Scope

PERMISSIONS = {
    "accounts.account.read": "查看账号",
    "accounts.account.write": "维护账号（新建、修改、停用、重置口令、授予角色）",
    "accounts.role.read": "查看角色与权限",
    "accounts.role.write": "维护角色",
    "accounts.permission.delegate": "授予自己没有的权限",
    "accounts.institution.read": "查看机构与科室",
    "accounts.institution.write": "维护机构与科室",
    "accounts.app.read": "查看厂家接口凭证",
    "accounts.app.write": "维护厂家接口凭证",
    "accounts.audit.read": "查询审计日志",
    "accounts.audit.check": "校验审计日志",
    "accounts.access.explain": "查询权限判定的原因",
}

SCOPE_KINDS = {
    "all": "全部",
    "institution": "本机构",
    "department": "本科室及下级",
    "own": "本人负责的客户",
    "self": "本人",
}

SCOPES_OF = {"staff": ("all", "institution", "department", "own"), "customer": ("self",)}
"""The kinds of scope that each kind of account may be given: a customer never reaches further than himself."""

INTERFACES = ("K1", "K2", "H1", "H2", "H3", "H4", "H5")
SIGN_TYPES = ("HMAC-SHA256", "HMAC-SM3")
LIVE_SECRETS = 2

USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")
"""As the constraint on accounts.accounts.username says."""

_PHONE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")


# ---- sign-in ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LockRule:
    """After every `every` failures in a row a pause: `first`, then twice as long each time, at most `longest`.

    Failures are forgotten `forget_after` after the last one.
    """

    every: int
    first: timedelta
    longest: timedelta
    forget_after: timedelta

    def pause(self, failures: int) -> timedelta | None:
        """The pause that the `failures`-th failure in a row brings, None for none."""
        if failures <= 0 or failures % self.every:
            return None
        return min(self.first * 2 ** min(failures // self.every - 1, 30), self.longest)


ACCOUNT_LOCK = LockRule(
    every=5, first=timedelta(minutes=15), longest=timedelta(days=1), forget_after=timedelta(days=1)
)

# A whole hospital may stand behind one address: it takes many failures, and the first pauses are short.
ADDRESS_LOCK = LockRule(
    every=50,
    first=timedelta(minutes=1),
    longest=timedelta(minutes=15),
    forget_after=timedelta(hours=1),
)


@dataclass(frozen=True, slots=True)
class SessionLife:
    """How long a session lasts at most, and unused."""

    longest: timedelta
    idle: timedelta


SESSION_LIFE = {
    "staff": SessionLife(longest=timedelta(hours=12), idle=timedelta(hours=1)),
    "customer": SessionLife(longest=timedelta(days=30), idle=timedelta(days=7)),
}


# ---- codes by SMS -----------------------------------------------------------------------------------------------------

PHONE_CODE_LIFE = timedelta(minutes=5)
PHONE_CODE_TRIES = 5
PHONE_CODE_PAUSE = timedelta(seconds=60)
"""Between two codes for one phone and purpose."""
PHONE_CODES_AN_HOUR = 5
PHONE_CODES_A_DAY = 10
"""For one phone, whatever the purpose: what SMS services allow as well."""
PHONE_CODES_OF_AN_ADDRESS_AN_HOUR = 100
"""A whole hospital may stand behind one address."""


def normal_phone(text: str) -> str | None:
    """A mainland mobile number as 11 digits, None when `text` is something else."""
    found = _PHONE.fullmatch(text.strip().replace(" ", "").replace("-", ""))
    return found[1] if found else None


def masked_name(name: str) -> str:
    """The first character and a star for each other one: 欧阳娜娜 → 欧***."""
    return name[:1] + "*" * (len(name) - 1)


def masked_phone(phone: str) -> str:
    """13812345678 → 138****5678."""
    return phone[:3] + "****" + phone[-4:]


# ---- scopes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Holder:
    """Where an account stands: everything that its scopes are made from. `departments`: its own and all below."""

    account_id: UUID
    institution_id: UUID
    department_id: UUID | None = None
    departments: tuple[UUID, ...] = ()
    person_id: UUID | None = None


def scope_of(kind: str, holder: Holder) -> Scope:
    """The scope that a grant of `kind` (a key of SCOPE_KINDS) means for this account."""
    if kind == "all":
        return Scope(everything=True)
    if kind == "institution":
        return Scope(institutions=(holder.institution_id,))
    if kind == "department":
        return Scope(departments=tuple(sorted(holder.departments)))
    if kind == "own":
        return Scope(account=holder.account_id)
    if kind == "self":
        return Scope(persons=() if holder.person_id is None else (holder.person_id,))
    raise ValueError(kind)


def grants_of(held: Mapping[str, Iterable[str]], holder: Holder) -> dict[str, Scope]:
    """Permission → the union of the scopes of all roles that give it. `held`: scope kind → permissions."""
    grants: dict[str, Scope] = {}
    for kind, permissions in held.items():
        scope = scope_of(kind, holder)
        for permission in permissions:
            grants[permission] = grants[permission] | scope if permission in grants else scope
    return grants


def covers(have: Scope, want: Scope, holder: Holder) -> bool:
    """Whether `have` reaches at least what `want` reaches, when `want` is a scope of `holder`.

    Everything that `holder` can be given short of «all» lies in his institution.
    """
    if have.everything:
        return True
    if want.everything:
        return False
    if holder.institution_id in have.institutions:
        return True
    if want.institutions or not set(want.departments) <= set(have.departments):
        return False
    in_reach = holder.department_id in have.departments
    own = want.account is None or want.account == have.account or in_reach
    persons = set(want.persons) <= set(have.persons) or in_reach
    return own and persons


DELEGATE = "accounts.permission.delegate"


def beyond(grants: Mapping[str, Scope], wanted: Mapping[str, Scope], holder: Holder) -> list[str]:
    """The permissions in `wanted` (grants of `holder`) that somebody with `grants` may not give him, sorted."""
    delegate = grants.get(DELEGATE, Scope())
    return sorted(
        permission
        for permission, scope in wanted.items()
        if not covers(grants.get(permission, Scope()) | delegate, scope, holder)
    )


def beyond_anywhere(grants: Mapping[str, Scope], permissions: Sequence[str]) -> list[str]:
    """The permissions that somebody with `grants` may not put into a role: roles hold for every institution."""
    everywhere = grants.get(DELEGATE, Scope()).everything
    return sorted(p for p in permissions if not (everywhere or grants.get(p, Scope()).everything))


def reaches(
    scope: Scope, institution_id: UUID, department_id: UUID | None, account_id: UUID | None = None
) -> bool:
    """Whether a row of this institution and department (or this very account) lies in `scope`."""
    return (
        scope.everything
        or institution_id in scope.institutions
        or (department_id is not None and department_id in scope.departments)
        or (account_id is not None and account_id == scope.account)
    )
