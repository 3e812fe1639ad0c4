"""Who somebody is: OAuth into a web page, the mini-program's login and phone number, JS-SDK."""

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from .conftest import APP, MINI, MINI_SECRET, SECRET, Holder, Running

BACK = "https://h5.example/m/login?from=menu"


def authorize(wechat: Running, **change: str) -> str:
    query = {
        "appid": APP,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "s 1",
    }
    return f"{wechat.url}/connect/oauth2/authorize?{urlencode(query | change)}"


async def come_back(wechat: Running, openid: str, scope: str) -> str:
    """Go through the page as this person; gives the code."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        await browser.get(f"{wechat.url}/connect/oauth2/as/{openid}?{urlencode({'x': 1})}")
        url = authorize(wechat, scope=scope)
        answer = await browser.get(url)
        if scope == "snsapi_userinfo":
            assert (answer.status_code, "申请获得" in answer.text) == (200, True)
            answer = await browser.post(url)
    assert answer.status_code == 302
    target = urlsplit(answer.headers["location"])
    assert (target.netloc, target.path) == ("h5.example", "/m/login")
    query = parse_qs(target.query)
    assert (query["from"], query["state"]) == (["menu"], ["s 1"])
    return query["code"][0]


async def exchange(wechat: Running, code: str, **change: str) -> Any:
    query = {"appid": APP, "secret": SECRET, "code": code, "grant_type": "authorization_code"} | change
    answer = await wechat.http.get(f"{wechat.url}/sns/oauth2/access_token", params=query)
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.json()


async def profile(wechat: Running, token: str, openid: str) -> Any:
    return await wechat.get("/sns/userinfo", access_token=token, openid=openid)


async def test_a_silent_login_tells_the_openid_only(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan()
    code = await come_back(wechat, openid, "snsapi_base")
    found = await exchange(wechat, code)
    assert (found["openid"], found["scope"], found["expires_in"]) == (openid, "snsapi_base", 7200)
    assert (await exchange(wechat, code))["errcode"] == 40163
    assert (await profile(wechat, found["access_token"], openid))["errcode"] == 48001
    quota = {"cgi_path": "/cgi-bin/menu/get"}
    answer = await wechat.post("/cgi-bin/openapi/quota/get", quota, access_token=found["access_token"])
    assert answer["errcode"] in (40001, 40014)


async def test_a_login_by_consent_tells_the_profile(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan("王五", following=False)
    found = await exchange(wechat, await come_back(wechat, openid, "snsapi_userinfo"))
    told = await profile(wechat, found["access_token"], openid)
    assert (told["nickname"], told["unionid"]) == ("王五", found["unionid"])
    assert (await profile(wechat, found["access_token"], "x"))["errcode"] == 40003
    assert (await wechat.get("/sns/auth", access_token=found["access_token"], openid=openid))["errcode"] == 0
    wechat.pass_time(7200)
    assert (await profile(wechat, found["access_token"], openid))["errcode"] == 42001
    renewing = {"appid": APP, "grant_type": "refresh_token", "refresh_token": found["refresh_token"]}
    renewed = await wechat.get("/sns/oauth2/refresh_token", access_token="", **renewing)
    assert (await profile(wechat, renewed["access_token"], openid))["nickname"] == "王五"
    wechat.pass_time(30 * 24 * 3600)
    assert (await wechat.get("/sns/oauth2/refresh_token", access_token="", **renewing))["errcode"] == 42002


async def test_codes_that_do_not_work(wechat: Running, holder: Holder) -> None:
    code = await come_back(wechat, await wechat.fan(), "snsapi_base")
    assert (await exchange(wechat, "none"))["errcode"] == 40029
    assert (await exchange(wechat, ""))["errcode"] == 41008
    assert (await exchange(wechat, code, secret="no"))["errcode"] == 40125
    assert (await exchange(wechat, code, appid="wx0"))["errcode"] == 40013
    wechat.pass_time(300)
    assert (await exchange(wechat, code))["errcode"] == 42003


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"redirect_uri": "https://evil.example/"}, "10003"),
        ({"redirect_uri": "https://h5.example:8443/"}, "10003"),
        ({"redirect_uri": "javascript://h5.example/%0aalert(1)"}, "10003"),
        ({"appid": "wx0"}, "AppID"),
        ({"scope": "all"}, "Scope"),
        ({"response_type": "token"}, "response_type"),
    ],
)
async def test_links_that_lead_nowhere(
    wechat: Running, holder: Holder, change: dict[str, str], text: str
) -> None:
    openid = await wechat.fan()
    answer = await wechat.http.get(authorize(wechat, **change), headers={"Cookie": f"wechat_phone={openid}"})
    assert (answer.status_code, text in answer.text) == (200, True)


async def test_a_browser_without_a_phone_is_asked_whose_it_is(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan("赵<六>")
    page = await wechat.http.get(authorize(wechat))
    assert "赵&lt;六&gt;" in page.text
    assert f"as/{openid}?" in page.text
    answer = await wechat.http.get(
        f"{wechat.url}/connect/oauth2/as/{openid}?{urlsplit(authorize(wechat)).query}"
    )
    assert answer.headers["location"].startswith("../authorize?")
    assert "httponly" in answer.headers["set-cookie"].lower()


async def test_a_mini_program_s_login_and_phone_number(wechat: Running, holder: Holder) -> None:
    openid = await wechat.fan(following=False)
    person = await wechat.control("GET", f"/fans/{openid}")

    async def login(code: str, **change: str) -> Any:
        query = {"appid": MINI, "secret": MINI_SECRET, "js_code": code, "grant_type": "authorization_code"}
        return await wechat.get("/sns/jscode2session", access_token="", **(query | change))

    code = (await wechat.control("POST", f"/fans/{openid}/mini-login"))["code"]
    assert (await login(code, secret="x"))["errcode"] == 40125
    assert (await login(code, appid=APP, secret=SECRET))["errcode"] == 40013
    session = await login(code)
    assert (session["openid"], session["unionid"]) == (person["mini_openid"], person["unionid"])
    assert len(session["session_key"]) == 24
    assert [(await login(one))["errcode"] for one in (code, "none")] == [40163, 40029]

    async def number(code: str, token: str) -> Any:
        return await wechat.post("/wxa/business/getuserphonenumber", {"code": code}, access_token=token)

    code = (await wechat.control("POST", f"/fans/{openid}/phone-code"))["code"]
    token = await wechat.token(MINI, MINI_SECRET)
    assert (await number(code, await wechat.token()))["errcode"] == 48001
    told = await number(code, token)
    assert told["phone_info"]["purePhoneNumber"] == person["phone"]
    assert told["phone_info"]["watermark"]["appid"] == MINI
    assert (await number(code, token))["errcode"] == 40029
    late = (await wechat.control("POST", f"/fans/{openid}/phone-code"))["code"]
    wechat.pass_time(300)
    assert (await number(late, token))["errcode"] == 40029


async def test_js_sdk(wechat: Running) -> None:
    ticket = (await wechat.get("/cgi-bin/ticket/getticket", type="jsapi"))["ticket"]
    url = "https://h5.example/m/?a=1"
    text = f"jsapi_ticket={ticket}&noncestr=n&timestamp=1&url={url}"
    signature = hashlib.sha1(text.encode()).hexdigest()
    config = {"url": f"{url}#there", "noncestr": "n", "timestamp": "1", "signature": signature}
    assert await wechat.control("POST", "/js-config", config) == {"accepted": True}
    assert await wechat.control("POST", "/js-config", config | {"noncestr": "m"}) == {"accepted": False}
