"""People: the forms open to them, the draft that is saved as they type, and what they have completed."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, signed_in
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.forms.schemas import (
    CompleteResponse,
    OpenFormView,
    ResponseHeadView,
    ResponseView,
    ResponseWithForm,
    SaveAnswers,
    SheetState,
    SheetView,
)
from kanghu.modules.forms.service import filling, reading
from kanghu.modules.forms.service.ready import context_of

patient = Router(prefix="/api/patient/forms", tags=["forms"])

Code = Annotated[str, Path(max_length=64, description="表单编码")]


@patient.get("", operation_id="forms_list_open_forms")
async def list_open_forms(caller: Annotated[Caller, signed_in()], tx: Transaction) -> list[OpenFormView]:
    """我可以填写的表单"""
    return [OpenFormView.model_validate(form) for form in await filling.list_forms(tx, caller)]


@patient.get("/responses", operation_id="forms_list_own_responses")
async def list_own_responses(
    caller: Annotated[Caller, signed_in()], tx: Transaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[ResponseHeadView]:
    """我的答卷，新的在前"""
    before = decode_cursor(cursor, UUID)
    found = await reading.list_own(tx, caller, before[0] if before else None, limit + 1)
    items, following = split_page(found, limit, lambda head: (head.id,))
    return Page(items=[ResponseHeadView.of(head) for head in items], next=following)


@patient.get(
    "/responses/{response_id}", operation_id="forms_get_own_response", response_model_exclude_none=True
)
async def get_own_response(
    response_id: UUID, caller: Annotated[Caller, signed_in()], tx: Transaction
) -> ResponseWithForm:
    """我的一份答卷"""
    return ResponseWithForm.with_form(*await reading.get_own(tx, caller, response_id))


@patient.get("/{code}", operation_id="forms_open_form", response_model_exclude_none=True)
async def open_form(code: Code, caller: Annotated[Caller, signed_in()], tx: Transaction) -> SheetView:
    """打开表单：内容与我已填的答案；没有草稿时 revision 为 0，首次保存用返回的 response_id"""
    sheet = await filling.open_form(tx, caller, code)
    return SheetView.with_context(sheet, await context_of(tx, filling.person_of(caller)))


@patient.put("/{code}/responses/{response_id}", operation_id="forms_save_answers")
async def save_answers(
    code: Code, response_id: UUID, body: SaveAnswers, caller: Annotated[Caller, signed_in()], tx: Transaction
) -> SheetState:
    """保存草稿（边填边存，重复提交无害）；别的设备存过更新的内容时返回 409"""
    sheet = await filling.save_draft(tx, caller, code, response_id, body.version, body.revision, body.answers)
    return SheetState.of(sheet)


@patient.post("/{code}/responses/{response_id}/completion", operation_id="forms_complete_response")
async def complete_response(
    code: Code,
    response_id: UUID,
    body: CompleteResponse,
    caller: Annotated[Caller, signed_in()],
    tx: Transaction,
) -> ResponseView:
    """提交答卷；还有必答题未填或填错时返回 422 并逐题说明"""
    return ResponseView.of(await filling.complete(tx, caller, code, response_id, body.revision))
