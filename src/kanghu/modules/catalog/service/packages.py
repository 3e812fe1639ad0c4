"""Item packages of an institution (项目组合)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Invalid
from kanghu.kernel.ids import new_id
from kanghu.kernel.security import Caller
from kanghu.modules.catalog import policy, repository
from kanghu.modules.catalog.errors import (
    PackageChanged,
    PackageCodeTaken,
    PackageConflicts,
    PackageNotFound,
    TemplateIsFixed,
)
from kanghu.modules.catalog.models import Package, StandardItem
from kanghu.modules.catalog.policy import PackageConflict
from kanghu.modules.catalog.schemas import (
    ConflictView,
    NewPackage,
    PackageChange,
    PackageContent,
    PackageView,
)

READ, WRITE = "catalog.package.read", "catalog.package.write"


@dataclass(frozen=True, slots=True)
class _Member:
    code: str
    name: str
    sex_limit: str
    age_min: int | None
    age_max: int | None
    is_retired: bool


async def list_packages(tx: Tx, caller: Caller, retired: bool) -> list[Package]:
    """The shipped templates and the packages of the institutions in the caller's scope."""
    scope = caller.scope(READ)
    return await repository.packages.list_for(tx, scope.institutions, scope.everything, retired)


async def get(tx: Tx, caller: Caller, package_id: UUID) -> PackageView:
    return await _view(tx, await _package(tx, caller, package_id, READ))


async def check(tx: Tx, content: PackageContent) -> list[ConflictView]:
    """The conflicts that a package of this content would have."""
    _check_ages(content)
    return _views(await _conflicts(tx, content, content.item_codes))


async def create(tx: Tx, caller: Caller, new: NewPackage) -> PackageView:
    """Raises `PackageConflicts`, `PackageCodeTaken`, `InstitutionNeeded`."""
    institution = policy.institution_for(caller, WRITE, new.institution_id)
    await _refuse_conflicts(tx, new)
    package_id = new_id()
    made = {**_columns(new), "id": package_id, "institution_id": institution, "code": new.code}
    if not await repository.packages.insert(tx, made):
        raise PackageCodeTaken
    await repository.packages.replace_items(tx, package_id, new.item_codes)
    await _record(tx, caller, "catalog.package.create", package_id, institution, new.item_codes)
    return await get_view(tx, package_id)


async def change(tx: Tx, caller: Caller, package_id: UUID, new: PackageChange) -> PackageView:
    """Raises `PackageNotFound`, `TemplateIsFixed`, `PackageConflicts`, `PackageChanged`."""
    package = await _own(tx, caller, package_id)
    await _refuse_conflicts(tx, new)
    if not await repository.packages.update(tx, {**_columns(new), "id": package_id}, new.revision):
        raise PackageChanged
    await repository.packages.replace_items(tx, package_id, new.item_codes)
    await _record(tx, caller, "catalog.package.change", package_id, package.institution_id, new.item_codes)
    return await get_view(tx, package_id)


async def retire(tx: Tx, caller: Caller, package_id: UUID) -> None:
    """Takes a package out of use. Raises `PackageNotFound`, `TemplateIsFixed`."""
    package = await _own(tx, caller, package_id)
    if package.retired_at is None:
        await repository.packages.retire(tx, package_id, clock.now())
        await _record(tx, caller, "catalog.package.retire", package_id, package.institution_id, [])


async def get_view(tx: Tx, package_id: UUID) -> PackageView:
    package = await repository.packages.get(tx, package_id)
    if package is None:
        raise PackageNotFound
    return await _view(tx, package)


async def _package(tx: Tx, caller: Caller, package_id: UUID, permission: str) -> Package:
    package = await repository.packages.get(tx, package_id)
    if package is None:
        raise PackageNotFound
    if package.institution_id is not None and not policy.reaches(caller, permission, package.institution_id):
        raise PackageNotFound
    return package


async def _own(tx: Tx, caller: Caller, package_id: UUID) -> Package:
    package = await _package(tx, caller, package_id, WRITE)
    if package.institution_id is None:
        raise TemplateIsFixed
    return package


async def _view(tx: Tx, package: Package) -> PackageView:
    return PackageView(package=package, conflicts=_views(await _conflicts(tx, package, package.item_codes)))


async def _refuse_conflicts(tx: Tx, content: PackageContent) -> None:
    _check_ages(content)
    errors = [one for one in await _conflicts(tx, content, content.item_codes) if one.severity == "error"]
    if errors:
        raise PackageConflicts(fields={one.item_code: one.message for one in errors})


async def _conflicts(tx: Tx, package: policy.Limited, item_codes: list[str]) -> list[PackageConflict]:
    known = {item.code: _member(item) for item in await repository.items.get_many(tx, item_codes)}
    return policy.package_conflicts(package, item_codes, known)


def _member(item: StandardItem) -> _Member:
    return _Member(
        item.code, item.name, item.sex_limit, item.age_min, item.age_max, item.retired_at is not None
    )


def _views(conflicts: list[PackageConflict]) -> list[ConflictView]:
    return [ConflictView(**one._asdict()) for one in conflicts]


def _columns(content: PackageContent) -> dict[str, Any]:
    kept = {"name", "description", "sex_limit", "age_min", "age_max", "package_1x", "x_risk", "basis"}
    return {**content.model_dump(include=kept), "updated_at": clock.now()}


def _check_ages(content: PackageContent) -> None:
    if content.age_min is not None and content.age_max is not None and content.age_max < content.age_min:
        raise Invalid(fields={"age_max": "不能小于年龄下限"})


async def _record(
    tx: Tx, caller: Caller, action: str, package_id: UUID, institution_id: UUID | None, item_codes: list[str]
) -> None:
    await audit.record(
        tx,
        caller,
        action,
        subject=f"catalog.packages/{package_id}",
        institution_id=institution_id,
        detail={"item_codes": item_codes},
    )
