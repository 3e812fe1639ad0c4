"""A customer's phone for whoever has none: follow, chat, press menus, receive, and open pages by OAuth. Loopback only."""

import secrets
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from kanghu_sandbox.desk import loopback_only, own_pages_only

from . import chat, media, menus, oauth_page, people, phone_view, sound
from .codes import Refused
from .context import wechat_of
from .store import Tx

router = APIRouter(dependencies=[Depends(loopback_only), Depends(own_pages_only)], include_in_schema=False)


@router.get("/phone")
async def whose_phone(request: Request) -> HTMLResponse:
    """Everybody who has WeChat."""
    wechat = wechat_of(request)
    everybody = await wechat.store.run(people.everybody)
    return _page("客户的手机", phone_view.people_list(wechat.account, everybody), script=False)


@router.post("/phone")
async def add_person(request: Request) -> Response:
    """Somebody new, from the form on that page; on to their phone."""
    wechat = wechat_of(request)
    given = dict(parse_qsl((await request.body())[:2000].decode("utf-8", "replace")))
    nickname, number = given.get("nickname", "").strip()[:30], given.get("phone", "")[:11]
    if not nickname:
        raise HTTPException(422, "请填姓名")
    person = await wechat.store.run(lambda tx: people.add(tx, nickname, number, wechat.now()))
    return RedirectResponse(f"phone/{person.openid}", 303)


@router.get("/silence.amr")
async def silence() -> Response:
    """Three seconds as a phone records them, for a browser, which cannot record AMR."""
    return Response(sound.silence(3), media_type="audio/amr")


@router.get("/phone/{openid}")
async def show_phone(openid: str, request: Request, open: str = "") -> Response:
    """One person's chat with the account; with `open`, a web page as WeChat's browser on this phone opens it."""
    wechat = wechat_of(request)
    now = wechat.now()

    def read(tx: Tx) -> str:
        person = people.get(tx, openid)
        messages = chat.messages_of(tx, openid)
        menu = menus.seen_by(tx, openid) if person.following else None
        recordings = _recordings(tx, messages, now)
        return phone_view.phone(wechat.account, person, messages, menu, recordings, now)

    try:
        body = await wechat.store.run(read)
    except Refused:
        raise HTTPException(404, "没有这个人") from None
    if not open:
        return _page("手机", body)
    if not open.startswith(("http://", "https://")):
        raise HTTPException(422, "只能打开网页")
    answer = RedirectResponse(open, 303)
    oauth_page.remember(answer, request, openid)
    return answer


def _recordings(tx: Tx, messages: list[chat.Message], now: float) -> dict[str, tuple[float, str]]:
    """Length and format of a chat's recordings, as far as they are still there."""
    found = {}
    for message in messages:
        if message.kind != "voice":
            continue
        try:
            row = media.find(tx, message.content["media_id"], "voice", now)
        except Refused:
            continue
        found[row["media_id"]] = sound.seconds(row["data"], row["extension"]), row["extension"]
    return found


def _page(title: str, body: str, script: bool = True) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; connect-src 'self';"
        " img-src 'self' http: https:; media-src 'self'; base-uri 'none'; form-action 'self'"
    )
    html = phone_view.page(title, body, nonce, script)
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})
