"""Vendors, message log and staging queue for the hospital's IT staff."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from kanghu.kernel import audit
from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.exchange import masking
from kanghu.modules.exchange.models import StagedRow
from kanghu.modules.exchange.policy import STAGING_REASONS
from kanghu.modules.exchange.repository import messages
from kanghu.modules.exchange.repository import staging as staged_rows
from kanghu.modules.exchange.repository import vendors as vendor_rows
from kanghu.modules.exchange.schemas import (
    DropStaged,
    ExamOfStaged,
    MessageView,
    NewVendor,
    OpenedMessage,
    PreviewRequest,
    ReleasePreview,
    ReplayView,
    StagedDetail,
    StagedExam,
    StagedView,
    VendorChange,
    VendorHealthView,
    VendorHourView,
    VendorView,
    WaitingItemView,
)
from kanghu.modules.exchange.service import replay, staging, vendors

admin = Router(prefix="/api/admin/exchange", tags=["exchange"])

InterfaceCode = Literal["K1", "K2", "H1", "H2", "H3", "H4", "H5"]
State = Literal["done", "staged", "refused", "failed", "dead", "sending"]


@admin.get("/vendors", operation_id="exchange_list_vendors")
async def list_vendors(
    caller: Annotated[Caller, can("exchange.vendor.read")], tx: Transaction
) -> list[VendorView]:
    """体检系统"""
    found = await vendor_rows.list_vendors(tx, caller.scope("exchange.vendor.read"))
    return [VendorView.model_validate(vendor) for vendor in found]


@admin.post("/vendors", operation_id="exchange_create_vendor", status_code=201)
async def create_vendor(
    body: NewVendor, caller: Annotated[Caller, can("exchange.vendor.write")], tx: Transaction
) -> VendorView:
    """登记体检系统；对方调用本平台的凭证在「接口凭证」中另行发放"""
    vendor_id = await vendors.create_vendor(tx, caller, **body.model_dump())
    return await get_vendor(vendor_id, caller, tx, permission="exchange.vendor.write")


@admin.get("/vendors/{vendor_id}", operation_id="exchange_get_vendor")
async def read_vendor(
    vendor_id: UUID, caller: Annotated[Caller, can("exchange.vendor.read")], tx: Transaction
) -> VendorView:
    """一个体检系统"""
    return await get_vendor(vendor_id, caller, tx, permission="exchange.vendor.read")


async def get_vendor(vendor_id: UUID, caller: Caller, tx: Transaction, *, permission: str) -> VendorView:
    return VendorView.model_validate(await vendors.get_vendor(tx, caller.scope(permission), vendor_id))


@admin.put("/vendors/{vendor_id}", operation_id="exchange_update_vendor")
async def update_vendor(
    vendor_id: UUID,
    body: VendorChange,
    caller: Annotated[Caller, can("exchange.vendor.write")],
    tx: Transaction,
) -> VendorView:
    """修改体检系统的设置；密钥留空则不变"""
    changes = body.model_dump(exclude={"version", "call_secret"})
    await vendors.update_vendor(tx, caller, vendor_id, body.version, body.call_secret, **changes)
    return await get_vendor(vendor_id, caller, tx, permission="exchange.vendor.write")


@admin.get("/vendors/{vendor_id}/health", operation_id="exchange_get_vendor_health")
async def get_vendor_health(
    vendor_id: UUID, caller: Annotated[Caller, can("exchange.vendor.read")], tx: Transaction
) -> list[VendorHealthView]:
    """近 24 小时各接口的调用次数、失败次数与耗时"""
    await vendors.get_vendor(tx, caller.scope("exchange.vendor.read"), vendor_id)
    return [VendorHealthView.model_validate(line) for line in await messages.health(tx, vendor_id)]


@admin.get("/vendors/{vendor_id}/health/hours", operation_id="exchange_list_vendor_hours")
async def list_vendor_hours(
    vendor_id: UUID, caller: Annotated[Caller, can("exchange.vendor.read")], tx: Transaction
) -> list[VendorHourView]:
    """近 24 小时各接口每小时的调用次数、失败次数与耗时"""
    await vendors.get_vendor(tx, caller.scope("exchange.vendor.read"), vendor_id)
    return [VendorHourView.model_validate(line) for line in await messages.hours(tx, vendor_id)]


@admin.get("/messages", operation_id="exchange_search_messages")
async def search_messages(
    caller: Annotated[Caller, can("exchange.message.read")],
    tx: Transaction,
    vendor_id: UUID | None = None,
    interface: InterfaceCode | None = None,
    state: State | None = None,
    code: Annotated[str | None, Query(max_length=8, description="信息编号，如 501")] = None,
    person_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    request_id: Annotated[str | None, Query(max_length=64, description="对方的 X-Request-Id")] = None,
    message_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[MessageView]:
    """报文日志，新的在前"""
    after = decode_cursor(cursor, UUID)
    found = await messages.search(
        tx,
        caller.scope("exchange.message.read"),
        vendor_id=vendor_id,
        interface=interface,
        state=state,
        code=code,
        person_id=person_id,
        since=since,
        until=until,
        before=after[0] if after else None,
        limit=limit + 1,
        request_id=request_id,
        message_id=message_id,
    )
    items, following = split_page(found, limit, lambda line: (line.id,))
    await audit.record(tx, caller, "exchange.message.read", subject="exchange.messages", person_id=person_id)
    return Page(items=[MessageView.model_validate(item) for item in items], next=following)


@admin.get("/messages/{message_id}", operation_id="exchange_open_message")
async def open_message(
    message_id: UUID,
    caller: Annotated[Caller, can("exchange.message.open")],
    tx: Transaction,
    masked: Annotated[bool, Query(description="遮盖姓名、证件号、电话与地址")] = True,
) -> OpenedMessage:
    """一条报文的请求与应答；查看会留痕"""
    kept, body, answered = await replay.open_message(tx, caller, message_id)
    if masked:
        body, answered = masking.masked(body, answered)
    return OpenedMessage(
        id=kept.id,
        interface=kept.interface,
        direction=kept.direction,
        state=kept.state,
        body=body,
        answer=answered,
        masked=masked,
    )


@admin.post("/messages/{message_id}/replay", operation_id="exchange_replay_message")
async def replay_message(
    message_id: UUID, caller: Annotated[Caller, can("exchange.message.replay")], tx: Transaction
) -> ReplayView:
    """重新处理一条收到的推送；重复处理不会产生重复结果"""
    outcome = await replay.replay(tx, caller, message_id)
    answer = outcome.envelope(str(message_id)).decode()
    return ReplayView(state=outcome.state, codes=outcome.codes, data=outcome.data, answer=answer)


@admin.get("/staged-results", operation_id="exchange_list_staged_results")
async def list_staged_results(
    caller: Annotated[Caller, can("exchange.staged.read")],
    tx: Transaction,
    vendor_id: UUID | None = None,
    reason: Annotated[str | None, Query(pattern="^[a-z_]{1,32}$", description="暂存原因代码")] = None,
    vendor_item_code: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[StagedView]:
    """待处理结果，先到的在前"""
    after = decode_cursor(cursor, UUID)
    found = await staged_rows.list_waiting(
        tx,
        caller.scope("exchange.staged.read"),
        vendor_id=vendor_id,
        reason=reason,
        code=vendor_item_code,
        after=after[0] if after else None,
        limit=limit + 1,
    )
    items, following = split_page(found, limit, lambda line: (line.id,))
    await audit.record(tx, caller, "exchange.staged.read", subject="exchange.staged_results")
    return Page(items=[_staged_view(item) for item in items], next=following)


def _staged_view(row: StagedRow) -> StagedView:
    reason = STAGING_REASONS.get(row.reason, row.reason)
    fields = {name: getattr(row, name) for name in StagedView.model_fields if name != "reason_text"}
    return StagedView(**fields, reason_text=reason)


@admin.get("/staged-results/by-item", operation_id="exchange_count_staged_items")
async def count_staged_items(
    caller: Annotated[Caller, can("exchange.staged.read")], tx: Transaction, vendor_id: UUID | None = None
) -> list[WaitingItemView]:
    """按项目汇总的待处理结果，最多的在前"""
    found = await staged_rows.waiting_by_item(tx, caller.scope("exchange.staged.read"), vendor_id, None, 500)
    return [WaitingItemView.model_validate(item) for item in found]


@admin.get("/staged-results/{staged_id}", operation_id="exchange_get_staged_result")
async def get_staged_result(
    staged_id: UUID, caller: Annotated[Caller, can("exchange.staged.read")], tx: Transaction
) -> StagedDetail:
    """一条待处理结果；尚不知属于哪次体检的，附上可以指定的体检"""
    row, same_push, bookings = await staging.look_at(tx, caller, staged_id)
    return StagedDetail(
        **_staged_view(row).model_dump(),
        same_push=same_push,
        exams=[StagedExam.model_validate(booking) for booking in bookings],
    )


@admin.post("/staged-results/preview", operation_id="exchange_preview_release")
async def preview_release(
    body: PreviewRequest, caller: Annotated[Caller, can("exchange.staged.read")], tx: Transaction
) -> ReleasePreview:
    """完成这些项目的对照后将释放多少条等待中的结果"""
    scope = caller.scope("exchange.staged.read")
    found = await staged_rows.waiting_by_item(tx, scope, body.vendor_id, body.vendor_item_codes, 1000)
    persons = await staged_rows.waiting_persons(tx, scope, body.vendor_id, body.vendor_item_codes)
    items = [WaitingItemView.model_validate(item) for item in found]
    return ReleasePreview(results=sum(item.waiting for item in items), persons=persons, items=items)


@admin.post("/staged-results/{staged_id}/exam", operation_id="exchange_assign_staged_exam", status_code=204)
async def assign_staged_exam(
    staged_id: UUID,
    body: ExamOfStaged,
    caller: Annotated[Caller, can("exchange.staged.write")],
    tx: Transaction,
) -> None:
    """指定一批待处理结果属于哪次体检并入库"""
    await staging.assign_exam(tx, caller, staged_id, body.booking_id)


@admin.post("/staged-results/{staged_id}/drop", operation_id="exchange_drop_staged_result", status_code=204)
async def drop_staged_result(
    staged_id: UUID,
    body: DropStaged,
    caller: Annotated[Caller, can("exchange.staged.write")],
    tx: Transaction,
) -> None:
    """放弃一条待处理结果；原始报文仍保留"""
    await staging.drop(tx, caller, staged_id, body.why)
