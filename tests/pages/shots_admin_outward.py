"""消息通知 and 微信管理's audience: delivery log, channels, fans, QR codes."""

from playwright.sync_api import Page

from tests.pages.shots import Shot, broken, empty, forbidden, long_names, states_of

NOTICES, WECHAT = "/api/admin/notices", "/api/admin/wechat/accounts"


def _row(page: Page) -> None:
    page.get_by_role("row").nth(1).click()
    page.get_by_role("dialog").wait_for()


def _mapping(page: Page) -> None:
    _row(page)
    page.get_by_role("dialog").get_by_role("button", name="的模板").first.click()
    page.get_by_role("dialog").get_by_role("button", name="保存").wait_for()


def _new_broadcast(page: Page) -> None:
    page.get_by_role("button", name="拟定群发").click()
    page.get_by_role("dialog").get_by_label("文字", exact=True).last.wait_for()


SHOTS = [
    Shot(
        name="admin-notices-deliveries",
        path="/admin/notices/deliveries",
        who="admin",
        states=states_of(f"{NOTICES}/deliveries"),
    ),
    Shot(name="admin-notices-delivery", path="/admin/notices/deliveries?channel=sms", who="admin", then=_row),
    Shot(
        name="admin-notices-channels",
        path="/admin/notices/channels",
        who="admin",
        states={"error": broken(f"{NOTICES}/settings"), "forbidden": forbidden(f"{NOTICES}/settings")},
    ),
    Shot(
        name="admin-notices-mappings",
        path="/admin/notices/channels?view=templates",
        who="admin",
        states={"long-names": long_names(f"{NOTICES}/*")},
    ),
    Shot(
        name="admin-notices-mapping",
        path="/admin/notices/channels?view=templates",
        who="admin",
        then=_mapping,
    ),
    Shot(
        name="admin-wechat-fans",
        path="/admin/wechat/fans",
        who="admin",
        states={
            "empty": empty(f"{WECHAT}/*/fans"),
            "error": broken(f"{WECHAT}/*/fans"),
            "no-account": empty(WECHAT),
        },
    ),
    Shot(
        name="admin-wechat-qr-codes",
        path="/admin/wechat/qr-codes",
        who="admin",
        states={"error": broken(f"{WECHAT}/*/qr-codes")},
    ),
    Shot(name="admin-wechat-broadcast", path="/admin/wechat/broadcasts", who="admin", then=_row),
    Shot(name="admin-wechat-qr-code", path="/admin/wechat/qr-codes", who="admin", then=_row),
    Shot(
        name="admin-wechat-broadcasts",
        path="/admin/wechat/broadcasts",
        who="admin",
        states={"empty": empty(f"{WECHAT}/*/broadcasts"), "error": broken(f"{WECHAT}/*/broadcasts")},
    ),
    Shot(
        name="admin-wechat-broadcast-new", path="/admin/wechat/broadcasts", who="admin", then=_new_broadcast
    ),
]
