"""The data sets of the contract as msgspec structs: 客户个人信息, 体检项目清单, 体检项目结果, 体检项目明细字典.

`x-data-element` is the WS 363 identifier. Unknown extra fields are ignored here and kept in the raw message. Lengths are bounds
against abuse, not the formats of the standard (those come from vendor dumps, see the standards' README).
"""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct


def _element(identifier: str, description: str, **bounds: Any) -> Meta:
    return Meta(description=description, extra_json_schema={"x-data-element": identifier}, **bounds)


Short: TypeAlias = Annotated[str, Meta(max_length=128)]
Code: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Long: TypeAlias = Annotated[str, Meta(max_length=8000)]
Change: TypeAlias = Annotated[Literal["1", "2", "3"], Meta(description="变更状态：1 新增，2 修改，3 删除")]
ExamAccountNo: TypeAlias = Annotated[str, Meta(description="体检账号", min_length=1, max_length=64)]
ExamNo: TypeAlias = Annotated[
    str, Meta(description="体检编号：标识客户某次体检的唯一编号", min_length=1, max_length=64)
]
Day: TypeAlias = Annotated[
    str, Meta(description="日期 YYYYMMDD", pattern=r"^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$")
]


class Person(Struct, frozen=True):
    """客户个人信息"""

    name: Annotated[str, _element("DE02.01.039.00", "姓名", min_length=1, max_length=100)]
    sex: Annotated[Literal["0", "1", "2", "9"], _element("DE02.01.040.00", "性别，GB/T 2261.1")]
    birth_date: Annotated[
        str,
        _element(
            "DE02.01.005.01", "出生日期 YYYYMMDD", pattern=r"^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"
        ),
    ]
    id_type: Annotated[str, _element("DE02.01.031.00", "证件类型", max_length=8)] | None = None
    id_number: Annotated[str, _element("DE02.01.030.00", "证件号码", max_length=32)] | None = None
    phone: Annotated[str, Meta(description="联系电话", max_length=32)] | None = None
    nation: Short | None = None
    marital_status: Short | None = None
    education: Short | None = None
    occupation: Short | None = None
    address: Annotated[str, Meta(description="地址", max_length=300)] | None = None
    blood_type_abo: Short | None = None
    blood_type_rh: Short | None = None


class ListItem(Struct, frozen=True, omit_defaults=True):
    """体检项目清单中的一项"""

    item_code: Annotated[str, Meta(description="体检系统的项目代码；尚未对照时为空", max_length=64)]
    name: Name
    category: Annotated[str, Meta(description="项目分类", max_length=100)]
    optional: Annotated[bool, Meta(description="是否可选项")]
    standard_code: Annotated[str, Meta(description="标准项目代码", max_length=64)] | None = None
    reason: Annotated[str, Meta(description="推荐理由", max_length=2000)] | None = None
    price_fen: Annotated[int, Meta(description="价格，单位分", ge=0, le=10**12)] | None = None


class Guide(Struct, frozen=True):
    """体检指引"""

    kind: Literal["text", "html", "url"]
    content: Annotated[str, Meta(min_length=1)]


class Image(Struct, frozen=True, omit_defaults=True):
    """影像（WS 538）"""

    study_uid: Short | None = None
    series_uid: Short | None = None
    instance_uid: Short | None = None
    modality: Short | None = None
    body_part: Short | None = None
    url: Annotated[str, Meta(max_length=2000)] | None = None


class Result(Struct, frozen=True, omit_defaults=True):
    """体检项目结果"""

    item_code: Code
    item_name: Annotated[str, Meta(max_length=200)] = ""
    value: Annotated[str, Meta(description="结果，照打印的样子", max_length=8000)] = ""
    value_type: Literal["numeric", "ordinal", "coded", "text"] = "text"
    unit: Annotated[str, Meta(max_length=64)] | None = None
    reference_range: Annotated[str, Meta(max_length=500)] | None = None
    abnormal_flag: Literal["N", "H", "L", "HH", "LL", "A"] | None = None
    specimen: Short | None = None
    method: Short | None = None
    performed_at: Annotated[str, Meta(description="检查时间 ISO 8601 或 YYYYMMDDHHMMSS", max_length=40)] = ""
    department: Short | None = None
    operator: Short | None = None
    reviewer: Short | None = None
    sequence: Annotated[int, Meta(description="同一次体检同一项目内单调递增", ge=0, le=2**62)] | None = None
    sub_findings: list[dict[str, Any]] | None = None
    images: list[Image] | None = None


class Report(Struct, frozen=True):
    """体检总检报告"""

    kind: Literal["text", "html", "pdf"]
    content: Annotated[str, Meta(description="pdf 时为 base64", min_length=1)]


class ReferenceRange(Struct, frozen=True, omit_defaults=True):
    """参考范围"""

    sex: Literal["0", "1", "2", "9"] | None = None
    age: Short | None = None
    low: Short | None = None
    high: Short | None = None


class DictionaryItem(Struct, frozen=True, omit_defaults=True):
    """体检项目明细字典"""

    item_code: Code
    name: Name
    category_code: Short = ""
    category_name: Short = ""
    department: Short = ""
    result_type: Short = ""
    unit: Annotated[str, Meta(max_length=64)] | None = None
    specimen: Short | None = None
    reference_ranges: list[ReferenceRange] | None = None
    sex_limit: Short | None = None
    active: bool = True


class ChecklistQuery(Struct, frozen=True):
    """US-H1 获取个性化体检清单"""

    exam_account: ExamAccountNo


class GuidePush(Struct, frozen=True):
    """US-H2 发送体检指引"""

    exam_account: ExamAccountNo
    exam_no: ExamNo
    person: Person
    guide: Guide
    exam_date: Day | None = None
    items: Annotated[list[dict[str, Any]], Meta(max_length=2000)] | None = None


class ResultPush(Struct, frozen=True):
    """US-H3 推送体检项目结果"""

    exam_account: ExamAccountNo
    person: Person
    change: Change
    results: Annotated[list[Result], Meta(max_length=2000)]
    exam_no: ExamNo | None = None


class ReportPush(Struct, frozen=True):
    """US-H4 推送体检报告"""

    exam_account: ExamAccountNo
    person: Person
    report: Report
    exam_no: ExamNo | None = None
    conclusions: Annotated[list[Any], Meta(description="总检结论，文字或对象", max_length=500)] | None = None
    version: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None


class ItemChangePush(Struct, frozen=True):
    """US-H5 变更体检项目明细"""

    items: Annotated[list[DictionaryItem], Meta(max_length=10_000)]
    change: Change


class AccountBinding(Struct, frozen=True):
    """US-K1 绑定体检账号"""

    person: Person


class Appointment(Struct, frozen=True):
    """US-K2 预约体检"""

    exam_account: ExamAccountNo
    person: Person
    appointment_date: Day
    items: list[ListItem]


class AccountBindingData(Struct, frozen=True):
    exam_account: Annotated[str, Meta(min_length=1, max_length=64)]


class AppointmentData(Struct, frozen=True):
    exam_no: Annotated[str, Meta(max_length=64)] | None = None


def schema(kind: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """JSON Schema of a struct and the components it refers to, for the OpenAPI document."""
    (top,), components = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    return top, components
