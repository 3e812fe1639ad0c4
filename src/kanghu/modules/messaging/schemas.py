"""What the pages send and see."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kanghu.modules.messaging import media_types, policy
from kanghu.modules.messaging.models import (
    Conversation,
    Draft,
    File,
    Listed,
    Message,
    ServiceSession,
    Transfer,
)
from kanghu.modules.messaging.service import cards
from kanghu.modules.people import public as people

Skill = Literal["general", "exam", "nursing", "complaint"]
State = Literal["idle", "waiting", "active", "closed"]
Kind = Literal["text", "image", "voice", "video", "card", "system"]
MediaKind = Literal["image", "voice", "video"]
Reason = Literal["solved", "passed_on", "unsolved", "left", "irrelevant"]
EndReason = Literal[Reason, "idle", "answered", "joined"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Key = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$", description="由发送方生成，重发时不变，不会重复")
]
Seq = Annotated[int, Field(ge=0, le=2**63 - 1)]


class _FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


# ---- messages --------------------------------------------------------------------------------------------------------


class CardLineView(_FromRow):
    label: str
    text: str


class CardView(_FromRow):
    """卡片：发送时的样子；subject 指明业务对象，页面据此打开"""

    kind: Literal["booking", "report"]
    subject: str
    title: str
    lines: list[CardLineView]


class MediaView(BaseModel):
    """媒体：用 id 取内容"""

    id: UUID
    mime: str = Field(description="取到的内容的格式；语音和视频转换后为 MP3、MP4")
    size: int = Field(description="原件的字节数")
    duration_s: float | None = Field(None, description="语音、视频的长度，秒；转换后才知道")
    converting: bool = Field(False, description="正在转换为通用格式，完成时会有实时通知")
    thumbnail: bool = Field(False, description="有缩略图：取内容时加 form=thumbnail")

    @classmethod
    def of(cls, media_id: UUID, kind: str, file: File) -> Self:
        return cls(
            id=media_id,
            mime=media_types.shown_as(kind, file),
            size=file.size,
            duration_s=None if file.duration_ms is None else round(file.duration_ms / 1000, 1),
            converting=file.conversion == "waiting",
            thumbnail=kind == "video" and file.conversion == "done",
        )


class MessageView(BaseModel):
    """一条消息；撤回的没有内容"""

    id: UUID
    seq: int = Field(description="会话内的序号，连续")
    direction: Literal["in", "out"] = Field(description="in 客户发来，out 机构发出")
    kind: Kind
    text: str | None
    card: CardView | None
    media: MediaView | None
    channel: str
    client_key: str | None
    state: Literal["received", "pending", "sent", "failed"]
    failure: str = Field(description="未送达的原因")
    created_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, message: Message) -> Self:
        shown = message.withdrawn_at is None
        return cls(
            id=message.id,
            seq=message.seq,
            direction=message.direction,  # type: ignore[arg-type]
            kind=message.kind,  # type: ignore[arg-type]
            text=message.content if shown and message.kind in ("text", "system") else None,
            card=_card(message) if shown and message.kind == "card" else None,
            media=_media(message) if shown else None,
            channel=message.channel,
            client_key=message.client_key,
            state=message.state,  # type: ignore[arg-type]
            failure=message.failure,
            created_at=message.created_at,
            withdrawn_at=message.withdrawn_at,
        )


def _card(message: Message) -> CardView:
    return CardView.model_validate(cards.decoded(message.content))


def _media(message: Message) -> MediaView | None:
    if message.media_id is None or message.file is None:
        return None
    return MediaView.of(message.media_id, message.kind, message.file)


class StaffMessageView(MessageView):
    """员工所见：另有作者"""

    author_account_id: UUID | None = None
    author_name: str = Field("", description="发出的员工")


class MessagesView(BaseModel):
    """一段消息，按序号先后；more 表示所要的方向上还有"""

    items: list[MessageView]
    more: bool


class StaffMessagesView(BaseModel):
    """一段消息，按序号先后；more 表示所要的方向上还有"""

    items: list[StaffMessageView]
    more: bool


class MessageGiven(BaseModel):
    """客户的一条消息：文字，或先上传的图片、语音、视频"""

    client_key: Key
    kind: Literal["text", "image", "voice", "video"]
    text: Text | None = None
    media_id: UUID | None = None
    skill: Skill = Field("general", description="咨询的内容，只在开始新的咨询时起作用")

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.kind == "text") != (self.text is not None) or (self.kind == "text") == (
            self.media_id is not None
        ):
            raise ValueError("文字消息只填 text，图片、语音、视频只填 media_id")
        return self

    def draft(self) -> Draft:
        return Draft(self.kind, self.client_key, self.text or "", self.media_id)


class CardGiven(BaseModel):
    """kind 为 booking 时 id 是预约，为 report 时是报告"""

    kind: Literal["booking", "report"]
    id: UUID


class StaffMessageGiven(BaseModel):
    """客服的一条消息：文字、卡片，或先上传的图片、语音、视频"""

    client_key: Key
    kind: Literal["text", "image", "voice", "video", "card"]
    text: Text | None = None
    media_id: UUID | None = None
    card: CardGiven | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        given = {"text": self.text, "card": self.card, "media": self.media_id}
        wanted = self.kind if self.kind in ("text", "card") else "media"
        if [name for name, value in given.items() if value is not None] != [wanted]:
            raise ValueError("文字消息只填 text，卡片只填 card，图片、语音、视频只填 media_id")
        return self


class ReadUpTo(BaseModel):
    """已读到这个序号"""

    up_to: Seq


# ---- conversations ---------------------------------------------------------------------------------------------------


class SpellView(_FromRow):
    """客户所见的一段接待"""

    id: UUID
    skill: Skill
    started_at: datetime
    claimed_at: datetime | None
    ended_at: datetime | None
    satisfaction: int | None


class OwnConversationView(BaseModel):
    """我与一家机构的会话；还没有说过话时 state 为 idle，id 为空"""

    id: UUID | None
    institution_id: UUID
    state: State
    last_seq: int
    last_at: datetime | None
    read_up_to: int = Field(description="我已读到的序号")
    staff_read_up_to: int = Field(description="客服已读到的序号")
    unread: int
    ahead: int = Field(description="等待接入时，前面还有几位")
    service_session: SpellView | None = Field(description="最近一段接待")

    @classmethod
    def of(cls, listed: Listed, ahead: int = 0) -> Self:
        found = listed.conversation
        return cls(
            id=found.id,
            institution_id=found.institution_id,
            state=policy.state_of(listed.session),  # type: ignore[arg-type]
            last_seq=found.last_seq,
            last_at=found.last_at if found.last_seq else None,
            read_up_to=found.customer_read_seq,
            staff_read_up_to=found.staff_read_seq,
            unread=listed.unread,
            ahead=ahead,
            service_session=SpellView.model_validate(listed.session) if listed.session else None,
        )

    @classmethod
    def none_yet(cls, institution_id: UUID) -> Self:
        return cls(
            id=None,
            institution_id=institution_id,
            state="idle",
            last_seq=0,
            last_at=None,
            read_up_to=0,
            staff_read_up_to=0,
            unread=0,
            ahead=0,
            service_session=None,
        )


class Rating(BaseModel):
    """对一段已结束的接待的评价"""

    service_session_id: UUID
    score: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None


class ConversationView(BaseModel):
    """列表中的一个会话；姓名遮盖"""

    id: UUID
    person_id: UUID | None = Field(description="客户；空为尚未绑定的访客")
    person_name: str
    institution_id: UUID
    channel: str
    state: State
    last_seq: int
    last_at: datetime
    last_direction: Literal["in", "out"] | None
    unread: int
    skill: Skill | None
    started_at: datetime | None
    waiting_since: datetime | None
    agent_account_id: UUID | None
    agent_name: str
    ended_at: datetime | None
    end_reason: EndReason | None
    satisfaction: int | None = Field(description="客户对最近一段接待的评价，1 至 5")

    @classmethod
    def of(cls, listed: Listed, person_name: str, agent_name: str) -> Self:
        found, session = listed.conversation, listed.session
        open_ = session if session is not None and session.ended_at is None else None
        return cls(
            id=found.id,
            person_id=found.person_id,
            person_name=person_name,
            institution_id=found.institution_id,
            channel=found.channel,
            state=policy.state_of(session),  # type: ignore[arg-type]
            last_seq=found.last_seq,
            last_at=found.last_at,
            last_direction=found.last_direction,  # type: ignore[arg-type]
            unread=listed.unread,
            skill=session.skill if session else None,  # type: ignore[arg-type]
            started_at=session.started_at if session else None,
            waiting_since=open_.waiting_since if open_ and open_.agent_account_id is None else None,
            agent_account_id=session.agent_account_id if session else None,
            agent_name=agent_name,
            ended_at=session.ended_at if session else None,
            end_reason=session.end_reason if session else None,  # type: ignore[arg-type]
            satisfaction=session.satisfaction if session else None,
        )


class ContactView(BaseModel):
    """通讯录中的一位客户，个人信息遮盖"""

    conversation_id: UUID
    person_id: UUID
    name: str
    initial: Annotated[str, Field(description="姓的拼音首字母，A 至 Z；其他文字为 #")]
    phone: str | None
    last_at: datetime

    @classmethod
    def of(cls, conversation: Conversation, person: people.Person) -> Self:
        first = people.sort_key(person.name)[:1].upper()
        return cls(
            conversation_id=conversation.id,
            person_id=person.id,
            name=people.mask_name(person.name),
            initial=first if "A" <= first <= "Z" else "#",
            phone=people.mask_phone(person.phone) if person.phone else None,
            last_at=conversation.last_at,
        )


class TransferView(_FromRow):
    """一次转接、接手或退回"""

    from_account_id: UUID | None
    to_account_id: UUID | None
    to_skill: Skill | None
    kind: Literal["transferred", "taken_over", "returned"]
    note: str | None
    made_by: UUID | None
    at: datetime


class AllowanceView(_FromRow):
    """渠道的限额：还可发 left 条，至 until 为止；until 为空表示客户再次发来消息之前不能发"""

    left: int
    until: datetime | None


class ConversationDetail(ConversationView):
    """一个会话，姓名不遮盖，另有本段接待的交接说明"""

    allowance: AllowanceView | None = Field(description="渠道现在还准许发几条；不受限制的渠道为空")
    read_up_to: int = Field(description="客服已读到的序号")
    customer_read_up_to: int = Field(description="客户已读到的序号")
    service_session_id: UUID | None
    transfers: list[TransferView]


class ServiceSessionView(_FromRow):
    """一段接待"""

    id: UUID
    skill: Skill
    started_at: datetime
    agent_account_id: UUID | None
    agent_name: str = ""
    claimed_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None
    summary: str | None
    satisfaction: int | None
    comment: str | None
    transfers: list[TransferView] = []

    @classmethod
    def made(cls, session: ServiceSession, transfers: list[Transfer], agent_name: str) -> Self:
        view = cls.model_validate(session)
        view.agent_name = agent_name
        view.transfers = [
            TransferView.model_validate(one) for one in transfers if one.service_session_id == session.id
        ]
        return view


class ClaimedView(BaseModel):
    """接入的会话；没有等待的客户时为空"""

    conversation_id: UUID | None


class TransferGiven(BaseModel):
    """转给一位客服，或转回某项技能的队列"""

    to_account_id: UUID | None = None
    to_skill: Skill | None = None
    note: Note

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.to_account_id is None) == (self.to_skill is None):
            raise ValueError("请在客服与技能中选一个")
        return self


class Ending(BaseModel):
    reason: Reason
    summary: Note


class TakingOver(BaseModel):
    note: Note


class HistorySearch(BaseModel):
    """查找一位客户的会话内容（放在请求体内，不进入地址和日志）"""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=512)] = None


class FoundMessage(StaffMessageView):
    """查到的一条消息，以及它在哪个会话"""

    conversation_id: UUID
