"""Request and response shapes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, computed_field

from kanghu.modules.notices.policy import MissingPlaceholder, render


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
    """消息模板的一个版本，preview 是用示例值生成的样子"""

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
