"""/open/notices/sms/…: where the SMS services report what became of messages.

Neither signs its reports, so the address that is entered there holds a key of ours. The body is read before a transaction begins.
"""

from typing import Annotated, Any, Literal

from fastapi import Path, Request

from kanghu.kernel.errors import TooLarge
from kanghu.kernel.security import Caller, anyone
from kanghu.kernel.web import Router
from kanghu.modules.notices.service import receipts

callback = Router(prefix="/open/notices", tags=["notices"], include_in_schema=False)

ANSWERS: dict[str, dict[str, Any]] = {
    "aliyun": {"code": 0, "msg": "接收成功"},
    "tencent": {"result": 0, "errmsg": "OK"},
}


@callback.post("/sms/{sender}/{key}", operation_id="notices_receive_sms_receipts")
async def receive_sms_receipts(
    sender: Literal["tencent", "aliyun"],
    key: Annotated[str, Path(max_length=100)],
    _caller: Annotated[Caller, anyone("短信服务的回执，按地址中的密钥核对来源")],
    request: Request,
) -> dict[str, Any]:
    """短信服务的回执：可靠保存后应答"""
    receipts.refuse_strangers(key)
    body = await request.body()
    if len(body) > receipts.MAX_BYTES:
        raise TooLarge(f"回执的内容过大，最多 {receipts.MAX_BYTES // 1024} KiB")
    async with request.app.state.database.transaction() as tx:
        await receipts.take_call(tx, sender, body)
    return ANSWERS[sender]
