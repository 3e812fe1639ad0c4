"""Who sits before the screen: contexts of the browser as a hospital PC or a phone, with a session in their storage.

Sessions are opened over HTTP once for each person and kept; signing in through the page is a test of its own.
"""

import json
from dataclasses import dataclass, field

import httpx
from playwright.sync_api import Browser, BrowserContext

from tests.pages.chromium import PATIENCE_MS
from tests.wire import hospital
from tests.wire.conftest import Platform

DESK = (1440, 900)
SMALL_DESK = (1280, 720)
PHONE = (390, 844)

# Where the apps keep their session: apps/admin/src/api/token.ts and apps/mobile/src/api/identity.ts, stores/look.ts.
# A new tab is about:blank first, which has no storage.
_ADMIN = (
    "if (location.host && !sessionStorage.getItem('kh.token')) sessionStorage.setItem('kh.token', {token})"
)
_MOBILE = (
    "if (location.host && !localStorage.getItem('kanghu.identity'))"
    " localStorage.setItem('kanghu.identity', {identity})"
)
_ELDER = """if (location.host) localStorage.setItem('kanghu.elder', '{"type":"boolean","data":true}')"""


@dataclass
class Visitors:
    browser: Browser
    platform: Platform
    _customers: dict[str, httpx.Client] = field(default_factory=dict)

    def at_desk(self, who: str | httpx.Client = "", size: tuple[int, int] = DESK) -> BrowserContext:
        """A PC; `who` is a demo role, or a client that has signed in; empty: nobody has."""
        context = self._context(size)
        if who:
            client = hospital.staff(self.platform, who) if isinstance(who, str) else who
            context.add_init_script(_ADMIN.format(token=json.dumps(_token(client))))
        return context

    def on_phone(
        self, who: str | httpx.Client = "", size: tuple[int, int] = PHONE, *, elder: bool = False
    ) -> BrowserContext:
        """A phone; `who` is the user name of a demo customer, or a client that has signed in (`hospital.sign_up`)."""
        context = self._context(size, is_mobile=True, has_touch=True)
        if elder:
            context.add_init_script(_ELDER)
        if who:
            client = self._customer(who) if isinstance(who, str) else who
            identity = {"token": _token(client), "forPerson": "", "forName": ""}
            kept = json.dumps({"type": "object", "data": identity})
            context.add_init_script(_MOBILE.format(identity=json.dumps(kept)))
        return context

    def _context(self, size: tuple[int, int], **more: bool) -> BrowserContext:
        width, height = size
        context = self.browser.new_context(
            base_url=self.platform.url,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            service_workers="block",
            **more,  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE_MS)
        return context

    def _customer(self, username: str) -> httpx.Client:
        if username not in self._customers:
            account = next(found for found in self.platform.info["accounts"] if found["username"] == username)
            client = httpx.Client(base_url=self.platform.url, timeout=30, trust_env=False)
            body = {"login": username, "password": account["password"]}
            answer = client.post("/api/session/login", json=body)
            assert answer.status_code == 200, answer.text
            client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            self._customers[username] = client
        return self._customers[username]


def _token(client: httpx.Client) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")
