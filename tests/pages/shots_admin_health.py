"""健康管理: customers and one customer's record, lists to confirm, important abnormal results, rules."""

import re

from playwright.sync_api import Page

from tests.pages.shots import Prepare, Shot, long_names, states_of

HEALTH = "/api/admin/health"


def _customer(page: Page) -> None:
    """The one who has been through an exam."""
    page.get_by_role("row", name=re.compile(r"张.*138\*+0001")).click()
    page.get_by_role("tab").first.wait_for()


def _tab(name: str) -> Prepare:
    def opened(page: Page) -> None:
        _customer(page)
        page.get_by_role("tab", name=name).click()

    return opened


def _put_on_record(page: Page) -> None:
    page.get_by_role("button", name="建档").click()
    page.get_by_role("dialog", name="建档").wait_for()


def _row(page: Page) -> None:
    page.get_by_role("row").nth(1).click()


CUSTOMERS = "/admin/health/customers"

SHOTS = [
    Shot(
        name="admin-health-customers",
        path=CUSTOMERS,
        who="doctor",
        states=states_of("/api/admin/people/persons"),
    ),
    Shot(name="admin-health-customer-new", path=CUSTOMERS, who="doctor", then=_put_on_record),
    Shot(
        name="admin-health-customer",
        path=CUSTOMERS,
        who="doctor",
        states={"long-names": long_names("/api/admin/*")},
        then=_customer,
    ),
    *(
        Shot(name=f"admin-health-customer-{code}", path=CUSTOMERS, who="doctor", then=_tab(name))
        for code, name in (
            ("results", "体检结果"),
            ("risks", "风险评估"),
            ("answers", "问卷"),
            ("report", "报告"),
            ("record", "档案"),
        )
    ),
    Shot(
        name="admin-health-checklists",
        path="/admin/health/checklists",
        who="doctor",
        states=states_of(f"{HEALTH}/checklists"),
    ),
    Shot(
        name="admin-health-findings",
        path="/admin/health/findings",
        who="doctor",
        states=states_of(f"{HEALTH}/findings"),
    ),
    Shot(name="admin-health-finding", path="/admin/health/findings", who="doctor", then=_row),
    Shot(name="admin-health-rules", path="/admin/health/rules", who="doctor"),
]
