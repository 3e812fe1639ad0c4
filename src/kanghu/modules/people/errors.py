"""Errors of the module. None of them repeats a stored value."""

from kanghu.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unavailable


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


class NoIdNumber(Conflict):
    code = "people.no_id_number"
    message = "档案中还没有证件号码，请携带证件到机构前台补登后再核验"


class CitizensOnly(Conflict):
    code = "people.citizens_only"
    message = "此方式只适用于居民身份证，请改用证件照片"


class WayUnavailable(Conflict):
    code = "people.way_unavailable"
    message = "此方式没有开通，请改用其他方式"


class WechatNotBound(Conflict):
    code = "people.wechat_not_bound"
    message = "请先用微信登录本小程序，再进行人脸核身"


class OwnFaceOnly(Forbidden):
    code = "people.own_face_only"
    message = "成年人的人脸核身须由其本人登录后进行；代为办理请用证件照片"


class ConsentMissing(Conflict):
    code = "people.consent_missing"
    message = "请先阅读并同意相应的同意书"


class AlreadyKnown(Conflict):
    code = "people.already_known"
    message = "已经通过核验，不需要再次核验"


class CheckUnderWay(Conflict):
    code = "people.check_under_way"
    message = "正在发起核验，请稍候"


class CardUnderReview(Conflict):
    code = "people.card_under_review"
    message = "证件照片正在核对，请等候结果；要换一种方式，请先撤回"


class TooManyChecks(TooMany):
    code = "people.too_many_checks"
    message = "24 小时内用这种方式核验的次数已用完，请改用其他方式，或过后再试"


class CheckNotFound(NotFound):
    code = "people.check_not_found"
    message = "没有这次核验"


class ProviderAway(Unavailable):
    code = "people.provider_away"
    message = "核身服务暂时不可用，请稍后再试，或改用其他方式"


class PictureRefused(Invalid):
    code = "people.picture_refused"


class PicturesMissing(Conflict):
    code = "people.pictures_missing"
    message = "请先拍摄证件的两面"


class PictureNotFound(NotFound):
    code = "people.picture_not_found"
    message = "照片已删除"


class CardDecided(Conflict):
    code = "people.card_decided"
    message = "这份证件已有结论，或已撤回，请刷新"


class SameReviewer(Conflict):
    code = "people.same_reviewer"
    message = "初次核对由您完成，须由另一位同事复核"
