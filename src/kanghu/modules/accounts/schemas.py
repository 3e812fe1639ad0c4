"""Request and response shapes of the screens."""

from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)]
Password = Annotated[str, Field(min_length=1, max_length=200)]
State = Literal["active", "disabled"]
ScopeKind = Literal["all", "institution", "department", "own", "self"]
Interface = Literal["K1", "K2", "H1", "H2", "H3", "H4", "H5"]
SignType = Literal["HMAC-SHA256", "HMAC-SM3"]
Errand = Literal["change_password", "enrol_totp"]


class Input(BaseModel):
    """What a client sends: an unknown field is a mistake, not a wish to be ignored."""

    model_config = ConfigDict(extra="forbid")


# ---- session ----------------------------------------------------------------------------------------------------------


class Login(Input):
    login: Annotated[str, Field(min_length=1, max_length=64, description="用户名；客户也可以用手机号")]
    password: Password
    code: Annotated[str | None, Field(max_length=20, description="动态口令或恢复码")] = None


class PhoneCodeWanted(Input):
    """为什么要验证码：sign_in 登录，sign_up 注册，reset_password 重置密码"""

    phone: Phone
    purpose: Literal["sign_in", "sign_up", "reset_password"]


class PhoneCodeOnItsWay(BaseModel):
    """手机号是否注册过，应答都一样；未注册的不会收到登录和重置密码的短信"""

    resend_after_s: Annotated[int, Field(description="多少秒后可以再获取")]
    expires_in_s: Annotated[int, Field(description="验证码多少秒内有效")]


class PhoneLogin(Input):
    phone: Phone
    code: Annotated[str, Field(min_length=1, max_length=20, description="短信验证码")]
    totp: Annotated[str | None, Field(max_length=20, description="动态口令或恢复码（如已启用）")] = None


class PhonePassword(Input):
    phone: Phone
    code: Annotated[str, Field(min_length=1, max_length=20, description="短信验证码")]
    password: Password


class SessionOpened(BaseModel):
    token: Annotated[str, Field(description="会话令牌，放在请求头 Authorization: Bearer 中")]
    session_id: UUID
    account_id: UUID
    expires_at: datetime


class GrantView(BaseModel):
    """一项权限的数据范围（多个角色的并集）"""

    everything: bool
    institutions: list[UUID]
    departments: list[UUID]
    own: bool
    persons: list[UUID]


class Me(BaseModel):
    account_id: UUID | None
    session_id: UUID | None
    kind: str
    display_name: str
    institution_id: UUID | None
    department_id: UUID | None
    person_id: UUID | None
    errand: Annotated[Errand | None, Field(description="须先完成的事项；此前没有任何权限")]
    permissions: dict[str, GrantView]


class SessionView(BaseModel):
    id: UUID
    current: bool
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: str | None
    user_agent: str | None


class Ended(BaseModel):
    ended: Annotated[int, Field(description="结束的会话数")]


class PasswordChange(Input):
    current: Password
    new: Password


class TotpOfferView(BaseModel):
    secret: str
    uri: Annotated[str, Field(description="otpauth 地址，显示为二维码")]


class TotpCode(Input):
    code: Annotated[str, Field(min_length=6, max_length=20)]


class RecoveryCodes(BaseModel):
    codes: Annotated[list[str], Field(description="恢复码，只显示这一次，每个只能用一次")]


# ---- accounts ---------------------------------------------------------------------------------------------------------


class AccountRow(BaseModel):
    """账号，姓名与手机号遮盖"""

    id: UUID
    kind: str
    username: str | None
    display_name: str
    phone: str | None
    institution_id: UUID
    department_id: UUID | None
    state: str
    locked_until: datetime | None
    totp_enrolled: bool
    last_signed_in_at: datetime | None
    created_at: datetime


class AccountLine(AccountRow):
    """列表中的账号"""

    roles: Annotated[list[str], Field(description="持有的角色的名称")]


class RoleGrantView(BaseModel):
    role_id: UUID
    code: str
    name: str
    scope: str


class AccountView(AccountRow):
    """一个账号的全部资料"""

    person_id: UUID | None
    must_change_password: bool
    version: int
    grants: list[RoleGrantView]


class ProfileInput(Input):
    display_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
    phone: Phone | None = None
    institution_id: UUID
    department_id: UUID | None = None


class AccountCreate(ProfileInput):
    username: Annotated[str, Field(max_length=32, description="字母开头，不区分大小写")]


class AccountUpdate(ProfileInput):
    version: int


class FirstPassword(BaseModel):
    id: UUID
    password: Annotated[str, Field(description="初始密码，只显示这一次，首次登录须修改")]


class GrantInput(Input):
    role_id: UUID
    scope: ScopeKind


class GrantsInput(Input):
    grants: Annotated[list[GrantInput], Field(max_length=50)]


# ---- roles ------------------------------------------------------------------------------------------------------------


class PermissionView(BaseModel):
    code: str
    name: str


class RoleView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    name: str
    description: str
    builtin: bool
    requires_totp: bool
    version: int
    permissions: list[str]
    holders: Annotated[int, Field(description="持有此角色的账号数")]


class RoleInput(Input):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
    description: Annotated[str, Field(max_length=500)] = ""
    permissions: Annotated[list[str], Field(max_length=500)]
    requires_totp: bool = False


class RoleCreate(RoleInput):
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,31}$")]


class RoleUpdate(RoleInput):
    version: int


class Created(BaseModel):
    id: UUID


# ---- institutions and departments -------------------------------------------------------------------------------------


class InstitutionView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    name: str
    state: str
    version: int


class InstitutionCreate(Input):
    code: Code
    name: Name


class InstitutionUpdate(Input):
    name: Name
    state: State
    version: int


class DepartmentView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    institution_id: UUID
    parent_id: UUID | None
    code: str
    name: str
    sort: int
    version: int


class DepartmentCreate(Input):
    institution_id: UUID
    parent_id: UUID | None = None
    code: Code
    name: Name
    sort: Annotated[int, Field(ge=0, le=100_000)] = 0


class DepartmentUpdate(Input):
    parent_id: UUID | None = None
    name: Name
    sort: Annotated[int, Field(ge=0, le=100_000)] = 0
    version: int


# ---- vendor systems ---------------------------------------------------------------------------------------------------


class AppInput(Input):
    name: Name
    vendor_id: UUID | None = None
    interfaces: list[Interface]
    ip_ranges: Annotated[list[IPv4Network | IPv6Network], Field(min_length=1, max_length=50)]
    rate_per_minute: Annotated[int, Field(ge=1, le=1_000_000)]
    sign_types: Annotated[list[SignType], Field(min_length=1)]


class AppCreate(AppInput):
    app_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{4,64}$")]
    institution_id: UUID


class AppUpdate(AppInput):
    state: State
    version: int


class AppRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    app_id: str
    name: str
    vendor_id: UUID | None
    institution_id: UUID
    interfaces: list[str]
    ip_ranges: list[IPv4Network | IPv6Network]
    rate_per_minute: int
    sign_types: list[str]
    state: str
    version: int


class SecretView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    not_before: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class AppLine(AppRow):
    """凭证及其使用情况"""

    live_secrets: int = 0
    last_used_at: datetime | None = None


class AppView(AppRow):
    secrets: list[SecretView] = []


class NewSecret(BaseModel):
    id: Annotated[UUID, Field(description="凭证标识")]
    secret: Annotated[str, Field(description="密钥，只显示这一次")]


class RotateInput(Input):
    old_valid_minutes: Annotated[int, Field(ge=0, le=60 * 24 * 30, description="旧密钥还有效多少分钟")] = (
        60 * 24
    )


# ---- audit ------------------------------------------------------------------------------------------------------------


class AuditEntryView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    seq: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_name: Annotated[str | None, Field(description="职工姓名、遮盖的客户姓名或凭证名称")] = None
    action: str
    subject: str
    person_id: UUID | None
    institution_id: UUID | None
    request_id: str
    ip: str
    detail: dict[str, Any]


class AuditCheckView(BaseModel):
    """审计链校验结果；broken_at 为空表示完好"""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    checked: int
    head: str
    broken_at: int | None
    reason: str


class ReasonView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    rule: str
    holds: Annotated[bool | None, Field(description="true 通过，false 不通过，null 取决于此人的归属")]
    text: str


class Explanation(BaseModel):
    allowed: bool | None
    reasons: list[ReasonView]
