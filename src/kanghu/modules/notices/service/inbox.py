"""Notices of the one who asks, and nobody else's."""

from uuid import UUID

from kanghu.kernel import audit, live
from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller
from kanghu.modules.notices.errors import NoticeNotFound
from kanghu.modules.notices.models import Notice, Recipient
from kanghu.modules.notices.repository import notices


def recipient_of(caller: Caller) -> Recipient:
    """Staff see what was sent to their account; customers also what was sent to them as a person.

    Who acts for somebody sees what was sent to that person, and nothing of their own.
    """
    account_id = caller.account_id if caller.holder_id is None else None
    return Recipient(caller.person_id if caller.kind == "customer" else None, account_id)


async def list_own(
    tx: Tx, caller: Caller, unread_only: bool, before: UUID | None, limit: int
) -> list[Notice]:
    recipient = recipient_of(caller)
    await audit.record(
        tx, caller, "notices.notice.read", subject="notices.notices", person_id=recipient.person_id
    )
    return await notices.list_notices(tx, recipient, unread_only, before, limit)


async def count_unread(tx: Tx, caller: Caller) -> int:
    return await notices.count_unread(tx, recipient_of(caller))


async def mark_read(tx: Tx, caller: Caller, notice_id: UUID) -> None:
    """Raises NoticeNotFound, also for somebody else's notice."""
    recipient = recipient_of(caller)
    if not await notices.mark_read(tx, recipient, notice_id):
        raise NoticeNotFound
    await _show(tx, caller)
    await audit.record(
        tx,
        caller,
        "notices.notice.mark",
        subject=f"notices.notices/{notice_id}",
        person_id=recipient.person_id,
    )


async def mark_read_up_to(tx: Tx, caller: Caller, newest: UUID) -> None:
    recipient = recipient_of(caller)
    await notices.mark_read_up_to(tx, recipient, newest)
    await _show(tx, caller)
    await audit.record(
        tx, caller, "notices.notice.mark", subject=f"notices.notices/{newest}", person_id=recipient.person_id
    )


async def _show(tx: Tx, caller: Caller) -> None:
    """On the other devices of the one who has read."""
    await live.tell(tx, "notices.notices", account_id=caller.account_id)
