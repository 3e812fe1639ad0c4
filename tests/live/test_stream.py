"""Open pages over real sockets, in one process."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx
import pytest

from kanghu.kernel import live
from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.live import Change
from kanghu.kernel.security import Caller, Scope
from kanghu.main.live import hub as hub_module
from kanghu.main.live.audience import Audience, News
from tests.conftest import SignIn

from .conftest import Web, served
from .page import Page

OURS = new_id()
Tell = Callable[..., Awaitable[None]]
pytestmark = pytest.mark.usefixtures("quick")


def doctor() -> Caller:
    return Caller(
        kind="staff",
        account_id=new_id(),
        institution_id=OURS,
        grants={"exams.result.read": Scope(institutions=(OURS,))},
    )


def customer() -> Caller:
    return Caller(kind="customer", account_id=new_id(), person_id=new_id(), institution_id=OURS)


async def test_a_change_reaches_whom_it_concerns(web: Web, sign_in: SignIn, tell: Tell) -> None:
    me, somebody = customer(), customer()
    async with (
        Page(web.url, sign_in(me)) as mine,
        Page(web.url, sign_in(somebody)) as theirs,
        Page(web.url, sign_in(doctor())) as ours,
    ):
        await tell("exams.results", person_id=me.person_id, institution_id=OURS)
        await mine.hears("exams.results")
        await ours.hears("exams.results")
        assert mine.heard() == [("exams.results", str(me.person_id))]
        assert ours.heard() == [("exams.results", None)]
        await tell("notices.notices", person_id=somebody.person_id)
        await theirs.hears("notices.notices")
        assert theirs.topics() == {"notices.notices"}
        assert (mine.topics(), ours.topics()) == ({"exams.results"}, {"exams.results"})


async def test_a_page_hears_at_once_where_it_stands_and_a_heartbeat(web: Web, sign_in: SignIn) -> None:
    async with Page(web.url, sign_in(doctor())) as page:
        await page.until(lambda: page.heartbeats >= 3, 5)
        assert [event.name for event in page.events] == ["ready"]
        assert page.answer is not None
        assert page.answer.headers["cache-control"] == "no-store"
        assert page.answer.headers["x-accel-buffering"] == "no"
        assert "content-length" not in page.answer.headers


async def test_who_comes_back_hears_what_was_missed_once_and_in_order(
    web: Web, sign_in: SignIn, tell: Tell
) -> None:
    me = customer()
    async with Page(web.url, sign_in(me)) as page:
        await tell("exams.bookings", person_id=me.person_id)
        await page.hears("exams.bookings")
    for topic in ("exams.guides", "exams.results", "exams.reports"):
        await tell(topic, person_id=me.person_id)
        await tell(topic, person_id=new_id())
        await asyncio.sleep(0.4)  # numbers of their own
    async with Page(web.url, sign_in(me), page.last) as back:
        await back.hears("exams.reports")
        await tell("health.risks", person_id=me.person_id)
        await back.hears("health.risks")
    assert [topic for topic, _ in back.heard()] == [
        "exams.guides",
        "exams.results",
        "exams.reports",
        "health.risks",
    ]
    numbers = [event.id for event in back.events]
    assert numbers == sorted(numbers)


async def test_who_was_away_too_long_asks_for_everything_again(
    web: Web, sign_in: SignIn, tell: Tell, database: Database
) -> None:
    me = customer()
    async with Page(web.url, sign_in(me)) as page:
        await tell("exams.bookings", person_id=me.person_id)
        await page.hears("exams.bookings")
    await tell("exams.guides", person_id=me.person_id)
    await asyncio.sleep(0.5)
    async with database.transaction() as tx:
        await tx.execute("UPDATE kernel.live_events SET at = now() - interval '25 hours'")
        await live.purge_live_events(tx)
    for last in (page.last, 10**15):
        async with Page(web.url, sign_in(me), last) as back:
            await back.until(lambda: back.heard("reset") != [])
            await tell("exams.results", person_id=me.person_id)
            await back.hears("exams.results")
            assert [event.name for event in back.events] == ["reset", "change"]


@pytest.mark.parametrize("given", ["abc", "-1", "9" * 40, "1; DROP"])
async def test_a_number_that_is_none_is_no_error(web: Web, sign_in: SignIn, given: str) -> None:
    headers = {**sign_in(doctor()), "Last-Event-ID": given}
    async with Page(web.url, headers) as page:
        await page.until(lambda: page.heard("reset") != [])


async def test_nobody_listens_without_signing_in(web: Web) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for headers in ({}, {"Authorization": "Bearer made-up"}):
            answer = await client.get(f"{web.url}/api/live", headers=headers)
            assert answer.status_code == 401


async def test_the_end_of_a_session_ends_its_streams(web: Web, sign_in: SignIn) -> None:
    headers = sign_in(doctor())
    async with Page(web.url, headers) as page, Page(web.url, sign_in(doctor())) as other:
        await page.until(lambda: page.heartbeats > 1)
        sign_in.callers.pop(headers["Authorization"].removeprefix("Bearer "))
        await page.until(lambda: page.ended, 5)
        assert not other.ended


async def test_rights_that_are_taken_away_are_gone_from_open_streams(
    web: Web, sign_in: SignIn, tell: Tell
) -> None:
    who = doctor()
    headers = sign_in(who)
    async with Page(web.url, headers) as page:
        await tell("exams.results", institution_id=OURS)
        await page.hears("exams.results")
        sign_in.callers[headers["Authorization"].removeprefix("Bearer ")] = Caller(
            kind="staff", account_id=who.account_id, institution_id=OURS
        )
        await asyncio.sleep(0.4)
        await tell("exams.results", institution_id=OURS)
        await tell("notices.notices", account_id=who.account_id)
        await page.hears("notices.notices")
        assert page.heard() == [("exams.results", None), ("notices.notices", None)]


async def test_open_pages_hold_no_connection_of_the_pool(
    database: Database, sign_in: SignIn, numbering: None
) -> None:
    async with served(database, sign_in, pool=1) as web:
        pages = [Page(web.url, sign_in(doctor())) for _ in range(20)]
        for page in pages:
            await page.__aenter__()
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            answers = await asyncio.gather(*(client.get(f"{web.url}/healthz") for _ in range(5)))
        assert [answer.status_code for answer in answers] == [200] * 5
        for page in pages:
            await page.__aexit__(None, None, None)


async def test_an_account_has_so_many_streams_and_the_oldest_goes(
    web: Web, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "STREAMS_OF_AN_ACCOUNT", 2)
    headers = sign_in(doctor())
    async with Page(web.url, headers) as first, Page(web.url, headers) as second:
        async with Page(web.url, headers) as third:
            await first.until(lambda: first.ended, 5)
            assert not second.ended
            assert not third.ended


async def test_a_full_process_says_so(web: Web, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "STREAMS", 1)
    async with Page(web.url, sign_in(doctor())):
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            answer = await client.get(f"{web.url}/api/live", headers=sign_in(doctor()))
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "30"
    await asyncio.sleep(0.2)
    async with Page(web.url, sign_in(doctor())) as page:  # the place of the one who left
        assert not page.ended


async def test_who_does_not_read_is_dropped(web: Web, sign_in: SignIn) -> None:
    """A phone that went into a tunnel: its share of what comes is never piled up."""
    address = urlsplit(web.url)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect((address.hostname, address.port))
    who = sign_in(customer())["Authorization"]
    line.sendall(f"GET /api/live HTTP/1.1\r\nHost: x\r\nAuthorization: {who}\r\n\r\n".encode())
    await _until(lambda: len(web.hub._streams) == 1)
    (stream,) = web.hub._streams
    persons = [new_id() for _ in range(5_000)]
    large = Audience(stream.audience.caller, frozenset(persons))
    news = News([Change(7, "exams.results", person, None, None) for person in persons])
    deadline = time.monotonic() + 60
    while web.hub._streams:
        assert time.monotonic() < deadline
        stream.audience = large  # the hub looks again who this is
        stream.push(news)
        assert len(stream._pending) <= len(persons)
        await asyncio.sleep(0.02)
    line.close()


async def test_a_lost_listening_connection_comes_back_and_misses_nothing(
    web: Web, sign_in: SignIn, tell: Tell, database: Database
) -> None:
    async with Page(web.url, sign_in(doctor())) as page:
        await tell("exams.results", institution_id=OURS)
        await page.hears("exams.results")
        async with database.transaction() as tx:
            ended = await tx.fetch(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name <> 'kanghu'"""
            )
        assert len(ended) == 1
        await tell("exams.results", institution_id=OURS)
        await page.until(lambda: len(page.heard()) == 2)


async def test_the_end_of_the_process_is_not_held_up(web: Web, sign_in: SignIn) -> None:
    async with Page(web.url, sign_in(doctor())) as page:
        began = time.monotonic()
        web.server.should_exit = True
        await asyncio.wait_for(asyncio.shield(web.running), 5)
        assert time.monotonic() - began < 3
        await page.until(lambda: page.ended)


async def _until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
