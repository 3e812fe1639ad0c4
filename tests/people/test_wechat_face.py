"""The face check inside the mini-program, with the sandbox's WeChat at the other end."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.security import SYSTEM
from kanghu.modules.people.settings import settings
from kanghu.modules.wechat import public as wechat
from kanghu.modules.wechat.service.faces import cert_hash
from tests.conftest import SignIn
from tests.wechat.conftest import reachable as reachable
from tests.wechat.test_with_the_sandbox import Both, meeting

from .checking import Customer
from .conftest import Hospital, Register, a_customer, a_person


def test_the_hash_is_the_documented_one() -> None:
    expected = "3c241f7ff324977aeb91f173bb2a7b06569e6fd784d5573db34a636d8671108b"
    assert cert_hash("张三", "310101199801011234") == expected


@pytest.fixture
async def both(
    database: Database, sign_in: SignIn, reachable: Outbound, hospital: Hospital, tmp_path: Path
) -> AsyncIterator[Both]:
    async with meeting(database, sign_in, tmp_path, "safe", institution=hospital.ours) as made:
        yield made


@pytest.fixture
async def me(
    client: httpx.AsyncClient, sign_in: SignIn, hospital: Hospital, register: Register, monkeypatch: pytest.MonkeyPatch
) -> Customer:  # fmt: skip
    monkeypatch.setattr(settings(), "wechat_face", True)
    person = await register(a_person(), hospital.ours)
    customer = Customer(client, sign_in(a_customer(person, hospital.ours)), hospital.ours, person)
    await customer.agree("face_check")
    return customer


async def bind(both: Both, person: UUID) -> None:
    """As if they had signed in to the mini-program by WeChat."""
    login = (await both.phone.post(f"/control/fans/{both.openid}/mini-login")).json()["code"]
    identity = await wechat.identity_of_mini_program(both.database, both.mini_id, login)
    async with both.database.transaction() as tx:
        await wechat.bind(tx, SYSTEM, both.mini_id, identity.openid, person)


async def begin(me: Customer) -> Any:
    begun = await me.post("/identity/face", channel="mini_program")
    assert begun.status_code == 201, begun.text
    return begun.json()


async def test_a_face_that_wechat_knows(both: Both, me: Customer) -> None:
    unbound = await me.post("/identity/face", channel="mini_program")
    assert (unbound.status_code, unbound.json()["code"]) == (409, "people.wechat_not_bound")
    await bind(both, me.person)
    ticket = await begin(me)
    assert (ticket["url"], bool(ticket["verify_id"])) == (None, True)
    verdict = f"/identity/checks/{ticket['check']['id']}/verdict"
    early = await me.post(verdict)
    assert (early.status_code, early.json()["code"]) == (503, "people.provider_away")
    assert (await begin(me))["verify_id"] == ticket["verify_id"]
    await both.does("face", verify_id=ticket["verify_id"])
    assert (await me.post(verdict)).json()["state"] == "passed"
    shown = await me.get("/identity", channel="mini_program")
    assert (shown["assurance"]["level"], shown["assurance"]["way"]) == ("verified", "wechat_face")


@pytest.mark.parametrize(
    ("verify_ret", "reason"),
    [(10003, "mismatch"), (10004, "not_the_person"), (90004, "given_up"), (90008, "camera"), (90199, "not_recognised")],
)  # fmt: skip
async def test_only_ten_thousand_passes(both: Both, me: Customer, verify_ret: int, reason: str) -> None:
    await bind(both, me.person)
    ticket = await begin(me)
    await both.does("face", verify_ret=verify_ret)
    ended = (await me.post(f"/identity/checks/{ticket['check']['id']}/verdict")).json()
    assert (ended["state"], ended["reason"]) == ("failed", reason)
    assert await me.level() == "none"


async def test_wechat_that_refuses_or_is_away_is_told(both: Both, me: Customer) -> None:
    await bind(both, me.person)
    path = "/cityservice/face/identify/getverifyid"
    await both.phone.put("/control/faults", json={"errcodes": {path: 48001}})
    refused = await me.post("/identity/face", channel="mini_program")
    assert (refused.status_code, refused.json()["code"]) == (503, "people.provider_away")
    await both.phone.delete("/control/faults")
    assert (await begin(me))["check"]["state"] == "started"
