"""Conversations for the tests of the pages: agents of their own, customers who write, small files of each kind."""

import io
import secrets
import struct
import wave
import zlib
from dataclasses import dataclass
from typing import Any

import httpx

from tests.wire import hospital
from tests.wire.conftest import Platform
from tests.wire.hospital import Customer

PASSWORD = "Desk-test-5102-harbour"
AMR = b"#!AMR\n" + b"\x3c" + bytes(31)
_SURNAMES = "丁万乔亓伏佟俞凌匡卜卞"


def new_name() -> str:
    """Three characters that hardly anybody else on the platform has."""
    return (
        secrets.choice(_SURNAMES)
        + chr(0x4E00 + secrets.randbelow(0x3000))
        + chr(0x4E00 + secrets.randbelow(0x3000))
    )


def masked(name: str) -> str:
    return f"{name[0]}*{name[2]}"


@dataclass
class Writer:
    """A customer and their conversation with the demonstration's hospital."""

    customer: Customer
    institution: str

    @property
    def client(self) -> httpx.Client:
        return self.customer.client

    @property
    def name(self) -> str:
        return self.customer.person["name"]

    def _path(self, rest: str = "") -> str:
        return f"/api/patient/messaging/institutions/{self.institution}{rest}"

    @property
    def conversation(self) -> str:
        found: str = self.client.get(self._path()).json()["id"]
        return found

    def say(self, text: str, **more: Any) -> dict[str, Any]:
        body = {"client_key": secrets.token_hex(8), "kind": "text", "text": text, **more}
        answer = self.client.post(self._path("/messages"), json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def show(self, kind: str, content: bytes) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        media = self.client.post(self._path(f"/media/{kind}"), content=content, headers=headers)
        assert media.status_code == 201, media.text
        body = {"client_key": secrets.token_hex(8), "kind": kind, "media_id": media.json()["id"]}
        assert self.client.post(self._path("/messages"), json=body).status_code == 201

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(self._path("/messages")).json()["items"]
        return found

    def state(self) -> str:
        found: str = self.client.get(self._path()).json()["state"]
        return found

    def rate(self, score: int, comment: str) -> None:
        spell = self.client.get(self._path()).json()["service_session"]["id"]
        body = {"service_session_id": spell, "score": score, "comment": comment}
        assert self.client.post(self._path("/satisfaction"), json=body).status_code == 204


def new_writer(platform: Platform, *, bind: bool = False) -> Writer:
    made = hospital.sign_up(platform, new_name(), bind=bind)
    return Writer(made, hospital.institution(platform))


def demo_writer(platform: Platform, username: str) -> Writer:
    """A customer of the demonstration."""
    account = next(one for one in platform.info["accounts"] if one["username"] == username)
    client = httpx.Client(base_url=platform.url, timeout=30, trust_env=False)
    body = {"login": username, "password": account["password"]}
    client.headers["Authorization"] = f"Bearer {client.post('/api/session/login', json=body).json()['token']}"
    me = client.get("/api/patient/people/me").json()
    return Writer(Customer(client, {"name": me["name"]}, me["id"]), hospital.institution(platform))


def leave_some(platform: Platform) -> None:
    """One who was served, one who is (with a picture and a voice), two who wait: for screenshots."""
    agent = hospital.staff(platform, "customer_service")
    report(agent, "online")
    reply = {"title": "空腹要求", "body": "抽血和腹部彩超前请空腹 8 小时，可少量饮水。", "shared": True}
    agent.post("/api/admin/messaging/quick-replies", json=reply)
    past = new_writer(platform)
    past.say("报告什么时候能出来？", skill="exam")
    claim(agent, past.conversation)
    answer(agent, past.conversation, "体检后 5 个工作日内，出来后会在手机端通知您。")
    end(agent, past.conversation, "告知报告时间")
    past.rate(5, "回答很快")
    for text, skill in (("我要投诉前台的态度", "complaint"), ("可以上门换药吗？", "nursing")):
        new_writer(platform).say(text, skill=skill)
    zhang = demo_writer(platform, "demo-zhang")
    if zhang.state() == "active":
        return
    zhang.say("您好，我想问一下周五体检前要注意什么？", skill="exam")
    zhang.show("image", picture(320, 240))
    claim(agent, zhang.conversation)
    answer(
        agent,
        zhang.conversation,
        "张先生您好。体检前一晚 8 点以后请不要进食，当天早上空腹前来；降压药可以照常用少量水服下。",
    )
    zhang.show("voice", voice(2))
    zhang.show("voice", AMR)
    zhang.say("好的，谢谢！")


def new_agent(
    platform: Platform,
    name: str,
    *,
    on_duty: bool = True,
    role: str = "customer_service",
    scope: str = "institution",
) -> httpx.Client:
    """Somebody of customer service of their own, so that nobody else's customers fill their hands; or another who answers."""
    admin = hospital.staff(platform, "admin")
    username = f"kf.{secrets.token_hex(4)}"
    institution = hospital.institution(platform)
    profile = {"username": username, "display_name": name, "institution_id": institution}
    made = admin.post("/api/admin/accounts/accounts", json=profile)
    assert made.status_code == 201, made.text
    roles = admin.get("/api/admin/accounts/roles").json()
    role = next(one["id"] for one in roles if one["code"] == role)
    given = admin.put(
        f"/api/admin/accounts/accounts/{made.json()['id']}/grants",
        json={"grants": [{"role_id": role, "scope": scope}]},
    )
    assert given.status_code in (200, 204), given.text
    client = httpx.Client(base_url=platform.url, timeout=30, trust_env=False)
    first = {"login": username, "password": made.json()["password"]}
    token = client.post("/api/session/login", json=first).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    changed = client.post("/api/session/password", json={"current": first["password"], "new": PASSWORD})
    assert changed.status_code == 204, changed.text
    if on_duty:
        report(client, "online")
    return client


def report(agent: httpx.Client, state: str) -> None:
    body = {"state": state, "skills": ["general", "exam", "nursing", "complaint"], "max_load": 20}
    answer = agent.put("/api/admin/messaging/presence", json=body)
    assert answer.status_code == 200, answer.text


def claim(agent: httpx.Client, conversation: str) -> None:
    answer = agent.post(f"/api/admin/messaging/conversations/{conversation}/claim")
    assert answer.status_code == 204, answer.text


def answer(agent: httpx.Client, conversation: str, text: str) -> None:
    body = {"client_key": secrets.token_hex(8), "kind": "text", "text": text}
    sent = agent.post(f"/api/admin/messaging/conversations/{conversation}/messages", json=body)
    assert sent.status_code == 201, sent.text


def end(agent: httpx.Client, conversation: str, summary: str) -> None:
    body = {"reason": "solved", "summary": summary}
    ended = agent.post(f"/api/admin/messaging/conversations/{conversation}/end", json=body)
    assert ended.status_code == 204, ended.text


def picture(width: int = 8, height: int = 6) -> bytes:
    """A PNG in one colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\x00" + bytes((15, 118, 110)) * width for _ in range(height))
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def voice(seconds: float = 0.2) -> bytes:
    """A WAV of silence."""
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(int(16_000 * seconds)))
    return written.getvalue()
