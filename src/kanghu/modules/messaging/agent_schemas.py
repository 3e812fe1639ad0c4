"""What the pages send and see of agents: presence, load, quick replies."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kanghu.modules.messaging.schemas import Skill, Text


class _FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PresenceGiven(BaseModel):
    """报到；页面打开时每分钟一次，十分钟未报到的视为离线"""

    state: Literal["online", "paused", "offline"]
    skills: Annotated[list[Skill], Field(min_length=1, max_length=20)]
    max_load: Annotated[int, Field(ge=1, le=50, description="同时接待上限")] = 5
    auto_accept: bool = Field(False, description="由系统自动分配")


class AgentView(_FromRow):
    """一位客服及其负荷"""

    account_id: UUID
    name: str = ""
    institution_id: UUID
    state: Literal["online", "paused", "offline"]
    skills: list[Skill]
    max_load: int
    auto_accept: bool
    load: int = Field(description="正在接待的客户数")
    seen_at: datetime


class SkillQueueView(_FromRow):
    skill: Skill
    count: int
    oldest_at: datetime = Field(description="等得最久的从何时起")


class OverviewView(BaseModel):
    """排队与负荷"""

    waiting: list[SkillQueueView]
    agents: list[AgentView]


class ChoicesView(BaseModel):
    """代码 → 名称"""

    skills: dict[str, str]
    end_reasons: dict[str, str]


class QuickReplyGiven(BaseModel):
    """快捷回复；shared 表示机构公用，建立后不变"""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
    body: Text
    shared: bool = False


class QuickReplyChange(BaseModel):
    """新的内容；version 是所改的版本"""

    version: Annotated[int, Field(ge=1, le=2**31 - 2)]
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
    body: Text


class QuickReplyView(_FromRow):
    id: UUID
    account_id: UUID | None = Field(description="空为机构公用")
    title: str
    body: str
    version: int
    updated_at: datetime
