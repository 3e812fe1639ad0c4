"""The workbench: what waits for the one who looks, as far as they may do something about it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel

from kanghu.kernel.db import Tx
from kanghu.kernel.security import Caller, signed_in
from kanghu.kernel.waiting import Waiting
from kanghu.kernel.web import Router, Transaction
from kanghu.main import operations
from kanghu.modules.catalog import public as catalog
from kanghu.modules.exchange import public as exchange
from kanghu.modules.health import public as health
from kanghu.modules.messaging import public as messaging

router = Router(prefix="/api/admin/workbench", tags=["main"])

Kind = Literal[
    "checklists",
    "findings_a",
    "findings_b",
    "findings_overdue",
    "customers_waiting",
    "staged_results",
    "unmapped_items",
    "waiting_trees",
    "dead_letters",
    "vendor_faults",
]


class WaitingView(BaseModel):
    """一类等待处理的事项"""

    kind: Kind
    count: int
    oldest_at: datetime | None


Found = dict[Kind, Waiting]


async def _findings(tx: Tx, caller: Caller) -> Found:
    found = await health.waiting_findings(tx, caller.scope("health.finding.handle"))
    return {"findings_a": found["a"], "findings_b": found["b"], "findings_overdue": found["overdue"]}


async def _checklists(tx: Tx, caller: Caller) -> Found:
    return {"checklists": await health.waiting_checklists(tx, caller.scope("health.checklist.confirm"))}


async def _customers(tx: Tx, caller: Caller) -> Found:
    return {"customers_waiting": await messaging.waiting_customers(tx, caller)}


async def _staged(tx: Tx, caller: Caller) -> Found:
    return {"staged_results": await exchange.waiting_results(tx, caller.scope("exchange.staged.write"))}


async def _items(tx: Tx, caller: Caller) -> Found:
    return {"unmapped_items": await catalog.waiting_items(tx, caller.scope("catalog.mapping.write"))}


async def _trees(tx: Tx, caller: Caller) -> Found:
    return {"waiting_trees": await catalog.waiting_trees(tx, caller)}


async def _dead_letters(tx: Tx, _caller: Caller) -> Found:
    return {"dead_letters": await operations.waiting(tx)}


async def _faults(tx: Tx, caller: Caller) -> Found:
    return {"vendor_faults": await exchange.vendor_faults(tx, caller.scope("exchange.vendor.read"))}


# In the order of urgency, with the permission to do something about it.
QUESTIONS: tuple[tuple[str, Callable[[Tx, Caller], Awaitable[Found]]], ...] = (
    ("health.finding.handle", _findings),
    ("messaging.queue.claim", _customers),
    ("health.checklist.confirm", _checklists),
    ("exchange.staged.write", _staged),
    ("catalog.mapping.write", _items),
    ("catalog.tree.approve", _trees),
    ("exchange.vendor.read", _faults),
    ("main.job.retry", _dead_letters),
)


@router.get("", operation_id="main_get_workbench")
async def get_workbench(caller: Annotated[Caller, signed_in()], tx: Transaction) -> list[WaitingView]:
    """等待我处理的事项：只列有权处理的，没有等待的数量为 0"""
    found: Found = {}
    for permission, ask in QUESTIONS:
        if permission in caller.grants:
            found |= await ask(tx, caller)
    return [
        WaitingView(kind=kind, count=waiting.count, oldest_at=waiting.oldest_at)
        for kind, waiting in found.items()
    ]
