"""Item packages of institutions (项目组合)."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, status

from kanghu.kernel.security import Caller, can
from kanghu.kernel.web import Router, Transaction
from kanghu.modules.catalog.models import Package
from kanghu.modules.catalog.schemas import (
    ConflictView,
    NewPackage,
    PackageChange,
    PackageContent,
    PackageView,
)
from kanghu.modules.catalog.service import packages as service

admin = Router(prefix="/api/admin/catalog", tags=["catalog"])

Reader = Annotated[Caller, can("catalog.package.read")]
Writer = Annotated[Caller, can("catalog.package.write")]


@admin.get("/packages", operation_id="catalog_list_packages")
async def list_packages(
    caller: Reader, tx: Transaction, retired: Annotated[bool, Query(description="是否包括已停用的")] = False
) -> list[Package]:
    """样板组合与本机构的组合"""
    return await service.list_packages(tx, caller, retired)


@admin.post("/packages", operation_id="catalog_create_package", status_code=status.HTTP_201_CREATED)
async def create_package(package: NewPackage, caller: Writer, tx: Transaction) -> PackageView:
    """新建组合"""
    return await service.create(tx, caller, package)


@admin.post("/packages/check", operation_id="catalog_check_package")
async def check_package(content: PackageContent, caller: Reader, tx: Transaction) -> list[ConflictView]:
    """检查组合的冲突，不保存"""
    return await service.check(tx, content)


@admin.get("/packages/{package_id}", operation_id="catalog_get_package")
async def get_package(package_id: UUID, caller: Reader, tx: Transaction) -> PackageView:
    """组合及其冲突"""
    return await service.get(tx, caller, package_id)


@admin.put("/packages/{package_id}", operation_id="catalog_change_package")
async def change_package(
    package_id: UUID, package: PackageChange, caller: Writer, tx: Transaction
) -> PackageView:
    """修改组合"""
    return await service.change(tx, caller, package_id, package)


@admin.post(
    "/packages/{package_id}/retire",
    operation_id="catalog_retire_package",
    status_code=status.HTTP_204_NO_CONTENT,
)
async def retire_package(package_id: UUID, caller: Writer, tx: Transaction) -> None:
    """停用组合"""
    await service.retire(tx, caller, package_id)
