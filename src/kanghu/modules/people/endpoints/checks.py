"""For customers: proving who they are."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Body, Path, Query, Request

from kanghu.kernel import clock
from kanghu.kernel.security import Caller, signed_in, signed_in_and_waits
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.people import policy
from kanghu.modules.people.check_schemas import CheckView, FaceGiven, FaceTicket, IdentityView, Side
from kanghu.modules.people.service import card_checks, checking, service_checks

checks = Router(prefix="/api/patient/people/identity", tags=["people"])

SignedIn = Annotated[Caller, signed_in()]
Waiting = Annotated[Caller, signed_in_and_waits()]
Picture = Annotated[bytes, Body(media_type="application/octet-stream", description="照片，5 MB 以内")]


@checks.get("", operation_id="people_get_identity")
async def get_identity(
    caller: SignedIn,
    tx: Transaction,
    channel: Annotated[Literal["h5", "mini_program"], Query(description="在网页还是小程序中")] = "h5",
) -> IdentityView:
    """我（或所代办的家人）的身份核验：程度、可用的方式、正在进行的与最近一次"""
    found = await checking.standing(tx, caller)
    person = found.person
    own_face = policy.may_use_face(caller.session_person(), person.id, person.birth_date, clock.today())
    return IdentityView.of(found, [*service_checks.ways(channel), "card"], own_face)


@checks.post("/real-name", operation_id="people_check_real_name", status_code=201)
async def check_real_name(caller: Waiting, request: Request) -> CheckView:
    """比对档案中的姓名与身份证号码，当场得到结论"""
    return CheckView.of(await service_checks.check_real_name(request.app.state.database, caller))


@checks.post("/face", operation_id="people_begin_face_check", status_code=201)
async def begin_face_check(body: FaceGiven, caller: Waiting, request: Request) -> FaceTicket:
    """发起人脸核身；未完成之前重复发起得到同一次"""
    check, ticket = await service_checks.begin_face(request.app.state.database, caller, body.channel)
    return FaceTicket.of(check, ticket.place)


@checks.post("/card/{side}", operation_id="people_keep_card_picture", status_code=204)
async def keep_card_picture(
    side: Annotated[Side, Path(description="front 有照片的一面，back 另一面")],
    content: Picture,
    caller: SignedIn,
    tx: Transaction,
) -> None:
    """上传证件一面的照片（请求体就是照片）；提交之前可以重拍"""
    await card_checks.keep_picture(tx, caller, side, content)


@checks.post("/card", operation_id="people_send_card", status_code=201)
async def send_card(caller: SignedIn, tx: Transaction) -> CheckView:
    """提交证件照片，由职工核对；重复提交得到同一次"""
    return CheckView.of(await card_checks.send(tx, caller))


@checks.post("/checks/{check_id}/verdict", operation_id="people_ask_verdict")
async def ask_verdict(check_id: UUID, caller: Waiting, request: Request) -> CheckView:
    """向核验服务询问结果；本人还没有完成的保持原状"""
    return CheckView.of(await service_checks.settle(request.app.state.database, caller, check_id))


@checks.post("/checks/{check_id}/withdraw", operation_id="people_withdraw_check")
async def withdraw_check(check_id: UUID, caller: SignedIn, tx: Transaction) -> CheckView:
    """撤回正在进行的核验；已提交的证件照片立即删除"""
    return CheckView.of(await checking.withdraw(tx, caller, check_id))
