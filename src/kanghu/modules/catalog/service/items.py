"""The standard items: looking them up, and the hospital's own ones."""

from dataclasses import replace

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import Invalid
from kanghu.kernel.pagination import Page, decode_cursor, split_page
from kanghu.kernel.security import Caller
from kanghu.modules.catalog import repository, units
from kanghu.modules.catalog.errors import ItemCodeTaken, ItemIsShipped, ItemNotFound
from kanghu.modules.catalog.models import ItemCategory, StandardItem
from kanghu.modules.catalog.names import fold, spoken
from kanghu.modules.catalog.schemas import ItemDetail, LocalItem, LocalItemChange


async def search(
    tx: Tx, term: str, kind: str | None, category: str | None, retired: bool, cursor: str | None, limit: int
) -> Page[StandardItem]:
    after = decode_cursor(cursor, int, str)
    found = await repository.items.search(
        tx,
        term,
        kind,
        category,
        retired,
        (after[0], after[1]) if after else None,
        limit + 1,
        await _spoken(tx, term),
    )
    items, following = split_page(found, limit, lambda one: (one.position, one.code))
    return Page(items=items, next=following)


async def _spoken(tx: Tx, term: str) -> list[str]:
    """The items that the term spells in pinyin; one letter alone would spell nearly all."""
    letters = fold(term)
    if len(letters) < 2 or not (letters.isascii() and letters.isalpha()):
        return []
    return sorted({code for code, name in await repository.items.all_names(tx) if spoken(name, letters)})


async def categories(tx: Tx) -> list[ItemCategory]:
    return await repository.items.categories(tx)


async def detail(tx: Tx, code: str) -> ItemDetail:
    """Raises `ItemNotFound`."""
    item = await _item(tx, code)
    trees = await repository.trees.approved(tx, [code])
    return ItemDetail(
        item=item,
        synonyms=await repository.items.synonyms(tx, code),
        reference_ranges=await repository.items.ranges(tx, [code], usable_only=False),
        tree=trees[0] if trees else None,
    )


async def create(tx: Tx, caller: Caller, item: LocalItem) -> StandardItem:
    """Adds an item of the hospital's own. Raises `Invalid` for a unit that is not UCUM, `ItemCodeTaken`."""
    _check_ages(item)
    if item.unit and units.normalise(item.unit) != item.unit:
        raise Invalid(fields={"unit": "请用 UCUM 写法，如 mmol/L、10*9/L"})
    if not await repository.items.insert_local(tx, item.model_dump()):
        raise ItemCodeTaken
    await audit.record(tx, caller, "catalog.item.create", subject=f"catalog.items/{item.code}")
    return await _item(tx, item.code)


async def change(tx: Tx, caller: Caller, code: str, item: LocalItemChange) -> StandardItem:
    """Changes an item of the hospital's own. Raises `ItemNotFound`, `ItemIsShipped`."""
    _check_ages(item)
    if (await _item(tx, code)).origin == "shipped":
        raise ItemIsShipped
    await repository.items.update_local(tx, {"code": code, **item.model_dump()})
    await repository.mappings.renew_versions_of_item(tx, code)
    await audit.record(tx, caller, "catalog.item.change", subject=f"catalog.items/{code}")
    return await _item(tx, code)


async def set_retired(tx: Tx, caller: Caller, code: str, retired: bool) -> StandardItem:
    """Takes an item out of use or back in; results that map to a retired item wait. Raises `ItemNotFound`."""
    item = await _item(tx, code)
    if (item.retired_at is not None) == retired:
        return item
    at = clock.now() if retired else None
    await repository.items.set_retired(tx, code, at)
    await repository.mappings.renew_versions_of_item(tx, code)
    action = "catalog.item.retire" if retired else "catalog.item.restore"
    await audit.record(tx, caller, action, subject=f"catalog.items/{code}")
    return replace(item, retired_at=at)


def _check_ages(item: LocalItemChange) -> None:
    if item.age_min is not None and item.age_max is not None and item.age_max < item.age_min:
        raise Invalid(fields={"age_max": "不能小于年龄下限"})


async def _item(tx: Tx, code: str) -> StandardItem:
    item = await repository.items.get(tx, code)
    if item is None:
        raise ItemNotFound
    return item
