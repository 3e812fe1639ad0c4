"""An SMS account for tests, and the stand-in of the service at the other end of it."""

import asyncio
import ipaddress
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.jobs import JOBS, TryAgain, run_job
from kanghu.modules.notices.adapters import tencent_sms
from kanghu.modules.notices.settings import Settings, settings
from kanghu_sandbox.sms.account import Account
from kanghu_sandbox.sms.app import create_app
from tests.sandbox.conftest import served

ACCOUNT = {
    "secret_id": "AKIDtests",
    "sdk_app_id": "1400001234",
    "sign_name": "康护测试",
    "template_id": "778899",
}
KEY = "a-secret-key-of-the-tests"


def sms_account(endpoint: str = "http://127.0.0.1:9/", **changes: str) -> Settings:
    """An account as an operator sets it up; by default at an address where nobody listens."""
    return Settings.model_validate({"endpoint": endpoint, **ACCOUNT, "secret_key": KEY, **changes})


def use_sms_account(patch: pytest.MonkeyPatch, account: Settings) -> None:
    for name in Settings.model_fields:
        patch.setattr(settings(), name, getattr(account, name))


@dataclass
class Sms:
    """The platform's worker where SMS are concerned, and what came to the phones."""

    database: Database
    url: str

    async def work(self) -> int:
        """Delivers what waits in the queue; how many jobs wanted another try."""
        put_off = 0
        while waiting := await self._taken():
            for job in waiting:
                try:
                    await run_job(self.database, JOBS[job["entrypoint"]], job["id"], job["payload"])
                except TryAgain:
                    put_off += 1
        return put_off

    async def _taken(self) -> list[Any]:
        names = ["notices.send_code", "notices.send_phone_code"]
        async with self.database.transaction() as tx:
            found: list[Any] = await tx.fetch(
                "DELETE FROM pgqueuer WHERE entrypoint = ANY ($1) RETURNING id, entrypoint, payload", names
            )
        return found

    async def received(self, phone: str) -> list[str]:
        """Texts that came to the phone, newest first."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            answer = await client.get("/messages", params={"phone": phone})
        return [message["text"] for message in answer.json()]

    async def code(self, phone: str) -> str:
        """The newest code that came to the phone, once the worker has done what waits."""
        await self.work()
        found = re.search(r"验证码为(\d{6})", (await self.received(phone))[0])
        assert found is not None
        return found[1]


@asynccontextmanager
async def sms_service(database: Database, folder: Path, **changes: str) -> AsyncIterator[Sms]:
    """A running stand-in, and the platform set up to send by it; `changes` spoil the platform's side."""
    app = create_app(Account(secret_key=KEY, **ACCOUNT), folder / "sms.jsonl")
    outbound = Outbound([ipaddress.ip_network("127.0.0.0/8")])
    with served(app) as url, pytest.MonkeyPatch.context() as patch:
        use_sms_account(patch, sms_account(f"{url}/", **changes))
        patch.setattr(tencent_sms, "outbound", lambda: outbound)
        yield Sms(database, url)
        await asyncio.shield(outbound.close())
