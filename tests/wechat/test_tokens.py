"""One token for all processes: asked for once, renewed in time, refreshed once when WeChat refuses it; and errors in plain words."""

import asyncio
import ipaddress
from datetime import timedelta

import pytest

from kanghu.kernel import clock
from kanghu.kernel.db import Database
from kanghu.kernel.errors import AppError
from kanghu.kernel.http import Outbound
from kanghu.kernel.ids import new_id
from kanghu.modules.wechat import client, errors
from kanghu.modules.wechat.models import Account
from kanghu.modules.wechat.repository import tokens as token_rows
from kanghu.modules.wechat.service import calls, tokens
from kanghu.modules.wechat.service.known import usable_now
from tests.wechat.accounts import made_account
from tests.wechat.standin import StandIn

STABLE, ADDRESSES = "/cgi-bin/stable_token", "/cgi-bin/getcallbackip"


async def account_at(database: Database, standin: StandIn, **more: str) -> Account:
    async with database.transaction() as tx:
        account_id = await made_account(tx, api_url=standin.url, **more)
    return await usable_now(database, account_id)


@pytest.fixture
async def account(database: Database, standin: StandIn, reachable: Outbound) -> Account:
    return await account_at(database, standin)


async def change_token(database: Database, column: str, value: object) -> None:
    async with database.transaction() as tx:
        await tx.execute(f"UPDATE wechat.tokens SET {column} = $1", value)


async def test_twenty_at_once_in_two_processes_ask_wechat_once(
    database: Database, account: Account, standin: StandIn
) -> None:
    other = Database(database.dsn)
    await other.open()
    found = await asyncio.gather(
        *(tokens.access_token(pool, account) for _ in range(10) for pool in (database, other))
    )
    await other.close()
    assert len(set(found)) == 1
    assert len(found[0]) > 500
    assert standin.asked[STABLE] == 1
    async with database.transaction() as tx:
        assert found[0].encode() not in await tx.fetchval("SELECT value FROM wechat.tokens")


async def test_a_token_is_renewed_before_it_ends(
    database: Database, account: Account, standin: StandIn
) -> None:
    first = await tokens.access_token(database, account)
    standin.new_token()
    await change_token(database, "expires_at", clock.now() + timedelta(minutes=5))
    assert await tokens.access_token(database, account) == first
    await change_token(database, "expires_at", clock.now() + timedelta(minutes=3))
    assert await tokens.access_token(database, account) == standin.current != first
    assert standin.asked[STABLE] == 2


async def test_while_one_renews_the_others_go_on_with_what_is_there(
    database: Database, account: Account, standin: StandIn
) -> None:
    first = await tokens.access_token(database, account)
    await change_token(database, "expires_at", clock.now() + timedelta(minutes=3))
    await change_token(database, "taken_until", clock.now() + timedelta(minutes=1))
    assert await tokens.access_token(database, account) == first
    assert standin.asked[STABLE] == 1


async def test_a_process_that_died_while_it_refreshed_is_replaced(
    database: Database, account: Account, standin: StandIn
) -> None:
    async with database.transaction() as tx:
        await token_rows.ensure(tx, account.id, "access_token")
        await tx.execute(
            "UPDATE wechat.tokens SET taken_by = $1, taken_until = $2",
            new_id(),
            clock.now() - timedelta(seconds=1),
        )
    assert await tokens.access_token(database, account) == standin.current
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT taken_by FROM wechat.tokens") is None


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
async def test_a_refused_token_is_refreshed_once_and_the_call_made_again(
    database: Database, account: Account, standin: StandIn, errcode: int
) -> None:
    await tokens.access_token(database, account)
    standin.end_tokens()
    standin.refuse(ADDRESSES, errcode)
    got = await calls.get(database, account, ADDRESSES)
    assert got["ip_list"] == ["203.0.113.1"]
    assert (standin.asked[ADDRESSES], standin.asked[STABLE], standin.forced) == (2, 2, 0)


async def test_a_token_that_wechat_goes_on_giving_is_forced(
    database: Database, account: Account, standin: StandIn
) -> None:
    """It refuses the token, and gives the same one again when asked for the one in force."""
    await tokens.access_token(database, account)
    standin.end_tokens(and_forget=False)
    assert (await calls.get(database, account, ADDRESSES))["errcode"] == 0
    assert (standin.asked[STABLE], standin.forced) == (3, 1)


async def test_many_whose_token_was_refused_refresh_it_once(
    database: Database, account: Account, standin: StandIn
) -> None:
    await tokens.access_token(database, account)
    standin.end_tokens()
    found = await asyncio.gather(*(calls.get(database, account, ADDRESSES) for _ in range(8)))
    assert all(got["errcode"] == 0 for got in found)
    assert standin.asked[STABLE] == 2


async def test_refused_twice_it_ends(database: Database, account: Account, standin: StandIn) -> None:
    standin.refuse(ADDRESSES, 40001, 40001, 40001)
    with pytest.raises(errors.TokenRefused) as raised:
        await calls.get(database, account, ADDRESSES)
    assert "没有别的系统" in raised.value.message
    assert standin.asked[ADDRESSES] == 2


async def test_a_wrong_secret_is_told_to_all_who_wait_and_asked_about_once(
    database: Database, standin: StandIn, reachable: Outbound
) -> None:
    account = await account_at(database, standin, secret="f" * 32)
    found = await asyncio.gather(
        *(tokens.access_token(database, account) for _ in range(6)), return_exceptions=True
    )
    assert {type(error) for error in found} == {errors.Misconfigured}
    assert "AppSecret 不正确" in str(found[0])
    assert standin.asked[STABLE] <= 2, "those who came when the first had its answer asked again"


# --- what WeChat says ----------------------------------------------------------------------------------------------


async def test_when_wechat_is_busy_it_is_asked_again(
    database: Database, account: Account, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "BACK_OFF_S", (0.0, 0.0))
    standin.refuse(ADDRESSES, -1, 61450)
    assert (await calls.get(database, account, ADDRESSES))["errcode"] == 0
    assert standin.asked[ADDRESSES] == 3
    standin.refuse(ADDRESSES, -1, -1, -1)
    with pytest.raises(errors.WechatBusy) as raised:
        await calls.get(database, account, ADDRESSES)
    assert raised.value.passing
    assert standin.asked[ADDRESSES] == 6


LISTED = {
    40003: errors.NotFollowing, 40007: errors.MediaGone, 40013: errors.Misconfigured, 40029: errors.CodeInvalid,
    40163: errors.CodeInvalid, 40164: errors.Misconfigured, 40226: errors.RiskyUser, 41001: errors.OurFault,
    42003: errors.CodeInvalid, 43004: errors.NotFollowing, 43019: errors.FanBlocked, 43101: errors.ConsentRefused,
    45002: errors.TooLong, 45008: errors.TooLong, 45009: errors.DailyLimit, 45011: errors.TooFast,
    45015: errors.WindowClosed, 45047: errors.QuotaUsed, 45109: errors.OurFault, 47001: errors.OurFault,
    47003: errors.OurFault, 48001: errors.NotAuthorised, 48004: errors.Banned, 48006: errors.Banned,
    48008: errors.Banned, 50002: errors.Banned, 65301: errors.MenuRefused, 65303: errors.MenuRefused,
    65305: errors.MenuRefused, 65316: errors.MenuRefused, 65317: errors.MenuRefused, 65320: errors.MenuRefused,
    99999: errors.WechatFailed,
}  # fmt: skip


async def test_every_code_is_told_as_what_it_means(
    database: Database, account: Account, standin: StandIn
) -> None:
    for errcode, kind in LISTED.items():
        standin.refuse(ADDRESSES, errcode)
        with pytest.raises(errors.WechatFailed) as raised:
            await calls.get(database, account, ADDRESSES)
        assert type(raised.value) is kind, errcode
        assert raised.value.message.endswith(f"（错误码 {errcode}）")
        assert "rid" not in raised.value.message, "WeChat's English is for its own support"
    standin.refuse(ADDRESSES, 40164)
    with pytest.raises(errors.Misconfigured, match=r"出口地址 203\.0\.113\.9 不在"):
        await calls.get(database, account, ADDRESSES)


def test_every_error_says_what_to_do() -> None:
    """One code for each class, and a message of more than a few words."""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, AppError) and kind.__module__ == errors.__name__
    ]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(kind.code.startswith("wechat.") for kind in kinds)
    messages = [errors.refused(errcode).message for errcode in LISTED if errcode != 99999]
    assert all(any(word in message for word in "请，") for message in messages)


async def test_an_inner_address_is_refused_unless_it_is_named(
    database: Database, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await account_at(database, standin)
    outbound = Outbound([ipaddress.ip_network("10.0.0.0/8")])
    monkeypatch.setattr(client, "outbound", lambda: outbound)
    with pytest.raises(errors.Misconfigured, match="内部网络"):
        await tokens.access_token(database, account)
    await outbound.close()
    assert standin.asked.total() == 0


async def test_nobody_there(database: Database, standin: StandIn, reachable: Outbound) -> None:
    standin.url = "http://127.0.0.1:9"
    account = await account_at(database, standin)
    with pytest.raises(errors.WechatAway, match="无法连接"):
        await tokens.access_token(database, account)


@pytest.mark.parametrize(
    "answer", [[], "hello", {}, {"access_token": "x"}, {"access_token": "", "expires_in": 7200}, {"access_token": "x", "expires_in": -1}]
)  # fmt: skip
async def test_an_answer_without_a_token_is_none(
    database: Database, account: Account, standin: StandIn, answer: object
) -> None:
    standin.instead[STABLE] = answer
    with pytest.raises(errors.WechatAway):
        await tokens.access_token(database, account)
