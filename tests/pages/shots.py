"""Screenshots of the pages in their real states, for whoever changes a page to look at: `make shots`.

    python -m tests.pages.shots [WORD …]      only those whose name holds one of the words

They land in build/shots. What is taken stands in SHOTS of the files shots_*.py beside this one; README.md tells how.
"""

import importlib
import pkgutil
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import BrowserContext, Error, Page, Request, Route

import tests.pages
from tests.pages import chromium, identities, talks
from tests.pages.running import BUILD, build_pages, platform_in
from tests.pages.visitors import DESK, PHONE, SMALL_DESK, Visitors
from tests.wire import appointments, hospital
from tests.wire.conftest import Platform

FOLDER = BUILD / "shots"
LIVE = "/api/live"  # an answer that never ends

Prepare = Callable[[Page], None]


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One page. `states` are further pictures of it beside the plain one, by name: what is done to the page before it loads.
    `then` is done after it has loaded, in every state: opens a drawer, fills a form, waits for what matters."""

    name: str
    path: str
    who: str = (
        ""  # a demo role at the desk, a demo customer on the phone, NEWCOMER; nobody has signed in when empty
    )
    states: Mapping[str, Prepare] = field(default_factory=dict)
    then: Prepare = lambda page: None

    @property
    def on_phone(self) -> bool:
        return self.path.startswith("/m/")


# A customer who has just signed up: everything of theirs is empty for real.
NEWCOMER = "newcomer"


def broken(pattern: str) -> Prepare:
    """The platform fails at these addresses of the API: `broken("/api/admin/exchange/vendors")`."""
    body = {"code": "internal", "message": "系统出错了，请稍后重试", "request_id": "5f0c2a9e-shots"}
    return lambda page: page.route(_addresses(pattern), lambda route: route.fulfill(status=500, json=body))


def empty(pattern: str) -> Prepare:
    """Lists without a row, where the demonstration always has some."""

    def answer(route: Route) -> None:
        real = route.fetch().json()
        route.fulfill(json=[] if isinstance(real, list) else {**real, "items": [], "next_cursor": None})

    return lambda page: page.route(_addresses(pattern), answer)


def long_names(pattern: str) -> Prepare:
    """The real answers with every name as long as names get."""

    def answer(route: Route) -> None:
        if route.request.url.endswith(LIVE):
            return route.continue_()
        real = route.fetch()
        if "json" in real.headers.get("content-type", ""):
            route.fulfill(response=real, json=_stretched(real.json()))
        else:
            route.fulfill(response=real)
        return None

    return lambda page: page.route(_addresses(pattern), answer)


def forbidden(pattern: str) -> Prepare:
    body = {"code": "access.denied", "message": "您没有进行这项操作的权限", "request_id": "5f0c2a9e-shots"}
    return lambda page: page.route(_addresses(pattern), lambda route: route.fulfill(status=403, json=body))


def states_of(list_of: str, everything: str = "/api/admin/*") -> dict[str, Prepare]:
    """The states in which every list is looked at; `everything` gets the long names."""
    return {
        "empty": empty(list_of),
        "error": broken(list_of),
        "forbidden": forbidden(list_of),
        "long-names": long_names(everything),
    }


def _addresses(pattern: str) -> re.Pattern[str]:
    """The address itself, with whatever query; `…/*` is everything below it, `…/*/…` any one between."""
    path = re.escape(pattern.removesuffix("/*")).replace(r"\*", "[^/]+")
    return re.compile(rf"^https?://[^/]+{path}{'/.*' if pattern.endswith('/*') else ''}(\?.*)?$")


_NAMES = re.compile(r"(^|_)(name|title)$")


def _stretched(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _stretched(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_stretched(one, key) for one in value]
    if isinstance(value, str) and value and _NAMES.search(key):
        return f"{value}（附属第一医院健康管理中心古丽巴哈尔·阿卜杜热合曼分部）"
    return value


@dataclass(frozen=True)
class Picture:
    shot: Shot
    state: str
    size: tuple[int, int]
    prepare: Prepare = lambda page: None
    elder: bool = False

    @property
    def file(self) -> Path:
        width, height = self.size
        return FOLDER / f"{self.shot.name}-{self.state}-{width}x{height}.png"


def pictures(shot: Shot) -> Iterator[Picture]:
    if shot.on_phone:
        yield Picture(shot, "full", PHONE)
        yield Picture(shot, "elder", PHONE, elder=True)
    else:
        yield Picture(shot, "full", DESK)
        yield Picture(shot, "full", SMALL_DESK)
    for state, prepare in shot.states.items():
        yield Picture(shot, state, PHONE if shot.on_phone else DESK, prepare)


def take(picture: Picture, context: BrowserContext) -> None:
    page = context.new_page()
    picture.prepare(page)
    asked: set[Request] = set()
    page.on("request", lambda request: asked.add(request))
    for ended in ("requestfinished", "requestfailed"):
        page.on(ended, lambda request: asked.discard(request))
    page.goto(picture.shot.path)
    settle(page, asked)
    picture.shot.then(page)
    settle(page, asked)
    page.screenshot(path=picture.file, animations="disabled")
    page.unroute_all(behavior="ignoreErrors")


def settle(page: Page, asked: Set[Request]) -> None:
    """Every question is answered, the fonts are there, nothing is loading any more, and the page has come to rest."""
    for _ in range(50):
        page.evaluate(AT_REST)
        if all(request.url.endswith(LIVE) for request in asked):
            return


# A page whose clock goes on every second is at rest in between.
AT_REST = """() => new Promise((done) => {
  let changed = performance.now()
  const observer = new MutationObserver(() => (changed = performance.now()))
  observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
  const look = () => {
    const ready = document.fonts.status === 'loaded' && document.body.innerText.trim() !== '' &&
      !document.querySelector('[aria-busy="true"], .el-loading-mask, .el-skeleton')
    if (!ready || performance.now() - changed < 350) return requestAnimationFrame(look)
    observer.disconnect()
    done()
  }
  look()
})"""


class Album:
    def __init__(self, visitors: Visitors) -> None:
        self.visitors = visitors
        self.newcomers: dict[str, httpx.Client] = {}

    def add(self, picture: Picture) -> str:
        """What went wrong; empty when nothing did."""
        with self._context(picture) as context:
            try:
                take(picture, context)
            except Error as error:
                return f"{picture.file.name}: {error.message.splitlines()[0]}"
        return ""

    def _context(self, picture: Picture) -> BrowserContext:
        shot = picture.shot
        if not shot.on_phone:
            return self.visitors.at_desk(shot.who, picture.size)
        who = self._newcomer() if shot.who == NEWCOMER else shot.who
        return self.visitors.on_phone(who, picture.size, elder=picture.elder)

    def _newcomer(self) -> httpx.Client:
        if NEWCOMER not in self.newcomers:
            made = hospital.sign_up(self.visitors.platform, name="新来客", bind=False)
            self.newcomers[NEWCOMER] = made.client
        return self.newcomers[NEWCOMER]


def shots() -> Iterator[Shot]:
    for module in pkgutil.iter_modules(tests.pages.__path__):
        if module.name.startswith("shots_"):
            yield from importlib.import_module(f"tests.pages.{module.name}").SHOTS


def _add_what_a_tour_lacks(platform: Platform) -> None:
    """A result that waits for its mapping, one that somebody has to be told of today, and a list that waits for a doctor."""
    assert appointments.request_booking(hospital.sign_up(platform), hospital.in_days(5)).status_code == 201
    added = {
        "exam_account": platform.customer()["exam_account"],
        "change": "1",
        "values": {"ANA-T": "阳性 1:320", "GLU0": "330"},
    }
    httpx.post(f"{platform.sandbox}/control/results", json=added, trust_env=False).raise_for_status()


def main(words: list[str]) -> None:
    wanted = [one for one in shots() if not words or any(word in one.name for word in words)]
    chromium.install_what_is_missing()
    build_pages()
    if not words:
        shutil.rmtree(FOLDER, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory() as home,
        platform_in(Path(home)) as platform,
        chromium.launched() as browser,
    ):
        # One whole exam loop: bookings, results, findings, a report, messages.
        toured = platform.command("tour")
        assert toured.returncode == 0, toured.stdout + toured.stderr
        _add_what_a_tour_lacks(platform)
        talks.leave_some(platform)
        identities.leave_some(platform)
        album = Album(Visitors(browser, platform))
        faults = [album.add(picture) for shot in wanted for picture in pictures(shot)]
    print(f"{len(faults)} 张截图在 {FOLDER}")
    sys.exit("\n".join(filter(None, faults)) or 0)


if __name__ == "__main__":
    main(sys.argv[1:])
