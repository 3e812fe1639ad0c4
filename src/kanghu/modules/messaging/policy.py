"""Permissions of the module, and its pure rules."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from kanghu.modules.messaging.models import Agent, Message, ServiceSession

PERMISSIONS = {
    "messaging.conversation.read": "查看客服会话与历史",
    "messaging.conversation.write": "接待客户：回复、转接、结束",
    "messaging.queue.claim": "接入排队的客户，接受系统分配",
    "messaging.queue.supervise": "查看客服负荷、接手会话",
    "messaging.quick_reply.write": "维护快捷回复",
    "messaging.own.use": "本人与机构的会话",
}

CLAIM = "messaging.queue.claim"
"""Who has it not gets customers only from colleagues."""

GENERAL = "general"
SKILLS = {
    GENERAL: "综合咨询",
    "exam": "体检预约与报告",
    "nursing": "护理服务",
    "complaint": "投诉与建议",
}
"""What a customer may ask about, and what an agent is there for."""

IDLE, ANSWERED, JOINED = "idle", "answered", "joined"
END_REASONS = {
    "solved": "已解决",
    "passed_on": "已转相关部门",
    "unsolved": "未能解决",
    "left": "客户离开",
    "irrelevant": "无关内容",
}
"""What an agent may give as the reason. `idle` is given by the clock alone; `answered` where a channel answered by itself;
`joined` where a visitor became somebody who is served already."""

MOST_A_MINUTE = 120
"""Messages of a customer in one conversation: far beyond any hand, so that a program cannot flood a desk."""
WITHDRAW_WITHIN = timedelta(minutes=2)
RATE_WITHIN = timedelta(days=7)
IDLE_CLOSE = timedelta(minutes=30)
"""After the last word, if that was ours: who still waits for an answer is never closed."""
REMIND_AFTER = timedelta(minutes=3)
REMIND_WITHIN = timedelta(days=2)
"""An answer that was not told of for so long, the clock having stood still, is not told of any more."""
GONE_AFTER = timedelta(minutes=10)
"""An agent's page reports every minute."""
GIVE_UP_AFTER = timedelta(minutes=30)
"""A message that its channel did not take for so long is told as failed."""
UNSENT_MEDIA_LIFE = timedelta(days=1)

ANSWERED_WITH = "自动回复："
RECOGNISED = "访客已绑定为客户，之前的对话并入本会话。"
CLAIMED = "客服已接入，请问有什么可以帮您？"
PASSED_ON = "已为您转接，请稍候。"
ENDED = "本次服务已结束，感谢您的咨询，欢迎评价。"
ENDED_IDLE = "您长时间没有回复，本次服务已结束；如需帮助，请直接发消息。"


def state_of(newest: ServiceSession | None) -> str:
    """idle (never served), waiting, active or closed, from the newest spell of a conversation."""
    if newest is None:
        return "idle"
    if newest.ended_at is not None:
        return "closed"
    return "waiting" if newest.agent_account_id is None else "active"


def withdrawable(message: Message, now: datetime) -> bool:
    return now - message.created_at <= WITHDRAW_WITHIN


def least_loaded(agents: Sequence[Agent], skill: str) -> Agent | None:
    """Who takes the next one: the relatively least busy of those who can."""
    fit = [agent for agent in agents if skill in agent.skills and agent.load < agent.max_load]
    return min(
        fit, key=lambda agent: (agent.load / agent.max_load, agent.load, agent.account_id), default=None
    )
