"""Which modules there are, lowest floor first, and what each of them brings along."""

import importlib
import importlib.util
from types import ModuleType

from fastapi import APIRouter

from kanghu.kernel.security import declare_permissions

FLOORS = (
    ("catalog", "forms"),
    ("accounts",),
    ("people",),
    ("notices",),
    ("exams",),
    ("health",),
    ("exchange",),
)
MODULES = tuple(name for floor in FLOORS for name in floor)


def _part(module: str, part: str) -> ModuleType | None:
    """The part if the module has one; an error inside it is never swallowed."""
    name = f"kanghu.modules.{module}.{part}"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def load() -> list[APIRouter]:
    """Declares permissions, event listeners and jobs of every module; returns their routers.

    Web and worker both call this: who publishes an event must know who listens.
    """
    routers: list[APIRouter] = []
    for module in MODULES:
        if policy := _part(module, "policy"):
            declare_permissions(getattr(policy, "PERMISSIONS", {}))
        for part in ("handlers", "jobs"):
            _part(module, part)
        if endpoints := _part(module, "endpoints"):
            routers.extend(endpoints.ROUTERS)
    return routers
