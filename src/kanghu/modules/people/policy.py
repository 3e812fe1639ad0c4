"""Permissions of the module, and where a member of staff may put people."""

from uuid import UUID

from kanghu.kernel.security import Caller, Scope

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
