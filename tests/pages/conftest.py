"""Fixtures of the tests that drive the pages; README.md tells how a test is written.

Playwright's synchronous API keeps an event loop in the thread as long as it is open, and beside it no asynchronous test can run.
So everything here lives as long as the tests of this folder, not as long as the session.
"""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.pages import chromium
from tests.pages.chromium import Missing
from tests.pages.running import BUILD, already_runs, build_pages, one_at_a_time, platform_in
from tests.pages.visitors import DESK, PHONE, Visitors
from tests.pages.watch import Watch
from tests.wire.conftest import Platform
from tests.wire.prepared import PreparedHome

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if call.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture(scope="package")
def ready() -> None:
    """The browser is installed and the pages are built."""
    try:
        with one_at_a_time("chromium"):
            chromium.install_what_is_missing()
        build_pages()
    except Missing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="package")
def platform(
    ready: None, prepared_home: PreparedHome, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """One running platform for all tests of this folder in this worker. They leave it usable for the others."""
    home = tmp_path_factory.mktemp("home")
    if not already_runs():
        prepared_home.copy_to(home)
    with platform_in(home) as running:
        yield running


@pytest.fixture(scope="package")
def browser(ready: None) -> Iterator[Browser]:
    with chromium.launched() as launched:
        yield launched


@pytest.fixture(scope="package")
def visitors(browser: Browser, platform: Platform) -> Visitors:
    return Visitors(browser, platform)


@pytest.fixture
def watch(platform: Platform) -> Watch:
    """Everything the pages of this test do wrong; checked after the test."""
    return Watch(platform.url)


@pytest.fixture
def open_page(
    watch: Watch, request: pytest.FixtureRequest
) -> Iterator[Callable[[BrowserContext, str], Page]]:
    """open_page(context, "/admin/"): a watched page. What it showed when the test failed is kept in build/failed."""
    opened: list[BrowserContext] = []

    def make(context: BrowserContext, path: str) -> Page:
        opened.append(context)
        watch.over(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield make
    if request.node.stash.get(_FAILED, False):
        _keep(request.node.name, [page for context in opened for page in context.pages])
    for context in opened:
        context.close()
    assert watch.faults == [], "\n".join(watch.faults)


def _keep(test: str, pages: list[Page]) -> None:
    for number, page in enumerate(pages):
        page.screenshot(path=BUILD / "failed" / f"{test}-{number}.png")


@pytest.fixture
def staff_page(visitors: Visitors, open_page: Callable[[BrowserContext, str], Page]) -> Callable[..., Page]:
    """staff_page("doctor", "/exchange/vendors"): a page of the console at 1440 × 900, signed in as that demo role, or with
    the session of a client."""

    def make(who: str | httpx.Client, path: str = "/", size: tuple[int, int] = DESK) -> Page:
        return open_page(visitors.at_desk(who, size), f"/admin{path}")

    return make


@pytest.fixture
def customer_page(
    visitors: Visitors, open_page: Callable[[BrowserContext, str], Page]
) -> Callable[..., Page]:
    """customer_page("demo-zhang", "/pages/health"): a page of the mobile app at 390 × 844, signed in as that demo customer,
    or with the session of a client."""

    def make(
        who: str | httpx.Client,
        path: str = "/pages/home",
        *,
        elder: bool = False,
        size: tuple[int, int] = PHONE,
    ) -> Page:
        return open_page(visitors.on_phone(who, size, elder=elder), f"/m{path}")

    return make
