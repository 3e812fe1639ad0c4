"""What the screens send and see."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

Channel = Literal["phone", "in_person", "wechat", "sms", "in_app", "other"]


class _FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ReasonView(BaseModel):
    rule: str = Field(description="规则代码；base 为基本项目，doctor 为医生添加")
    title: str
    because: list[str] = Field(description="使规则成立的事实")
    note: str | None
    interval: str | None = Field(description="建议间隔")
    evidence: str = Field(description="依据")
    confidence: str = Field(description="依据的可信度，含“待院方确认”")


class LineView(_FromRow):
    item_code: str
    name: str
    category: str
    group_name: str
    origin: Literal["base", "x", "doctor"] = Field(description="base 基本项目，x 按规则，doctor 医生添加")
    optional: bool
    ticked: bool
    reasons: list[ReasonView]
    cautions: list[str]


class RemovedView(BaseModel):
    item: str
    group: str
    origin: str
    removed_by: ReasonView
    asked_by: list[ReasonView]


class UndecidedView(BaseModel):
    rule: str
    title: str
    missing: list[str] = Field(description="缺少的数据")
    would_add: list[str]
    would_remove: list[str]


class SuggestionView(BaseModel):
    name: str
    reason: ReasonView
    removed_by: ReasonView | None


class ChecklistHeadView(_FromRow):
    id: UUID
    person_id: UUID
    person_name: str = ""
    institution_id: UUID
    booking_id: UUID | None
    appointment_date: date | None
    state: str
    revision: int
    generated_at: datetime
    confirmed_at: datetime | None
    ticked: int = Field(description="选中的项目数")
    x_items: int = Field(description="基本项目之外的项目数")


class ChecklistView(_FromRow):
    id: UUID
    person_id: UUID
    person_name: str = ""
    institution_id: UUID
    booking_id: UUID | None
    appointment_date: date | None
    state: str
    revision: int = Field(description="修改与确认时须原样带回")
    touched: bool
    rules_version: str
    generated_at: datetime
    confirmed_at: datetime | None
    confirmed_by: UUID | None
    confirmed_by_name: str | None = None
    facts: dict[str, Any] = Field(description="生成所依据的输入")
    removed: list[RemovedView]
    undecided: list[UndecidedView]
    suggestions: list[SuggestionView]
    cautions: list[str]
    lines: list[LineView] = []


class Ticks(BaseModel):
    revision: int
    ticks: dict[str, bool] = Field(min_length=1, max_length=500, description="项目代码 → 是否选中")


class NewLine(BaseModel):
    revision: int
    item_code: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=500, description="添加理由")


class Confirmation(BaseModel):
    revision: int


class FindingView(_FromRow):
    id: UUID
    person_id: UUID
    person_name: str = ""
    institution_id: UUID
    exam_id: UUID | None
    result_id: UUID | None
    item_code: str
    rule_id: str
    finding_class: Literal["A", "B"]
    title: str
    text: str
    evidence: dict[str, Any]
    evidence_now: dict[str, Any] | None = Field(description="结果更正或复测后的现值")
    result_changed_at: datetime | None
    source: str
    basis: str
    confidence: str
    needs_confirmation: bool = Field(description="规则待院方确认")
    needs_remeasure: bool
    state: str
    due_at: datetime
    found_at: datetime
    notified_at: datetime | None
    acknowledged_at: datetime | None
    followed_up_at: datetime | None
    closed_at: datetime | None
    escalated_at: datetime | None
    replaced_by: UUID | None


class StepView(_FromRow):
    action: str
    at: datetime
    actor_kind: str
    account_id: UUID | None
    account_name: str | None = None
    channel: str | None
    said: str
    detail: dict[str, Any]


class FindingDetail(FindingView):
    steps: list[StepView] = []


class StepTaken(BaseModel):
    """A step that tells the person something: how, and what was said."""

    channel: Channel
    said: str = Field(min_length=1, max_length=2000, description="沟通内容")
    at: datetime | None = Field(default=None, description="发生时间，不填为现在")


class Closing(BaseModel):
    reason: str = Field(min_length=1, max_length=2000, description="关闭原因")


class Remeasurement(BaseModel):
    sbp: float = Field(ge=40, le=300, description="收缩压 mmHg")
    dbp: float = Field(ge=20, le=200, description="舒张压 mmHg")
    measured_at: datetime | None = Field(default=None, description="测量时间，不填为现在")
    acute_symptoms: bool | None = Field(default=None, description="是否有急性症状，未问留空")


class NewFinding(BaseModel):
    person_id: UUID
    institution_id: UUID
    exam_id: UUID | None = None
    rule_id: str = Field(max_length=64)
    item_code: str = Field(max_length=64)
    note: str = Field(min_length=1, max_length=2000, description="所见")


class RuleView(BaseModel):
    """One rule of important abnormal results, with its source."""

    id: str
    finding_class: str
    title: str
    text: str
    items: list[str]
    recorded_by: str = Field(description="rule 按结果判定，blood_pressure 血压专门规则，doctor 由医生登记")
    source: str
    basis: str
    confidence: str
    needs_confirmation: bool
    enabled: bool
    note: str | None


class ChecklistRuleView(BaseModel):
    """One rule of the personalised list."""

    id: str
    title: str
    when: dict[str, Any] = Field(description="条件")
    when_text: str = Field(description="条件的文字")
    add: list[str]
    remove: list[str]
    suggest: list[str] = Field(description="尚无项目代码的建议")
    evidence: str
    confidence: str
    restricted: str | None = Field(description="原文中未采用或有所取舍的条件")
    enabled: bool


class ModelView(BaseModel):
    """One risk model."""

    model: str
    title: str
    version: str
    source: str
    confidence: str
    reviewed_by: str | None
    reviewed_at: str | None


class AssessmentView(_FromRow):
    id: UUID
    model: str
    version: str
    title: str
    status: Literal["computed", "not_computable", "not_applicable"]
    value: float | None
    unit: str | None
    level: str | None
    level_label: str | None
    advice: str | None
    missing: list[str]
    reason: str | None
    inputs: dict[str, Any]
    notes: list[str]
    details: dict[str, Any]
    source: str
    confidence: str
    reviewed: bool
    exam_id: UUID | None
    assessed_at: datetime
    superseded_at: datetime | None


class FlaggedResultView(_FromRow):
    """The latest result of one item, judged by the platform and by the laboratory."""

    item_code: str
    item_name: str
    raw_value: str
    raw_unit: str
    numeric_value: float | None
    comparator: str
    unit: str
    flag: Literal["N", "H", "L", "HH", "LL", "A"] | None = Field(description="平台判定，空为无法判定")
    flag_label: str
    low: float | None
    high: float | None
    range_text: str | None
    vendor_flag: str = Field(description="体检系统给出的标志")
    vendor_reference: str = Field(description="体检系统给出的参考范围")
    differs: bool = Field(description="平台判定与体检系统的标志是否不一致")
    performed_at: datetime
    exam_id: UUID


# -- for the person -----------------------------------------------------------------------------------------------


class RiskInput(BaseModel):
    """A value that an assessment was made of."""

    label: str
    value: Any
    unit: str | None = None
    source: Literal["person", "result", "answer", "derived"] = Field(
        description="档案、体检结果、问卷或由其他数据推算"
    )
    at: datetime | None = None


class RiskCard(_FromRow):
    """A risk assessment as its person sees it."""

    model: str
    title: str
    status: Literal["computed", "not_computable", "not_applicable"]
    value: float | None
    unit: str | None
    level: str | None
    level_label: str | None
    advice: str | None
    missing: list[str] = Field(description="还缺哪些数据")
    reason: str | None
    inputs: list[RiskInput] = Field(description="评估所用的数据")
    notes: list[str]
    details: dict[str, Any]
    assessed_at: datetime

    @field_validator("inputs", mode="before")
    @classmethod
    def _without_names(cls, stored: Any) -> Any:
        """Stored by name; a person reads labels."""
        return list(stored.values()) if isinstance(stored, dict) else stored


class OwnFinding(BaseModel):
    """An abnormal result in plain words."""

    id: UUID
    title: str
    meaning: str
    urgent: bool
    state: str
    state_label: str
    needs_remeasure: bool
    result_changed: bool
    found_at: datetime
    can_acknowledge: bool


class OwnLine(BaseModel):
    item_code: str
    name: str
    category: str
    group: str
    optional: bool
    reasons: list[str]
    cautions: list[str]


class OwnRemoved(BaseModel):
    """An item that would have been on the list, and why it is not."""

    name: str
    reason: str


class OwnChecklist(BaseModel):
    id: UUID
    appointment_date: date | None
    confirmed: bool = Field(description="医生是否已确认")
    generated_at: datetime
    lines: list[OwnLine]
    not_taken: list[OwnLine] = Field(description="可以加做但没有选中的项目")
    removed: list[OwnRemoved] = Field(description="因禁忌去掉的项目")
    cautions: list[str]
