"""What no page may do, seen from the browser: fail in its script, ask another host, offend its own security policy."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

# uni-app begins to look for a person's touch only when a file is chosen for the first time, and then misses that one.
_FIRST_CHOOSER = "文件选择器对话框只能在由用户激活时显示"


class Watch:
    """Listens to every page of a context. `faults` is empty after a good test."""

    def __init__(self, own: str) -> None:
        self.hosts = {urlsplit(own).netloc}
        self.faults: list[str] = []
        self.expected: set[int] = set()

    def expects(self, *statuses: int) -> None:
        """Refusals that belong to the test: `watch.expects(409)`."""
        self.expected.update(statuses)

    def visits(self, url: str) -> None:
        """Somebody else's page, to which the test is led: `watch.visits(platform.sandbox)`."""
        self.hosts.add(urlsplit(url).netloc)

    def over(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", self._web_error)
        context.on("page", self._page)

    def _page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._address(socket.url))

    def _request(self, request: Request) -> None:
        self._address(request.url)

    def _address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about") and parts.netloc not in self.hosts:
            self.faults.append(f"asks another host: {url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.status} for {response.request.method} {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        # An answer ≥ 400 is reported by the browser, too; whether it is a fault is decided in _response.
        answered = message.text.startswith("Failed to load resource: the server responded with")
        if message.text == _FIRST_CHOOSER:
            return
        if message.type in ("error", "warning") and not answered:
            self.faults.append(f"console {message.type}: {message.text}")

    def _web_error(self, failure: WebError) -> None:
        self.faults.append(f"uncaught: {failure.error}")
