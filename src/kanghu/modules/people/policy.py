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
}

CONSENT_KINDS = {
    "data_use_agreement": "数据使用授权协议",
    "privacy": "隐私政策",
    "sensitive_data": "敏感个人信息处理同意书",
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
