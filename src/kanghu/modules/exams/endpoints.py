"""Bookings, results, guides and reports for staff and for the customer they belong to."""

from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Query, Response

from kanghu.kernel import audit
from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.catalog import public as catalog
from kanghu.modules.exams.models import Booking
from kanghu.modules.exams.repository import bookings
from kanghu.modules.exams.schemas import (
    BookingView,
    DailyCapacity,
    DocumentView,
    ExamAccountView,
    FreeDayView,
    NewBooking,
    OtherDate,
    ResultVersionView,
    ResultView,
)
from kanghu.modules.exams.service import book, change_date, documents, results
from kanghu.modules.people import public as people

admin = Router(prefix="/api/admin/exams", tags=["exams"])
patient = Router(prefix="/api/patient/exams", tags=["exams"])
ROUTERS = [admin, patient]

OWN = "exams.own.use"
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}
ItemCode = Annotated[str | None, Query(max_length=64, description="标准项目代码")]


@patient.get("/days", operation_id="exams_list_free_days")
async def list_free_days(
    vendor_id: UUID, _caller: Annotated[Caller, can(OWN)], tx: Transaction
) -> list[FreeDayView]:
    """可预约日期及余量（今日至 14 天后）"""
    return [FreeDayView.model_validate(day) for day in await book.free_days(tx, vendor_id)]


@patient.post("/bookings", operation_id="exams_request_booking", status_code=201)
async def request_booking(
    body: NewBooking, caller: Annotated[Caller, can(OWN)], tx: Transaction
) -> BookingView:
    """预约体检：选定日期后生成个性化清单，由医生确认并发送"""
    booking = await book.request_booking(
        tx, caller, caller.own_person(), body.vendor_id, body.appointment_date
    )
    return BookingView.model_validate(booking)


@patient.get("/bookings", operation_id="exams_list_own_bookings")
async def list_own_bookings(
    caller: Annotated[Caller, can(OWN)], tx: Transaction, limit: Limit = 20, cursor: Cursor = None
) -> Page[BookingView]:
    """我的预约"""
    return await _booking_page(tx, caller, OWN, limit, cursor, person_id=caller.own_person())


@patient.post("/bookings/{booking_id}/cancel", operation_id="exams_cancel_own_booking")
async def cancel_own_booking(
    booking_id: UUID, caller: Annotated[Caller, can(OWN)], tx: Transaction
) -> BookingView:
    """取消尚未发送给体检机构的预约"""
    return BookingView.model_validate(await book.cancel_booking(tx, caller, booking_id, caller.scope(OWN)))


@patient.put("/bookings/{booking_id}/date", operation_id="exams_change_own_booking_date")
async def change_own_booking_date(
    booking_id: UUID, body: OtherDate, caller: Annotated[Caller, can(OWN)], tx: Transaction
) -> BookingView:
    """改期：尚未发送给体检机构的预约换一个日期"""
    moved = await change_date.change_date(tx, caller, booking_id, body.appointment_date, caller.scope(OWN))
    return BookingView.model_validate(moved)


@patient.get("/bookings/{booking_id}/guide", operation_id="exams_get_own_guide")
async def get_own_guide(
    booking_id: UUID, caller: Annotated[Caller, can(OWN)], tx: Transaction
) -> DocumentView | None:
    """我的体检指引单"""
    found = await documents.read_guide(tx, caller, booking_id, OWN)
    return None if found is None else DocumentView.model_validate(found)


@patient.get("/bookings/{booking_id}/results", operation_id="exams_list_own_exam_results")
async def list_own_exam_results(
    booking_id: UUID, caller: Annotated[Caller, can(OWN)], tx: Transaction
) -> list[ResultView]:
    """我某次体检的全部结果"""
    return [ResultView.model_validate(row) for row in await results.of_booking(tx, caller, booking_id, OWN)]


@patient.get("/bookings/{booking_id}/reports", operation_id="exams_list_own_reports")
async def list_own_reports(
    booking_id: UUID, caller: Annotated[Caller, can(OWN)], tx: Transaction
) -> list[DocumentView]:
    """我的体检报告，新版本在前"""
    return [
        DocumentView.model_validate(row) for row in await documents.read_reports(tx, caller, booking_id, OWN)
    ]


@patient.get(
    "/reports/{document_id}/file",
    operation_id="exams_get_own_report_file",
    response_class=Response,
    responses=PDF,
)
async def get_own_report_file(
    document_id: UUID, caller: Annotated[Caller, can(OWN)], tx: Transaction
) -> Response:
    """我的体检报告（PDF 文件）"""
    return _pdf(await documents.read_report_file(tx, caller, document_id, OWN))


@patient.get("/results", operation_id="exams_list_own_results")
async def list_own_results(
    caller: Annotated[Caller, can(OWN)],
    tx: Transaction,
    item_code: ItemCode = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[ResultView]:
    """我的体检结果，新的在前；给出项目代码即为该项目的历年趋势"""
    return await _result_page(tx, caller, OWN, caller.own_person(), item_code, limit, cursor)


@admin.get("/bookings", operation_id="exams_list_bookings")
async def list_bookings(
    caller: Annotated[Caller, can("exams.booking.read")],
    tx: Transaction,
    person_id: UUID | None = None,
    vendor_id: UUID | None = None,
    day: Annotated[date | None, Query(description="预约日期")] = None,
    state: Annotated[str | None, Query(pattern="^(requested|sending|booked|failed|cancelled)$")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[BookingView]:
    """体检预约，新的在前"""
    return await _booking_page(
        tx,
        caller,
        "exams.booking.read",
        limit,
        cursor,
        person_id=person_id,
        vendor_id=vendor_id,
        day=day,
        state=state,
    )


@admin.get("/bookings/{booking_id}", operation_id="exams_get_booking")
async def get_booking(
    booking_id: UUID, caller: Annotated[Caller, can("exams.booking.read")], tx: Transaction
) -> BookingView:
    """一次预约"""
    booking = await book.get_booking(tx, booking_id, caller.scope("exams.booking.read"))
    await audit.record(
        tx, caller, "exams.booking.read", subject=f"exams.bookings/{booking_id}", person_id=booking.person_id
    )
    return (await _named(tx, [booking]))[0]


@admin.get("/bookings/{booking_id}/guide", operation_id="exams_get_guide")
async def get_guide(
    booking_id: UUID, caller: Annotated[Caller, can("exams.booking.read")], tx: Transaction
) -> DocumentView | None:
    """体检指引单"""
    found = await documents.read_guide(tx, caller, booking_id, "exams.booking.read")
    return None if found is None else DocumentView.model_validate(found)


@admin.get("/bookings/{booking_id}/results", operation_id="exams_list_exam_results")
async def list_exam_results(
    booking_id: UUID, caller: Annotated[Caller, can("exams.result.read")], tx: Transaction
) -> list[ResultView]:
    """某次体检的全部结果"""
    found = await results.of_booking(tx, caller, booking_id, "exams.result.read")
    return [ResultView.model_validate(row) for row in found]


@admin.get(
    "/bookings/{booking_id}/results/{vendor_item_code}/history", operation_id="exams_list_result_versions"
)
async def list_result_versions(
    booking_id: UUID,
    vendor_item_code: str,
    caller: Annotated[Caller, can("exams.result.read")],
    tx: Transaction,
) -> list[ResultVersionView]:
    """某项结果的全部版本"""
    found = await results.history(tx, caller, booking_id, vendor_item_code, "exams.result.read")
    return [ResultVersionView.model_validate(row) for row in found]


@admin.get("/bookings/{booking_id}/reports", operation_id="exams_list_reports")
async def list_reports(
    booking_id: UUID, caller: Annotated[Caller, can("exams.result.read")], tx: Transaction
) -> list[DocumentView]:
    """体检报告，新版本在前"""
    found = await documents.read_reports(tx, caller, booking_id, "exams.result.read")
    return [DocumentView.model_validate(row) for row in found]


@admin.get(
    "/reports/{document_id}/file",
    operation_id="exams_get_report_file",
    response_class=Response,
    responses=PDF,
)
async def get_report_file(
    document_id: UUID, caller: Annotated[Caller, can("exams.result.read")], tx: Transaction
) -> Response:
    """体检报告（PDF 文件）"""
    return _pdf(await documents.read_report_file(tx, caller, document_id, "exams.result.read"))


@admin.get("/persons/{person_id}/accounts", operation_id="exams_list_exam_accounts")
async def list_exam_accounts(
    person_id: UUID, caller: Annotated[Caller, can("exams.booking.read")], tx: Transaction
) -> list[ExamAccountView]:
    """某人绑定的体检账号"""
    found = await book.accounts_of(tx, caller, person_id, "exams.booking.read")
    return [ExamAccountView.model_validate(account) for account in found]


@admin.get("/persons/{person_id}/results", operation_id="exams_list_person_results")
async def list_person_results(
    person_id: UUID,
    caller: Annotated[Caller, can("exams.result.read")],
    tx: Transaction,
    item_code: ItemCode = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[ResultView]:
    """某人的体检结果，新的在前；给出项目代码即为该项目的历年趋势"""
    return await _result_page(tx, caller, "exams.result.read", person_id, item_code, limit, cursor)


@admin.get("/days", operation_id="exams_list_days")
async def list_days(
    vendor_id: UUID, caller: Annotated[Caller, can("exams.booking.read")], tx: Transaction
) -> list[FreeDayView]:
    """某体检系统今日至 14 天后每天的名额与已约人数"""
    found = await book.free_days_for_staff(tx, caller, vendor_id)
    return [FreeDayView.model_validate(day) for day in found]


@admin.put("/capacity", operation_id="exams_set_capacity", status_code=204)
async def set_capacity(
    body: DailyCapacity, caller: Annotated[Caller, can("exams.booking.write")], tx: Transaction
) -> None:
    """设置每日预约名额"""
    await book.set_capacity(tx, caller, body.vendor_id, body.day, body.capacity)


def _pdf(file: documents.ReportFile) -> Response:
    """A vendor's file opens as a document and nothing else: no script, no form, no address of its own."""
    return Response(
        file.content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(file.name)}",
            "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'",
        },
    )


async def _booking_page(
    tx: Transaction,
    caller: Caller,
    permission: str,
    limit: int,
    cursor: str | None,
    *,
    person_id: UUID | None,
    vendor_id: UUID | None = None,
    day: date | None = None,
    state: str | None = None,
) -> Page[BookingView]:
    after = decode_cursor(cursor, UUID)
    found = await bookings.list_bookings(
        tx,
        caller.scope(permission),
        person_id=person_id,
        vendor_id=vendor_id,
        day=day,
        state=state,
        before=after[0] if after else None,
        limit=limit + 1,
    )
    items, following = split_page(found, limit, lambda booking: (booking.id,))
    await audit.record(tx, caller, "exams.booking.read", subject="exams.bookings", person_id=person_id)
    return Page(items=await _named(tx, items), next=following)


async def _named(tx: Transaction, found: list[Booking]) -> list[BookingView]:
    persons = await people.names_of(tx, [booking.person_id for booking in found])
    vendors = await catalog.vendor_names(tx, {booking.vendor_id for booking in found})
    views = [BookingView.model_validate(booking) for booking in found]
    for view in views:
        view.person_name = persons.get(view.person_id, "")
        view.vendor_name = vendors.get(view.vendor_id, "")
    return views


async def _result_page(
    tx: Transaction,
    caller: Caller,
    permission: str,
    person_id: UUID,
    item_code: str | None,
    limit: int,
    cursor: str | None,
) -> Page[ResultView]:
    after = decode_cursor(cursor, datetime, UUID)
    found = await results.page_of_person(
        tx,
        caller,
        person_id,
        permission,
        item_code=item_code,
        before=(after[0], after[1]) if after else None,
        limit=limit + 1,
    )
    items, following = split_page(found, limit, lambda row: (row.performed_at, row.result_id))
    return Page(items=[ResultView.model_validate(item) for item in items], next=following)
