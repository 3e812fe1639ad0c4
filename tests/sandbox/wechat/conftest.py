"""A running WeChat and the server of an account's holder, both on real sockets.

The holder here checks signatures and decrypts with its own few lines, not with the code under test.
"""

import base64
import hashlib
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kanghu_sandbox.wechat.account import Account, Template
from kanghu_sandbox.wechat.app import create_app
from tests.sandbox.conftest import served

APP, SECRET, TOKEN = "wx1234567890abcdef", "0123456789abcdef0123456789abcdef", "a-token"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
MINI, MINI_SECRET = "wxfedcba0987654321", "fedcba9876543210fedcba9876543210"
ORIGINAL = "gh_1234567890ab"
TEMPLATES = {
    "T-booked": Template(title="预约成功通知", content="就诊人：{{thing1.DATA}}\n时间：{{time2.DATA}}"),
    "S-visit": Template(title="上门提醒", content="项目：{{thing1.DATA}}", kind="subscription"),
    "S-long": Template(
        title="报告提醒", content="项目：{{thing1.DATA}}", kind="subscription", long_term=True
    ),
    "M-visit": Template(title="上门提醒", content="项目：{{thing1.DATA}}", kind="mini_subscription"),
}
NOON = datetime(2026, 11, 10, 4, tzinfo=UTC).timestamp()
"""In Shanghai, in the middle of a month: days and months end only when a test says so."""
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
MP4 = b"\0\0\0\x18ftypmp42" + bytes(20)


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def aes() -> Cipher[Any]:
    key = base64.b64decode(KEY + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def decrypted(ciphertext: str) -> tuple[str, str]:
    """Message and appid, by the published layout."""
    decryptor = aes().decryptor()
    body = decryptor.update(base64.b64decode(ciphertext)) + decryptor.finalize()
    body = body[: -body[-1]]
    (length,) = struct.unpack(">I", body[16:20])
    return body[20 : 20 + length].decode(), body[20 + length :].decode()


def encrypted(message: str, app_id: str = APP) -> str:
    body = b"r" * 16 + struct.pack(">I", len(message.encode())) + message.encode() + app_id.encode()
    pad = 32 - len(body) % 32
    encryptor = aes().encryptor()
    return base64.b64encode(encryptor.update(body + bytes([pad]) * pad) + encryptor.finalize()).decode()


def sealed_reply(message: str, app_id: str = APP, token: str = TOKEN) -> str:
    ciphertext = encrypted(message, app_id)
    signature = sha1(token, "1700000000", "nonce", ciphertext)
    return (
        f"<xml><Encrypt><![CDATA[{ciphertext}]]></Encrypt><MsgSignature>{signature}</MsgSignature>"
        "<TimeStamp>1700000000</TimeStamp><Nonce>nonce</Nonce></xml>"
    )


def reply(openid: str, kind: str, inner: str) -> str:
    return (
        f"<xml><ToUserName>{openid}</ToUserName><FromUserName>{ORIGINAL}</FromUserName>"
        f"<CreateTime>1700000000</CreateTime><MsgType>{kind}</MsgType>{inner}</xml>"
    )


@dataclass
class Received:
    """One push that reached the holder."""

    query: dict[str, str]
    body: str
    well_signed: bool
    plain: dict[str, Any]


Answer = Callable[[Received], Response | str | None]


@dataclass
class Holder:
    """Stands where the platform stands. `plan` answers the next pushes, None hangs until WeChat hangs up."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    plan: list[Answer] = field(default_factory=list)
    echo: Callable[[str], str] = lambda echo: echo

    async def endpoint(self, request: Request) -> Response:
        query = dict(request.query_params)
        well_signed = sha1(TOKEN, query["timestamp"], query["nonce"]) == query["signature"]
        if request.method == "GET":
            return PlainTextResponse(self.echo(query["echostr"]) if well_signed else "no")
        push = self._read(query, (await request.body()).decode(), well_signed)
        self.received.append(push)
        answer = self.plan.pop(0)(push) if self.plan else "success"
        if answer is None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
        return answer if isinstance(answer, Response) else PlainTextResponse(answer or "")

    def _read(self, query: dict[str, str], body: str, well_signed: bool) -> Received:
        root = ElementTree.fromstring(body)
        if query.get("encrypt_type") == "aes":
            ciphertext = root.findtext("Encrypt") or ""
            well_signed &= (
                sha1(TOKEN, query["timestamp"], query["nonce"], ciphertext) == query["msg_signature"]
            )
            message, app_id = decrypted(ciphertext)
            assert app_id == APP
            root = ElementTree.fromstring(message)
        plain = {child.tag: child.text or "" for child in root}
        return Received(query, body, well_signed, plain)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [push.plain for push in self.received]


@dataclass
class Running:
    """A running WeChat as the account's holder and the people with phones reach it."""

    url: str
    http: httpx.AsyncClient
    clock: list[float]

    def pass_time(self, seconds: float) -> None:
        self.clock[0] += seconds

    async def token(self, app_id: str = APP, secret: str = SECRET, **more: Any) -> str:
        body = {"grant_type": "client_credential", "appid": app_id, "secret": secret, **more}
        answer = (await self.http.post(f"{self.url}/cgi-bin/stable_token", json=body)).json()
        assert "access_token" in answer, answer
        found: str = answer["access_token"]
        return found

    async def get(self, path: str, **query: Any) -> Any:
        if "access_token" not in query:
            query["access_token"] = await self.token()
        return (await self.http.get(self.url + path, params=query)).json()

    async def post(self, path: str, body: Any, **query: Any) -> Any:
        if "access_token" not in query:
            query["access_token"] = await self.token()
        return (await self.http.post(self.url + path, params=query, json=body)).json()

    async def upload(self, kind: str, data: bytes, **query: Any) -> Any:
        query = {"access_token": await self.token(), "type": kind} | query
        files = {"media": ("any.bin", data, "application/octet-stream")}
        return (await self.http.post(f"{self.url}/cgi-bin/media/upload", params=query, files=files)).json()

    async def control(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self.http.request(method, f"{self.url}/control{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def fan(self, nickname: str = "张三", following: bool = True) -> str:
        """Somebody new; gives the openid."""
        person = await self.control("POST", "/fans", {"nickname": nickname}, status=201)
        openid: str = person["openid"]
        if following:
            await self.control("POST", f"/fans/{openid}/follow", {})
        return openid

    async def say(self, openid: str, content: str = "您好") -> Any:
        return (await self.control("POST", f"/fans/{openid}/say", {"content": content}))["delivery"]

    async def phone(self, openid: str, sender: str = "account") -> list[dict[str, Any]]:
        """What the phone shows of this sender."""
        found = await self.control("GET", f"/fans/{openid}/messages")
        return [one for one in found if one["sender"] == sender]

    async def faults(self, **faults: Any) -> None:
        await self.control("PUT", "/faults", faults)


@pytest.fixture
def holder() -> Iterator[Holder]:
    holder = Holder()
    with served(Starlette(routes=[Route("/wx", holder.endpoint, methods=["GET", "POST"])])) as url:
        holder.url = f"{url}/wx"
        yield holder


@pytest.fixture
def account(holder: Holder) -> Account:
    """The account of these tests: no encryption, and an impatient WeChat."""
    return Account(
        app_id=APP,
        app_secret=SECRET,
        original_id=ORIGINAL,
        token=TOKEN,
        encoding_aes_key=KEY,
        callback_url=holder.url,
        web_domain="h5.example",
        mini_app_id=MINI,
        mini_app_secret=MINI_SECRET,
        templates=TEMPLATES,
    )


@pytest.fixture
async def wechat(account: Account, tmp_path: Path) -> AsyncIterator[Running]:
    clock = [NOON]
    with served(create_app(account, tmp_path, lambda: clock[0])) as url:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            yield Running(url, http, clock)
