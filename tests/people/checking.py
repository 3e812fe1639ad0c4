"""Identity checks in tests: an account at the stand-in of FaceID, a customer, and the jobs that ask for verdicts."""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.jobs import JOBS, TryAgain, run_job
from kanghu.modules.people.adapters import faceid
from kanghu.modules.people.settings import FaceIdSettings, face_id
from kanghu_sandbox.faceid.account import Account
from kanghu_sandbox.faceid.app import create_app
from tests.sandbox.conftest import served

KEY = "a-secret-key-of-the-tests"
ROOT = "/api/patient/people"
JPEG = b"\xff\xd8\xff\xe0" + b"front of a card" * 20
PNG = b"\x89PNG\r\n\x1a\n" + b"back of a card" * 20


def face_account(endpoint: str = "http://127.0.0.1:9/", **changes: Any) -> FaceIdSettings:
    """An account as an operator sets it up; by default at an address where nobody listens."""
    given = {
        "endpoint": endpoint,
        "secret_id": "AKIDtests",
        "secret_key": KEY,
        "rule_id": "7",
        "return_url": "http://127.0.0.1:8000/m/pkg-account/identity",
        "real_name": True,
    }
    return FaceIdSettings.model_validate(given | changes)


def use_face_account(patch: pytest.MonkeyPatch, account: FaceIdSettings) -> None:
    for name in FaceIdSettings.model_fields:
        patch.setattr(face_id(), name, getattr(account, name))


@dataclass
class Service:
    """FaceID as its operator sees it."""

    url: str
    desk: httpx.AsyncClient

    async def sessions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.desk.get("/control/sessions")).json()
        return found

    async def ends(self, err_code: int) -> None:
        """The newest check ends like this."""
        newest = (await self.sessions())[0]["biz_token"]
        done = await self.desk.put(f"/control/sessions/{newest}", json={"err_code": err_code})
        assert done.status_code == 200, done.text

    async def fails(self, **faults: Any) -> None:
        assert (await self.desk.put("/control/faults", json=faults)).status_code == 200


@asynccontextmanager
async def face_service(folder: Path, **changes: Any) -> AsyncIterator[Service]:
    """A running stand-in, and the platform set up to ask it; `changes` spoil the platform's side."""
    app = create_app(Account(secret_id="AKIDtests", secret_key=KEY, rule_id="7"), folder)
    outbound = Outbound([ipaddress.ip_network("127.0.0.0/8")])
    with served(app) as url, pytest.MonkeyPatch.context() as patch:
        use_face_account(patch, face_account(f"{url}/", **changes))
        patch.setattr(faceid, "outbound", lambda: outbound)
        async with httpx.AsyncClient(base_url=url, trust_env=False) as desk:
            yield Service(url, desk)
        await outbound.close()


@dataclass
class Customer:
    """Somebody with an account, at the door of the platform."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    institution: UUID
    person: UUID

    async def get(self, path: str, **query: str) -> Any:
        answer = await self.client.get(f"{ROOT}{path}", params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"{ROOT}{path}", json=body or None, headers=self.headers)

    async def level(self) -> str:
        return str((await self.get("/identity"))["assurance"]["level"])

    async def agree(self, kind: str) -> str:
        given = {
            "kind": kind,
            "institution_id": str(self.institution),
            "text_version": "v1",
            "channel": "h5",
        }
        signed = await self.post("/consents", **given)
        assert signed.status_code == 201, signed.text
        return str(signed.json()["id"])

    async def picture(self, side: str, content: bytes) -> httpx.Response:
        return await self.client.post(
            f"{ROOT}/identity/card/{side}",
            content=content,
            headers={**self.headers, "Content-Type": "application/octet-stream"},
        )

    async def send_card(self) -> httpx.Response:
        for side, content in (("front", JPEG), ("back", PNG)):
            assert (await self.picture(side, content)).status_code == 204
        return await self.post("/identity/card")


async def run_waiting(database: Database, *names: str) -> int:
    """Delivers what waits in the queue under these names; how many wanted another try."""
    put_off = 0
    async with database.transaction() as tx:
        found = await tx.fetch(
            "DELETE FROM pgqueuer WHERE entrypoint = ANY ($1) RETURNING id, entrypoint, payload", list(names)
        )
    for job in found:
        try:
            await run_job(database, JOBS[job["entrypoint"]], job["id"], job["payload"])
        except TryAgain:
            put_off += 1
    return put_off
