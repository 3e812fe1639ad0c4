"""Real processes: two webs, a kill, an ended session, a farewell."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest

from tests.wire.conftest import Platform, eventually, free_port

from .page import Page

pytestmark = pytest.mark.timeout(400)


@contextmanager
def another_web(platform: Platform) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A second web process on the same database, as an operator would add one; its address."""
    kept = json.loads((platform.home / "pg" / "connection.json").read_text())
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "kanghu.main.web"],
        env={
            **platform.environment,
            "KANGHU_PORT": str(port),
            "DATABASE_URL": f"postgresql://app:{kept['password']}@127.0.0.1:{kept['port']}/postgres",
        },
    )
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _answers(url), seconds=60)
        yield url, process
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def session_of(client: httpx.Client) -> dict[str, str]:
    return {"Authorization": client.headers["Authorization"]}


def signed_in_as(platform: Platform, username: str) -> httpx.Client:
    account = next(found for found in platform.info["accounts"] if found["username"] == username)
    client = httpx.Client(base_url=platform.url, timeout=30, trust_env=False)
    answer = client.post("/api/session/login", json={"login": username, "password": account["password"]})
    assert answer.status_code == 200, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return client


async def push_results(platform: Platform, url: str, customer: dict[str, Any], value: str) -> None:
    """US-H3 about the customer, to one of the web processes."""
    at = time.strftime("%Y%m%d%H%M%S")
    body = {
        "exam_account": customer["exam_account"],
        "exam_no": "LIVE-1",
        "person": customer["person"],
        "change": "1",
        "results": [{"item_code": "CHO", "value": value, "performed_at": at}],
    }
    answer = await asyncio.to_thread(platform.vendor(url=url).push, "results", body)
    assert answer["accepted"] is True, answer


@asynccontextmanager
async def pages(*asked: Page) -> AsyncIterator[None]:
    for page in asked:
        await page.__aenter__()
    yield
    for page in asked:
        await page.__aexit__(None, None, None)


async def test_a_push_to_one_web_is_heard_by_pages_of_both(platform: Platform) -> None:
    me, somebody = platform.customer(), platform.customer(place=1)
    with another_web(platform) as (second, _):
        mine = Page(platform.url, session_of(signed_in_as(platform, me["username"])))
        theirs = Page(second, session_of(signed_in_as(platform, somebody["username"])))
        doctors = Page(second, session_of(platform.sign_in("doctor")))
        it = Page(platform.url, session_of(platform.sign_in("it_staff")))
        async with pages(mine, theirs, doctors, it):
            await push_results(platform, second, me, "5.1")
            topics = ("exams.results", "exams.bookings")
            await mine.hears(*topics)
            await doctors.hears(*topics)
            await it.hears("exchange.messages")
            persons = {person for topic, person in mine.heard() if topic == "exams.results"}
            assert len(persons) == 1
            assert persons != {None}
            assert {person for _, person in doctors.heard()} == {None}
            assert not {topic for topic in it.topics() if topic.startswith(("exams.", "health."))}
            assert theirs.heard() == []


async def test_a_killed_web_loses_nothing(own_platform: Platform) -> None:
    platform = own_platform
    me = platform.customer()
    headers = session_of(signed_in_as(platform, me["username"]))
    with another_web(platform) as (second, _):
        async with Page(platform.url, headers) as page:
            await push_results(platform, second, me, "5.2")
            await page.hears("exams.results")
            await asyncio.sleep(2)  # what else follows from that push
            platform.kill("kanghu.main.web")
            await page.until(lambda: page.ended)
        last = page.last
        await push_results(platform, second, me, "5.3")
        await asyncio.to_thread(eventually, lambda: _answers(platform.url), seconds=60)
        async with Page(platform.url, headers, last) as back:
            await back.hears("exams.results")
            assert back.heard("reset") == []
            assert min(event.id for event in back.events) > (last or 0)


async def test_the_end_of_a_session_ends_the_stream(platform: Platform) -> None:
    here, there = platform.sign_in("doctor"), platform.sign_in("doctor")
    async with Page(platform.url, session_of(here)) as page:
        assert there.delete("/api/session/sessions").status_code == 200
        await page.until(lambda: page.ended, 30)


async def test_open_pages_do_not_hold_up_the_end_of_a_process(platform: Platform) -> None:
    with another_web(platform) as (second, process):
        async with Page(second, session_of(platform.sign_in("doctor"))) as page:
            began = time.monotonic()
            os.kill(process.pid, signal.SIGTERM)
            await asyncio.to_thread(process.wait, 20)
            assert time.monotonic() - began < 8
            assert (
                process.returncode == -signal.SIGTERM
            )  # uvicorn ends as it was asked to, after its farewell
            await page.until(lambda: page.ended)
