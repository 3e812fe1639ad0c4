"""US-H5: the vendor's dictionary changes."""

from kanghu.kernel.db import Tx
from kanghu.modules.catalog import public as catalog
from kanghu.modules.exchange.service.receive import Context, Outcome
from kanghu.modules.exchange.wire.datasets import ItemChangePush


async def change_items(tx: Tx, context: Context, push: ItemChangePush) -> Outcome:
    """Adds, updates, retires or removes (decision 10). The same item twice in a message counts as its last mention."""
    last = {item.item_code: item for item in push.items}
    counts = await catalog.apply_item_changes(tx, context.vendor_id, push.change, list(last.values()))
    return Outcome(
        "done",
        data={
            "added": counts.added,
            "updated": counts.updated,
            "retired": counts.retired,
            "removed": counts.removed,
        },
    )
