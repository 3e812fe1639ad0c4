"""What the screens get."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class BookingView(_View):
    id: UUID
    person_id: UUID
    institution_id: UUID
    vendor_id: UUID
    exam_no: str | None
    origin: str
    state: str
    appointment_date: date | None
    failure: str
    created_at: datetime
    updated_at: datetime
    person_name: str = ""
    vendor_name: str = ""


class ExamAccountView(_View):
    vendor_id: UUID
    exam_account: str
    bound_at: datetime


class FreeDayView(_View):
    day: date
    capacity: int
    taken: int


class NewBooking(BaseModel):
    vendor_id: UUID
    appointment_date: date


class OtherDate(BaseModel):
    appointment_date: date


class DailyCapacity(BaseModel):
    vendor_id: UUID
    day: date | None = Field(None, description="为空时设置每日缺省名额")
    capacity: int = Field(ge=0, le=100_000)


class ResultView(_View):
    result_id: UUID
    exam_id: UUID
    vendor_item_code: str
    item_code: str
    item_name: str
    value_type: str
    raw_value: str
    raw_unit: str
    numeric_value: float | None
    comparator: str
    coded_value: str
    unit: str
    reference_text: str
    vendor_abnormal_flag: str
    specimen: str
    department: str
    performed_at: datetime
    sub_findings: Any
    images: Any
    revision: int


class ResultVersionView(_View):
    revision: int
    change: str
    raw_value: str
    raw_unit: str
    numeric_value: float | None
    unit: str
    vendor_abnormal_flag: str
    reference_text: str
    performed_at: datetime
    sequence: int | None
    recorded_at: datetime


class DocumentView(_View):
    id: UUID
    kind: str
    content: str
    version: int
    conclusions: Any
    received_at: datetime
