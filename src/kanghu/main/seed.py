"""What a new installation holds from the start: standards, forms, roles; and, for a demonstration, people."""

from collections.abc import Callable

from kanghu.kernel.db import Tx
from kanghu.main import demo
from kanghu.modules.accounts import public as accounts
from kanghu.modules.catalog import public as catalog
from kanghu.modules.forms import public as forms
from kanghu.modules.notices import public as notices

Tell = Callable[[str], None]


async def load_standards(tx: Tx, tell: Tell) -> None:
    """National standards and catalogue, questionnaires, roles, notice templates. Running it again changes nothing.

    `modules.load()` comes first: roles are made of the permissions that are declared by then.
    """
    await catalog.load_standards(tx)
    tell("国家标准与体检项目目录")
    await forms.seed_forms(tx)
    tell("健康自测问卷与量表")
    await accounts.seed_roles(tx)
    tell("角色与权限")
    await notices.seed_templates(tx)
    tell("消息模板")


async def load_demo(tx: Tx, tell: Tell) -> None:
    """The demonstration hospital; see `demo`."""
    await demo.load(tx)
    tell("演示医院、员工、体检系统与客户")
