"""Bulk sending as the screens send and see it."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kanghu.modules.wechat.fan_schemas import Openid, TagId
from kanghu.modules.wechat.models import Audience, Broadcast, BroadcastKind, BroadcastPart, BroadcastState

MediaId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,128}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]


class BroadcastGiven(BaseModel):
    """一次群发：audience 为 tag 时给出 tag_id，为 list 时给出 openids；kind 为 text 时给出 text，否则给出 media_id"""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    audience: Audience
    tag_id: TagId | None = None
    openids: Annotated[list[Openid], Field(max_length=2000)] = []
    kind: BroadcastKind
    text: Words | None = None
    media_id: MediaId | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.audience == "tag") != (self.tag_id is not None):
            raise ValueError("按标签群发时须选择标签，其他对象不填标签")
        if (self.audience == "list") != bool(self.openids):
            raise ValueError("指定粉丝群发时须选择粉丝，其他对象不填粉丝")
        if (self.kind == "text") != (self.text is not None) or (self.kind == "text") == (
            self.media_id is not None
        ):
            raise ValueError("文字群发须填写文字，图片与图文群发须选择素材")
        return self


class PreviewGiven(BaseModel):
    openid: Openid


class PictureView(BaseModel):
    """图片在微信的素材编号，3 天内有效"""

    media_id: str


class PartView(BaseModel):
    """一批：taken 是交给微信的人数，其后是微信结束事件所报的人数"""

    model_config = ConfigDict(from_attributes=True)

    number: int
    state: str
    taken: int
    errcode: int | None
    begun_at: datetime | None
    status: str
    total: int | None
    filtered: int | None
    sent: int | None
    errors: int | None


class ProgressView(BaseModel):
    """放行时确定的人数、已交给微信的、没有发给的；微信报告的成功与失败人数"""

    fans: int = 0
    handed: int = 0
    skipped: int = 0
    parts: int = 0
    reported: int = 0
    sent: int = 0
    errors: int = 0


class BroadcastView(BaseModel):
    """一次群发"""

    id: UUID
    account_id: UUID
    name: str
    audience: Audience
    tag_id: int | None
    listed: int = Field(description="指定的粉丝数")
    kind: BroadcastKind
    content: str
    state: BroadcastState
    reason: str
    prepared_by: UUID
    released_by: UUID | None
    created_at: datetime
    released_at: datetime | None
    ended_at: datetime | None
    progress: ProgressView

    @classmethod
    def of(cls, found: Broadcast, progress: dict[str, int] | None, **more: Any) -> Self:
        copied = {name: getattr(found, name) for name in cls.model_fields if hasattr(found, name)}
        return cls(**copied, listed=len(found.openids), progress=ProgressView(**(progress or {})), **more)


class BroadcastDetail(BroadcastView):
    parts: list[PartView]

    @classmethod
    def whole(cls, found: Broadcast, progress: dict[str, int] | None, parts: list[BroadcastPart]) -> Self:
        return cls.of(found, progress, parts=[PartView.model_validate(part) for part in parts])


class CandidateView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    openid: str
    reason: str


class DryRunView(BaseModel):
    """试算：现在发出的话多少人能收到；excluded 是收不到的原因与人数；would 与 would_not 各是其中的前 100 位"""

    model_config = ConfigDict(from_attributes=True)

    eligible: int
    excluded: dict[str, int]
    would: list[CandidateView]
    would_not: list[CandidateView]
