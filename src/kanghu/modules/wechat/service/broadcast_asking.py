"""Bulk sendings of whose end WeChat does not tell by itself: it is asked (`message/mass/get`).

The answer names no numbers of fans; should the event come after all, its numbers take the answer's place.
"""

from uuid import UUID

from kanghu.kernel import clock, live, log
from kanghu.kernel.db import Database
from kanghu.modules.wechat.broadcast_rules import ENDED
from kanghu.modules.wechat.errors import AccountInactive, WechatFailed
from kanghu.modules.wechat.repository import broadcast_parts
from kanghu.modules.wechat.service import calls
from kanghu.modules.wechat.service.known import usable_now

JOB = "wechat.ask_broadcast"
UNKNOWN_NUMBER = 40059
"""WeChat knows no sending of this number."""


async def ask(database: Database, part_id: UUID) -> None:
    """Once. What WeChat does not answer now is asked again when the part's time has come."""
    async with database.transaction() as tx:
        found = await broadcast_parts.to_be_asked(tx, part_id)
    if found is None:
        return
    account_id, msg_id = found
    try:
        account = await usable_now(database, account_id)
        answer = await calls.post(database, account, "/cgi-bin/message/mass/get", {"msg_id": msg_id})
        status = str(answer.get("msg_status", ""))
    except AccountInactive:
        return
    except WechatFailed as error:
        log.get("wechat").warning("broadcast_not_told_of", part_id=str(part_id), errcode=error.errcode)
        if error.errcode != UNKNOWN_NUMBER:
            return
        status = ""
    if status and status not in ENDED:
        return
    async with database.transaction() as tx:
        if await broadcast_parts.asked(tx, part_id, status, clock.now()) is not None:
            await live.tell(tx, "wechat.broadcasts", institution_id=account.institution_id)
