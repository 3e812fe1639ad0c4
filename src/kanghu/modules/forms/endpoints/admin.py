"""Staff: forms, their versions, and responses."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.forms.schemas import (
    CreateDraft,
    CreateForm,
    EditedView,
    FlaggedHeadView,
    FlaggedResponse,
    FormView,
    FormWithVersions,
    Publish,
    SaveDraft,
    TryOut,
    TryOutView,
    VersionView,
)
from kanghu.modules.forms.service import editing, reading

admin = Router(prefix="/api/admin/forms", tags=["forms"])

Code = Annotated[str, Path(max_length=64, description="表单编码")]
Version = Annotated[int, Path(ge=1, lt=2**31, description="版本号")]


@admin.get("", operation_id="forms_list_forms")
async def list_forms(
    _caller: Annotated[Caller, can("forms.form.read")],
    tx: Transaction,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[FormView]:
    """表单目录"""
    after = decode_cursor(cursor, str)
    found = await editing.list_forms(tx, after[0] if after else "", limit + 1)
    items, following = split_page(found, limit, lambda form: (form.code,))
    return Page(items=[FormView.of(form) for form in items], next=following)


@admin.post("", operation_id="forms_create_form", status_code=201)
async def create_form(
    body: CreateForm, caller: Annotated[Caller, can("forms.form.write")], tx: Transaction
) -> EditedView:
    """新建表单（带一份空白草稿）"""
    return EditedView.of(await editing.create_form(tx, caller, body.code, body.title, body.kind))


@admin.get("/persons/{person_id}/responses", operation_id="forms_list_person_responses")
async def list_person_responses(
    person_id: UUID,
    caller: Annotated[Caller, can("forms.response.read")],
    tx: Transaction,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[FlaggedHeadView]:
    """某人的答卷，新的在前"""
    before = decode_cursor(cursor, UUID)
    found = await reading.list_of_person(tx, caller, person_id, before[0] if before else None, limit + 1)
    items, following = split_page(found, limit, lambda head: (head.id,))
    return Page(items=[FlaggedHeadView.of(head) for head in items], next=following)


@admin.get("/responses/{response_id}", operation_id="forms_get_response", response_model_exclude_none=True)
async def get_response(
    response_id: UUID, caller: Annotated[Caller, can("forms.response.read")], tx: Transaction
) -> FlaggedResponse:
    """一份答卷及其表单版本"""
    return FlaggedResponse.with_form(*await reading.get_response(tx, caller, response_id))


@admin.get("/{code}", operation_id="forms_get_form")
async def get_form(
    code: Code, _caller: Annotated[Caller, can("forms.form.read")], tx: Transaction
) -> FormWithVersions:
    """一个表单及其全部版本"""
    form, versions = await editing.list_versions(tx, code)
    return FormWithVersions(
        form=FormView.of(form), versions=[VersionView.of(version) for version in versions]
    )


@admin.post("/{code}/versions", operation_id="forms_create_draft", status_code=201)
async def create_draft(
    code: Code, body: CreateDraft, caller: Annotated[Caller, can("forms.form.write")], tx: Transaction
) -> EditedView:
    """以某个版本为底稿新建草稿"""
    return EditedView.of(await editing.create_draft(tx, caller, code, body.from_version))


@admin.get("/{code}/versions/{version}", operation_id="forms_get_version")
async def get_version(
    code: Code, version: Version, _caller: Annotated[Caller, can("forms.form.read")], tx: Transaction
) -> EditedView:
    """一个版本的内容"""
    return EditedView.of(await editing.get_version(tx, code, version))


@admin.put("/{code}/versions/{version}", operation_id="forms_save_draft")
async def save_draft(
    code: Code,
    version: Version,
    body: SaveDraft,
    caller: Annotated[Caller, can("forms.form.write")],
    tx: Transaction,
) -> EditedView:
    """保存草稿，并列出其中的问题"""
    return EditedView.of(await editing.save_draft(tx, caller, code, version, body.revision, body.definition))


@admin.post("/{code}/versions/{version}/publish", operation_id="forms_publish_version")
async def publish_version(
    code: Code,
    version: Version,
    body: Publish,
    caller: Annotated[Caller, can("forms.form.publish")],
    tx: Transaction,
) -> VersionView:
    """发布草稿，原先发布的版本随之停用"""
    return VersionView.of(await editing.publish(tx, caller, code, version, body.revision))


@admin.post("/{code}/versions/{version}/retire", operation_id="forms_retire_version")
async def retire_version(
    code: Code, version: Version, caller: Annotated[Caller, can("forms.form.publish")], tx: Transaction
) -> VersionView:
    """停用已发布的版本"""
    return VersionView.of(await editing.retire(tx, caller, code, version))


@admin.post("/{code}/versions/{version}/evaluation", operation_id="forms_try_out_version")
async def try_out_version(
    code: Code,
    version: Version,
    body: TryOut,
    _caller: Annotated[Caller, can("forms.form.read")],
    tx: Transaction,
) -> TryOutView:
    """试填：对所给答案的显示、错误、得分与提醒，不保存"""
    return TryOutView.of(await editing.try_out(tx, code, version, body.answers, body.context()))
