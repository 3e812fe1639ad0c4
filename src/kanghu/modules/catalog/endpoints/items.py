"""Standard items and the hospital's own ones."""

from typing import Annotated, Literal

from fastapi import Query, status

from kanghu.kernel.pagination import Cursor, Limit, Page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.catalog.endpoints.standards import Term
from kanghu.modules.catalog.models import ItemCategory, StandardItem
from kanghu.modules.catalog.schemas import ItemDetail, LocalItem, LocalItemChange
from kanghu.modules.catalog.service import items as service

admin = Router(prefix="/api/admin/catalog", tags=["catalog"])

Reader = Annotated[Caller, can("catalog.item.read")]
Writer = Annotated[Caller, can("catalog.item.write")]


@admin.get("/items", operation_id="catalog_list_items")
async def list_items(
    caller: Reader,
    tx: Transaction,
    q: Term = "",
    kind: Annotated[Literal["lab", "exam"] | None, Query(description="lab 检验，exam 检查")] = None,
    category: Annotated[str | None, Query(max_length=50)] = None,
    retired: Annotated[bool, Query(description="是否包括已停用的")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[StandardItem]:
    """检验与体检项目目录，可按编码、名称、缩写、同义词、拼音检索"""
    return await service.search(tx, q, kind, category, retired, cursor, limit)


@admin.get("/item-categories", operation_id="catalog_list_item_categories")
async def list_item_categories(caller: Reader, tx: Transaction) -> list[ItemCategory]:
    """在用项目的分类及项目数"""
    return await service.categories(tx)


@admin.get("/items/{code}", operation_id="catalog_get_item")
async def get_item(code: str, caller: Reader, tx: Transaction) -> ItemDetail:
    """项目及其同义词、参考区间、语义扩展"""
    return await service.detail(tx, code)


@admin.post("/items", operation_id="catalog_create_item", status_code=status.HTTP_201_CREATED)
async def create_item(item: LocalItem, caller: Writer, tx: Transaction) -> StandardItem:
    """新建医院自建项目"""
    return await service.create(tx, caller, item)


@admin.put("/items/{code}", operation_id="catalog_change_item")
async def change_item(code: str, item: LocalItemChange, caller: Writer, tx: Transaction) -> StandardItem:
    """修改医院自建项目"""
    return await service.change(tx, caller, code, item)


@admin.post("/items/{code}/retire", operation_id="catalog_retire_item")
async def retire_item(code: str, caller: Writer, tx: Transaction) -> StandardItem:
    """停用项目"""
    return await service.set_retired(tx, caller, code, True)


@admin.post("/items/{code}/restore", operation_id="catalog_restore_item")
async def restore_item(code: str, caller: Writer, tx: Transaction) -> StandardItem:
    """恢复使用项目"""
    return await service.set_retired(tx, caller, code, False)
