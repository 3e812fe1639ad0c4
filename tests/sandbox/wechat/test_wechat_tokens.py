"""access_token as WeChat gives and refuses it, and the quotas."""

from pathlib import Path

import httpx
import pytest

from kanghu_sandbox.wechat.account import Account
from kanghu_sandbox.wechat.app import create_app
from tests.sandbox.conftest import served

from .conftest import APP, MINI, MINI_SECRET, SECRET, Running

QUOTA = "/cgi-bin/openapi/quota/get"
ASK = {"cgi_path": "/cgi-bin/message/custom/send"}


async def works(wechat: Running, token: str) -> int:
    """The errcode of a harmless call with this token."""
    code: int = (await wechat.post(QUOTA, ASK, access_token=token))["errcode"]
    return code


async def plain_token(wechat: Running) -> str:
    query = {"grant_type": "client_credential", "appid": APP, "secret": SECRET}
    answer = (await wechat.http.get(f"{wechat.url}/cgi-bin/token", params=query)).json()
    assert answer["expires_in"] == 7200
    found: str = answer["access_token"]
    return found


async def test_a_stable_token_stays_until_its_last_five_minutes_and_both_work_then(wechat: Running) -> None:
    first = await wechat.token()
    wechat.pass_time(6800)
    assert await wechat.token() == first
    wechat.pass_time(150)
    second = await wechat.token()
    assert second != first
    assert await works(wechat, first) == await works(wechat, second) == 0
    wechat.pass_time(300)
    assert await works(wechat, first) == 42001
    assert await works(wechat, second) == 0


async def test_a_forced_token_kills_the_last_one_at_once(wechat: Running) -> None:
    first = await wechat.token()
    second = await wechat.token(force_refresh=True)
    assert await works(wechat, first) == 40001
    assert await works(wechat, second) == 0
    body = {"grant_type": "client_credential", "appid": APP, "secret": SECRET, "force_refresh": True}
    for _ in range(19):
        assert (await wechat.post("/cgi-bin/stable_token", body))["errcode"] == 45011
        wechat.pass_time(30)
        assert "access_token" in await wechat.post("/cgi-bin/stable_token", body)
    wechat.pass_time(30)
    assert (await wechat.post("/cgi-bin/stable_token", body))["errcode"] == 45009


async def test_plain_tokens_push_each_other_out_and_leave_stable_ones_alone(wechat: Running) -> None:
    stable, first = await wechat.token(), await plain_token(wechat)
    second = await plain_token(wechat)
    assert first != second
    assert [await works(wechat, one) for one in (stable, first, second)] == [0, 0, 0]
    wechat.pass_time(301)
    assert [await works(wechat, one) for one in (stable, first, second)] == [0, 40001, 0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"appid": "wx0"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({"secret": ""}, 41004),
        ({"appid": ""}, 41002),
        ({"grant_type": "password"}, 40002),
        ({"secret": MINI_SECRET}, 40125),
    ],
)
async def test_who_gets_no_token(wechat: Running, change: dict[str, str], code: int) -> None:
    body = {"grant_type": "client_credential", "appid": APP, "secret": SECRET} | change
    assert (await wechat.post("/cgi-bin/stable_token", body, access_token=""))["errcode"] == code
    answer = await wechat.http.get(f"{wechat.url}/cgi-bin/token", params=body)
    assert answer.status_code == 200
    assert answer.json()["errcode"] == code


async def test_calls_that_are_not_taken(wechat: Running) -> None:
    assert await works(wechat, "") == 41001
    assert await works(wechat, "no token at all") == 40014
    assert await works(wechat, "12_" + "a" * 130) == 40001
    mini = await wechat.token(MINI, MINI_SECRET)
    assert (await wechat.post("/cgi-bin/qrcode/create", {}, access_token=mini))["errcode"] == 48001
    url = f"{wechat.url}/cgi-bin/stable_token"
    assert (await wechat.http.get(url)).json()["errcode"] == 43002
    assert (await wechat.http.post(url)).json()["errcode"] == 44002
    for broken in (b"{", b"[]", b"\xff"):
        assert (await wechat.http.post(url, content=broken)).json()["errcode"] == 47001
    assert (await wechat.post("/cgi-bin/token", {}))["errcode"] == 43001


async def test_answers_look_as_they_do_there(wechat: Running) -> None:
    answer = await wechat.http.post(f"{wechat.url}{QUOTA}", json=ASK)
    assert answer.headers["content-type"] == "application/json; encoding=utf-8"
    assert answer.json()["errmsg"].startswith("access_token missing rid: ")


async def test_another_party_fetches_tokens(wechat: Running) -> None:
    token = await wechat.token()
    await wechat.control("POST", "/token/invalidate")
    assert await works(wechat, token) == 40001
    assert await works(wechat, await wechat.token()) == 0
    await wechat.faults(token_invalidated=True)
    assert await works(wechat, await wechat.token()) == 40001
    await wechat.control("DELETE", "/faults")
    assert await works(wechat, await wechat.token()) == 0


async def test_busy_for_a_while_and_any_code_by_wish(wechat: Running) -> None:
    token = await wechat.token()
    await wechat.faults(busy=2, errcodes={QUOTA: 48001})
    assert [await works(wechat, token) for _ in range(3)] == [-1, -1, 48001]


async def test_slow_beyond_a_client_s_patience(wechat: Running) -> None:
    await wechat.faults(delay_ms=60_000)
    with pytest.raises(httpx.ReadTimeout):
        await wechat.http.get(f"{wechat.url}/cgi-bin/token", timeout=0.1)


async def test_jsapi_ticket(wechat: Running) -> None:
    first = await wechat.get("/cgi-bin/ticket/getticket", type="jsapi")
    assert first["errcode"] == 0
    wechat.pass_time(7000)
    again = await wechat.get("/cgi-bin/ticket/getticket", type="jsapi")
    assert (again["ticket"], again["expires_in"] <= 200) == (first["ticket"], True)
    wechat.pass_time(201)
    assert (await wechat.get("/cgi-bin/ticket/getticket", type="jsapi"))["ticket"] != first["ticket"]


async def test_a_day_s_quota_ends_and_is_cleared_ten_times_a_month(wechat: Running) -> None:
    await wechat.control("PUT", "/quotas", {"path": QUOTA, "daily": 2})
    token = await wechat.token()
    assert [await works(wechat, token) for _ in range(3)] == [0, 0, 45009]
    for code in [0] * 10 + [48006]:
        assert (await wechat.post("/cgi-bin/clear_quota", {"appid": APP}))["errcode"] == code
    wechat.pass_time(86400)
    asked = await wechat.post(QUOTA, {"cgi_path": QUOTA})
    assert asked["quota"] == {"daily_limit": 2, "used": 1, "remain": 1}
    assert (await wechat.post("/cgi-bin/clear_quota", {"appid": MINI}))["errcode"] == 40013


async def test_the_desk_is_for_this_machine(wechat: Running) -> None:
    answer = await wechat.http.get(f"{wechat.url}/control/fans", headers={"Host": "evil.example"})
    assert answer.status_code == 403


async def test_without_a_secret_nobody_gets_in(tmp_path: Path) -> None:
    with served(create_app(Account(app_id=APP), tmp_path)) as url:
        query = {"grant_type": "client_credential", "appid": APP, "secret": "any"}
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.get(f"{url}/cgi-bin/token", params=query)
    assert answer.json()["errcode"] == 40125
