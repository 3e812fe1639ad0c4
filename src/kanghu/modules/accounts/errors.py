"""Errors of the module. What sign-in answers never tells whether an account exists."""

from typing import ClassVar

from kanghu.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated, Unavailable
from kanghu.kernel.security import Caller


class SignInRefused(Unauthenticated):
    code = "accounts.sign_in_refused"
    message = "用户名或密码不正确；连续错误 5 次将暂停登录"


class SignInPaused(TooMany):
    code = "accounts.sign_in_paused"
    message = "错误次数过多，登录已暂停，请稍后再试"


class SignInBusy(Unavailable):
    code = "accounts.sign_in_busy"
    message = "当前登录人数较多，请稍候几秒再试"


class PhoneCodesUnavailable(Unavailable):
    code = "accounts.phone_codes_unavailable"
    message = "短信服务尚未开通，请用用户名和密码；忘记密码请联系医院重置"


class PhoneCodeTooSoon(TooMany):
    code = "accounts.phone_code_too_soon"


class PhoneCodeLimit(TooMany):
    code = "accounts.phone_code_limit"
    message = "获取验证码的次数过多，请稍后再试，或用密码登录"


class PhoneCodeRefused(Invalid):
    """One answer for a wrong, expired, used and never sent code; `fields` names the input."""

    code = "accounts.phone_code_refused"
    message = "验证码不正确或已失效，请核对或重新获取"


class WechatStateWrong(Forbidden):
    """The visitor did not begin here: somebody else's code must not sign them in."""

    code = "accounts.wechat_state_wrong"
    message = "微信登录已过期，或不是在本机发起的，请重新登录"


class WechatOfferGone(Conflict):
    code = "accounts.wechat_offer_gone"
    message = "绑定已过期，请重新用微信登录后再绑定"


class NotACustomer(Forbidden):
    code = "accounts.not_a_customer"
    message = "微信只能与客户账户绑定"


class WechatNotBound(NotFound):
    code = "accounts.wechat_not_bound"
    message = "没有绑定这个微信"


class TotpNeeded(Unauthenticated):
    code = "accounts.totp_needed"
    message = "请输入动态口令"


class TotpRefused(Unauthenticated):
    code = "accounts.totp_refused"
    message = "动态口令不正确或已经用过，请等下一个口令；连续错误 5 次将暂停登录"


class AccountDisabled(Forbidden):
    code = "accounts.account_disabled"
    message = "账号已停用，请联系管理员"


class SessionLimited(Forbidden):
    """The session is genuine but good for one errand only; `caller` is its owner, without any grant."""

    errand: ClassVar[str]

    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self.caller = caller


class TotpEnrolmentNeeded(SessionLimited):
    code = "accounts.totp_enrolment_needed"
    errand = "enrol_totp"
    message = "您的角色要求启用动态口令，请先完成登记"


class PasswordChangeNeeded(SessionLimited):
    code = "accounts.password_change_needed"
    errand = "change_password"
    message = "请先修改初始密码"


class PasswordUnfit(Invalid):
    code = "accounts.password_unfit"
    message = "新密码不符合要求"


class PasswordWrong(Invalid):
    code = "accounts.password_wrong"
    message = "当前密码不正确"


class TotpAlreadyEnrolled(Conflict):
    code = "accounts.totp_already_enrolled"
    message = "动态口令已经启用；更换设备请联系管理员重置"


class TotpNotStarted(Conflict):
    code = "accounts.totp_not_started"
    message = "请先获取动态口令密钥"


class AccountNotFound(NotFound):
    code = "accounts.account_not_found"
    message = "账号不存在，或不在您的管理范围内"


class SessionNotFound(NotFound):
    code = "accounts.session_not_found"
    message = "会话不存在或已结束"


class UsernameTaken(Conflict):
    code = "accounts.username_taken"
    message = "用户名已被使用"


class PhoneTaken(Conflict):
    code = "accounts.phone_taken"
    message = "手机号已注册，请直接登录"


class PersonHasAccount(Conflict):
    code = "accounts.person_has_account"
    message = "该客户已有账号"


class GrantTooWide(Forbidden):
    code = "accounts.grant_too_wide"
    message = "不能授予超出自己的权限或数据范围"


class OwnGrants(Forbidden):
    code = "accounts.own_grants"
    message = "不能修改自己的角色，请由其他管理员操作"


class OwnAccount(Forbidden):
    code = "accounts.own_account"
    message = "自己的密码和动态口令请在个人设置中修改；丢失时请其他管理员重置"


class ScopeUnfit(Invalid):
    code = "accounts.scope_unfit"
    message = "客户账号的数据范围只能是本人，职工账号不能是本人"


class LastAdministrator(Conflict):
    code = "accounts.last_administrator"
    message = "这是最后一个可用的系统管理员，不能停用或收回其角色"


class RoleNotFound(NotFound):
    code = "accounts.role_not_found"
    message = "角色不存在"


class RoleCodeTaken(Conflict):
    code = "accounts.role_code_taken"
    message = "角色代码已被使用"


class RoleInUse(Conflict):
    code = "accounts.role_in_use"
    message = "角色正在使用或由平台提供，不能删除"


class RoleProtected(Conflict):
    code = "accounts.role_protected"
    message = "系统管理员角色由平台维护，不能修改"


class UnknownPermission(Invalid):
    code = "accounts.permission_unknown"
    message = "权限不存在"


class InstitutionNotFound(NotFound):
    code = "accounts.institution_not_found"
    message = "机构不存在，或不在您的管理范围内"


class InstitutionCodeTaken(Conflict):
    code = "accounts.institution_code_taken"
    message = "机构代码已被使用"


class DepartmentNotFound(NotFound):
    code = "accounts.department_not_found"
    message = "科室不存在，或不属于该机构"


class DepartmentCodeTaken(Conflict):
    code = "accounts.department_code_taken"
    message = "科室代码在本机构内已被使用"


class DepartmentInUse(Conflict):
    code = "accounts.department_in_use"
    message = "科室下还有下级科室或账号，不能删除"


class DepartmentCircle(Conflict):
    code = "accounts.department_circle"
    message = "上级科室不能是自己或自己的下级"


class AppNotFound(NotFound):
    code = "accounts.app_not_found"
    message = "接口凭证不存在，或不在您的管理范围内"


class AppIdTaken(Conflict):
    code = "accounts.app_id_taken"
    message = "应用编号已被使用"


class TwoSecretsLive(Conflict):
    code = "accounts.two_secrets_live"
    message = "已有两把有效密钥，请先吊销其中一把"


class SecretNotFound(NotFound):
    code = "accounts.secret_not_found"
    message = "密钥不存在或已吊销"


class StaleVersion(Conflict):
    code = "accounts.stale_version"
