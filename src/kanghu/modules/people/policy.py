"""Permissions of the module, where a member of staff may put people, and for whom of the family one may act."""

from datetime import date
from uuid import UUID

from kanghu.kernel import clock
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.people.models import FamilyMember

PERMISSIONS = {
    "people.person.read": "查看人员档案（证件号码遮盖）",
    "people.person.write": "建立和修改人员档案、建档机构与责任医护",
    "people.person.reveal": "查看完整证件号码",
    "people.consent.read": "查看同意记录",
    "people.agreement.write": "发布协议文本",
    "people.identity.review": "核对客户提交的证件照片",
}

CONSENT_KINDS = {
    "data_use_agreement": "数据使用授权协议",
    "privacy": "隐私政策",
    "sensitive_data": "敏感个人信息处理同意书",
    "identity_check": "身份核验同意书",
    "face_check": "人脸信息处理单独同意书",
}

RELATIONS = {
    "spouse": "配偶",
    "child": "子女",
    "parent": "父母",
    "grandparent": "祖辈",
    "grandchild": "孙辈",
    "sibling": "兄弟姐妹",
    "other": "其他",
}
"""Words of our own: GB/T 4761 (家庭关系代码) was not found, and none of its codes is guessed."""


def may_place(scope: Scope, caller: Caller, institution_id: UUID, department_id: UUID | None) -> bool:
    """Whether a caller with `scope` may enrol somebody in this institution and department.

    A scope of departments or of one's own patients reaches only into the caller's own institution, and a scope of
    departments only into those.
    """
    if scope.everything or institution_id in scope.institutions:
        return True
    if institution_id != caller.institution_id:
        return False
    return department_id in scope.departments or (scope.account is not None and department_id is None)


OF_AGE = 18
"""民法典第十七条：十八周岁以上的自然人为成年人。"""

SIGNERS = {"self": "本人", "guardian": "监护人", "agent": "家庭成员代签"}


def is_minor(birth_date: date, today: date) -> bool:
    return clock.age_in_years(birth_date, today) < OF_AGE


def may_act(link: FamilyMember, birth_date: date, has_account: bool, today: date) -> bool:
    """Whether the holder of a family may act for this member (born on `birth_date`)."""
    settled = link.basis == "activation_code" or link.agreed_at is not None
    return settled or not has_account or is_minor(birth_date, today)


def signer(signed_by: UUID | None, person_id: UUID, birth_date: date, today: date) -> str:
    """As whom `signed_by` signs for the person."""
    if signed_by in (None, person_id):
        return "self"
    return "guardian" if is_minor(birth_date, today) else "agent"


# ---- who somebody is -------------------------------------------------------------------------------------------

LEVELS = {"none": "未核验", "real_name": "已实名", "verified": "已核验"}

WAYS = {
    "real_name": "姓名与身份证号码比对",
    "tencent_face": "人脸核身",
    "wechat_face": "微信人脸核身",
    "card": "证件照片",
}

CONSENT_OF_WAY = {
    "real_name": "identity_check",
    "card": "identity_check",
    "tencent_face": "face_check",
    "wechat_face": "face_check",
}
"""Which agreement has to hold before a check begins: faces have one of their own."""

RANK = {"none": 0, "real_name": 1, "verified": 2}
GIVES = {"real_name": 1, "tencent_face": 2, "wechat_face": 2, "card": 2}
"""Rank of the level that each way reaches. The card reaches what a face does: it is the equal second way."""

REASONS = {
    "mismatch": "姓名与证件号码不一致，请核对档案；有误的请携带证件到机构前台更正",
    "not_on_file": "核验服务查不到您的身份证信息，请改用证件照片",
    "not_the_person": "没有认出是本人，请在光线充足处正对手机再试，或改用证件照片",
    "not_alive": "没有确认是本人当面操作，请按提示动作再试，或改用证件照片",
    "not_recognised": "没有完成人脸识别，请再试一次，或改用证件照片",
    "camera": "手机没有准许使用相机，或不支持人脸识别；请在手机设置中准许，或改用证件照片",
    "too_often": "核验次数过多，请明天再试，或改用证件照片",
    "given_up": "没有完成，可以重新进行，或改用其他方式",
    "expired": "没有在规定时间内完成，请重新进行",
    "away": "核验服务没有应答，请稍后再试，或改用其他方式",
    "consent_revoked": "已撤回同意，核验停止",
    "withdrawn": "已撤回",
    "unclear": "证件照片不清楚或不完整，请在光线充足处重新拍摄",
    "not_the_card": "照片不是所登记的证件，请拍摄证件原件的两面",
    "card_mismatch": "证件上的姓名或号码与档案不一致；档案有误的，请携带证件到机构前台更正",
    "card_expired": "证件已过有效期，请使用有效的证件",
    "suspect": "无法确认是证件原件，请拍摄原件；有困难的请联系机构",
}
"""Why a check did not pass or did not end → what the person is told."""

CARD_REASONS = ("unclear", "not_the_card", "card_mismatch", "card_expired", "suspect")
"""Among which a reviewer chooses."""


def may_use_face(signed_by: UUID | None, person_id: UUID, birth_date: date, today: date) -> bool:
    """Faces are checked for the one who is there, or for a minor with a guardian."""
    return signer(signed_by, person_id, birth_date, today) != "agent"


def sides_needed(id_type: str | None) -> tuple[str, ...]:
    """Which sides of the document have to be seen."""
    return ("front", "back") if id_type == "01" else ("front",)


_PICTURES = {
    "image/jpeg": lambda content: content.startswith(b"\xff\xd8\xff"),
    "image/png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/webp": lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP",
}


def picture_type(content: bytes) -> str | None:
    """By the first bytes; what its sender calls it is not asked."""
    return next((name for name, is_one in _PICTURES.items() if is_one(content)), None)


PICTURE_TYPES = tuple(_PICTURES)
LARGEST_PICTURE = 5 * 1024 * 1024
