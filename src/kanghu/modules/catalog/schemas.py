"""Request and response shapes of the catalogue."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kanghu.modules.catalog.models import (
    DataElement,
    DataFlow,
    ItemTree,
    Package,
    ReferenceRange,
    Standard,
    StandardItem,
    ValueCode,
    VendorItemRow,
)

__all__ = ["DataElement", "DataFlow", "Package", "Standard", "StandardItem", "ValueCode", "VendorItemRow"]

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Age = Annotated[int, Field(ge=0, le=150)]
Sex = Literal["", "M", "F"]
VendorCode = Annotated[str, StringConstraints(min_length=1, max_length=128)]
VendorCodes = Annotated[list[VendorCode], Field(min_length=1, max_length=500)]


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LocalItemChange(Input):
    """医院自建项目中可以修改的部分"""

    name: Name
    abbreviation: Text = ""
    department: Text = ""
    category: Text = ""
    specimen: Text = ""
    sex_limit: Sex = ""
    age_min: Age | None = None
    age_max: Age | None = None
    note: Note = ""


class LocalItem(LocalItemChange):
    """新建的医院自建项目"""

    code: Annotated[str, StringConstraints(pattern=r"^LOCAL\.[A-Z0-9_-]{1,60}$")]
    kind: Literal["lab", "exam"]
    result_type: Literal["numeric", "ordinal", "coded", "text"]
    unit: Annotated[Text, Field(description="标准单位，UCUM 写法；没有单位留空")] = ""


class ItemDetail(BaseModel):
    """项目及其同义词、参考区间、已批准的语义扩展"""

    item: StandardItem
    synonyms: list[str]
    reference_ranges: list[ReferenceRange]
    tree: ItemTree | None


class TreeOption(Input):
    code: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    name: Name


class TreeNode(Input):
    """语义扩展的一个要素；path 用点分隔层级，如 rales.site"""

    path: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+){0,4}$", max_length=120)]
    name: Name
    value_type: Literal["coded", "numeric", "text", "group"]
    unit: Annotated[Text, Field(description="UCUM")] = ""
    options: Annotated[list[TreeOption], Field(max_length=100)] = []
    value_domain: Text = ""
    de_identifier: Text = ""
    origin: Annotated[Literal["source", "ours"], Field(description="source 有出处，ours 编者或院方建议")] = (
        "ours"
    )


class TreeDraft(Input):
    nodes: Annotated[list[TreeNode], Field(max_length=300)]
    change_note: Note = ""
    revision: int


class Decision(Input):
    note: Note = ""


class Rejection(Input):
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class PackageContent(Input):
    """组合的内容"""

    name: Name
    description: Note = ""
    sex_limit: Sex = ""
    age_min: Age | None = None
    age_max: Age | None = None
    package_1x: Literal["", "1", "X"] = ""
    x_risk: Text = ""
    basis: Note = ""
    item_codes: Annotated[list[Text], Field(min_length=1, max_length=500)]


class NewPackage(PackageContent):
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9._-]{0,63}$")]
    institution_id: UUID | None = None


class PackageChange(PackageContent):
    revision: int


class ConflictView(BaseModel):
    kind: str
    severity: str
    item_code: str
    message: str


class PackageView(BaseModel):
    package: Package
    conflicts: list[ConflictView]


class VendorView(BaseModel):
    vendor_id: UUID
    institution_id: UUID | None
    name: str
    unmapped: int
    confirmed: int
    needs_review: int
    rejected: int
    disabled: int


class SuggestionView(BaseModel):
    item_code: str
    name: str
    score: float
    reasons: list[str]
    unit: str
    specimen: str


class VendorItemSuggestions(BaseModel):
    vendor_item_code: str
    vendor_item_name: str
    suggestions: list[SuggestionView]


class MappingChoice(Input):
    """一条确认的对照；seen 是页面上看到的 changed_at，其后厂家项目又有变更则不予确认"""

    vendor_item_code: VendorCode
    item_code: Text
    seen: datetime
    assumed_unit: Annotated[
        Text | None,
        Field(description="结果不带单位时按此单位（UCUM 或常用写法）；不填则按厂家项目明细中的单位"),
    ] = None


class MappingChoices(Input):
    mappings: Annotated[list[MappingChoice], Field(min_length=1, max_length=500)]


class VendorItemCodes(Input):
    vendor_item_codes: VendorCodes


class VendorItemDecision(VendorItemCodes):
    why: Annotated[
        str | None, Field(min_length=2, max_length=200, description="为什么这样认定，记入审计日志")
    ] = None


class MappingCheck(BaseModel):
    """一条对照能否确认：problem 为空即可以；also_mapped 是已对照到同一标准项目的其他厂家项目"""

    vendor_item_code: str
    problem: str
    also_mapped: list[str]


class Changed(BaseModel):
    changed: int


class DataVersion(BaseModel):
    version: str
    content_hash: str
    loaded_at: datetime
