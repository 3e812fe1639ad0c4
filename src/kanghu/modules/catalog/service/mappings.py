"""Mapping vendor items to standard items (项目对照): suggestions, and a person's decisions."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.events import publish
from kanghu.kernel.pagination import Page, decode_cursor, split_page
from kanghu.kernel.security import Caller
from kanghu.modules.catalog import policy, repository, units
from kanghu.modules.catalog.errors import MappingInvalid, VendorNotFound
from kanghu.modules.catalog.events import ItemsMapped
from kanghu.modules.catalog.mapping_index import needs_unit
from kanghu.modules.catalog.models import StandardItem, VendorItemRow
from kanghu.modules.catalog.names import fold, spoken
from kanghu.modules.catalog.schemas import MappingChoice, SuggestionView, VendorItemSuggestions, VendorView
from kanghu.modules.catalog.service.vendor_items import show_mappings
from kanghu.modules.catalog.suggest import StandardName, Suggester, Suggestion, VendorName

READ, WRITE = "catalog.mapping.read", "catalog.mapping.write"


async def list_vendors(tx: Tx, caller: Caller) -> list[VendorView]:
    scope = caller.scope(READ)
    found = await repository.vendor_items.list_vendors(tx, scope.institutions, scope.everything)
    return [VendorView(**vendor) for vendor in found]


async def search(
    tx: Tx, caller: Caller, vendor_id: UUID, term: str, status: str | None, cursor: str | None, limit: int
) -> Page[VendorItemRow]:
    """A vendor's items with their mapping; `suggested` are the unmapped ones that something is suggested for.

    Raises `VendorNotFound`.
    """
    await reach(tx, caller, vendor_id, READ)
    after = decode_cursor(cursor, str)
    said = await _spoken(tx, vendor_id, term)
    look = _search_suggested if status == "suggested" else repository.vendor_items.search
    found = await look(tx, vendor_id, term, status, after[0] if after else "", limit + 1, said)
    items, following = split_page(found, limit, lambda one: (one.code,))
    return Page(items=items, next=following)


async def _spoken(tx: Tx, vendor_id: UUID, term: str) -> list[str]:
    """The items whose name the term spells in pinyin; one letter alone would spell nearly all."""
    letters = fold(term)
    if len(letters) < 2 or not (letters.isascii() and letters.isalpha()):
        return []
    return [
        code for code, name in await repository.vendor_items.names(tx, vendor_id) if spoken(name, letters)
    ]


BATCH = 200


async def _search_suggested(
    tx: Tx, vendor_id: UUID, term: str, _status: str | None, after: str, limit: int, said: list[str]
) -> list[VendorItemRow]:
    """No SQL knows what is suggested: the unmapped items are tried, a batch at a time, until the page is full."""
    suggester = _suggester(await repository.items.names(tx))
    found: list[VendorItemRow] = []
    while True:
        batch = await repository.vendor_items.search(tx, vendor_id, term, "unmapped", after, BATCH, said)
        found += [item for item in batch if _likeliest(suggester, _vendor_name(item), 1)]
        if len(found) >= limit or len(batch) < BATCH:
            return found[:limit]
        after = batch[-1].code


async def suggest(
    tx: Tx, caller: Caller, vendor_id: UUID, codes: list[str], limit: int
) -> list[VendorItemSuggestions]:
    """For each of the given items of the vendor, the likeliest standard items. Raises `VendorNotFound`."""
    await reach(tx, caller, vendor_id, READ)
    suggester = _suggester(await repository.items.names(tx))
    items = await repository.vendor_items.get_many(tx, vendor_id, codes)
    return [_suggestions(suggester, item, limit) for item in items.values()]


@lru_cache(maxsize=1)
def _suggester(names: tuple[StandardName, ...]) -> Suggester:
    """Kept while the catalogue is the same; the names are the key."""
    return Suggester(names)


@lru_cache(maxsize=8192)
def _likeliest(suggester: Suggester, vendor: VendorName, limit: int) -> list[Suggestion]:
    return suggester.suggest(vendor, limit)


def _vendor_name(item: VendorItemRow) -> VendorName:
    name = item.name_in_results or item.name
    return VendorName(item.code, name, item.unit, item.specimen, item.category_name, item.department)


def _suggestions(suggester: Suggester, item: VendorItemRow, limit: int) -> VendorItemSuggestions:
    vendor = _vendor_name(item)
    return VendorItemSuggestions(
        vendor_item_code=item.code,
        vendor_item_name=vendor.name,
        suggestions=[
            SuggestionView(
                item_code=one.item_code,
                name=one.name,
                score=one.score,
                reasons=list(one.reasons),
                unit=one.unit,
                specimen=one.specimen,
            )
            for one in _likeliest(suggester, vendor, limit)
        ],
    )


async def confirm(tx: Tx, caller: Caller, vendor_id: UUID, choices: list[MappingChoice]) -> int:
    """Confirms mappings, all or none, and tells `ItemsMapped`. Raises `VendorNotFound`, `MappingInvalid` per item."""
    await reach(tx, caller, vendor_id, WRITE)
    await repository.vendor_items.lock(tx, vendor_id)
    latest, vendor_items, problems = await examine(tx, vendor_id, choices)
    if problems:
        raise MappingInvalid(fields=problems)
    rows = [_mapping(choice, vendor_items[code]) for code, choice in latest.items()]
    await repository.mappings.confirm(tx, vendor_id, rows, caller.account_id, clock.now())
    await repository.mappings.renew_version(tx, vendor_id)
    detail = {"mappings": {code: choice.item_code for code, choice in latest.items()}}
    await _record(tx, caller, "catalog.mapping.confirm", vendor_id, detail)
    await publish(tx, ItemsMapped(vendor_id=vendor_id, vendor_item_codes=tuple(sorted(latest))))
    return len(rows)


async def examine(
    tx: Tx, vendor_id: UUID, choices: list[MappingChoice]
) -> tuple[dict[str, MappingChoice], dict[str, VendorItemRow], dict[str, str]]:
    """By vendor item: the last choice for it, the item itself, and why the choice cannot be confirmed if it cannot."""
    latest = {choice.vendor_item_code: choice for choice in choices}
    vendor_items = await repository.vendor_items.get_many(tx, vendor_id, list(latest))
    items = {
        item.code: item
        for item in await repository.items.get_many(tx, [choice.item_code for choice in latest.values()])
    }
    problems = {
        code: problem
        for code, choice in latest.items()
        if (problem := choice_problem(choice, vendor_items.get(code), items.get(choice.item_code)))
    }
    return latest, vendor_items, problems


def choice_problem(
    choice: MappingChoice, vendor_item: VendorItemRow | None, item: StandardItem | None
) -> str:
    """Why this choice cannot be confirmed, in Chinese; '' when it can."""
    if vendor_item is None:
        return "厂家项目不存在"
    if vendor_item.changed_at != choice.seen:
        return "厂家项目在您查看之后有变更，请刷新后重新确认"
    if item is None or item.retired_at is not None:
        return "标准项目不存在或已停用"
    return _unit_problem(choice, vendor_item, item)


def _unit_problem(choice: MappingChoice, vendor_item: VendorItemRow, item: StandardItem) -> str:
    if not needs_unit(item.unit) or item.result_type != "numeric":
        return ""
    printed = vendor_item.unit if choice.assumed_unit is None else choice.assumed_unit
    if not printed.strip():
        return ""
    unit = units.normalise(printed)
    if unit is None:
        return f"单位 {printed} 无法识别，请指明它的含义"
    if units.conversion(unit, item.unit, item.code) is None:
        return f"单位 {printed} 无法换算为标准单位 {item.unit}"
    return ""


def _mapping(choice: MappingChoice, vendor_item: VendorItemRow) -> dict[str, Any]:
    printed = vendor_item.unit if choice.assumed_unit is None else choice.assumed_unit
    names = {fold(name) for name in (vendor_item.name, vendor_item.name_in_results)} - {""}
    return {
        "vendor_item_code": choice.vendor_item_code,
        "item_code": choice.item_code,
        "accepted_names": sorted(names) or [fold(vendor_item.code)],
        "assumed_unit": units.normalise(printed) or "",
    }


async def reject(tx: Tx, caller: Caller, vendor_id: UUID, codes: list[str], why: str | None = None) -> int:
    """Notes that these vendor items have no counterpart in the catalogue."""
    return await _decide(tx, caller, vendor_id, codes, "reject", why)


async def disable(tx: Tx, caller: Caller, vendor_id: UUID, codes: list[str], why: str | None = None) -> int:
    """Keeps the mappings but stops filing by them: results wait."""
    return await _decide(tx, caller, vendor_id, codes, "disable", why)


async def remove(tx: Tx, caller: Caller, vendor_id: UUID, codes: list[str], why: str | None = None) -> int:
    """Takes the mappings back: the items are unmapped again."""
    return await _decide(tx, caller, vendor_id, codes, "remove", why)


_DECISIONS = {
    "reject": repository.mappings.reject,
    "disable": repository.mappings.disable,
    "remove": repository.mappings.remove,
}


async def _decide(
    tx: Tx, caller: Caller, vendor_id: UUID, codes: list[str], decision: str, why: str | None
) -> int:
    await reach(tx, caller, vendor_id, WRITE)
    await repository.vendor_items.lock(tx, vendor_id)
    changed = await _DECISIONS[decision](tx, vendor_id, codes)
    if changed:
        await repository.mappings.renew_version(tx, vendor_id)
        await _record(
            tx, caller, f"catalog.mapping.{decision}", vendor_id, {"vendor_item_codes": codes, "why": why}
        )
    return changed


async def _record(tx: Tx, caller: Caller, action: str, vendor_id: UUID, detail: dict[str, Any]) -> None:
    await show_mappings(tx, vendor_id)
    await audit.record(tx, caller, action, subject=f"catalog.vendors/{vendor_id}", detail=detail)


async def reach(tx: Tx, caller: Caller, vendor_id: UUID, permission: str) -> None:
    """Raises `VendorNotFound` for an unknown vendor and for one outside the caller's scope."""
    vendor = await repository.vendor_items.get_vendor(tx, vendor_id)
    if vendor is None or not policy.reaches(caller, permission, vendor.institution_id):
        raise VendorNotFound
