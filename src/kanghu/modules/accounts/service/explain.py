"""Why an account may, or may not, use a permission on a person: each rule with its answer in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from kanghu.kernel import audit
from kanghu.kernel.db import Tx
from kanghu.kernel.security import PERMISSIONS, Caller, Scope
from kanghu.modules.accounts import policy
from kanghu.modules.accounts.errors import AccountNotFound
from kanghu.modules.accounts.models import Account, Grant, Role
from kanghu.modules.accounts.policy import Holder
from kanghu.modules.accounts.repository import accounts as rows
from kanghu.modules.accounts.repository import organisation, roles

EXPLAIN = "accounts.access.explain"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule. `holds`: True speaks for, False forbids, None depends on facts that are not kept here."""

    rule: str
    holds: bool | None
    text: str


async def explain(
    tx: Tx, caller: Caller, account_id: UUID, permission: str, person_id: UUID | None
) -> list[Reason]:
    """The rules in the order in which a request meets them. Raises AccountNotFound."""
    account = await rows.get_account(tx, account_id)
    holder = await rows.holder(tx, account_id)
    if (
        account is None
        or holder is None
        or not policy.reaches(
            caller.scope(EXPLAIN), account.institution_id, account.department_id, account_id
        )
    ):
        raise AccountNotFound
    institution = await organisation.get_institution(tx, account.institution_id)
    giving = await rows.roles_giving(tx, account_id, permission)
    every_role = await roles.list_roles(tx)
    held = {grant.role_id for grant in await rows.grants_held(tx, account_id)}
    await audit.record(
        tx,
        caller,
        EXPLAIN,
        subject=f"accounts.accounts/{account_id}",
        person_id=person_id,
        detail={"permission": permission},
    )
    reasons = [
        account_reason(account, institution is not None and institution.state == "active"),
        first_errand(account, any(role.requires_totp for role in every_role if role.id in held)),
        permission_reason(permission, giving, every_role),
    ]
    if giving and person_id is not None:
        scope = policy.grants_of({grant.scope: [permission] for grant in giving}, holder)[permission]
        reasons.append(person_reason(scope, person_id, holder))
    return reasons


def verdict(reasons: Sequence[Reason]) -> bool | None:
    """False when one rule forbids, None when one is open, else True."""
    answers = [reason.holds for reason in reasons]
    return False if False in answers else None if None in answers else True


def account_reason(account: Account, institution_active: bool) -> Reason:
    if account.state != "active":
        return Reason("账号状态", False, "账号已停用，不能登录")
    if not institution_active:
        return Reason("账号状态", False, "所属机构已停用，其账号不能登录")
    return Reason("账号状态", True, "账号与所属机构均已启用")


def first_errand(account: Account, requires_totp: bool) -> Reason:
    if account.must_change_password:
        return Reason("登录条件", False, "须先修改初始密码，此前不能使用任何权限")
    if requires_totp and not account.totp_enrolled:
        return Reason("登录条件", False, "角色要求动态口令，账号尚未登记，此前不能使用任何权限")
    return Reason("登录条件", True, "密码与动态口令满足要求")


def permission_reason(permission: str, giving: Sequence[Grant], every_role: Sequence[Role]) -> Reason:
    name = PERMISSIONS.get(permission)
    if name is None:
        return Reason("权限", False, f"没有名为 {permission} 的权限")
    if giving:
        given = "；".join(f"角色「{g.name}」，数据范围「{policy.SCOPE_KINDS[g.scope]}」" for g in giving)
        return Reason("权限", True, f"「{name}」由以下角色授予：{given}")
    others = "、".join(role.name for role in every_role if permission in role.permissions) or "无"
    return Reason("权限", False, f"账号的角色都没有「{name}」；拥有它的角色：{others}")


def person_reason(scope: Scope, person_id: UUID, holder: Holder) -> Reason:
    """Where a person belongs is kept by `people`, above this floor: only what the scope alone decides is decided here."""
    if scope.everything:
        return Reason("数据范围", True, "数据范围为全部，包括此人")
    if person_id in scope.persons:
        return Reason("数据范围", True, "此人就是账号本人")
    conditions = []
    if scope.institutions:
        conditions.append("此人属于该账号的机构")
    if scope.departments:
        conditions.append("此人属于该账号的科室或其下级科室")
    if scope.account == holder.account_id:
        conditions.append("此人由该账号负责")
    if not conditions:
        return Reason("数据范围", False, "数据范围只有本人，此人不是账号本人")
    return Reason("数据范围", None, "满足以下任一条件时可以：" + "；".join(conditions))
