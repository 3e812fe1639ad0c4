"""系统: accounts, roles, reasons of access, institutions, audit, background jobs."""

import re

from playwright.sync_api import Page

from tests.pages.elements import choose
from tests.pages.shots import Shot, broken, empty, long_names, states_of

ACCOUNTS = "/api/admin/accounts"


def _row(page: Page) -> None:
    page.get_by_role("row").nth(1).click()
    page.get_by_role("dialog").get_by_role("heading").nth(1).wait_for()


def _new_account(page: Page) -> None:
    page.get_by_role("button", name="新建账号").click()
    page.get_by_role("dialog").get_by_label("用户名").wait_for()


def _role(page: Page) -> None:
    page.get_by_role("button", name="医生").click()
    page.get_by_role("dialog").get_by_text("权限", exact=True).wait_for()


def _disable(page: Page) -> None:
    _row(page)
    page.get_by_role("button", name=re.compile("停用账号|启用账号")).click()


def _explained(page: Page) -> None:
    choose(page, "账号", "demo-doctor")
    choose(page, "权限", "查看体检结果与报告")
    page.get_by_role("heading", name="可以").wait_for()


SHOTS = [
    Shot(
        name="admin-system-accounts",
        path="/admin/system/accounts",
        who="admin",
        states=states_of(f"{ACCOUNTS}/accounts", f"{ACCOUNTS}/*"),
    ),
    Shot(
        name="admin-system-account",
        path="/admin/system/accounts",
        who="admin",
        states={"long-names": long_names(f"{ACCOUNTS}/*")},
        then=_row,
    ),
    Shot(name="admin-system-account-disable", path="/admin/system/accounts", who="admin", then=_disable),
    Shot(name="admin-system-account-new", path="/admin/system/accounts", who="admin", then=_new_account),
    Shot(
        name="admin-system-roles",
        path="/admin/system/roles",
        who="admin",
        states={"error": broken(f"{ACCOUNTS}/roles"), "long-names": long_names(f"{ACCOUNTS}/*")},
    ),
    Shot(name="admin-system-role", path="/admin/system/roles", who="admin", then=_role),
    Shot(name="admin-system-access-blank", path="/admin/system/access", who="admin"),
    Shot(name="admin-system-access", path="/admin/system/access", who="admin", then=_explained),
    Shot(
        name="admin-system-organisation",
        path="/admin/system/organisation",
        who="admin",
        states=states_of(f"{ACCOUNTS}/institutions", f"{ACCOUNTS}/*")
        | {"no-departments": empty(f"{ACCOUNTS}/departments")},
    ),
    Shot(
        name="admin-system-audit",
        path="/admin/system/audit",
        who="admin",
        states=states_of(f"{ACCOUNTS}/audit", f"{ACCOUNTS}/*"),
    ),
    Shot(name="admin-system-audit-entry", path="/admin/system/audit", who="admin", then=_row),
    Shot(
        name="admin-system-jobs",
        path="/admin/system/jobs",
        who="admin",
        states={"error": broken("/api/admin/operations/dead-letters")},
    ),
    Shot(name="admin-system-no-permission", path="/admin/system/accounts", who="doctor"),
]
