"""A hospital with three agents and a customer, and everybody's requests in one line."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import JOBS, run_job
from kanghu.kernel.security import SYSTEM, Caller, Scope
from kanghu.modules.accounts import public as accounts
from kanghu.modules.people import public as people
from tests.conftest import SignIn

OWN = "messaging.own.use"
AGENT = (
    "messaging.conversation.read",
    "messaging.conversation.write",
    "messaging.queue.claim",
    "messaging.quick_reply.write",
    "exams.booking.read",
)
_keys = count(1)


def key() -> str:
    return f"key-{next(_keys):08}"


@dataclass
class Phone:
    """A customer's app; `me` acts for themselves unless `person` says for whom."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    person: UUID
    institution: UUID

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        return await self.client.request(method, f"/api/patient/messaging{path}", headers=headers, **more)

    async def get(self, path: str = "", **params: Any) -> Any:
        found = await self.ask("GET", f"/institutions/{self.institution}{path}", params=params)
        assert found.status_code == 200, found.text
        return found.json()

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.ask("POST", f"/institutions/{self.institution}{path}", json=body)

    async def say(self, text: str, **more: Any) -> Any:
        body = {"client_key": key(), "kind": "text", "text": text, **more}
        answer = await self.post("/messages", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def texts(self) -> list[str]:
        return [message["text"] for message in (await self.get("/messages", limit=200))["items"]]


@dataclass
class Desk:
    """An agent's page."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    account: UUID

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        url = f"/api/admin/messaging{path}"
        return await self.client.request(method, url, headers=self.headers, json=body, **more)

    async def get(self, path: str, **params: Any) -> Any:
        found = await self.ask("GET", path, params=params)
        assert found.status_code == 200, found.text
        return found.json()

    async def do(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.ask(method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def on_duty(self, *skills: str, **more: Any) -> Any:
        wanted = {"state": "online", "skills": skills or ("general",), **more}
        return await self.do("PUT", "/presence", wanted)

    async def claim(self, conversation: str) -> httpx.Response:
        return await self.ask("POST", f"/conversations/{conversation}/claim")

    async def say(self, conversation: str, text: str) -> Any:
        body = {"client_key": key(), "kind": "text", "text": text}
        return await self.do("POST", f"/conversations/{conversation}/messages", body)

    async def end(self, conversation: str, **more: Any) -> Any:
        body = {"reason": "solved", "summary": "已答复", **more}
        return await self.do("POST", f"/conversations/{conversation}/end", body)


@dataclass
class Ward:
    ours: UUID
    other: UUID
    agents: list[UUID]
    foreign_department: UUID
    foreign_agent: UUID
    person: UUID


@pytest.fixture
async def ward(database: Database) -> Ward:
    async with database.transaction() as tx:
        ours = await accounts.create_institution(tx, "ours", "康护医院")
        other = await accounts.create_institution(tx, "other", "另一医院")
        elsewhere = await accounts.create_department(tx, other, "checkup", "体检中心")
        stranger = await accounts.create_staff_account(
            tx, username="stranger", password="Ying-Shan-Hong-7", display_name="外院", institution_id=other
        )
        agents = [
            await accounts.create_staff_account(
                tx, username=f"agent{number}", password="Ying-Shan-Hong-7", display_name=name, institution_id=ours
            )
            for number, name in enumerate(("周客服", "吴客服", "郑主管"))
        ]  # fmt: skip
        person = await people.register_person(
            tx, SYSTEM, people.PersonInput(name="王小明", sex="1", birth_date=date(1980, 5, 6)), ours
        )
    return Ward(ours, other, agents, elsewhere, stranger, person)


MakePhone = Callable[..., Awaitable[Phone]]


@pytest.fixture
def phone_of(database: Database, client: httpx.AsyncClient, sign_in: SignIn, ward: Ward) -> MakePhone:
    """`await phone_of("李四")`: a customer of our institution, new on record, signed in."""
    born = count(1)

    async def make(name: str | None = None, institution: UUID | None = None) -> Phone:
        person = ward.person
        if name is not None:
            who = people.PersonInput(name=name, sex="2", birth_date=date(1970 + next(born) % 30, 1, 2))
            async with database.transaction() as tx:
                person = await people.register_person(tx, SYSTEM, who, ward.ours)
        caller = Caller(
            kind="customer",
            account_id=new_id(),
            person_id=person,
            institution_id=ward.ours,
            grants={OWN: Scope(persons=(person,))},
        )
        return Phone(client, sign_in(caller), person, institution or ward.ours)

    return make


@pytest.fixture
async def phone(phone_of: MakePhone) -> Phone:
    return await phone_of()


@pytest.fixture
def desk_of(client: httpx.AsyncClient, sign_in: SignIn, ward: Ward) -> Callable[..., Desk]:
    """`desk_of(0)`: the page of our first agent; permissions and scope may be others."""

    def make(
        agent: int = 0,
        *more: str,
        scope: Scope | None = None,
        institution: UUID | None = None,
        account: UUID | None = None,
    ) -> Desk:
        home = institution or ward.ours
        caller = Caller(
            kind="staff",
            account_id=account or ward.agents[agent],
            institution_id=home,
            grants=dict.fromkeys((*AGENT, *more), scope or Scope(institutions=(home,))),
        )
        assert caller.account_id is not None
        return Desk(client, sign_in(caller), caller.account_id)

    return make


@pytest.fixture
async def desk(desk_of: Callable[..., Desk]) -> Desk:
    made = desk_of(0)
    await made.on_duty("general", "exam")
    return made


@pytest.fixture
async def conversation(phone: Phone) -> str:
    """Our customer's, who has asked something and waits."""
    await phone.say("请问体检要空腹吗？")
    return str((await phone.get())["id"])


@pytest.fixture
async def served(desk: Desk, conversation: str) -> str:
    """The same, in the hands of the first agent."""
    assert (await desk.claim(conversation)).status_code == 204
    return conversation


@pytest.fixture
def work(database: Database) -> Callable[[], Awaitable[list[str]]]:
    """Runs every waiting job of messaging; returns the names of all jobs that waited."""

    async def run() -> list[str]:
        seen: list[str] = []
        while True:
            async with database.transaction() as tx:
                waiting = await tx.fetch("DELETE FROM pgqueuer RETURNING id, entrypoint, payload")
            if not waiting:
                return seen
            for job in sorted(waiting, key=lambda one: one["id"]):
                seen.append(job["entrypoint"])
                await run_job(database, JOBS[job["entrypoint"]], job["id"], job["payload"])

    return run


@pytest.fixture
def later(database: Database) -> Callable[..., Awaitable[None]]:
    """`await later(minutes=31)`: all that was noted so far lies that much further back."""

    async def shift(**by: int) -> None:
        columns = {
            "conversations": ("last_at", "created_at"),
            "service_sessions": ("started_at", "waiting_since", "claimed_at", "ended_at", "rated_at"),
            "messages": ("created_at", "sent_at"),
            "media": ("created_at",),
            "agents": ("seen_at",),
        }
        ((unit, amount),) = by.items()
        async with database.transaction() as tx:
            for table, names in columns.items():
                moved = ", ".join(f"{name} = {name} - interval '{amount} {unit}'" for name in names)
                await tx.execute(f"UPDATE messaging.{table} SET {moved}")

    return shift
