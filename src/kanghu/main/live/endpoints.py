"""The route by which a page hears what changed."""

import re
from typing import Annotated, Any

from fastapi import Header, Request

from kanghu.kernel.security import Caller, bearer_token, signed_in_and_waits
from kanghu.kernel.web import Router
from kanghu.main.live.hub import Hub
from kanghu.main.live.stream import EventStream

router = Router(prefix="/api/live", tags=["main"])

UNKNOWN = -1
"""A number that no change ever had: the page asks for everything again."""

_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "事件流，直到页面离开或会话结束",
        "content": {
            "text/event-stream": {
                # Of each event; comments are none.
                "schema": {
                    "type": "object",
                    "required": ["id", "event", "data"],
                    "properties": {
                        "id": {"type": "string", "description": "断线后从这里接着听（Last-Event-ID）"},
                        "event": {"type": "string", "enum": ["ready", "change", "reset"]},
                        "data": {"type": "string", "description": "JSON 文本；change 含 topic 与 person_id"},
                    },
                },
                "example": 'id: 42\nevent: change\ndata: {"topic": "exams.results", "person_id": null}\n\n',
            }
        },
    }
}


@router.get(
    "", operation_id="main_follow_changes", status_code=200, response_class=EventStream, responses=_ANSWER
)
async def follow_changes(
    request: Request,
    caller: Annotated[Caller, signed_in_and_waits()],
    last_event_id: Annotated[
        str | None, Header(max_length=64, description="断线前最后一个事件的编号")
    ] = None,
) -> EventStream:
    """什么内容变了（Server-Sent Events）

    `change`：`topic` 所指的内容变了，请重新读取；客户另得 `person_id`。`ready`：连上了，其编号用于断线后接着听。`reset`：离开太久，
    请重新读取全部。每 15 秒有一行注释，表示连接正常。
    """
    hub: Hub = request.app.state.live
    stream = await hub.open(bearer_token(request), caller, _number(last_event_id))
    return EventStream(stream, hub.leave)


def _number(given: str | None) -> int | None:
    if not given:
        return None
    return int(given) if re.fullmatch(r"[0-9]{1,18}", given) else UNKNOWN
