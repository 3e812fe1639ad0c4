"""Pure rules: conflicts of packages, problems of trees."""

from dataclasses import dataclass

import pytest

from kanghu.modules.catalog.policy import package_conflicts, tree_problems
from kanghu.modules.catalog.schemas import TreeNode, TreeOption


@dataclass(frozen=True)
class Limits:
    code: str = "A"
    name: str = "项目"
    sex_limit: str = ""
    age_min: int | None = None
    age_max: int | None = None
    is_retired: bool = False


PSA = Limits("PSA", "前列腺超声", "M")
GYN = Limits("GYN", "妇科超声", "F")
HPV = Limits("HPV", "HPV检测", "F", 30, None)
PLAIN = Limits("ALT", "谷丙转氨酶")
OLD = Limits("OLD", "旧项目", is_retired=True)
KNOWN = {one.code: one for one in (PSA, GYN, HPV, PLAIN, OLD)}


@pytest.mark.parametrize(
    ("package", "codes", "expected"),
    [
        (Limits(), ["ALT"], []),
        (Limits(), ["ALT", "ALT"], [("double", "error", "项目重复：谷丙转氨酶 出现 2 次")]),
        (Limits(), ["X"], [("unknown", "error", "项目不存在：X")]),
        (Limits(), ["OLD"], [("retired", "error", "项目已停用：旧项目")]),
        (
            Limits(sex_limit="F"),
            ["PSA"],
            [("sex", "error", "性别冲突：前列腺超声 仅适用于男性，而组合适用于女性")],
        ),
        (
            Limits(sex_limit="M"),
            ["GYN"],
            [("sex", "error", "性别冲突：妇科超声 仅适用于女性，而组合适用于男性")],
        ),
        (Limits(sex_limit="M"), ["PSA"], []),
        (
            Limits(),
            ["PSA"],
            [("sex", "warning", "性别提示：前列腺超声 仅适用于男性，其他客户不会得到该项目")],
        ),
        (
            Limits(sex_limit="F", age_min=18, age_max=25),
            ["HPV"],
            [("age", "error", "年龄冲突：HPV检测 适用于 30 岁及以上，而组合适用于 18–25 岁")],
        ),
        (
            Limits(sex_limit="F", age_min=18),
            ["HPV"],
            [("age", "warning", "年龄提示：HPV检测 适用于 30 岁及以上，其他客户不会得到该项目")],
        ),
        (Limits(sex_limit="F", age_min=30), ["HPV"], []),
        (Limits(sex_limit="F", age_min=40, age_max=60), ["HPV"], []),
    ],
)
def test_package_conflicts(package: Limits, codes: list[str], expected: list[tuple[str, str, str]]) -> None:
    found = package_conflicts(package, codes, KNOWN)
    assert [(one.kind, one.severity, one.message) for one in found] == expected


def node(path: str, kind: str = "text", **more: object) -> TreeNode:
    return TreeNode(path=path, name="要素", value_type=kind, **more)  # type: ignore[arg-type]


OPTIONS = [TreeOption(code="1", name="无"), TreeOption(code="2", name="有")]


@pytest.mark.parametrize(
    ("nodes", "problems"),
    [
        ([node("a"), node("a.b")], {}),
        ([], {"nodes": "至少要有一个要素"}),
        ([node("a"), node("a")], {"a": "路径重复"}),
        ([node("a.b")], {"a.b": "上级要素 a 不存在"}),
        ([node("a", "coded")], {"a": "代码型要素须有取值或值域"}),
        ([node("a", "coded", options=OPTIONS)], {}),
        ([node("a", "coded", options=[*OPTIONS, OPTIONS[0]])], {"a": "取值代码重复"}),
        ([node("a", "text", options=OPTIONS)], {"a": "只有代码型要素可以有取值"}),
        ([node("a", "numeric", unit="cm")], {}),
        ([node("a", "numeric", unit="厘米")], {"a": "单位 厘米 不是可识别的 UCUM 单位"}),
        ([node("a", "text", unit="cm")], {"a": "只有数值型要素可以有单位"}),
        ([node("a", "coded", value_domain="CV1")], {}),
        ([node("a", "coded", value_domain="CV9")], {"a": "值域 CV9 不在目录中"}),
        ([node("a", de_identifier="DE1")], {}),
        ([node("a", de_identifier="DE9")], {"a": "数据元 DE9 不在目录中"}),
    ],
)
def test_tree_problems(nodes: list[TreeNode], problems: dict[str, str]) -> None:
    assert tree_problems(nodes, ["CV1"], ["DE1"]) == problems
