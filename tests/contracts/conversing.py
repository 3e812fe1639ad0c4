"""What a customer and the desk of their institution have said to each other: once to an end, and once more that goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kanghu.kernel.security import PERMISSIONS, Caller, Scope

if TYPE_CHECKING:
    from .house import House, Side


PICTURE = b"GIF89a" + bytes(20)


def agent_of(side: Side) -> Caller:
    reach = Scope(institutions=(side.institution,))
    return Caller(
        kind="staff",
        account_id=side.ids["staff"],
        institution_id=side.institution,
        grants=dict.fromkeys(PERMISSIONS, reach),
        display="客服",
    )


def said(key: str, text: str) -> dict[str, Any]:
    return {"client_key": f"furnished-{key}", "kind": "text", "text": text}


async def converse(house: House, side: Side) -> None:
    me, agent = await house.sign_in(f"customer-{side.name}"), house.stand_in(agent_of(side))
    mine = f"/api/patient/messaging/institutions/{side.institution}"
    desk = "/api/admin/messaging"
    first = await house.call("POST", f"{mine}/messages", me, said("1", "请问报告何时出？"))
    answer = await house.client.post(f"{mine}/media/image", headers=me, content=PICTURE)
    side.ids["media_id"] = answer.json()["id"]
    picture = {"client_key": "furnished-2", "kind": "image", "media_id": side.ids["media_id"]}
    await house.call("POST", f"{mine}/messages", me, picture)
    side.ids["own_message_id"] = first["id"]
    found = await house.call("GET", mine, me)
    side.ids["conversation_id"], ended = found["id"], found["service_session"]["id"]
    talk = f"{desk}/conversations/{found['id']}"
    duty = {"state": "online", "skills": ["general", "exam"], "max_load": 20}
    await house.call("PUT", f"{desk}/presence", agent, duty)
    await house.call("POST", f"{talk}/claim", agent)
    await house.call("POST", f"{talk}/transfer", agent, {"to_skill": "exam", "note": "问报告"})
    await house.call("POST", f"{talk}/claim", agent)
    await house.call("POST", f"{talk}/end", agent, {"reason": "solved", "summary": "三日后出"})
    rating = {"service_session_id": ended, "score": 5, "comment": "很快"}
    await house.call("POST", f"{mine}/satisfaction", me, rating)
    side.ids["service_session_id"] = ended
    await house.call("POST", f"{mine}/messages", me, said("3", "还有一事"))
    await house.call("POST", f"{talk}/claim", agent)
    answered = await house.call("POST", f"{talk}/messages", agent, said("4", "请讲"))
    side.ids["staff_message_id"] = answered["id"]
    reply = {"title": f"{side.name} 问候", "body": "您好"}
    side.ids["reply_id"] = (await house.call("POST", f"{desk}/quick-replies", agent, reply))["id"]
    child = me | {"X-For-Person": str(side.ids["relative_id"])}
    await house.call("POST", f"{mine}/messages", child, said("5", "孩子可以体检吗？"))
