"""Identity checks as pages send and see them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from kanghu.modules.people import identity, policy
from kanghu.modules.people.models import Assurance, IdentityCheck, Person
from kanghu.modules.people.schemas import Given
from kanghu.modules.people.service.card_checks import CardToReview
from kanghu.modules.people.service.checking import Standing

Way = Literal["real_name", "tencent_face", "wechat_face", "card"]
State = Literal["starting", "started", "waiting", "passed", "failed", "void"]
Level = Literal["none", "real_name", "verified"]
Side = Literal["front", "back"]
CardReason = Literal["unclear", "not_the_card", "card_mismatch", "card_expired", "suspect"]


class AssuranceView(BaseModel):
    """身份核验到什么程度"""

    level: Level = Field(description="none 未核验，real_name 已实名，verified 已核验")
    way: Way | None
    checked_at: datetime | None

    @classmethod
    def of(cls, found: Assurance) -> Self:
        return cls.model_validate(found, from_attributes=True)


class CheckView(BaseModel):
    """一次身份核验"""

    id: UUID
    way: Way
    state: State = Field(
        description="starting 正在发起，started 等本人完成，waiting 等职工核对，passed 通过，failed 未通过，void 未完成即结束"
    )
    reason: str | None = Field(description="未通过或未完成的原因代码")
    advice: str | None = Field(description="原因与该怎么办")
    asked_at: datetime
    expires_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, check: IdentityCheck) -> Self:
        values = {name: getattr(check, name) for name in cls.model_fields if name != "advice"}
        return cls(**values, advice=policy.REASONS[check.reason] if check.reason else None)


class WayView(BaseModel):
    """一种核验方式"""

    way: Way
    name: str
    gives: Level = Field(description="通过后达到的程度")
    agreement: str = Field(description="须先签署的协议种类")
    signed: bool = Field(description="该协议是否已签署且未撤回")
    left: int = Field(description="24 小时内还可发起几次")


class IdentityView(BaseModel):
    """我的身份核验；姓名与证件号码遮盖"""

    institution_id: UUID = Field(description="为哪家机构核验，协议也向其签署")
    name: str
    id_type: str | None
    id_number: str | None
    assurance: AssuranceView
    ways: list[WayView] = Field(description="现在可用的方式，建议的在前")
    own_face: bool = Field(description="是否可以人脸核身：本人，或监护人为未成年人")
    open: CheckView | None = Field(description="正在进行的核验")
    last: CheckView | None = Field(description="最近一次已结束的核验")
    sides_needed: list[Side] = Field(description="证件照片须拍哪几面")
    sides_kept: list[Side] = Field(description="已上传而未提交的")

    @classmethod
    def of(cls, found: Standing, ways: Sequence[str], own_face: bool) -> Self:
        person = found.person
        values = {
            "institution_id": found.institution_id,
            "name": identity.mask_name(person.name),
            "id_type": person.id_type,
            "id_number": identity.mask_id_number(person.id_number) if person.id_number else None,
            "assurance": AssuranceView.of(found.assurance),
            "ways": [_way(found, way) for way in ways],
            "own_face": own_face,
            "open": CheckView.of(found.open) if found.open else None,
            "last": CheckView.of(found.last) if found.last else None,
            "sides_needed": policy.sides_needed(person.id_type),
            "sides_kept": sorted(found.card_sides, reverse=True),
        }
        return cls.model_validate(values)


def _way(found: Standing, way: str) -> WayView:
    kind = policy.CONSENT_OF_WAY[way]
    values = {
        "way": way,
        "name": policy.WAYS[way],
        "gives": next(name for name, rank in policy.RANK.items() if rank == policy.GIVES[way]),
        "agreement": kind,
        "signed": kind in found.signed,
        "left": found.left[way],
    }
    return WayView.model_validate(values)


class FaceGiven(Given):
    """发起人脸核身"""

    channel: Literal["h5", "mini_program"] = Field(description="在网页还是小程序中进行")


class FaceTicket(BaseModel):
    """人脸核身从哪里开始"""

    check: CheckView
    url: str | None = Field(description="网页：前往这个地址，完成后回到身份核验页")
    verify_id: str | None = Field(description="小程序：交给 wx.requestFacialVerify")

    @classmethod
    def of(cls, check: IdentityCheck, place: str) -> Self:
        in_web = check.way == "tencent_face"
        return cls(
            check=CheckView.of(check), url=place if in_web else None, verify_id=None if in_web else place
        )


class CardLine(BaseModel):
    """队列中的一份证件；姓名遮盖"""

    id: UUID
    person_id: UUID
    name: str
    asked_at: datetime
    expires_at: datetime
    state: State
    reason: str | None
    first_reviewer: UUID | None = Field(description="初次核对的职工账号；不为空即等待复核")
    first_at: datetime | None
    decided_by: UUID | None
    decided_at: datetime | None

    @classmethod
    def of(cls, check: IdentityCheck, person: Person) -> Self:
        values = {name: getattr(check, name) for name in cls.model_fields if name != "name"}
        return cls(**values, name=identity.mask_name(person.name))


class IdCardView(BaseModel):
    """一份待核对的证件与档案；证件号码完整，查看记入审计"""

    line: CardLine
    name: str
    sex: str
    birth_date: date
    id_type: str | None
    id_number: str | None
    sides: list[Side]

    @classmethod
    def of(cls, found: CardToReview) -> Self:
        person = found.person
        values = {
            name: getattr(person, name) for name in ("name", "sex", "birth_date", "id_type", "id_number")
        }
        return cls.model_validate({**values, "line": CardLine.of(found.check, person), "sides": found.sides})


class CardDecision(Given):
    """对一份证件的结论；不相符的须给出原因"""

    agrees: bool = Field(description="证件是原件、有效，且与档案相符")
    reason: CardReason | None = Field(None, description="不相符的原因")

    @model_validator(mode="after")
    def _reason_when_refused(self) -> Self:
        if self.agrees == (self.reason is not None):
            raise ValueError("不相符时须选择原因，相符时不填原因")
        return self
