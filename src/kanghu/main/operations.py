"""Dead letters of the queue: a person sees what finally failed, and runs it again."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

from kanghu.kernel import audit
from kanghu.kernel.db import Tx
from kanghu.kernel.errors import NotFound
from kanghu.kernel.pagination import Cursor, Limit, Page, decode_cursor, split_page
from kanghu.kernel.security import Caller, can
from kanghu.kernel.waiting import Waiting
from kanghu.kernel.web import Router, Transaction

admin = Router(prefix="/api/admin/operations", tags=["operations"])
ROUTERS = [admin]

PERMISSIONS = {"main.job.read": "查看失败的后台任务", "main.job.retry": "重新执行失败的后台任务"}


class DeadLetter(BaseModel):
    """一个多次重试后仍失败、等待人工处理的后台任务"""

    id: int
    name: str
    created: datetime
    failed: datetime
    attempts: int
    reason: str


class DeadLetterNotFound(NotFound):
    code = "main.dead_letter_not_found"
    message = "该任务不存在或已重新执行"


@admin.get("/dead-letters", operation_id="main_list_dead_letters")
async def list_dead_letters(
    _caller: Annotated[Caller, can("main.job.read")],
    tx: Transaction,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DeadLetter]:
    """失败的后台任务"""
    after = decode_cursor(cursor, int)
    found = await _held(tx, after[0] if after else None, limit + 1)
    items, following = split_page(found, limit, lambda letter: (letter.id,))
    return Page(items=items, next=following)


@admin.post("/dead-letters/{job_id}/retry", operation_id="main_retry_dead_letter", status_code=204)
async def retry_dead_letter(
    job_id: Annotated[int, Path(ge=1, lt=2**63)],
    caller: Annotated[Caller, can("main.job.retry")],
    tx: Transaction,
) -> None:
    """重新执行一个失败的后台任务"""
    name = await tx.fetchval(
        """UPDATE pgqueuer SET status = 'queued', attempts = 0, execute_after = now(), updated = now(),
                  queue_manager_id = NULL, slot = NULL
            WHERE id = $1 AND status = 'failed' RETURNING entrypoint""",
        job_id,
    )
    if name is None:
        raise DeadLetterNotFound
    await audit.record(tx, caller, "main.job.retry", subject=f"pgqueuer/{job_id}", detail={"name": name})


async def waiting(tx: Tx) -> Waiting:
    """How many dead letters there are."""
    found = await tx.fetchrow(
        "SELECT count(*) AS count, min(updated) AS oldest_at FROM pgqueuer WHERE status = 'failed'"
    )
    return Waiting.counted(found)


async def _held(tx: Tx, before: int | None, limit: int) -> list[DeadLetter]:
    found = await tx.fetch(
        """SELECT job.id, job.entrypoint AS name, job.created, job.updated AS failed, job.attempts,
                  coalesce(entry.traceback ->> 'exception_type', '') AS reason
             FROM pgqueuer AS job
             LEFT JOIN LATERAL (SELECT traceback FROM pgqueuer_log
                                 WHERE job_id = job.id AND traceback IS NOT NULL
                                 ORDER BY created DESC LIMIT 1) AS entry ON true
            WHERE job.status = 'failed' AND ($1::bigint IS NULL OR job.id < $1)
            ORDER BY job.id DESC LIMIT $2""",
        before,
        limit,
    )
    return [DeadLetter(**record) for record in found]
