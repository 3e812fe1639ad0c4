"""The customer's way from signing to the exam day."""

from playwright.sync_api import Page

from tests.pages.shots import NEWCOMER, Shot, broken, empty, long_names


def _last_step(page: Page) -> None:
    while (following := page.get_by_role("button", name="下一步")).is_visible():
        following.click()


def _choose(page: Page) -> None:
    page.get_by_role("radio", disabled=False).nth(3).click()


SHOTS = [
    Shot(
        name="mobile-exam-bookings",
        path="/m/pkg-exam/bookings",
        who="demo-zhang",
        states={
            "empty": empty("/api/patient/exams/bookings"),
            "error": broken("/api/patient/exams/bookings"),
            "long-names": long_names("/api/*"),
        },
    ),
    Shot(name="mobile-exam-booking", path="/m/pkg-exam/booking", who="demo-li", then=_choose),
    Shot(
        name="mobile-exam-checklist",
        path="/m/pkg-exam/checklist",
        who="demo-zhang",
        states={"error": broken("/api/patient/health/checklist"), "long-names": long_names("/api/*")},
    ),
    Shot(
        name="mobile-exam-questionnaire",
        path="/m/pkg-exam/questionnaire?code=health_self_test",
        who="demo-li",
    ),
    Shot(
        name="mobile-exam-questionnaire-last",
        path="/m/pkg-exam/questionnaire?code=health_self_test",
        who="demo-li",
        then=_last_step,
    ),
    Shot(name="mobile-exam-scale", path="/m/pkg-exam/questionnaire?code=phq9", who="demo-li"),
    Shot(name="mobile-exam-forms", path="/m/pkg-exam/forms", who="demo-zhang"),
    Shot(name="mobile-exam-binding", path="/m/pkg-exam/binding", who="demo-zhang"),
    *(
        Shot(name=f"mobile-exam-{page}-newcomer", path=f"/m/pkg-exam/{page}", who=NEWCOMER)
        for page in ("binding", "booking", "bookings", "checklist", "forms")
    ),
]
