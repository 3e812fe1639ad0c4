"""What the screens send and get."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

BaseUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=300)]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{1,253}$")]
SignType = Literal["HMAC-SHA256", "HMAC-SM3"]


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class VendorSettings(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    base_url: BaseUrl
    url_hosts: Annotated[list[Host], Field(max_length=50)] = []
    call_app_id: Annotated[str, Field(min_length=1, max_length=64)]
    sign_type: SignType = "HMAC-SHA256"
    exam_no_optional: bool = False


class NewVendor(VendorSettings):
    institution_id: UUID
    call_secret: Annotated[str, Field(min_length=8, max_length=256)]


class VendorChange(VendorSettings):
    version: int
    active: bool = True
    call_secret: Annotated[str, Field(min_length=8, max_length=256)] | None = None


class VendorView(_View):
    id: UUID
    name: str
    institution_id: UUID
    base_url: str
    url_hosts: list[str]
    call_app_id: str
    sign_type: str
    exam_no_optional: bool
    active: bool
    version: int


class VendorChoice(_View):
    """客户可选的体检机构系统"""

    id: UUID
    name: str
    institution_id: UUID


class VendorHealthView(_View):
    interface: str
    direction: str
    calls: int
    failed: int
    last_at: datetime | None
    p50_ms: float | None
    p95_ms: float | None


class VendorHourView(_View):
    """一个接口一小时的调用；没有调用的小时不出现"""

    hour: datetime
    interface: str
    direction: str
    calls: int
    failed: int
    p95_ms: float | None


class MessageView(_View):
    id: UUID
    vendor_id: UUID
    direction: str
    interface: str
    app_id: str
    request_id: str | None
    state: str
    codes: list[str]
    person_id: UUID | None
    booking_id: UUID | None
    attempts: int
    duration_ms: int | None
    received_at: datetime
    settled_at: datetime | None


class OpenedMessage(BaseModel):
    id: UUID
    interface: str
    direction: str
    state: str
    body: str
    answer: str
    masked: bool


class ReplayView(BaseModel):
    state: str
    codes: list[str]
    data: dict[str, Any]
    answer: str = Field(description="现在会给对方的应答（JSON）；对方当时得到的应答不变")


class StagedView(_View):
    id: UUID
    vendor_id: UUID
    message_id: UUID
    person_id: UUID
    booking_id: UUID | None
    vendor_item_code: str
    item_name: str
    change: str
    reason: str
    reason_text: str
    result: Any
    staged_at: datetime


class StagedExam(_View):
    """可能是这条结果所属的一次体检"""

    id: UUID
    exam_no: str | None
    state: str
    appointment_date: date | None
    created_at: datetime


class StagedDetail(StagedView):
    """same_push：同一报文中一起等待的结果数；exams：尚不知属于哪次体检时可以指定的体检"""

    same_push: int
    exams: list[StagedExam]


class WaitingItemView(_View):
    vendor_id: UUID
    vendor_item_code: str
    item_name: str
    reason: str
    waiting: int
    persons: int
    oldest: datetime


class ReleasePreview(BaseModel):
    """完成这些项目的对照后将释放的结果"""

    results: int
    persons: int
    items: list[WaitingItemView]


class PreviewRequest(BaseModel):
    vendor_id: UUID
    vendor_item_codes: Annotated[
        list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=1000)
    ]


class ExamOfStaged(BaseModel):
    booking_id: UUID


class DropStaged(BaseModel):
    why: Annotated[str, Field(min_length=2, max_length=200)]


class NewBinding(BaseModel):
    vendor_id: UUID
    agreement_version: Annotated[str, Field(max_length=32)]
    accepted: Literal[True] = Field(description="已阅读并同意数据使用授权协议")
    person_id: UUID | None = Field(None, description="为家庭成员签约时给出")
    channel: Literal["h5", "mini_program", "app"] = "h5"


class BindingView(_View):
    vendor_id: UUID
    exam_account: str
    new_account: bool
    hint: str
