"""A second vendor: registered over HTTP, its system played by the test."""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.wire.conftest import Platform, Vendor
from tests.wire.hospital import institution, staff


@dataclass
class ScriptedVendor:
    """A vendor's system of the test's own: it answers what `answer` says and remembers what it was asked."""

    port: int = 0
    vendor_id: str = ""
    caller: Vendor | None = None
    asked: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    answer: Callable[[str, dict[str, Any]], tuple[int, Any]] = lambda _path, _body: (503, {})

    def vendor(self) -> Vendor:
        assert self.caller is not None
        return self.caller

    def say(self, data: dict[str, Any], *, accepted: bool = True, messages: list[Any] | None = None) -> None:
        """From now on every question gets this envelope."""
        envelope = {"accepted": accepted, "messages": messages or [], "data": data, "request_id": ""}
        self.answer = lambda _path, _body: (200, envelope)


@contextmanager
def scripted_vendor(platform: Platform, **settings: Any) -> Iterator[ScriptedVendor]:
    """Registers a vendor of its own with the platform; `settings` overrides what the administrator enters."""
    script = ScriptedVendor()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            script.asked.append((self.path, body, dict(self.headers)))
            status, content = script.answer(self.path, body)
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    script.port = server.server_address[1]
    script.vendor_id = new_vendor(platform, f"http://127.0.0.1:{script.port}", **settings)
    script.caller = new_app(platform, script.vendor_id)
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()


def new_vendor(platform: Platform, base_url: str, **settings: Any) -> str:
    body = {
        "name": f"测试体检系统{secrets.token_hex(2)}",
        "base_url": base_url,
        "url_hosts": ["guides.example"],
        "call_app_id": "kanghu",
        "call_secret": secrets.token_hex(16),
        "institution_id": institution(platform),
        **settings,
    }
    answer = staff(platform, "it_staff").post("/api/admin/exchange/vendors", json=body)
    assert answer.status_code == 201, answer.text
    vendor_id: str = answer.json()["id"]
    capacity = staff(platform, "doctor").put(
        "/api/admin/exams/capacity", json={"vendor_id": vendor_id, "capacity": 100}
    )
    assert capacity.status_code == 204, capacity.text
    return vendor_id


def new_app(platform: Platform, vendor_id: str | None, **settings: Any) -> Vendor:
    """Credentials for a vendor; `settings` overrides interfaces, ip_ranges, rate_per_minute, sign_types."""
    app_id = f"wire-{secrets.token_hex(6)}"
    body = {
        "app_id": app_id,
        "name": "测试凭证",
        "vendor_id": vendor_id,
        "institution_id": institution(platform),
        "interfaces": ["H1", "H2", "H3", "H4", "H5"],
        "ip_ranges": ["127.0.0.0/8"],
        "rate_per_minute": 6000,
        "sign_types": ["HMAC-SHA256", "HMAC-SM3"],
        **settings,
    }
    answer = staff(platform, "it_staff").post("/api/admin/accounts/apps", json=body)
    assert answer.status_code == 201, answer.text
    return Vendor(platform.url, app_id, answer.json()["secret"])
