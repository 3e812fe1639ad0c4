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
Change: TypeAlias = Annotated[Literal["1", "2", "3"], Meta(description="变更状态：1 新增，2 修改，3 删除")]
ExamAccountNo: TypeAlias = Annotated[str, Meta(description="体检账号", min_length=1, max_length=64)]
ExamNo: TypeAlias = Annotated[
    str, Meta(description="体检编号：标识客户某次体检的唯一编号", min_length=1, max_length=64)
]
Day: TypeAlias = Annotated[
    str, Meta(description="日期 YYYYMMDD", pattern=r"^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$")
]


class Person(Struct, frozen=True, omit_defaults=True):
    """客户个人信息"""

    name: Annotated[str, _element("DE02.01.039.00", "姓名", min_length=1, max_length=100)]
    sex: Annotated[Literal["0", "1", "2", "9"], _element("DE02.01.040.00", "性别，GB/T 2261.1")]
    birth_date: Annotated[
        str,
        _element(
            "DE02.01.005.01", "出生日期 YYYYMMDD", pattern=r"^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"
        ),
    ]
    id_type: (
        Annotated[str, _element("DE02.01.031.00", "证件类型，CV02.01.101，缺省为居民身份证", max_length=8)]
        | None
    ) = None
    id_number: Annotated[str, _element("DE02.01.030.00", "证件号码", max_length=32)] | None = None
    phone: Annotated[str, _element("DE02.01.010.00", "联系电话", max_length=32)] | None = None
    nation: Annotated[str, _element("DE02.01.025.00", "民族，GB/T 3304", max_length=128)] | None = None
    marital_status: (
        Annotated[str, _element("DE02.01.018.00", "婚姻状况，GB/T 2261.2", max_length=128)] | None
    ) = None
    education: Annotated[str, _element("DE02.01.041.00", "学历，GB/T 4658", max_length=128)] | None = None
    occupation: Annotated[str, _element("DE02.01.052.00", "职业类别，GB/T 2261.4", max_length=128)] | None = (
        None
    )
    address: (
        Annotated[str, Meta(description="地址（一行；数据元 DE02.01.009.xx 按级别分列）", max_length=300)]
        | None
    ) = None
    blood_type_abo: (
        Annotated[str, _element("DE04.50.001.00", "ABO 血型，CV04.50.005", max_length=128)] | None
    ) = None
    blood_type_rh: Annotated[str, _element("DE04.50.010.00", "Rh 血型", max_length=128)] | None = None


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

    study_uid: Annotated[str, Meta(description="检查实例 UID (0020,000D)", max_length=128)] | None = None
    series_uid: Annotated[str, Meta(description="序列实例 UID (0020,000E)", max_length=128)] | None = None
    instance_uid: Annotated[str, Meta(description="SOP 实例 UID (0008,0018)", max_length=128)] | None = None
    modality: Annotated[str, _element("DE04.30.018.00", "设备类型 (0008,0060)", max_length=128)] | None = None
    body_part: Annotated[str, Meta(description="检查部位 (0018,0015)", max_length=128)] | None = None
    url: Annotated[str, Meta(description="调阅地址", max_length=2000)] | None = None


class Result(Struct, frozen=True, omit_defaults=True):
    """体检项目结果"""

    item_code: Annotated[str, _element("DE04.30.019.00", "项目代码", min_length=1, max_length=64)]
    item_name: Annotated[str, _element("DE04.30.020.00", "项目名称", max_length=200)] = ""
    value: Annotated[str, _element("DE04.30.015.00", "结果，照打印的样子", max_length=8000)] = ""
    value_type: Annotated[
        Literal["numeric", "ordinal", "coded", "text"], Meta(description="结果类型：数值、等级、代码、文字")
    ] = "text"
    unit: Annotated[str, _element("DE04.30.016.00", "计量单位", max_length=64)] | None = None
    reference_range: Annotated[str, Meta(description="参考范围", max_length=500)] | None = None
    abnormal_flag: Annotated[
        Literal["N", "H", "L", "HH", "LL", "A"] | None,
        Meta(description="异常标志：N 正常，H 偏高，L 偏低，HH、LL 危急，A 异常"),
    ] = None
    specimen: Annotated[str, _element("DE04.50.134.00", "标本类别", max_length=128)] | None = None
    method: Annotated[str, _element("DE02.10.027.00", "检查方法", max_length=128)] | None = None
    performed_at: Annotated[
        str, _element("DE04.50.140.00", "检查时间 ISO 8601 或 YYYYMMDDHHMMSS", max_length=40)
    ] = ""
    department: Annotated[str, Meta(description="科室", max_length=128)] | None = None
    operator: Annotated[str, _element("DE02.01.039.00", "检查者姓名", max_length=128)] | None = None
    reviewer: Annotated[str, _element("DE02.01.039.00", "审核者姓名", max_length=128)] | None = None
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

    item_code: Annotated[str, _element("DE04.30.019.00", "项目代码", min_length=1, max_length=64)]
    name: Annotated[str, _element("DE04.30.020.00", "项目名称", min_length=1, max_length=200)]
    category_code: Annotated[str, Meta(description="分类代码", max_length=128)] = ""
    category_name: Annotated[str, Meta(description="分类名称", max_length=128)] = ""
    department: Annotated[str, Meta(description="科室", max_length=128)] = ""
    result_type: Annotated[str, Meta(description="结果类型", max_length=128)] = ""
    unit: Annotated[str, _element("DE04.30.016.00", "计量单位", max_length=64)] | None = None
    specimen: Annotated[str, _element("DE04.50.134.00", "标本类别", max_length=128)] | None = None
    reference_ranges: list[ReferenceRange] | None = None
    sex_limit: Annotated[str, Meta(description="性别限制", max_length=128)] | None = None
    active: Annotated[bool, Meta(description="是否在用")] = True


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
