"""实名认证 on the phone, and the queue of documents at the desk."""

from typing import Any

from playwright.sync_api import Page, Route

from tests.pages.phone import here, press
from tests.pages.shots import NEWCOMER, Prepare, Shot, broken, empty, long_names


def _standing(**changes: Any) -> Prepare:
    """The customer stands somewhere else than they really do."""

    def answer(route: Route) -> None:
        found = route.fetch()
        route.fulfill(response=found, json={**found.json(), **changes})

    return lambda page: page.route("**/api/patient/people/identity?*", answer)


def _check(way: str, state: str, reason: str | None = None, advice: str | None = None) -> dict[str, Any]:
    at = "2026-11-26T02:30:00Z"
    return {
        "id": "018f0000-0000-7000-8000-000000000001", "way": way, "state": state, "reason": reason, "advice": advice,
        "asked_at": at, "expires_at": "2026-12-03T02:30:00Z", "decided_at": at if reason else None,
    }  # fmt: skip


VERIFIED = {"level": "verified", "way": "card", "checked_at": "2026-11-26T02:30:00Z"}
REFUSED = _check(
    "tencent_face", "failed", "not_the_person", "没有认出是本人，请在光线充足处正对手机再试，或改用证件照片"
)


def _consent(page: Page) -> None:
    press(page, "人脸核身")


def _card(page: Page) -> None:
    page.get_by_role("row").nth(1).click()
    page.get_by_role("dialog", name="核对证件").wait_for()


def _sides(page: Page) -> None:
    here(page).locator(".tick, .side").first.wait_for()
    if here(page).get_by_role("checkbox").count():  # agreed to in the picture before this one
        here(page).get_by_role("checkbox").click()
        press(page, "同意，去拍照")
    here(page).get_by_role("button", name="拍摄有照片和姓名的一面").wait_for()


SHOTS = [
    Shot(
        name="mobile-identity",
        path="/m/pkg-account/identity",
        who=NEWCOMER,
        states={
            "error": broken("/api/patient/people/identity*"),
            "verified": _standing(assurance=VERIFIED),
            "refused": _standing(last=REFUSED),
            "waiting": _standing(open=_check("card", "waiting")),
            "started": _standing(open=_check("tencent_face", "started")),
            "relative": _standing(own_face=False),
            "no-number": _standing(id_number=None),
            "long-names": long_names("/api/*"),
        },
    ),
    Shot(name="mobile-identity-consent", path="/m/pkg-account/identity", who=NEWCOMER, then=_consent),
    Shot(name="mobile-id-card", path="/m/pkg-account/id-card", who=NEWCOMER),
    Shot(name="mobile-id-card-sides", path="/m/pkg-account/id-card", who="demo-zhang", then=_sides),
    Shot(
        name="admin-id-cards",
        path="/admin/health/identity",
        who="customer_service",
        states={
            "empty": empty("/api/admin/people/id-cards"),
            "error": broken("/api/admin/people/id-cards"),
            "long-names": long_names("/api/*"),
        },
    ),
    Shot(name="admin-id-card", path="/admin/health/identity", who="customer_service", then=_card),
]
