"""客户服务: the desk with a conversation, the queue, supervisors' view, the record."""

from datetime import timedelta
from typing import Any

from playwright.sync_api import Page, Route

from tests.pages.shots import Prepare, Shot, broken, empty, long_names, states_of
from tests.wire import hospital

MESSAGING = "/api/admin/messaging"


def _open(page: Page) -> None:
    page.get_by_role("region", name="我的会话").get_by_role("button").first.click()
    page.get_by_label("回复内容").wait_for()


def _row(page: Page) -> None:
    page.get_by_role("row").nth(1).click()
    page.get_by_role("dialog").wait_for()


def _replies(page: Page) -> None:
    _open(page)
    page.get_by_label("回复内容").press_sequentially("/")
    page.get_by_text("↑ ↓ 选择").wait_for()


def _ending(page: Page) -> None:
    _open(page)
    page.get_by_role("button", name="结束服务").click()
    page.get_by_role("dialog").wait_for()


def _metered(left: int, hours: float = 0) -> Prepare:
    """As a channel with a sending window tells of it."""

    def answer(route: Route) -> None:
        real: dict[str, Any] = route.fetch().json()
        until = (hospital.utc_now() + timedelta(hours=hours, minutes=5)).isoformat() if hours else None
        route.fulfill(json={**real, "channel": "wechat", "allowance": {"left": left, "until": until}})

    return lambda page: page.route(
        lambda url: "/conversations/" in url and url.rsplit("/", 1)[-1].count("-") == 4, answer
    )


def _undelivered(page: Page) -> None:
    def answer(route: Route) -> None:
        real = route.fetch().json()
        for said in [one for one in real["items"] if one["direction"] == "out" and one["kind"] == "text"][
            -1:
        ]:
            said |= {"state": "failed", "failure": "微信回复窗口已关闭"}
        route.fulfill(json=real)

    page.route(lambda url: "/messages" in url, answer)


SHOTS = [
    Shot(
        name="admin-service-desk",
        path="/admin/service/desk",
        who="customer_service",
        then=_open,
        states={
            "meter": _metered(3, hours=23),
            "meter-closed": _metered(0),
            "undelivered": _undelivered,
            "long-names": long_names("/api/admin/*"),
        },
    ),
    Shot(
        name="admin-service-desk-blank",
        path="/admin/service/desk",
        who="customer_service",
        states={"empty": empty(f"{MESSAGING}/*"), "error": broken(f"{MESSAGING}/*")},
    ),
    Shot(name="admin-service-replies", path="/admin/service/desk", who="customer_service", then=_replies),
    Shot(name="admin-service-ending", path="/admin/service/desk", who="customer_service", then=_ending),
    Shot(
        name="admin-service-overview",
        path="/admin/service/overview",
        who="customer_service",
        states={"error": broken(f"{MESSAGING}/*"), "long-names": long_names("/api/admin/*")},
    ),
    Shot(
        name="admin-service-history",
        path="/admin/service/history",
        who="customer_service",
        states=states_of(f"{MESSAGING}/conversations"),
    ),
    Shot(name="admin-service-record", path="/admin/service/history", who="customer_service", then=_row),
]
