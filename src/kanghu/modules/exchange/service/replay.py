"""A received message is processed again: by a job when it could not be stored, or by a person from the log."""

from uuid import UUID

from kanghu.kernel import audit
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Tx
from kanghu.kernel.security import SYSTEM, Caller, Scope
from kanghu.modules.exchange.errors import MessageNotFound, MessageNotReplayable, StillNotSaved
from kanghu.modules.exchange.models import MessageContent
from kanghu.modules.exchange.policy import REPLAYABLE
from kanghu.modules.exchange.repository import messages, vendors
from kanghu.modules.exchange.service.interfaces import BY_CODE
from kanghu.modules.exchange.service.receive import ANSWER, Context, NotSaved, Outcome, open_body


async def reprocess(tx: Tx, message_id: UUID) -> Outcome | None:
    """Handles a kept message once more; None when it is settled already. Doubles are harmless: newest wins."""
    kept = await messages.content(tx, message_id, lock=True)
    if kept is None or kept.state != "failed":
        return None
    return await _handle(tx, kept, SYSTEM)


async def replay(tx: Tx, caller: Caller, message_id: UUID) -> Outcome:
    """From the log, whatever its state. Raises `MessageNotFound`, `MessageNotReplayable`, `StillNotSaved`."""
    kept = await _in_reach(tx, caller.scope("exchange.message.replay"), message_id, lock=True)
    if kept.direction != "in" or kept.interface not in REPLAYABLE:
        raise MessageNotReplayable
    try:
        return await _handle(tx, kept, caller)
    except NotSaved as error:
        raise StillNotSaved(f"仍无法保存：{error.reason}") from error


async def _handle(tx: Tx, kept: MessageContent, caller: Caller) -> Outcome:
    interface = BY_CODE[kept.interface]
    push = interface.decode(open_body(kept.body, kept.id))
    opening = await messages.look_up(
        tx, kept.vendor_id, getattr(push, "exam_account", ""), getattr(push, "exam_no", None)
    )
    outcome = await interface.handle(tx, Context(kept.id, kept.vendor_id, opening, caller), push)
    await messages.settle(
        tx,
        kept.id,
        state=outcome.state,
        codes=outcome.codes,
        told_before=True,
        booking_id=outcome.booking_id,
    )
    await audit.record(
        tx,
        caller,
        f"exchange.{kept.interface.lower()}.replay",
        subject=f"exchange.messages/{kept.id}",
        person_id=opening.person_id,
        detail={"state": outcome.state, "codes": outcome.codes},
    )
    return outcome


async def open_message(tx: Tx, caller: Caller, message_id: UUID) -> tuple[MessageContent, str, str]:
    """A message with body and answer in clear; the reading is audited. Raises `MessageNotFound`."""
    kept = await _in_reach(tx, caller.scope("exchange.message.open"), message_id)
    body = open_body(kept.body, kept.id).decode()
    answer = "" if kept.answer is None else vault.open(kept.answer, ANSWER, kept.id)
    await audit.record(
        tx, caller, "exchange.message.open", subject=f"exchange.messages/{kept.id}", person_id=kept.person_id
    )
    return kept, body, answer


async def _in_reach(tx: Tx, scope: Scope, message_id: UUID, *, lock: bool = False) -> MessageContent:
    kept = await messages.content(tx, message_id, lock=lock)
    if kept is None:
        raise MessageNotFound
    vendor = await vendors.get(tx, kept.vendor_id)
    if vendor is None or not (scope.everything or vendor.institution_id in scope.institutions):
        raise MessageNotFound
    return kept
