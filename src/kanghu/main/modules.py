"""Which modules there are, lowest floor first, and what each of them brings along."""

import importlib
import importlib.util
from types import ModuleType
from typing import Any
from uuid import UUID

from kanghu.kernel import clock, exports
from kanghu.kernel.db import Tx
from kanghu.kernel.security import declare_permissions
from kanghu.kernel.web import Router
from kanghu.main import operations, wechat_line
from kanghu.modules.accounts import public as accounts
from kanghu.modules.forms import public as forms
from kanghu.modules.notices import public as notices
from kanghu.modules.people import public as people

FLOORS = (
    ("catalog", "forms", "wechat"),
    ("accounts",),
    ("people",),
    ("notices",),
    ("exams",),
    ("messaging",),
    ("health",),
    ("exchange",),
)
MODULES = tuple(name for floor in FLOORS for name in floor)


async def _form_context(tx: Tx, person_id: UUID) -> dict[str, Any]:
    """What forms, which stand below people, may ask about the person who answers."""
    known = await people.person_facts(tx, person_id)
    return {"%sex": known.sex, "%age": clock.age_in_years(known.birth_date, clock.today())}


def _part(module: str, part: str) -> ModuleType | None:
    """The part if the module has one; an error inside it is never swallowed."""
    name = f"kanghu.modules.{module}.{part}"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def load() -> list[Router]:
    """Declares permissions, event listeners and jobs of every module; returns their routers.

    Web and worker both call this: who publishes an event must know who listens.
    """
    forms.describe_persons_with(_form_context)
    exports.know_callers_by(accounts.caller_of)
    accounts.send_phone_codes_when(notices.sms_available)
    wechat_line.plug_in()
    declare_permissions(operations.PERMISSIONS)  # roles are seeded from what is declared here
    routers: list[Router] = []
    for module in MODULES:
        if policy := _part(module, "policy"):
            declare_permissions(getattr(policy, "PERMISSIONS", {}))
        for part in ("handlers", "jobs", "exports"):
            _part(module, part)
        if endpoints := _part(module, "endpoints"):
            routers.extend(endpoints.ROUTERS)
    return routers
