"""A small stand-in of WeChat's servers on a real socket: knows one account, counts what it is asked, refuses as it is told."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox.conftest import served
from tests.wechat.accounts import SECRET

Answer = dict[str, Any]


@dataclass
class StandIn:
    """`asked`: path → how often. `refusals`: path → error codes that the next calls get, one each.
    `meanwhile` is done while a message is being sent; `instead`: path → what is answered whatever was asked."""

    url: str = ""
    secret: str = SECRET
    asked: Counter[str] = field(default_factory=Counter)
    refusals: dict[str, list[int]] = field(default_factory=dict)
    instead: dict[str, Any] = field(default_factory=dict)
    sent: list[Answer] = field(default_factory=list)
    meanwhile: Callable[[], None] | None = None
    forced: int = 0
    expires_in: int = 7200
    tokens: int = 0
    valid: set[str] = field(default_factory=set)
    current: str = ""
    menu: list[Answer] | None = None
    personal: dict[str, Answer] = field(default_factory=dict)
    uploaded: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def new_token(self) -> str:
        self.tokens += 1
        self.current = f"token-{self.tokens}-" + "t" * 500
        self.valid.add(self.current)
        return self.current

    def end_tokens(self, *, and_forget: bool = True) -> None:
        """Tokens given so far are valid no more; unless `and_forget`, WeChat goes on giving the present one."""
        self.valid.clear()
        if and_forget:
            self.current = ""

    def refuse(self, path: str, *errcodes: int) -> None:
        self.refusals[path] = list(errcodes)

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.asked[path] += 1
        if path in self.instead:
            return JSONResponse(self.instead[path])
        if self.refusals.get(path):
            errcode = self.refusals[path].pop(0)
            if errcode:
                return refusal(errcode)
        if path in BARE:
            return await BARE[path](self, request)
        if request.query_params.get("access_token") not in self.valid:
            return refusal(40001)
        return await WITH_TOKEN[path](self, request)


def refusal(errcode: int) -> Response:
    said = "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist" if errcode == 40164 else "no"
    return JSONResponse({"errcode": errcode, "errmsg": f"{said} rid: 1-2-3"})


def done(**more: Any) -> Response:
    return JSONResponse({"errcode": 0, "errmsg": "ok", **more})


async def stable_token(wechat: StandIn, request: Request) -> Response:
    asked = json.loads(await request.body())
    if asked["secret"] != wechat.secret:
        return refusal(40125)
    if asked["force_refresh"]:
        wechat.forced += 1
    if asked["force_refresh"] or not wechat.current:
        wechat.new_token()
    return JSONResponse({"access_token": wechat.current, "expires_in": wechat.expires_in})


async def by_code(wechat: StandIn, request: Request) -> Response:
    query = request.query_params
    if query["secret"] != wechat.secret:
        return refusal(40125)
    code = query.get("code") or query["js_code"]
    if not code.startswith("code-"):
        return refusal(40029)
    return JSONResponse(
        {"openid": f"o-{code}", "unionid": f"u-{code}", "session_key": "never", "access_token": "web"}
    )


async def ticket(wechat: StandIn, request: Request) -> Response:
    assert request.query_params["type"] == "jsapi"
    return done(ticket="a-ticket", expires_in=7200)


async def custom_send(wechat: StandIn, request: Request) -> Response:
    raw = await request.body()
    assert b"\\u" not in raw, "people would read the escapes"
    wechat.sent.append(json.loads(raw))
    if wechat.meanwhile is not None:
        await asyncio.to_thread(wechat.meanwhile)
    return done()


async def upload(wechat: StandIn, request: Request) -> Response:
    body = await request.body()
    head, _, rest = body.partition(b"\r\n\r\n")
    named = re.search(rb'name="media"; filename="([^"]+)"\r\nContent-Type: (\S+)', head)
    assert named is not None, head
    boundary = body.split(b"\r\n", 1)[0]
    media_id = f"media-{len(wechat.uploaded) + 1}"
    wechat.uploaded[media_id] = (named[2].decode(), rest.rpartition(b"\r\n" + boundary)[0])
    return done(type=request.query_params["type"], media_id=media_id, created_at=1)


async def media(wechat: StandIn, request: Request) -> Response:
    wanted = request.query_params["media_id"]
    if wanted == "film":
        return JSONResponse({"video_url": f"{wechat.url}/film.mp4"})
    if wanted not in wechat.uploaded:
        return refusal(40007)
    kind, content = wechat.uploaded[wanted]
    return Response(content, media_type=kind)


async def film(wechat: StandIn, _request: Request) -> Response:
    return Response(b"\0\0\0\x18ftypmp42film", media_type="video/mp4")


async def menu_get(wechat: StandIn, _request: Request) -> Response:
    if wechat.menu is None:
        return refusal(46003)
    personal = [{"menuid": int(menuid), **menu} for menuid, menu in wechat.personal.items()]
    return JSONResponse({"menu": {"button": wechat.menu, "menuid": 1}, "conditionalmenu": personal})


async def menu_create(wechat: StandIn, request: Request) -> Response:
    wechat.menu = json.loads(await request.body())["button"]
    return done()


async def menu_add(wechat: StandIn, request: Request) -> Response:
    asked = json.loads(await request.body())
    if wechat.menu is None:
        return refusal(65303)
    if set(asked["matchrule"]) != {"tag_id"}:
        return refusal(65320)
    menuid = str(100 + wechat.asked.total())
    wechat.personal[menuid] = asked
    return JSONResponse({"menuid": menuid})


async def menu_remove(wechat: StandIn, request: Request) -> Response:
    del wechat.personal[json.loads(await request.body())["menuid"]]
    return done()


async def menu_try(wechat: StandIn, request: Request) -> Response:
    user = json.loads(await request.body())["user_id"]
    if wechat.menu is None:
        return refusal(46003)
    tagged = [menu for menu in wechat.personal.values() if menu["matchrule"]["tag_id"] in user]
    return JSONResponse({"button": tagged[-1]["button"] if tagged else wechat.menu})


async def quota(_wechat: StandIn, request: Request) -> Response:
    path = json.loads(await request.body())["cgi_path"]
    if path == "/cgi-bin/user/info":
        return refusal(76021)
    limit = 500_000 if path == "/cgi-bin/message/custom/send" else 0
    return done(quota={"daily_limit": limit, "used": 12, "remain": max(limit - 12, 0)})


async def addresses(_wechat: StandIn, _request: Request) -> Response:
    return done(ip_list=["203.0.113.1"])


async def fine(_wechat: StandIn, _request: Request) -> Response:
    return done()


BARE = {
    "/cgi-bin/stable_token": stable_token,
    "/sns/oauth2/access_token": by_code,
    "/sns/jscode2session": by_code,
    "/film.mp4": film,
}
WITH_TOKEN = {
    "/cgi-bin/ticket/getticket": ticket,
    "/cgi-bin/message/custom/send": custom_send,
    "/cgi-bin/media/upload": upload,
    "/cgi-bin/media/get": media,
    "/cgi-bin/getcallbackip": addresses,
    "/cgi-bin/clear_quota": fine,
    "/cgi-bin/openapi/quota/get": quota,
    "/wxa/business/getuserphonenumber": fine,
    "/cgi-bin/menu/get": menu_get,
    "/cgi-bin/menu/create": menu_create,
    "/cgi-bin/menu/addconditional": menu_add,
    "/cgi-bin/menu/delconditional": menu_remove,
    "/cgi-bin/menu/trymatch": menu_try,
}


@contextmanager
def wechat_servers() -> Iterator[StandIn]:
    stand_in = StandIn()
    routes = [Route(path, stand_in.answer, methods=["GET", "POST"]) for path in (*BARE, *WITH_TOKEN)]
    with served(Starlette(routes=routes)) as url:
        stand_in.url = url
        yield stand_in
