"""A confirmed list is booked at the vendor; a confirmed mapping releases what waited for it."""

from kanghu.kernel.db import Tx
from kanghu.kernel.events import on
from kanghu.modules.catalog.events import ItemsMapped
from kanghu.modules.exchange.service import book, staging
from kanghu.modules.health.events import ListConfirmed


@on(ListConfirmed)
async def prepare_appointment(tx: Tx, event: ListConfirmed) -> None:
    if event.booking_id is not None:
        await book.prepare_appointment(tx, event.booking_id)


@on(ItemsMapped)
async def release_staged(tx: Tx, event: ItemsMapped) -> None:
    await staging.release(tx, event.vendor_id, list(event.vendor_item_codes))
