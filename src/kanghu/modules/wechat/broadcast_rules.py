"""Bulk sending as WeChat rules it. Pure.

https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Batch_Sends_and_Originality_Checks.html
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from kanghu.kernel import clock
from kanghu.modules.wechat.models import Broadcast

A_MONTH = 4
"""So many bulk messages of one service account reach one fan in a month."""
PART = 2000
"""Fans in one call; WeChat takes 2 to 10 000. Smaller parts can be stopped between."""
FEWEST = 2
PAUSE = timedelta(seconds=20)
"""Between two parts: the hospital's own pages must stand what readers then open."""
AGAIN = timedelta(seconds=65)
"""WeChat refuses the same clientmsgid within a minute."""
UNDER_WAY = timedelta(minutes=3)
"""A call that began earlier is certainly over."""
KNOWN_AGAIN = timedelta(hours=23)
"""WeChat looks back 24 hours for the same clientmsgid; after that a repetition would be a second message."""
ASK_AFTER = tuple(timedelta(minutes=minutes) for minutes in (10, 30, 120, 360, 720, 1440, 1440))
"""How long WeChat is waited for before each question what became of a part. After the last it is not asked any more."""
ENDED = frozenset({"SEND_SUCCESS", "SEND_FAIL", "DELETE"})
"""`msg_status` of `message/mass/get` that are an end; SENDING is none.
https://developers.weixin.qq.com/doc/service/api/notify/message/api_massmsgget"""
PICTURE_LASTS = timedelta(days=3) - timedelta(hours=1)

NOT_FOLLOWING, USED_UP, NO_FAN = "没有关注公众号", f"本月已收到 {A_MONTH} 次群发", "不是这个公众号的粉丝"
LEFT_ALONE = "同批只剩一位，微信不准许群发给一个人"


def month_of(at: datetime) -> date:
    """WeChat counts months in Shanghai."""
    return at.astimezone(clock.SHANGHAI).date().replace(day=1)


def content_of(broadcast: Broadcast) -> dict[str, Any]:
    """What is sent, as all interfaces of bulk sending take it."""
    value = {"content": broadcast.content} if broadcast.kind == "text" else {"media_id": broadcast.content}
    if broadcast.kind == "image":
        return {"msgtype": "image", "image": value}
    return {"msgtype": broadcast.kind, broadcast.kind: value}


def body_of(broadcast: Broadcast, openids: Sequence[str], client_id: str) -> dict[str, Any]:
    """Of `message/mass/send`. `send_ignore_reprint` 1: a reprinted article goes out as a link, instead of not at all."""
    more = {"send_ignore_reprint": 1} if broadcast.kind == "mpnews" else {}
    return {"touser": list(openids), **content_of(broadcast), **more, "clientmsgid": client_id}
