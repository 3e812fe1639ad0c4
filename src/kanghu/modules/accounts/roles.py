"""The roles the platform ships with. Permissions are patterns over the registry of declared permissions, so a module
that is added later is covered when the roles are seeded again."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

ADMIN = "admin"
CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class BuiltinRole:
    """A shipped role: `patterns` are shell patterns over `module.noun.verb`, those in `without` are taken out again."""

    code: str
    name: str
    description: str
    patterns: tuple[str, ...]
    without: tuple[str, ...] = ()
    requires_totp: bool = False


OWN = ("*.own.*",)
"""What customers do with their own data: `module.own.verb`. No member of staff needs these."""

HEALTH_DATA = ("forms.response.*", "exchange.message.open")
"""What shows a customer's answers or results although its module is otherwise for administrators."""

BUILTIN_ROLES = (
    BuiltinRole(
        code=ADMIN,
        name="系统管理员",
        description="维护账号、字典、表单、对接、微信、消息与协议文本",
        patterns=(
            "accounts.*",
            "catalog.*",
            "forms.*",
            "exchange.*",
            "wechat.*",
            "notices.*",
            "main.*",
            "people.agreement.*",
        ),
        without=(*OWN, *HEALTH_DATA),
        requires_totp=True,
    ),
    BuiltinRole(
        code="doctor",
        name="医生",
        description="查看与处理客户的体检结果和健康评估",
        patterns=(
            "catalog.*.read",
            "forms.*.read",
            "people.*.read",
            "people.person.write",
            "exams.*",
            "health.*",
        ),
        without=OWN,
    ),
    BuiltinRole(
        code="health_manager",
        name="健康管理师",
        description="问卷、监测、风险评估、个性化体检清单与随访",
        patterns=(
            "catalog.*.read",
            "forms.*.read",
            "people.*.read",
            "people.person.write",
            "exams.*",
            "health.*",
            "notices.*.read",
        ),
        without=OWN,
    ),
    BuiltinRole(
        code="it_staff",
        name="信息科",
        description="项目对照、接口对接、微信账号、失败任务与厂家凭证",
        patterns=(
            "catalog.*",
            "exchange.*",
            "wechat.*",
            "forms.form.read",
            "notices.*.read",
            "accounts.app.*",
            "main.*",
        ),
        without=(*OWN, "forms.response.*"),
    ),
    BuiltinRole(
        code="customer_service",
        name="客服",
        description="建档、证件核对、预约、消息查询与客服会话",
        patterns=(
            "catalog.*.read",
            "forms.form.read",
            "people.*.read",
            "people.person.write",
            "people.person.reveal",
            "people.identity.review",
            "exams.booking.*",
            "notices.*.read",
            "messaging.*",
        ),
        without=OWN,
    ),
    BuiltinRole(
        code="nurse",
        name="护士",
        description="答复转给本人的客服会话；数据范围取本人负责的客户",
        patterns=(
            "catalog.*.read",
            "people.person.read",
            "exams.booking.read",
            "messaging.conversation.*",
        ),
        without=OWN,
    ),
    BuiltinRole(
        code="finance",
        name="财务",
        description="查看项目与预约",
        patterns=("catalog.item.read", "catalog.package.read", "exams.booking.read"),
    ),
    BuiltinRole(code=CUSTOMER, name="客户", description="使用本人的健康管理与体检服务", patterns=OWN),
)


def permissions_of(role: BuiltinRole, registry: Iterable[str]) -> list[str]:
    """The declared permissions that the role's patterns select, sorted."""

    def matches(permission: str, patterns: tuple[str, ...]) -> bool:
        return any(fnmatchcase(permission, pattern) for pattern in patterns)

    return sorted(p for p in registry if matches(p, role.patterns) and not matches(p, role.without))
