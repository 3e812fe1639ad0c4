"""open.weixin.qq.com: the page that asks a person whether a web page may know them.

In WeChat's own browser WeChat knows who is asking. Here the phone leaves a cookie when it opens a page; a browser without
one is asked whose phone it is.
"""

from collections.abc import Iterable
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from kanghu_sandbox.desk import html_page, loopback_only, own_pages_only

from . import grants, people
from .account import Account
from .codes import Refused
from .context import WeChat, wechat_of
from .people import Person

COOKIE = "wechat_phone"

router = APIRouter(
    prefix="/connect/oauth2",
    dependencies=[Depends(loopback_only), Depends(own_pages_only)],
    include_in_schema=False,
)


@router.get("/authorize")
async def authorize(request: Request) -> Response:
    """snsapi_base passes in silence, snsapi_userinfo asks."""
    wechat = wechat_of(request)
    query = dict(request.query_params)
    if problem := _problem(wechat.account, query):
        return _message(problem)
    person = await _whose(wechat, request)
    if person is None:
        return _choose(await wechat.store.run(people.everybody), request)
    if query["scope"] == grants.BASE:
        return await _send_back(wechat, person, query)
    return _ask(wechat.account, person, query)


@router.post("/authorize")
async def consent(request: Request) -> Response:
    """The person agreed to snsapi_userinfo."""
    wechat = wechat_of(request)
    query = dict(request.query_params)
    person = await _whose(wechat, request)
    if (problem := _problem(wechat.account, query)) or person is None:
        return _message(problem or "请在微信客户端打开链接")
    return await _send_back(wechat, person, query)


@router.get("/as/{openid}")
async def be(openid: str, request: Request) -> Response:
    """From now on this browser is that person's phone; then on to the page that asked."""
    answer = RedirectResponse(f"../authorize?{request.url.query}", 303)
    remember(answer, request, openid)
    return answer


def remember(answer: Response, request: Request, openid: str) -> None:
    """Let this browser be the phone of `openid`, as far as this stand-in goes."""
    path = request.scope.get("root_path", "") or "/"
    answer.set_cookie(COOKIE, openid, path=path, httponly=True, samesite="lax")


def _problem(account: Account, query: dict[str, str]) -> str:
    """What WeChat's page says to a wrong link, empty when there is nothing to say.

    The real platform takes no port in redirect_uri; here a host of the settings may have one, since local pages do.
    """
    if query.get("appid") != account.app_id:
        return "AppID 参数错误"
    if query.get("scope") not in (grants.BASE, grants.USERINFO):
        return "Scope 参数错误或没有 Scope 权限"
    target = urlsplit(query.get("redirect_uri", ""))
    allowed = target.netloc in account.web_domains() and target.scheme in ("http", "https")
    if not allowed:
        return "redirect_uri 域名与后台配置不一致，错误码：10003"
    if query.get("response_type") != "code":
        return "response_type 参数错误"
    return ""


async def _whose(wechat: WeChat, request: Request) -> Person | None:
    openid = request.cookies.get(COOKIE, "")
    try:
        return await wechat.store.run(lambda tx: people.get(tx, openid))
    except Refused:
        return None


async def _send_back(wechat: WeChat, person: Person, query: dict[str, str]) -> Response:
    code = await wechat.store.run(
        lambda tx: grants.give_code(tx, grants.OAUTH, person.openid, query["scope"], wechat.now())
    )
    target = urlsplit(query["redirect_uri"])
    more = {"code": code, "state": query.get("state", "")}
    joined = urlencode([*parse_qsl(target.query, keep_blank_values=True), *more.items()])
    return RedirectResponse(urlunsplit(target._replace(query=joined)), 302)


def _message(text: str) -> HTMLResponse:
    return html_page("微信", f'<p class="bad">{escape(text)}</p>')


def _choose(everybody: Iterable[Person], request: Request) -> HTMLResponse:
    query = escape(request.url.query)
    rows = "".join(
        f'<li><a href="as/{escape(one.openid)}?{query}">{escape(one.nickname)}</a></li>' for one in everybody
    )
    return html_page("这是谁的手机？", f"<ul>{rows}</ul>" if rows else "<p>还没有人；请先在手机页添加。</p>")


def _ask(account: Account, person: Person, query: dict[str, str]) -> HTMLResponse:
    told = f"<p>{escape(person.nickname)}，“{escape(account.name)}”申请获得你的昵称和头像。</p>"
    form = f'<form method="post" action="authorize?{escape(urlencode(query))}"><button>允许</button></form>'
    return html_page("微信授权", told + form)
