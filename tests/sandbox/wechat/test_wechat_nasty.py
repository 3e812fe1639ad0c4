"""Values that nobody sends in earnest, many at once, and the same stand-in after a restart and below a path."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from kanghu_sandbox.wechat import chat, people
from kanghu_sandbox.wechat.account import Account
from kanghu_sandbox.wechat.apis import APIS
from kanghu_sandbox.wechat.app import create_app
from kanghu_sandbox.wechat.codes import Refused
from kanghu_sandbox.wechat.interface import MINI as OF_MINI
from kanghu_sandbox.wechat.store import Store
from tests.sandbox.conftest import OUTBOUND, served
from tests.sandbox.test_sandbox_process import free_port

from .conftest import APP, MINI, MINI_SECRET, NOON, PNG, SECRET, Holder, Running

NAMES = """
touser openid openid_list tagid tag template_id data button matchrule menuid user_id action_name action_info msgtype
text image news msgmenu command appid cgi_path client_msg_id user_list next_openid code force_refresh expire_seconds
customservice miniprogram
""".split()  # noqa: SIM905
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "\x00\ud83d",
    "1" * 40,
    [],
    [1],
    {},
    {"id": 10**30},
)
QUERY = ("appid", "secret", "grant_type", "code", "js_code", "openid", "media_id", "type", "next_openid")


async def test_no_value_breaks_an_interface(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    tokens = {True: await wechat.token(MINI, MINI_SECRET), False: await wechat.token()}
    good = {
        "touser": openid,
        "openid": openid,
        "msgtype": "text",
        "action_name": "QR_SCENE",
        "template_id": "T-booked",
    }
    for api in APIS:
        query = {"access_token": tokens[api.of == OF_MINI]}
        for number, value in enumerate(VALUES):
            given_query = query | dict.fromkeys(QUERY, str(value).encode("utf-8", "replace").decode())
            body = json.dumps(dict.fromkeys(NAMES, value) | (good if number % 2 else {}))
            answer = await wechat.http.request(
                api.method, wechat.url + api.path, params=given_query, content=body
            )
            assert answer.status_code == 200, (api.path, value)
            assert isinstance(answer.json(), dict)
    asked = {"cgi_path": "/cgi-bin/menu/get"}
    asked = await wechat.post("/cgi-bin/openapi/quota/get", asked, access_token=tokens[False])
    assert asked["quota"]["used"] == len(VALUES)


async def test_many_at_once_never_send_more_than_the_window_holds(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    wechat.pass_time(60)
    await wechat.say(openid)
    token = await wechat.token()
    body = {"touser": openid, "msgtype": "text", "text": {"content": "x"}}
    sends = (wechat.post("/cgi-bin/message/custom/send", body, access_token=token) for _ in range(20))
    codes = [answer["errcode"] for answer in await asyncio.gather(*sends)]
    assert (codes.count(0), codes.count(45047)) == (5, 15)
    assert len(await wechat.phone(openid)) == 5


STEPS = st.lists(st.sampled_from([*chat.ALLOWANCES, "send", "send", "minute", "day"]), max_size=40)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_windows_hold_in_any_order(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    """Never a message without an open window; and without one that has no limit never more than the deeds allow."""
    store, now = Store(tmp_path_factory.mktemp("wechat")), NOON
    allowed, ends, unlimited = 0, 0.0, False
    with store.transaction() as tx:
        openid = people.add(tx, "a", "", now).openid
        for step in steps:
            if step in chat.ALLOWANCES:
                most, seconds = chat.ALLOWANCES[step]
                chat.allow(tx, openid, step, now)
                allowed, ends, unlimited = (
                    allowed + (most or 0),
                    max(ends, now + seconds),
                    unlimited or most is None,
                )
            elif step == "send":
                try:
                    chat.spend(tx, openid, now)
                except Refused as refused:
                    assert (refused.code == 45015) == (now >= ends)  # noqa: PT017
                else:
                    allowed -= 1
                    assert now < ends
                    assert unlimited or allowed >= 0
            now += {"minute": 60, "day": 86400}.get(step, 0)


async def test_below_a_path_addresses_and_cookies_are_right(
    account: Account, holder: Holder, tmp_path: Path
) -> None:
    root = FastAPI()
    root.mount("/wechat", create_app(account, tmp_path, lambda: NOON))
    with served(root) as url:
        async with httpx.AsyncClient(trust_env=False, base_url=f"{url}/wechat") as http:
            openid = (await http.post("/control/fans", json={"nickname": "张三"})).json()["openid"]
            await http.post(f"/control/fans/{openid}/follow", json={})
            await http.post(f"/control/fans/{openid}/files/image", content=PNG)
            address = holder.events[-1]["PicUrl"]
            assert address.startswith(f"{url}/wechat/mmbiz/")
            assert (await http.get(address)).content == PNG
            opened = await http.get(f"/phone/{openid}", params={"open": "https://h5.example/"})
            assert "Path=/wechat;" in opened.headers["set-cookie"]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Any]:
    """Starts all stand-ins as `make run` does, on the home of this test."""
    (tmp_path / "secret").write_text(OUTBOUND[1])
    running: list[subprocess.Popen[bytes]] = []

    def start() -> str:
        port = free_port()
        environment = os.environ | {
            "SANDBOX_HOME": str(tmp_path / "home"),
            "SANDBOX_APP_ID": OUTBOUND[0],
            "SANDBOX_SECRET_FILE": str(tmp_path / "secret"),
            "SANDBOX_WECHAT_APP_ID": APP,
            "SANDBOX_WECHAT_APP_SECRET": SECRET,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "kanghu_sandbox", "--port", str(port)], env=environment
        )
        running.append(process)
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, "the stand-ins did not start"
            assert time.monotonic() < deadline, "the stand-ins did not start in time"
            try:
                if httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200:
                    return f"http://127.0.0.1:{port}/wechat"
            except httpx.TransportError:
                time.sleep(0.1)

    yield start, running
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_fans_outlive_a_kill(started: Any) -> None:
    start, running = started
    with httpx.Client(trust_env=False) as http:
        url = start()
        openid = http.post(f"{url}/control/fans", json={"nickname": "张三"}).json()["openid"]
        http.post(f"{url}/control/fans/{openid}/follow", json={})
        running[0].send_signal(signal.SIGKILL)
        running[0].wait()
        url = start()
        query = {"grant_type": "client_credential", "appid": APP, "secret": SECRET}
        token = http.get(f"{url}/cgi-bin/token", params=query).json()["access_token"]
        told = http.get(f"{url}/cgi-bin/user/info", params={"access_token": token, "openid": openid}).json()
        assert told["subscribe"] == 1
        running[1].send_signal(signal.SIGTERM)
        assert running[1].wait() == 0
