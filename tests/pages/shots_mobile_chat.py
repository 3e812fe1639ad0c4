"""The customer's talk with the hospital."""

from playwright.sync_api import Page

from tests.pages.phone import here
from tests.pages.shots import NEWCOMER, Shot, broken, long_names


def _more(page: Page) -> None:
    here(page).get_by_role("button", name="发图片或视频").click()


def _speaking(page: Page) -> None:
    here(page).get_by_role("button", name="改用语音").click()


MESSAGING = "/api/patient/messaging/*"

SHOTS = [
    Shot(
        name="mobile-chat",
        path="/m/pkg-chat/chat",
        who="demo-zhang",
        states={"error": broken(MESSAGING), "long-names": long_names("/api/*")},
    ),
    Shot(name="mobile-chat-more", path="/m/pkg-chat/chat", who="demo-zhang", then=_more),
    Shot(name="mobile-chat-voice", path="/m/pkg-chat/chat", who="demo-zhang", then=_speaking),
    Shot(name="mobile-chat-newcomer", path="/m/pkg-chat/chat", who=NEWCOMER),
]
