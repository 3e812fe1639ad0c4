"""Request and response shapes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, computed_field, field_validator

from kanghu.modules.notices.chain import Channel
from kanghu.modules.notices.models import LogLine, Rules
from kanghu.modules.notices.policy import MissingPlaceholder, mask_email, render
from kanghu.modules.notices.service.preferences import Preferences, choices
from kanghu.modules.notices.topics import topic_of
from kanghu.modules.people import public as people


class NoticeView(BaseModel):
    """一条站内消息；subject 指明所说的业务对象，页面据此跳转"""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    template_code: str
    title: str
    body: str
    data: dict[str, str]
    subject: str
    created_at: datetime
    read_at: datetime | None


class UnreadCount(BaseModel):
    unread: int


class MarkRead(BaseModel):
    """把这一条及更早的都标为已读"""

    up_to: UUID


class PlaceholderView(BaseModel):
    """程序会填的占位符；personal 表示属于个人信息，只加密保存在正文里"""

    label: str
    sample: str
    personal: bool


class TemplateView(BaseModel):
    """消息模板的一个版本，preview 是用示例值生成的样子；channels 是可能发往的外部渠道，空的只作为站内消息"""

    model_config = ConfigDict(from_attributes=True)

    code: str
    version: int
    title: str
    body: str
    placeholders: dict[str, PlaceholderView]
    shipped: bool
    created_at: datetime

    @computed_field  # type: ignore[prop-decorator]
    @property
    def topic(self) -> str | None:
        found = topic_of(self.code)
        return None if found is None else found.name

    @computed_field  # type: ignore[prop-decorator]
    @property
    def channels(self) -> list[Channel]:
        found = topic_of(self.code)
        return [] if found is None else list(found.chain)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def preview(self) -> str:
        samples = {name: declared.sample for name, declared in self.placeholders.items()}
        try:
            return f"{render(self.title, samples)}\n{render(self.body, samples)}"
        except MissingPlaceholder:
            # Left by a newer program that was rolled back: staff must be able to see and reword it.
            return f"{self.title}\n{self.body}"


class Reword(BaseModel):
    """新的文字；version 是所改的版本"""

    version: Annotated[int, Field(ge=1, le=2**31 - 2)]
    title: Annotated[str, Field(min_length=1, max_length=100)]
    body: Annotated[str, Field(min_length=1, max_length=1000)]


class ChannelChoice(BaseModel):
    """一个渠道：on 是否接收，reachable 是否已有绑定的微信、手机号或确认过的邮箱"""

    channel: Channel
    on: bool
    reachable: bool


class TopicChoice(BaseModel):
    """一类消息；fixed 的不能关闭"""

    topic: str
    name: str
    fixed: bool
    channels: list[ChannelChoice]


class PreferencesView(BaseModel):
    """我的消息设置；站内消息总会保留。号码与邮箱是遮盖过的，pending_email 是还没有确认的邮箱"""

    topics: list[TopicChoice]
    phone: str | None
    email: str | None
    pending_email: str | None
    quiet_from: str
    quiet_until: str

    @classmethod
    def of(cls, known: Preferences) -> Self:
        return cls(
            topics=[
                TopicChoice(
                    topic=code,
                    name=name,
                    fixed=fixed,
                    channels=[
                        ChannelChoice(channel=channel, on=on, reachable=reachable)
                        for channel, on, reachable in channels
                    ],
                )
                for code, name, fixed, channels in choices(known)
            ],
            phone=people.mask_phone(known.known.phone) if known.known.phone else None,
            email=mask_email(known.known.email) if known.known.email else None,
            pending_email=mask_email(known.pending_email) if known.pending_email else None,
            quiet_from=f"{known.rules.quiet_from:%H:%M}",
            quiet_until=f"{known.rules.quiet_until:%H:%M}",
        )


class Wish(BaseModel):
    topic: Annotated[str, Field(max_length=32)]
    channel: Channel
    on: bool


class PreferencesChange(BaseModel):
    """没有提到的不变；同一类消息、同一渠道以最后一项为准"""

    wishes: Annotated[list[Wish], Field(max_length=50)]


class EmailGiven(BaseModel):
    email: Annotated[str, Field(min_length=3, max_length=254, examples=["zhang@example.com"])]


class EmailCode(BaseModel):
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$"), Field(description="邮件中的 6 位验证码")]


class ParameterView(BaseModel):
    """模板的一个参数：名称，与所填的内容（可含占位符）"""

    model_config = ConfigDict(from_attributes=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}$")]
    value: Annotated[str, Field(min_length=1, max_length=200)]


TemplateSort = Literal["template", "subscription", "mini_subscription", "sms"]


class ChannelTemplateView(BaseModel):
    """一种消息在微信或短信服务商处用的模板；腾讯云短信的参数按次序对应 {1}、{2}"""

    model_config = ConfigDict(from_attributes=True)

    code: str
    channel: Channel
    sender: str
    kind: TemplateSort
    external_id: str
    fields: list[ParameterView]
    url: str
    active: bool
    version: int
    changed_at: datetime


class ChannelTemplateChange(BaseModel):
    """version 是所改的版本，新建为 0"""

    version: Annotated[int, Field(ge=0, le=2**31 - 2)]
    kind: TemplateSort
    external_id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
    fields: Annotated[list[ParameterView], Field(max_length=20)] = []
    url: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9:/?#@!$&'()*+,;=._~%-]{1,500})?$")] = ""
    active: bool = True


class CapView(BaseModel):
    """每人每小时、每 24 小时至多几条"""

    model_config = ConfigDict(from_attributes=True)

    hour: Annotated[int, Field(ge=0, le=1000)]
    day: Annotated[int, Field(ge=0, le=1000)]


class Caps(BaseModel):
    """各渠道的上限；紧急的消息不受限制"""

    wechat: CapView
    sms: CapView
    email: CapView


Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class SendingRules(BaseModel):
    """channels 是启用的渠道，按先后；quiet_from 至 quiet_until 之间只发紧急的消息，两者相同为不设；sms_order 是短信服务商的先后"""

    channels: Annotated[list[Channel], Field(max_length=3)]
    quiet_from: Clock
    quiet_until: Clock
    caps: Caps
    sms_order: Annotated[list[Literal["tencent", "aliyun"]], Field(max_length=2)]

    @field_validator("channels", "sms_order")
    @classmethod
    def _each_once(cls, given: list[str]) -> list[str]:
        if len(set(given)) < len(given):
            raise ValueError("不能重复")
        return given


class SendingRulesChange(SendingRules):
    """version 是所改的版本，第一次为 0"""

    version: Annotated[int, Field(ge=0, le=2**31 - 2)]


class SendingRulesView(SendingRules):
    """set_up 是已有账户的服务：tencent、aliyun、smtp；receipts 表示已设置接收短信回执的地址"""

    version: int
    set_up: list[str]
    receipts: bool

    @classmethod
    def of(cls, known: Rules, set_up: list[str], receipts: bool) -> Self:
        return cls.model_validate(
            {
                **msgspec.to_builtins(known),
                "quiet_from": f"{known.quiet_from:%H:%M}",
                "quiet_until": f"{known.quiet_until:%H:%M}",
                "set_up": set_up,
                "receipts": receipts,
            }
        )


DeliveryChannel = Literal["in_app", "wechat", "sms", "email"]
DeliveryState = Literal["waiting", "sending", "sent", "delivered", "failed", "skipped"]


class DeliveryView(BaseModel):
    """一条消息在一个渠道的送达情况；姓名、号码与邮箱是遮盖过的，dead_at 表示全部渠道都未送达"""

    id: UUID
    notice_id: UUID
    template_code: str
    person_id: UUID | None
    person_name: str | None
    channel: DeliveryChannel
    state: DeliveryState
    reason: str
    address: str | None
    sender: str
    tries: int
    uncertain: bool
    due_at: datetime | None
    begun_at: datetime | None
    receipt: str
    receipt_at: datetime | None
    dead_at: datetime | None
    at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, line: LogLine, names: Mapping[UUID, str], **more: Any) -> Self:
        name = names.get(line.person_id) if line.person_id is not None else None
        return cls(
            **{field: getattr(line, field) for field in _COPIED},
            person_name=people.mask_name(name) if name else None,
            address=_masked(line.channel, line.address) if line.address else None,
            **more,
        )


_COPIED = tuple(DeliveryView.model_fields.keys() - {"person_name", "address"})


def _masked(channel: str, address: str) -> str:
    return mask_email(address) if channel == "email" else people.mask_phone(address)


class TryView(BaseModel):
    """一次发送；outcome 为空是正在发送或中断"""

    model_config = ConfigDict(from_attributes=True)

    number: int
    sender: str
    begun_at: datetime
    ended_at: datetime | None
    outcome: Literal["accepted", "refused", "unknown"] | None
    provider_id: str
    error: str


class DeliveryDetail(DeliveryView):
    attempts: list[TryView]
