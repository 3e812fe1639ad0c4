"""Results, their course, risks, findings and the report on the phone."""

from playwright.sync_api import Page

from tests.pages.shots import NEWCOMER, Shot, broken, empty, long_names


def _into_results(page: Page) -> None:
    page.locator(".page-root:visible .row", has_text="体检结果").first.click()
    page.locator(".result").first.wait_for()


def _into_trend(page: Page) -> None:
    page.locator(".page-root:visible .row").first.click()
    page.locator(".once").first.wait_for()


def _into_report(page: Page) -> None:
    page.locator(".page-root:visible .row", has_text="体检报告").first.click()
    page.get_by_text("报告全文").wait_for()


def _unfolded(page: Page) -> None:
    page.locator(".risk__toggle").first.click()


SHOTS = [
    Shot(name="mobile-results", path="/m/pages/health", who="demo-zhang", then=_into_results),
    Shot(name="mobile-trend", path="/m/pages/health", who="demo-zhang", then=_into_trend),
    Shot(name="mobile-report", path="/m/pages/health", who="demo-zhang", then=_into_report),
    Shot(
        name="mobile-risks",
        path="/m/pkg-health/risks",
        who="demo-zhang",
        then=_unfolded,
    ),
    Shot(
        name="mobile-risks-states",
        path="/m/pkg-health/risks",
        who="demo-zhang",
        states={
            "empty": empty("/api/patient/health/risks"),
            "error": broken("/api/patient/health/risks"),
            "long-names": long_names("/api/*"),
        },
    ),
    Shot(
        name="mobile-findings",
        path="/m/pkg-health/findings",
        who="demo-zhang",
        states={
            "empty": empty("/api/patient/health/findings"),
            "error": broken("/api/patient/health/findings"),
        },
    ),
    Shot(name="mobile-risks-newcomer", path="/m/pkg-health/risks", who=NEWCOMER),
]
