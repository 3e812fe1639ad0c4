"""The web application: the interface at its root, the page where a person would show their face, and a desk."""

import asyncio
import time
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from kanghu_sandbox.desk import html_page, loopback_only, own_pages_only
from kanghu_sandbox.sqlite import SqliteStore
from kanghu_sandbox.tc3 import Call, Refused, verify

from . import interface, sessions
from .account import Account
from .faults import FaultBox, Faults

ABOUT = (
    "腾讯云人脸核身（2018-03-01）的替身：按 TC3-HMAC-SHA256 核对签名；核身页上由操作者选择结果，"
    "不看人脸。`/control` 供本机操作。"
)


class Outcome(BaseModel):
    """某次核身的结果"""

    model_config = ConfigDict(extra="forbid")

    err_code: int = Field(description="0 为通过；其余见核身的返回码")


def create_app(account: Account, home: Path, now: Callable[[], float] = time.time) -> FastAPI:
    """The service for this account; the checks that were begun are kept in `home`."""
    store = SqliteStore(home / "faceid.sqlite3", sessions.SCHEMA)
    faults = FaultBox()
    app = FastAPI(
        title="人脸核身", version=interface.VERSION, description=ABOUT, docs_url=None, redoc_url=None
    )
    app.include_router(_desk(store, faults))
    app.include_router(_page(store, now))

    @app.post("/", operation_id="faceid")
    async def act(request: Request) -> JSONResponse:
        """DetectAuth、GetDetectInfoEnhanced、IdCardVerification。"""
        await asyncio.sleep(faults.now.delay_ms / 1000)
        if faults.now.status:
            raise HTTPException(faults.now.status)
        call = await _call(request)
        service = interface.Service(account, faults.now, _address(request), now())
        try:
            verify(call, "faceid", account.secret_id, account.secret_key, service.now)
            content = await store.run(lambda tx: interface.answer(tx, service, call))
        except Refused as refused:
            content = {"Error": {"Code": refused.code, "Message": refused.message}}
        return JSONResponse(interface.wrapped(content))

    return app


def _address(request: Request) -> str:
    """Of the page, under whatever path this application stands."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}/h5"


async def _call(request: Request) -> Call:
    raw: bytes = request.scope["raw_path"]
    return Call(
        method=request.method,
        path=raw.decode("latin-1"),
        query=request.url.query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
    )


# ---- the page of the service -----------------------------------------------------------------------------------


def _page(store: SqliteStore, now: Callable[[], float]) -> APIRouter:
    """Where a person is sent. This machine only: whoever opens it says how the check ends."""
    page = APIRouter(dependencies=[Depends(loopback_only), Depends(own_pages_only)], include_in_schema=False)

    @page.get("/h5")
    async def show(token: str = "") -> HTMLResponse:
        session = await store.run(lambda tx: sessions.get(tx, token))
        if session is None or now() > session.begun_at + sessions.TO_BEGIN_S:
            return html_page("人脸核身", '<p class="bad">链接已失效，请返回重新发起。</p>')
        if session.err_code is not None:
            return html_page("人脸核身", "<p>本次核身已完成，请返回。</p>")
        return html_page("人脸核身", _buttons(session))

    @page.post("/h5")
    async def choose(request: Request) -> Response:
        given = dict(parse_qsl((await request.body())[:1000].decode("utf-8", "replace")))
        session = await store.run(lambda tx: sessions.get(tx, given.get("token", "")))
        if session is None:
            raise HTTPException(404)
        if given.get("outcome", "").isdigit():
            await store.run(lambda tx: sessions.finish(tx, session.biz_token, int(given["outcome"])))
        return RedirectResponse(_back(session), 303)

    return page


def _back(session: sessions.Session) -> str:
    """Where the person came from, with the token as the service adds it."""
    target = urlsplit(session.redirect_url)
    query = [*parse_qsl(target.query, keep_blank_values=True), ("BizToken", session.biz_token)]
    return urlunsplit(target._replace(query=urlencode(query)))


def _buttons(session: sessions.Session) -> str:
    name = f"{session.name[:1]}**" if session.name else "（未填）"
    choices = {str(code): f"{told}（{code}）" for code, told in sessions.OUTCOMES.items()}
    buttons = "".join(
        f'<p><button name="outcome" value="{value}">{escape(label)}</button></p>'
        for value, label in {**choices, "": "不做了，返回"}.items()
    )
    return (
        '<p class="note">这是人脸核身服务的替身，不使用摄像头：请选择这次核身的结果。</p>'
        f"<p>被核身人：{escape(name)}</p>"
        f'<form method="post" action="h5"><input type="hidden" name="token" value="{escape(session.biz_token)}">'
        f"{buttons}</form>"
    )


# ---- the desk --------------------------------------------------------------------------------------------------


def _desk(store: SqliteStore, faults: FaultBox) -> APIRouter:
    """/control, for this machine only."""
    desk = APIRouter(prefix="/control", dependencies=[Depends(loopback_only), Depends(own_pages_only)])

    @desk.get("/sessions", operation_id="list_face_sessions")
    async def list_sessions() -> list[dict[str, Any]]:
        """发起过的核身，新的在前。"""
        found = await store.run(sessions.newest)
        return [{name: getattr(one, name) for name in sessions.Session.__slots__} for one in found]

    @desk.put("/sessions/{biz_token}", operation_id="finish_face_session")
    async def finish(biz_token: str, wanted: Outcome) -> Outcome:
        """一次核身的结果。"""
        if not await store.run(lambda tx: sessions.finish(tx, biz_token, wanted.err_code)):
            raise HTTPException(409, "没有这次核身，或已有结果")
        return wanted

    @desk.get("/faults", operation_id="get_face_faults")
    async def get_faults() -> Faults:
        """现在的故障。"""
        return faults.now

    @desk.put("/faults", operation_id="set_face_faults")
    async def set_faults(wanted: Faults) -> Faults:
        """换成这些故障。"""
        faults.now = wanted
        return faults.now

    return desk
