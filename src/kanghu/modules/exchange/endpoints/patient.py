"""A customer binds to an exam institution (US-K1)."""

from typing import Annotated

from fastapi import Request

from kanghu.kernel.security import Caller, Scope, can, can_and_waits
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.exams import public as exams
from kanghu.modules.exchange.repository import vendors
from kanghu.modules.exchange.schemas import BindingView, NewBinding, VendorChoice
from kanghu.modules.exchange.service import bind

patient = Router(prefix="/api/patient/exchange", tags=["exchange"])
OWN = "exchange.own.bind"


@patient.get("/vendors", operation_id="exchange_list_vendor_choices")
async def list_vendor_choices(_caller: Annotated[Caller, can(OWN)], tx: Transaction) -> list[VendorChoice]:
    """可签约的体检机构"""
    found = await vendors.list_vendors(tx, Scope(everything=True), active_only=True)
    return [VendorChoice.model_validate(vendor) for vendor in found]


@patient.get("/bindings", operation_id="exchange_list_own_bindings")
async def list_own_bindings(caller: Annotated[Caller, can(OWN)], tx: Transaction) -> list[BindingView]:
    """我已绑定的体检账号"""
    return [
        BindingView(vendor_id=bound.vendor_id, exam_account=bound.exam_account, new_account=False, hint="")
        for bound in await exams.accounts_of(tx, caller.own_person())
    ]


@patient.post(
    "/bindings",
    operation_id="exchange_bind_account",
    status_code=201,
    responses={502: {"description": "绑定失败（104），原因见 message"}},
)
async def bind_account(
    body: NewBinding, caller: Annotated[Caller, can_and_waits(OWN)], request: Request
) -> BindingView:
    """签约并绑定体检账号：签署数据使用授权协议后向体检机构查询账号，查无时新建"""
    person_id = body.person_id or caller.own_person()
    bound = await bind.bind(
        request.app.state.database, caller, person_id, body.vendor_id, body.agreement_version, body.channel
    )
    return BindingView.model_validate(bound)
