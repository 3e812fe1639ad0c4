"""US-H5: the vendor's dictionary changes."""

import msgspec

from kanghu.kernel.db import Tx
from kanghu.modules.catalog import public as catalog
from kanghu.modules.exchange.service.receive import Context, Outcome
from kanghu.modules.exchange.wire.datasets import DictionaryItem, ItemChangePush


async def change_items(tx: Tx, context: Context, push: ItemChangePush) -> Outcome:
    """Adds, updates, retires or removes (decision 10). The same item twice in a message counts as its last mention."""
    counts = await catalog.apply_item_changes(
        tx, context.vendor_id, push.change, [_vendor_item(item) for item in push.items]
    )
    return Outcome(
        "done",
        data={
            "added": counts.added,
            "updated": counts.updated,
            "retired": counts.retired,
            "removed": counts.removed,
        },
    )


def _vendor_item(item: DictionaryItem) -> catalog.VendorItem:
    return catalog.VendorItem(
        code=item.item_code,
        name=item.name,
        category_code=item.category_code,
        category_name=item.category_name,
        department=item.department,
        result_type=item.result_type,
        unit=item.unit or "",
        specimen=item.specimen or "",
        reference_ranges=[msgspec.to_builtins(found) for found in item.reference_ranges or []],
        sex_limit=item.sex_limit or "",
        active=item.active,
    )
