"""For customers: signing up, their own data, family and consents."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from kanghu.kernel import audit
from kanghu.kernel.db import Database, Tx
from kanghu.kernel.security import Caller, Scope, anyone, signed_in
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.accounts import public as accounts
from kanghu.modules.people.errors import NotACustomer
from kanghu.modules.people.schemas import (
    AgreementView,
    ConsentGiven,
    ConsentView,
    ContactChange,
    FamilyMemberGiven,
    FamilyMemberView,
    HolderView,
    InstitutionChoice,
    Kind,
    PersonView,
    Revocation,
    SignedUp,
    SignUp,
)
from kanghu.modules.people.service import consents, families, persons, sign_up

patient = Router(prefix="/api/patient/people", tags=["people"])

SignedIn = Annotated[Caller, signed_in()]


async def admitted(request: Request) -> None:
    """Counts the attempt before the request's own transaction begins, which a refusal rolls back."""
    database: Database = request.app.state.database
    async with database.transaction() as tx:
        await sign_up.admit(tx, request.client.host if request.client else "")


SignUpCaller = Annotated[Caller, anyone("客户注册前没有账号；按来源地址限流")]


def _me(caller: Caller) -> UUID:
    """The customer, or whom they act for. Raises `NotACustomer`."""
    if caller.kind != "customer" or caller.person_id is None:
        raise NotACustomer
    return caller.person_id


def _holder(caller: Caller) -> UUID:
    """The customer themselves: a family is theirs, whomever they act for. Raises `NotACustomer`."""
    person_id = caller.session_person()
    if caller.kind != "customer" or person_id is None:
        raise NotACustomer
    return person_id


@patient.post("/sign-up", operation_id="people_sign_up", status_code=201, dependencies=[Depends(admitted)])
async def sign_up_customer(given: SignUp, request: Request, caller: SignUpCaller) -> SignedUp:
    """客户注册"""
    database: Database = request.app.state.database
    await sign_up.check_phone(database, caller, given.person.phone, given.phone_code)
    async with database.transaction() as tx:
        return await _sign_up(tx, caller, given)


async def _sign_up(tx: Tx, caller: Caller, given: SignUp) -> SignedUp:
    person_id, account_id = await sign_up.sign_up(
        tx,
        caller,
        given.person.person(),
        given.institution_id,
        username=given.username,
        password=given.password,
        phone_code=given.phone_code,
        activation_code=given.activation_code,
        agreements=[(text.kind, text.text_version) for text in given.agreements],
        channel=given.channel,
    )
    return SignedUp(person_id=person_id, account_id=account_id)


@patient.get("/agreements/{kind}", operation_id="people_get_agreement")
async def get_agreement(
    kind: Kind, _caller: Annotated[Caller, anyone("注册前要先阅读协议")], tx: Transaction
) -> AgreementView:
    """现行协议文本"""
    return AgreementView.of(await consents.agreement(tx, kind))


@patient.get("/institutions", operation_id="people_list_institution_choices")
async def list_institution_choices(
    _caller: Annotated[Caller, anyone("注册时要选择机构")], tx: Transaction
) -> list[InstitutionChoice]:
    """可选择的机构"""
    return [InstitutionChoice.model_validate(found) for found in await accounts.active_institutions(tx)]


@patient.get("/me", operation_id="people_get_me")
async def get_me(caller: SignedIn, tx: Transaction) -> PersonView:
    """我的档案（证件号码遮盖）"""
    me = _me(caller)
    person = await persons.get(tx, Scope(persons=(me,)), me)
    await audit.record(tx, caller, "people.person.read", subject=f"people.persons/{me}", person_id=me)
    return PersonView.of(person)


@patient.put("/me/contact", operation_id="people_change_me")
async def change_me(given: ContactChange, caller: SignedIn, tx: Transaction) -> PersonView:
    """修改我的联系方式等；姓名、性别、出生日期和证件号码请到机构更正"""
    me = _me(caller)
    scope = Scope(persons=(me,))
    return PersonView.of(await persons.correct(tx, caller, scope, me, given.version, given.changes()))


@patient.get("/family", operation_id="people_list_family")
async def list_family(caller: SignedIn, tx: Transaction) -> list[FamilyMemberView]:
    """我的家庭成员（按姓名拼音）"""
    found = await families.family(tx, _holder(caller))
    for one in found:
        await audit.record(
            tx,
            caller,
            "people.family.read",
            subject=f"people.persons/{one.person.id}",
            person_id=one.person.id,
        )
    return [FamilyMemberView.of(one) for one in found]


@patient.post(
    "/family", operation_id="people_add_family_member", status_code=201, dependencies=[Depends(admitted)]
)
async def add_family_member(given: FamilyMemberGiven, caller: SignedIn, tx: Transaction) -> FamilyMemberView:
    """添加家庭成员，成员有自己的档案"""
    holder = _holder(caller)
    if caller.institution_id is None:
        raise NotACustomer
    added = await families.add_family_member(
        tx,
        caller,
        holder,
        given.person.person(),
        given.relation,
        caller.institution_id,
        given.activation_code,
    )
    return FamilyMemberView.of(added)


@patient.delete("/family/{member_id}", operation_id="people_end_family_member", status_code=204)
async def end_family_member(member_id: UUID, caller: SignedIn, tx: Transaction) -> None:
    """解除家庭成员，成员的档案保留"""
    await families.end_family_member(tx, caller, _holder(caller), member_id)


@patient.get("/holders", operation_id="people_list_holders")
async def list_holders(caller: SignedIn, tx: Transaction) -> list[HolderView]:
    """把我添加为家庭成员的人，以及能否代我办理"""
    me = _holder(caller)
    await audit.record(tx, caller, "people.family.read", subject=f"people.persons/{me}", person_id=me)
    return [HolderView.of(one) for one in await families.holders(tx, me)]


@patient.post("/holders/{link_id}/agree", operation_id="people_agree_to_holder", status_code=204)
async def agree_to_holder(link_id: UUID, caller: SignedIn, tx: Transaction) -> None:
    """同意此人代我办理（查看我的体检资料、预约、签署协议）"""
    await families.agree(tx, caller, _holder(caller), link_id)


@patient.delete("/holders/{link_id}", operation_id="people_leave_family", status_code=204)
async def leave_family(link_id: UUID, caller: SignedIn, tx: Transaction) -> None:
    """退出此人的家庭，此人不再能代我办理"""
    await families.leave(tx, caller, _holder(caller), link_id)


@patient.get("/consents", operation_id="people_list_my_consents")
async def list_my_consents(caller: SignedIn, tx: Transaction) -> list[ConsentView]:
    """我签署和撤回的协议"""
    return [ConsentView.of(consent) for consent in await consents.of_person(tx, _me(caller))]


@patient.post("/consents", operation_id="people_sign_consent", status_code=201)
async def sign_consent(given: ConsentGiven, caller: SignedIn, tx: Transaction) -> ConsentView:
    """签署协议；重复签署同一版本得到同一条记录"""
    me = _me(caller)
    consent_id = await consents.sign(
        tx, caller, me, given.kind, given.institution_id, given.text_version, given.channel, caller.ip
    )
    return ConsentView.of(await consents.get(tx, me, consent_id))


@patient.post("/consents/{consent_id}/revoke", operation_id="people_revoke_consent")
async def revoke_consent(
    consent_id: UUID, given: Revocation, caller: SignedIn, tx: Transaction
) -> ConsentView:
    """撤回同意；撤回是新的一条记录，原签署保留"""
    return ConsentView.of(
        await consents.revoke(tx, caller, _me(caller), consent_id, given.channel, caller.ip)
    )
