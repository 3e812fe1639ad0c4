"""The control desk: people with phones, the console's settings, and the switches for misbehaviour. Loopback only."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse

from kanghu_sandbox.desk import loopback_only

from . import chat, deeds, people, pushes, quotas, tokens
from .codes import Refused
from .context import Callback, WeChat, address_of, wechat_of
from .control_models import (
    CallbackView,
    DailyLimit,
    Done,
    Link,
    MessageView,
    NewPerson,
    PersonView,
    Place,
    PushView,
    Text,
    Ticket,
)
from .deeds import CannotDo
from .faults import Faults
from .interface import BODY_LIMIT
from .pushes import Push, deliver
from .store import Tx

router = APIRouter(prefix="/control", dependencies=[Depends(loopback_only)])
TheWeChat = Annotated[WeChat, Depends(wechat_of)]
Address = Annotated[str, Depends(address_of)]


def register_errors(app: FastAPI) -> None:
    """Turn what phones cannot do into HTTP."""

    @app.exception_handler(CannotDo)
    async def _cannot(_: Request, reason: CannotDo) -> JSONResponse:
        return JSONResponse({"detail": str(reason)}, 409)

    @app.exception_handler(Refused)
    async def _refused(_: Request, reason: Refused) -> JSONResponse:
        return JSONResponse({"detail": str(reason)}, 404 if reason.code == 40003 else 409)


# people and what they do


@router.get("/fans", operation_id="list_people", tags=["手机"])
async def list_people(wechat: TheWeChat) -> list[PersonView]:
    """有微信的人，新的在前。"""
    return await wechat.store.run(lambda tx: [_view(tx, one, wechat) for one in people.everybody(tx)])


@router.post("/fans", operation_id="add_person", tags=["手机"], status_code=201)
async def add_person(wanted: NewPerson, wechat: TheWeChat) -> PersonView:
    """添一个人，还没有关注公众号。"""
    return await wechat.store.run(
        lambda tx: _view(tx, people.add(tx, wanted.nickname, wanted.phone, wechat.now()), wechat)
    )


@router.get("/fans/{openid}", operation_id="get_person", tags=["手机"])
async def get_person(openid: str, wechat: TheWeChat) -> PersonView:
    """一个人。"""
    return await wechat.store.run(lambda tx: _view(tx, people.get(tx, openid), wechat))


@router.get("/fans/{openid}/messages", operation_id="list_messages", tags=["手机"])
async def list_messages(openid: str, wechat: TheWeChat, after: int = 0) -> list[MessageView]:
    """手机上的消息，旧的在前；after 之后的。"""

    def read(tx: Tx) -> list[chat.Message]:
        people.get(tx, openid)
        return chat.messages_of(tx, openid, after)

    return [MessageView.model_validate(one, from_attributes=True) for one in await wechat.store.run(read)]


@router.post("/fans/{openid}/follow", operation_id="follow", tags=["手机"])
async def follow(openid: str, wanted: Ticket, wechat: TheWeChat) -> Done:
    """关注；给出 ticket 即扫码关注。"""
    return await _do(wechat, lambda tx: deeds.follow(tx, openid, wanted.ticket, wechat.now()))


@router.post("/fans/{openid}/unfollow", operation_id="unfollow", tags=["手机"])
async def unfollow(openid: str, wechat: TheWeChat) -> Done:
    """取消关注。"""
    return await _do(wechat, lambda tx: deeds.unfollow(tx, openid, wechat.now()))


@router.post("/fans/{openid}/scan", operation_id="scan", tags=["手机"])
async def scan(openid: str, wanted: Ticket, wechat: TheWeChat) -> Done:
    """扫带参数二维码；未关注的随之关注。"""
    return await _do(wechat, lambda tx: deeds.scan(tx, openid, wanted.ticket, wechat.now()))


@router.post("/fans/{openid}/say", operation_id="say", tags=["手机"])
async def say(openid: str, wanted: Text, wechat: TheWeChat) -> Done:
    """发一条文字。"""
    return await _do(wechat, lambda tx: deeds.say(tx, openid, wanted.content, wechat.now()))


@router.post("/fans/{openid}/files/{kind}", operation_id="send_file", tags=["手机"])
async def send_file(
    openid: str,
    kind: Literal["image", "voice", "video"],
    request: Request,
    wechat: TheWeChat,
    address: Address,
) -> Done:
    """发图片、语音（AMR）或视频（MP4）：正文就是文件。"""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY_LIMIT:
            raise HTTPException(413, "文件过大")
    return await _do(wechat, lambda tx: deeds.send_file(tx, openid, kind, bytes(data), address, wechat.now()))


@router.post("/fans/{openid}/location", operation_id="send_location", tags=["手机"])
async def send_location(openid: str, wanted: Place, wechat: TheWeChat) -> Done:
    """发位置。"""
    where = (wanted.latitude, wanted.longitude, wanted.label)
    return await _do(wechat, lambda tx: deeds.send_location(tx, openid, *where, wechat.now()))


@router.post("/fans/{openid}/link", operation_id="send_link", tags=["手机"])
async def send_link(openid: str, wanted: Link, wechat: TheWeChat) -> Done:
    """转发一个链接。"""
    what = (wanted.title, wanted.description, wanted.url)
    return await _do(wechat, lambda tx: deeds.send_link(tx, openid, *what, wechat.now()))


@router.post("/fans/{openid}/position", operation_id="report_position", tags=["手机"])
async def report_position(openid: str, wanted: Place, wechat: TheWeChat) -> Done:
    """进入会话时上报地理位置。"""
    return await _do(wechat, lambda tx: deeds.report_position(tx, openid, wanted.latitude, wanted.longitude))


# the console


@router.get("/callback", operation_id="get_callback", tags=["公众平台"])
async def get_callback(wechat: TheWeChat) -> CallbackView:
    """服务器配置。"""
    return CallbackView.model_validate(wechat.callback, from_attributes=True)


@router.put("/callback", operation_id="set_callback", tags=["公众平台"])
async def set_callback(wanted: CallbackView, wechat: TheWeChat) -> CallbackView:
    """提交服务器配置：先以 GET 验证网址，不通过则应答 409；重启后恢复为环境变量给出的。"""
    if wanted.mode != "plain" and not wanted.encoding_aes_key:
        raise HTTPException(422, "兼容和安全模式须有 EncodingAESKey")
    callback = Callback(wanted.url, wanted.token, wanted.encoding_aes_key, wanted.mode)
    if callback.url and not await pushes.verify_url(wechat, callback):
        raise HTTPException(409, "请求 URL 验证失败：服务器没有原样返回 echostr")
    wechat.callback = callback
    return wanted


@router.post("/callback/verify", operation_id="verify_callback", tags=["公众平台"])
async def verify_callback(wechat: TheWeChat) -> dict[str, bool]:
    """用现在的配置验证网址。"""
    return {"verified": bool(wechat.callback.url) and await pushes.verify_url(wechat, wechat.callback)}


@router.get("/pushes", operation_id="list_pushes", tags=["公众平台"])
async def list_pushes(wechat: TheWeChat, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[PushView]:
    """最近的推送和应答，新的在前。"""
    found = await wechat.store.run(lambda tx: pushes.pushes_of(tx, limit))
    return [PushView.model_validate(one) for one in found]


@router.put("/quotas", operation_id="set_quota", tags=["故障"])
async def set_quota(wanted: DailyLimit, wechat: TheWeChat) -> DailyLimit:
    """规定一个接口每天可调用的次数；daily 为空则恢复文档的规定。"""
    await wechat.store.run(lambda tx: quotas.set_daily_limit(tx, wanted.path, wanted.daily))
    return wanted


@router.post("/token/invalidate", operation_id="invalidate_token", tags=["故障"])
async def invalidate_token(wechat: TheWeChat) -> dict[str, bool]:
    """别处取了新的 access_token：公众号和小程序现有的全部失效（40001），再取即可用。"""

    def work(tx: Tx) -> None:
        for app_id in (wechat.account.app_id, wechat.account.mini_app_id):
            tokens.invalidate(tx, app_id, wechat.now())

    await wechat.store.run(work)
    return {"invalidated": True}


@router.get("/faults", operation_id="get_faults", tags=["故障"])
async def get_faults(wechat: TheWeChat) -> Faults:
    """现在的故障设置。"""
    return wechat.faults.now


@router.put("/faults", operation_id="set_faults", tags=["故障"])
async def set_faults(wanted: Faults, wechat: TheWeChat) -> Faults:
    """设置故障；未写的各项恢复正常。"""
    wechat.faults.now = wanted
    return wanted


@router.delete("/faults", operation_id="clear_faults", tags=["故障"])
async def clear_faults(wechat: TheWeChat) -> Faults:
    """一切恢复正常。"""
    wechat.faults.now = Faults()
    return wechat.faults.now


async def _do(wechat: WeChat, deed: Callable[[Tx], Push]) -> Done:
    push = await wechat.store.run(deed)
    return Done(delivery=await deliver(wechat, push))


def _view(tx: Tx, person: people.Person, wechat: WeChat) -> PersonView:
    windows = chat.windows(tx, person.openid, wechat.now())
    return PersonView.of(person, people.tags_of(tx, person.openid), windows)
