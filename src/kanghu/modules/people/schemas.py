"""Shapes of requests and answers. Personal values leave masked unless a field says otherwise."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kanghu.modules.people import identity
from kanghu.modules.people.models import (
    Agreement,
    Consent,
    NamedEnrolment,
    Person,
    PersonInput,
    PlacementChoices,
    Relative,
)

Text = Annotated[str, StringConstraints(max_length=200)]
Code = Annotated[str, StringConstraints(max_length=8)]
Kind = Literal["data_use_agreement", "privacy", "sensitive_data", "identity_check", "face_check"]
Channel = Literal["h5", "mini_program", "app", "counter"]
SelfChannel = Literal["h5", "mini_program", "app"]
Relation = Literal["spouse", "child", "parent", "grandparent", "grandchild", "sibling", "other"]


class Given(BaseModel):
    """What a client sends: a misspelt field is an error, not a silent nothing."""

    model_config = ConfigDict(extra="forbid")


class PersonGiven(Given):
    """客户个人信息"""

    name: Text = Field(description="姓名")
    sex: Code = Field(description="性别代码 GB/T 2261.1：0 未知、1 男、2 女、9 未说明")
    birth_date: date = Field(description="出生日期")
    id_type: Code | None = Field(None, description="证件类别代码 CV02.01.101，01 为居民身份证")
    id_number: Text | None = Field(None, description="证件号码；15 位身份证号码自动换算为 18 位")
    phone: Text | None = Field(None, description="电话")
    address: Text | None = Field(None, description="地址")
    nation: Code | None = Field(None, description="民族代码 GB/T 3304")
    marital_status: Code | None = Field(None, description="婚姻状况代码 GB/T 2261.2")
    education: Code | None = Field(None, description="学历代码 GB/T 4658")
    occupation: Text | None = Field(None, description="职业")
    blood_type_abo: Code | None = Field(None, description="ABO 血型代码 CV04.50.005")
    blood_type_rh: Code | None = Field(None, description="Rh(D) 血型：阴性、阳性、不详")

    def person(self) -> PersonInput:
        return PersonInput(**{name: getattr(self, name) for name in PERSON_FIELDS})


PERSON_FIELDS = tuple(field.name for field in fields(PersonInput))


class PersonChange(Given):
    """要修改的字段；未列出的保持不变，列为 null 的清空"""

    version: int = Field(description="读取时的版本号")
    name: Text | None = None
    sex: Code | None = None
    birth_date: date | None = None
    id_type: Code | None = None
    id_number: Text | None = None
    phone: Text | None = None
    address: Text | None = None
    nation: Code | None = None
    marital_status: Code | None = None
    education: Code | None = None
    occupation: Text | None = None
    blood_type_abo: Code | None = None
    blood_type_rh: Code | None = None

    def changes(self) -> Mapping[str, Any]:
        return _sent(self)


class ContactChange(Given):
    """本人可修改的字段；未列出的保持不变，列为 null 的清空"""

    version: int = Field(description="读取时的版本号")
    phone: Text | None = Field(None, description="电话")
    address: Text | None = Field(None, description="地址")
    marital_status: Code | None = Field(None, description="婚姻状况代码 GB/T 2261.2")
    education: Code | None = Field(None, description="学历代码 GB/T 4658")
    occupation: Text | None = Field(None, description="职业")

    def changes(self) -> Mapping[str, Any]:
        return _sent(self)


_REQUIRED = ("name", "sex", "birth_date")


def _sent(change: BaseModel) -> dict[str, Any]:
    """Fields that were sent. Name, sex and birth date cannot be cleared, so null leaves them as they are."""
    sent = {name: getattr(change, name) for name in change.model_fields_set if name != "version"}
    return {name: value for name, value in sent.items() if value is not None or name not in _REQUIRED}


class NameView(BaseModel):
    """一个人的姓名，已遮盖"""

    id: UUID
    name: str

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(id=person.id, name=identity.mask_name(person.name))


class PersonLine(BaseModel):
    """名单中的一行，个人信息已遮盖"""

    id: UUID
    name: str
    sex: str
    birth_date: date
    id_type: str | None
    id_number: str | None
    phone: str | None
    created_at: datetime

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(
            id=person.id,
            name=identity.mask_name(person.name),
            sex=person.sex,
            birth_date=person.birth_date,
            id_type=person.id_type,
            id_number=_masked(identity.mask_id_number, person.id_number),
            phone=_masked(identity.mask_phone, person.phone),
            created_at=person.created_at,
        )


class PersonView(BaseModel):
    """一个人的档案；证件号码遮盖"""

    id: UUID
    version: int
    name: str
    sex: str
    birth_date: date
    id_type: str | None
    id_number: str | None
    phone: str | None
    address: str | None
    nation: str | None
    marital_status: str | None
    education: str | None
    occupation: str | None
    blood_type_abo: str | None
    blood_type_rh: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, person: Person) -> Self:
        values = {name: getattr(person, name) for name in cls.model_fields}
        return cls(**values | {"id_number": _masked(identity.mask_id_number, person.id_number)})


def _masked(mask: Any, value: str | None) -> str | None:
    return None if value is None else mask(value)


class IdNumberView(BaseModel):
    """完整证件号码"""

    id_number: str | None


class SearchGiven(Given):
    """查找条件，须完全一致；同时给出多个时须全部符合"""

    name: Text | None = Field(None, description="姓名")
    id_number: Text | None = Field(None, description="证件号码")
    phone: Text | None = Field(None, description="电话")
    phone_last4: Annotated[str, StringConstraints(pattern="^[0-9]{4}$")] | None = Field(
        None, description="电话后四位"
    )
    limit: Annotated[int, Field(ge=1, le=200)] = 20
    cursor: Annotated[str, StringConstraints(max_length=512)] | None = None


class Registration(Given):
    """建档"""

    person: PersonGiven
    institution_id: UUID | None = Field(None, description="建档机构，默认为操作者所在机构")
    department_id: UUID | None = Field(None, description="管理科室")
    responsible_account_id: UUID | None = Field(None, description="责任医护的账号")


class Registered(BaseModel):
    person_id: UUID


class Placement(Given):
    """管理科室与责任医护；null 为不指定"""

    department_id: UUID | None = None
    responsible_account_id: UUID | None = None


class EnrolmentView(BaseModel):
    """建档关系"""

    institution_id: UUID
    institution_name: str
    department_id: UUID | None
    department_name: str | None
    responsible_account_id: UUID | None
    responsible_name: str | None
    enrolled_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, named: NamedEnrolment) -> Self:
        enrolment = named.enrolment
        return cls(
            institution_id=enrolment.institution_id,
            institution_name=named.institution,
            department_id=enrolment.department_id,
            department_name=named.department,
            responsible_account_id=enrolment.responsible_account_id,
            responsible_name=named.responsible,
            enrolled_at=enrolment.enrolled_at,
            ended_at=enrolment.ended_at,
        )


class DepartmentChoice(BaseModel):
    id: UUID
    name: str


class StaffChoice(BaseModel):
    account_id: UUID
    name: str
    department_id: UUID | None


class PlacementView(BaseModel):
    """操作者所在机构中可选的管理科室与责任医护"""

    institution_id: UUID
    institution_name: str
    departments: list[DepartmentChoice]
    staff: list[StaffChoice]

    @classmethod
    def of(cls, choices: PlacementChoices) -> Self:
        return cls(
            institution_id=choices.institution_id,
            institution_name=choices.institution,
            departments=[DepartmentChoice(id=key, name=name) for key, name in choices.departments.items()],
            staff=[
                StaffChoice(account_id=account_id, name=name, department_id=department_id)
                for account_id, name, department_id in choices.staff
            ],
        )


class ActivationCode(BaseModel):
    """激活码，只显示一次"""

    code: str
    expires_at: datetime


class AgreementView(BaseModel):
    """协议文本（Markdown）"""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    version: str
    title: str
    content: str
    content_hash: str
    published_at: datetime

    @classmethod
    def of(cls, agreement: Agreement) -> Self:
        return cls.model_validate(agreement)


class AgreementVersionView(AgreementView):
    """协议文本的一个版本；provenance 是来源与审定情况，standing 是签署后没有撤回的人数"""

    provenance: str
    standing: int


class NewAgreement(Given):
    """发布协议的新版本"""

    title: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    content: Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
    provenance: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(
        description="文本来源与审定情况"
    )


class ConsentView(BaseModel):
    """一次签署；revoked_at 不为空即已撤回"""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    institution_id: UUID
    text_version: str
    text_hash: str
    signed_at: datetime
    channel: str
    signer: str = Field(description="self 本人，guardian 监护人，agent 家庭成员代签")
    signed_by: UUID | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, consent: Consent) -> Self:
        return cls.model_validate(consent)


class ConsentGiven(Given):
    """签署协议"""

    kind: Kind
    institution_id: UUID
    text_version: Code = Field(description="所阅读文本的版本")
    channel: SelfChannel


class Revocation(Given):
    channel: SelfChannel


class AgreedText(Given):
    kind: Kind
    text_version: Code


class SignUp(Given):
    """客户注册：用户名与经短信验证的手机号至少其一，用于登录"""

    username: Text | None = Field(None, description="用户名")
    password: Text = Field(description="口令", repr=False)
    person: PersonGiven
    institution_id: UUID = Field(description="所选机构")
    phone_code: Annotated[str, StringConstraints(min_length=1, max_length=20)] | None = Field(
        None,
        description="发到 person.phone 的短信验证码；不填写用户名时必填，不填的手机号只作联系用，不能用来登录",
    )
    activation_code: Text | None = Field(None, description="已在机构建档者凭激活码注册")
    agreements: Annotated[list[AgreedText], Field(max_length=3)] = Field([], description="已勾选的协议")
    channel: SelfChannel = "h5"


class SignedUp(BaseModel):
    person_id: UUID
    account_id: UUID


class FamilyMemberGiven(Given):
    """添加家庭成员"""

    relation: Relation = Field(description="成员是您的")
    person: PersonGiven
    activation_code: Text | None = Field(None, description="成员已在机构建档时所需的激活码")


class FamilyMemberView(BaseModel):
    """家庭成员；证件号码和电话遮盖"""

    has_account: bool = Field(description="成员是否有自己的账号")
    may_act: bool = Field(description="现在能否代其办理；否则须成员本人登录并同意")
    id: UUID
    relation: str
    person_id: UUID
    name: str
    sex: str
    birth_date: date
    id_type: str | None
    id_number: str | None
    phone: str | None

    @classmethod
    def of(cls, relative: Relative) -> Self:
        member, person = relative.member, relative.person
        return cls(
            has_account=relative.has_account,
            may_act=relative.may_act,
            id=member.id,
            relation=member.relation,
            person_id=person.id,
            name=person.name,
            sex=person.sex,
            birth_date=person.birth_date,
            id_type=person.id_type,
            id_number=_masked(identity.mask_id_number, person.id_number),
            phone=_masked(identity.mask_phone, person.phone),
        )


class HolderView(BaseModel):
    """把我添加为家庭成员的人"""

    id: UUID
    relation: str = Field(description="我是此人的")
    name: str
    added_at: datetime
    agreed_at: datetime | None
    may_act: bool = Field(description="此人现在能否代我办理")

    @classmethod
    def of(cls, relative: Relative) -> Self:
        link = relative.member
        return cls(
            id=link.id,
            relation=link.relation,
            name=relative.person.name,
            added_at=link.added_at,
            agreed_at=link.agreed_at,
            may_act=relative.may_act,
        )


class InstitutionChoice(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
