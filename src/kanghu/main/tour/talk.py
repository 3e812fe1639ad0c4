"""The steps in which somebody asks the hospital in WeChat and customer service answers."""

from typing import Any
from uuid import uuid4

from kanghu.main.tour.scene import Step, Tour, show, tell, until

NICKNAME = "导览的访客"
DESK = "/api/admin/messaging"


async def ask_in_wechat(tour: Tour) -> None:
    fans = await tour.sandbox.get("/wechat/control/fans")
    fan = next((one for one in fans if one["nickname"] == NICKNAME), None)
    fan = fan or await tour.sandbox.post("/wechat/control/fans", {"nickname": NICKNAME})
    tour.fan = f"/wechat/control/fans/{fan['openid']}"
    if not fan["following"]:
        await tour.sandbox.post(f"{tour.fan}/follow", {})
        tell("访客在手机上关注了医院的公众号")
    tour.question = f"体检报告几天能出来？（{uuid4().hex[:6]}）"
    done = await tour.sandbox.post(f"{tour.fan}/say", {"content": tour.question})
    tell(f"访客说：{tour.question}")
    show("微信的推送（已加密、签名）得到的应答", done["delivery"])


async def answer_at_the_desk(tour: Tour) -> None:
    await tour.service.sign_in(tour.account("customer_service"))
    await tour.service.put(
        f"{DESK}/presence", {"state": "online", "skills": ["general"], "auto_accept": False}
    )

    async def asked() -> Any:
        for state in ("waiting", "active"):
            for one in await tour.service.pages(f"{DESK}/conversations", state=state):
                page = await tour.service.get(f"{DESK}/conversations/{one['id']}/messages", limit=20)
                if any(line["text"] == tour.question for line in page["items"]):
                    return one
        return None

    conversation = await until("消息到达客服工作台", asked)
    tell(f"客服工作台收到「{conversation['person_name']}」的消息")
    path = f"{DESK}/conversations/{conversation['id']}"
    if conversation["state"] == "waiting":
        await tour.service.post(f"{path}/claim")
    reply = f"体检后三个工作日内，公众号会通知您。（{uuid4().hex[:6]}）"
    await tour.service.post(f"{path}/messages", {"client_key": uuid4().hex, "kind": "text", "text": reply})
    tell(f"客服回复：{reply}")

    async def shown() -> Any:
        lines = await tour.sandbox.get(f"{tour.fan}/messages")
        return any(line["sender"] == "account" and reply in str(line["content"]) for line in lines)

    await until("回复到达访客的手机", shown)
    left = (await tour.service.get(path))["allowance"]
    tell(f"回复已在访客的手机上；微信还准许回复 {left['left']} 条")
    await tour.service.post(f"{path}/end", {"reason": "solved", "summary": "已答复报告时间"})
    tell("客服结束服务，写下小结")


STEPS: tuple[Step, ...] = (
    ("有人在公众号里提问", ask_in_wechat),
    ("客服在工作台答复，回到提问者的手机", answer_at_the_desk),
)
