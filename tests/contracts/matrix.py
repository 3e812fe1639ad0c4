"""Who may what, as a table in a file: each permission with the shipped roles that hold it, each route with its access.

`python -m tests.contracts.matrix` writes it anew.
"""

from pathlib import Path

from fastapi import FastAPI

from kanghu.kernel.security import PERMISSIONS, Anyone
from kanghu.modules.accounts.roles import BUILTIN_ROLES, permissions_of

from .requests import Route, routes_of

SNAPSHOT = Path(__file__).with_name("who_may_what.txt")


def matrix(app: FastAPI) -> str:
    held = {role.code: set(permissions_of(role, PERMISSIONS)) for role in BUILTIN_ROLES}
    lines = ["# 权限 → 角色"]
    for permission, name in sorted(PERMISSIONS.items()):
        roles = " ".join(code for code in held if permission in held[code])
        lines.append(f"{permission:<32}{roles or '（仅自定义角色）'}  # {name}")
    lines += ["", "# 接口 → 权限"]
    lines += sorted(f"{route.method:<7}{route.path}  {_access(route)}" for route in routes_of(app))
    return "\n".join(lines) + "\n"


def _access(route: Route) -> str:
    if route.access.permission is not None:
        return route.access.permission
    if isinstance(route.access, Anyone):
        return f"无须登录：{route.access.why}"
    return {
        "SignedAccess": "厂家签名",
        "SignedIn": "已登录",
        "SignedInAndWaits": "已登录",
        "HalfSignedIn": "已登录（含受限会话）",
    }[type(route.access).__name__]


if __name__ == "__main__":
    from kanghu.kernel.db import Database
    from kanghu.main.app import create_app
    from kanghu.modules.accounts import public as accounts

    SNAPSHOT.write_text(matrix(create_app(Database(""), accounts.authenticate)), encoding="utf-8")
