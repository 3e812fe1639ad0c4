"""The control desk: what the staff of an exam centre does, and the switches for misbehaviour. Loopback only, unsigned."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse

from kanghu_sandbox.desk import loopback_only
from kanghu_sandbox.wire.messages import DELETE, MODIFY, Change, IdentifiedPerson, WireDate, format_date

from . import catalogue, clock, outbox, repository
from .context import Centre, centre_of
from .control_models import (
    AccountView,
    AppointmentView,
    Booked,
    CallView,
    ChangeItem,
    ChangeResults,
    ChecklistQuery,
    DayCapacity,
    ExamRun,
    ItemView,
    NewAppointment,
    PushCatalogue,
    RunExam,
    Waiting,
)
from .faults import Faults
from .outbox import OutMessage
from .platform import Delivery
from .service import run_exam
from .service.book_exam import CannotBook
from .service.run_exam import Desk, NotKnown
from .store import Tx

router = APIRouter(prefix="/control", dependencies=[Depends(loopback_only)])
TheCentre = Annotated[Centre, Depends(centre_of)]
Limit = Annotated[int, Query(ge=1, le=500)]


def register_errors(app: FastAPI) -> None:
    """Turn what the services refuse into HTTP."""

    @app.exception_handler(NotKnown)
    async def _not_known(_: Request, reason: NotKnown) -> JSONResponse:
        return JSONResponse({"detail": str(reason)}, 404)

    @app.exception_handler(CannotBook)
    async def _cannot_book(_: Request, reason: CannotBook) -> JSONResponse:
        return JSONResponse({"detail": str(reason), **reason.details}, 409)


# people and appointments


@router.get("/persons", operation_id="list_persons", tags=["客户"])
async def list_persons(centre: TheCentre, limit: Limit = 200) -> list[AccountView]:
    """体检账号，新的在前。"""
    accounts = await centre.store.run(lambda tx: repository.list_accounts(tx, limit))
    return [AccountView(**_fields(account)) for account in accounts]


@router.post("/persons", operation_id="add_person", tags=["客户"], status_code=201)
async def add_person(person: IdentifiedPerson, centre: TheCentre) -> AccountView:
    """建立体检账号；证件号码已登记的，应答 409。"""

    def work(tx: Tx) -> repository.Account | None:
        if repository.find_by_document(tx, person.id_type, person.id_number):
            return None
        return repository.find_account(tx, repository.add_person(tx, person, origin="前台"))

    account = await centre.store.run(work)
    if account is None:
        raise HTTPException(409, "证件号码已登记")
    return AccountView(**_fields(account))


@router.get("/appointments", operation_id="list_appointments", tags=["预约"])
async def list_appointments(centre: TheCentre, limit: Limit = 200) -> list[AppointmentView]:
    """预约，新的在前。"""
    bookings = await centre.store.run(lambda tx: repository.list_bookings(tx, limit))
    return [_appointment(booking) for booking in bookings]


@router.post("/appointments", operation_id="add_appointment", tags=["预约"], status_code=201)
async def add_appointment(wanted: NewAppointment, centre: TheCentre) -> Booked:
    """在前台预约；可先向平台取个性化清单（US-H1）。"""
    codes, delivery = wanted.item_codes, None
    if wanted.from_checklist:
        delivery = await centre.platform.ask_checklist(wanted.exam_account)
        codes = _codes_in(delivery)
    known = await centre.store.run(catalogue.current)
    bookable = None if codes is None else [code for code in codes if code in known and known[code].active]
    day = wanted.appointment_date or format_date(clock.today())
    booking = await centre.store.run(
        lambda tx: run_exam.walk_in(tx, wanted.exam_account, day, bookable, centre.settings.daily_capacity)
    )
    unknown = [code for code in codes or [] if code not in (bookable or [])]
    return Booked(appointment=_appointment(booking), unknown_items=unknown, delivery=delivery)


@router.put("/days/{day}", operation_id="set_capacity", tags=["预约"])
async def set_capacity(day: WireDate, wanted: DayCapacity, centre: TheCentre) -> DayCapacity:
    """规定某一天（YYYYMMDD）可预约的人数。"""
    await centre.store.run(lambda tx: repository.set_capacity(tx, day, wanted.capacity))
    return wanted


# calls to the platform


@router.post("/checklist-queries", operation_id="ask_checklist", tags=["调用平台"])
async def ask_checklist(query: ChecklistQuery, centre: TheCentre) -> Delivery:
    """US-H1 获取个性化体检清单。"""
    return await centre.platform.ask_checklist(query.exam_account)


@router.post("/exams", operation_id="run_exam", tags=["调用平台"])
async def run_an_exam(wanted: RunExam, centre: TheCentre) -> ExamRun:
    """做一次体检：发送指引（US-H2）、推送结果（US-H3）、推送报告（US-H4）。没有预约的账号按全套现场预约。"""

    def work(tx: Tx) -> tuple[str, list[OutMessage]]:
        _make_sure_there_is_an_exam(tx, wanted, centre)
        desk = _desk(tx, centre, wanted.exam_no, wanted.exam_account)
        return desk.booking.exam_no, [
            message for step in wanted.steps for message in _do_step(tx, desk, step, wanted, centre)
        ]

    exam_no, messages = await centre.store.run(work)
    return ExamRun(exam_no=exam_no, deliveries=await centre.platform.deliver(messages))


@router.post("/results", operation_id="change_results", tags=["调用平台"])
async def change_results(wanted: ChangeResults, centre: TheCentre) -> ExamRun:
    """增（可为未预约的加项）、改、删结果并推送（US-H3）；每变一次，该项目的 sequence 加一。"""

    def work(tx: Tx) -> tuple[str, list[OutMessage]]:
        desk = _desk(tx, centre, wanted.exam_no, wanted.exam_account)
        if wanted.change == DELETE:
            return desk.booking.exam_no, run_exam.withdraw(tx, desk, wanted.item_codes)
        return desk.booking.exam_no, run_exam.correct(tx, desk, wanted.values, wanted.change)

    exam_no, messages = await centre.store.run(work)
    return ExamRun(exam_no=exam_no, deliveries=await centre.platform.deliver(messages))


@router.get("/catalogue", operation_id="list_items", tags=["项目字典"])
async def list_items(centre: TheCentre) -> list[ItemView]:
    """本中心的项目。"""
    items = await centre.store.run(catalogue.current)
    return [ItemView.model_validate(item, from_attributes=True) for item in items.values()]


@router.put("/catalogue/{item_code}", operation_id="change_item", tags=["项目字典"])
async def change_item(item_code: str, wanted: ChangeItem, centre: TheCentre) -> list[Delivery]:
    """改名、换单位、停用或启用一个项目；编码不变。"""

    def work(tx: Tx) -> list[OutMessage]:
        items = _items(tx, [item_code])
        repository.change_item(tx, items[0].item_code, wanted.name, wanted.unit, wanted.active)
        return _push_items(tx, centre, [item_code], MODIFY) if wanted.push else []

    return await centre.platform.deliver(await centre.store.run(work))


@router.post("/catalogue/push", operation_id="push_catalogue", tags=["项目字典"])
async def push_catalogue(wanted: PushCatalogue, centre: TheCentre) -> list[Delivery]:
    """US-H5 变更体检项目明细：默认以“新增”推送全部项目。"""
    messages = await centre.store.run(lambda tx: _push_items(tx, centre, wanted.item_codes, wanted.change))
    return await centre.platform.deliver(messages)


# what was not delivered, what was said, what goes wrong


@router.get("/outbox", operation_id="list_outbox", tags=["消息"])
async def list_outbox(centre: TheCentre) -> list[Waiting]:
    """未送达的消息：pending 会自动补发，refused 须先排除原因。"""
    return [Waiting(**_picked(message, Waiting)) for message in await centre.store.run(outbox.undelivered)]


@router.post("/outbox/resend", operation_id="resend", tags=["消息"])
async def resend(centre: TheCentre) -> list[Delivery]:
    """立即补发全部未送达的消息，X-Request-Id 不变。"""
    await centre.store.run(outbox.revive)
    return await centre.platform.resend_due()


@router.get("/calls", operation_id="list_calls", tags=["消息"])
async def list_calls(centre: TheCentre, limit: Limit = 50) -> list[CallView]:
    """最近的调用，双向，新的在前。"""
    calls = await centre.store.run(lambda tx: repository.list_calls(tx, limit))
    return [CallView(**asdict(call)) for call in calls]


@router.get("/faults", operation_id="get_faults", tags=["故障"])
async def get_faults(centre: TheCentre) -> Faults:
    """现在的故障设置。"""
    return centre.faults.now


@router.put("/faults", operation_id="set_faults", tags=["故障"])
async def set_faults(wanted: Faults, centre: TheCentre) -> Faults:
    """设置故障；未写的各项恢复正常。"""
    centre.faults.now = wanted
    return wanted


@router.delete("/faults", operation_id="clear_faults", tags=["故障"])
async def clear_faults(centre: TheCentre) -> Faults:
    """一切恢复正常。"""
    centre.faults.now = Faults()
    return centre.faults.now


def _make_sure_there_is_an_exam(tx: Tx, wanted: RunExam, centre: Centre) -> None:
    if not wanted.exam_account:
        return
    if wanted.new_exam or repository.latest_booking(tx, wanted.exam_account) is None:
        day, places = format_date(clock.today()), centre.settings.daily_capacity
        run_exam.walk_in(tx, wanted.exam_account, day, None, places)


def _do_step(tx: Tx, desk: Desk, step: str, wanted: RunExam, centre: Centre) -> list[OutMessage]:
    if step == "guide":
        base = centre.settings.guide_url_base
        return [run_exam.issue_guide(tx, desk, wanted.guide.kind, wanted.guide.content, base)]
    if step == "results":
        return run_exam.perform(tx, desk, wanted.values, wanted.pushes)
    return [run_exam.issue_report(tx, desk, wanted.report.kind, wanted.report.content)]


def _desk(tx: Tx, centre: Centre, exam_no: str | None, exam_account: str | None) -> Desk:
    wrong = centre.faults.now.outbound.wrong_person
    return run_exam.open_desk(tx, exam_no, exam_account, centre.platform.lease_seconds, wrong)


def _items(tx: Tx, codes: list[str] | None) -> list[catalogue.Item]:
    items = catalogue.current(tx)
    if unknown := [code for code in codes or [] if code not in items]:
        raise NotKnown(f"本中心没有这些项目：{'、'.join(unknown)}")
    return [items[code] for code in codes] if codes else list(items.values())


def _push_items(tx: Tx, centre: Centre, codes: list[str] | None, change: Change) -> list[OutMessage]:
    entries = [catalogue.dictionary_entry(item) for item in _items(tx, codes)]
    payload = {"items": entries, "change": change}
    return [outbox.put(tx, "H5", payload, centre.platform.lease_seconds)]


def _codes_in(delivery: Delivery) -> list[str]:
    """The item codes of a checklist; raises 502 when the platform gave none."""
    items = delivery.envelope.data.get("items") if delivery.envelope else None
    if not items:
        raise HTTPException(502, {"reason": "平台没有给出个性化清单", "delivery": delivery.model_dump()})
    return [str(item.get("item_code") or item.get("standard_code")) for item in items]


def _appointment(booking: repository.Booking) -> AppointmentView:
    return AppointmentView(**_fields(booking))


def _fields(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def _picked(row: Any, view: type[Waiting]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in view.model_fields}
