"""Signing up, a forgotten password, agreements, the family, real-name data, account."""

from playwright.sync_api import Page

from tests.pages.phone import here
from tests.pages.shots import NEWCOMER, Shot, broken, empty, long_names


def _add_member(page: Page) -> None:
    here(page).locator(".big-action", has_text="添加家庭成员").click()


def _refused(page: Page) -> None:
    here(page).locator(".big-action", has_text="注册").click()


SHOTS = [
    Shot(name="mobile-sign-up", path="/m/pkg-account/sign-up"),
    Shot(name="mobile-sign-up-refused", path="/m/pkg-account/sign-up", then=_refused),
    Shot(name="mobile-reset-password", path="/m/pkg-account/reset-password"),
    Shot(name="mobile-agreement", path="/m/pkg-account/agreement?kind=privacy"),
    Shot(
        name="mobile-consents",
        path="/m/pkg-account/consents",
        who="demo-zhang",
        states={"error": broken("/api/patient/people/*"), "long-names": long_names("/api/*")},
    ),
    Shot(
        name="mobile-family",
        path="/m/pkg-account/family",
        who="demo-zhang",
        states={
            "empty": empty("/api/patient/people/family"),
            "error": broken("/api/patient/people/family"),
            "long-names": long_names("/api/*"),
        },
    ),
    Shot(name="mobile-family-add", path="/m/pkg-account/family", who="demo-zhang", then=_add_member),
    Shot(
        name="mobile-real-name",
        path="/m/pkg-account/real-name",
        who="demo-zhang",
        states={"long-names": long_names("/api/*")},
    ),
    Shot(name="mobile-settings", path="/m/pkg-account/settings", who="demo-zhang"),
    Shot(
        name="mobile-notice-settings",
        path="/m/pkg-account/notice-settings",
        who="demo-zhang",
        states={"error": broken("/api/patient/notices/*")},
    ),
    Shot(name="mobile-wechat-refused", path="/m/sign-in/wechat"),
    Shot(name="mobile-consents-newcomer", path="/m/pkg-account/consents", who=NEWCOMER),
]
