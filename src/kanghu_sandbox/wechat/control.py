"""The control desk, the console's side: the server's address, and the switches for misbehaviour. Loopback only."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse

from kanghu_sandbox.desk import loopback_only, own_pages_only

from . import crypt, media, pushes, quotas, tokens
from .codes import Refused
from .context import Callback, WeChat, wechat_of
from .control_models import CallbackView, DailyLimit, JsConfig, MaterialsView, PushView
from .deeds import CannotDo
from .faults import Faults
from .store import Tx

router = APIRouter(prefix="/control", dependencies=[Depends(loopback_only), Depends(own_pages_only)])
TheWeChat = Annotated[WeChat, Depends(wechat_of)]


def register_errors(app: FastAPI) -> None:
    """Turn what phones cannot do into HTTP."""

    @app.exception_handler(CannotDo)
    async def _cannot(_: Request, reason: CannotDo) -> JSONResponse:
        return JSONResponse({"detail": str(reason)}, 409)

    @app.exception_handler(Refused)
    async def _refused(_: Request, reason: Refused) -> JSONResponse:
        return JSONResponse({"detail": str(reason)}, 404 if reason.code == 40003 else 409)


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


@router.post("/media/expire", operation_id="expire_media", tags=["故障"])
async def expire_media(wechat: TheWeChat) -> dict[str, int]:
    """现有的临时素材全部失效（40007），如同过了三天；新上传的可用。"""
    return {"expired": await wechat.store.run(media.forget_temporary)}


@router.get("/materials/{kind}", operation_id="list_materials", tags=["公众平台"])
async def list_materials(kind: str, wechat: TheWeChat) -> MaterialsView:
    """素材管理中的永久素材，新的在前，至多 20 个；count 为总数。"""

    def work(tx: Tx) -> MaterialsView:
        found = media.page_of_materials(tx, kind, 0, 20)
        return MaterialsView(count=media.count(tx).get(kind, 0), media_ids=[one["media_id"] for one in found])

    return await wechat.store.run(work)


@router.delete("/materials/{media_id}", operation_id="delete_material", tags=["公众平台"])
async def delete_material(media_id: str, wechat: TheWeChat) -> dict[str, bool]:
    """管理员在素材管理中删除。"""
    await wechat.store.run(lambda tx: media.delete_material(tx, media_id))
    return {"deleted": True}


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


@router.post("/js-config", operation_id="check_js_config", tags=["公众平台"])
async def check_js_config(wanted: JsConfig, wechat: TheWeChat) -> dict[str, bool]:
    """网页调用 wx.config 时微信会不会接受：签名与此刻的 jsapi_ticket 相符。"""
    ticket, _ = await wechat.store.run(lambda tx: tokens.ticket(tx, wechat.now()))
    expected = crypt.sign_js(ticket, wanted.noncestr, wanted.timestamp, wanted.url)
    return {"accepted": wanted.signature == expected}
