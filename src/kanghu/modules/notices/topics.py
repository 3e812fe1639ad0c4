"""What notices are about: whether they are urgent, by which channels they go, and what a person may choose. Pure.

Which notice belongs to which topic is decided here and not by staff: whoever adds a template to the program says what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kanghu.modules.notices.chain import CHANNELS, Channel


@dataclass(frozen=True, slots=True)
class Topic:
    """`chain`: the channels in their order, each with its turn when the one before it failed. `default`: those that are on until a
    person chooses otherwise. `fixed`: nothing can be switched off. `urgent`: neither quiet hours nor caps count."""

    code: str
    name: str
    chain: tuple[Channel, ...] = CHANNELS
    default: frozenset[Channel] = frozenset(CHANNELS)
    fixed: bool = False
    urgent: bool = False


TOPICS: tuple[Topic, ...] = (
    Topic("abnormal", "重要异常结果", fixed=True, urgent=True),
    Topic("booking", "体检预约"),
    Topic("results", "体检结果与报告"),
    Topic("checklist", "个性化体检清单", default=frozenset({"wechat", "email"})),
    Topic("identity", "身份核验"),
    Topic("service", "客服消息", chain=("wechat", "email"), default=frozenset({"wechat"})),
)
"""As the person's settings list them."""

_BY_CODE = {topic.code: topic for topic in TOPICS}

_OF_TEMPLATE = {
    "abnormal_result": "abnormal",
    "booking_confirmed": "booking",
    "booking_failed": "booking",
    "booking_waiting": "booking",
    "guide_received": "booking",
    "results_received": "results",
    "report_received": "results",
    "checklist_ready": "checklist",
    "identity_passed": "identity",
    "identity_refused": "identity",
    "message_waiting": "service",
}


def topic_of(template_code: str) -> Topic | None:
    """None: the notice stays inside the house, as those to staff do."""
    return _BY_CODE.get(_OF_TEMPLATE.get(template_code, ""))


Wishes = Mapping[tuple[str, Channel], bool]
"""(topic, channel) → what a person chose."""


def is_on(topic: Topic, channel: Channel, wishes: Wishes) -> bool:
    return topic.fixed or wishes.get((topic.code, channel), channel in topic.default)
