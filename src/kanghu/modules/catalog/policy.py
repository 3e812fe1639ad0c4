"""Permissions of the module and its pure rules."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

from kanghu.kernel.errors import Forbidden
from kanghu.kernel.security import Caller
from kanghu.modules.catalog import units
from kanghu.modules.catalog.errors import InstitutionNeeded
from kanghu.modules.catalog.schemas import TreeNode

PERMISSIONS = {
    "catalog.standard.read": "查看数据标准",
    "catalog.item.read": "查看检验与体检项目",
    "catalog.item.write": "维护检验与体检项目",
    "catalog.tree.read": "查看项目语义扩展",
    "catalog.tree.write": "编写项目语义扩展",
    "catalog.tree.approve": "审批项目语义扩展",
    "catalog.package.read": "查看项目组合",
    "catalog.package.write": "维护项目组合",
    "catalog.mapping.read": "查看项目对照",
    "catalog.mapping.write": "维护项目对照",
}


def institution_for(caller: Caller, permission: str, asked: UUID | None) -> UUID:
    """The institution on whose behalf the caller acts. Raises `InstitutionNeeded`, `Forbidden`."""
    institution = asked or caller.institution_id
    if institution is None:
        raise InstitutionNeeded(fields={"institution_id": "必填"})
    if not reaches(caller, permission, institution):
        raise Forbidden
    return institution


def reaches(caller: Caller, permission: str, institution_id: UUID | None) -> bool:
    """Whether what belongs to this institution (None: to nobody yet) is in the caller's scope."""
    scope = caller.scope(permission)
    return scope.everything or (institution_id is not None and institution_id in scope.institutions)


# --- packages ----------------------------------------------------------------------------------------------------


class Limited(Protocol):
    """Whatever holds for one sex or an age range only; '' and None mean no limit."""

    @property
    def name(self) -> str: ...
    @property
    def sex_limit(self) -> str: ...
    @property
    def age_min(self) -> int | None: ...
    @property
    def age_max(self) -> int | None: ...


class PackageMember(Limited, Protocol):
    @property
    def code(self) -> str: ...
    @property
    def is_retired(self) -> bool: ...


class PackageConflict(NamedTuple):
    """What is wrong with a package. An error keeps it from being saved, a warning is shown."""

    kind: Literal["double", "unknown", "retired", "sex", "age"]
    severity: Literal["error", "warning"]
    item_code: str
    message: str


_SEXES = {"M": "男性", "F": "女性"}


def package_conflicts(
    package: Limited, item_codes: Sequence[str], known: Mapping[str, PackageMember]
) -> list[PackageConflict]:
    """Every conflict in the order of the items, each named in Chinese.

    `known` are the items that exist, by code. Doubles, unknown and retired items, an item of the other sex, and an item
    for none of the package's ages are errors. An item for one sex in a package for both, or for some of the package's ages
    only, is a warning: customers outside simply do not get it.
    """
    found: list[PackageConflict] = []
    for code, times in Counter(item_codes).items():
        item = known.get(code)
        name = item.name if item else code
        if times > 1:
            found.append(PackageConflict("double", "error", code, f"项目重复：{name} 出现 {times} 次"))
        if item is None:
            found.append(PackageConflict("unknown", "error", code, f"项目不存在：{code}"))
            continue
        if item.is_retired:
            found.append(PackageConflict("retired", "error", code, f"项目已停用：{name}"))
        found.extend(_sex_conflict(package, item))
        found.extend(_age_conflict(package, item))
    return found


def _sex_conflict(package: Limited, item: PackageMember) -> Iterable[PackageConflict]:
    if not item.sex_limit or item.sex_limit == package.sex_limit:
        return
    only = f"{item.name} 仅适用于{_SEXES[item.sex_limit]}"
    if package.sex_limit:
        yield PackageConflict(
            "sex", "error", item.code, f"性别冲突：{only}，而组合适用于{_SEXES[package.sex_limit]}"
        )
    else:
        yield PackageConflict("sex", "warning", item.code, f"性别提示：{only}，其他客户不会得到该项目")


def _age_conflict(package: Limited, item: PackageMember) -> Iterable[PackageConflict]:
    low, high = item.age_min or 0, item.age_max if item.age_max is not None else 150
    package_low = package.age_min or 0
    package_high = package.age_max if package.age_max is not None else 150
    if low <= package_low and high >= package_high:
        return
    ages = f"{item.name} 适用于 {_ages(item)}"
    if low > package_high or high < package_low:
        yield PackageConflict("age", "error", item.code, f"年龄冲突：{ages}，而组合适用于 {_ages(package)}")
    else:
        yield PackageConflict("age", "warning", item.code, f"年龄提示：{ages}，其他客户不会得到该项目")


def _ages(limited: Limited) -> str:
    if limited.age_min is None and limited.age_max is None:
        return "各年龄"
    if limited.age_max is None:
        return f"{limited.age_min} 岁及以上"
    return f"{limited.age_min or 0}–{limited.age_max} 岁"


# --- item trees --------------------------------------------------------------------------------------------------


def tree_problems(
    nodes: Sequence[TreeNode], value_domains: Iterable[str], data_elements: Iterable[str]
) -> dict[str, str]:
    """{node path: what is wrong with it, in Chinese}; empty when the tree can be submitted."""
    domains, elements = set(value_domains), set(data_elements)
    paths = Counter(node.path for node in nodes)
    problems: dict[str, str] = {}
    if not nodes:
        problems["nodes"] = "至少要有一个要素"
    for node in nodes:
        problem = _node_problem(node, paths, domains, elements)
        if problem:
            problems[node.path] = problem
    return problems


def _node_problem(node: TreeNode, paths: Counter[str], domains: set[str], elements: set[str]) -> str:
    parent = node.path.rpartition(".")[0]
    codes = [option.code for option in node.options]
    checks = (
        (paths[node.path] > 1, "路径重复"),
        (bool(parent) and parent not in paths, f"上级要素 {parent} 不存在"),
        (len(codes) != len(set(codes)), "取值代码重复"),
        (node.value_type == "coded" and not (codes or node.value_domain), "代码型要素须有取值或值域"),
        (node.value_type != "coded" and bool(codes), "只有代码型要素可以有取值"),
        (bool(node.unit) and node.value_type != "numeric", "只有数值型要素可以有单位"),
        (bool(node.unit) and not _is_ucum(node.unit), f"单位 {node.unit} 不是可识别的 UCUM 单位"),
        (
            bool(node.value_domain) and not codes and node.value_domain not in domains,
            f"值域 {node.value_domain} 不在目录中",
        ),
        (
            bool(node.de_identifier) and node.de_identifier not in elements,
            f"数据元 {node.de_identifier} 不在目录中",
        ),
    )
    return next((problem for wrong, problem in checks if wrong), "")


def _is_ucum(unit: str) -> bool:
    try:
        units.parse(unit)
    except units.UnknownUnit:
        return False
    return True


_SEX_LIMITS = {
    **dict.fromkeys(("1", "男", "男性", "M", "m"), "1"),
    **dict.fromkeys(("2", "女", "女性", "F", "f"), "2"),
}


def admits_sex(sex_limit: str, sex: str) -> bool:
    """Whether a vendor's item may be done for a person of `sex` (GB/T 2261.1). What is not surely a limit is none."""
    limit = _SEX_LIMITS.get(sex_limit.strip())
    return limit is None or limit == sex
