"""Fans, tags and QR codes as staff keep them, against the sandbox's WeChat."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.security import Caller
from tests.conftest import SignIn
from tests.messaging.conftest import Ward
from tests.wechat.test_with_the_sandbox import Both, meeting

from .test_replies import Console


@pytest.fixture
async def both(
    database: Database, sign_in: SignIn, reachable: Outbound, tmp_path: Path, ward: Ward
) -> AsyncIterator[Both]:
    async with meeting(database, sign_in, tmp_path, "safe", ward.ours) as met:
        yield met


@pytest.fixture
def console(
    both: Both, client: httpx.AsyncClient, sign_in: SignIn, staff: Callable[..., Caller], ward: Ward
) -> Console:
    caller = staff("wechat.fan.read", "wechat.fan.write", institution=ward.ours)
    return Console(client, sign_in(caller), both.account_id)


async def listed(console: Console, **filters: Any) -> list[dict[str, Any]]:
    found = await console.do("GET", "/fans", params=filters)
    return list(found["items"])


async def test_fans_are_tagged_by_the_dozen(both: Both, console: Console) -> None:
    await both.does("follow")
    others = [(await both.phone.post("/control/fans", json={"nickname": f"客 {n}"})).json() for n in range(2)]
    for other in others:
        assert (await both.phone.post(f"/control/fans/{other['openid']}/follow", json={})).status_code == 200
    openids = [both.openid, *(other["openid"] for other in others)]
    tag = await console.do("POST", "/tags", {"name": "会员"})
    await console.do("POST", f"/tags/{tag['id']}/fans", {"openids": openids})
    assert {fan["openid"] for fan in await listed(console, tag_id=tag["id"])} == set(openids)
    assert [
        (one["name"], one["count"]) for one in await console.do("GET", "/tags") if one["id"] == tag["id"]
    ] == [("会员", 3)]
    await console.do("POST", f"/tags/{tag['id']}/fans", {"openids": openids[:1], "remove": True})
    assert {fan["openid"] for fan in await listed(console, tag_id=tag["id"])} == set(openids[1:])
    refused = await console.ask("POST", "/tags", {"name": "会员"})
    assert (refused.status_code, refused.json()["code"]) == (422, "wechat.tag_refused")
    await console.do("PUT", f"/tags/{tag['id']}", {"name": "老会员"})
    await console.do("DELETE", f"/tags/{tag['id']}")
    assert await listed(console, tag_id=tag["id"]) == []
    assert len(await listed(console, subscribed=True, bound=False)) == 3
    first = await console.do("GET", "/fans", params={"limit": 2})
    rest = await console.do("GET", "/fans", params={"limit": 2, "cursor": first["next"]})
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)


async def test_a_qr_code_brings_its_scene(both: Both, console: Console) -> None:
    made = await console.do("POST", "/qr-codes", {"name": "门诊", "scene": "desk-1", "days": 7})
    assert made["expires_at"] is not None
    lasting = await console.do("POST", "/qr-codes", {"name": "大厅", "scene": "hall"})
    assert lasting["expires_at"] is None
    assert [one["scene"] for one in await console.do("GET", "/qr-codes")] == ["hall", "desk-1"]
    async with both.database.transaction() as tx:
        ticket = await tx.fetchval("SELECT ticket FROM wechat.qr_codes WHERE scene = 'desk-1'")
    await both.does("scan", ticket=ticket)
    async with both.database.transaction() as tx:
        told = await tx.fetchval("SELECT string_agg(convert_from(payload, 'UTF8'), ' ') FROM pgqueuer")
    assert "desk-1" in told


async def test_another_hospitals_fans_are_not_seen(
    both: Both, client: httpx.AsyncClient, sign_in: SignIn, staff: Callable[..., Caller], ward: Ward
) -> None:
    stranger = staff("wechat.fan.read", "wechat.fan.write", institution=ward.other)
    other = Console(client, sign_in(stranger), both.account_id)
    for method, path, body in (
        ("GET", "/fans", None),
        ("GET", "/tags", None),
        ("POST", "/tags", {"name": "会员"}),
        ("GET", "/qr-codes", None),
    ):
        assert (await other.ask(method, path, body)).status_code == 404
