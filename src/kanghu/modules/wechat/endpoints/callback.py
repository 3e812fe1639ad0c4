"""/open/wechat/{account_id}: the address that is entered at WeChat, one for each official account and mini-program.

The body is read before a transaction begins: a slow sender must hold no connection of the database.
"""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import PlainTextResponse

from kanghu.kernel.errors import TooLarge
from kanghu.kernel.security import Caller, anyone
from kanghu.kernel.web import Router
from kanghu.modules.wechat import wire
from kanghu.modules.wechat.service.callback import Signed, confirm, receive

callback = Router(prefix="/open/wechat", tags=["wechat"], include_in_schema=False)

FROM_WECHAT = "微信服务器的回调，按签名核对来源"

Word = Annotated[str, Query(max_length=128)]


async def signed_query(
    timestamp: Word, nonce: Word, signature: Word = "", msg_signature: Word = "", encrypt_type: Word = ""
) -> Signed:
    return Signed(timestamp, nonce, signature, msg_signature, encrypt_type)


SignedQuery = Annotated[Signed, Depends(signed_query)]


@callback.get("/{account_id}", operation_id="wechat_confirm_callback")
async def confirm_callback(
    account_id: UUID,
    _caller: Annotated[Caller, anyone(FROM_WECHAT)],
    request: Request,
    signed: SignedQuery,
    echostr: Annotated[str, Query(max_length=512)],
) -> PlainTextResponse:
    """微信核对回调地址：签名正确则原样返回 echostr"""
    async with request.app.state.database.transaction() as tx:
        await confirm(tx, account_id, signed)
    return PlainTextResponse(echostr)


@callback.post("/{account_id}", operation_id="wechat_receive_callback")
async def receive_callback(
    account_id: UUID,
    _caller: Annotated[Caller, anyone(FROM_WECHAT)],
    request: Request,
    signed: SignedQuery,
) -> PlainTextResponse:
    """微信推送的消息与事件：可靠保存后返回 success"""
    body = await request.body()
    if len(body) > wire.MAX_BYTES:
        raise TooLarge(f"推送的内容过大，最多 {wire.MAX_BYTES // 1024} KiB")
    async with request.app.state.database.transaction() as tx:
        await receive(tx, account_id, signed, body)
    return PlainTextResponse("success")
