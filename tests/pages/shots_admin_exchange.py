"""体检对接: mapping, the staging queue, vendors, message log, credentials, bookings."""

from playwright.sync_api import Page

from tests.pages.shots import Shot, empty, states_of

EXCHANGE = "/api/admin/exchange"
VENDORS = "/api/admin/catalog/vendors"


def _row(page: Page) -> None:
    page.get_by_role("row").nth(1).click()
    page.get_by_role("dialog").wait_for()


def _register(page: Page) -> None:
    page.get_by_role("button", name="登记体检系统").click()
    page.get_by_role("dialog").wait_for()


def _keys(page: Page) -> None:
    page.get_by_role("button", name="键盘操作").click()
    page.get_by_role("dialog").wait_for()


SHOTS = [
    Shot(
        name="admin-exchange-mappings",
        path="/admin/exchange/mappings",
        who="it_staff",
        states=states_of(VENDORS) | {"no-items": empty(f"{VENDORS}/*")},
    ),
    Shot(
        name="admin-exchange-mappings-done", path="/admin/exchange/mappings?status=confirmed", who="it_staff"
    ),
    Shot(name="admin-exchange-keys", path="/admin/exchange/mappings", who="it_staff", then=_keys),
    Shot(
        name="admin-exchange-staged",
        path="/admin/exchange/staged-results",
        who="it_staff",
        states=states_of(f"{EXCHANGE}/staged-results/by-item"),
    ),
    Shot(
        name="admin-exchange-staged-single",
        path="/admin/exchange/staged-results?view=single",
        who="it_staff",
        states=states_of(f"{EXCHANGE}/staged-results"),
    ),
    Shot(
        name="admin-exchange-staged-one",
        path="/admin/exchange/staged-results?view=single",
        who="it_staff",
        then=_row,
    ),
    Shot(
        name="admin-exchange-vendors",
        path="/admin/exchange/vendors",
        who="it_staff",
        states=states_of(f"{EXCHANGE}/vendors"),
    ),
    Shot(name="admin-exchange-vendor", path="/admin/exchange/vendors", who="it_staff", then=_row),
    Shot(name="admin-exchange-vendor-new", path="/admin/exchange/vendors", who="it_staff", then=_register),
    Shot(
        name="admin-exchange-messages",
        path="/admin/exchange/messages",
        who="it_staff",
        states=states_of(f"{EXCHANGE}/messages"),
    ),
    Shot(name="admin-exchange-message", path="/admin/exchange/messages", who="it_staff", then=_row),
    Shot(
        name="admin-exchange-apps",
        path="/admin/exchange/apps",
        who="it_staff",
        states=states_of("/api/admin/accounts/apps"),
    ),
    Shot(name="admin-exchange-app", path="/admin/exchange/apps", who="it_staff", then=_row),
    Shot(
        name="admin-exchange-bookings",
        path="/admin/exchange/bookings",
        who="doctor",
        states=states_of("/api/admin/exams/bookings"),
    ),
]
