"""Requests and answers of the control desk."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kanghu_sandbox.wire.messages import ADD, MODIFY, Change, IdentifiedPerson, WireDate

from .platform import Delivery

Kind = Literal["text", "html", "url"]
ReportKind = Literal["text", "html", "pdf"]
Step = Literal["guide", "results", "report"]


class Strict(BaseModel):
    """A typing mistake in a control call must not pass unseen."""

    model_config = ConfigDict(extra="forbid")


class AccountView(BaseModel):
    """一个体检账号"""

    exam_account: str
    person: IdentifiedPerson
    origin: str = Field(description="来源：种子、前台或 K1")
    created_at: str


class AppointmentView(BaseModel):
    """一次体检"""

    exam_no: str
    exam_account: str
    appointment_date: str
    items: list[str]
    unmatched: list[str] = Field(description="平台未给出编码的项目，须由前台人工对照")
    origin: str
    report_version: int
    created_at: str


class NewAppointment(Strict):
    """在体检中心前台预约"""

    exam_account: str
    appointment_date: WireDate | None = Field(default=None, description="YYYYMMDD，默认今天；不受 14 天限制")
    item_codes: list[str] | None = Field(default=None, description="项目编码；不给则为适合该性别的全部项目")
    from_checklist: bool = Field(default=False, description="先用 US-H1 取个性化清单，按清单预约")


class Booked(BaseModel):
    """预约结果"""

    appointment: AppointmentView
    unknown_items: list[str] = Field(default_factory=list, description="清单中本中心没有的项目编码")
    delivery: Delivery | None = None


class ChecklistQuery(Strict):
    """US-H1"""

    exam_account: str


class WhichExam(Strict):
    """哪一次体检：给体检编号，或给体检账号（取最近一次）"""

    exam_no: str | None = None
    exam_account: str | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "WhichExam":
        if bool(self.exam_no) == bool(self.exam_account):
            raise ValueError("请给出 exam_no 或 exam_account 之一")
        return self


class Guide(Strict):
    """体检指引的形式；content 可替换正文，用来试验带脚本的 HTML 或内网网址"""

    kind: Kind = "html"
    content: str | None = None


class Report(Strict):
    """体检报告的形式；content 可替换正文"""

    kind: ReportKind = "html"
    content: str | None = None


class RunExam(WhichExam):
    """做一次体检，并按顺序把各步推送给平台"""

    steps: Annotated[list[Step], Field(min_length=1)] = ["guide", "results", "report"]
    new_exam: bool = Field(default=False, description="与 exam_account 同用：另开一次体检，即使当天已有")
    values: dict[str, str] = Field(default_factory=dict, description="指定某些项目的结果：编码 → 打印值")
    pushes: int = Field(default=1, ge=1, le=200, description="结果分几次推送")
    guide: Guide = Guide()
    report: Report = Report()


class ChangeResults(WhichExam):
    """增（可为未预约的加项）、改、删结果（US-H3）"""

    change: Change = MODIFY
    values: dict[str, str] = Field(default_factory=dict, description="change 为 1、2 时：编码 → 新的打印值")
    item_codes: list[str] = Field(default_factory=list, description="change 为 3 时：要删除的项目编码")

    @model_validator(mode="after")
    def _what_to_change(self) -> "ChangeResults":
        needed = self.values if self.change in (ADD, MODIFY) else self.item_codes
        if not needed:
            raise ValueError("change 为 1、2 时请给出 values，为 3 时请给出 item_codes")
        return self


class ExamRun(BaseModel):
    """体检编号和平台对每条消息的应答"""

    exam_no: str
    deliveries: list[Delivery]


class ItemView(BaseModel):
    """本中心的一个项目"""

    item_code: str
    name: str
    category_name: str
    department: str
    result_type: str
    unit: str
    sex_limit: str
    active: bool


class ChangeItem(Strict):
    """改名、换单位、停用或启用一个项目；不给的不变"""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    unit: str | None = Field(default=None, max_length=50)
    active: bool | None = None
    push: bool = Field(default=True, description="改完即用 US-H5 通知平台")


class PushCatalogue(Strict):
    """US-H5：推送项目字典"""

    change: Change = ADD
    item_codes: list[str] | None = Field(default=None, description="不给则为全部项目")


class DayCapacity(Strict):
    """某一天可预约的人数"""

    capacity: int = Field(ge=0, le=100_000)


class CallView(BaseModel):
    """一次调用的记录"""

    id: int
    at: str
    direction: str = Field(description="in：平台调用本中心；out：本中心调用平台")
    interface: str
    request_id: str
    status: int | None
    request: str
    answer: str
    millis: int
    note: str


class Waiting(BaseModel):
    """一条未送达的消息"""

    interface: str
    request_id: str
    state: str
    tries: int
    created_at: str
    note: str
