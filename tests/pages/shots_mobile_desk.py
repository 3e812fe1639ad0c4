"""Customer service on the phone."""

from playwright.sync_api import Page

from tests.pages.phone import here
from tests.pages.shots import Shot, broken, empty, long_names


def _talk(page: Page) -> None:
    here(page).locator(".line").last.click()


def _more(page: Page) -> None:
    _talk(page)
    here(page).get_by_role("button", name="发图片或视频").click()


def _ending(page: Page) -> None:
    _talk(page)
    here(page).get_by_role("button", name="结束", exact=True).click()


def _passing_on(page: Page) -> None:
    _talk(page)
    here(page).get_by_role("button", name="转接", exact=True).click()


WHO = "demo-service"
TALKS = "/m/pkg-desk/talks"
MESSAGING = "/api/admin/messaging/*"

SHOTS = [
    Shot(
        name="mobile-desk-talks",
        path=TALKS,
        who=WHO,
        states={
            "empty": empty("/api/admin/messaging/queue"),
            "error": broken(MESSAGING),
            "long-names": long_names("/api/*"),
        },
    ),
    Shot(name="mobile-desk-talk", path=TALKS, who=WHO, then=_talk),
    Shot(name="mobile-desk-more", path=TALKS, who=WHO, then=_more),
    Shot(name="mobile-desk-ending", path=TALKS, who=WHO, then=_ending),
    Shot(name="mobile-desk-passing-on", path=TALKS, who=WHO, then=_passing_on),
    Shot(
        name="mobile-desk-contacts",
        path="/m/pkg-desk/contacts",
        who=WHO,
        states={"error": broken(MESSAGING), "long-names": long_names("/api/*")},
    ),
    Shot(name="mobile-desk-me", path="/m/pkg-desk/me", who=WHO),
    Shot(name="mobile-desk-past", path="/m/pkg-desk/past", who=WHO),
    Shot(name="mobile-desk-no-permission", path=TALKS, who="demo-doctor"),
]
