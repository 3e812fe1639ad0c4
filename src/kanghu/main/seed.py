"""What a new installation holds from the start: standards, forms, roles; and, for a demonstration, people."""

import importlib.util
from collections.abc import Callable

from kanghu.kernel.db import Tx

Tell = Callable[[str], None]


async def load_standards(tx: Tx, tell: Tell) -> None:
    """National standards and catalogue, questionnaires, notice templates, roles. Running it again changes nothing."""
    for module, function, said in SEEDS:
        name = f"kanghu.modules.{module}.public"
        if not importlib.util.find_spec(name):
            continue
        public = importlib.import_module(name)
        if hasattr(public, function):
            await getattr(public, function)(tx)
            tell(said)


async def load_demo(tx: Tx, tell: Tell) -> None:
    """The demonstration hospital; see `demo`."""
    from kanghu.main import demo

    await demo.load(tx)
    tell("演示医院、员工、体检系统与客户")


SEEDS = (
    ("catalog", "load_standards", "国家标准与体检项目目录"),
    ("forms", "seed_forms", "健康自测问卷与量表"),
    ("accounts", "seed_roles", "角色与权限"),
    ("notices", "seed_templates", "消息模板"),
)
