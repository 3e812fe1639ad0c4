"""For staff: records, enrolments, consents."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.people import domains, identity, sealing
from kanghu.modules.people.errors import PersonInvalid
from kanghu.modules.people.models import Person
from kanghu.modules.people.schemas import (
    ActivationCode,
    AgreementVersionView,
    AgreementView,
    ConsentView,
    EnrolmentView,
    IdNumberView,
    Kind,
    NameView,
    NewAgreement,
    PersonChange,
    PersonLine,
    PersonView,
    Placement,
    PlacementView,
    Registered,
    Registration,
    SearchGiven,
)
from kanghu.modules.people.service import consents, enrolments, persons

admin = Router(prefix="/api/admin/people", tags=["people"])

Reader = Annotated[Caller, can("people.person.read")]
Writer = Annotated[Caller, can("people.person.write")]


def _page(found: list[Person], limit: int) -> Page[PersonLine]:
    items, following = split_page(found, limit, lambda person: (person.id,))
    return Page(items=[PersonLine.of(person) for person in items], next=following)


def _before(cursor: str | None) -> UUID | None:
    key = decode_cursor(cursor, UUID)
    return key[0] if key else None


@admin.get("/persons", operation_id="people_list_persons")
async def list_persons(
    caller: Reader, tx: Transaction, limit: Limit = 20, cursor: Cursor = None
) -> Page[PersonLine]:
    """人员名单（新建档者在前）"""
    return _page(await persons.page(tx, caller, _before(cursor), limit + 1), limit)


@admin.post("/persons/search", operation_id="people_search_persons")
async def search_persons(given: SearchGiven, caller: Reader, tx: Transaction) -> Page[PersonLine]:
    """按姓名、证件号码、电话或电话后四位查找（条件放在请求体内，不进入地址和日志）"""
    try:
        wanted = sealing.search_for(given.name, given.id_number, given.phone, given.phone_last4)
    except identity.Malformed as fault:
        raise PersonInvalid(str(fault)) from None
    return _page(
        await persons.search(tx, caller, wanted, _before(given.cursor), given.limit + 1), given.limit
    )


@admin.get("/names", operation_id="people_list_names")
async def list_names(
    caller: Reader,
    tx: Transaction,
    person_id: Annotated[list[UUID], Query(min_length=1, max_length=100, description="人员，可重复")],
) -> list[NameView]:
    """遮盖过的姓名，供别处的列表显示；不在数据范围之内的不返回"""
    return [NameView.of(person) for person in await persons.some(tx, caller, person_id)]


@admin.post("/persons", operation_id="people_register_person", status_code=201)
async def register_person(given: Registration, caller: Writer, tx: Transaction) -> Registered:
    """建档；证件号码已有档案且身份一致时，在本机构建档而不重复建立"""
    person_id = await enrolments.register_for_staff(
        tx,
        caller,
        given.person.person(),
        given.institution_id,
        given.department_id,
        given.responsible_account_id,
    )
    return Registered(person_id=person_id)


@admin.get("/domains", operation_id="people_list_domains")
async def list_domains(_caller: Reader) -> dict[str, dict[str, str]]:
    """档案中代码字段的值域：字段 → 代码 → 含义"""
    return {field: domain.codes for field, domain in domains.DOMAINS.items()}


@admin.get("/placement", operation_id="people_get_placement_choices")
async def get_placement_choices(caller: Writer, tx: Transaction) -> PlacementView:
    """建档时可选的管理科室与责任医护（操作者所在机构）"""
    return PlacementView.of(await enrolments.placement_choices(tx, caller))


@admin.get("/persons/{person_id}", operation_id="people_get_person")
async def get_person(person_id: UUID, caller: Reader, tx: Transaction) -> PersonView:
    """一个人的档案（证件号码遮盖）"""
    return PersonView.of(await persons.read(tx, caller, person_id))


@admin.get("/persons/{person_id}/id-number", operation_id="people_reveal_id_number")
async def reveal_id_number(
    person_id: UUID, caller: Annotated[Caller, can("people.person.reveal")], tx: Transaction
) -> IdNumberView:
    """完整证件号码（单独记入审计）"""
    return IdNumberView(id_number=await persons.reveal_id_number(tx, caller, person_id))


@admin.patch("/persons/{person_id}", operation_id="people_correct_person")
async def correct_person(person_id: UUID, given: PersonChange, caller: Writer, tx: Transaction) -> PersonView:
    """修改档案"""
    scope = caller.scope("people.person.write")
    return PersonView.of(await persons.correct(tx, caller, scope, person_id, given.version, given.changes()))


@admin.get("/persons/{person_id}/enrolments", operation_id="people_list_enrolments")
async def list_enrolments(person_id: UUID, caller: Reader, tx: Transaction) -> list[EnrolmentView]:
    """建档机构与责任医护"""
    found = await enrolments.of_person(tx, caller, person_id)
    return [EnrolmentView.of(enrolment) for enrolment in found]


@admin.put("/persons/{person_id}/enrolments/{institution_id}", operation_id="people_place_person")
async def place_person(
    person_id: UUID, institution_id: UUID, given: Placement, caller: Writer, tx: Transaction
) -> EnrolmentView:
    """在机构建档，并指定管理科室和责任医护"""
    placed = await enrolments.place(
        tx, caller, person_id, institution_id, given.department_id, given.responsible_account_id
    )
    return EnrolmentView.of(placed)


@admin.delete(
    "/persons/{person_id}/enrolments/{institution_id}", operation_id="people_end_enrolment", status_code=204
)
async def end_enrolment(person_id: UUID, institution_id: UUID, caller: Writer, tx: Transaction) -> None:
    """结束在机构的建档，机构职工不再能看到此人"""
    await enrolments.end(tx, caller, person_id, institution_id)


@admin.post(
    "/persons/{person_id}/activation-codes", operation_id="people_issue_activation_code", status_code=201
)
async def issue_activation_code(person_id: UUID, caller: Writer, tx: Transaction) -> ActivationCode:
    """当面核实证件后发给激活码，供其注册账号或加入家庭"""
    code, expires_at = await enrolments.issue_activation_code(tx, caller, person_id)
    return ActivationCode(code=code, expires_at=expires_at)


@admin.get("/persons/{person_id}/consents", operation_id="people_list_consents")
async def list_consents(
    person_id: UUID, caller: Annotated[Caller, can("people.consent.read")], tx: Transaction
) -> list[ConsentView]:
    """一个人签署和撤回的协议"""
    return [ConsentView.of(consent) for consent in await consents.of_person_for_staff(tx, caller, person_id)]


@admin.get("/agreements/{kind}", operation_id="people_list_agreement_versions")
async def list_agreement_versions(
    kind: Kind, _caller: Annotated[Caller, can("people.agreement.write")], tx: Transaction
) -> list[AgreementVersionView]:
    """协议文本的各版本，新的在前"""
    return [AgreementVersionView.model_validate(found) for found in await consents.versions(tx, kind)]


@admin.post("/agreements/{kind}", operation_id="people_publish_agreement", status_code=201)
async def publish_agreement(
    kind: Kind, given: NewAgreement, caller: Annotated[Caller, can("people.agreement.write")], tx: Transaction
) -> AgreementView:
    """发布协议的新版本；已签署的仍对应各自的版本"""
    published = await consents.publish_agreement(
        tx, caller, kind, given.title, given.content, given.provenance
    )
    return AgreementView.of(published)
