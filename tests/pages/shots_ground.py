"""Start page, signing in, workbench and shell of the console, tabs of the mobile app."""

from playwright.sync_api import Page

from tests.pages.shots import NEWCOMER, Shot, broken, empty, long_names


def _wrong_password(page: Page) -> None:
    page.get_by_label("用户名").fill("demo-doctor")
    page.get_by_label("密码", exact=True).fill("不是这个密码")
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_role("alert").wait_for()


SHOTS = [
    Shot(name="start", path="/"),
    Shot(name="admin-sign-in", path="/admin/sign-in"),
    Shot(name="admin-sign-in-refused", path="/admin/sign-in", then=_wrong_password),
    Shot(
        name="admin-workbench",
        path="/admin/",
        who="doctor",
        states={
            "empty": empty("/api/admin/workbench"),
            "error": broken("/api/admin/workbench"),
            "long-names": long_names("/api/*"),
        },
    ),
    Shot(name="admin-not-found", path="/admin/nowhere", who="doctor"),
    Shot(name="mobile-sign-in", path="/m/pages/sign-in"),
    *(
        Shot(
            name=f"mobile-{tab}",
            path=f"/m/pages/{tab}",
            who="demo-zhang",
            states={"error": broken("/api/patient/*"), "long-names": long_names("/api/*")},
        )
        for tab in ("home", "service", "notices", "health", "mine")
    ),
    *(
        Shot(name=f"mobile-{tab}-newcomer", path=f"/m/pages/{tab}", who=NEWCOMER)
        for tab in ("home", "service", "notices", "health", "mine")
    ),
]
