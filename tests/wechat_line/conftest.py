"""A hospital with agents, its official account at a WeChat on a real socket, and fans who write to it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.jobs import JOBS, TryAgain, run_job
from kanghu.kernel.security import SYSTEM
from kanghu.modules.wechat import public as wechat
from tests.messaging.conftest import Desk, Ward, desk, desk_of, ward
from tests.wechat.accounts import OPENID, Pushing, pushing, speak, xml
from tests.wechat.conftest import reachable, standin
from tests.wechat.standin import StandIn

__all__ = ["desk", "desk_of", "reachable", "standin", "ward"]

SEND, GET = "/cgi-bin/message/custom/send", "/cgi-bin/media/get"


@dataclass
class Line:
    """The official account, from the side of WeChat, and what our worker makes of it."""

    database: Database
    push: Pushing
    standin: StandIn
    ward: Ward

    async def say(self, text: str, openid: str = OPENID, **fields: Any) -> None:
        await speak(self.push, openid, **{"Content": text, **fields})

    async def happen(self, event: str, key: str = "", openid: str = OPENID, **more: Any) -> None:
        fields = {"MsgType": "event", "Event": event, "EventKey": key, **more}
        answer = await self.push.sealed(xml(openid, **fields))
        assert answer.text == "success"

    async def work(self) -> list[str]:
        """Runs every waiting job, those that want another try only once; returns what was left for later."""
        later: list[str] = []
        while True:
            async with self.database.transaction() as tx:
                waiting = await tx.fetch("DELETE FROM pgqueuer RETURNING id, entrypoint, payload")
            if not waiting:
                return later
            for job in sorted(waiting, key=lambda one: one["id"]):
                if not await self.run(job):
                    later.append(job["entrypoint"])

    async def run(self, job: Any) -> bool:
        try:
            await run_job(self.database, JOBS[job["entrypoint"]], job["id"], job["payload"])
        except TryAgain:
            return False
        return True

    async def bind(self, person_id: UUID, openid: str = OPENID) -> None:
        async with self.database.transaction() as tx:
            await wechat.bind(tx, SYSTEM, self.push.account_id, openid, person_id)

    def sent(self, openid: str = OPENID) -> list[str]:
        """The texts that reached a fan."""
        return [one["text"]["content"] for one in self.standin.sent if one["touser"] == openid]


@pytest.fixture
async def line(
    client: httpx.AsyncClient, database: Database, standin: StandIn, reachable: Outbound, ward: Ward
) -> Line:
    push = await pushing(client, database, api_url=standin.url, institution_id=ward.ours)
    return Line(database, push, standin, ward)


Shown = list[tuple[str, str]]


@pytest.fixture
def shown(desk: Desk) -> Callable[[str], Awaitable[Shown]]:
    """`await shown(conversation)`: direction and text (or kind) of its messages, without lines of the system."""

    async def read(conversation: str) -> Shown:
        items = (await desk.get(f"/conversations/{conversation}/messages", limit=200))["items"]
        return [(one["direction"], one["text"] or one["kind"]) for one in items if one["kind"] != "system"]

    return read


async def at_once(*works: Awaitable[Any]) -> list[Any]:
    return list(await asyncio.gather(*works))
