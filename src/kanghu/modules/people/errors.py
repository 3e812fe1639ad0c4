"""Errors of the module. None of them repeats a stored value."""

from kanghu.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class PersonNotFound(NotFound):
    code = "people.person_not_found"
    message = "没有此人的档案，或不在您的管理范围内"


class PersonInvalid(Invalid):
    code = "people.person_invalid"
    message = "个人信息有误，请检查后重试"


class IdentityConflict(Conflict):
    """The number is on record for somebody with another name, sex or birth date; `fields` names which."""

    code = "people.identity_conflict"
    message = "该证件号码已登记，但以下信息与档案不一致，请核对证件"


class NumberTaken(Conflict):
    code = "people.id_number_taken"
    message = "该证件号码已登记在另一份档案上，请核对证件"


class AlreadyOnRecord(Conflict):
    """One answer for every way in which the number is known, so that it tells a stranger no more than that."""

    code = "people.already_on_record"
    message = (
        "该证件号码已建档：已注册的请直接登录；在机构建过档但尚未注册的，请到机构前台核实身份并索取激活码"
    )


class StaleVersion(Conflict):
    code = "people.stale_version"


class OutsideScope(Forbidden):
    code = "people.outside_scope"
    message = "该机构或科室不在您的管理范围内"


class NotACustomer(Forbidden):
    code = "people.not_a_customer"
    message = "此功能供客户账号使用"


class TooManyAttempts(TooMany):
    code = "people.too_many_attempts"
    message = "尝试次数过多，请一小时后再试"


class SearchEmpty(Invalid):
    code = "people.search_empty"
    message = "请至少填写一个查找条件"


class EnrolmentNotFound(NotFound):
    code = "people.enrolment_not_found"
    message = "此人未在该机构建档"


class ResponsibleUnfit(Invalid):
    code = "people.responsible_unfit"
    message = "责任医护应为该机构在用的职工账号"


class CaredForElsewhere(Conflict):
    code = "people.cared_for_elsewhere"
    message = "此人在本机构已由其他科室或医护管理，请由管理员调整"


class FamilyMemberNotFound(NotFound):
    code = "people.family_member_not_found"
    message = "家庭成员不存在或已解除"


class NotFamily(Forbidden):
    code = "people.not_family"
    message = "只能为本人或家庭成员办理；请先在家庭成员中添加此人"


class MemberNotAgreed(Forbidden):
    code = "people.member_not_agreed"
    message = "这位家庭成员已有自己的账号，须由其本人登录并同意后您才能代为办理"


class AlreadyFamily(Conflict):
    code = "people.already_family"
    message = "此人已是您的家庭成员"


class AgreementNotFound(NotFound):
    code = "people.agreement_not_found"
    message = "没有这份协议"


class AgreementOutdated(Conflict):
    code = "people.agreement_outdated"
    message = "协议已更新，请重新阅读后签署"


class ConsentNotFound(NotFound):
    code = "people.consent_not_found"
    message = "没有这份同意，或已撤回"
