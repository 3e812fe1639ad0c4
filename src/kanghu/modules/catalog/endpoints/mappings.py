"""Vendor items and their mapping to standard items (项目对照)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from kanghu.kernel.pagination import Cursor, Limit, Page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.catalog.endpoints.standards import Term
from kanghu.modules.catalog.models import VendorItemRow
from kanghu.modules.catalog.schemas import (
    Changed,
    MappingCheck,
    MappingChoices,
    VendorItemCodes,
    VendorItemDecision,
    VendorItemSuggestions,
    VendorView,
)
from kanghu.modules.catalog.service import mapping_check
from kanghu.modules.catalog.service import mappings as service

admin = Router(prefix="/api/admin/catalog", tags=["catalog"])

Reader = Annotated[Caller, can("catalog.mapping.read")]
Writer = Annotated[Caller, can("catalog.mapping.write")]
Status = Literal["unmapped", "suggested", "confirmed", "needs_review", "rejected", "disabled"]


@admin.get("/vendors", operation_id="catalog_list_vendors")
async def list_vendors(caller: Reader, tx: Transaction) -> list[VendorView]:
    """厂家及其项目对照的进度"""
    return await service.list_vendors(tx, caller)


@admin.get("/vendors/{vendor_id}/items", operation_id="catalog_list_vendor_items")
async def list_vendor_items(
    vendor_id: UUID,
    caller: Reader,
    tx: Transaction,
    q: Term = "",
    status: Annotated[
        Status | None, Query(description="对照状态；unmapped 为未建立对照，suggested 为其中有推荐的")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[VendorItemRow]:
    """厂家项目及其对照，可按编码、名称、拼音检索"""
    return await service.search(tx, caller, vendor_id, q, status, cursor, limit)


@admin.post("/vendors/{vendor_id}/suggestions", operation_id="catalog_suggest_mappings")
async def suggest_mappings(
    vendor_id: UUID,
    codes: VendorItemCodes,
    caller: Reader,
    tx: Transaction,
    limit: Annotated[int, Query(ge=1, le=10, description="每个厂家项目最多给出几条推荐")] = 3,
) -> list[VendorItemSuggestions]:
    """为一个或一批厂家项目推荐标准项目"""
    return await service.suggest(tx, caller, vendor_id, codes.vendor_item_codes, limit)


@admin.post("/vendors/{vendor_id}/mappings/check", operation_id="catalog_check_mappings")
async def check_mappings(
    vendor_id: UUID, choices: MappingChoices, caller: Reader, tx: Transaction
) -> list[MappingCheck]:
    """批量确认之前先看每一条能否确认、是否与已有对照重复；不作任何修改"""
    return await mapping_check.check(tx, caller, vendor_id, choices.mappings)


@admin.post("/vendors/{vendor_id}/mappings/confirm", operation_id="catalog_confirm_mappings")
async def confirm_mappings(
    vendor_id: UUID, choices: MappingChoices, caller: Writer, tx: Transaction
) -> Changed:
    """确认一条或一批对照；有一条不能确认则都不确认"""
    return Changed(changed=await service.confirm(tx, caller, vendor_id, choices.mappings))


@admin.post("/vendors/{vendor_id}/mappings/reject", operation_id="catalog_reject_mappings")
async def reject_mappings(
    vendor_id: UUID, given: VendorItemDecision, caller: Writer, tx: Transaction
) -> Changed:
    """认定厂家项目没有对应的标准项目"""
    return Changed(changed=await service.reject(tx, caller, vendor_id, given.vendor_item_codes, given.why))


@admin.post("/vendors/{vendor_id}/mappings/disable", operation_id="catalog_disable_mappings")
async def disable_mappings(
    vendor_id: UUID, given: VendorItemDecision, caller: Writer, tx: Transaction
) -> Changed:
    """停用对照"""
    return Changed(changed=await service.disable(tx, caller, vendor_id, given.vendor_item_codes, given.why))


@admin.post("/vendors/{vendor_id}/mappings/remove", operation_id="catalog_remove_mappings")
async def remove_mappings(
    vendor_id: UUID, given: VendorItemDecision, caller: Writer, tx: Transaction
) -> Changed:
    """取消对照，回到未建立对照"""
    return Changed(changed=await service.remove(tx, caller, vendor_id, given.vendor_item_codes, given.why))
