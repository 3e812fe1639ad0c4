"""The delivery log: what went out to whom and what became of it, and dead letters sent again."""

from uuid import UUID

from kanghu.kernel import audit, clock
from kanghu.kernel.db import Tx
from kanghu.kernel.jobs import enqueue
from kanghu.kernel.security import Caller
from kanghu.modules.notices.errors import DeliveryNotDead, DeliveryNotFound
from kanghu.modules.notices.models import Deliver, LogFilter, LogLine, TryRow
from kanghu.modules.notices.repository import deliveries, log
from kanghu.modules.notices.service.delivering import JOB
from kanghu.modules.people import public as people

READ, RETRY = "notices.delivery.read", "notices.delivery.retry"


async def page(
    tx: Tx, caller: Caller, wanted: LogFilter, before: UUID | None, limit: int
) -> tuple[list[LogLine], dict[UUID, str]]:
    """Lines, newest first, and the names of the persons in them."""
    found = await log.page(tx, caller.scope(READ), wanted, before, limit)
    await audit.record(
        tx, caller, "notices.delivery.read", subject="notices.deliveries", person_id=wanted.person_id
    )
    persons = list({line.person_id for line in found if line.person_id is not None})
    return found, await people.names_of(tx, persons)


async def get(tx: Tx, caller: Caller, delivery_id: UUID) -> tuple[LogLine, dict[UUID, str], list[TryRow]]:
    """Raises DeliveryNotFound, also outside the scope."""
    found = await log.get(tx, caller.scope(READ), delivery_id)
    if found is None:
        raise DeliveryNotFound
    await audit.record(
        tx,
        caller,
        "notices.delivery.read",
        subject=f"notices.deliveries/{delivery_id}",
        person_id=found.person_id,
    )
    names = await people.names_of(tx, [found.person_id]) if found.person_id is not None else {}
    return found, names, await deliveries.tries_of(tx, delivery_id)


async def retry(tx: Tx, caller: Caller, delivery_id: UUID) -> None:
    """A dead letter goes out again, by its own channel. Raises DeliveryNotFound, DeliveryNotDead."""
    found = await log.get(tx, caller.scope(RETRY), delivery_id)
    if found is None:
        raise DeliveryNotFound
    if not await deliveries.revive(tx, delivery_id, clock.now()):
        raise DeliveryNotDead
    await enqueue(tx, JOB, Deliver(found.notice_id))
    await audit.record(
        tx,
        caller,
        "notices.delivery.retry",
        subject=f"notices.deliveries/{delivery_id}",
        person_id=found.person_id,
        detail={"channel": found.channel},
    )
