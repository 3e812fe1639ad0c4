"""目录与表单: items, trees, packages, standards, the form designer, message templates, agreements."""

import re

from playwright.sync_api import Page

from tests.pages.shots import Shot, broken, long_names, states_of

CATALOG = "/api/admin/catalog"


def _new_item(page: Page) -> None:
    page.get_by_role("button", name="新建自建项目").click()
    page.get_by_role("dialog").get_by_label("名称").wait_for()


def _element(page: Page) -> None:
    page.get_by_role("treeitem", name=re.compile("^呼吸音")).click()


def _last_question(page: Page) -> None:
    page.get_by_role("treeitem", name=re.compile("如果您有以上任何一种")).click()


def _total(page: Page) -> None:
    page.get_by_role("button", name="GAD-7 总分", exact=True).click()
    phone = page.get_by_role("region", name="手机预览")
    for question in phone.get_by_role("radiogroup").all()[:7]:
        question.get_by_role("radio").nth(2).click()
    page.get_by_text("当日处理").or_(page.get_by_text("建议心理评估")).first.wait_for()


def _reword(page: Page) -> None:
    page.get_by_role("button", name="改写").click()
    page.get_by_role("textbox", name="正文").fill("您 {appointment_date} 的预约，{who}")


def _publish(page: Page) -> None:
    page.get_by_role("button", name="发布新版本").click()


SHOTS = [
    Shot(
        name="admin-catalog-items",
        path="/admin/catalog/items",
        who="it_staff",
        states=states_of(f"{CATALOG}/items", f"{CATALOG}/*"),
    ),
    Shot(name="admin-catalog-item", path="/admin/catalog/items?open=LAB.HGB", who="it_staff"),
    Shot(name="admin-catalog-item-new", path="/admin/catalog/items", who="it_staff", then=_new_item),
    Shot(
        name="admin-catalog-trees",
        path="/admin/catalog/trees",
        who="it_staff",
        states=states_of(f"{CATALOG}/trees", f"{CATALOG}/*"),
    ),
    Shot(
        name="admin-catalog-tree",
        path="/admin/catalog/trees/versions?item=EXAM.LUNG",
        who="it_staff",
        then=_element,
        states={"long-names": long_names(f"{CATALOG}/*")},
    ),
    Shot(
        name="admin-catalog-packages",
        path="/admin/catalog/packages",
        who="it_staff",
        states=states_of(f"{CATALOG}/packages", f"{CATALOG}/*"),
    ),
    Shot(name="admin-catalog-package-new", path="/admin/catalog/packages/new", who="it_staff"),
    *(
        Shot(
            name=f"admin-catalog-standards-{tab}",
            path=f"/admin/catalog/standards?tab={tab}",
            who="health_manager",
        )
        for tab in ("values", "flows", "standards", "document", "imaging")
    ),
    Shot(
        name="admin-catalog-standards",
        path="/admin/catalog/standards",
        who="health_manager",
        states=states_of(f"{CATALOG}/data-elements", f"{CATALOG}/*"),
    ),
    Shot(
        name="admin-catalog-element",
        path="/admin/catalog/standards?open=DE04.10.167.00",
        who="health_manager",
    ),
    Shot(
        name="admin-forms",
        path="/admin/forms",
        who="admin",
        states=states_of("/api/admin/forms", "/api/admin/forms/*"),
    ),
    Shot(name="admin-forms-versions", path="/admin/forms?open=gad7", who="admin"),
    Shot(name="admin-forms-designer", path="/admin/forms/health_self_test/versions/1", who="admin"),
    Shot(
        name="admin-forms-designer-item",
        path="/admin/forms/gad7/versions/1",
        who="admin",
        then=_last_question,
    ),
    Shot(name="admin-forms-designer-score", path="/admin/forms/gad7/versions/1", who="admin", then=_total),
    Shot(
        name="admin-notice-templates",
        path="/admin/notices/templates",
        who="admin",
        states=states_of("/api/admin/notices/templates", "/api/admin/notices/*"),
    ),
    Shot(
        name="admin-notice-template",
        path="/admin/notices/templates?open=booking_confirmed",
        who="admin",
        then=_reword,
    ),
    Shot(
        name="admin-agreements",
        path="/admin/agreements",
        who="admin",
        states={"error": broken("/api/admin/people/agreements/*")},
    ),
    Shot(name="admin-agreements-new", path="/admin/agreements", who="admin", then=_publish),
]
