"""A running exam centre and a recording platform, both on real sockets.

The platform here checks signatures with the standard library, not with the code under test.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from kanghu_sandbox.exam_centre.app import create_app
from kanghu_sandbox.exam_centre.settings import Settings

INBOUND = ("platform-app", "platform-secret-platform-secret")
OUTBOUND = ("centre-app", "centre-secret-centre-secret")


def make_signature(secret: str, method: str, target: str, at: int, nonce: str, body: bytes, kind: str) -> str:
    """The contract once more, written independently of the wire package."""
    name = {"HMAC-SHA256": "sha256", "HMAC-SM3": "sm3"}[kind]
    text = f"{method}\n{target}\n{at}\n{nonce}\n{hashlib.new(name, body).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), name).hexdigest()


@contextlib.contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an app on a free loopback port in a thread of its own; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive(), "server did not start"
        assert time.monotonic() < deadline, "server did not start in time"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()


@dataclass
class Received:
    """One call that reached the recording platform."""

    path: str
    headers: dict[str, str]
    body: bytes
    complete: bool
    signed_well: bool
    at: float

    @property
    def payload(self) -> Any:
        return json.loads(self.body)


@dataclass
class RecordingPlatform:
    """Stands where Kanghu stands: checks the signature, writes everything down, answers as told."""

    address: str = ""
    received: list[Received] = field(default_factory=list)
    planned: list[Callable[[Received], Response]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)

    async def endpoint(self, request: Request) -> Response:
        body, complete = bytearray(), True
        try:
            async for chunk in request.stream():
                body += chunk
        except ClientDisconnect:
            complete = False
        headers = dict(request.headers)
        call = Received(
            request.url.path, headers, bytes(body), complete, self.check(request, bytes(body)), time.time()
        )
        self.received.append(call)
        if self.planned:
            return self.planned.pop(0)(call)
        if not call.signed_well:
            return envelope_response({"accepted": False, "messages": [], "data": {}}, 401)
        data = self.data.get(call.path, {})
        answer = {"accepted": True, "messages": [], "data": data, "request_id": headers["x-request-id"]}
        return envelope_response(answer)

    def check(self, request: Request, body: bytes) -> bool:
        """Whether app, clock, nonce and signature are right."""
        headers = request.headers
        at, nonce = int(headers["x-timestamp"]), headers["x-nonce"]
        fresh = nonce not in self.nonces
        self.nonces.add(nonce)
        expected = make_signature(
            OUTBOUND[1], request.method, request.url.path, at, nonce, body, headers["x-sign-type"]
        )
        in_time = abs(time.time() - at) <= 300
        return fresh and in_time and headers["x-app-id"] == OUTBOUND[0] and headers["x-signature"] == expected

    def of(self, path_end: str) -> list[Received]:
        """Complete calls to one interface, in order of arrival."""
        return [call for call in self.received if call.path.endswith(path_end) and call.complete]


def envelope_response(answer: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(answer), status, media_type="application/json")


@dataclass
class RunningCentre:
    """A running exam centre as the platform and as its own staff reach it."""

    address: str
    home: Path
    http: httpx.AsyncClient

    async def call(
        self,
        path: str,
        payload: Any,
        *,
        request_id: str | None = None,
        secret: str = INBOUND[1],
        app_id: str = INBOUND[0],
        kind: str = "HMAC-SHA256",
        skew: int = 0,
        nonce: str | None = None,
        raw: bytes | None = None,
        **headers: str,
    ) -> httpx.Response:
        """One signed call of the vendor interface."""
        body = raw if raw is not None else json.dumps(payload, ensure_ascii=False).encode()
        at, nonce = int(time.time()) + skew, nonce or secrets.token_hex(12)
        target = "/exam/v1" + path
        signed = {
            "Content-Type": "application/json; charset=utf-8",
            "X-App-Id": app_id,
            "X-Timestamp": str(at),
            "X-Nonce": nonce,
            "X-Sign-Type": kind,
            "X-Signature": make_signature(secret, "POST", target, at, nonce, body, kind),
        }
        if request_id:
            signed["X-Request-Id"] = request_id
        return await self.http.post(self.address + target, content=body, headers=signed | headers)

    async def bind(self, person: dict[str, Any], **how: Any) -> httpx.Response:
        return await self.call("/account-bindings", {"person": person}, **how)

    async def control(self, method: str, path: str, payload: Any = None) -> Any:
        """One call of the control desk; fails the test unless it went well."""
        answer = await self.http.request(method, f"{self.address}/control{path}", json=payload)
        assert answer.status_code < 300, answer.text
        return answer.json()


@pytest.fixture
def recording_platform() -> Iterator[RecordingPlatform]:
    platform = RecordingPlatform()
    app = Starlette(routes=[Route("/{path:path}", platform.endpoint, methods=["GET", "POST"])])
    with served(app) as address:
        platform.address = address
        yield platform


@pytest.fixture
def centre_settings(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Settings of a centre that calls the recording platform, if the test has one; two live secrets inbound."""
    platform_url = "http://127.0.0.1:9"
    if "recording_platform" in request.fixturenames:
        platform_url = request.getfixturevalue("recording_platform").address
    (tmp_path / "inbound").write_text(f"{INBOUND[1]}\nolder-secret-older-secret\n")
    (tmp_path / "outbound").write_text(OUTBOUND[1] + "\n")
    return Settings(
        home=tmp_path / "home",
        platform_url=platform_url,
        app_id=OUTBOUND[0],
        secret_file=tmp_path / "outbound",
        inbound_app_id=INBOUND[0],
        inbound_secret_file=tmp_path / "inbound",
        resend_seconds=0,
        call_timeout=2,
    )


@pytest.fixture
async def centre(centre_settings: Settings):
    with served(create_app(centre_settings)) as address:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            yield RunningCentre(address, centre_settings.home, http)


@pytest.fixture
def zhang() -> dict[str, Any]:
    """One of the people the centre has known for years."""
    return {
        "name": "张建国",
        "sex": "1",
        "birth_date": "19680315",
        "id_type": "01",
        "id_number": "110101196803150016",
    }


@pytest.fixture
def stranger() -> dict[str, Any]:
    """Somebody the centre has never seen; the name has a rare character."""
    return {
        "name": "𬀩·古丽",
        "sex": "2",
        "birth_date": "19900228",
        "id_type": "01",
        "id_number": "650121199002280122",
    }


async def eventually(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until something has come true; fails when it doesn't."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.02)
