"""The data sets and requests of the exchange, as far as a vendor needs to read or write them. Unknown fields are ignored."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


def parse_date(text: str) -> date:
    """A calendar day from YYYYMMDD. Raises ValueError when there is no such day."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        raise ValueError("日期格式应为 YYYYMMDD")
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise ValueError("没有这一天") from None


def format_date(day: date) -> str:
    """YYYYMMDD."""
    return day.strftime("%Y%m%d")


def _real_day(text: str) -> str:
    parse_date(text)
    return text


WireDate = Annotated[str, AfterValidator(_real_day)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Change = Literal["1", "2", "3"]
ADD: Change = "1"
MODIFY: Change = "2"
DELETE: Change = "3"
ID_CARD = "01"  # CV02.01.101 居民身份证


class WireModel(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Person(WireModel):
    """客户个人信息数据集. A field that is null or empty counts as not sent."""

    name: Annotated[Text, Field(max_length=100, description="姓名 DE02.01.039.00")]
    sex: Annotated[
        Literal["0", "1", "2", "9"], Field(description="性别代码 DE02.01.040.00，GB/T 2261.1：1 男，2 女")
    ]
    birth_date: Annotated[WireDate, Field(description="出生日期 DE02.01.005.01，YYYYMMDD")]
    id_type: Annotated[
        str,
        BeforeValidator(lambda value: value or ID_CARD),
        Field(max_length=8, description="证件类别代码 DE02.01.031.00，CV02.01.101：01 居民身份证（默认）"),
    ] = ID_CARD
    id_number: Annotated[
        Annotated[str, Field(max_length=32)] | None,
        BeforeValidator(lambda value: value or None),
        Field(description="证件号码 DE02.01.030.00"),
    ] = None
    phone: str | None = None
    nation: str | None = None
    marital_status: str | None = None
    education: str | None = None
    occupation: str | None = None
    address: str | None = None
    blood_type_abo: str | None = None
    blood_type_rh: str | None = None


class IdentifiedPerson(Person):
    """客户个人信息数据集 with a document number, without which nobody gets an account."""

    id_number: Annotated[Text, Field(max_length=32, description="证件号码 DE02.01.030.00")]


class ListItem(WireModel):
    """One line of 体检项目清单数据集."""

    item_code: Annotated[str, Field(description="体检中心的项目编码；平台尚未对照的项目为空")]
    standard_code: str | None = None
    name: str = ""
    category: str | None = None
    optional: bool = False
    reason: str | None = None
    price_fen: int | None = None


class AccountBinding(WireModel):
    """US-K1 绑定体检账号."""

    person: IdentifiedPerson


class Appointment(WireModel):
    """US-K2 预约体检."""

    exam_account: Annotated[Text, Field(max_length=64, description="体检账号")]
    person: Person
    appointment_date: Annotated[WireDate, Field(description="预约体检日期，YYYYMMDD")]
    items: list[ListItem] = Field(description="体检项目清单")
