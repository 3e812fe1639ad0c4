"""/api/admin/accounts/accounts: staff and customers' accounts."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from kanghu.kernel.crypto import vault
from kanghu.kernel.errors import Invalid
from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts import policy, sealing
from kanghu.modules.accounts.models import Account, Grant
from kanghu.modules.accounts.repository.accounts import Filter
from kanghu.modules.accounts.schemas import (
    AccountCreate,
    AccountLine,
    AccountRow,
    AccountUpdate,
    AccountView,
    Explanation,
    FirstPassword,
    GrantsInput,
    ProfileInput,
    ReasonView,
    RoleGrantView,
    State,
)
from kanghu.modules.accounts.service import explain as reasons
from kanghu.modules.accounts.service import staff as service

admin = Router(prefix="/api/admin/accounts", tags=["accounts"])

Reader = Annotated[Caller, can(service.READ)]
Writer = Annotated[Caller, can(service.WRITE)]


@admin.get("/accounts", operation_id="accounts_list_accounts")
async def list_accounts(
    caller: Reader,
    tx: Transaction,
    username: Annotated[str | None, Query(max_length=32, description="用户名开头")] = None,
    phone: Annotated[str | None, Query(max_length=20, description="完整手机号")] = None,
    kind: Literal["staff", "customer"] | None = None,
    state: State | None = None,
    institution_id: UUID | None = None,
    role_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AccountLine]:
    """账号列表（最新在前，姓名与手机号遮盖）"""
    number = _phone(phone)
    wanted = Filter(
        username_prefix=username.strip().lower() if username else None,
        phone_index=None if number is None else vault.blind_index("phone", number),
        kind=kind,
        state=state,
        institution_id=institution_id,
        role_id=role_id,
    )
    after = decode_cursor(cursor, datetime, UUID)
    found = await service.list_accounts(tx, caller, wanted, after and (after[0], after[1]), limit + 1)
    items, following = split_page(found, limit, lambda line: (line[0].created_at, line[0].id))
    lines = [AccountLine(**_row(account).model_dump(), roles=roles) for account, roles in items]
    return Page(items=lines, next=following)


@admin.post("/accounts", operation_id="accounts_create_account", status_code=201)
async def create_account(given: AccountCreate, caller: Writer, tx: Transaction) -> FirstPassword:
    """新建职工账号，返回初始密码"""
    account_id, password = await service.create_account(tx, caller, given.username, _profile(given))
    return FirstPassword(id=account_id, password=password)


@admin.get("/accounts/{account_id}", operation_id="accounts_get_account")
async def get_account(account_id: UUID, caller: Reader, tx: Transaction) -> AccountView:
    """账号资料（完整姓名与手机号，查看留痕）"""
    return _view(*await service.read_account(tx, caller, account_id))


@admin.put("/accounts/{account_id}", operation_id="accounts_update_account", status_code=204)
async def update_account(account_id: UUID, given: AccountUpdate, caller: Writer, tx: Transaction) -> None:
    """修改账号资料"""
    await service.update_account(tx, caller, account_id, given.version, _profile(given))


@admin.post("/accounts/{account_id}/disable", operation_id="accounts_disable_account", status_code=204)
async def disable_account(account_id: UUID, caller: Writer, tx: Transaction) -> None:
    """停用账号，其会话立即结束"""
    await service.disable(tx, caller, account_id)


@admin.post("/accounts/{account_id}/enable", operation_id="accounts_enable_account", status_code=204)
async def enable_account(account_id: UUID, caller: Writer, tx: Transaction) -> None:
    """启用账号"""
    await service.enable(tx, caller, account_id)


@admin.post("/accounts/{account_id}/unlock", operation_id="accounts_unlock_account", status_code=204)
async def unlock_account(account_id: UUID, caller: Writer, tx: Transaction) -> None:
    """解除登录暂停"""
    await service.unlock(tx, caller, account_id)


@admin.post("/accounts/{account_id}/password", operation_id="accounts_reset_password")
async def reset_password(account_id: UUID, caller: Writer, tx: Transaction) -> FirstPassword:
    """重置密码，返回初始密码"""
    return FirstPassword(id=account_id, password=await service.reset_password(tx, caller, account_id))


@admin.delete("/accounts/{account_id}/totp", operation_id="accounts_reset_totp", status_code=204)
async def reset_totp(account_id: UUID, caller: Writer, tx: Transaction) -> None:
    """清除动态口令（手机遗失时）"""
    await service.reset_totp(tx, caller, account_id)


@admin.put("/accounts/{account_id}/grants", operation_id="accounts_set_grants", status_code=204)
async def set_grants(account_id: UUID, given: GrantsInput, caller: Writer, tx: Transaction) -> None:
    """设定账号的角色与数据范围"""
    wanted = [(grant.role_id, str(grant.scope)) for grant in given.grants]
    await service.set_grants(tx, caller, account_id, wanted)


@admin.get("/explain", operation_id="accounts_explain_access")
async def explain_access(
    account_id: UUID,
    permission: Annotated[str, Query(max_length=100)],
    caller: Annotated[Caller, can(reasons.EXPLAIN)],
    tx: Transaction,
    person_id: UUID | None = None,
) -> Explanation:
    """某账号为什么能（或不能）对某人使用某权限"""
    found = await reasons.explain(tx, caller, account_id, permission, person_id)
    return Explanation(
        allowed=reasons.verdict(found), reasons=[ReasonView.model_validate(reason) for reason in found]
    )


def _phone(text: str | None) -> str | None:
    if not text:
        return None
    number = policy.normal_phone(text)
    if number is None:
        raise Invalid(fields={"phone": "请填写 11 位手机号"})
    return number


def _profile(given: ProfileInput) -> service.Profile:
    return service.Profile(given.display_name, _phone(given.phone), given.institution_id, given.department_id)


def _names(account: Account) -> tuple[str, str | None]:
    """Display name and phone, opened."""
    name = vault.open(account.display_name_sealed, sealing.NAME, account.id)
    sealed = account.phone_sealed
    return name, None if sealed is None else vault.open(sealed, sealing.PHONE, account.id)


def _row(account: Account) -> AccountRow:
    name, phone = _names(account)
    return AccountRow(
        id=account.id,
        kind=account.kind,
        username=account.username,
        display_name=policy.masked_name(name),
        phone=phone and policy.masked_phone(phone),
        institution_id=account.institution_id,
        department_id=account.department_id,
        state=account.state,
        locked_until=account.locked_until,
        totp_enrolled=account.totp_enrolled,
        last_signed_in_at=account.last_signed_in_at,
        created_at=account.created_at,
    )


def _view(account: Account, grants: list[Grant]) -> AccountView:
    name, phone = _names(account)
    return AccountView(
        **_row(account).model_dump(exclude={"display_name", "phone"}),
        display_name=name,
        phone=phone,
        person_id=account.person_id,
        must_change_password=account.must_change_password,
        version=account.version,
        grants=[RoleGrantView(role_id=g.role_id, code=g.code, name=g.name, scope=g.scope) for g in grants],
    )
