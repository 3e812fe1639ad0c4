"""Our side and the sandbox's WeChat, which share no code, over sockets both ways: what each believes of the protocol is the same."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from kanghu.kernel.db import Database
from kanghu.kernel.http import Outbound
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller, Scope
from kanghu.modules.wechat import errors
from kanghu.modules.wechat import public as wechat
from kanghu.modules.wechat.events import BroadcastReported
from kanghu.modules.wechat.models import TagRuleWanted
from kanghu.modules.wechat.service import broadcasting, broadcasts, fans, tag_rules, tagging
from kanghu.modules.wechat.service.broadcasts import Wanted
from kanghu_sandbox.wechat.account import Account as Console
from kanghu_sandbox.wechat.app import create_app as create_wechat
from tests.conftest import SignIn
from tests.live.conftest import served as served_here
from tests.sandbox.conftest import served
from tests.wechat.accounts import AES_KEY, SECRET, TOKEN, made_account
from tests.wechat.test_broadcasts import colleague

APPID, MINI, MINI_SECRET = "wx00000000000000ab", "wx00000000000000cd", "fedcba9876543210"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@dataclass
class Both:
    """The hospital's account with us, and a fan's phone at WeChat."""

    database: Database
    account_id: UUID
    mini_id: UUID
    phone: httpx.AsyncClient
    openid: str

    async def does(self, deed: str, **what: object) -> dict[str, object]:
        answer = await self.phone.post(f"/control/fans/{self.openid}/{deed}", json=what)
        assert answer.status_code == 200, answer.text
        done: dict[str, object] = answer.json()
        return done

    async def shows(self) -> list[tuple[str, str]]:
        """Who said what kind, as the phone shows it."""
        found = (await self.phone.get(f"/control/fans/{self.openid}/messages")).json()
        return [(one["sender"], one["kind"]) for one in found]

    async def inbox(self) -> list[UUID]:
        async with self.database.transaction() as tx:
            return [row["id"] for row in await tx.fetch("SELECT id FROM wechat.inbox ORDER BY id")]

    def text(self, text: str) -> wechat.Outgoing:
        return wechat.Outgoing(new_id(), self.account_id, self.openid, "text", text=text)


@asynccontextmanager
async def meeting(
    database: Database,
    sign_in: SignIn,
    home: Path,
    mode: str,
    institution: UUID | None = None,
    now: Callable[[], float] = time.time,
) -> AsyncIterator[Both]:
    console = Console(
        app_id=APPID,
        app_secret=SECRET,
        token=TOKEN,
        encoding_aes_key=AES_KEY,
        mini_app_id=MINI,
        mini_app_secret=MINI_SECRET,
        web_domain="testserver",
        answer_seconds=30,  # what is slow here is the machine
    )
    async with served_here(database, sign_in) as web, httpx.AsyncClient(trust_env=False) as phone:
        with served(create_wechat(console, home, now)) as address:
            async with database.transaction() as tx:
                ours = {
                    "api_url": address,
                    "connect_url": address,
                    "institution_id": institution or new_id(),
                }
                account_id = await made_account(tx, appid=APPID, mode=mode, **ours)
                mini_id = await made_account(tx, appid=MINI, secret=MINI_SECRET, kind="mini_program", **ours)
            phone.base_url = httpx.URL(address)
            callback = {
                "url": f"{web.url}/open/wechat/{account_id}",
                "token": TOKEN,
                "encoding_aes_key": AES_KEY,
                "mode": mode,
            }
            # As in the console: WeChat asks the address before it takes it.
            entered = await phone.put("/control/callback", json=callback)
            assert entered.status_code == 200, entered.text
            person = (await phone.post("/control/fans", json={"nickname": "张三"})).json()
            yield Both(database, account_id, mini_id, phone, person["openid"])


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_what_a_fan_says_is_kept_once_and_answered(
    database: Database, sign_in: SignIn, reachable: Outbound, tmp_path: Path, mode: str
) -> None:
    async with meeting(database, sign_in, tmp_path, mode) as both:
        await both.does("follow")
        await both.phone.put("/control/faults", json={"double_push": True})
        await both.does("say", content="您好，想预约体检 <b>&")
        async with database.transaction() as tx:
            opened = [await wechat.inbound(tx, one) for one in await both.inbox()]
        assert [(one.kind, one.event) for one in opened] == [("event", "subscribe"), ("text", "")]
        assert opened[1].text == "您好，想预约体检 <b>&"
        await wechat.send(database, both.text("请选日期"))
        assert (await both.shows())[-1] == ("account", "text")


async def test_both_count_the_same_answers(
    database: Database, sign_in: SignIn, reachable: Outbound, tmp_path: Path
) -> None:
    async with meeting(database, sign_in, tmp_path, "safe") as both:
        await both.does("follow")
        await both.does("say", content="在吗")
        sent = 0
        with pytest.raises(errors.QuotaUsed):
            while True:
                await wechat.send(database, both.text(f"第 {sent} 句"))
                sent += 1
        # Following opens three, a message five; WeChat refused none that we believed in.
        assert sent == (await both.shows()).count(("account", "text"))
        assert sent >= 5


async def test_pictures_and_identities_cross_over(
    database: Database, sign_in: SignIn, reachable: Outbound, tmp_path: Path
) -> None:
    async with meeting(database, sign_in, tmp_path, "safe") as both:
        await both.does("follow")
        taken = await both.phone.post(f"/control/fans/{both.openid}/files/image", content=PNG)
        assert taken.status_code == 200, taken.text
        async with database.transaction() as tx:
            picture = await wechat.inbound(tx, (await both.inbox())[-1])
        assert picture.kind == "image"
        assert (await wechat.download_media(database, both.account_id, picture.media_id)).content == PNG
        media_id = await wechat.upload_media(database, both.account_id, "image", PNG)
        answer = wechat.Outgoing(new_id(), both.account_id, both.openid, "image", media_id=media_id)
        await wechat.send(database, answer)
        assert (await both.shows())[-1] == ("account", "image")

        code = (await both.phone.post(f"/control/fans/{both.openid}/mini-login")).json()["code"]
        known = (await both.phone.get(f"/control/fans/{both.openid}")).json()
        found = await wechat.identity_of_mini_program(database, both.mini_id, code)
        assert found.openid == known["mini_openid"]
        with pytest.raises(errors.CodeInvalid):
            await wechat.identity_of_mini_program(database, both.mini_id, code)


async def test_a_token_that_another_party_took_is_fetched_again(
    database: Database, sign_in: SignIn, reachable: Outbound, tmp_path: Path
) -> None:
    async with meeting(database, sign_in, tmp_path, "safe") as both:
        await both.does("follow")
        await both.does("say", content="在吗")
        await wechat.send(database, both.text("在"))
        assert (await both.phone.post("/control/token/invalidate")).status_code == 200
        await wechat.send(database, both.text("请说"))
        assert (await both.shows())[-2:] == [("account", "text")] * 2


async def test_a_bulk_sending_reaches_the_phones_and_is_reported(
    database: Database, sign_in: SignIn, reachable: Outbound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with meeting(database, sign_in, tmp_path, "safe") as both:
        other = (await both.phone.post("/control/fans", json={"nickname": "李四"})).json()["openid"]
        for openid in (both.openid, other):
            assert (await both.phone.post(f"/control/fans/{openid}/follow", json={})).status_code == 200
        openids = {both.openid, other}
        async with database.transaction() as tx:
            made = await broadcasts.prepare(
                tx,
                colleague(),
                both.account_id,
                Wanted("通知", "list", None, list(openids), "text", "体检月"),
            )
        async with database.transaction() as tx:
            await broadcasts.release(tx, colleague(), made.id)
        await broadcasting.advance(database, made.id)
        async with database.transaction() as tx:
            _, [part] = await broadcasts.get(tx, colleague(), made.id)
        assert (part.state, part.taken) == ("sent", 2)
        for openid in openids:
            shown = (await both.phone.get(f"/control/fans/{openid}/messages")).json()
            assert [one["content"] for one in shown if one["sender"] == "account"] == [{"content": "体检月"}]

        async def told() -> Any:
            async with database.transaction() as tx:
                return await tx.fetchval(
                    "SELECT payload FROM pgqueuer WHERE entrypoint LIKE '%take_broadcast_report%'"
                )

        while (payload := await told()) is None:
            await asyncio.sleep(0.05)
        report = msgspec.json.decode(payload, type=BroadcastReported)
        async with database.transaction() as tx:
            await broadcasting.take_report(tx, report)
            _, [part] = await broadcasts.get(tx, colleague(), made.id)
        assert (part.status, part.total, part.sent, part.errors) == ("send success", 2, 2, 0)


async def test_rules_tag_those_who_came_by_a_code(
    database: Database, sign_in: SignIn, reachable: Outbound, tmp_path: Path
) -> None:
    """What the sandbox's WeChat tells of fans is what we read, and it takes our tags."""
    async with meeting(database, sign_in, tmp_path, "safe") as both:
        caller = Caller(kind="staff", grants=dict.fromkeys((fans.READ, fans.WRITE), Scope(everything=True)))
        code = await fans.create_code(database, caller, both.account_id, "门诊", "desk", None)
        tag = await fans.create_tag(database, caller, both.account_id, "门诊扫码")
        searched = await fans.create_tag(database, caller, both.account_id, "搜索关注")
        other = (await both.phone.post("/control/fans", json={"nickname": "李四"})).json()["openid"]
        for openid, how in ((both.openid, {"ticket": code.ticket}), (other, {})):
            followed = await both.phone.post(f"/control/fans/{openid}/follow", json=how)
            assert followed.status_code == 200, followed.text
        async with database.transaction() as tx:
            for tag_id, asked in (
                (tag.id, {"scenes": ["desk"]}),
                (searched.id, {"sources": ["ADD_SCENE_SEARCH"]}),
            ):
                wanted = TagRuleWanted("规则", tag_id, asked, takes_away=True, enabled=True)
                await tag_rules.add(tx, caller, both.account_id, wanted)
        await tagging.apply(database, both.account_id)
        counted = {one.name: one.count for one in await fans.list_tags(database, caller, both.account_id)}
        assert (counted["门诊扫码"], counted["搜索关注"]) == (1, 1)
        async with database.transaction() as tx:
            found = await fans.list_fans(
                tx, caller, both.account_id, subscribed=True, tag_id=None, bound=None, before=None, limit=10
            )
        assert {one.openid: one.tags for one in found} == {both.openid: [tag.id], other: [searched.id]}
