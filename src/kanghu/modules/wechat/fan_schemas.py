"""Fans, tags and QR codes as the screens send and see them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Openid = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")]
TagId = Annotated[int, Field(ge=0, le=2**31 - 1)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]


class FanView(BaseModel):
    """粉丝；person_id 为空的尚未绑定"""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    openid: str
    subscribed: bool
    subscribed_at: datetime | None
    left_at: datetime | None
    tags: list[int] = Field(description="标签编号")
    person_id: UUID | None
    bound_at: datetime | None


class TagView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    count: int = Field(description="粉丝数")


class TagGiven(BaseModel):
    name: Name


class TaggingGiven(BaseModel):
    """给这些粉丝打上标签，remove 为 true 时取下"""

    openids: Annotated[list[Openid], Field(min_length=1, max_length=500)]
    remove: bool = False


class QrCodeGiven(BaseModel):
    """带参数的二维码：scene 用于自动回复与统计；days 为空的长期有效（微信共准许 10 万个）"""

    name: Name
    scene: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]
    days: Annotated[int | None, Field(ge=1, le=30)] = None


class QrCodeView(BaseModel):
    """url 是二维码的内容，页面据此画出图形；follows 是扫码后关注的次数，scans 是已关注者扫码的次数"""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    scene: str
    url: str
    expires_at: datetime | None
    created_at: datetime
    follows: int
    scans: int
