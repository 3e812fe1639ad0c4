"""A hospital whose notices leave the house, and the services that they leave by: everything on real sockets."""

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.jobs import JOBS, TryAgain, run_job
from kanghu.kernel.security import SYSTEM
from kanghu.modules.accounts import public as accounts
from kanghu.modules.notices import public as notices
from kanghu.modules.notices.adapters import aliyun_sms, tencent_sms
from kanghu.modules.notices.settings import AliyunSettings, MailSettings, Settings, aliyun, settings
from kanghu.modules.people import public as people
from kanghu_sandbox.sms.account import Account, AliyunAccount
from kanghu_sandbox.sms.app import create_app
from tests.notices.mail_server import set_mail_account
from tests.sandbox.conftest import served
from tests.sms import ACCOUNT, KEY, sms_account, use_sms_account

PHONE = "13812345678"
TEXT = "您已预约{1}体检，请按时前往。"
ALIYUN = {"access_key_id": "LTAItests", "access_key_secret": "a-secret-of-aliyun", "sign_name": "康护测试"}
RECEIPT_KEY = "k" * 32
DAY = {"appointment_date": date(2026, 12, 1)}


def use(patch: pytest.MonkeyPatch, live: Any, wanted: Any) -> None:
    """As if the process had been started with this environment."""
    for name in type(wanted).model_fields:
        patch.setattr(live, name, getattr(wanted, name))


@dataclass
class World:
    """One customer with a phone; `work` is the worker."""

    database: Database
    person_id: UUID
    sms_url: str = ""
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(trust_env=False))

    async def notify(self, template: str = "booking_confirmed", **more: Any) -> UUID:
        async with self.database.transaction() as tx:
            data = DAY if template.startswith("booking") else {}
            told = await notices.notify(
                tx,
                template,
                person_id=self.person_id,
                **{"data": data, "subject": "exams.bookings/1", **more},
            )
        return told.id

    async def work(self, rounds: int = 6) -> None:
        """What is due by now (the test's clock may be ahead), and what comes of it; a job that wants another try gets it in
        the next round."""
        for _ in range(rounds):
            due = await self._taken()
            if not due:
                return
            for job in due:
                try:
                    await run_job(self.database, JOBS[job["entrypoint"]], job["id"], job["payload"])
                except TryAgain:
                    await self._again(job)

    async def _taken(self) -> list[Any]:
        ahead = clock.now() - datetime.now(clock.SHANGHAI)
        async with self.database.transaction() as tx:
            found: list[Any] = await tx.fetch(
                """DELETE FROM pgqueuer WHERE (entrypoint LIKE 'notices.%' OR entrypoint LIKE 'wechat.%')
                      AND execute_after <= clock_timestamp() + $1 RETURNING id, entrypoint, payload""",
                ahead + timedelta(seconds=1),
            )
        return sorted(found, key=lambda job: job["id"])

    async def _again(self, job: Any) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO pgqueuer (priority, entrypoint, payload, status) VALUES (0, $1, $2, 'queued')",
                job["entrypoint"],
                job["payload"],
            )

    async def until(self, check: Callable[[], Awaitable[bool]]) -> None:
        """Works until `check` says so: what comes over sockets needs a moment."""
        async with asyncio.timeout(30):
            while not await check():
                await self.work(1)
                await asyncio.sleep(0.05)

    async def states(self, notice_id: UUID) -> dict[str, tuple[str, str]]:
        """Channel → state and reason, of what left the house or should have."""
        async with self.database.transaction() as tx:
            found = await tx.fetch(
                "SELECT channel, state, reason FROM notices.deliveries WHERE notice_id = $1 AND channel <> 'in_app'",
                notice_id,
            )
        return {row["channel"]: (row["state"], row["reason"]) for row in found}

    async def one(self, query: str, *values: Any) -> Any:
        async with self.database.transaction() as tx:
            return await tx.fetchval(query, *values)

    async def template(self, code: str, channel: str, sender: str, external_id: str, **more: Any) -> None:
        fields = more.pop("fields", [{"name": "day", "value": "{appointment_date}"}])
        async with self.database.transaction() as tx:
            await tx.execute(
                """INSERT INTO notices.channel_templates (id, code, channel, sender, kind, external_id, fields, url)
                   VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7)""",
                code,
                channel,
                sender,
                more.get("kind", "sms"),
                external_id,
                fields,
                more.get("url", ""),
            )

    async def never_quiet(self) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO notices.settings (content, version) VALUES ($1, 1)",
                {
                    "channels": ["wechat", "sms", "email"],
                    "quiet_from": "00:00",
                    "quiet_until": "00:00",
                    "caps": {name: {"hour": 5, "day": 10} for name in ("wechat", "sms", "email")},
                    "sms_order": ["tencent", "aliyun"],
                },
            )

    # ---- the phone, and what goes wrong on the way to it ----

    async def texts(self) -> list[str]:
        answer = await self.client.get(f"{self.sms_url}/messages", params={"phone": PHONE})
        return [message["text"] for message in answer.json()]

    async def faults(self, **faults: Any) -> None:
        answer = await self.client.put(f"{self.sms_url}/control/faults", json=faults)
        assert answer.status_code == 200, answer.text


async def customer(database: Database) -> UUID:
    async with database.transaction() as tx:
        institution = await accounts.create_institution(tx, code="hospital", name="康护医院")
        person = people.PersonInput(name="欧阳秀", sex="2", birth_date=date(1980, 5, 6), phone=PHONE)
        return await people.register_person(tx, SYSTEM, person, institution)


@contextlib.asynccontextmanager
async def world(database: Database, folder: Path, *, by_aliyun: bool = True) -> AsyncIterator[World]:
    """Both SMS services, with a template for bookings at each; no mail, no quiet hours."""
    account = Account(secret_key=KEY, more={"2001": TEXT}, **ACCOUNT)
    other = AliyunAccount(**ALIYUN, template_code="SMS_1", more={"SMS_2001": TEXT.replace("{1}", "${day}")})
    outbound = Outbound([ipaddress.ip_network("127.0.0.0/8")])
    made = World(database, await customer(database))
    with served(
        create_app(account, folder / "sms.jsonl", lambda: clock.now().timestamp(), other, 0.1)
    ) as url:
        with pytest.MonkeyPatch.context() as patch:
            made.sms_url = url
            use_sms_account(patch, sms_account(f"{url}/", receipt_key=RECEIPT_KEY))
            set_mail_account(patch, MailSettings())
            endpoint = {"endpoint": f"{url}/aliyun/", "template_code": "SMS_1"}
            use(patch, aliyun(), AliyunSettings.model_validate({**(ALIYUN if by_aliyun else {}), **endpoint}))
            for adapter in (tencent_sms, aliyun_sms):
                patch.setattr(adapter, "outbound", lambda: outbound)
            await made.never_quiet()
            await made.template("booking_confirmed", "sms", "tencent", "2001")
            await made.template("booking_confirmed", "sms", "aliyun", "SMS_2001")
            yield made
            await made.client.aclose()
            await asyncio.shield(outbound.close())


def without_sms(patch: pytest.MonkeyPatch) -> None:
    use(patch, settings(), Settings.model_validate({"secret_id": ""}))
    use(patch, aliyun(), AliyunSettings())
