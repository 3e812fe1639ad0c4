"""Structured sub-elements of items (语义扩展)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from fastapi import status as http

from kanghu.kernel.pagination import Cursor, Limit, Page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.catalog.models import ItemTree, ItemTreeHead
from kanghu.modules.catalog.schemas import Decision, Rejection, TreeDraft
from kanghu.modules.catalog.service import trees as service

admin = Router(prefix="/api/admin/catalog", tags=["catalog"])

Reader = Annotated[Caller, can("catalog.tree.read")]
Writer = Annotated[Caller, can("catalog.tree.write")]
Approver = Annotated[Caller, can("catalog.tree.approve")]
Status = Literal["draft", "submitted", "approved", "rejected", "superseded"]


@admin.get("/items/{code}/trees", operation_id="catalog_list_trees")
async def list_trees(code: str, caller: Reader, tx: Transaction) -> list[ItemTree]:
    """项目语义扩展的各版本"""
    return await service.versions(tx, code)


@admin.post("/items/{code}/trees", operation_id="catalog_start_tree", status_code=http.HTTP_201_CREATED)
async def start_tree(code: str, caller: Writer, tx: Transaction) -> ItemTree:
    """由现行版本新建草稿"""
    return await service.start(tx, caller, code)


@admin.get("/trees", operation_id="catalog_list_all_trees")
async def list_all_trees(
    caller: Reader,
    tx: Transaction,
    q: Annotated[str, Query(max_length=50, description="项目的编码或名称")] = "",
    status: Annotated[Status | None, Query(description="submitted 为待审")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ItemTreeHead]:
    """各项目的语义扩展版本，等待最久的在前"""
    return await service.heads(tx, q, status, cursor, limit)


@admin.get("/trees/{tree_id}", operation_id="catalog_get_tree")
async def get_tree(tree_id: UUID, caller: Reader, tx: Transaction) -> ItemTree:
    """语义扩展的一个版本"""
    return await service.get(tx, tree_id)


@admin.put("/trees/{tree_id}", operation_id="catalog_save_tree")
async def save_tree(tree_id: UUID, draft: TreeDraft, caller: Writer, tx: Transaction) -> ItemTree:
    """保存草稿"""
    return await service.save(tx, caller, tree_id, draft)


@admin.delete("/trees/{tree_id}", operation_id="catalog_discard_tree", status_code=http.HTTP_204_NO_CONTENT)
async def discard_tree(tree_id: UUID, caller: Writer, tx: Transaction) -> None:
    """放弃草稿"""
    await service.discard(tx, caller, tree_id)


@admin.post("/trees/{tree_id}/submit", operation_id="catalog_submit_tree")
async def submit_tree(tree_id: UUID, caller: Writer, tx: Transaction) -> ItemTree:
    """提交审批"""
    return await service.submit(tx, caller, tree_id)


@admin.post("/trees/{tree_id}/approve", operation_id="catalog_approve_tree")
async def approve_tree(tree_id: UUID, decision: Decision, caller: Approver, tx: Transaction) -> ItemTree:
    """批准（不能由作者本人批准）"""
    return await service.decide(tx, caller, tree_id, True, decision.note)


@admin.post("/trees/{tree_id}/reject", operation_id="catalog_reject_tree")
async def reject_tree(tree_id: UUID, decision: Rejection, caller: Approver, tx: Transaction) -> ItemTree:
    """退回，须写明原因"""
    return await service.decide(tx, caller, tree_id, False, decision.note)
