"""Lists as spreadsheets, made in the background and kept for a day (ADR 0011).

A module names one of its lists: the function behind the screen, its permission and the columns. The filters are the function's own
parameters, and the rows what it returns page by page, so an export shows what the screen shows to that person: same scope, same
masks, same record of the reading.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_type_hints
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from kanghu.kernel import audit, clock, live
from kanghu.kernel.crypto import vault
from kanghu.kernel.db import Database, Tx, row, rows
from kanghu.kernel.errors import AppError, Forbidden, Invalid, TooMany
from kanghu.kernel.ids import new_id
from kanghu.kernel.jobs import enqueue, every, outbound_job
from kanghu.kernel.security import Caller
from kanghu.kernel.spreadsheet import Spreadsheet
from kanghu.kernel.web import field_messages

CONTENT = "kernel.exports.content"
LIFE = timedelta(hours=24)
BATCH = 500
MOST_ROWS = 200_000
UNDER_WAY = 3
"""So many exports of one account may wait or run at a time."""
FORSAKEN_AFTER = timedelta(minutes=15)
"""Without progress for so long, nobody works at it any more: a dead worker's job is delivered again within a minute."""

Column = tuple[str, Callable[[Any], Any]]
"""Title, and the cell of a list's line."""


@dataclass(frozen=True, slots=True)
class Kind:
    code: str
    title: str
    permission: str
    page: Callable[..., Awaitable[Any]]
    filters: type[BaseModel]
    columns: Sequence[Column]


KINDS: dict[str, Kind] = {}


def export(
    code: str, title: str, permission: str, page: Callable[..., Awaitable[Any]], columns: Sequence[Column]
) -> None:
    """Declares that the list behind `page(caller, tx, …filters, limit, cursor)` can be exported."""
    hints = get_type_hints(page, include_extras=True)
    own = {"caller", "tx", "limit", "cursor"}
    fields: dict[str, Any] = {
        name: (hints[name], parameter.default)
        for name, parameter in inspect.signature(page).parameters.items()
        if name not in own
    }
    # A filter that is not understood must not be passed over: the file would hold more than was asked for.
    filters = create_model(f"Filters of {code}", __config__=ConfigDict(extra="forbid"), **fields)
    KINDS[code] = Kind(code, title, permission, page, filters, columns)


_caller_of: Callable[[Tx, UUID], Awaitable[Caller | None]]


def know_callers_by(look_up: Callable[[Tx, UUID], Awaitable[Caller | None]]) -> None:
    """`main` says how an account becomes a caller with the rights that it has now; None when it may do nothing."""
    global _caller_of
    _caller_of = look_up


@dataclass(frozen=True, slots=True)
class Export:
    id: UUID
    kind: str
    filters: dict[str, Any]
    state: str
    done: int
    file_name: str
    error: str
    created_at: datetime
    expires_at: datetime


_COLUMNS = "id, kind, filters, state, done, file_name, error, created_at, expires_at"


@dataclass(frozen=True, slots=True)
class MakeExport:
    export_id: UUID


async def order(tx: Tx, caller: Caller, kind: Kind, filters: dict[str, Any]) -> Export:
    """Asks for an export. Raises `Forbidden`, `Invalid` for filters that the list does not know, `TooMany`."""
    caller.scope(kind.permission)
    if caller.account_id is None:
        raise Forbidden
    kept = _checked(kind, filters).model_dump(mode="json", exclude_unset=True)
    # One account's orders one after the other, so that the bound holds.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"exports/{caller.account_id}")
    if await _under_way(tx, caller.account_id) >= UNDER_WAY:
        raise TooMany(f"您已有 {UNDER_WAY} 个导出正在进行，请等其中一个完成")
    export_id, now = new_id(), clock.now()
    name = f"{kind.title}-{now.astimezone(clock.SHANGHAI):%Y%m%d-%H%M%S}.xlsx"
    await tx.execute(
        """INSERT INTO kernel.exports
               (id, account_id, kind, filters, state, file_name, created_at, touched_at, expires_at)
           VALUES ($1, $2, $3, $4, 'queued', $5, $6, $6, $7)""",
        export_id,
        caller.account_id,
        kind.code,
        kept,
        name,
        now,
        now + LIFE,
    )
    await enqueue(tx, make_export, MakeExport(export_id))
    await _noted(tx, caller, "order", export_id, {"kind": kind.code, "filters": sorted(kept)})
    made = await find(tx, caller, export_id)
    assert made is not None
    return made


def _checked(kind: Kind, filters: dict[str, Any]) -> BaseModel:
    try:
        return kind.filters.model_validate(filters)
    except ValidationError as error:
        wrong = field_messages([{**one, "loc": ("filters", *one["loc"])} for one in error.errors()])
        raise Invalid(fields=wrong) from None


async def _under_way(tx: Tx, account_id: UUID) -> int:
    found: int = await tx.fetchval(
        "SELECT count(*) FROM kernel.exports WHERE account_id = $1 AND state IN ('queued', 'running')",
        account_id,
    )
    return found


async def of_account(tx: Tx, caller: Caller) -> list[Export]:
    """The caller's own, newest first."""
    found = await tx.fetch(
        f"SELECT {_COLUMNS} FROM kernel.exports WHERE account_id = $1 ORDER BY id DESC LIMIT 100",
        caller.account_id,
    )
    return rows(Export, found)


async def find(tx: Tx, caller: Caller, export_id: UUID) -> Export | None:
    """One of the caller's own."""
    found = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM kernel.exports WHERE id = $1 AND account_id = $2",
        export_id,
        caller.account_id,
    )
    return row(Export, found)


async def file_of(tx: Tx, caller: Caller, found: Export) -> bytes | None:
    """The workbook, None unless it is done. Raises `Forbidden` for who may not read the list any more."""
    caller.scope(KINDS[found.kind].permission)
    sealed = await tx.fetchval("SELECT content FROM kernel.exports WHERE id = $1", found.id)
    if sealed is None:
        return None
    await _noted(tx, caller, "fetch", found.id, {"kind": found.kind, "rows": found.done})
    return vault.open_bytes(sealed, CONTENT, found.id)


async def remove(tx: Tx, caller: Caller, found: Export) -> None:
    """Stops one that is under way; throws away one that has ended."""
    stopped = await tx.fetchval(
        """UPDATE kernel.exports SET state = 'cancelled'
            WHERE id = $1 AND state IN ('queued', 'running') RETURNING true""",
        found.id,
    )
    if not stopped:
        await tx.execute("DELETE FROM kernel.exports WHERE id = $1", found.id)
    await live.tell(tx, "exports.exports", account_id=caller.account_id)
    await _noted(tx, caller, "remove", found.id, {"kind": found.kind})


async def _noted(tx: Tx, caller: Caller, action: str, export_id: UUID, detail: dict[str, Any]) -> None:
    await audit.record(
        tx, caller, f"main.export.{action}", subject=f"kernel.exports/{export_id}", detail=detail
    )


# ---- making it --------------------------------------------------------------------------------------------------------


@outbound_job("kernel.make_export", attempts=3, concurrency=2)
async def make_export(database: Database, wanted: MakeExport) -> None:
    """From the first row to the sealed file, in short transactions. Delivered again, it begins anew or finds all done."""
    with TemporaryDirectory(prefix="kanghu-export-") as folder:
        try:
            await _make(database, wanted.export_id, Path(folder, "export.xlsx"))
        except AppError as refused:
            async with database.transaction() as tx:
                await _end(tx, wanted.export_id, "failed", error=refused.message)


async def _make(database: Database, export_id: UUID, path: Path) -> None:
    sheet: Spreadsheet | None = None
    done, cursor = 0, None
    while True:
        async with database.transaction() as tx:
            step = await _advance(tx, export_id, done)
            if step is None:  # cancelled, or made by an earlier delivery
                return
            kind, caller, filters = step
            page = await kind.page(caller=caller, tx=tx, limit=BATCH, cursor=cursor, **filters)
        if sheet is None:
            sheet = Spreadsheet(path, [title for title, _ in kind.columns])
        lines = [[cell(item) for _, cell in kind.columns] for item in page.items]
        await asyncio.to_thread(sheet.add, lines)
        done, cursor = done + len(lines), page.next
        if done > MOST_ROWS:
            raise Invalid(f"超过 {MOST_ROWS // 10_000} 万行，请缩小筛选范围后重新导出")
        if cursor is None:
            break
    await asyncio.to_thread(sheet.close)
    content = await asyncio.to_thread(lambda: vault.seal(path.read_bytes(), CONTENT, export_id))
    async with database.transaction() as tx:
        if await _advance(tx, export_id, done) is not None:
            await _end(tx, export_id, "done", content=content)
            await _noted(tx, caller, "make", export_id, {"kind": kind.code, "rows": done})


async def _advance(tx: Tx, export_id: UUID, done: int) -> tuple[Kind, Caller, dict[str, Any]] | None:
    """Notes the progress, and says for whom to go on, with the rights of this moment; None when it is not to go on.

    Raises `Forbidden` when those rights are gone.
    """
    found = await tx.fetchrow(
        """UPDATE kernel.exports SET state = 'running', done = $2, touched_at = now()
            WHERE id = $1 AND state IN ('queued', 'running') RETURNING account_id, kind, filters""",
        export_id,
        done,
    )
    if found is None:
        return None
    kind = KINDS[found["kind"]]
    caller = await _caller_of(tx, found["account_id"])
    if caller is None or kind.permission not in caller.grants:
        raise Forbidden("您已没有查看这份列表的权限，导出没有生成")
    await live.tell(tx, "exports.exports", account_id=found["account_id"])
    filters = kind.filters.model_validate(found["filters"])
    return kind, caller, {name: getattr(filters, name) for name in type(filters).model_fields}


async def _end(tx: Tx, export_id: UUID, state: str, *, error: str = "", content: bytes | None = None) -> None:
    account_id = await tx.fetchval(
        """UPDATE kernel.exports SET state = $2, error = $3, content = $4, touched_at = now()
            WHERE id = $1 AND state IN ('queued', 'running') RETURNING account_id""",
        export_id,
        state,
        error,
        content,
    )
    if account_id is not None:
        await live.tell(tx, "exports.exports", account_id=account_id)


@every("*/5 * * * *", "kernel.tidy_exports")
async def tidy_exports(tx: Tx) -> None:
    """Files older than a day go; an export that nobody works at any more is told as failed."""
    now = clock.now()
    await tx.execute("DELETE FROM kernel.exports WHERE expires_at <= $1", now)
    forsaken = await tx.fetch(
        "SELECT id FROM kernel.exports WHERE state = 'running' AND touched_at <= $1", now - FORSAKEN_AFTER
    )
    for record in forsaken:
        await _end(tx, record["id"], "failed", error="导出中断，请重新发起")


async def reseal(tx: Tx, limit: int) -> int:
    """Seals up to `limit` files again under the current key; how many. Call it until it says 0."""
    found = await tx.fetch(
        """SELECT id, content FROM kernel.exports
            WHERE content IS NOT NULL AND substring(content FROM 1 FOR 4) <> $1 LIMIT $2 FOR UPDATE SKIP LOCKED""",
        vault.current_header(),
        limit,
    )
    for record in found:
        sealed = vault.reseal(record["content"], CONTENT, record["id"])
        await tx.execute("UPDATE kernel.exports SET content = $2 WHERE id = $1", record["id"], sealed)
    return len(found)
